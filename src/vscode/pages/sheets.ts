/** Read-only pages (sheet-pages.ts) as tabs: made when opened, kept while they are open, and again when a plan changed. */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import { schemes } from '../contributions.js';
import type { ErrorReporter } from '../report-errors.js';
import type { Folders } from '../folders.js';
import { registerPageFiles } from './page-files.js';
import { parseSheet, sheetUri, type SheetAddress } from './sheet-address.js';
import type { SheetPage } from './sheet-page.js';
import { sheetPages, type SheetKind, type Shown } from './sheet-pages.js';

export interface Sheets extends vscode.Disposable {
  /** Opens the page and remembers what is on it. */
  show(address: SheetAddress): Promise<void>;
  /**
   * What exactly this page showed; undefined when it has not been shown in this window.
   * Another tab may have shown an older text of the same blueprint.
   */
  shown<Kind extends SheetKind>(address: SheetAddress<Kind>): Shown<Kind> | undefined;
  /** Makes the pages again, e.g. after an approval. */
  refresh(): void;
  close(kind: SheetKind): Promise<void>;
}

/** The tab's title is in the language of the day it was opened. */
const keyOf = (address: SheetAddress): string => `${address.kind}?${sheetUri(address).query}`;

interface Made {
  text: Uint8Array;
  at: number;
}

export function createSheets(folders: Folders, reporter: ErrorReporter): Sheets {
  /** By address, made by the row of the address's kind: each is approved as it stands there. */
  const shown = new Map<string, unknown>();
  const pages = new Map<string, Made>();
  const changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const lensesChanged = new vscode.EventEmitter<void>();

  async function make(uri: vscode.Uri, address: SheetAddress): Promise<string> {
    const { openexec } = await folders.root(address.root);
    const kind: SheetPage<unknown> = sheetPages[address.kind];
    const loaded = await kind.load(openexec, address);
    if (loaded === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    shown.set(keyOf(address), loaded);
    lensesChanged.fire();
    return kind.page(loaded);
  }

  async function page(uri: vscode.Uri): Promise<Made> {
    const key = uri.toString();
    const kept = pages.get(key);
    if (kept) return kept;
    const address = parseSheet(uri);
    if (!address) throw vscode.FileSystemError.FileNotFound(uri);
    const made = await make(uri, address).catch((error: unknown) => {
      reporter.log.warn('a page could not be made', { kind: address.kind, error });
      throw vscode.FileSystemError.FileNotFound(uri); // the tab says that it is gone: the plan or question is
    });
    const fresh = { text: encodeUtf8(made), at: Date.now() };
    pages.set(key, fresh);
    return fresh;
  }

  const lenses: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: lensesChanged.event,
    provideCodeLenses({ uri }) {
      const address = parseSheet(uri);
      if (!address) return [];
      const known = shown.get(keyOf(address));
      if (known === undefined) return [];
      const kind: SheetPage<unknown> = sheetPages[address.kind];
      const top = new vscode.Range(0, 0, 0, 0);
      return (kind.lenses?.(known, address, uri) ?? []).map((lens) => new vscode.CodeLens(top, lens));
    },
  };

  function forgetPages(): void {
    const uris = [...pages.keys()].map((key) => vscode.Uri.parse(key, true));
    pages.clear();
    changed.fire(uris.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
    lensesChanged.fire();
  }

  const listening = vscode.Disposable.from(
    changed,
    lensesChanged,
    registerPageFiles(schemes.sheet, { read: page, onDidChange: changed.event }),
    vscode.languages.registerCodeLensProvider({ scheme: schemes.sheet }, lenses),
    folders.onDidChangeModel((change) => {
      if (change.plan && pages.size > 0) forgetPages();
    }),
    vscode.workspace.onDidCloseTextDocument((document) => pages.delete(document.uri.toString())),
  );

  return {
    async show(address) {
      const uri = sheetUri(address);
      if (pages.delete(uri.toString())) changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
      await page(uri);
      await vscode.window.showTextDocument(uri, { preview: true });
    },
    shown: <Kind extends SheetKind>(address: SheetAddress<Kind>) =>
      shown.get(keyOf(address)) as Shown<Kind> | undefined,
    refresh: forgetPages,
    async close(kind) {
      const tabs = vscode.window.tabGroups.all
        .flatMap((group) => group.tabs)
        .filter((tab) => tab.input instanceof vscode.TabInputText && parseSheet(tab.input.uri)?.kind === kind);
      if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
    },
    dispose: () => void listening.dispose(),
  };
}

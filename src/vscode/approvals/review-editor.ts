/** Shows reviews in VS Code's own diff editor and carries decisions into it: one diff at a time, the next file opens by itself. */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import { showLine } from '../../core/text/harmless.js';
import {
  acceptFile,
  acceptHunk,
  hunkAt,
  isDecided,
  lineOf,
  nextPending,
  rejectFile,
  rejectHunk,
  restoreHunk,
  withBom,
  withdrawHunk,
  type FileReview,
} from '../../core/view/review.js';
import { contextKeys, schemes } from '../contributions.js';
import { t, type ErrorReporter } from '../report-errors.js';
import type { StatusBar } from '../views/status-bar.js';
import { addressOf, parseAddress, type ReviewAddress } from './addresses.js';
import { offerResume } from './offer-resume.js';
import { allDecided, progressOf, type Review, type Reviews } from './reviews.js';

export interface ReviewPosition {
  review: Review;
  file: FileReview;
  /** Cursor line on the right side, 0-based. */
  line: number;
}

export interface ReviewEditor extends vscode.Disposable {
  /** Opens the first file with something undecided, or the one named. */
  open(review: Review, path?: string, options?: { preserveFocus?: boolean; hunk?: string }): Promise<void>;
  overview(review: Review): Promise<void>;
  /** The file under review in the active editor, or at a lens. */
  place(uri?: vscode.Uri): Promise<ReviewPosition | undefined>;
  accept(place: ReviewPosition, hunk?: string): Promise<void>;
  reject(place: ReviewPosition, hunk: string | undefined, comment: string): Promise<void>;
  undo(place: ReviewPosition, hunk: string): Promise<void>;
  acceptFile(review: Review, path: string): Promise<void>;
  rejectFile(review: Review, path: string, comment: string): Promise<void>;
  acceptAll(review: Review): Promise<void>;
  rejectAll(review: Review, comment: string): Promise<void>;
  next(place: ReviewPosition): Promise<void>;
}

/** Longer texts are compared again once the typing rests. */
const QUICK_TEXT = 200_000;
const REST_MS = 300;
/** VS Code gives save participants a few seconds. */
const SAVE_MS = 5000;

export function createReviewEditor(reviews: Reviews, status: StatusBar, reporter: ErrorReporter): ReviewEditor {
  /** Documents that VS Code is saving, and since when: what changes in them is a save participant's doing. A save that fails has no end. */
  const saving = new Map<string, number>();
  const isSaving = (uri: string): boolean => Date.now() - (saving.get(uri) ?? 0) < SAVE_MS;
  const resting = new Map<string, ReturnType<typeof setTimeout>>();
  const answering = new Set<string>();

  const sideOf = (review: Review, path: string, side: ReviewAddress['side']): vscode.Uri =>
    addressOf({ side, root: review.root.folder.uri.fsPath, approval: review.approval, path });
  const documentOf = (review: Review, path: string): vscode.TextDocument | undefined => {
    const uri = sideOf(review, path, 'proposal').toString();
    return vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri);
  };

  function title(review: Review, file: FileReview): string {
    const { decided, total } = progressOf(review);
    const { task, stage } = review.changeSet;
    const what = file.file.from ? `${file.file.from} → ${file.file.path}` : file.file.path;
    const where = review.files.size > 1 ? ` · ${what}` : '';
    return showLine(t('{task} · {stage}: {decided} of {total} hunks decided', { task, stage, decided, total }) + where);
  }

  async function open(
    review: Review,
    path?: string,
    options: { preserveFocus?: boolean; hunk?: string } = {},
  ): Promise<void> {
    const file =
      (path === undefined ? undefined : review.files.get(path)) ??
      [...review.files.values()].find((each) => !isDecided(each)) ??
      [...review.files.values()][0];
    if (!file) return;
    const hunk = file.hunks.find((each) => each.key === options.hunk) ?? nextPending(file, -1);
    const line = hunk ? lineOf(hunk) : 0;
    const { decided } = progressOf(review);
    const left = addressOf(
      { side: 'base', root: review.root.folder.uri.fsPath, approval: review.approval, path: file.file.path },
      String(decided),
    );
    await vscode.commands.executeCommand(
      'vscode.diff',
      left,
      sideOf(review, file.file.path, 'proposal'),
      title(review, file),
      {
        preview: false,
        preserveFocus: options.preserveFocus ?? false,
        selection: new vscode.Range(line, 0, line, 0),
      } satisfies vscode.TextDocumentShowOptions,
    );
    await closeOthers(review, left);
    askForLenses();
  }

  let asked = false;
  /** Who turned lenses in diffs off has keys, title and line-number menu; asked once a window whether to have the lenses too. */
  function askForLenses(): void {
    const setting = vscode.workspace.getConfiguration('diffEditor');
    if (asked || setting.get<boolean>('codeLens') !== false) return;
    asked = true;
    const yes = t('Show Them', {});
    void vscode.window
      .showInformationMessage(
        t('Accept and Reject can stand above each change. The setting diffEditor.codeLens is off.', {}),
        yes,
      )
      .then((choice) => {
        if (choice === yes)
          reporter.attempt('turning on lenses', async () =>
            setting.update('codeLens', true, vscode.ConfigurationTarget.Global),
          );
      });
  }

  /** One diff at a time. A dirty proposal is stored first, so that closing asks nothing. */
  async function closeOthers(review: Review, left: vscode.Uri): Promise<void> {
    const tabs = tabsOf(review.approval).filter(
      (tab) => !(tab.input instanceof vscode.TabInputTextDiff && tab.input.original.toString() === left.toString()),
    );
    const shown = left.with({ scheme: schemes.proposal }).path;
    for (const document of vscode.workspace.textDocuments)
      if (document.isDirty && parseAddress(document.uri)?.approval === review.approval && document.uri.path !== shown)
        await document.save();
    if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
  }

  /** Brings the right side to the state's text and stores it. The document changes through an edit, never behind it. */
  async function bring(review: Review, before: FileReview, after: FileReview): Promise<void> {
    const path = after.file.path;
    const text = after.current;
    review.files.set(path, after); // the text event that follows finds nothing new
    if (text !== before.current) {
      const document = documentOf(review, path);
      if (document) {
        const edit = new vscode.WorkspaceEdit();
        edit.replace(document.uri, ...minimalReplace(document, text));
        await vscode.workspace.applyEdit(edit);
        await save(document);
      } else {
        await reviews.store(review, path, encodeUtf8(withBom(after, text)));
      }
    } else {
      const document = documentOf(review, path);
      if (document?.isDirty) await save(document);
    }
    // A save participant may have typed into it: the state to keep is the one of now.
    await reviews.set(review, review.files.get(path) ?? after);
  }

  async function save(document: vscode.TextDocument): Promise<void> {
    if (!(await document.save())) reporter.log.warn('a proposal could not be saved', { uri: document.uri.toString() });
  }

  async function afterDecision(review: Review, file: FileReview, line: number): Promise<void> {
    if (allDecided(review)) return finish(review, '');
    const now = review.files.get(file.file.path) ?? file;
    if (isDecided(now)) return open(review);
    const next = nextPending(now, line);
    if (next) await open(review, now.file.path, { hunk: next.key });
  }

  async function finish(review: Review, comment: string): Promise<void> {
    if (answering.has(review.approval)) return;
    answering.add(review.approval);
    try {
      await reviews.answer(review, comment);
      offerResume(review.root, review.changeSet.run);
    } finally {
      answering.delete(review.approval);
    }
  }

  async function place(uri?: vscode.Uri): Promise<ReviewPosition | undefined> {
    const editor = vscode.window.activeTextEditor;
    const wanted = uri ?? editor?.document.uri;
    const address = wanted && parseAddress(wanted);
    if (!address) return undefined;
    flushTyping(address);
    const review = await reviews.load(address.root, address.approval);
    const file = review.files.get(address.path);
    const line =
      editor &&
      parseAddress(editor.document.uri)?.path === address.path &&
      editor.document.uri.scheme === schemes.proposal
        ? editor.selection.active.line
        : 0;
    return file && { review, file, line };
  }

  function typed(document: vscode.TextDocument): void {
    const address = parseAddress(document.uri);
    const review = address && reviews.peek(address.approval);
    if (!address || !review || address.side !== 'proposal') return;
    reviews.typed(review, address.path, document.getText(), isSaving(document.uri.toString()) ? 'save' : 'person');
    showContext();
  }
  function flushTyping(address: ReviewAddress): void {
    const uri = addressOf({ ...address, side: 'proposal' }).toString();
    clearTimeout(resting.get(uri));
    if (!resting.delete(uri)) return;
    const document = vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri);
    if (document) typed(document);
  }

  function showContext(): void {
    const editor = vscode.window.activeTextEditor;
    const address = editor && parseAddress(editor.document.uri);
    const file = address && reviews.peek(address.approval)?.files.get(address.path);
    const reviewing = address?.side === 'proposal' && file?.level === 'hunks';
    void vscode.commands.executeCommand('setContext', contextKeys.reviewing, reviewing);
    void vscode.commands.executeCommand(
      'setContext',
      contextKeys.fileLevel,
      address !== undefined && file?.level === 'file',
    );
    const at = reviewing && file ? hunkAt(file, editor?.selection.active.line ?? 0) : undefined;
    if (!at || !file) return status.reviewing(undefined);
    const state = file.accepted.has(at.key) ? t('accepted', {}) : t('pending', {});
    status.reviewing(t('hunk {n} of {all}, {state}', { n: file.hunks.indexOf(at) + 1, all: file.hunks.length, state }));
  }

  const listening = vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document.uri.scheme !== schemes.proposal || contentChanges.length === 0) return;
      const uri = document.uri.toString();
      clearTimeout(resting.get(uri));
      resting.delete(uri);
      if (document.getText().length <= QUICK_TEXT) return typed(document);
      resting.set(
        uri,
        setTimeout(() => {
          resting.delete(uri);
          typed(document);
        }, REST_MS),
      );
    }),
    vscode.workspace.onWillSaveTextDocument(({ document }) => {
      if (document.uri.scheme === schemes.proposal) saving.set(document.uri.toString(), Date.now());
    }),
    vscode.workspace.onDidSaveTextDocument((document) => void saving.delete(document.uri.toString())),
    vscode.window.onDidChangeActiveTextEditor(showContext),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor.document.uri.scheme === schemes.proposal) showContext();
    }),
    reviews.onDidChange(showContext),
    reviews.onDidClose((approval) =>
      reporter.attempt('closing a review', async () => {
        const tabs = tabsOf(approval);
        if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
      }),
    ),
    new vscode.Disposable(() => {
      for (const timer of resting.values()) clearTimeout(timer);
    }),
  );

  return {
    open,
    async overview(review) {
      const files = [...review.files.values()].map(
        (file): [vscode.Uri, vscode.Uri | undefined, vscode.Uri | undefined] => {
          const left = file.file.before === null ? undefined : sideOf(review, file.file.path, 'base');
          const right = file.file.after === null ? undefined : sideOf(review, file.file.path, 'proposal');
          return [vscode.Uri.joinPath(review.root.folder.uri, file.file.path), left, right];
        },
      );
      await vscode.commands.executeCommand(
        'vscode.changes',
        showLine(`${review.changeSet.task} · ${review.changeSet.stage}`),
        files,
      );
    },
    place,
    async accept({ review, file, line }, key) {
      if (file.level === 'file') return this.acceptFile(review, file.file.path);
      const hunk = file.hunks.find((each) => each.key === key) ?? hunkAt(file, line);
      if (!hunk) return;
      await bring(review, file, acceptHunk(file, hunk.key));
      await afterDecision(review, file, lineOf(hunk));
    },
    async reject({ review, file, line }, key, comment) {
      if (file.level === 'file') return this.rejectFile(review, file.file.path, comment);
      const hunk = file.hunks.find((each) => each.key === key) ?? hunkAt(file, line);
      if (!hunk) return;
      await bring(review, file, rejectHunk(file, hunk.key, comment, await reviews.diff()));
      await afterDecision(review, file, lineOf(hunk) - 1);
    },
    async undo({ review, file }, key) {
      const back = file.accepted.has(key) ? withdrawHunk(file, key) : restoreHunk(file, key, await reviews.diff());
      if (back) {
        await bring(review, file, back);
        return open(review, file.file.path, { hunk: key });
      }
      void vscode.window.showInformationMessage(
        t('That place was changed since, so the hunk cannot be put back by itself.', {}),
      );
    },
    async acceptFile(review, path) {
      const file = review.files.get(path);
      if (!file) return;
      await bring(review, file, acceptFile(file));
      await afterDecision(review, file, 0);
    },
    async rejectFile(review, path, comment) {
      const file = review.files.get(path);
      if (!file) return;
      await bring(review, file, rejectFile(file, comment));
      await afterDecision(review, file, 0);
    },
    async acceptAll(review) {
      for (const file of [...review.files.values()]) await bring(review, file, acceptFile(file));
      // A save participant may have added a hunk nobody has seen: then the review stays open at it.
      if (allDecided(review)) await finish(review, '');
      else await open(review);
    },
    async rejectAll(review, comment) {
      for (const file of [...review.files.values()]) review.files.set(file.file.path, rejectFile(file, comment));
      for (const file of review.files.values()) await revertDocument(documentOf(review, file.file.path), file.current);
      await finish(review, comment);
    },
    async next({ review, file, line }) {
      const hunk = nextPending(file, line);
      if (hunk) await open(review, file.file.path, { hunk: hunk.key });
      else if (allDecided(review)) await finish(review, '');
      else await open(review);
    },
    dispose: () => void listening.dispose(),
  };

  /** So that its tab closes without a question. */
  async function revertDocument(document: vscode.TextDocument | undefined, text: string): Promise<void> {
    if (!document || document.getText() === text) return;
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, ...minimalReplace(document, text));
    await vscode.workspace.applyEdit(edit);
    await save(document);
  }
}

const tabsOf = (approval: string): vscode.Tab[] =>
  vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => {
      const uri =
        tab.input instanceof vscode.TabInputTextDiff
          ? tab.input.modified
          : tab.input instanceof vscode.TabInputText
            ? tab.input.uri
            : undefined;
      return uri !== undefined && parseAddress(uri)?.approval === approval;
    });

/** The one replacement that turns the document into `text`: what is equal at both ends stays untouched. */
export function minimalReplace(document: vscode.TextDocument, text: string): [vscode.Range, string] {
  const old = document.getText();
  const most = Math.min(old.length, text.length);
  let start = 0;
  while (start < most && old.charCodeAt(start) === text.charCodeAt(start)) start++;
  let end = 0;
  while (end < most - start && old.charCodeAt(old.length - 1 - end) === text.charCodeAt(text.length - 1 - end)) end++;
  // Not between the halves of a line ending or of a surrogate pair: VS Code would move the border.
  if (start > 0 && /[\r\uD800-\uDBFF]/.test(old.charAt(start - 1))) start--;
  if (end > 0 && /[\n\uDC00-\uDFFF]/.test(old.charAt(old.length - end))) end--;
  return [
    new vscode.Range(document.positionAt(start), document.positionAt(old.length - end)),
    text.slice(start, text.length - end),
  ];
}

/**
 * Where names are defined, asked of whatever language features the editor has;
 * a language server that is still waking is not waited for.
 */
import * as vscode from 'vscode';
import type { SymbolPlace, Symbols } from '../../core/ports/ports.js';

const LONGEST_MS = 4000;
const MAX_PLACES = 20;
/**
 * Files in which the whole extent of a definition is looked up:
 * an answer for the workspace often names its first line only.
 */
const MAX_FILES = 8;

export function createSymbols(folder: vscode.WorkspaceFolder): Symbols {
  return {
    async find(root, name, path, signal) {
      const base = root === folder.uri.fsPath ? folder.uri : vscode.Uri.file(root);
      if (path !== undefined) return await inTime(inFile(base, name, path), signal);
      return await inTime(inWorkspace(base, name), signal);
    },
  };
}

async function inFile(base: vscode.Uri, name: string, path: string): Promise<SymbolPlace[]> {
  const uri = vscode.Uri.joinPath(base, path);
  // A language server looks at what is open; the document is not shown.
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.isDirty) return []; // its lines are not those of the disk
  const found =
    (await vscode.commands.executeCommand<(vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined>(
      'vscode.executeDocumentSymbolProvider',
      uri,
    )) ?? [];
  return flat(found)
    .filter((symbol) => isNamed(symbol.name, name))
    .slice(0, MAX_PLACES)
    .map((symbol) => place(path, symbol.kind, 'range' in symbol ? symbol.range : symbol.location.range));
}

async function inWorkspace(base: vscode.Uri, name: string): Promise<SymbolPlace[]> {
  const found =
    (await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
      'vscode.executeWorkspaceSymbolProvider',
      name,
    )) ?? [];
  const prefix = base.path.endsWith('/') ? base.path : `${base.path}/`;
  const paths = new Set(
    found.flatMap(({ name: own, location: { uri } }) =>
      isNamed(own, name) &&
      uri.scheme === base.scheme &&
      uri.authority === base.authority &&
      uri.path.startsWith(prefix)
        ? [uri.path.slice(prefix.length)]
        : [],
    ),
  );
  const places = await Promise.all([...paths].slice(0, MAX_FILES).map((path) => inFile(base, name, path)));
  return places.flat().slice(0, MAX_PLACES);
}

const flat = (
  symbols: readonly (vscode.DocumentSymbol | vscode.SymbolInformation)[],
): (vscode.DocumentSymbol | vscode.SymbolInformation)[] =>
  symbols.flatMap((symbol) => ('children' in symbol ? [symbol, ...flat(symbol.children)] : [symbol]));

/** Some languages name a function with its parameters, or a member with its type: `add(int, int)`, `Point::add`. */
const isNamed = (own: string, name: string): boolean =>
  own === name ||
  own
    .replace(/\s*[(<].*$/s, '')
    .split(/::|[.#]/)
    .at(-1) === name;

const place = (path: string, kind: vscode.SymbolKind, range: vscode.Range): SymbolPlace => ({
  path,
  kind: (vscode.SymbolKind[kind] ?? '').toLowerCase(),
  startLine: range.start.line + 1,
  endLine: range.end.line + 1,
});

/** Commands cannot be called back: what comes too late is dropped. */
function inTime(asked: Promise<SymbolPlace[]>, signal: AbortSignal): Promise<SymbolPlace[]> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason);
    const timer = setTimeout(() => resolve([]), LONGEST_MS);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    asked.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    });
  });
}

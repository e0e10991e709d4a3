/** The editor's own problems as a check: read when the language servers have had their say on what is on disk now. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import type { Diagnostic } from '../../core/model/diagnostic.js';
import type { Diagnostics } from '../../core/ports/ports.js';
import { untilQuiet } from './quiet.js';

/** Problems count as final when none has come for so long … */
const QUIET_MS = 1500;
/** … and are taken as they are after this. */
const LONGEST_MS = 20_000;

/** Which open documents have been spoken of since the window opened: of the others an empty list says nothing. */
export interface HeardDiagnostics extends vscode.Disposable {
  has(document: vscode.TextDocument): boolean;
}

export function hearDiagnostics(): HeardDiagnostics {
  const heard = new WeakSet<vscode.TextDocument>();
  const listening = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
    const changed = new Set(uris.map(String));
    for (const document of vscode.workspace.textDocuments)
      if (changed.has(document.uri.toString())) heard.add(document);
  });
  return { has: (document) => heard.has(document), dispose: () => void listening.dispose() };
}

/** Errors: diagnostics-unknown, when no language server has said a word of a file that shows no problem. */
export function createDiagnostics(folder: vscode.WorkspaceFolder, heard: HeardDiagnostics): Diagnostics {
  return {
    async read(root, path, signal) {
      const uri = vscode.Uri.joinPath(root === folder.uri.fsPath ? folder.uri : vscode.Uri.file(root), path);
      if (!(await exists(uri))) return []; // deleted or renamed by the fix: nothing is left to be wrong
      // A language server looks at what is open; the document is not shown.
      const document = await vscode.workspace.openTextDocument(uri);
      const onWord = (listener: () => void): vscode.Disposable =>
        vscode.languages.onDidChangeDiagnostics(({ uris }) => {
          if (uris.some((changed) => changed.toString() === uri.toString())) listener();
        });
      const spoke = heard.has(document) || vscode.languages.getDiagnostics(uri).length > 0;
      const how = await untilQuiet({ spoke, onWord, quietMs: QUIET_MS, longestMs: LONGEST_MS }, signal);
      const found = diagnosticsOf(uri, path);
      if (how === 'unheard' && found.length === 0) throw new OpenExecError('diagnostics-unknown', { path });
      return found;
    },
  };
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}

export const diagnosticsOf = (uri: vscode.Uri, path: string): Diagnostic[] =>
  vscode.languages.getDiagnostics(uri).map((one) => diagnosticOf(one, path));

const SEVERITY = {
  [vscode.DiagnosticSeverity.Error]: 'error',
  [vscode.DiagnosticSeverity.Warning]: 'warning',
  [vscode.DiagnosticSeverity.Information]: 'information',
  [vscode.DiagnosticSeverity.Hint]: 'hint',
} as const;

export function diagnosticOf(one: vscode.Diagnostic, path: string): Diagnostic {
  const code = typeof one.code === 'object' ? one.code.value : one.code;
  return {
    path,
    source: (one.source ?? '').slice(0, 200),
    code: String(code ?? '').slice(0, 200),
    message: one.message.slice(0, 10_000),
    line: one.range.start.line + 1,
    severity: SEVERITY[one.severity],
  };
}

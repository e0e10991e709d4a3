/** The editor's own problems as a check: read when the language servers have had their say on what is on disk now. */
import * as vscode from 'vscode';
import type { Diagnostic } from '../core/model/diagnostic.js';
import type { Diagnostics } from '../core/ports.js';

/** Problems count as final when none has come for so long … */
const QUIET_MS = 1500;
/** … and are taken as they are after this. */
const LONGEST_MS = 20_000;

export function createDiagnostics(folder: vscode.WorkspaceFolder): Diagnostics {
  return {
    async read(root, path, signal) {
      const uri = vscode.Uri.joinPath(root === folder.uri.fsPath ? folder.uri : vscode.Uri.file(root), path);
      // A language server looks at what is open; the document is not shown.
      await vscode.workspace.openTextDocument(uri);
      await quiet(uri, signal);
      return diagnosticsOf(uri, path);
    },
  };
}

function quiet(uri: vscode.Uri, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => () => {
      clearTimeout(calm);
      clearTimeout(longest);
      listening.dispose();
      signal.removeEventListener('abort', aborted);
      finish();
    };
    const done = end(resolve);
    const aborted = end(() => reject(signal.reason));
    let calm = setTimeout(done, QUIET_MS);
    const longest = setTimeout(done, LONGEST_MS);
    const listening = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      if (!uris.some((changed) => changed.toString() === uri.toString())) return;
      clearTimeout(calm);
      calm = setTimeout(done, QUIET_MS);
    });
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
  });
}

export const diagnosticsOf = (uri: vscode.Uri, path: string): Diagnostic[] => vscode.languages.getDiagnostics(uri).map((one) => diagnosticOf(one, path));

const SEVERITY = { [vscode.DiagnosticSeverity.Error]: 'error', [vscode.DiagnosticSeverity.Warning]: 'warning', [vscode.DiagnosticSeverity.Information]: 'information', [vscode.DiagnosticSeverity.Hint]: 'hint' } as const;

export function diagnosticOf(one: vscode.Diagnostic, path: string): Diagnostic {
  const code = typeof one.code === 'object' ? one.code.value : one.code;
  return {
    path, source: (one.source ?? '').slice(0, 200), code: String(code ?? '').slice(0, 200), message: one.message.slice(0, 10_000), line: one.range.start.line + 1,
    severity: SEVERITY[one.severity],
  };
}

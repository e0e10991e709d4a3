/** The lightbulb on a problem: a quick fix run whose check is that the problem is gone. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import { checkOf, diagnosticName } from '../../core/model/plain/judge-diagnostics.js';
import { commands } from '../contributions.js';
import { diagnosticOf, diagnosticsOf } from './diagnostics.js';
import { t, type ErrorReporter } from '../report-errors.js';
import type { Folders } from '../folders.js';

export function registerFixDiagnostic(folders: Folders, reporter: ErrorReporter): vscode.Disposable {
  const provider: vscode.CodeActionProvider = {
    provideCodeActions(document, _range, context) {
      if (
        !vscode.workspace.isTrusted ||
        folders.open?.model.live?.status === 'running' ||
        !vscode.workspace.getWorkspaceFolder(document.uri)
      )
        return [];
      return context.diagnostics.map((diagnostic) => {
        const action = new vscode.CodeAction(t('Fix with OpenExec'), vscode.CodeActionKind.QuickFix);
        action.diagnostics = [diagnostic];
        action.command = {
          command: commands.fixDiagnostic,
          title: action.title,
          arguments: [document.uri, diagnostic],
        };
        return action;
      });
    },
  };

  async function fix(uri: unknown, diagnostic: unknown): Promise<void> {
    if (!(uri instanceof vscode.Uri) || !isDiagnostic(diagnostic)) return;
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (!folder) throw new OpenExecError('no-folder');
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.isDirty && !(await document.save()))
      throw new OpenExecError('file-unwritable', { path: uri.fsPath, reason: 'it could not be saved' });
    const path = uri.path.slice(folder.uri.path.length + 1);
    const check = checkOf(diagnosticOf(diagnostic, path), diagnosticsOf(uri, path));
    const root = await folders.root(folder.uri.fsPath);
    const request = `Fix ${diagnosticName(check)}: ${check.message}\n\nIt stands at ${check.path}:${check.line}.`;
    await root.openexec.request('run/quick-fix', { request, diagnostic: check });
    void vscode.window.setStatusBarMessage(t('OpenExec: fixing {problem}', { problem: diagnosticName(check) }), 5000);
  }

  return vscode.Disposable.from(
    vscode.languages.registerCodeActionsProvider({ scheme: 'file' }, provider, {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
    reporter.command(commands.fixDiagnostic, fix),
  );
}

const isDiagnostic = (value: unknown): value is vscode.Diagnostic =>
  typeof value === 'object' &&
  value !== null &&
  'message' in value &&
  typeof value.message === 'string' &&
  'range' in value &&
  value.range instanceof vscode.Range;

/**
 * Puts `openexec` on the PATH of VS Code's own terminals. It is run by VS Code's own executable, so no Node is needed.
 */
import path from 'node:path';
import * as vscode from 'vscode';

export function addTerminalCommand(context: vscode.ExtensionContext): vscode.Disposable {
  const collection = context.environmentVariableCollection;
  const add = (): void => {
    if (!vscode.workspace.isTrusted) return collection.clear();
    collection.description = vscode.l10n.t('Adds the openexec command');
    collection.prepend('PATH', path.join(context.extensionPath, 'bin') + path.delimiter);
    collection.replace('OPENEXEC_RUNTIME', process.execPath);
  };
  add();
  return vscode.workspace.onDidGrantWorkspaceTrust(add);
}

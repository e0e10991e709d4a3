/** The files the language server reads, and starting it when the first of them is open. Loads nothing before. */
import * as vscode from 'vscode';
import type { ErrorReporter } from '../report-errors.js';

export const languageFiles: readonly vscode.DocumentFilter[] = [
  { scheme: 'file', pattern: '**/.openexec/blueprints/*.{yaml,yml}' },
  { scheme: 'file', pattern: '**/openexec.yaml' },
];

export interface LanguageFiles extends vscode.Disposable {
  /** The server as it was started; undefined while no such file has been open. */
  readonly server: Promise<void> | undefined;
}

export function registerLanguageFiles(
  extensionPath: string,
  channel: vscode.LogOutputChannel,
  reporter: ErrorReporter,
): LanguageFiles {
  let server: Promise<vscode.Disposable & { ready: Promise<void> }> | undefined;
  const look = (document: vscode.TextDocument): void => {
    if (server || vscode.languages.match(languageFiles, document) === 0) return;
    server = import('./lsp-client.js').then(({ startLanguageServer }) =>
      startLanguageServer(
        vscode.Uri.joinPath(vscode.Uri.file(extensionPath), 'dist', 'lsp.js').fsPath,
        languageFiles,
        channel,
      ),
    );
    reporter.attempt('starting the language server for blueprints', async () => (await server)?.ready);
  };
  const listening = vscode.workspace.onDidOpenTextDocument(look);
  for (const document of vscode.workspace.textDocuments) look(document);
  return {
    get server() {
      return server?.then(({ ready }) => ready);
    },
    dispose() {
      listening.dispose();
      void server?.then(
        (started) => void started.dispose(),
        () => undefined,
      ); // that it failed was told when it was started
    },
  };
}

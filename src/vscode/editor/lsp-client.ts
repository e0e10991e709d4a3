/**
 * Starts the language server once a file it reads is open, in a process of its own run by VS Code's executable.
 * A bundle of its own: the client is large.
 */
import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

export interface LanguageServer extends vscode.Disposable {
  /** Resolves when it answers. */
  readonly ready: Promise<void>;
}

export function startLanguageServer(
  module: string,
  files: readonly vscode.DocumentFilter[],
  channel: vscode.LogOutputChannel,
): LanguageServer {
  const run = { module, transport: TransportKind.ipc };
  const client = new LanguageClient(
    'openexec.blueprints',
    'OpenExec Blueprints',
    { run, debug: run },
    {
      documentSelector: files.map(({ pattern }) => ({ scheme: 'file', pattern: String(pattern) })),
      outputChannel: channel,
    },
  );
  const ready = client.start();
  return {
    ready,
    dispose() {
      // That it never came up was told already. One that does not stop in time is ended by the client;
      // nobody is left to tell, as the log is closed with the window.
      void ready.then(() => client.stop()).catch(() => undefined);
    },
  };
}

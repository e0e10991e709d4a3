/**
 * The line to start from: "What do you want to build?", a field and a button. The page can send one message: the text.
 */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { commands, views } from '../contributions.js';
import { t, type ErrorReporter } from '../report-errors.js';
import type { Folders } from '../folders.js';
import { startHtml } from './start-html.js';

export function registerStartView(folders: Folders, reporter: ErrorReporter): vscode.Disposable {
  let shown: vscode.WebviewView | undefined;

  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(view) {
      shown = view;
      view.webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [] };
      const receiving = view.webview.onDidReceiveMessage((message: unknown) =>
        reporter.attempt('planning from the start line', async () => {
          const { startMessageSchema } = await import('../late.js');
          const { intent } = startMessageSchema.parse(message);
          await vscode.commands.executeCommand(commands.plan, intent);
          tell();
        }),
      );
      view.onDidDispose(() => {
        receiving.dispose();
        if (shown === view) shown = undefined;
      });
      view.webview.html = page(folders);
    },
  };

  function tell(): void {
    void shown?.webview.postMessage({ enabled: enabled(folders) });
  }
  return vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider(views.start, provider),
    folders.onDidChangeState(tell),
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
  );
}

const enabled = (folders: Folders): boolean => !['no-folder', 'untrusted', 'not-local'].includes(folders.state);

const page = (folders: Folders): string =>
  startHtml({
    nonce: randomBytes(24).toString('base64url'),
    lang: vscode.env.language,
    enabled: enabled(folders),
    label: t('What do you want to build?'),
    example: t('e.g. add validation to POST /quotes'),
    button: t('Plan'),
  });

/** The line to start from: "What do you want to build?", a field and a button. The page can send one message: the text. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { commands, views } from '../contributions.js';
import { t, type Door } from '../report-errors.js';
import type { Session } from '../folders.js';
import { startHtml } from './start-html.js';

export function registerStartView(session: Session, door: Door): vscode.Disposable {
  let shown: vscode.WebviewView | undefined;

  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(view) {
      shown = view;
      view.webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [] };
      const receiving = view.webview.onDidReceiveMessage((message: unknown) =>
        door.attempt('planning from the start line', async () => {
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
      view.webview.html = page(session);
    },
  };

  function tell(): void {
    void shown?.webview.postMessage({ enabled: enabled(session) });
  }
  return vscode.Disposable.from(
    vscode.window.registerWebviewViewProvider(views.start, provider),
    session.onDidChangeState(tell),
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
  );
}

const enabled = (session: Session): boolean => !['no-folder', 'untrusted', 'not-local'].includes(session.state);

const page = (session: Session): string =>
  startHtml({
    nonce: randomBytes(24).toString('base64url'),
    lang: vscode.env.language,
    enabled: enabled(session),
    label: t('What do you want to build?', {}),
    example: t('e.g. add validation to POST /quotes', {}),
    button: t('Plan', {}),
  });

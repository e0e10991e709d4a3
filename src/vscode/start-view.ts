/** The line to start from: "What do you want to build?", a field and a button. The page can send one message: the text. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { commands, views } from './contributions.js';
import { t, type Door } from './door.js';
import type { Session } from './session.js';

export function registerStartView(session: Session, door: Door): vscode.Disposable {
  let shown: vscode.WebviewView | undefined;

  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(view) {
      shown = view;
      view.webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [] };
      const receiving = view.webview.onDidReceiveMessage((message: unknown) =>
        door.attempt('planning from the start line', async () => {
          const { startMessageSchema } = await import('./late.js');
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
  return vscode.Disposable.from(vscode.window.registerWebviewViewProvider(views.start, provider), session.onDidChangeState(tell), vscode.workspace.onDidGrantWorkspaceTrust(tell));
}

const enabled = (session: Session): boolean => !['no-folder', 'untrusted', 'not-local'].includes(session.state);

const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

function page(session: Session): string {
  const nonce = randomBytes(24).toString('base64url');
  const label = escape(t('What do you want to build?', {}));
  const example = escape(t('e.g. add validation to POST /quotes', {}));
  return `<!DOCTYPE html>
<html lang="${escape(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}';">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenExec</title>
<style nonce="${nonce}">
  body { padding: 8px 12px 12px; color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); }
  label { display: block; margin-bottom: 4px; }
  textarea { box-sizing: border-box; width: 100%; min-height: 44px; max-height: 40vh; padding: 4px 6px; resize: vertical; font: inherit; line-height: 18px;
    color: var(--vscode-input-foreground); background: var(--vscode-input-background); border: 1px solid var(--vscode-input-border, transparent); border-radius: 2px; }
  textarea::placeholder { color: var(--vscode-input-placeholderForeground); opacity: 1; }
  textarea:focus, button:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: -1px; }
  button { width: 100%; margin-top: 8px; padding: 4px 12px; font: inherit; line-height: 18px; border: 0; border-radius: 2px; cursor: pointer;
    color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
  button:hover:enabled { background: var(--vscode-button-hoverBackground); }
  button:disabled, textarea:disabled { opacity: 0.5; cursor: default; }
</style>
</head>
<body>
<label for="intent">${label}</label>
<textarea id="intent" rows="2" maxlength="20000" placeholder="${example}"></textarea>
<button id="plan" type="button">${escape(t('Plan', {}))}</button>
<script nonce="${nonce}">
  const host = acquireVsCodeApi();
  const field = document.getElementById('intent');
  const button = document.getElementById('plan');
  let enabled = ${enabled(session)};
  const saved = host.getState();
  if (saved && typeof saved.intent === 'string') field.value = saved.intent;
  const show = () => { field.disabled = !enabled; button.disabled = !enabled || field.value.trim() === ''; };
  const send = () => { if (!button.disabled) host.postMessage({ type: 'plan', intent: field.value }); };
  field.addEventListener('input', () => { host.setState({ intent: field.value }); show(); });
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  button.addEventListener('click', send);
  window.addEventListener('message', (event) => { enabled = event.data.enabled === true; show(); });
  show();
</script>
</body>
</html>`;
}

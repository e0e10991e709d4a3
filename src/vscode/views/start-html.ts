/**
 * The page of the start line. It fills its view whatever the height:
 * the field gives way first, so that the button is never cut off.
 */
import { escapeHtml, htmlPage } from '../../base/html-page.js';

export interface StartPage {
  nonce: string;
  lang: string;
  enabled: boolean;
  label: string;
  example: string;
  button: string;
}

export function startHtml({ nonce, lang, enabled, label, example, button }: StartPage): string {
  const head = `<style nonce="${nonce}">
  html,
  body {
    height: 100%;
    margin: 0;
  }
  body {
    box-sizing: border-box;
    min-height: 82px;
    padding: 4px 12px 8px;
    display: flex;
    flex-direction: column;
    gap: 4px;
    color: var(--vscode-foreground);
    font: var(--vscode-font-size) var(--vscode-font-family);
  }
  label {
    flex: none;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  textarea {
    box-sizing: border-box;
    width: 100%;
    flex: 1 1 auto;
    min-height: 26px;
    padding: 3px 6px;
    resize: none;
    font: inherit;
    line-height: 18px;
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, transparent);
    border-radius: 2px;
  }
  textarea::placeholder {
    color: var(--vscode-input-placeholderForeground);
    opacity: 1;
  }
  textarea:focus,
  button:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  button {
    flex: none;
    width: 100%;
    padding: 3px 12px;
    font: inherit;
    line-height: 18px;
    border: 1px solid var(--vscode-button-border, transparent);
    border-radius: 2px;
    cursor: pointer;
    color: var(--vscode-button-foreground);
    background: var(--vscode-button-background);
  }
  button:hover:enabled {
    background: var(--vscode-button-hoverBackground);
  }
  button:disabled,
  textarea:disabled {
    opacity: 0.5;
    cursor: default;
  }
</style>`;
  const body = `<label for="intent" title="${escapeHtml(label)}">${escapeHtml(label)}</label>
<textarea id="intent" rows="2" maxlength="20000" placeholder="${escapeHtml(example)}"></textarea>
<button id="plan" type="button">${escapeHtml(button)}</button>
<script nonce="${nonce}">
  const host = acquireVsCodeApi();
  const field = document.getElementById('intent');
  const button = document.getElementById('plan');
  let enabled = ${enabled};
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
</script>`;
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return htmlPage({ lang, policy, title: 'OpenExec', head, body });
}

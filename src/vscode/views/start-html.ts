/** The page of the start line. It fills its view whatever the height: the field gives way first, so that the button is never cut off. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export interface StartPage {
  nonce: string;
  lang: string;
  enabled: boolean;
  label: string;
  example: string;
  button: string;
}

export function startHtml({ nonce, lang, enabled, label, example, button }: StartPage): string {
  return `<!DOCTYPE html>
<html lang="${escape(lang)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}';">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenExec</title>
<style nonce="${nonce}">
  html, body { height: 100%; margin: 0; }
  body { box-sizing: border-box; min-height: 82px; padding: 4px 12px 8px; display: flex; flex-direction: column; gap: 4px; color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); }
  label { flex: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  textarea { box-sizing: border-box; width: 100%; flex: 1 1 auto; min-height: 26px; padding: 3px 6px; resize: none; font: inherit; line-height: 18px;
    color: var(--vscode-input-foreground); background: var(--vscode-input-background); border: 1px solid var(--vscode-input-border, transparent); border-radius: 2px; }
  textarea::placeholder { color: var(--vscode-input-placeholderForeground); opacity: 1; }
  textarea:focus, button:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: -1px; }
  button { flex: none; width: 100%; padding: 3px 12px; font: inherit; line-height: 18px; border: 1px solid var(--vscode-button-border, transparent); border-radius: 2px; cursor: pointer;
    color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
  button:hover:enabled { background: var(--vscode-button-hoverBackground); }
  button:disabled, textarea:disabled { opacity: 0.5; cursor: default; }
</style>
</head>
<body>
<label for="intent" title="${escape(label)}">${escape(label)}</label>
<textarea id="intent" rows="2" maxlength="20000" placeholder="${escape(example)}"></textarea>
<button id="plan" type="button">${escape(button)}</button>
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
</script>
</body>
</html>`;
}

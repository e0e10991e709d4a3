/** The panel's page: one script, two style sheets, and a policy under which nothing else loads or runs. No vscode here, so that tests serve the same page. */

export interface PanelPage {
  /** Where the page's own files come from: `webview.cspSource`. */
  cspSource: string;
  /** Random, for this page only. */
  nonce: string;
  script: string;
  styles: readonly string[];
  /** BCP 47, e.g. `en`. */
  lang: string;
  title: string;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** No 'unsafe-inline' for styles either: React and the graph set them through the object model, which the policy does not touch. */
export const contentSecurityPolicy = (page: Pick<PanelPage, 'cspSource' | 'nonce'>): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${page.nonce}'`,
    `style-src ${page.cspSource}`,
    `font-src ${page.cspSource}`,
    `img-src ${page.cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

export function panelHtml(page: PanelPage): string {
  const styles = page.styles.map((href) => `<link rel="stylesheet" href="${escape(href)}">`).join('\n');
  return `<!DOCTYPE html>
<html lang="${escape(page.lang)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(contentSecurityPolicy(page))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)}</title>
${styles}
</head>
<body>
<div id="root"></div>
<script nonce="${escape(page.nonce)}" src="${escape(page.script)}"></script>
</body>
</html>`;
}

/**
 * The panel's page: one script, two style sheets, and a policy under which nothing else loads or runs.
 * No vscode here, so that tests serve the same page.
 */
import { escapeHtml, htmlPage } from '../../base/html-page.js';

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

/**
 * No 'unsafe-inline' for styles either:
 * React and the graph set them through the object model, which the policy does not touch.
 */
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
  return htmlPage({
    lang: page.lang,
    policy: contentSecurityPolicy(page),
    title: page.title,
    head: page.styles.map((href) => `<link rel="stylesheet" href="${escapeHtml(href)}">`).join('\n'),
    body: `<div id="root"></div>
<script nonce="${escapeHtml(page.nonce)}" src="${escapeHtml(page.script)}"></script>`,
  });
}

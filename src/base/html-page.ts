/**
 * The frame of every HTML page that OpenExec writes: the panel, the start line, the report.
 * Nothing loads or runs that its policy does not name.
 */

export interface HtmlPage {
  /** BCP 47, e.g. `en`. */
  lang: string;
  /** Its Content-Security-Policy. */
  policy: string;
  title: string;
  /** Markup: what follows the title, and the body. */
  head: string;
  body: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string, chars: RegExp): string => text.replace(chars, (char) => ENTITIES[char] ?? char);

/** Safe as text and as the value of an attribute in quotes of either kind. */
export const escapeHtml = (text: string): string => escaped(text, /[&<>"']/g);

export const htmlPage = ({ lang, policy, title, head, body }: HtmlPage): string => `<!doctype html>
<html lang="${escapeHtml(lang)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy, /[&<>"]/g)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${head}
</head>
<body>
${body}
</body>
</html>
`;

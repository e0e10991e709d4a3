/** A tooltip as Markdown that wraps, is short, and reads nothing in a plan's text as Markdown. */
import { showLine, showLines } from '../../core/text/harmless.js';

export interface TooltipLine {
  label: string;
  /** Shown as code when it is a command. */
  text: string;
  code?: boolean;
}

/** Longer texts are read in the panel: a tooltip that covers the tree helps nobody. */
const CHARS = 300;
const cut = (text: string): string => (text.length > CHARS ? `${text.slice(0, CHARS).trimEnd()}…` : text);

export function tooltipMarkdown(title: string, lines: readonly TooltipLine[]): string {
  const parts = [`**${asText(showLine(title))}**`];
  for (const { label, text, code } of lines)
    if (text !== '')
      parts.push(`${asText(label)}: ${code ? inlineCode(cut(showLines(text))) : asText(cut(showLines(text)))}`);
  return parts.join('\n\n');
}

/**
 * Every sign that Markdown reads is escaped.
 * VS Code's own `appendText` would join the words by spaces that never break.
 */
const asText = (text: string): string =>
  text
    .trim()
    .replace(/[&<]/g, (sign) => (sign === '&' ? '&amp;' : '&lt;'))
    .replace(/[\\`*_{}[\]()#+\-.!~>|:$@]/g, '\\$&')
    .replace(/\s*\n\s*/g, '  \n');

/** A block of code does not wrap, code in a line does. The fence is longer than any run of backticks inside. */
function inlineCode(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => `${fence} ${line} ${fence}`)
    .join('  \n');
}

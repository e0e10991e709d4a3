/**
 * Markup of a report. Every text that is put into it is redacted, freed of terminal sequences and hidden characters,
 * and escaped, in this order, here and nowhere else.
 */
import { escapeHtml } from '../../base/html-page.js';
import { harmless, showLines } from '../text/harmless.js';

/** Markup; anything else that is put into it is text from the run. */
export interface Html {
  readonly html: string;
}
export type Part = Html | string | number | undefined | false | readonly Part[];

export type Tone = 'good' | 'bad' | 'warn' | 'dim';

export interface Markup {
  /** Line breaks of a template and the blanks after them are for the reader of the source: they are left out. */
  h(strings: TemplateStringsArray, ...parts: Part[]): Html;
  /** Redacted, and what would hide is seen; not escaped. */
  shownText(value: string): string;
  /** What a command wrote, or a line of a file: its blanks mean something and stay. */
  output(value: string): Html;
  each<T>(items: readonly T[], one: (item: T) => Html): Html;
  /** Nothing where there are no rows. A head that begins with `#` is of a column of numbers. */
  table(caption: string, heads: readonly string[], rows: readonly Html[]): Html;
  word(said: string, tone: Tone): Html;
  section(id: string, title: string, body: Part): Html;
  nothing(said: string): Html;
}

/** Markup that is known here to be harmless. */
export const raw = (html: string): Html => ({ html });

export function createMarkup(redact: (text: string) => string): Markup {
  const shownText = (value: string): string => showLines(redact(value));

  const flat = (part: Part): string => {
    if (part === undefined || part === false) return '';
    if (typeof part === 'string' || typeof part === 'number') return escapeHtml(shownText(String(part)));
    return 'html' in part ? part.html : part.map(flat).join('');
  };

  const h: Markup['h'] = (strings, ...parts) =>
    raw(
      onOneLine(strings)
        .map((string, index) => string + flat(parts[index]))
        .join(''),
    );

  const each: Markup['each'] = (items, one) => raw(items.map((item) => one(item).html).join(''));

  const head = (title: string): Html =>
    title.startsWith('#') ? h`<th scope="col" class="number">${title.slice(1)}</th>` : h`<th scope="col">${title}</th>`;

  return {
    h,
    shownText,
    output: (value) => raw(escapeHtml(harmless(redact(value)))),
    each,
    table: (caption, heads, rows) =>
      rows.length === 0
        ? raw('')
        : h`
          <div class="scroll" tabindex="0" role="group" aria-label="${caption}">
            <table>
              <caption>${caption}</caption>
              <thead><tr>${each(heads, head)}</tr></thead>
              <tbody>${rows}</tbody>
            </table>
          </div>`,
    word: (said, tone) => h`<span class="word ${raw(tone)}">${said}</span>`,
    section: (id, title, body) =>
      h`<section aria-labelledby="${raw(id)}"><h2 id="${raw(id)}">${title}</h2>${body}</section>`,
    nothing: (said) => h`<p class="dim">${said}</p>`,
  };
}

/** By template: a diff of a thousand lines goes through one of them a thousand times. */
const oneLine = new WeakMap<TemplateStringsArray, readonly string[]>();

function onOneLine(strings: TemplateStringsArray): readonly string[] {
  const known = oneLine.get(strings);
  if (known) return known;
  const made = strings.map((string) => string.replace(/\n\s*/g, ''));
  oneLine.set(strings, made);
  return made;
}

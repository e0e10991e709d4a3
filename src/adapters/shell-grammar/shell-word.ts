/**
 * What one word of a script becomes in a POSIX shell: its text when nothing at run time can change it, else undefined.
 */

/** The grammar and a shell could see this differently; the caller gives up on the whole script. */
export class Unsure extends Error {
  override readonly name = 'Unsure';
}

export const notTakenApart = (node: { readonly type: string }): Unsure =>
  new Unsure(`it uses ${node.type.replaceAll('_', ' ')}, which is not taken apart`);

export interface Span {
  start: number;
  end: number;
}

/**
 * `expansions` are the parts of `source` (offsets into it, in order) that the grammar found to be
 * expansions or substitutions. The word is read a second time here by the shell's own quoting rules; where
 * the two readings differ it throws Unsure.
 */
export function constantText(source: string, expansions: readonly Span[]): string | undefined {
  let text = '';
  let constant = true;
  let quote: '' | "'" | '"' = '';
  let i = 0;
  let next = 0;
  if (source.startsWith('~')) constant = false;
  while (i < source.length) {
    const span = expansions[next];
    if (span && span.start === i) {
      if (quote === "'") throw new Unsure('an expansion inside single quotes');
      constant = false;
      i = span.end;
      next += 1;
      continue;
    }
    const char = source[i] as string;
    const after = source[i + 1];
    if (quote === "'") {
      if (char === "'") quote = '';
      else text += char;
      i += 1;
    } else if (char === '\\') {
      if (after === undefined) throw new Unsure('a backslash at the end');
      if (after === '\n') {
        // a line continuation: both characters vanish
      } else if (quote === '"' && !'$`"\\'.includes(after)) text += char + after;
      else text += after;
      i += 2;
    } else if (char === '"') {
      quote = quote === '"' ? '' : '"';
      i += 1;
    } else if (char === "'" && quote === '') {
      quote = "'";
      i += 1;
    } else if (
      char === '`' ||
      (char === '$' &&
        after !== undefined &&
        /[A-Za-z0-9_{(@*#?$!'"-]/.test(after) &&
        !(quote === '"' && /['"]/.test(after)))
    ) {
      throw new Unsure('an expansion the grammar did not see');
    } else {
      if (quote === '') {
        if (/[\s;&|<>()]/.test(char)) throw new Unsure('a word that a shell would split');
        // Globs depend on the files there are; braces and leading tildes on which shell it is.
        if (/[*?[\]{}]/.test(char) || (char === '~' && /[=:]$/.test(source.slice(0, i)))) constant = false;
      }
      text += char;
      i += 1;
    }
  }
  if (quote !== '' || next !== expansions.length) throw new Unsure('quotes that do not end');
  return constant ? text : undefined;
}

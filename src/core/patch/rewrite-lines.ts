/**
 * Makes a hunk's new lines fit the file where its old lines were found only loosely:
 * the file's indentation, the file's quotes and dashes.
 */

const LOOK_ALIKES: Record<string, string> = {};
for (const [plain, others] of [
  ["'", '\u2018\u2019\u201A\u201B\u2032\u02BC'],
  ['"', '\u201C\u201D\u201E\u201F\u2033'],
  ['-', '\u2010\u2011\u2012\u2013\u2014\u2015\u2212'],
  [' ', '\u00A0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000'],
] as const)
  for (const other of others) LOOK_ALIKES[other] = plain;
const LOOK_ALIKE = new RegExp(`[${Object.keys(LOOK_ALIKES).join('')}]`, 'g');

/** Typographic quotes, dashes and spaces as their ASCII look-alikes, one for one: the length stays. */
export const foldPunctuation = (text: string): string =>
  text.replace(LOOK_ALIKE, (char) => LOOK_ALIKES[char] as string);

export const indentOf = (line: string): string => /^\s*/.exec(line)?.[0] ?? '';

/** Gives the line as it must stand in the file, or undefined when the matched lines do not say how deep it belongs. */
export type Reindent = (line: string) => string | undefined;

/**
 * From lines of the patch and the lines of the file they stand for. Undefined when one indentation of the patch stands
 * for two of the file: where depth has meaning, guessing would change what the code does.
 */
export function learnIndentation(
  patch: readonly string[],
  file: readonly string[],
  inserted: readonly string[],
): Reindent | undefined {
  const known = new Map<string, string>();
  for (const [i, line] of patch.entries()) {
    if (line.trim() === '') continue;
    const [from, to] = [indentOf(line), indentOf(file[i] ?? '')];
    if ((known.get(from) ?? to) !== to) return undefined;
    known.set(from, to);
  }
  if ([...known].every(([from, to]) => from === to)) return (line) => line;
  const pairs = [...known].sort((a, b) => a[0].length - b[0].length);
  const convert = unitConversion(pairs, [...patch, ...inserted]);
  return (line) => {
    if (line.trim() === '') return '';
    const indent = indentOf(line);
    const rest = line.slice(indent.length);
    const same = known.get(indent);
    if (same !== undefined) return same + rest;
    const outer = pairs.filter(([from]) => indent.startsWith(from)).at(-1);
    if (outer) return outer[1] + convert(indent.slice(outer[0].length)) + rest;
    const inner = pairs.find(([from]) => from.startsWith(indent));
    const less = inner && convert(inner[0].slice(indent.length));
    return inner && less !== undefined && inner[1].endsWith(less)
      ? inner[1].slice(0, inner[1].length - less.length) + rest
      : undefined;
  };
}

/**
 * How one step of the patch's indentation is written in the file:
 * from the differences between matched lines, else from their kind.
 */
function unitConversion(
  pairs: readonly (readonly [string, string])[],
  lines: readonly string[],
): (indent: string) => string {
  const steps: { from: string; to: string }[] = [];
  pairs.forEach(([from, to], i) => {
    const [lastFrom, lastTo] = pairs[i - 1] ?? ['', ''];
    const sameKind = /\t/.test(from) === /\t/.test(to);
    // The first pair says how far the block is shifted; only where tabs stand for spaces does it tell the unit too.
    if (i === 0 && (sameKind || !from || !to)) return;
    if (from.startsWith(lastFrom) && to.startsWith(lastTo))
      steps.push({ from: from.slice(lastFrom.length), to: to.slice(lastTo.length) });
  });
  const fileTabs = pairs.some(([, to]) => to.includes('\t'));
  const step = steps.find(({ from, to }) => from && to && isUniform(from) && isUniform(to));
  if (step) {
    const [fromChar, toChar] = [step.from[0] as string, step.to[0] as string];
    return (indent) => {
      if (!indent || [...indent].some((char) => char !== fromChar)) return indent;
      const length = (indent.length * step.to.length) / step.from.length;
      return Number.isInteger(length) ? toChar.repeat(length) : indent;
    };
  }
  const widths = lines
    .filter((line) => line.trim() !== '')
    .map((line) => indentOf(line))
    .filter((indent) => /^ +$/.test(indent))
    .map((indent) => indent.length);
  const unit = widths.length ? Math.min(...widths) : 0;
  return (indent) =>
    fileTabs && unit && /^ +$/.test(indent) && indent.length % unit === 0 ? '\t'.repeat(indent.length / unit) : indent;
}

const isUniform = (indent: string): boolean => /^( +|\t+)$/.test(indent);

/**
 * A new line with the file's own look-alikes: what it has in common with the old line it replaces is taken from the
 * file, the rest loses those typographic characters that the patch put where the file has plain ones.
 */
export function carryPunctuation(
  patchOld: readonly string[],
  fileOld: readonly string[],
): (line: string, replaces: number | undefined) => string {
  const plain = new Map<string, string>();
  const trimmed = patchOld.map((line, i) => ({ patch: line.trim(), file: (fileOld[i] ?? '').trim() }));
  for (const { patch, file } of trimmed) {
    for (let i = 0; i < patch.length; i++) {
      const char = patch[i] as string;
      const other = file[i] as string;
      if (char !== other && LOOK_ALIKES[char] === other) plain.set(char, other);
    }
  }
  const soften = (text: string): string => text.replace(LOOK_ALIKE, (char) => plain.get(char) ?? char);
  return (line, replaces) => {
    const indent = indentOf(line);
    const text = line.slice(indent.length);
    const old = replaces === undefined ? undefined : trimmed[replaces];
    if (!old) return indent + soften(text);
    const most = Math.min(old.patch.length, text.length);
    let head = 0;
    while (head < most && old.patch[head] === text[head]) head += 1;
    let tail = 0;
    while (tail < most - head && old.patch[old.patch.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
    return (
      indent +
      old.file.slice(0, head) +
      soften(text.slice(head, text.length - tail)) +
      old.file.slice(old.file.length - tail)
    );
  };
}

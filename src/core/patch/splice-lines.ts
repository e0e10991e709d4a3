/**
 * Turns a hunk that was found at a line into replacements of text, keeping the file's
 * own bytes of every line it does not change.
 */
import type { LineHunk } from './edits.js';
import { lineBody, lineEnding } from './lines.js';
import { endingNear, type MatchFile, type Rung, type Splice } from './match-file.js';
import { carryPunctuation, learnIndentation } from './rewrite-lines.js';

/**
 * Undefined when the hunk's new lines cannot be made to fit there (an
 * indentation that the matched lines do not explain).
 */
export function placeLines(
  file: MatchFile,
  hunk: LineHunk,
  at: number,
  rung: Exclude<Rung, 'moved'>,
): { splices: Splice[]; kept: { start: number; end: number }[] } | undefined {
  const offset = (line: number): number => file.offsets[line] as number;
  const old = hunk.lines.filter((line) => line.sign !== '+');
  const rewrite = rewriter(file, hunk, at, rung);
  if (!rewrite) return undefined;
  // Where the patch's endings are the file's, its new lines are taken as they are given.
  const asGiven = rung === 'exact' && (old.length > 0 || !file.lines.length);
  const knowsEnd = old.some((line) => lineEnding(line.raw) === '');

  const splices: Splice[] = [];
  const kept: { start: number; end: number }[] = [];
  let line = at;
  let group: { start: number; inserted: string[] } | undefined;
  const flush = (): boolean => {
    if (!group) return true;
    const { start, inserted } = group;
    group = undefined;
    const parts: string[] = [];
    for (const [i, raw] of inserted.entries()) {
      const body = rewrite(raw, start + i < line ? start + i - at : undefined);
      if (body === undefined) return false;
      // As the line it takes the place of, or the last such line; where none is removed, as the neighbour.
      const ending =
        (line > start && lineEnding(file.lines[Math.min(start + i, line - 1)] as string)) || endingNear(file, start);
      parts.push(asGiven ? raw : body + ending);
    }
    if (!asGiven && parts.length && line === file.lines.length && file.lines.length) {
      const fileEnds = lineEnding(file.lines.at(-1) as string) !== '';
      const patchEnds = lineEnding(inserted.at(-1) as string) !== '';
      if (!(fileEnds ? patchEnds : knowsEnd && patchEnds)) parts.push(lineBody(parts.pop() as string));
    }
    let text = parts.join('');
    if (text !== '') {
      // A line never runs into the next one, nor does a new one into a last line without an ending.
      if (!text.endsWith('\n') && line < file.lines.length) text += endingNear(file, start);
      if (start > 0 && lineEnding(file.lines[start - 1] as string) === '') text = endingNear(file, start - 1) + text;
    }
    if (text !== '' || line > start) splices.push({ start: offset(start), end: offset(line), text });
    return true;
  };

  for (const item of hunk.lines) {
    if (item.sign === ' ') {
      if (!flush()) return undefined;
      kept.push({ start: offset(line), end: offset(line + 1) });
      line += 1;
      continue;
    }
    group ??= { start: line, inserted: [] };
    if (item.sign === '-') line += 1;
    else group.inserted.push(item.raw);
  }
  return flush() ? { splices, kept } : undefined;
}

/**
 * Gives the body of a new line as it must stand in the file; `replaces` = index of the old line it takes the place of.
 */
function rewriter(
  file: MatchFile,
  hunk: LineHunk,
  at: number,
  rung: Exclude<Rung, 'moved'>,
): ((raw: string, replaces: number | undefined) => string | undefined) | undefined {
  if (rung === 'exact' || rung === 'line-endings' || rung === 'trailing-space') return lineBody;
  const old = hunk.lines.filter((line) => line.sign !== '+').map((line) => lineBody(line.raw));
  const there = old.map((_, i) => lineBody(file.lines[at + i] as string));
  const inserted = hunk.lines.filter((line) => line.sign === '+').map((line) => lineBody(line.raw));
  const reindent = learnIndentation(old, there, inserted);
  if (!reindent || inserted.some((line) => reindent(line) === undefined)) return undefined;
  if (rung !== 'punctuation') return (raw) => reindent(lineBody(raw));
  const carry = carryPunctuation(old, there);
  return (raw, replaces) => reindent(carry(lineBody(raw), replaces));
}

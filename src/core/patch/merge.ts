/**
 * Three-way merge of files, as diff3 does it (Khanna, Kunal, Pierce: A formal investigation of diff3): changes of
 * either side that do not touch are both taken, the same change is taken once, the rest are conflicts. Our own line
 * diff rather than node-diff3's, whose time grows with the square of the file's length.
 */
import { equalBytes, type Bytes } from '../../base/bytes.js';
import { lineChanges, type LineChange } from './line-diff.js';
import { splitLines } from './lines.js';
import { eolOf, readText } from './text-file.js';

export interface MergeConflict {
  /** 1-based line in `ours`; 0 when the bytes are not text and the file as a whole conflicts. */
  line: number;
  base: string;
  ours: string;
  theirs: string;
}

export type MergeResult = { clean: true; bytes: Bytes } | { clean: false; conflicts: MergeConflict[] };

/** Byte order mark and, where all of it is one kind, line endings are those of `ours`. */
export function mergeThree(base: Bytes, ours: Bytes, theirs: Bytes): MergeResult {
  if (equalBytes(ours, theirs) || equalBytes(base, theirs)) return { clean: true, bytes: ours };
  if (equalBytes(base, ours)) return { clean: true, bytes: theirs };
  const facts = { base: readText(base), ours: readText(ours), theirs: readText(theirs) };
  if (!facts.base || !facts.ours || !facts.theirs || new Set(Object.values(facts).map((each) => each?.name)).size > 1)
    return { clean: false, conflicts: [{ line: 0, base: '', ours: '', theirs: '' }] };

  const eol = { crlf: '\r\n', lf: '\n', mixed: undefined, none: undefined }[eolOf(facts.ours.text)];
  const linesOf = (text: string): string[] => splitLines(eol ? text.replace(/\r?\n/g, eol) : text);
  const sides = { base: linesOf(facts.base.text), ours: linesOf(facts.ours.text), theirs: linesOf(facts.theirs.text) };
  const { text, conflicts } = mergeLines(sides.base, sides.ours, sides.theirs);
  if (conflicts.length) return { clean: false, conflicts };
  const bytes = encodedByOne(text, [facts.ours, facts.theirs]);
  return bytes ? { clean: true, bytes } : { clean: false, conflicts: [{ line: 0, base: '', ours: '', theirs: '' }] };
}

/** Of an 8-bit text one side may know bytes that the other does not. */
const encodedByOne = (text: string, sides: readonly { encode(text: string): Bytes | undefined }[]): Bytes | undefined =>
  sides.map((side) => side.encode(text)).find((bytes) => bytes !== undefined);

function mergeLines(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): { text: string; conflicts: MergeConflict[] } {
  const left = lineChanges(base, ours);
  const right = lineChanges(base, theirs);
  const parts: string[] = [];
  const conflicts: MergeConflict[] = [];
  let at = 0;
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    // A region grows by every change that touches it, from either side.
    const region = {
      start: Math.min(left[l]?.oldStart ?? Number.POSITIVE_INFINITY, right[r]?.oldStart ?? Number.POSITIVE_INFINITY),
      end: 0,
    };
    region.end = region.start;
    const [l0, r0] = [l, r];
    for (let grew = true; grew; ) {
      grew = false;
      for (; l < left.length && (left[l] as LineChange).oldStart <= region.end; l++, grew = true)
        region.end = Math.max(region.end, (left[l] as LineChange).oldEnd);
      for (; r < right.length && (right[r] as LineChange).oldStart <= region.end; r++, grew = true)
        region.end = Math.max(region.end, (right[r] as LineChange).oldEnd);
    }
    for (; at < region.start; at++) parts.push(base[at] as string);
    at = region.end;
    const mine = sideOf(ours, left, l0, l, region);
    const other = sideOf(theirs, right, r0, r, region);
    if (r === r0 || mine.text === other.text) parts.push(mine.text);
    else if (l === l0) parts.push(other.text);
    else
      conflicts.push({
        line: mine.line,
        base: base.slice(region.start, region.end).join(''),
        ours: mine.text,
        theirs: other.text,
      });
  }
  return { text: [...parts, ...base.slice(at)].join(''), conflicts };
}

/** What a side says where the region of the base stands. */
function sideOf(
  lines: readonly string[],
  changes: readonly LineChange[],
  from: number,
  to: number,
  region: { start: number; end: number },
): { text: string; line: number } {
  const [first, last] = [changes[from], changes[to - 1]];
  if (from === to || !first || !last) return { text: '', line: 0 };
  const start = first.newStart - (first.oldStart - region.start);
  const end = last.newEnd + (region.end - last.oldEnd);
  return { text: lines.slice(start, end).join(''), line: start + 1 };
}

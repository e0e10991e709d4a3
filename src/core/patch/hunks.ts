/** The difference of two texts as hunks that a person can decide one by one, and the texts that such decisions give. */
import type { Hasher } from '../ports/ports.js';
import type { Hunk } from '../model/change-set.js';
import { lineChanges, type LineChange } from './line-diff.js';
import { splitLines } from './lines.js';

export interface DiffHunk extends Hunk {
  /** Without context, with their endings. */
  oldText: readonly string[];
  newText: readonly string[];
}

/**
 * Without context lines, in order of place. Ids as `hunkSchema` says;
 * where the same change occurs more than once, the second and later ones have their number in the hash as well.
 */
export function diffHunks(path: string, before: string, after: string, hasher: Pick<Hasher, 'sha256'>): DiffHunk[] {
  const [old, fresh] = [splitLines(before), splitLines(after)];
  const seen = new Map<string, number>();
  return lineChanges(old, fresh).map((change) => {
    const oldText = old.slice(change.oldStart, change.oldEnd);
    const newText = fresh.slice(change.newStart, change.newEnd);
    const says = JSON.stringify([path, oldText, newText]);
    const n = seen.get(says) ?? 0;
    seen.set(says, n + 1);
    return {
      id: hasher.sha256(n ? `${says}#${n}` : says).slice(0, 16),
      ...numbers(change),
      oldText,
      newText,
    };
  });
}

export function countChanges(before: string, after: string): { added: number; removed: number } {
  let [added, removed] = [0, 0];
  for (const change of lineChanges(splitLines(before), splitLines(after))) {
    added += change.newEnd - change.newStart;
    removed += change.oldEnd - change.oldStart;
  }
  return { added, removed };
}

/**
 * A unified diff with git's prefixes, '' when nothing differs.
 * null = no file on that side; `from` = old path of a rename.
 */
export function unifiedDiff(
  path: string,
  before: string | null,
  after: string | null,
  options: { from?: string; context?: number } = {},
): string {
  const { from = path, context = 3 } = options;
  const [old, fresh] = [splitLines(before ?? ''), splitLines(after ?? '')];
  const groups = groupChanges(lineChanges(old, fresh), context);
  const header: string[] = [];
  if (from !== path) header.push(`diff --git a/${from} b/${path}`, `rename from ${from}`, `rename to ${path}`);
  else if ((before === null) !== (after === null) && !groups.length)
    header.push(
      `diff --git a/${path} b/${path}`,
      before === null ? 'new file mode 100644' : 'deleted file mode 100644',
    );
  if (groups.length)
    header.push(
      `--- ${before === null ? '/dev/null' : `a/${from}`}`,
      `+++ ${after === null ? '/dev/null' : `b/${path}`}`,
    );
  const out = header.map((line) => `${line}\n`);
  const show = (sign: string, raw: string): number =>
    out.push(raw.endsWith('\n') ? sign + raw : `${sign}${raw}\n\\ No newline at end of file\n`);
  for (const group of groups) {
    const [first, last] = [group[0] as LineChange, group.at(-1) as LineChange];
    const oldStart = Math.max(0, first.oldStart - context);
    const oldEnd = Math.min(old.length, last.oldEnd + context);
    const newStart = first.newStart - (first.oldStart - oldStart);
    const newEnd = last.newEnd + (oldEnd - last.oldEnd);
    const removed = range(oldEnd > oldStart ? oldStart + 1 : oldStart, oldEnd - oldStart);
    const added = range(newEnd > newStart ? newStart + 1 : newStart, newEnd - newStart);
    out.push(`@@ -${removed} +${added} @@\n`);
    let at = oldStart;
    for (const change of group) {
      for (; at < change.oldStart; at++) show(' ', old[at] as string);
      for (; at < change.oldEnd; at++) show('-', old[at] as string);
      for (const raw of fresh.slice(change.newStart, change.newEnd)) show('+', raw);
    }
    for (; at < oldEnd; at++) show(' ', old[at] as string);
  }
  return out.join('');
}

function groupChanges(changes: readonly LineChange[], context: number): LineChange[][] {
  const groups: LineChange[][] = [];
  for (const change of changes) {
    const last = groups.at(-1)?.at(-1);
    if (last && change.oldStart - last.oldEnd <= context * 2) groups.at(-1)?.push(change);
    else groups.push([change]);
  }
  return groups;
}

const range = (start: number, count: number): string => (count === 1 ? `${start}` : `${start},${count}`);

const numbers = (change: LineChange): Omit<Hunk, 'id'> => {
  const oldLines = change.oldEnd - change.oldStart;
  const newLines = change.newEnd - change.newStart;
  return {
    oldStart: oldLines ? change.oldStart + 1 : change.oldStart,
    oldLines,
    newStart: newLines ? change.newStart + 1 : change.newStart,
    newLines,
  };
};

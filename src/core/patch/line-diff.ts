/**
 * The changes between two lists of lines, in bounded time: Myers' algorithm (the `diff` package) as long as
 * the difference is small; else the lists are cut at lines that occur once in both (patience diff, B.
 * Cohen) and each gap is taken for itself.
 */
import { diffArrays } from 'diff';
import type { PatchLine } from './edits.js';

export interface LineChange {
  /** 0-based, end exclusive. */
  oldStart: number;
  oldEnd: number;
  newStart: number;
  newEnd: number;
}

/** Myers takes time and memory that grow with the square of this. */
const MAX_EDITS = 400;

export function lineChanges(before: readonly string[], after: readonly string[]): LineChange[] {
  const changes: LineChange[] = [];
  collect(before, after, { oldStart: 0, oldEnd: before.length, newStart: 0, newEnd: after.length }, changes);
  return joinTouching(changes);
}

function collect(before: readonly string[], after: readonly string[], range: LineChange, into: LineChange[]): void {
  let { oldStart, oldEnd, newStart, newEnd } = range;
  while (oldStart < oldEnd && newStart < newEnd && before[oldStart] === after[newStart]) {
    oldStart += 1;
    newStart += 1;
  }
  while (oldStart < oldEnd && newStart < newEnd && before[oldEnd - 1] === after[newEnd - 1]) {
    oldEnd -= 1;
    newEnd -= 1;
  }
  if (oldStart === oldEnd && newStart === newEnd) return;
  if (oldStart === oldEnd || newStart === newEnd) {
    into.push({ oldStart, oldEnd, newStart, newEnd });
    return;
  }
  const parts = diffArrays(before.slice(oldStart, oldEnd), after.slice(newStart, newEnd), { maxEditLength: MAX_EDITS });
  if (parts) {
    let [o, n] = [oldStart, newStart];
    for (const part of parts) {
      if (part.removed) into.push({ oldStart: o, oldEnd: (o += part.count), newStart: n, newEnd: n });
      else if (part.added) into.push({ oldStart: o, oldEnd: o, newStart: n, newEnd: (n += part.count) });
      else {
        o += part.count;
        n += part.count;
      }
    }
    return;
  }
  const anchors = uniqueCommon(before, after, { oldStart, oldEnd, newStart, newEnd });
  if (!anchors.length) {
    into.push({ oldStart, oldEnd, newStart, newEnd });
    return;
  }
  let [o, n] = [oldStart, newStart];
  for (const [oldAt, newAt] of [...anchors, [oldEnd, newEnd] as const]) {
    collect(before, after, { oldStart: o, oldEnd: oldAt, newStart: n, newEnd: newAt }, into);
    [o, n] = [oldAt + 1, newAt + 1];
  }
}

/** Pairs of lines that occur once on either side, the longest chain of them that is in order on both. */
function uniqueCommon(before: readonly string[], after: readonly string[], range: LineChange): [number, number][] {
  const places = new Map<string, { old: number; new: number }>();
  for (let i = range.oldStart; i < range.oldEnd; i++) {
    const line = before[i] as string;
    places.set(line, { old: places.has(line) ? -2 : i, new: -1 });
  }
  for (let i = range.newStart; i < range.newEnd; i++) {
    const place = places.get(after[i] as string);
    if (place) place.new = place.new === -1 ? i : -2;
  }
  const pairs = [...places.values()].filter((place) => place.old >= 0 && place.new >= 0).sort((a, b) => a.old - b.old);
  const tails: number[] = [];
  const previous: number[] = [];
  pairs.forEach((pair, index) => {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] as number] as { new: number }).new < pair.new) low = middle + 1;
      else high = middle;
    }
    previous[index] = low ? (tails[low - 1] as number) : -1;
    tails[low] = index;
  });
  const chain: [number, number][] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at] as number) {
    const pair = pairs[at] as { old: number; new: number };
    chain.push([pair.old, pair.new]);
  }
  return chain.reverse();
}

/** A removal and an insertion at one place are one change. */
function joinTouching(changes: readonly LineChange[]): LineChange[] {
  const joined: LineChange[] = [];
  for (const change of changes) {
    const last = joined.at(-1);
    if (last && last.oldEnd === change.oldStart && last.newEnd === change.newStart) {
      last.oldEnd = change.oldEnd;
      last.newEnd = change.newEnd;
    } else joined.push({ ...change });
  }
  return joined;
}

/** Lines that both sides have become context, so that the file's own bytes of them stay. */
export function signedLines(search: readonly string[], replace: readonly string[]): PatchLine[] {
  const result: PatchLine[] = [];
  let at = 0;
  const context = (end: number): void => {
    for (; at < end; at++) result.push({ sign: ' ', raw: search[at] as string });
  };
  for (const change of lineChanges(search, replace)) {
    context(change.oldStart);
    for (const raw of search.slice(change.oldStart, change.oldEnd)) result.push({ sign: '-', raw });
    for (const raw of replace.slice(change.newStart, change.newEnd)) result.push({ sign: '+', raw });
    at = change.oldEnd;
  }
  context(search.length);
  return result;
}

/** Finds a hunk of whole lines: the rungs of `match.ts`, one after the other. */
import type { LineHunk } from './edits.js';
import { lineBody } from './lines.js';
import { LOOSE_RUNGS, NORMAL, type MatchFile, type Missed, type Placed, type Rung, type View } from './match-file.js';
import { foldPunctuation } from './rewrite-lines.js';
import { boundedDistance } from './similarity.js';
import { placeLines } from './splice-lines.js';

export const FUZZY_SIMILARITY = 0.9;
/**
 * Cells of the distance tables in one search: about a fifth of a second.
 * Beyond it nothing is found, rather than waited for.
 */
const FUZZY_WORK = 30_000_000;

/**
 * `shift`: how many lines further down than its header said the hunk before it in this file was found.
 * `all`: every place on the first rung that finds any, rather than the only one.
 */
export function matchLines(file: MatchFile, hunk: LineHunk, shift: number, all = false): Placed | Missed {
  const old = hunk.lines.filter((line) => line.sign !== '+').map((line) => line.raw);
  const anchor = findAnchor(file, hunk.anchors);
  if (anchor === undefined) return { ok: false, code: 'anchor-not-found' };
  if (!old.length) return matchInsertion(file, hunk, anchor.after);

  // Where the hunk before it was found further down than its header said, so will this one be (as git and patch do).
  const expected = hunk.line === undefined ? undefined : hunk.line - 1 + shift;
  const movedBy = (at: number): boolean => hunk.line !== undefined && at !== hunk.line - 1;
  for (const rung of LOOSE_RUNGS) {
    const wanted = old.map(NORMAL[rung]);
    const view = file.view(rung);
    if (expected !== undefined && standsAt(view, wanted, expected)) {
      const placed = placeLines(file, hunk, expected, rung);
      if (placed)
        return {
          ok: true,
          rung: rung === 'exact' && movedBy(expected) ? 'moved' : rung,
          line: expected + 1,
          ...placed,
        };
    }
    const fitting: { at: number; placed: NonNullable<ReturnType<typeof placeLines>> }[] = [];
    for (const at of findAll(view, wanted, anchor.after)) {
      const placed = placeLines(file, hunk, at, rung);
      if (placed) fitting.push({ at, placed });
    }
    if (!fitting.length) continue;
    if (all) return placeAll(fitting, old.length, rung);
    const chosen =
      fitting.length === 1
        ? fitting[0]
        : hunk.atEnd
          ? fitting.find(({ at }) => at + old.length === file.lines.length)
          : anchor.sure
            ? fitting[0] // the form's own rule: the first place below the anchor
            : undefined;
    if (!chosen) return { ok: false, code: 'hunk-ambiguous', candidates: fitting.slice(0, 20).map(({ at }) => at + 1) };
    return {
      ok: true,
      rung: rung === 'exact' && movedBy(chosen.at) ? 'moved' : rung,
      line: chosen.at + 1,
      ...chosen.placed,
    };
  }
  return matchFuzzy(file, hunk, old, anchor.after) ?? whatStandsThere(file, hunk, old, expected);
}

function placeAll(
  fitting: readonly { at: number; placed: Pick<Placed, 'splices' | 'kept'> }[],
  height: number,
  rung: Rung,
): Placed {
  const apart: Placed = { ok: true, rung, line: (fitting[0] as { at: number }).at + 1, splices: [], kept: [] };
  let free = 0;
  for (const { at, placed } of fitting) {
    if (at < free) continue;
    apart.splices.push(...placed.splices);
    apart.kept.push(...placed.kept);
    free = at + height;
  }
  return apart;
}

function matchInsertion(file: MatchFile, hunk: LineHunk, after: number): Placed | Missed {
  const at = hunk.line !== undefined ? hunk.line - 1 : hunk.anchors.length && !hunk.atEnd ? after : file.lines.length;
  const placed = at <= file.lines.length ? placeLines(file, hunk, at, 'exact') : undefined;
  return placed
    ? { ok: true, rung: 'exact', line: at + 1, ...placed }
    : { ok: false, code: 'hunk-not-found', line: file.lines.length, found: '' };
}

/** The first line below the anchors; `sure` when each stands there only once. */
function findAnchor(file: MatchFile, anchors: readonly string[]): { after: number; sure: boolean } | undefined {
  let after = 0;
  let sure = anchors.length > 0;
  for (const anchor of anchors) {
    const wanted = foldPunctuation(anchor).trim();
    const places = file
      .view('punctuation')
      .places(wanted)
      .filter((at) => at >= after);
    if (!places.length) return undefined;
    if (places.length > 1) sure = false;
    after = (places[0] as number) + 1;
  }
  return { after, sure };
}

function standsAt(view: View, wanted: readonly string[], at: number): boolean {
  if (at < 0 || at + wanted.length > view.lines.length) return false;
  for (let i = 0; i < wanted.length; i++) if (view.lines[at + i] !== wanted[i]) return false;
  return true;
}

/** Every place of the wanted lines, found through the rarest of them. */
function findAll(view: View, wanted: readonly string[], from: number): number[] {
  let rarest = 0;
  let places = view.places(wanted[0] as string);
  for (let i = 1; i < wanted.length && places.length > 1; i++) {
    const other = view.places(wanted[i] as string);
    if (other.length < places.length) [rarest, places] = [i, other];
  }
  return places.map((at) => at - rarest).filter((at) => at >= from && standsAt(view, wanted, at));
}

function matchFuzzy(
  file: MatchFile,
  hunk: LineHunk,
  old: readonly string[],
  from: number,
): Placed | Missed | undefined {
  const wanted = old.map(NORMAL.punctuation);
  const view = file.view('punctuation');
  const size = wanted.reduce((sum, line) => sum + line.length, 0);
  let work = 0;
  const alike: { at: number; similarity: number }[] = [];
  for (let at = from; at + wanted.length <= view.lines.length; at++) {
    let total = 0;
    let unlike = 0;
    for (let i = 0; i < wanted.length; i++) {
      const [a, b] = [(wanted[i] as string).length, (view.lines[at + i] as string).length];
      total += Math.max(a, b);
      unlike += Math.abs(a - b);
      if (unlike > size * 0.12) break; // lengths alone are too far apart: (1 - 0.9) / 0.9, rounded up
    }
    const limit = Math.floor(total * (1 - FUZZY_SIMILARITY) + 1e-9);
    if (unlike > limit) continue;
    let distance = 0;
    for (let i = 0; i < wanted.length && distance <= limit; i++) {
      const measured = boundedDistance(wanted[i] as string, view.lines[at + i] as string, limit - distance);
      distance += measured.distance;
      work += measured.work;
    }
    if (work > FUZZY_WORK) return undefined;
    if (distance <= limit && total > 0) alike.push({ at, similarity: 1 - distance / total });
  }
  if (alike.length > 1)
    return { ok: false, code: 'hunk-ambiguous', candidates: alike.slice(0, 20).map(({ at }) => at + 1) };
  const [only] = alike;
  const placed = only && placeLines(file, hunk, only.at, 'fuzzy');
  return placed
    ? { ok: true, rung: 'fuzzy', line: only.at + 1, similarity: Math.round(only.similarity * 1000) / 1000, ...placed }
    : undefined;
}

/**
 * For the report: the lines that stand where the hunk most likely belongs, and whether they are already what it wants.
 */
function whatStandsThere(file: MatchFile, hunk: LineHunk, old: readonly string[], hint: number | undefined): Missed {
  const wantedNew = hunk.lines.filter((line) => line.sign !== '-').map((line) => lineBody(line.raw));
  if (wantedNew.length && hunk.lines.some((line) => line.sign === '+')) {
    const there = findAll(file.view('line-endings'), wantedNew, 0);
    if (there.length === 1) return { ok: false, code: 'already-applied', line: (there[0] as number) + 1 };
  }
  return nearest(file, old, hint);
}

/** Each line that stands in the file as it is expected votes for where the whole would begin; rare lines first. */
export function nearest(file: MatchFile, old: readonly string[], hint?: number): Missed {
  const view = file.view('punctuation');
  const votes = new Map<number, number>();
  old.forEach((raw, i) => {
    const wanted = NORMAL.punctuation(raw);
    const places = wanted.length > 2 ? view.places(wanted) : [];
    if (places.length <= 50) for (const at of places) votes.set(at - i, (votes.get(at - i) ?? 0) + 1 / places.length);
  });
  const best = [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
  const at = best ?? hint;
  if (at === undefined || at >= file.lines.length) return { ok: false, code: 'hunk-not-found' };
  const start = Math.max(0, at);
  return {
    ok: false,
    code: 'hunk-not-found',
    line: start + 1,
    found: file.lines
      .slice(start, start + Math.min(old.length, 12))
      .map((raw) => lineBody(raw).slice(0, 200))
      .join('\n'),
  };
}

/**
 * A review as plain values: what stands on the right is what would be written; accepting marks, rejecting
 * takes out of the text, typing moves decisions along by content. Hunks are named by their place in the old
 * text, which never moves, and their new lines.
 */
import { isLockFile } from './lock-file.js';
import type { ApprovalAnswer, ReviewDraft } from '../model/approval.js';
import type { ChangeFile, FileAnswer, Hunk } from '../model/change-set.js';
import { splitLines } from '../patch/lines.js';

export type Diff = (path: string, before: string, after: string) => ReviewHunk[];

export interface ReviewHunk extends Hunk {
  /**
   * Unlike `id` it does not depend on how many equal hunks stand before it:
   * rejecting one leaves the others' names alone.
   */
  key: string;
}

/** By `diffHunks` of core/patch, which is handed in: what shows a review without deciding it needs no differ. */
export function createDiff<H extends { sha256(data: string): string }>(
  diffHunks: (
    path: string,
    before: string,
    after: string,
    hasher: H,
  ) => readonly (Hunk & { newText: readonly string[] })[],
  hasher: H,
): Diff {
  return (path, before, after) =>
    diffHunks(path, before, after, hasher).map(({ id, oldStart, oldLines, newStart, newLines, newText }) => ({
      id,
      oldStart,
      oldLines,
      newStart,
      newLines,
      key: `${oldStart},${oldLines}:${hasher.sha256(newText.join('')).slice(0, 16)}`,
    }));
}

export interface RejectedHunk {
  /** The key it had. */
  id: string;
  header: string;
  lines: string;
  comment: string;
}
export interface FileReview {
  readonly file: ChangeFile;
  /** Texts without byte order mark; `bom` says whether one belongs before them. */
  readonly base: string;
  readonly proposed: string;
  readonly bom: boolean;
  /** `file`: decided as a whole (deletion, not text, line endings that the editor would change). */
  readonly level: 'hunks' | 'file';
  readonly current: string;
  readonly hunks: readonly ReviewHunk[];
  /** The hunks as proposed, by name; others are the person's own, or a formatter's. */
  readonly offered: ReadonlyMap<string, ReviewHunk>;
  readonly accepted: ReadonlySet<string>;
  readonly rejected: readonly RejectedHunk[];
  /** For `file` level, and for files without a hunk. */
  readonly decision: 'pending' | 'accepted' | 'rejected';
  readonly comment: string;
  readonly edited: boolean;
}

export type Cause =
  /** Typing, paste, undo, the editor's own revert arrow. */
  | 'person'
  /** A formatter or the like, while saving. */
  | 'save'
  /** Our own edit for a decision. */
  | 'own';

/** One line ending throughout, and none that VS Code would read as one more. */
export const roundTrips = (text: string): boolean => {
  const crlf = text.includes('\r\n');
  return crlf ? !/(?<!\r)\n|\r(?!\n)/.test(text) : !text.includes('\r');
};

const stripBom = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);
export const withBom = (review: FileReview, text: string): string => (review.bom ? `\uFEFF${text}` : text);

/**
 * `base` and `proposed`: texts of the blobs, undefined when they cannot be shown as text. `keeps`:
 * whether the door that shows the text gives it back byte for byte; what it would change is decided as a whole.
 */
export function startReview(
  file: ChangeFile,
  base: string | undefined,
  proposed: string | undefined,
  diff: Diff,
  keeps: (text: string) => boolean = roundTrips,
): FileReview {
  const shown = base !== undefined && proposed !== undefined;
  const before = stripBom(base ?? '');
  const after = stripBom(proposed ?? '');
  const whole = file.found !== undefined && isLockFile(file.path);
  const hunkable = !whole && file.text && shown && file.after !== null && keeps(after);
  const hunks = hunkable ? diff(file.path, before, after) : [];
  return {
    file,
    base: before,
    proposed: after,
    bom: (proposed ?? base ?? '').startsWith('\uFEFF'),
    level: hunkable && hunks.length > 0 ? 'hunks' : 'file',
    current: after,
    hunks,
    offered: new Map(hunks.map((hunk) => [hunk.key, hunk])),
    accepted: new Set(),
    rejected: [],
    decision: 'pending',
    comment: '',
    edited: false,
  };
}

/** Takes up a review where a draft left it; `current` is the text of the draft's proposal. */
export function resumeReview(
  fresh: FileReview,
  draft: ReviewDraft['files'][number],
  current: string | undefined,
  diff: Diff,
): FileReview {
  if (fresh.level === 'file') return { ...fresh, decision: draft.decision, comment: draft.rejected[0]?.comment ?? '' };
  const text = current === undefined ? fresh.current : stripBom(current);
  const hunks = diff(fresh.file.path, fresh.base, text);
  const accepted = new Set(
    Object.entries(draft.hunks).flatMap(([key, hunk]) => (hunk.decision === 'accepted' ? [key] : [])),
  );
  return {
    ...fresh,
    current: text,
    hunks,
    accepted,
    rejected: draft.rejected,
    edited: text !== fresh.proposed && !onlyReverted(fresh, text, draft.rejected),
  };
}

/** The text is the proposal less what was rejected of it: nothing of it is the person's own. */
const onlyReverted = (fresh: FileReview, text: string, rejected: readonly RejectedHunk[]): boolean =>
  rejected.every((hunk) => fresh.offered.has(hunk.id)) &&
  text === withoutHunks(fresh, new Set(rejected.map((hunk) => hunk.id)));

export const isDecided = (review: FileReview): boolean =>
  review.level === 'file' ? review.decision !== 'pending' : review.hunks.every((hunk) => review.accepted.has(hunk.key));

export const totalHunks = (review: FileReview): number => review.hunks.length + review.rejected.length;
export const decidedHunks = (review: FileReview): number =>
  review.hunks.filter((hunk) => review.accepted.has(hunk.key)).length + review.rejected.length;

export function standingOf(review: FileReview): 'pending' | 'accepted' | 'rejected' {
  if (!isDecided(review)) return 'pending';
  if (review.level === 'file') return review.decision;
  return review.current === review.base && review.rejected.length > 0 ? 'rejected' : 'accepted';
}

export const acceptHunk = (review: FileReview, key: string): FileReview =>
  review.hunks.some((hunk) => hunk.key === key) ? { ...review, accepted: new Set([...review.accepted, key]) } : review;

export function withdrawHunk(review: FileReview, key: string): FileReview {
  const accepted = new Set(review.accepted);
  accepted.delete(key);
  return { ...review, accepted };
}

/** 0-based index of the first line of a range; an empty range stands after the line its start names. */
const indexOf = (start: number, count: number): number => (count === 0 ? start : start - 1);

/** The right side with these hunks as they were on the left. */
function withoutHunks(review: FileReview, keys: ReadonlySet<string>): string {
  const [old, lines] = [splitLines(review.base), splitLines(review.current)];
  const parts: string[] = [];
  let at = 0;
  for (const hunk of review.hunks) {
    if (!keys.has(hunk.key)) continue;
    const start = indexOf(hunk.newStart, hunk.newLines);
    for (; at < start; at++) parts.push(lines[at] ?? '');
    const from = indexOf(hunk.oldStart, hunk.oldLines);
    for (let i = from; i < from + hunk.oldLines; i++) parts.push(old[i] ?? '');
    at = start + hunk.newLines;
  }
  for (; at < lines.length; at++) parts.push(lines[at] ?? '');
  return parts.join('');
}

/** These hunks leave the text and are kept to be told to the model, or restored. */
export function rejectHunks(review: FileReview, keys: ReadonlySet<string>, comment: string, diff: Diff): FileReview {
  const gone = review.hunks.filter((hunk) => keys.has(hunk.key));
  if (gone.length === 0) return review;
  const rejected = [...review.rejected, ...describeHunks(review, gone, comment)];
  return retext({ ...review, rejected }, withoutHunks(review, keys), diff);
}

export const rejectHunk = (review: FileReview, key: string, comment: string, diff: Diff): FileReview =>
  rejectHunks(review, new Set([key]), comment, diff);

/** undefined when something else was changed in the same place meanwhile. */
export function restoreHunk(review: FileReview, key: string, diff: Diff): FileReview | undefined {
  const gone = review.rejected.find((hunk) => hunk.id === key);
  const range = gone && /^@@ -(\d+),(\d+)/.exec(gone.header);
  if (!gone || !range) return undefined;
  const [start, count] = [Number(range[1]), Number(range[2])];
  const from = indexOf(start, count);
  let shift = 0;
  for (const hunk of review.hunks) {
    const at = indexOf(hunk.oldStart, hunk.oldLines);
    const touches = count === 0 && hunk.oldLines === 0 ? at === from : at < from + count && from < at + hunk.oldLines;
    if (touches) return undefined;
    if (at < from || (at === from && hunk.oldLines === 0)) shift += hunk.newLines - hunk.oldLines;
  }
  const lines = splitLines(review.current);
  lines.splice(from + shift, count, ...linesOf(gone.lines, '+'));
  return retext({ ...review, rejected: review.rejected.filter((hunk) => hunk !== gone) }, lines.join(''), diff);
}

export function acceptFile(review: FileReview): FileReview {
  return review.level === 'file'
    ? { ...review, decision: 'accepted', comment: '' }
    : { ...review, accepted: new Set([...review.accepted, ...review.hunks.map((hunk) => hunk.key)]) };
}

export function rejectFile(review: FileReview, comment: string): FileReview {
  if (review.level === 'file') return { ...review, decision: 'rejected', comment };
  const rejected = [...review.rejected, ...describeHunks(review, review.hunks, comment)];
  return { ...review, current: review.base, hunks: [], accepted: new Set(), rejected, comment };
}

const retext = (review: FileReview, current: string, diff: Diff): FileReview => ({
  ...review,
  current,
  hunks: diff(review.file.path, review.base, current),
});

/** The right side changed. What the person did counts as theirs; what a save did has to be looked at. */
export function changeText(review: FileReview, text: string, cause: Cause, diff: Diff): FileReview {
  if (text === review.current) return review;
  const next = retext(review, text, diff);
  if (cause === 'own' || review.level === 'file') return next;
  const before = new Map(review.hunks.map((hunk) => [hunk.key, hunk]));
  const now = new Set(next.hunks.map((hunk) => hunk.key));
  const novel = next.hunks.filter((hunk) => !before.has(hunk.key));
  const restored = new Set(review.rejected.filter((hunk) => now.has(hunk.id)).map((hunk) => hunk.id));
  let rejected = review.rejected.filter((hunk) => !restored.has(hunk.id));
  const invented = novel.filter((hunk) => !restored.has(hunk.key));
  const accepted = new Set([...review.accepted].filter((key) => !restored.has(key)));
  // Proposed hunks that went, and nothing new in their place: the editor's revert arrow, or the same by hand.
  if (invented.length === 0) {
    const gone = review.hunks.filter((hunk) => !now.has(hunk.key));
    rejected = [
      ...rejected,
      ...describeHunks(
        review,
        gone.filter((hunk) => review.offered.has(hunk.key)),
        '',
      ),
    ];
    for (const hunk of gone) accepted.delete(hunk.key);
  }
  for (const hunk of invented) {
    const over = review.hunks.filter((old) => overlaps(old, hunk));
    const wasAccepted = over.length > 0 && over.every((old) => review.accepted.has(old.key));
    if (cause === 'person' && wasAccepted) accepted.add(hunk.key);
    else accepted.delete(hunk.key);
  }
  const edited = next.hunks.some((hunk) => !review.offered.has(hunk.key));
  return { ...next, accepted, rejected, edited };
}

const overlaps = (a: Hunk, b: Hunk): boolean => {
  const [fromA, fromB] = [indexOf(a.oldStart, a.oldLines), indexOf(b.oldStart, b.oldLines)];
  return fromA <= fromB + b.oldLines && fromB <= fromA + a.oldLines;
};

/** As a hunk of a unified diff without context, line endings included. `old` and `fresh`: lines of both sides. */
function describeHunk(
  old: readonly string[],
  fresh: readonly string[],
  hunk: ReviewHunk,
  comment: string,
): RejectedHunk {
  const sign = (all: readonly string[], start: number, lines: number, mark: string): string[] =>
    all
      .slice(indexOf(start, lines), indexOf(start, lines) + lines)
      .map((line) => (line.endsWith('\n') ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`));
  return {
    id: hunk.key,
    header: `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    lines: [...sign(old, hunk.oldStart, hunk.oldLines, '-'), ...sign(fresh, hunk.newStart, hunk.newLines, '+')].join(
      '',
    ),
    comment,
  };
}

/** Hunks of the text as it stands now. */
export function describeHunks(review: FileReview, hunks: readonly ReviewHunk[], comment: string): RejectedHunk[] {
  const [old, fresh] = [splitLines(review.base), splitLines(review.current)];
  return hunks.map((hunk) => describeHunk(old, fresh, hunk, comment));
}

/**
 * In the order of their places and as they were proposed, so that it does not matter in which order they were decided.
 */
function toldRejected(review: FileReview): Omit<RejectedHunk, 'id'>[] {
  if (review.rejected.length === 0) return [];
  const [old, fresh] = [splitLines(review.base), splitLines(review.proposed)];
  return review.rejected
    .map((hunk) => {
      const offered = review.offered.get(hunk.id);
      const { header, lines, comment } = offered ? describeHunk(old, fresh, offered, hunk.comment) : hunk;
      return { header, lines, comment };
    })
    .sort((a, b) => placeOf(a.header) - placeOf(b.header));
}

const placeOf = (header: string): number => Number(/^@@ -(\d+)/.exec(header)?.[1] ?? 0);

function linesOf(lines: string, mark: '+' | '-'): string[] {
  const all = splitLines(lines);
  return all.flatMap((line, index) => {
    if (!line.startsWith(mark)) return [];
    const text = line.slice(1);
    return [all[index + 1]?.startsWith('\\') ? text.slice(0, -1) : text];
  });
}

/** 0-based line of the right side where a hunk shows; a pure deletion shows above the next line. */
export const lineOf = (hunk: Hunk): number => Math.max(0, indexOf(hunk.newStart, hunk.newLines));

/** The next undecided hunk after `line`, wrapping once. */
export function nextPending(review: FileReview, line: number): ReviewHunk | undefined {
  const open = review.hunks.filter((hunk) => !review.accepted.has(hunk.key));
  return open.find((hunk) => lineOf(hunk) > line) ?? open[0];
}

/** The hunk at or around a line, else the nearest above, else the first. */
export function hunkAt(review: FileReview, line: number): ReviewHunk | undefined {
  const covering = review.hunks.find(
    (hunk) => lineOf(hunk) <= line && line < lineOf(hunk) + Math.max(1, hunk.newLines),
  );
  return covering ?? [...review.hunks].reverse().find((hunk) => lineOf(hunk) <= line) ?? review.hunks[0];
}

/** A file that was decided as a whole and rejected, with or without a comment: what is not told counts as taken. */
const wholeFile = (comment: string) => ({ header: '@@ whole file @@', lines: '', comment });

/** `stored`: blob of a text that is neither the proposal nor the old one. */
export async function answerFile(review: FileReview, stored: (text: string) => Promise<string>): Promise<FileAnswer> {
  const { file } = review;
  if (review.level === 'file') {
    const rejected = review.decision !== 'accepted';
    return {
      path: file.path,
      after: rejected ? file.before : file.after,
      rejected: rejected ? [wholeFile(review.comment)] : [],
      edited: false,
    };
  }
  const rejected = toldRejected(review);
  const after =
    review.current === review.proposed
      ? file.after
      : review.current === review.base
        ? file.before
        : await stored(withBom(review, review.current));
  return { path: file.path, after, rejected, edited: review.edited };
}

/** As `approvalAnswerSchema` allows it. */
const MAX_COMMENT = 10_000;

/**
 * The answer to a change set, in the one way that every door makes it.
 * `comment` is about all of it; those of files and hunks join it.
 */
export async function answerReview(
  reviews: readonly FileReview[],
  comment: string,
  stored: (text: string) => Promise<string>,
): Promise<Pick<ApprovalAnswer, 'status' | 'comment'> & { files: FileAnswer[] }> {
  const files = await Promise.all(reviews.map((review) => answerFile(review, stored)));
  const rejected = files.flatMap((file) => file.rejected);
  const comments = new Set([comment, ...rejected.map((one) => one.comment)].filter((one) => one !== ''));
  const status =
    rejected.length === 0
      ? 'accepted'
      : reviews.every((review) => standingOf(review) === 'rejected')
        ? 'rejected'
        : 'partly';
  return { status, comment: [...comments].join('\n').slice(0, MAX_COMMENT), files };
}

export function draftOf(reviews: Iterable<FileReview>, proposals: ReadonlyMap<string, string>): ReviewDraft {
  return {
    files: [...reviews].map((review) => ({
      path: review.file.path,
      proposal: proposals.get(review.file.path) ?? review.file.after,
      hunks: Object.fromEntries(
        [...review.accepted].map((key) => [key, { decision: 'accepted' as const, comment: '' }]),
      ),
      rejected:
        review.level === 'file' && review.decision === 'rejected'
          ? [{ id: '', ...wholeFile(review.comment) }]
          : review.rejected.map((hunk) => ({ ...hunk })),
      decision: review.level === 'file' ? review.decision : standingOf(review),
    })),
  };
}

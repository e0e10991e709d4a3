/**
 * Questions asked in a terminal:
 * changes file by file and hunk by hunk, commands in full, and what a paused run wants to know.
 */
import { lockChange, lockLines } from '../core/view/lock-file.js';
import type { OpenExec } from '../core/facade.js';
import type { Approval } from '../core/model/approval.js';
import type { ChangeFile, ChangeSet } from '../core/model/change-set.js';
import type { ParamsInput } from '../core/model/requests.js';
import { diffHunks, unifiedDiff } from '../core/patch/hunks.js';
import type { Hasher } from '../core/ports/ports.js';
import { describeQuestion, type Choice } from '../core/view/questions.js';
import { columns, indent, oneLine, paintDiff, type Style } from './style.js';
import {
  acceptFile,
  answerReview,
  createDiff,
  describeHunks,
  rejectFile,
  rejectHunks,
  startReview,
  type Diff,
  type FileReview,
} from '../core/view/review.js';
import { plain } from '../core/view/translate.js';

export type Answer = ParamsInput<'approval/answer'>['answer'];

export interface Asker {
  readonly style: Style;
  line(text?: string): void;
  /** undefined: the input ended. */
  ask(prompt: string): Promise<string | undefined>;
}

/** undefined: the person leaves it open, and the run is to pause. */
export async function askApproval(
  asker: Asker,
  openexec: OpenExec,
  approval: Approval,
  hasher: Pick<Hasher, 'sha256'>,
): Promise<Answer | undefined> {
  const { style } = asker;
  const { subject } = approval;
  const question = describeQuestion(approval, plain);
  asker.line();
  asker.line(style.bold(oneLine(question.title)));
  if (question.why) asker.line(question.why.includes('\n') ? indent(question.why, '  ') : oneLine(question.why, 400));
  if (subject.kind === 'change-set') {
    const { changeSet } = await openexec.request('approval/get', { approval: approval.id });
    return changeSet ? reviewChanges(asker, openexec, changeSet, hasher) : undefined;
  }
  if (question.stake) asker.line(indent(question.stake, '  '));
  if (subject.kind === 'command')
    asker.line(
      style.dim(`  in ${subject.cwd === '' ? 'the root folder' : oneLine(subject.cwd)}, sandbox ${subject.sandbox}`),
    );
  const keys = new Map(question.choices.map((choice, index) => [keyOf(choice, subject.kind, index), choice]));
  for (const [key, { label, detail }] of keys) asker.line(`  ${key}  ${label}${detail && style.dim(`  ${detail}`)}`);
  return subject.kind === 'question' ? answerInWords(asker, keys) : choose(asker, keys);
}

/** Letters where a yes and a no are meant, else a number; a model's question takes any other line as the answer. */
const letters: Readonly<Partial<Record<Choice['id'], string>>> = {
  once: 'y',
  run: 'r',
  always: 'a',
  start: 'y',
  decline: 'n',
};
function keyOf({ id }: Choice, kind: Approval['subject']['kind'], index: number): string {
  if (kind === 'question' && id === 'decline') return '-';
  if (id === 'words') return '…';
  return letters[id] ?? String(index + 1);
}

async function choose(asker: Asker, keys: ReadonlyMap<string, Choice>): Promise<Answer | undefined> {
  const names = [...keys.keys()];
  const range = names.every((key) => /^\d+$/.test(key)) && names.length > 1 ? `1–${names.length}` : names.join(', ');
  for (;;) {
    const typed = (await asker.ask(`${range}, or [q]uit: `))?.trim();
    if (typed === undefined || typed === 'q') return undefined;
    const choice = keys.get(typed);
    if (choice) return answerOf(asker, choice);
    asker.line(`“${oneLine(typed, 20)}” is none of the choices.`);
  }
}

async function answerInWords(asker: Asker, keys: ReadonlyMap<string, Choice>): Promise<Answer | undefined> {
  const numbers = keys.size > 2;
  const prompt = `${numbers ? 'A number, your own words' : 'Your answer'}, or an empty line to leave it open: `;
  const typed = (await asker.ask(prompt))?.trim();
  if (!typed) return undefined;
  const choice = typed === '…' ? undefined : keys.get(typed);
  return choice ? answerOf(asker, choice) : { status: 'accepted', by: 'terminal', comment: typed };
}

async function answerOf(asker: Asker, { answer, wants }: Choice): Promise<Answer> {
  return { ...answer, ...(wants && { comment: await reason(asker) }), by: 'terminal' };
}

const reason = async (asker: Asker): Promise<string> =>
  (await asker.ask('Why? It is told to the model; may be empty: '))?.trim() ?? '';

async function reviewChanges(
  asker: Asker,
  openexec: OpenExec,
  changeSet: ChangeSet,
  hasher: Pick<Hasher, 'sha256'>,
): Promise<Answer | undefined> {
  const { style } = asker;
  const diff = createDiff(diffHunks, hasher);
  const decided: FileReview[] = [];
  const count = changeSet.files.length;
  let rest = false;
  for (const [i, file] of changeSet.files.entries()) {
    const sides = rest ? NOT_SHOWN : await readSides(openexec, file);
    // Nothing here changes a text by showing it.
    const review = startReview(file, sides.before, sides.after, diff, () => true);
    if (rest) {
      decided.push(acceptFile(review));
      continue;
    }
    asker.line();
    asker.line(`${titleWithCounts(file, style)}${count > 1 ? style.dim(`  file ${i + 1} of ${count}`) : ''}`);
    asker.line(describe(file, sides, style));
    const decision = await decideFile(asker, review, count > 1, diff);
    if (decision === undefined) return undefined;
    rest = decision === 'rest';
    decided.push(decision === 'rest' ? acceptFile(review) : decision);
  }
  return { ...(await answerReview(decided, '', putBlob(openexec))), by: 'terminal' };
}

const putBlob =
  (openexec: OpenExec) =>
  async (text: string): Promise<string> =>
    (await openexec.request('blob/put', { text })).hash;

export function fileTitle(file: ChangeFile): string {
  const name = oneLine(file.path);
  switch (file.op) {
    case 'create':
      return `${name} (new)`;
    case 'delete':
      return `${name} (deleted)`;
    case 'rename':
      return `${oneLine(file.from ?? '')} → ${name}`;
    default:
      return name;
  }
}

interface Sides {
  /** undefined: not text, or too long to be shown whole; decided as a whole. */
  before: string | undefined;
  after: string | undefined;
}
const NOT_SHOWN: Sides = { before: undefined, after: undefined };

function describe(file: ChangeFile, { before, after }: Sides, style: Style): string {
  if (before === undefined || after === undefined)
    return '  Not shown: it is not text, or too long. It is accepted or rejected as a whole.';
  const lock = file.found === undefined ? undefined : lockChange(file.path, before, after);
  if (lock)
    return ['Packages:', ...lockLines(lock, plain), 'It is accepted or rejected as a whole.']
      .map((text) => `  ${oneLine(text, 600)}`)
      .join('\n');
  const from = file.from === undefined ? {} : { from: file.from };
  const sides = [file.before === null ? null : before, file.after === null ? null : after] as const;
  return paintDiff(unifiedDiff(file.path, ...sides, from).trimEnd() || '(empty file)', style);
}

async function decideFile(
  asker: Asker,
  review: FileReview,
  several: boolean,
  diff: Diff,
): Promise<FileReview | 'rest' | undefined> {
  const hunks = review.hunks.length;
  const byHunk = hunks > 1;
  const prompt = `[a]ccept, [r]eject${byHunk ? `, by [h]unk (${hunks})` : ''}${several ? ', accept a[l]l that follow' : ''}, [q]uit and pause: `;
  for (;;) {
    const typed = (await asker.ask(prompt))?.trim();
    if (typed === undefined || typed === 'q') return undefined;
    if (typed === 'a' || typed === 'y') return acceptFile(review);
    if (typed === 'r' || typed === 'n') return rejectFile(review, await reason(asker));
    if (typed === 'l' && several) return 'rest';
    if (typed === 'h' && byHunk) return decideHunks(asker, review, diff);
    asker.line(`“${oneLine(typed, 20)}” is none of the choices.`);
  }
}

async function decideHunks(asker: Asker, review: FileReview, diff: Diff): Promise<FileReview | undefined> {
  const rejected = new Set<string>();
  const { hunks } = review;
  for (const [i, { id, header, lines }] of describeHunks(review, hunks, '').entries()) {
    asker.line(paintDiff(`${header}\n${lines.replace(/\n$/, '')}`, asker.style));
    for (;;) {
      const typed = (
        await asker.ask(`Hunk ${i + 1} of ${hunks.length}: [a]ccept, [r]eject, [q]uit and pause: `)
      )?.trim();
      if (typed === undefined || typed === 'q') return undefined;
      if (typed === 'r' || typed === 'n') rejected.add(id);
      else if (typed !== 'a' && typed !== 'y') {
        asker.line(`“${oneLine(typed, 20)}” is none of the choices.`);
        continue;
      }
      break;
    }
  }
  if (rejected.size === 0) return acceptFile(review);
  const comment = await reason(asker);
  return rejected.size === hunks.length
    ? rejectFile(review, comment)
    : acceptFile(rejectHunks(review, rejected, comment, diff));
}

const MAX_TEXT = 8_000_000;

async function readSides(openexec: OpenExec, file: ChangeFile): Promise<Sides> {
  const read = async (hash: string | null): Promise<string | undefined> => {
    if (hash === null) return '';
    const blob = await openexec.request('blob/text', { hash, max: MAX_TEXT });
    return blob.binary || blob.cut ? undefined : blob.text;
  };
  const [before, after] = await Promise.all([read(file.before), read(file.after)]);
  return { before, after };
}

/**
 * Those of the files that are named, accepted whole; the others rejected with the comment. Nothing of them is shown.
 */
export function answerByFile(
  openexec: OpenExec,
  files: readonly ChangeFile[],
  accepted: readonly string[],
  comment: string,
): Promise<Omit<Answer, 'by'>> {
  const decided = files.map((file) => {
    const whole = startReview(file, undefined, undefined, () => []);
    return accepted.includes(file.path) ? acceptFile(whole) : rejectFile(whole, comment);
  });
  return answerReview(decided, comment, putBlob(openexec));
}

/** Every file of a change set with its difference, for reading; what cannot be shown is named. */
export async function changesText(openexec: OpenExec, approval: string, style: Style): Promise<string> {
  const { changeSet } = await openexec.request('approval/get', { approval });
  const texts: string[] = [];
  for (const file of changeSet?.files ?? [])
    texts.push(`${titleWithCounts(file, style)}\n${describe(file, await readSides(openexec, file), style)}`);
  return texts.join('\n\n');
}

const titleWithCounts = (file: ChangeFile, style: Style): string =>
  `${style.bold(fileTitle(file))}  ${style.green(`+${file.added}`)} ${style.red(`−${file.removed}`)}`;

/** What waits, without asking, and what each answer does: for `status` and where nobody can be asked. */
export function describeApproval(approval: Approval, n: number, style: Style): string {
  const { subject } = approval;
  const { title, why, stake, choices } = describeQuestion(approval, plain);
  const ways = choices.map((choice) => [
    `     ${howToSay(choice)}`,
    choice.label,
    ...(choice.detail ? [style.dim(choice.detail)] : []),
  ]);
  return [
    `  ${n}  ${style.yellow(oneLine(title))}${why && !why.includes('\n') ? ` · ${oneLine(why)}` : ''}`,
    `     ${style.dim(approval.id)}`,
    ...(why.includes('\n') ? [indent(why, '     ')] : []),
    ...(subject.kind === 'command' ? [`     ${stake}`] : []),
    ...(subject.kind === 'question' && stake !== title ? [indent(stake, '     ')] : []),
    columns(ways.length ? ways : waysOfChanges),
  ].join('\n');
}

/** A change set is decided file by file; so much of it can be said in one line. */
const waysOfChanges: readonly (readonly string[])[] = [
  ['     approve', 'Accept all of it, once it was shown'],
  ['     approve --file PATH', 'Accept this file, and reject the others'],
  ['     reject', 'Reject all of it'],
];

/** What is typed for an answer, after `openexec`. */
function howToSay({ id, label, answer }: Choice): string {
  if (answer.option === 'edit') return 'approve --option edit [--script "…"]';
  if (answer.option) return `approve --option ${answer.option}`;
  if (id === 'words') return 'approve --comment "…"';
  if (id === 'run') return 'approve --for-run';
  if (id === 'always') return 'approve --always';
  if (id === 'decline') return 'reject';
  return id.startsWith('suggestion') ? `approve --comment "${oneLine(label, 60)}"` : 'approve';
}

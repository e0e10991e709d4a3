/** Questions asked in a terminal: changes file by file and hunk by hunk, commands in full, and what a paused run wants to know. */
import { assertNever } from '../base/assert-never.js';
import type { OpenExec } from '../core/facade.js';
import { showArgv, showText, harmless } from '../core/text/harmless.js';
import type { Approval } from '../core/model/approval.js';
import type { ChangeFile, ChangeSet } from '../core/model/change-set.js';
import type { ParamsInput } from '../core/model/requests.js';
import { diffHunks, unifiedDiff } from '../core/patch/hunks.js';
import type { Hasher } from '../core/ports/ports.js';
import { counted } from '../core/view/amounts.js';
import { indent, oneLine, paintDiff, type Style } from './style.js';
import { optionWords } from '../core/view/questions.js';
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
  asker.line();
  asker.line(style.bold(oneLine(approval.title)));
  if (approval.why) asker.line(oneLine(approval.why, 400));
  const { subject } = approval;
  switch (subject.kind) {
    case 'change-set': {
      const { changeSet } = await openexec.request('approval/get', { approval: approval.id });
      return changeSet ? reviewChanges(asker, openexec, changeSet, hasher) : undefined;
    }
    case 'command':
      asker.line(`  ${showText(subject.script ?? '') || showArgv(subject.argv ?? [])}`);
      asker.line(
        style.dim(`  in ${subject.cwd === '' ? 'the root folder' : oneLine(subject.cwd)}, sandbox ${subject.sandbox}`),
      );
      return choose(asker, 'Run it? [y]es once, for this [r]un, [a]lways this exact command, [n]o, [q]uit: ', {
        y: () => ({ status: 'accepted', by: 'terminal', scope: 'once' }),
        r: () => ({ status: 'accepted', by: 'terminal', scope: 'run' }),
        a: () => ({ status: 'accepted', by: 'terminal', scope: 'always' }),
        n: () => reject(asker),
      });
    case 'manual-task':
      return choose(asker, 'Start it? [y]es, [n]o, [q]uit: ', {
        y: () => ({ status: 'accepted', by: 'terminal' }),
        n: () => reject(asker),
      });
    case 'attention': {
      subject.options.forEach((option, i) =>
        asker.line(`  ${i + 1}  ${optionWords(subject.code, option, plain).label}`),
      );
      const picks = subject.options.map(
        (option, i) =>
          [
            String(i + 1),
            (): Answer => ({ status: option === 'give-up' ? 'rejected' : 'accepted', by: 'terminal', option }),
          ] as const,
      );
      return choose(asker, `1–${subject.options.length}, or [q]uit: `, Object.fromEntries(picks));
    }
    case 'question': {
      asker.line(indent(harmless(subject.question), '  '));
      subject.options.forEach((option, i) => asker.line(`  ${i + 1}  ${oneLine(option)}`));
      const text = (
        await asker.ask(
          subject.options.length
            ? 'A number, your own words, or an empty line to leave it open: '
            : 'Your answer, or an empty line to leave it open: ',
        )
      )?.trim();
      if (!text) return undefined;
      return { status: 'accepted', by: 'terminal', comment: subject.options[Number(text) - 1] ?? text };
    }
    default:
      return assertNever(subject, 'question');
  }
}

async function choose(
  asker: Asker,
  prompt: string,
  picks: Readonly<Record<string, () => Answer | Promise<Answer>>>,
): Promise<Answer | undefined> {
  for (;;) {
    const typed = await asker.ask(prompt);
    if (typed === undefined || typed.trim() === 'q') return undefined;
    const pick = Object.hasOwn(picks, typed.trim()) ? picks[typed.trim()] : undefined;
    if (pick) return pick();
    asker.line(`“${oneLine(typed, 20)}” is none of the choices.`);
  }
}

const reject = async (asker: Asker): Promise<Answer> => ({
  status: 'rejected',
  by: 'terminal',
  comment: await reason(asker),
});
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
    asker.line(
      `${style.bold(fileTitle(file))}  ${style.green(`+${file.added}`)} ${style.red(`−${file.removed}`)}${count > 1 ? style.dim(`  file ${i + 1} of ${count}`) : ''}`,
    );
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

const describe = (file: ChangeFile, sides: Sides, style: Style): string =>
  sides.before === undefined || sides.after === undefined
    ? '  Not shown: it is not text, or too long. It is accepted or rejected as a whole.'
    : paintDiff(
        unifiedDiff(
          file.path,
          file.before === null ? null : sides.before,
          file.after === null ? null : sides.after,
          file.from === undefined ? {} : { from: file.from },
        ).trimEnd() || '(empty file)',
        style,
      );

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

/** Those of the files that are named, accepted whole; the others rejected with the comment. Nothing of them is shown. */
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

/** What waits, without asking: for `status` and where nobody can be asked. */
export function describeApproval(approval: Approval, n: number, style: Style): string {
  const { subject } = approval;
  const what =
    subject.kind === 'command'
      ? `\n     ${showText(subject.script ?? '') || showArgv(subject.argv ?? [])}`
      : subject.kind === 'attention'
        ? `\n     options: ${subject.options.join(', ')}`
        : subject.kind === 'question' && subject.options.length
          ? `\n     ${counted(subject.options.length, 'suggested answer')}: ${subject.options.map((option) => oneLine(option, 60)).join(' | ')}`
          : '';
  return `  ${n}  ${style.yellow(oneLine(approval.title))}${approval.why ? ` · ${oneLine(approval.why)}` : ''}\n     ${style.dim(approval.id)}${what}`;
}

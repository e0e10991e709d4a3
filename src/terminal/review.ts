/** Questions asked in a terminal: changes file by file and hunk by hunk, commands in full, and what a paused run wants to know. */
import { assertNever } from '../base/assert-never.js';
import type { OpenExec } from '../core/facade.js';
import { showArgv, showText, harmless } from '../core/text/harmless.js';
import type { Approval } from '../core/model/approval.js';
import type { ChangeFile, ChangeSet, FileAnswer } from '../core/model/change-set.js';
import type { ParamsInput } from '../core/model/requests.js';
import { composeHunks, diffHunks, hunkHeader, unifiedDiff, type DiffHunk } from '../core/patch/hunks.js';
import type { Hasher } from '../core/ports/ports.js';
import { counted } from '../core/view/amounts.js';
import { indent, oneLine, paintDiff, type Style } from './style.js';
import { optionWords } from '../core/view/questions.js';
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

interface Sides {
  /** undefined: not text, or too long to be shown whole; decided as a whole. */
  before: string | undefined;
  after: string | undefined;
}

type Decision =
  | { type: 'accept' }
  | { type: 'reject'; comment: string }
  | { type: 'hunks'; accepted: ReadonlySet<string>; comment: string };

async function reviewChanges(
  asker: Asker,
  openexec: OpenExec,
  changeSet: ChangeSet,
  hasher: Pick<Hasher, 'sha256'>,
): Promise<Answer | undefined> {
  const { style } = asker;
  const answers: FileAnswer[] = [];
  const count = changeSet.files.length;
  for (const [i, file] of changeSet.files.entries()) {
    const sides = await readSides(openexec, file);
    asker.line();
    asker.line(
      `${style.bold(fileTitle(file))}  ${style.green(`+${file.added}`)} ${style.red(`−${file.removed}`)}${count > 1 ? style.dim(`  file ${i + 1} of ${count}`) : ''}`,
    );
    const hunks =
      file.op !== 'delete' && sides.before !== undefined && sides.after !== undefined
        ? diffHunks(file.path, sides.before, sides.after, hasher)
        : [];
    asker.line(describe(file, sides, style));
    const decision = await decideFile(asker, hunks, count > 1);
    if (decision === undefined) return undefined;
    if (decision === 'rest') {
      for (const rest of changeSet.files.slice(i))
        answers.push({ path: rest.path, after: rest.after, rejected: [], edited: false });
      break;
    }
    answers.push(await fileAnswer(openexec, file, sides, hunks, decision));
  }
  return wholeAnswer(changeSet, answers);
}

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
  hunks: readonly DiffHunk[],
  several: boolean,
): Promise<Decision | 'rest' | undefined> {
  const byHunk = hunks.length > 1;
  const prompt = `[a]ccept, [r]eject${byHunk ? `, by [h]unk (${hunks.length})` : ''}${several ? ', accept a[l]l that follow' : ''}, [q]uit and pause: `;
  for (;;) {
    const typed = (await asker.ask(prompt))?.trim();
    if (typed === undefined || typed === 'q') return undefined;
    if (typed === 'a' || typed === 'y') return { type: 'accept' };
    if (typed === 'r' || typed === 'n') return { type: 'reject', comment: await reason(asker) };
    if (typed === 'l' && several) return 'rest';
    if (typed === 'h' && byHunk) return decideHunks(asker, hunks);
    asker.line(`“${oneLine(typed, 20)}” is none of the choices.`);
  }
}

async function decideHunks(asker: Asker, hunks: readonly DiffHunk[]): Promise<Decision | undefined> {
  const accepted = new Set<string>();
  for (const [i, hunk] of hunks.entries()) {
    asker.line(paintDiff(`${hunkHeader(hunk)}\n${hunk.lines}`, asker.style));
    for (;;) {
      const typed = (
        await asker.ask(`Hunk ${i + 1} of ${hunks.length}: [a]ccept, [r]eject, [q]uit and pause: `)
      )?.trim();
      if (typed === undefined || typed === 'q') return undefined;
      if (typed === 'a' || typed === 'y') accepted.add(hunk.id);
      else if (typed !== 'r' && typed !== 'n') {
        asker.line(`“${oneLine(typed, 20)}” is none of the choices.`);
        continue;
      }
      break;
    }
  }
  if (accepted.size === hunks.length) return { type: 'accept' };
  const comment = await reason(asker);
  return accepted.size ? { type: 'hunks', accepted, comment } : { type: 'reject', comment };
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

async function fileAnswer(
  openexec: OpenExec,
  file: ChangeFile,
  sides: Sides,
  hunks: readonly DiffHunk[],
  decision: Decision,
): Promise<FileAnswer> {
  switch (decision.type) {
    case 'accept':
      return { path: file.path, after: file.after, rejected: [], edited: false };
    case 'reject': {
      const lines = hunks.map((hunk) => ({ header: hunkHeader(hunk), lines: hunk.lines, comment: decision.comment }));
      return {
        path: file.path,
        after: file.before,
        rejected: lines.length ? lines : [{ header: fileTitle(file), lines: '', comment: decision.comment }],
        edited: false,
      };
    }
    case 'hunks': {
      const { hash } = await openexec.request('blob/put', {
        text: composeHunks(sides.before ?? '', hunks, decision.accepted),
      });
      const rejected = hunks
        .filter((hunk) => !decision.accepted.has(hunk.id))
        .map((hunk) => ({ header: hunkHeader(hunk), lines: hunk.lines, comment: decision.comment }));
      return { path: file.path, after: hash, rejected, edited: false };
    }
  }
}

function wholeAnswer(changeSet: ChangeSet, files: FileAnswer[]): Answer {
  const comment = [...new Set(files.flatMap((file) => file.rejected.map((one) => one.comment)))]
    .filter((one) => one !== '')
    .join('\n');
  if (files.every((file) => !file.rejected.length)) return { status: 'accepted', by: 'terminal' };
  const noneLeft = changeSet.files.every(
    (file) => files.find((answer) => answer.path === file.path)?.after === file.before,
  );
  return { status: noneLeft ? 'rejected' : 'partly', by: 'terminal', comment, files };
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

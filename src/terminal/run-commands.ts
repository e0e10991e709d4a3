/** Runs from a terminal: start, resume, pause, cancel, and answering what they ask. */
import { settleLeftovers } from './leftovers.js';
import { assertNever } from '../base/assert-never.js';
import { OpenExecError } from '../core/errors.js';
import { attentionOptionSchema, type Approval, type AttentionOption } from '../core/model/approval.js';
import type { OpenExec } from '../core/facade.js';
import type { ParamsInput } from '../core/model/requests.js';
import { finishedRun } from '../core/model/status.js';
import { counted } from '../core/view/amounts.js';
import { environmentLine } from '../core/view/environment-name.js';
import { previewLines } from '../core/view/preview.js';
import { answerOfOption } from '../core/view/questions.js';
import { offerEnvironments } from './environment-commands.js';
import { withSeenBlueprint } from './blueprint-commands.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { chooseApproval, choosePlan, chooseRun, unfinished } from './choose.js';
import { followRun } from './follow.js';
import { answerByFile, changesText, type Answer } from './review.js';
import { oneLine } from './style.js';
import { runWord } from './words.js';

export const approveModes = ['all', 'none', 'policy'] as const;
export type ApproveMode = (typeof approveModes)[number];

/**
 * What a question does to the run.
 * Without a flag: a person at the terminal is asked; where nobody sits it is as `policy`.
 */
export function onAsk(context: Context, mode: ApproveMode | undefined): OnAsk {
  if (mode === undefined) return context.asks ? 'wait' : 'pause';
  return modes[mode];
}

type OnAsk = NonNullable<ParamsInput<'run/start'>['onAsk']>;
const modes: Readonly<Record<ApproveMode, OnAsk>> = { all: 'accept', none: 'refuse', policy: 'pause' };

/** What `--answer` says, as requests take it. */
export const givenAnswers = ({ answer }: { answer?: string[] | undefined }): { answers?: string[] } =>
  answer?.length ? { answers: answer } : {};

export interface RunOptions {
  plan?: string;
  task?: string[];
  approve?: ApproveMode;
  /** Told to questions in words, one each, in the order in which they come. */
  answer?: string[];
  dryRun?: boolean;
  again?: boolean;
  verifyCommit?: boolean;
  resume?: string | true;
  blueprint?: string;
}

export async function run(context: Context, options: RunOptions): Promise<ExitCode> {
  if (options.resume !== undefined)
    return resume(context, options.resume === true ? undefined : options.resume, options);
  const openexec = await context.openexec();
  const plan = await choosePlan(openexec, options.plan);
  const tasks = {
    ...(options.task?.length ? { tasks: options.task } : {}),
    ...(options.blueprint === undefined ? {} : { blueprint: options.blueprint }),
  };
  if (options.dryRun) return preview(context, openexec, { plan: plan.id, ...tasks });
  const mode = onAsk(context, options.approve);
  if (mode === 'wait') await offerEnvironments(context, openexec);
  if (!(await settleLeftovers(context, openexec))) return EXIT.operator;
  const { run: id } = await withSeenBlueprint(context, openexec, () =>
    openexec.request('run/start', {
      plan: plan.id,
      ...tasks,
      onAsk: mode,
      ...givenAnswers(options),
      again: options.again ?? false,
      verifyCommit: options.verifyCommit ?? false,
    }),
  );
  return followRun(context, id, { ask: mode === 'wait', controls: true });
}

async function preview(context: Context, openexec: OpenExec, params: ParamsInput<'run/preview'>): Promise<ExitCode> {
  const sheet = await openexec.request('run/preview', params);
  // What would stop the run stops its preview, too: a script that asks beforehand hears of it.
  const exit = sheet.stops.length > 0 ? EXIT.failed : EXIT.done;
  if (context.json) {
    context.document(sheet);
    return exit;
  }
  const { style } = context;
  const { blueprint, model, git, budget, tasks, unasked, asks, notes, stops } = previewLines(sheet);
  const list = (title: string, items: readonly string[]): void => {
    if (!items.length) return;
    context.line(style.bold(title));
    for (const item of items) context.line(`  ${item}`);
  };
  list(`${counted(tasks.length, 'task')} would run`, tasks);
  // Where somebody starts at once nobody has seen this sheet: there the first command asks.
  list(
    'Programs of the project',
    sheet.environments.map((one) => environmentLine(one)),
  );
  list('Unasked', unasked);
  list('Asks', asks);
  if (blueprint !== undefined) context.line(`Blueprint ${blueprint}`);
  context.line(`${model} · budget: ${budget} · ${git}`);
  for (const note of notes) context.line(style.yellow(oneLine(note, 300)));
  for (const stop of stops) context.line(style.red(oneLine(stop, 1000)));
  context.line(stops.length > 0 ? 'It would not start. Nothing was done.' : 'Nothing was done.');
  return exit;
}

export async function resume(
  context: Context,
  name: string | undefined,
  options: { approve?: ApproveMode; answer?: string[]; startOver?: boolean },
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(
    openexec,
    name,
    unfinished,
    'There is no run to resume: none is paused or interrupted.',
  );
  if (finishedRun(record.status)) throw new OpenExecError('run-state', { status: record.status });
  const mode = onAsk(context, options.approve);
  if (options.startOver) {
    const { run: next } = await withSeenBlueprint(context, openexec, () =>
      openexec.request('run/start-over', { run: record.id, onAsk: mode, ...givenAnswers(options) }),
    );
    return followRun(context, next, { ask: mode === 'wait', controls: true });
  }
  if (record.status === 'running') {
    context.note('This run is going already; following it.');
    return followRun(context, record.id, { ask: mode === 'wait', controls: true, after: record.lastSeq });
  }
  const blueprint = await openexec.request('run/blueprint', { run: record.id });
  if (blueprint.state === 'changed')
    context.note(
      `${oneLine(blueprint.id)} changed since this run began. It goes on with the blueprint it began with, hash ${blueprint.hash.slice(0, 12)}; --start-over takes the new one.`,
    );
  // A paused run's own question comes first: its answer is what resumes it.
  const open =
    mode === 'wait' &&
    (await openexec.request('approval/list', {})).some(
      (one) => one.run === record.id && one.subject.kind === 'attention',
    );
  if (!open) await openexec.request('run/resume', { run: record.id, onAsk: mode, ...givenAnswers(options) });
  return followRun(context, record.id, { ask: mode === 'wait', controls: true, after: record.lastSeq });
}

export async function pause(context: Context, name: string | undefined, options: { now?: boolean }): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, (one) => one.status === 'running', 'No run is going here.');
  await openexec.request('run/pause', { run: record.id, now: options.now ?? false });
  // Not asked again how it stands: with its run paused, another terminal's process may be gone already.
  if (context.json) context.document({ run: record.id, status: 'pausing' });
  else context.line(options.now ? 'Pausing.' : 'Pausing at the next safe point.');
  return EXIT.done;
}

export async function cancel(context: Context, name: string | undefined): Promise<ExitCode> {
  const openexec = await context.openexec();
  const record = await chooseRun(openexec, name, unfinished, 'There is no run to cancel.');
  await openexec.request('run/cancel', { run: record.id });
  if (context.json) context.document({ run: record.id, status: 'cancelled' });
  else
    context.line(
      `${record.id} is ${runWord('cancelled', context.style)}. What was applied stays; openexec rollback ${record.id} takes it back.`,
    );
  await settleLeftovers(context, openexec, record.id);
  return EXIT.done;
}

export interface AnswerOptions extends GoingOn {
  comment?: string;
  /** For a paused run's question. */
  option?: string;
  /** With the option `edit`: the task's new check. */
  script?: string;
  scope?: 'once' | 'run' | 'always';
  forRun?: boolean;
  always?: boolean;
  /** Only these files of a change set. */
  file?: string[];
  /** A change set is accepted without being shown. */
  yes?: boolean;
}

/** How the run goes on that was answered. */
interface GoingOn {
  approve?: ApproveMode;
  script?: string;
}

export async function approve(context: Context, id: string | undefined, options: AnswerOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const approval = await chooseApproval(openexec, id);
  if (approval.subject.kind !== 'command' && (options.always || options.forRun))
    throw new OpenExecError('usage', { problem: '--for-run and --always are for a command that asks.' });
  if (options.script !== undefined && (approval.subject.kind !== 'attention' || (options.option ?? 'edit') !== 'edit'))
    throw new OpenExecError('usage', { problem: '--script goes with --option edit, where a run asks about a task.' });
  if (!options.yes && !(await seen(context, openexec, approval, options))) return leftOpen(context);
  const answer = await yesTo(openexec, approval, options);
  return sendAnswer(
    context,
    openexec,
    approval,
    { by: 'terminal', comment: options.comment ?? '', ...answer },
    options,
  );
}

/** Shown before a yes; who sits at a terminal is asked for it then. */
async function seen(
  context: Context,
  openexec: OpenExec,
  { id, subject }: Approval,
  { file = [] }: AnswerOptions,
): Promise<boolean> {
  if (subject.kind !== 'change-set' || context.json) return true;
  await context.page(await changesText(openexec, id, context.style));
  if (!context.asks) return true;
  const question = file.length
    ? `Accept ${file.map((path) => oneLine(path)).join(', ')}, and reject the others?`
    : 'Accept all of it?';
  return /^y(es)?$/i.test((await context.terminal.ask(`${question} [y]es, [n]o: `, context.signal))?.trim() ?? '');
}

function leftOpen(context: Context): ExitCode {
  context.note('Nothing was answered: it goes on waiting.');
  return EXIT.operator;
}

/** Errors: usage, where the question wants more than a yes. */
async function yesTo(
  openexec: OpenExec,
  { id, subject }: Approval,
  { comment = '', option, file = [], ...options }: AnswerOptions,
): Promise<Omit<Answer, 'by'>> {
  switch (subject.kind) {
    case 'attention':
      return answerOfOption(
        wantedOption(subject.options, option ?? (options.script === undefined ? undefined : 'edit')),
      );
    case 'question':
      if (comment.trim()) return { status: 'accepted' };
      throw new OpenExecError('usage', { problem: 'This question wants an answer in words: --comment "…"' });
    case 'command': {
      const scope = options.always ? 'always' : options.forRun ? 'run' : 'once';
      return { status: 'accepted', scope: options.scope ?? scope };
    }
    case 'change-set':
      return file.length ? await onlyFiles(openexec, id, file, comment) : { status: 'accepted' };
    case 'manual-task':
      return { status: 'accepted' };
    default:
      return assertNever(subject, 'question');
  }
}

function wantedOption(offered: readonly AttentionOption[], wanted: string | undefined): AttentionOption {
  const option = attentionOptionSchema.safeParse(wanted);
  if (option.success && offered.includes(option.data)) return option.data;
  throw new OpenExecError('usage', {
    problem: `This question wants one of its options: --option ${offered.join(' | ')}`,
  });
}

export async function reject(
  context: Context,
  id: string | undefined,
  options: { comment?: string } & GoingOn,
): Promise<ExitCode> {
  const openexec = await context.openexec();
  const approval = await chooseApproval(openexec, id);
  const giveUp = approval.subject.kind === 'attention' ? { option: 'give-up' as const } : {};
  const answer: Answer = { status: 'rejected', by: 'terminal', comment: options.comment ?? '', ...giveUp };
  return sendAnswer(context, openexec, approval, answer, options);
}

/** The answer to a paused run's question, by its option. */
export function answerAttention(
  context: Context,
  openexec: OpenExec,
  approval: { id: string; run: string },
  option: AttentionOption,
  comment = '',
): Promise<ExitCode> {
  return sendAnswer(context, openexec, approval, {
    ...answerOfOption(option),
    by: 'terminal',
    comment,
  });
}

async function onlyFiles(
  openexec: OpenExec,
  approval: string,
  wanted: readonly string[],
  comment: string,
): Promise<Omit<Answer, 'by'>> {
  const { changeSet } = await openexec.request('approval/get', { approval });
  const files = changeSet?.files ?? [];
  const unknown = wanted.find((path) => !files.some((file) => file.path === path));
  if (unknown !== undefined)
    throw new OpenExecError('usage', {
      problem: `The change set has no file ${unknown}. It has: ${files.map((file) => file.path).join(', ')}`,
    });
  return answerByFile(openexec, files, wanted, comment);
}

/**
 * The answer to a paused run's question resumes it in the owning process: when that is this one, it stays with the run.
 */
async function sendAnswer(
  context: Context,
  openexec: OpenExec,
  approval: { id: string; run: string },
  answer: Answer,
  options: GoingOn = {},
): Promise<ExitCode> {
  const before = await openexec.request('run/get', { run: approval.run });
  const own = (await openexec.request('status', {})).owner.pid === context.terminal.pid;
  const mode = own ? modeAfter(context, before.config.onAsk, options) : options.approve && modes[options.approve];
  const { goesOn, left } = await openexec.request('approval/answer', {
    approval: approval.id,
    answer,
    ...(mode && { onAsk: mode }),
    ...(options.script !== undefined && { script: options.script }),
  });
  if (own && goesOn)
    return followRun(context, approval.run, { ask: context.asks, controls: true, after: before.lastSeq });
  if (context.json) context.document({ approval: approval.id, status: answer.status, goesOn, left });
  else sayAnswered(context, answer.status);
  if (goesOn) return EXIT.done;
  if (left > 0)
    context.note(`${counted(left, 'question')} of this run ${left === 1 ? 'waits' : 'wait'}: openexec status`);
  else if (!finishedRun(before.status)) context.note(`Go on with openexec resume ${approval.run}`);
  return EXIT.done;
}

const sayAnswered = (context: Context, status: Answer['status']): void =>
  context.line({ rejected: 'Rejected.', partly: 'Accepted in part.', accepted: 'Accepted.' }[status]);

/** What a run does with questions that goes on in this process. One that asked a person would wait here for nobody. */
function modeAfter(context: Context, before: OnAsk, { approve: mode }: GoingOn): OnAsk | undefined {
  if (mode) return modes[mode];
  return before === 'wait' && !context.asks ? 'pause' : undefined;
}

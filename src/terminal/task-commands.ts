/**
 * What a person says of one task: try it again, leave it out, or "I did it by hand".
 * A run that waits at the task gets it as its answer.
 */
import { OpenExecError } from '../core/errors.js';
import type { Approval, AttentionOption } from '../core/model/approval.js';
import type { OpenExec } from '../core/facade.js';
import { waitingAt } from '../core/waiting-at.js';
import { EXIT, type Context, type ExitCode } from './context.js';
import { choosePlan } from './choose.js';
import { answerAttention, run, type ApproveMode } from './run-commands.js';
import { oneLine } from './style.js';

export interface TaskOptions {
  plan?: string;
  comment?: string;
  approve?: ApproveMode;
}

export async function retryTask(context: Context, task: string, options: TaskOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const waiting = await questionOf(openexec, task, options.plan);
  if (waiting)
    return answerAttention(context, openexec, waiting, pick(waiting, ['retry', 'edit'], 'retry'), options.comment);
  return run(context, {
    task: [task],
    again: true,
    ...(options.plan !== undefined && { plan: options.plan }),
    ...(options.approve && { approve: options.approve }),
  });
}

export async function skipTask(context: Context, task: string, options: TaskOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const waiting = await questionOf(openexec, task, options.plan);
  if (waiting) return answerAttention(context, openexec, waiting, pick(waiting, ['skip'], 'skip'), options.comment);
  const plan = await choosePlan(openexec, options.plan);
  await openexec.request('task/mark', { plan: plan.id, task, as: 'skipped' });
  return told(
    context,
    { task, status: 'skipped' },
    `${task} is skipped: the next run leaves it out, and what depends on it may go on.`,
  );
}

/** With a run that waits, "fixed by hand, go on"; without one the task's own check has to say so. */
export async function markFixed(context: Context, task: string, options: TaskOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const waiting = await questionOf(openexec, task, options.plan);
  if (waiting)
    return answerAttention(
      context,
      openexec,
      waiting,
      pick(waiting, ['continue', 'accept'], 'mark-fixed'),
      options.comment,
    );
  const plan = await choosePlan(openexec, options.plan);
  const { check } = await openexec.request('task/mark', { plan: plan.id, task, as: 'fixed' }, context.signal);
  return told(
    context,
    { task, status: 'done', check },
    check ? `${task} is done: its check ${oneLine(check.reason)}.` : `${task} is done, unverified: it has no check.`,
  );
}

export async function reopenTask(context: Context, task: string, options: TaskOptions): Promise<ExitCode> {
  const openexec = await context.openexec();
  const plan = await choosePlan(openexec, options.plan);
  await openexec.request('task/mark', { plan: plan.id, task, as: 'open' });
  return told(context, { task, status: 'pending' }, `${task} is open again.`);
}

/** The question of a paused run of that plan at this task; with no plan named, of the current one or of a quick fix. */
async function questionOf(openexec: OpenExec, task: string, name: string | undefined): Promise<Approval | undefined> {
  if (name !== undefined) return waitingAt(openexec, (await choosePlan(openexec, name)).id, task);
  const current = (await openexec.request('plan/list', {})).find((plan) => plan.current);
  return (current && (await waitingAt(openexec, current.id, task))) ?? waitingAt(openexec, undefined, task);
}

function pick(approval: Approval, wanted: readonly AttentionOption[], word: string): AttentionOption {
  const options = approval.subject.kind === 'attention' ? approval.subject.options : [];
  const found = wanted.find((option) => options.includes(option));
  if (!found)
    throw new OpenExecError('usage', {
      problem: `${approval.task} waits for another answer than ${word}: openexec approve ${approval.id} --option ${options.join(' | ')}`,
    });
  return found;
}

function told(context: Context, document: unknown, sentence: string): ExitCode {
  if (context.json) context.document(document);
  else context.line(sentence);
  return EXIT.done;
}

/** One task: its check before the work, then attempts of the blueprint's machine, each visit a step with a record. Resuming folds the records through the same machine. */
import { z } from 'zod';
import { asOpenExecError, isAbort, OpenExecError } from '../errors.js';
import type { AttentionOption } from '../model/approval.js';
import type { Blueprint, Stage } from '../model/blueprint.js';
import type { EventBody } from '../model/event.js';
import { storySchema, taskSchema } from '../model/plan.js';
import type { Reason } from '../model/primitives.js';
import { stepKey, type StepRecord } from '../model/records.js';
import { ask, isPause, pausesRun } from './ask.js';
import { createMachine, type Machine, type Move } from './machine.js';
import { clip, runCommand } from './run-command.js';
import { runVisit, readOutput, storeOutput } from './run-visit.js';
import type { VisitResult } from './run-lines.js';
import { PauseRun, type Session } from './session.js';
import { createStepContext, type TaskSnapshot } from './step-context.js';
import { taskDiff } from './task-changes.js';

export type TaskEnd =
  | { status: 'done'; unverified: boolean }
  | { status: 'skipped'; reason: Reason }
  | { status: 'failed'; reason: Reason };

export interface TaskInput {
  id: string;
  manual: boolean;
  /** The newest iteration, read when the task starts. */
  snapshot(): Promise<TaskSnapshot>;
}

/** The pseudo-stage that stands before the first: snapshot of the task and its check, once. */
const CHECK = '@check';
const checkResultSchema = z.object({ story: storySchema, task: taskSchema });

export async function runTask(session: Session, input: TaskInput, blueprint: Blueprint): Promise<TaskEnd> {
  const fresh = session.state.tasks.get(input.id)?.status === 'pending';
  const steps = fresh ? [] : await session.ports.store.steps(session.run, input.id);
  let attempt = steps.reduce((highest, step) => Math.max(highest, step.attempt), 1);
  for (;;) {
    const own = steps.filter((step) => step.attempt === attempt);
    const untouched = steps.every((step) => step.attempt === attempt || step.stage === CHECK);
    const end = await runAttempt(session, input, blueprint, attempt, own, untouched);
    if (end !== 'again') return end;
    steps.splice(0, steps.length, ...(await session.ports.store.steps(session.run, input.id)));
    attempt += 1;
  }
}

async function runAttempt(session: Session, input: TaskInput, blueprint: Blueprint, attempt: number, steps: StepRecord[], untouched: boolean): Promise<TaskEnd | 'again'> {
  const start = await startAttempt(session, input, attempt, steps.find((step) => step.stage === CHECK), untouched);
  if (start === 'again') return 'again';
  if ('status' in start) return start;
  const { work } = start;
  const machine = createMachine(blueprint, session.config.maxTotalRetries);
  const finished = steps.filter((step) => step.stage !== CHECK && step.status !== 'running').sort((a, b) => a.order - b.order);
  let running = steps.find((step) => step.stage !== CHECK && step.status === 'running');
  const earlier: StepRecord[] = [];
  for (const step of finished) {
    fold(machine, step);
    earlier.push(step);
    // An answered question between two records belongs to the position.
    if (machine.move().type === 'attention') {
      const turn = await settleMove(session, input.id, attempt, machine);
      if (turn !== 'enter') return turn;
    }
  }
  const former = attempt > 1 ? await formerAttempt(session, input.id, attempt - 1) : '';
  for (;;) {
    const turn = await settleMove(session, input.id, attempt, machine);
    if (turn !== 'enter') return turn;
    const move = machine.move();
    if (move.type !== 'enter') continue;
    session.safePoint();
    const stage = blueprint.stages[move.stage];
    if (!stage) throw new OpenExecError('blueprint-changed', { id: blueprint.id });
    const step = await visit(session, { blueprint, stage, work, attempt, earlier, former, visit: move.visit, machine, running });
    running = undefined;
    earlier.push(step);
  }
}

/** Ends, questions and new attempts; `enter` when a stage is to be visited. */
async function settleMove(session: Session, task: string, attempt: number, machine: Machine): Promise<TaskEnd | 'again' | 'enter'> {
  const move = machine.move();
  if (move.type === 'enter') return 'enter';
  if (move.type === 'done') return { status: 'done', unverified: !move.evidence };
  if (move.type === 'attempt-failed') {
    const reason: Reason = { code: 'attempt-failed', params: { stage: move.stage, attempt } };
    if (attempt < session.config.maxAttempts) return 'again';
    return await afterAttention(session, task, attempt, machine, { ...move, code: 'attempts-exhausted' }, reason);
  }
  return await afterAttention(session, task, attempt, machine, move, { code: move.code, params: { stage: move.stage, failures: move.failures } });
}

async function afterAttention(session: Session, task: string, attempt: number, machine: Machine, move: { code: string; stage: string; after: string }, reason: Reason): Promise<TaskEnd | 'again' | 'enter'> {
  const options: AttentionOption[] = ['retry', 'continue', 'edit', 'skip', 'give-up'];
  const { title, why } = attentionText(session, task, move);
  const answer = await ask(session, {
    id: `${move.after}/attention`, task, stage: move.stage, attempt, title, why,
    subject: { kind: 'attention', code: move.code, params: { ...reason.params, task }, options },
  });
  switch (answer.option ?? (answer.status === 'rejected' ? 'give-up' : 'retry')) {
    case 'skip':
      return { status: 'skipped', reason: { code: 'skipped-by-operator', params: {} } };
    case 'give-up':
      return { status: 'failed', reason };
    case 'edit':
      return 'again';
    case 'continue':
    case 'accept':
      if (machine.move().type !== 'attention') return 'again';
      machine.answer('continue');
      return 'enter';
    case 'retry':
      if (machine.move().type !== 'attention') return 'again';
      machine.answer('retry');
      return 'enter';
  }
}

function attentionText(session: Session, task: string, move: { code: string; stage: string }): { title: string; why: string } {
  const title = `${task} needs you: ${move.stage} failed`;
  if (move.code === 'retries-exhausted') return { title, why: `The stage ${move.stage} failed more often than its retries allow.` };
  if (move.code === 'total-retries-exhausted') return { title, why: `More than ${session.config.maxTotalRetries} failures in one attempt.` };
  if (move.code === 'attempts-exhausted') return { title, why: `All ${session.config.maxAttempts} attempts failed.` };
  return { title: `${task} is paused at ${move.stage}`, why: 'The blueprint says to pause here.' };
}

interface VisitInput {
  blueprint: Blueprint;
  stage: Stage;
  work: TaskSnapshot;
  attempt: number;
  earlier: StepRecord[];
  former: string;
  visit: number;
  machine: Machine;
  /** The record of this visit when it was cut off before. */
  running: StepRecord | undefined;
}

async function visit(session: Session, input: VisitInput): Promise<StepRecord> {
  const { stage, work, attempt } = input;
  const { clock, store } = session.ports;
  const key = stepKey(session.run, work.task.id, attempt, stage.id, input.visit);
  const resumed = input.running?.key === key ? input.running : undefined;
  const step: StepRecord = resumed ?? {
    key, run: session.run, task: work.task.id, attempt, stage: stage.id, visit: input.visit, order: session.nextOrder(), status: 'running',
    startedAt: clock.now(), summary: '', evidence: false,
  };
  if (!resumed)
    session.note([{ table: 'steps', row: step }], [
      { type: 'stage-started', step: key, task: work.task.id, attempt, stage: stage.id, visit: input.visit, stageType: stage.type },
    ]);
  const calls = resumed ? await store.calls(key) : [];
  const ctx = createStepContext({ session, step, stage, work, attempt, earlier: input.earlier, signal: session.signal }, calls);
  const tokensBefore = session.budget.spent;
  const costBefore = tokensBefore.usd;
  const started = clock.monotonic();
  const done = await guarded(session, work.task.id, () => runVisit(ctx, input.blueprint, input.former));
  const output = await storeOutput(ctx, done.output);
  const record: StepRecord = {
    ...step, status: done.status, finishedAt: clock.now(), summary: session.ports.redact(done.summary), evidence: done.evidence,
    ...(output && { output }), ...(done.result !== undefined && { result: done.result }), ...(done.route && { next: done.route }),
  };
  fold(input.machine, record);
  const costUsd = session.budget.spent.usd === null || costBefore === null ? null : session.budget.spent.usd - costBefore;
  await session.commit([{ table: 'steps', row: record }], [
    {
      type: 'stage-finished', step: key, task: work.task.id, attempt, stage: stage.id, visit: input.visit, outcome: done.status,
      durationMs: Math.round(clock.monotonic() - started), costUsd, summary: record.summary, next: nextName(input.machine.move()),
    },
  ]);
  return record;
}

/** Failures of the world pause the run with the step open; the rest of what a stage may throw is its failure. */
async function guarded(session: Session, task: string, run: () => Promise<VisitResult>): Promise<VisitResult> {
  try {
    return await run();
  } catch (error) {
    if (isPause(error) || session.signal.aborted || isAbort(error)) throw error;
    if (pausesRun(error)) {
      const known = asOpenExecError(error);
      session.ports.log.error(`${task} stands still`, error);
      throw new PauseRun(known.code, { ...known.params }, task);
    }
    throw error;
  }
}

const fold = (machine: Machine, step: StepRecord): void => {
  if (step.status === 'running') return;
  machine.finish({ key: step.key, stage: step.stage, visit: step.visit, status: step.status, evidence: step.evidence, ...(step.next && { route: step.next }) });
};

const nextName = (move: Move): string => (move.type === 'enter' ? move.stage : move.type === 'done' ? 'done' : move.type === 'attempt-failed' ? 'fail' : 'paused');

// ── before the first stage ───────────────────────────────────────────────────────────────────────────────────────────

async function startAttempt(session: Session, input: TaskInput, attempt: number, record: StepRecord | undefined, untouched: boolean): Promise<{ work: TaskSnapshot } | TaskEnd | 'again'> {
  const { clock } = session.ports;
  if (record && record.status !== 'running') {
    const parsed = checkResultSchema.safeParse(record.result);
    if (!parsed.success) throw new OpenExecError('step-corrupt', { step: record.key });
    // Where it stood before it was cut off: waiting, or at work.
    if (session.state.tasks.get(input.id)?.status !== 'running') session.note([], [{ type: 'task-changed', task: input.id, status: 'running', attempt }]);
    return { work: parsed.data };
  }
  const snapshot = await input.snapshot();
  const work: TaskSnapshot = { task: snapshot.task, story: { ...snapshot.story, tasks: [] } };
  const key = stepKey(session.run, input.id, attempt, CHECK, 1);
  const step: StepRecord = record ?? {
    key, run: session.run, task: input.id, attempt, stage: CHECK, visit: 1, order: session.nextOrder(), status: 'running', startedAt: clock.now(), summary: '', evidence: false,
  };
  if (!record) session.note([{ table: 'steps', row: step }]);
  if (input.manual && attempt === 1) {
    const answer = await ask(session, {
      id: `${key}/manual`, task: input.id, stage: '', attempt, subject: { kind: 'manual-task', task: input.id },
      title: `Start ${input.id}: ${work.task.title}?`, why: `The story ${work.story.id} is in manual mode.`,
    });
    if (answer.status === 'rejected') return { status: 'skipped', reason: { code: 'skipped-by-operator', params: {} } };
  }
  session.note([], [{ type: 'task-changed', task: input.id, status: 'running', attempt }]);
  const red = untouched && work.task.verification_script.trim() !== '' && !work.task.pins ? await checkBefore(session, step, work) : undefined;
  if (red?.green) {
    const end = await afterGreenCheck(session, key, input.id, attempt, work.task.verification_script);
    if (end) return end;
  }
  session.note([{ table: 'steps', row: { ...step, status: 'succeeded', finishedAt: clock.now(), summary: red?.summary ?? '', result: work } }]);
  return { work };
}

/** The stage the check runs in: it has no blueprint of its own. */
const checkStage: Stage = {
  id: CHECK, name: 'Check before the work', description: '', type: 'deterministic', commands: [], goal: '', schema: 'result', inputs: [], outputs: [], model: '',
  maxRetries: 0, timeoutMs: 10 * 60_000, checkpoint: false, routes: [], onSuccess: 'done',
};

async function checkBefore(session: Session, step: StepRecord, work: TaskSnapshot): Promise<{ green: boolean; summary: string }> {
  const calls = await session.ports.store.calls(step.key);
  const ctx = createStepContext({ session, step, stage: checkStage, work, attempt: step.attempt, earlier: [], signal: session.signal }, calls);
  let summary = '';
  await guarded(session, work.task.id, async () => {
    const done = await runCommand(ctx, { script: work.task.verification_script, cwd: '', purpose: 'check-before', timeoutMs: checkStage.timeoutMs, idempotent: true });
    const red = done.status !== 'ran' || done.exitCode !== 0;
    if (done.status === 'ran') session.note([], [{ type: 'check-before', task: work.task.id, exitCode: done.exitCode, red, durationMs: done.durationMs }]);
    summary = done.status === 'ran' ? `exited ${done.exitCode}` : done.reason;
    return { status: red ? 'failed' : 'succeeded', summary, evidence: false };
  });
  return { green: summary === 'exited 0', summary };
}

/** A check that passes before the work proves nothing: strengthen, skip, or accept that. */
async function afterGreenCheck(session: Session, key: string, task: string, attempt: number, script: string): Promise<TaskEnd | 'again' | undefined> {
  const answer = await ask(session, {
    id: `${key}/green`, task, stage: CHECK, attempt,
    subject: { kind: 'attention', code: 'check-green', params: { task, script }, options: ['accept', 'edit', 'skip', 'give-up'] },
    title: `${task}: its check passes before the work`, why: 'A check that exits 0 already proves nothing about what the task will do.',
  });
  if (answer.option === 'edit') return 'again'; // the next attempt checks the newest text
  if (answer.option === 'skip') return { status: 'skipped', reason: { code: 'check-green', params: {} } };
  if (answer.option === 'give-up') return { status: 'failed', reason: { code: 'check-green', params: {} } };
  return undefined;
}

/** For the top of the next attempt's prompts: how the last one ended, and what it left in the tree. */
async function formerAttempt(session: Session, task: string, attempt: number): Promise<string> {
  const steps = (await session.ports.store.steps(session.run, task)).filter((step) => step.attempt === attempt);
  const failed = steps.findLast((step) => step.status === 'failed');
  const output = failed ? await readOutput({ session }, failed) : '';
  const diff = await taskDiff(session, task);
  return `${failed ? `${failed.stage}: ${failed.summary}\n${clip(output, 8000)}` : 'It did not reach its end.'}\n\nWhat it left in the tree:\n${clip(diff, 8000) || 'nothing'}`;
}

export const taskChangedEvent = (task: string, attempt: number, end: TaskEnd): EventBody => ({
  type: 'task-changed', task, attempt, status: end.status,
  ...(end.status === 'done' ? { unverified: end.unverified } : { reason: end.reason }),
});

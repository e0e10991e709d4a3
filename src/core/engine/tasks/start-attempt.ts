/**
 * Before the first stage of an attempt:
 * the task as it is now, the question of a manual story, its place, and its check, once.
 */
import { z } from 'zod';
import { OpenExecError } from '../../errors.js';
import { storySchema, taskSchema } from '../../model/plan.js';
import { stepKey, type StepRecord } from '../../model/records.js';
import { taskState } from '../../model/run.js';
import { ask } from '../../record/ask.js';
import { skippedByOperator, type TaskEnd } from '../stages/attention.js';
import { flushMade } from '../effects/apply-changes.js';
import { guarded } from '../stages/guarded.js';
import { plainStage } from '../stages/plain-stage.js';
import { takePlace, type Lane, type Place } from '../places/place.js';
import type { LiveRun } from '../../record/live-run.js';
import { createStepContext, type TaskSnapshot } from '../../record/step-context.js';
import { checkText, hasCheck, runTaskCheck } from '../stages/task-check.js';

export interface TaskInput {
  id: string;
  manual: boolean;
  /** The newest iteration, read when the task starts. */
  snapshot(): Promise<TaskSnapshot>;
  /** Told the task as it is worked on: it keeps its text whatever is edited meanwhile. */
  worksOn?(work: TaskSnapshot): void;
  /** Given to a task that works beside others: in a worktree, until it has the person's tree. */
  lane?: Lane | undefined;
}

export interface Started {
  work: TaskSnapshot;
  place: Place;
}

/** The pseudo-stage that stands before the first: snapshot of the task and its check. */
export const CHECK = '@check';
const checkResultSchema = z.object({ story: storySchema, task: taskSchema });

/** `steps`: all of the task so far. */
export async function startAttempt(
  run: LiveRun,
  input: TaskInput,
  attempt: number,
  steps: StepRecord[],
): Promise<Started | TaskEnd | 'again'> {
  const { clock } = run.ports;
  const record = steps.find((step) => step.stage === CHECK && step.attempt === attempt);
  if (record && record.status !== 'running') {
    const parsed = checkResultSchema.safeParse(record.result);
    if (!parsed.success) throw new OpenExecError('step-corrupt', { step: record.key });
    // Where it stood before it was cut off: waiting, or at work.
    if (taskState(run.state, input.id)?.status !== 'running')
      run.journal.note([], [{ type: 'task-changed', task: input.id, status: 'running', attempt }]);
    const place = await guarded(run, input.id, () => takePlace(run, input.lane, { work: parsed.data, attempt, steps }));
    return 'root' in place ? { work: parsed.data, place } : place;
  }
  const snapshot = await input.snapshot();
  const work: TaskSnapshot = { task: snapshot.task, story: { ...snapshot.story, tasks: [] } };
  const key = stepKey(run.id, input.id, attempt, CHECK, 1);
  const step: StepRecord = record ?? {
    key,
    run: run.id,
    task: input.id,
    attempt,
    stage: CHECK,
    visit: 1,
    order: run.journal.nextOrder(),
    status: 'running',
    startedAt: clock.now(),
    summary: '',
    evidence: false,
  };
  if (!record) run.journal.note([{ table: 'steps', row: step }]);
  if (input.manual && attempt === 1) {
    const answer = await ask(run, {
      id: `${key}/manual`,
      task: input.id,
      stage: '',
      attempt,
      subject: { kind: 'manual-task', task: input.id },
      wording: {
        code: 'manual-task',
        params: { task: input.id, title: work.task.title, story: work.story.id },
      },
    });
    if (answer.status === 'rejected') return skippedByOperator;
  }
  run.journal.note([], [{ type: 'task-changed', task: input.id, status: 'running', attempt }]);
  const place = await guarded(run, input.id, () => takePlace(run, input.lane, { work, attempt, steps }));
  if (!('root' in place)) return place;
  const untouched =
    taskState(run.state, input.id)?.takenBack === true ||
    steps.every((one) => one.attempt === attempt || one.stage.startsWith('@'));
  const red =
    untouched && hasCheck(work.task) && !work.task.pins ? await checkBefore(run, step, work, place) : undefined;
  if (red?.green) {
    const end = await afterGreenCheck(run, key, input.id, attempt, checkText(work.task));
    if (end) return end;
  }
  run.journal.note([
    {
      table: 'steps',
      row: { ...step, status: 'succeeded', finishedAt: clock.now(), summary: red?.summary ?? '', result: work },
    },
  ]);
  return { work, place };
}

/** The stage the check runs in: it has no blueprint of its own. */
const checkStage = plainStage(CHECK, 'Check before the work', { timeoutMs: 10 * 60_000 });

async function checkBefore(
  run: LiveRun,
  step: StepRecord,
  work: TaskSnapshot,
  place: Place,
): Promise<{ green: boolean; summary: string }> {
  const calls = await run.ports.store.calls(step.key);
  const ctx = createStepContext(
    {
      run,
      step,
      stage: checkStage,
      work,
      attempt: step.attempt,
      root: place.root,
      earlier: [],
      signal: run.signals.signal,
    },
    calls,
  );
  const done = await guarded(run, work.task.id, () => runTaskCheck(ctx, 'check-before', checkStage.timeoutMs));
  await guarded(run, work.task.id, () => flushMade(ctx));
  if (done.status !== 'ran') return { green: false, summary: done.reason };
  const green = done.exitCode === 0;
  run.journal.note(
    [],
    [{ type: 'check-before', task: work.task.id, exitCode: done.exitCode, red: !green, durationMs: done.durationMs }],
  );
  return { green, summary: `exited ${done.exitCode}` };
}

/** A check that passes before the work proves nothing: strengthen, skip, or accept that. */
async function afterGreenCheck(
  run: LiveRun,
  key: string,
  task: string,
  attempt: number,
  script: string,
): Promise<TaskEnd | 'again' | undefined> {
  const answer = await ask(run, {
    id: `${key}/green`,
    task,
    stage: CHECK,
    attempt,
    subject: {
      kind: 'attention',
      code: 'check-green',
      params: { task, script },
      options: ['accept', 'edit', 'skip', 'give-up'],
    },
    wording: { code: 'check-green', params: { task } },
  });
  if (answer.option === 'edit') return 'again'; // the next attempt checks the newest text
  if (answer.option === 'skip') return { status: 'skipped', reason: { code: 'check-green', params: {} } };
  if (answer.option === 'give-up') return { status: 'failed', reason: { code: 'check-green', params: {} } };
  return undefined;
}

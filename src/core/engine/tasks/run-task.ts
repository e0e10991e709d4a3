/**
 * One task: its check before the work, then attempts of the blueprint's machine, each visit a step with a record.
 * Resuming folds the records through the same machine.
 */
import { OpenExecError } from '../../errors.js';
import type { Blueprint, Stage } from '../../model/blueprint.js';
import type { EventBody } from '../../model/event.js';
import { stepKey, type StepRecord } from '../../model/records.js';
import { taskState } from '../../model/run.js';
import type { Store } from '../../ports/ports.js';
import { attemptFailed, settleMove, type TaskEnd } from '../stages/attention.js';
import { guarded } from '../stages/guarded.js';
import { createMachine, type FinishedVisit, type Machine, type Move } from '../../blueprint/machine.js';
import { endOfMerge, mergePlace } from '../places/merge-place.js';
import { FRESH, madeWorktree, MERGE, type Place } from '../places/place.js';
import { clip } from '../effects/run-command.js';
import { readOutput, runVisit, storeOutput } from '../stages/run-visit.js';
import { beginStep } from '../../record/begin-step.js';
import type { LiveRun, RunPart } from '../../record/live-run.js';
import { startAttempt, type Started, type TaskInput } from './start-attempt.js';
import { createStepContext, type TaskSnapshot } from '../../record/step-context.js';
import { taskDiff } from '../effects/task-changes.js';

export type { TaskEnd } from '../stages/attention.js';

export async function runTask(run: LiveRun, input: TaskInput, blueprint: Blueprint): Promise<TaskEnd> {
  const fresh = taskState(run.state, input.id)?.status === 'pending';
  const steps = fresh ? [] : inOrder(await run.ports.store.steps(run.id, input.id));
  let attempt = steps.reduce((highest, step) => Math.max(highest, step.attempt), 1);
  // What it did is gone: it is worked on anew, not taken as done from its records.
  if (steps.length > 0 && taskState(run.state, input.id)?.status === 'rolled-back') attempt += 1;
  for (;;) {
    const end = await runAttempt(run, input, blueprint, attempt, steps);
    if (end !== 'again') return end;
    await run.journal.commit();
    steps.splice(0, steps.length, ...inOrder(await run.ports.store.steps(run.id, input.id)));
    attempt += 1;
  }
}

const inOrder = (steps: readonly StepRecord[]): StepRecord[] => [...steps].sort((a, b) => a.order - b.order);
/** A stage of the blueprint; the others stand around it. */
const isVisit = (step: StepRecord): boolean => !step.stage.startsWith('@');

/** `steps`: all of the task so far; what this attempt adds before its first stage and at its merge is added there. */
async function runAttempt(
  run: LiveRun,
  input: TaskInput,
  blueprint: Blueprint,
  attempt: number,
  steps: StepRecord[],
): Promise<TaskEnd | 'again'> {
  const start = await startAttempt(run, input, attempt, steps);
  if (start === 'again') return 'again';
  if ('status' in start) return start;
  const { work, place, before } = start;
  input.worksOn?.(work);
  const machine = createMachine(blueprint, run.config.maxTotalRetries);
  const own = steps.filter((step) => step.attempt === attempt);
  let running = own.find((step) => isVisit(step) && step.status === 'running');
  const earlier: StepRecord[] = [];
  for (const step of own.filter((one) => isVisit(one) && one.status !== 'running')) {
    fold(machine, step);
    earlier.push(step);
    // An answered question between two records belongs to the position.
    if (machine.move().type === 'attention') {
      const turn = await settleMove(run, input.id, attempt, machine);
      if (turn !== 'enter') return turn;
    }
  }
  const lastMerge = own.findLast((step) => step.stage === MERGE && step.status !== 'running');
  const ended = lastMerge && endOfMerge(lastMerge);
  if (ended) return ended;
  if (lastMerge?.status === 'failed') return await afterRejection(run, input, attempt, machine, lastMerge);
  let recheckDue = lastMerge?.status === 'succeeded' && !earlier.some((step) => step.order > lastMerge.order);
  const former = [
    attempt > 1 ? await formerAttempt(run, input.id, attempt - 1, place, steps) : '',
    lastMerge ? await mergedInPart(run.ports.store, lastMerge) : '',
  ];
  for (;;) {
    if (place.worktree !== undefined && input.lane && isReadyToMerge(machine.move(), blueprint)) {
      const done = await mergePlace(run, {
        blueprint,
        lane: input.lane,
        work,
        attempt,
        place,
        steps,
        then: checkingStage(blueprint)?.id ?? nextName(machine.move()),
      });
      if (done === 'again') return 'again';
      if (done !== 'merged')
        return 'rejected' in done ? await afterRejection(run, input, attempt, machine, done.rejected) : done;
      const record = steps.findLast((step) => step.stage === MERGE);
      former[1] = record ? await mergedInPart(run.ports.store, record) : '';
      recheckDue = true;
    }
    const recheck = recheckDue ? checkingStage(blueprint) : undefined;
    recheckDue = false;
    let move = machine.move();
    if (!recheck) {
      const turn = await settleMove(run, input.id, attempt, machine);
      if (turn !== 'enter') return turn;
      move = machine.move();
      if (move.type !== 'enter') continue;
    }
    run.signals.safePoint();
    const stage = recheck ?? (move.type === 'enter' ? blueprint.stages[move.stage] : undefined);
    if (!stage) throw new OpenExecError('blueprint-changed', { id: blueprint.id });
    const visit =
      move.type === 'enter' && !recheck ? move.visit : earlier.filter((step) => step.stage === stage.id).length + 1;
    const step = await runStage(run, {
      blueprint,
      stage,
      work,
      attempt,
      earlier,
      former: former.filter(Boolean).join('\n\n'),
      before,
      visit,
      machine,
      running,
      place,
      recheck: recheck !== undefined,
    });
    running = undefined;
    earlier.push(step);
  }
}

/** Everything the blueprint has before its commit is done. */
const isReadyToMerge = (move: Move, blueprint: Blueprint): boolean =>
  move.type === 'done' || (move.type === 'enter' && blueprint.stages[move.stage]?.action === 'commit');

/** What must pass again where the work was merged: others' work has come in beside it. */
const checkingStage = (blueprint: Blueprint): Stage | undefined =>
  Object.values(blueprint.stages).findLast((stage) => stage.action === 'verify');

async function afterRejection(
  run: LiveRun,
  input: TaskInput,
  attempt: number,
  machine: Machine,
  merge: StepRecord,
): Promise<TaskEnd | 'again'> {
  if (merge.next === FRESH) return 'again';
  const turn = await attemptFailed(run, input.id, attempt, machine, { stage: MERGE, after: merge.key });
  return turn === 'enter' ? 'again' : turn;
}

interface VisitInput {
  blueprint: Blueprint;
  stage: Stage;
  work: TaskSnapshot;
  attempt: number;
  earlier: StepRecord[];
  former: string;
  before: Started['before'];
  visit: number;
  machine: Machine;
  /** The record of this visit when it was cut off before. */
  running: StepRecord | undefined;
  place: Place;
  /** A check that passed in the worktree, run again in the merged tree. */
  recheck: boolean;
}

async function runStage(run: LiveRun, input: VisitInput): Promise<StepRecord> {
  const { stage, work, attempt } = input;
  const { clock, store } = run.ports;
  const key = stepKey(run.id, work.task.id, attempt, stage.id, input.visit);
  const resumed = input.running?.key === key ? input.running : undefined;
  const step = resumed ?? beginStep(run, { task: work.task.id, attempt, stage: stage.id, visit: input.visit });
  if (!resumed)
    run.journal.note(
      [{ table: 'steps', row: step }],
      [
        {
          type: 'stage-started',
          step: key,
          task: work.task.id,
          attempt,
          stage: stage.id,
          visit: input.visit,
          stageType: stage.type,
        },
      ],
    );
  const calls = resumed ? await store.calls(key) : [];
  const ctx = createStepContext(
    { run, step, stage, work, attempt, root: input.place.root, earlier: input.earlier, signal: run.signals.signal },
    calls,
  );
  const started = clock.monotonic();
  const done = await guarded(run, work.task.id, () =>
    runVisit(ctx, input.blueprint, { formerAttempt: input.former, before: input.before }),
  );
  const output = await storeOutput(run, done.output);
  const summary = input.recheck ? `${done.summary.replace(/\.$/, '')}, in the merged tree.` : done.summary;
  const record: StepRecord = {
    ...step,
    status: done.status,
    finishedAt: clock.now(),
    tookMs: Math.round(clock.monotonic() - started),
    summary: run.ports.redact(summary),
    evidence: done.evidence,
    ...(output && { output }),
    ...(done.result !== undefined && { result: done.result }),
    ...(done.route && { next: done.route }),
    ...(done.failedAs && { failedAs: done.failedAs }),
    ...(done.cannotRun && { error: { code: 'stage-cannot-run', params: done.cannotRun } }),
  };
  fold(input.machine, record);
  const move = input.machine.move();
  run.journal.note(
    [{ table: 'steps', row: record }],
    [
      {
        type: 'stage-finished',
        step: key,
        task: work.task.id,
        attempt,
        stage: stage.id,
        visit: input.visit,
        outcome: done.status,
        durationMs: Math.round(clock.monotonic() - started),
        costUsd: ctx.cost.usd,
        summary: record.summary,
        next: nextName(move),
        ...(stage.checkpoint && done.status === 'succeeded' && { checkpoint: true as const }),
      },
    ],
  );
  // What follows at once has a commit of its own:
  // the task's end, or its merge, for which it may have to wait. One flush for both.
  if (input.place.worktree !== undefined && isReadyToMerge(move, input.blueprint)) run.journal.handIn();
  else if (move.type !== 'done') await run.journal.commit();
  return record;
}

/** A record that does not fit where the machine stands is the check that was run again after the merge. */
function fold(machine: Machine, step: StepRecord): void {
  if (step.status === 'running') return;
  const visit: FinishedVisit = {
    key: step.key,
    stage: step.stage,
    visit: step.visit,
    status: step.status,
    evidence: step.evidence,
    ...(step.next && { route: step.next }),
    ...(step.failedAs && { failedAs: step.failedAs }),
    ...(step.error?.code === 'stage-cannot-run' && { cannotRun: step.error.params }),
  };
  const move = machine.move();
  if (move.type === 'enter' && move.stage === step.stage) machine.finish(visit);
  else machine.recheck(visit);
}

const nextName = (move: Move): string =>
  move.type === 'enter'
    ? move.stage
    : move.type === 'done'
      ? 'done'
      : move.type === 'attempt-failed'
        ? 'fail'
        : 'paused';

/** For the top of the next attempt's prompts: how the last one ended, and what it left in the tree. */
async function formerAttempt(
  run: RunPart<'id' | 'config', 'store'>,
  task: string,
  attempt: number,
  place: Place,
  steps: readonly StepRecord[],
): Promise<string> {
  const own = steps.filter((step) => step.attempt === attempt);
  const failed = own.findLast((step) => step.status === 'failed');
  const output = failed ? await readOutput(run.ports.store, failed) : '';
  const ended = failed ? `${failed.stage}: ${failed.summary}\n${clip(output, 8000)}` : 'It did not reach its end.';
  const left = failed?.next === FRESH ? madeWorktree(steps.filter((step) => step.order < failed.order)) : undefined;
  if (left)
    return `${ended}\n\nIts changes are not in the tree you see, which is as others have left it since. They were:\n${clip(await taskDiff(run, task, left.root), 8000) || 'nothing'}`;
  return `${ended}\n\nWhat it left in the tree:\n${clip(await taskDiff(run, task, place.root), 8000) || 'nothing'}`;
}

/** What the person took out when the work was merged, with their words. */
async function mergedInPart(store: Store, merge: StepRecord): Promise<string> {
  const report = merge.status === 'succeeded' ? await readOutput(store, merge) : '';
  return report && `The person left parts of these changes out of the tree: ${report}`;
}

export const taskChangedEvent = (task: string, attempt: number, end: TaskEnd): EventBody => ({
  type: 'task-changed',
  task,
  attempt,
  status: end.status,
  ...(end.status === 'done' ? { unverified: end.unverified } : { reason: end.reason }),
});

/** A run begins, or goes on, in this process; or it is given up. */
import { stopped } from '../../engine/runs/end-run.js';
import { beginRun, runPlan } from '../../engine/runs/run-plan.js';
import { OpenExecError } from '../../errors.js';
import type { Blueprint } from '../../model/blueprint.js';
import type { EventOf } from '../../model/event.js';
import { findTask } from '../../model/plan.js';
import { emptyRun, type RunRecord } from '../../model/run.js';
import { finishedRun } from '../../model/status.js';
import { storyOfCheck } from '../../model/plain/story-check.js';
import { createBudgetMeter } from '../../record/budget.js';
import { createLiveRun, type LiveRun } from '../../record/live-run.js';
import type { TaskSnapshot } from '../../record/step-context.js';
import { planIndex, requireRun, type Environment } from '../environment.js';
import { readFrozen, unreadable } from './frozen-blueprint.js';
import { loadLiveRun } from './load-live-run.js';
import type { Prepared } from './prepare-run.js';
import { progressRow } from '../plans/progress.js';
import { quickFixDocument, quickFixOf } from './quick-fix.js';
import { orRelease, owning, type RunClaim } from './run-owner.js';
import { storyCheckSnapshot } from '../plans/story-checks.js';

/** `instead`: a run that rests, given up once nothing stands against the new one. */
export async function createRun(env: Environment, input: Prepared, instead?: string): Promise<string> {
  const frozen = readFrozen(env, input.record);
  if ('problem' in frozen) throw unreadable(input.record, frozen.problem);
  // Before the first record: a tree that has no room for the branch refuses the start.
  if (input.record.config.branch)
    await env.ports.git.startBranch(env.root, input.record.config.branch, env.ports.clock.timeout(20_000));
  if (instead !== undefined) await cancelRun(env, instead);
  const { record, created, writes = [] } = input;
  const state = emptyRun(record.id);
  const claim = env.owners.claimAtFirstCommit(record.id);
  const budget = createBudgetMeter(record.config.budget, { usd: 0, tokens: 0, calls: 0 });
  const run = createLiveRun({
    ports: claim.ports,
    sinks: env.sinks,
    record,
    state,
    order: 0,
    budget,
    answers: record.config.answers ?? [],
  });
  return await orRelease(claim, async () => {
    await run.journal.commit([...writes, { table: 'runs', row: record }], [created]);
    const first = { ...created, v: 1 as const, run: record.id, seq: 1, at: state.createdAt, ran: 0 };
    await startRun(env, run, first, frozen.blueprint, claim);
    return record.id;
  });
}

/**
 * Resolves once it is recorded that the run goes;
 * it goes on by itself, and its row and last event say how it ended. Its claim goes with it.
 */
export async function startRun(
  env: Environment,
  run: LiveRun,
  created: EventOf<'run-created'>,
  blueprint: Blueprint,
  claim: RunClaim,
): Promise<void> {
  const { record } = run;
  await beginRun(run);
  const ended = runPlan(run, {
    blueprint,
    created,
    snapshot: (task) => snapshotOf(env, record, task),
    progressRow: (task, progress, worked) => progressRow(env, record, task, progress, worked),
  })
    .catch((error: unknown) => env.ports.log.error(`Run ${record.id} could not be recorded`, error))
    .finally(async () => {
      env.live.delete(record.id);
      env.sinks.changes.fire({ type: 'runs' });
      await claim.release();
    });
  env.live.set(record.id, { run, ended });
}

/** Ends a run for good, whether it goes or rests. Errors: run-not-found, run-state. */
export async function cancelRun(env: Environment, run: string): Promise<void> {
  const live = env.live.get(run);
  if (live) {
    live.run.signals.cancel();
    await live.ended;
    return;
  }
  await requireUnfinished(env, run);
  await owning(env.owners, run, async (ports) => {
    const loaded = await loadLiveRun(env, await requireUnfinished(env, run), ports);
    loaded.run.signals.cancel();
    await stopped(loaded.run, loaded.run.signals.signal.reason);
  });
  env.sinks.changes.fire({ type: 'runs' });
  env.sinks.changes.fire({ type: 'approvals' });
}

/** Errors: run-not-found, run-state. */
export async function requireUnfinished(env: Environment, run: string): Promise<RunRecord> {
  const record = await requireRun(env, run);
  if (finishedRun(record.status)) throw new OpenExecError('run-state', { status: record.status });
  return record;
}

async function snapshotOf(env: Environment, record: RunRecord, task: string): Promise<TaskSnapshot | undefined> {
  if (record.kind === 'quick-fix') {
    return findTask(quickFixDocument(await quickFixOf(env, record)), task);
  }
  const checked = storyOfCheck(task);
  if (checked !== undefined) return await storyCheckSnapshot(env, record, checked);
  return record.plan ? (await planIndex(env, record.plan))?.tasks.get(task) : undefined;
}

/**
 * Taking back what a run wrote: shown first, then done, then taken back again if the person likes.
 * One at a time, and never beside a run that is going.
 */
import { carriedError, OpenExecError, type ErrorCode } from '../errors.js';
import { planRollback, type RollbackPlan } from '../engine/rollback/rollback-plan.js';
import { performRollback, settleRollback } from '../engine/rollback/rollback.js';
import type { RollbackWorld } from '../engine/rollback/rollback-outcome.js';
import { dependentsOf } from '../engine/rollback/rollback-scope.js';
import { eachTask } from '../model/plan.js';
import type { Handlers } from '../model/requests.js';
import {
  rollbackKey,
  type RollbackPreview,
  type RollbackRecord,
  type RollbackSummary,
  type RollbackTarget,
} from '../model/rollback.js';
import type { RunRecord } from '../model/run.js';
import { settledTask } from '../model/status.js';
import { SMALL_BLOB } from '../ports/ports.js';
import { findRow, listRows, valueOf } from '../record/small-rows.js';
import type { Alone } from './runs/alone.js';
import { requirePlan, requireRun, type Environment } from './environment.js';
import { loadLiveRun } from './runs/load-live-run.js';
import { planProgress } from './plans/progress.js';
import { owning } from './runs/run-owner.js';

type Methods = 'rollback/preview' | 'rollback/apply' | 'rollback/redo' | 'rollback/list';

export interface RollbackRequests {
  handlers: Pick<Handlers, Methods>;
  /** Ends those that a crash cut off. A failure is logged; the next request for that run tries again. */
  settleAll(): Promise<void>;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

export function rollbackRequests(env: Environment, alone: Alone): RollbackRequests {
  const { log } = env.ports;
  let last: Promise<unknown> = Promise.resolve();

  /** In order of asking; refuses while a run goes. What was cut off before is brought to its end first. */
  const turn = <T>(
    run: string,
    action: (world: RollbackWorld) => Promise<T>,
    signal: AbortSignal,
    { writes }: { writes: boolean },
  ): Promise<T> => {
    const mine = last.then(async () => {
      signal.throwIfAborted();
      // One that has ended or paused lets go in this moment.
      for (const { run: live, ended } of [...env.live.values()])
        if (live.state.status !== 'running' && live.state.status !== 'queued') await ended;
      const going = env.live.get(run) ?? [...env.live.values()][0];
      if (going) throw new OpenExecError('rollback-live', { title: going.run.record.title });
      const record = await requireRun(env, run);
      return await alone(record.title, async () => {
        const open = (await recordsOf(env, run)).filter((one) => one.status === 'applying');
        if (open.length === 0 && !writes) return await action(await worldOf(env, record));
        return await owning(env.owners, run, async (ports) => {
          for (const one of open)
            await settleRollback(await worldOf(env, await requireRun(env, run), ports), one, signal);
          return await action(await worldOf(env, await requireRun(env, run), ports));
        });
      });
    });
    last = mine.catch(() => undefined); // whoever asked hears of its failure
    return mine;
  };

  const planOf = async (
    world: RollbackWorld,
    target: RollbackTarget,
    diff: boolean,
    signal: AbortSignal,
  ): Promise<RollbackPlan> => {
    const of =
      target.redo === undefined ? undefined : (await recordsOf(env, target.run)).find((one) => one.id === target.redo);
    if (target.redo !== undefined && !of) throw new OpenExecError('rollback-not-found', {});
    return await planRollback(world.run, world.created, target, of, { diff }, signal);
  };

  const perform = async (world: RollbackWorld, plan: RollbackPlan, signal: AbortSignal): Promise<RollbackSummary> => {
    if (plan.problem) throw carriedError(plan.problem.code as ErrorCode, plan.problem.params);
    return summary(await performRollback(world, plan, (await recordsOf(env, plan.target.run)).length + 1, signal));
  };

  return {
    handlers: {
      'rollback/preview': ({ diff, ...target }, signal) =>
        turn(target.run, async (world) => await shown(env, world, await planOf(world, target, diff, signal)), signal, {
          writes: false,
        }),
      'rollback/apply': ({ token, ...target }, signal) =>
        turn(
          target.run,
          async (world) => {
            const plan = await planOf(world, target, false, signal);
            if (plan.token !== token) throw new OpenExecError('rollback-stale', {});
            return await perform(world, plan, signal);
          },
          signal,
          { writes: true },
        ),
      'rollback/redo': ({ run, rollback }, signal) =>
        turn(
          run,
          async (world) => {
            const newest = (await recordsOf(env, run))
              .filter((one) => one.status === 'done' && one.of === undefined)
              .at(-1);
            const redo = rollback ?? newest?.id;
            if (redo === undefined) throw new OpenExecError('rollback-not-found', {});
            return await perform(
              world,
              await planOf(world, { run, redo, dependents: 'with', leave: [] }, false, signal),
              signal,
            );
          },
          signal,
          { writes: true },
        ),
      'rollback/list': async ({ run }) => (await recordsOf(env, run)).map(summary).reverse(),
    },
    async settleAll() {
      for (const { name: id } of await listRows(env.ports, 'rollback-open')) {
        try {
          const found = await findRow(env.ports, 'rollback', rollbackKey(id));
          if (!found) throw new OpenExecError('rollback-not-found', {});
          const record = valueOf(found);
          await owning(env.owners, record.run, async (ports) => {
            const world = await worldOf(env, await requireRun(env, record.run), ports);
            await settleRollback(world, record, new AbortController().signal);
          });
        } catch (error) {
          log.error(`The rollback ${id} was cut off and could not be brought to its end`, error);
        }
      }
    },
    idle: async () => void (await last),
  };
}

async function worldOf(env: Environment, record: RunRecord, ports = env.ports): Promise<RollbackWorld> {
  const { run, created } = await loadLiveRun(env, record, ports);
  return { run, created };
}

/** Oldest first. Errors: record-invalid: what one that cannot be read took back is not known. */
async function recordsOf(env: Environment, run: string): Promise<RollbackRecord[]> {
  const rows = await listRows(env.ports, 'rollback', run);
  return rows.map(valueOf).sort((a, b) => numberOf(a.id) - numberOf(b.id));
}
const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf('/') + 1));

const summary = ({ tasks, ...record }: RollbackRecord): RollbackSummary => ({
  id: record.id,
  run: record.run,
  of: record.of,
  task: record.task,
  step: record.step,
  status: record.status,
  at: record.at,
  kept: record.kept,
  left: record.left,
  reverts: record.reverts,
  commit: record.commit,
  files: record.files,
  tasks: tasks.map((task) => task.id),
});

async function shown(env: Environment, { run, created }: RollbackWorld, plan: RollbackPlan): Promise<RollbackPreview> {
  // What a merge makes is kept, so that the doors can show it; all else is stored already.
  for (const { file, contents } of plan.files)
    for (const [index, write] of file.writes.entries()) {
      const then = contents[index]?.then;
      if (!then || (file.outcome !== 'merge' && write.op !== 'rename')) continue;
      if (then.length > SMALL_BLOB) await env.ports.store.putBlob(then);
      else if (write.then !== null)
        await env.ports.store.commit([{ table: 'blobs', row: { hash: write.then, bytes: then } }]);
    }
  const included = new Set(plan.tasks.map((task) => task.id));
  const elsewhere = plan.of
    ? []
    : await dependentsElsewhere(env, run.record, included, new Set(created.tasks.map((task) => task.id)));
  return {
    token: plan.token,
    tasks: plan.tasks.map(({ id, title }) => ({ id, title })),
    dependents: [
      ...plan.dependents.map(({ id, title }) => ({ id, title, included: plan.target.dependents === 'with' })),
      ...elsewhere,
    ],
    files: plan.files.map(({ file }) => file),
    commits: plan.reverts,
    notes: plan.notes,
    problem: plan.problem,
  };
}

/** Tasks of the plan that other runs did on top of these. */
async function dependentsElsewhere(
  env: Environment,
  record: RunRecord,
  tasks: ReadonlySet<string>,
  ownTasks: ReadonlySet<string>,
): Promise<RollbackPreview['dependents']> {
  if (record.plan === undefined || !(await env.ports.store.plan(record.plan))) return [];
  const plan = await requirePlan(env, record.plan);
  const graph = {
    tasks: [...eachTask(plan.document)].map(({ story, task }) => ({
      id: task.id,
      title: task.title,
      story: story.id,
      storyTitle: story.title,
      dependsOn: task.depends_on,
      mode: story.mode ?? ('sequential' as const),
    })),
    stories: plan.document.stories.map((story) => ({
      id: story.id,
      title: story.title,
      dependsOn: story.depends_on,
      pauseAfter: false,
    })),
  };
  const titles = new Map(graph.tasks.map((task) => [task.id, task.title]));
  const progress = await planProgress(env, plan);
  return [...dependentsOf(graph, [...tasks])].flatMap((id) => {
    const own = progress[id];
    if (
      !own ||
      own.run === '' ||
      own.run === record.id ||
      !settledTask(own.status) ||
      (ownTasks.has(id) && tasks.has(id))
    )
      return [];
    return [{ id, title: titles.get(id) ?? '', included: false, elsewhere: own.run }];
  });
}

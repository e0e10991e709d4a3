/** Looking at a run again: exact replay. */
import { OpenExecError } from '../errors.js';
import { replayRun } from '../engine/replay/replay.js';
import { differingFiles, sharePast } from '../engine/replay/rerun.js';
import type { TaskSnapshot } from '../record/step-context.js';
import { storyCheckTask } from '../engine/tasks/story-check.js';
import { findTask } from '../model/plan.js';
import type { Handlers, Params } from '../model/requests.js';
import type { RunRecord } from '../model/run.js';
import { storyOfCheck } from '../model/plain/story-check.js';
import { readBlueprint } from './blueprints.js';
import { requireRun, type Environment } from './environment.js';
import { quickFixDocument, quickFixOf } from './runs/quick-fix.js';

type Methods = 'run/replay' | 'run/rerun';

export const replayHandlers = (env: Environment, resume: (run: string) => Promise<void>): Pick<Handlers, Methods> => ({
  'run/rerun': (params, signal) => rerun(env, resume, params, signal),
  'run/replay': async ({ run: id }, signal) => {
    const run = await requireRun(env, id);
    return await replayRun(
      {
        run,
        ports: env.ports,
        parse: (text) => readBlueprint(text, `${run.config.blueprint.id}.yaml`),
        planned: (task, at) => planned(env, run, task, at),
        onProgress: (done, total) =>
          env.sinks.progress.fire({ run: id, task: '', stage: 'replay', kind: 'message', text: `${done}/${total}` }),
      },
      signal,
    );
  },
});

/**
 * Refuses when files are not as they were before that step, unless the person takes them as they are.
 * Errors: rerun-tree-changed, step-not-found, run-state, run-active.
 */
async function rerun(
  env: Environment,
  resume: (run: string) => Promise<void>,
  { run: id, step, anyway, onAsk }: Params<'run/rerun'>,
  signal: AbortSignal,
): Promise<{ run: string }> {
  const { store, ids, clock, hasher, workspace } = env.ports;
  const old = await requireRun(env, id);
  if (env.live.has(id)) throw new OpenExecError('run-state', { status: 'running' });
  const [other] = env.live.values();
  if (other) throw new OpenExecError('run-active', { title: other.run.record.title });
  const fresh = ids.next('run');
  const { writes, expected } = await sharePast(store, old, step, { id: fresh, at: clock.now(), onAsk }, signal);
  const differing = anyway ? [] : await differingFiles(workspace, hasher, old.root, expected, signal);
  if (differing.length > 0)
    throw new OpenExecError('rerun-tree-changed', { files: differing.length, first: differing[0] ?? '' });
  await store.commit(writes);
  env.sinks.changes.fire({ type: 'runs' });
  await resume(fresh);
  return { run: fresh };
}

/** A task as the plan said at that time: the newest iteration there was. */
async function planned(env: Environment, run: RunRecord, task: string, at: number): Promise<TaskSnapshot | undefined> {
  if (run.kind === 'quick-fix') return findTask(quickFixDocument(await quickFixOf(env, run)), task);
  if (!run.plan) return undefined;
  const iterations = await env.ports.store.iterations(run.plan);
  const then =
    iterations.findLast((iteration) => iteration.at <= at) ??
    iterations.find((iteration) => iteration.iteration === run.iteration);
  const checked = storyOfCheck(task);
  const story = then?.document.stories.find((one) => one.id === checked);
  if (story) return storyCheckTask(story);
  return then && findTask(then.document, task);
}

/** Which tasks an unfinished run has begun or done: their place in the plan and their text are no longer free. */
import type { RunRecord } from '../../model/run.js';
import { unfinishedStatuses } from '../../model/status.js';
import type { Environment } from '../environment.js';

/** Runs of a plan that could still go on, however old, newest first. */
export const unfinishedRuns = async (env: Pick<Environment, 'ports'>, plan: string): Promise<RunRecord[]> =>
  (await env.ports.store.runsIn(unfinishedStatuses)).filter((run) => run.plan === plan);

/** By task, of those given: the run. `runs` = the plan's unfinished ones. */
export async function begunTasks(
  env: Environment,
  runs: readonly RunRecord[],
  tasks: readonly string[],
): Promise<Map<string, RunRecord>> {
  const found = new Map<string, RunRecord>();
  for (const run of tasks.length > 0 ? runs : []) {
    const begun = env.live.get(run.id)?.run.state.tasks;
    for (const task of tasks.filter((id) => run.tasks.includes(id) && !found.has(id))) {
      const isBegun = begun
        ? !['pending', 'ready', 'blocked', 'skipped'].includes(begun.get(task)?.status ?? 'pending')
        : (await env.ports.store.steps(run.id, task)).length > 0;
      if (isBegun) found.set(task, run);
    }
  }
  return found;
}

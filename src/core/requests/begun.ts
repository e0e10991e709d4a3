/** Which tasks an unfinished run has begun or done: their place in the plan and their text are no longer free. */
import type { PlanRecord } from '../model/plan.js';
import type { RunRecord } from '../model/run.js';
import { finishedRun } from '../model/status.js';
import type { Environment } from './environment.js';

/** By task, of those given: the run. */
export async function begunTasks(env: Environment, plan: PlanRecord, tasks: readonly string[]): Promise<Map<string, RunRecord>> {
  const found = new Map<string, RunRecord>();
  if (tasks.length === 0) return found;
  for (const run of await env.ports.store.runs(500)) {
    if (run.plan !== plan.id || finishedRun(run.status)) continue;
    const begun = env.live.get(run.id)?.session.state.tasks;
    for (const task of tasks.filter((id) => run.tasks.includes(id))) {
      const isBegun = begun ? !['pending', 'ready', 'blocked', 'skipped'].includes(begun.get(task)?.status ?? 'pending') : (await env.ports.store.steps(run.id, task)).length > 0;
      if (isBegun && !found.has(task)) found.set(task, run);
    }
  }
  return found;
}

/** Where each task of a plan stands, over its runs: the newest run that held the task says it. */
import { eachTask, type PlanRecord } from '../../src/core/model/plan.js';
import { applyEvent, emptyRun, type RunRecord, type TaskState } from '../../src/core/model/run.js';
import type { Host } from '../host.js';

/** Runs further back than this are not read: their tasks count as never run. */
const RUNS = 10;
const PAGE = 2000;

export async function loadTaskStates(
  host: Pick<Host, 'request'>,
  plan: PlanRecord,
  runs: readonly RunRecord[],
  watched: string | undefined,
): Promise<Map<string, TaskState>> {
  const states = new Map<string, TaskState>();
  const missing = new Set([...eachTask(plan.document)].map(({ task }) => task.id));
  for (const run of runs.filter((each) => each.plan === plan.id).slice(0, RUNS)) {
    const here = run.tasks.filter((task) => missing.has(task));
    if (here.length === 0) continue;
    for (const task of here) missing.delete(task);
    if (run.id === watched) continue; // it is followed event by event
    const state = emptyRun(run.id);
    for (let page = PAGE; page === PAGE; ) {
      const events = await host.request('run/events', { run: run.id, after: state.seq, limit: PAGE });
      for (const event of events) applyEvent(state, event);
      page = events.length;
    }
    for (const task of here) {
      const found = state.tasks.get(task);
      if (found) states.set(task, found);
    }
  }
  return states;
}

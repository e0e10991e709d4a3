/** How the tasks of a plan stand over all its runs: one row a task, so that a run of n tasks writes n small rows. */
import { canonicalJson } from '../../../base/canonical.js';
import { eachTask, type PlanRecord, type Task } from '../../model/plan.js';
import type { TaskProgress } from '../../model/requests.js';
import type { RunRecord } from '../../model/run.js';
import type { Write } from '../../ports/ports.js';
import { listRows, readRow, writeRow } from '../../record/small-rows.js';
import { storyCheckId, storyOfCheck } from '../../model/plain/story-check.js';
import { planIndex, type Environment } from '../environment.js';

export const hashTask = (env: Pick<Environment, 'ports'>, task: Task): string =>
  env.ports.hasher.sha256(canonicalJson(task));

export async function planProgress(
  env: Pick<Environment, 'ports'>,
  plan: PlanRecord,
): Promise<Record<string, TaskProgress>> {
  const rows = await listRows(env.ports, 'plan-task', plan.id);
  const tasks = new Map([...eachTask(plan.document)].map(({ task }) => [task.id, task]));
  const progress: Record<string, TaskProgress> = {};
  for (const { name: id, value } of rows) {
    const task = tasks.get(id);
    // A row of a task that is no longer in the plan says nothing about the plan.
    if (task && value)
      progress[id] = {
        ...value,
        durationMs: Math.max(0, value.durationMs),
        edited: value.taskHash !== hashTask(env, task),
      };
  }
  return progress;
}

export async function progressRow(
  env: Environment,
  record: RunRecord,
  task: string,
  progress: Omit<TaskProgress, 'taskHash' | 'edited'>,
  worked?: Task,
): Promise<Write | undefined> {
  if (!record.plan) return undefined;
  const index = await planIndex(env, record.plan);
  const checked = storyOfCheck(task);
  if (checked !== undefined) {
    const script =
      worked?.verification_script ??
      index?.plan.document.stories.find((story) => story.id === checked)?.verification_script ??
      '';
    const taskHash = env.ports.hasher.sha256(script);
    return writeRow('plan-task', [record.plan, task], { ...progress, taskHash, edited: false });
  }
  const text = worked ?? index?.tasks.get(task)?.task;
  if (!text) return undefined;
  return writeRow('plan-task', [record.plan, task], { ...progress, taskHash: hashTask(env, text), edited: false });
}

/** How a story's own check ended when it was last made. */
export async function storyCheckStatus(
  env: Pick<Environment, 'ports'>,
  plan: string,
  story: string,
): Promise<TaskProgress['status'] | undefined> {
  return (await readRow(env.ports, 'plan-task', [plan, storyCheckId(story)]))?.status;
}

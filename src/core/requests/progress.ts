/** How the tasks of a plan stand over all its runs: one row a task, so that a run of n tasks writes n small rows. */
import { canonicalJson } from '../../base/canonical.js';
import { eachTask, type PlanRecord, type Task } from '../model/plan.js';
import { progressKey, progressPrefix, taskProgressSchema, type TaskProgress } from '../model/requests.js';
import type { RunRecord } from '../model/run.js';
import type { Write } from '../ports/ports.js';
import { storyCheckId, storyOfCheck } from '../model/story-check.js';
import { planIndex, type Environment } from './environment.js';

export { progressKey };

export const hashTask = (env: Pick<Environment, 'ports'>, task: Task): string =>
  env.ports.hasher.sha256(canonicalJson(task));

export async function planProgress(
  env: Pick<Environment, 'ports'>,
  plan: PlanRecord,
): Promise<Record<string, TaskProgress>> {
  const rows = await env.ports.store.settings(progressPrefix(plan.id));
  const tasks = new Map([...eachTask(plan.document)].map(({ task }) => [task.id, task]));
  const progress: Record<string, TaskProgress> = {};
  for (const { key, value } of rows) {
    const id = key.slice(progressPrefix(plan.id).length);
    const task = tasks.get(id);
    const parsed = taskProgressSchema.safeParse(value);
    // A row of a task that is no longer in the plan, or of a version that cannot be read, says nothing about the plan.
    if (task && parsed.success) progress[id] = { ...parsed.data, edited: parsed.data.taskHash !== hashTask(env, task) };
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
    return {
      table: 'settings',
      row: {
        key: progressKey(record.plan, task),
        value: { ...progress, taskHash: env.ports.hasher.sha256(script), edited: false },
      },
    };
  }
  const text = worked ?? index?.tasks.get(task)?.task;
  if (!text) return undefined;
  return {
    table: 'settings',
    row: { key: progressKey(record.plan, task), value: { ...progress, taskHash: hashTask(env, text), edited: false } },
  };
}

/** How a story's own check ended when it was last made. */
export async function storyCheckStatus(
  env: Pick<Environment, 'ports'>,
  plan: string,
  story: string,
): Promise<TaskProgress['status'] | undefined> {
  return taskProgressSchema.safeParse(await env.ports.store.setting(progressKey(plan, storyCheckId(story)))).data
    ?.status;
}

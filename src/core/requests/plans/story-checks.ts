/** Which stories' own checks a run makes: those whose tasks are all done with it. */
import type { TaskSnapshot } from '../../record/step-context.js';
import { storyCheckTask } from '../../engine/tasks/story-check.js';
import type { PlanDocument, PlanRecord, Story } from '../../model/plan.js';
import type { TaskProgress } from '../../model/requests.js';
import type { RunRecord } from '../../model/run.js';
import { settledTask } from '../../model/status.js';
import { planIndex, type Environment } from '../environment.js';
import { planProgress, storyCheckStatus } from './progress.js';

const isWhole = (story: Story, inRun: ReadonlySet<string>, progress: Readonly<Record<string, TaskProgress>>): boolean =>
  story.tasks.every(
    ({ id }) => inRun.has(id) || (settledTask(progress[id]?.status ?? 'pending') && !progress[id]?.edited),
  );

/**
 * Stories to be checked in a run of these tasks.
 * `all`: also those whose tasks are done already and whose check failed when it was last made.
 */
export async function storiesToCheck(
  env: Environment,
  plan: PlanRecord,
  tasks: readonly string[],
  all: boolean,
): Promise<Story[]> {
  const stories = plan.document.stories.filter((story) => story.verification_script.trim() !== '');
  if (stories.length === 0) return [];
  const progress = await planProgress(env, plan);
  const inRun = new Set(tasks);
  const found: Story[] = [];
  for (const story of stories) {
    if (story.tasks.length === 0 || !isWhole(story, inRun, progress)) continue;
    if (
      story.tasks.some(({ id }) => inRun.has(id)) ||
      (all && (await storyCheckStatus(env, plan.id, story.id)) === 'failed')
    )
      found.push(story);
  }
  return found;
}

/**
 * The check as it is in the newest iteration; undefined when the story has none any more, or tasks that are not done.
 */
export async function storyCheckSnapshot(
  env: Environment,
  record: RunRecord,
  storyId: string,
): Promise<TaskSnapshot | undefined> {
  const index = record.plan === undefined ? undefined : await planIndex(env, record.plan);
  const story = index?.plan.document.stories.find((one) => one.id === storyId);
  if (!index || !story?.verification_script.trim()) return undefined;
  const inRun = new Set(record.tasks);
  const others = story.tasks.some(({ id }) => !inRun.has(id));
  return others && !isWhole(story, inRun, await planProgress(env, index.plan)) ? undefined : storyCheckTask(story);
}

/** For the first event of a run: stories of its tasks, and those it only checks. */
export function storiesOfRun(document: PlanDocument, tasks: readonly string[], checks: readonly Story[]) {
  const inRun = new Set(tasks);
  const checked = new Set(checks.map((story) => story.id));
  return document.stories
    .filter((story) => checked.has(story.id) || story.tasks.some(({ id }) => inRun.has(id)))
    .map((story) => ({
      id: story.id,
      title: story.title,
      dependsOn: story.depends_on,
      pauseAfter: story.pause_after ?? false,
      ...(checked.has(story.id) && { check: true }),
    }));
}

/** By goal: whether all its stories are done. A goal without a story is not met; no model has a say in it. */
export async function goalsMet(
  env: Environment,
  plan: PlanRecord,
  progress: Readonly<Record<string, TaskProgress>>,
): Promise<Record<string, boolean>> {
  const met: Record<string, boolean> = {};
  for (const goal of plan.document.goals) {
    const stories = plan.document.stories.filter((story) => story.goal_id === goal.id);
    met[goal.id] = stories.length > 0;
    for (const story of stories) if (met[goal.id]) met[goal.id] = await isDone(env, plan.id, story, progress);
  }
  return met;
}

async function isDone(
  env: Environment,
  plan: string,
  story: Story,
  progress: Readonly<Record<string, TaskProgress>>,
): Promise<boolean> {
  if (story.tasks.length === 0 || !isWhole(story, new Set(), progress)) return false;
  return (
    story.verification_script.trim() === '' || settledTask((await storyCheckStatus(env, plan, story.id)) ?? 'pending')
  );
}

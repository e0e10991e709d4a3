/** Which stories' own checks a run makes: those whose tasks are all done with it. */
import type { TaskSnapshot } from '../engine/step-context.js';
import { storyCheckTask } from '../engine/story-check.js';
import type { PlanDocument, PlanRecord, Story } from '../model/plan.js';
import type { TaskProgress } from '../model/requests.js';
import type { RunRecord } from '../model/run.js';
import { settledTask } from '../model/status.js';
import { planIndex, type Environment } from './environment.js';
import { planProgress, storyCheckStatus } from './progress.js';

const isWhole = (story: Story, inRun: ReadonlySet<string>, progress: Readonly<Record<string, TaskProgress>>): boolean =>
  story.tasks.every(({ id }) => inRun.has(id) || (settledTask(progress[id]?.status ?? 'pending') && !progress[id]?.edited));

/** Stories to be checked in a run of these tasks. `all`: also those whose tasks are done already and whose check failed when it was last made. */
export async function storiesToCheck(env: Environment, plan: PlanRecord, tasks: readonly string[], all: boolean): Promise<Story[]> {
  const stories = plan.document.stories.filter((story) => story.verification_script.trim() !== '');
  if (stories.length === 0) return [];
  const progress = await planProgress(env, plan);
  const inRun = new Set(tasks);
  const found: Story[] = [];
  for (const story of stories) {
    if (story.tasks.length === 0 || !isWhole(story, inRun, progress)) continue;
    if (story.tasks.some(({ id }) => inRun.has(id)) || (all && (await storyCheckStatus(env, plan.id, story.id)) === 'failed')) found.push(story);
  }
  return found;
}

/** The check as it is in the newest iteration; undefined when the story has none any more, or tasks that are not done. */
export async function storyCheckSnapshot(env: Environment, record: RunRecord, storyId: string): Promise<TaskSnapshot | undefined> {
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
    .map((story) => ({ id: story.id, title: story.title, dependsOn: story.depends_on, pauseAfter: story.pause_after ?? false, ...(checked.has(story.id) && { check: true }) }));
}


/** Where the plan's tasks stand: the watched run's word where it has the task, else the newest earlier run's. */
import { findTask, type PlanDocument } from '../../src/core/model/plan.js';
import type { TaskState } from '../../src/core/model/run.js';
import { storyCheckId } from '../../src/core/model/story-check.js';
import { settledTask } from '../../src/core/model/status.js';
import type { Snapshot } from '../store/panel.js';

export type TaskStates = { get(task: string): TaskState | undefined };
export interface TaskLooks {
  states: TaskStates;
  /** The first dependency that is not done. */
  waitsFor(task: string): string | undefined;
  /** A story's own check in the watched run. */
  checkOf(story: string): TaskState | undefined;
}

/** The watched run is one of this plan. */
const isOfPlan = ({ run, planView }: Snapshot): boolean =>
  run?.state.plan !== undefined && run.state.plan === planView?.plan?.id;

/** The plan shows the statuses of an earlier moment of its run. */
export const isPast = (snapshot: Snapshot): boolean => snapshot.moment !== null && isOfPlan(snapshot);

export function lazyTaskStates(snapshot: Snapshot): TaskStates {
  const { run, moment, taskStates } = snapshot;
  const watched = isOfPlan(snapshot) ? (moment?.state ?? run?.state)?.tasks : undefined;
  return { get: (task) => watched?.get(task) ?? taskStates.get(task) };
}

export function storyCheckOf(snapshot: Snapshot, story: string): TaskState | undefined {
  return isOfPlan(snapshot)
    ? (snapshot.moment?.state ?? snapshot.run?.state)?.checks.get(storyCheckId(story))
    : undefined;
}

export function openDependency(document: PlanDocument, states: TaskStates, id: string): string | undefined {
  const found = findTask(document, id);
  if (!found) return undefined;
  const isOpen = (task: string): boolean => !settledTask(states.get(task)?.status ?? 'pending');
  const own = found.task.depends_on.find(isOpen);
  if (own !== undefined) return own;
  return found.story.depends_on.find((story) =>
    document.stories.find((each) => each.id === story)?.tasks.some((task) => isOpen(task.id)),
  );
}

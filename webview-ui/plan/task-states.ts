/**
 * Where the plan's tasks stand: the watched run's word where it has begun the task, then
 * another that goes on, else the plan's progress.
 */
import type { RunState, TaskState } from '../../src/core/model/run.js';
import { storyCheckId } from '../../src/core/model/plain/story-check.js';
import { taskStanding, type TaskStanding } from '../../src/core/view/standing.js';
import type { Snapshot } from '../store/page.js';

export type TaskStates = { get(task: string): TaskStanding | undefined };
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
  const { run, moment, beside, progress } = snapshot;
  const watched = isOfPlan(snapshot) ? (moment?.state ?? run?.state) : undefined;
  const states: RunState[] = watched ? [watched, ...beside] : [...beside];
  // an edit since says nothing of an earlier moment
  const known = isPast(snapshot) ? withoutEdits(progress) : progress;
  return { get: (task) => taskStanding(task, states, known) };
}

const withoutEdits = (progress: Snapshot['progress']): Snapshot['progress'] =>
  Object.fromEntries(Object.entries(progress).map(([task, own]) => [task, { ...own, edited: false }]));

export function storyCheckOf(snapshot: Snapshot, story: string): TaskState | undefined {
  return isOfPlan(snapshot)
    ? (snapshot.moment?.state ?? snapshot.run?.state)?.checks.get(storyCheckId(story))
    : undefined;
}

/** A model worked on it: its money is known, or known to be unknown. */
export const hasCost = ({ tokens, costUsd }: TaskStanding): boolean => tokens > 0 || costUsd === null || costUsd > 0;

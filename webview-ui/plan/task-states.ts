/** Where the plan's tasks stand: the watched run's word where it has the task, else the newest earlier run's. */
import { findTask, type PlanDocument } from '../../src/core/model/plan.js';
import type { TaskState } from '../../src/core/model/run.js';
import { settledTask } from '../../src/core/model/status.js';
import type { Snapshot } from '../store/panel.js';

export type TaskStates = { get(task: string): TaskState | undefined };
export interface TaskLooks {
  states: TaskStates;
  /** The first dependency that is not done. */
  waitsFor(task: string): string | undefined;
}

export function lazyTaskStates({ run, planView, taskStates }: Snapshot): TaskStates {
  const watched = run && run.state.plan !== undefined && run.state.plan === planView?.plan?.id ? run.state.tasks : undefined;
  return { get: (task) => watched?.get(task) ?? taskStates.get(task) };
}

export function openDependency(document: PlanDocument, states: TaskStates, id: string): string | undefined {
  const found = findTask(document, id);
  if (!found) return undefined;
  const isOpen = (task: string): boolean => !settledTask(states.get(task)?.status ?? 'pending');
  const own = found.task.depends_on.find(isOpen);
  if (own !== undefined) return own;
  return found.story.depends_on.find((story) => document.stories.find((each) => each.id === story)?.tasks.some((task) => isOpen(task.id)));
}

/**
 * How a task of a plan stands over all its runs: what a run that is folded here says of it, else
 * what the plan's progress (`plan/get`) says. No events of an old run are needed for it. Free of
 * schemas: the editor asks it before it loads any.
 */
import { tookMs } from '../model/plain/run-time.js';
import { settledTask } from '../model/plain/settled.js';
import type { PlanDocument } from '../model/plan.js';
import type { TaskProgress } from '../model/requests.js';
import type { RunState, TaskState } from '../model/run.js';

export type TaskStanding = Pick<
  TaskState,
  | 'status'
  | 'attempt'
  | 'stage'
  | 'waitingFor'
  | 'blockedBy'
  | 'unverified'
  | 'reason'
  | 'commit'
  | 'costUsd'
  | 'tokens'
> & {
  durationMs?: number | undefined;
  /** Done, and edited since. */
  edited?: boolean | undefined;
  run: string;
};

export type Progress = Readonly<Record<string, TaskProgress>>;

/**
 * `states`: runs of the plan that are folded here, the one that counts first. Undefined when no run has begun the task.
 */
export function taskStanding(id: string, states: Iterable<RunState>, progress: Progress): TaskStanding | undefined {
  for (const run of states) {
    const task = run.tasks.get(id);
    if (!task) continue;
    // a run that ended without having begun it says nothing of it
    const untouched = task.status === 'pending' || task.status === 'cancelled';
    if (untouched && run.finishedAt !== undefined) continue;
    const durationMs = tookMs(task.began, task.ended ?? run.time);
    return { ...task, durationMs, edited: progress[id]?.edited, run: run.run };
  }
  const known = progress[id];
  return known && fromProgress(known);
}

const fromProgress = ({ commit, ...known }: TaskProgress): TaskStanding => ({
  status: known.status,
  unverified: known.unverified,
  edited: known.edited,
  reason: known.status === 'failed' || known.status === 'skipped' ? known.reason : undefined,
  commit: commit === '' ? undefined : commit,
  costUsd: known.costUsd,
  durationMs: known.durationMs,
  run: known.run,
  attempt: 1,
  stage: '',
  tokens: 0,
});

type StatusOf = (task: string) => { status: TaskState['status'] } | undefined;

const isOpen = (status: StatusOf, task: string): boolean => !settledTask(status(task)?.status ?? 'pending');

/** First thing a task of a plan waits for: one of its own dependencies, else a story its story depends on. */
export function waitsForInPlan(document: PlanDocument, id: string, status: StatusOf): string | undefined {
  const story = document.stories.find((each) => each.tasks.some((task) => task.id === id));
  const task = story?.tasks.find((each) => each.id === id);
  if (!story || !task) return undefined;
  const own = task.depends_on.find((other) => isOpen(status, other));
  if (own !== undefined) return own;
  return story.depends_on.find((before) =>
    document.stories.find((each) => each.id === before)?.tasks.some((other) => isOpen(status, other.id)),
  );
}

/** The same within a run, whose tasks know what they depend on. */
export const waitsForInRun = (run: RunState, task: TaskState): string | undefined =>
  task.dependsOn.find((id) => isOpen((other) => run.tasks.get(other), id));

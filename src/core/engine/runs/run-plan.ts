/**
 * The tasks of a run in dependency order. What is ready starts at once: in a worktree where its story is parallel, else
 * in the person's tree when that is free. A failed one blocks what depends on it, by name. It always ends in a named
 * state: completed, failed, cancelled or paused.
 */
import { deferred } from '../../../base/deferred.js';
import { isAbort, OpenExecError } from '../../errors.js';
import type { Blueprint } from '../../model/blueprint.js';
import type { EventOf } from '../../model/event.js';
import type { Task } from '../../model/plan.js';
import type { TaskProgress } from '../../model/requests.js';
import { taskState } from '../../model/run.js';
import { settledTask, type TaskStatus } from '../../model/status.js';
import type { Write } from '../../ports/ports.js';
import { finish, removeWorktrees, runRow, stopped } from './end-run.js';
import { createGraph, type Item } from './graph.js';
import { createLanes, whyNotBeside } from './lanes.js';
import { isMerged, type Lane } from '../places/place.js';
import { runTask, taskChangedEvent, type TaskEnd } from '../tasks/run-task.js';
import type { LiveRun } from '../../record/live-run.js';
import { isPause, PauseRun } from '../../record/signals.js';
import type { TaskSnapshot } from '../../record/step-context.js';
import { storyCheckBlueprint } from '../tasks/story-check.js';

export interface PlanRunInput {
  blueprint: Blueprint;
  created: EventOf<'run-created'>;
  /**
   * The newest iteration of a task, or of a story's check as a task;
   * undefined when it is no longer in the plan, or not to be checked any more.
   */
  /** `attempt`: absent = whether it is there at all. */
  snapshot(id: string, attempt?: number): Promise<TaskSnapshot | undefined>;
  /**
   * Row that says how a task of the plan, or a story's check, stands over all runs.
   * `worked`: the text it was worked on with, where it came to that.
   */
  progressRow(
    id: string,
    progress: Omit<TaskProgress, 'taskHash' | 'edited'>,
    worked: Task | undefined,
  ): Promise<Write | undefined>;
}

/** Records that the run goes, before anyone is told that it does. */
export async function beginRun(run: LiveRun): Promise<void> {
  await run.journal.commit(
    [runRow(run, 'running')],
    [{ type: run.state.status === 'queued' ? 'run-started' : 'run-resumed' }],
  );
  run.changed('runs');
}

/** Runs until it ends or pauses, and records which. Never rejects for what happens inside the run. */
export async function runPlan(run: LiveRun, input: PlanRunInput): Promise<void> {
  try {
    await runItems(run, input, await canWorkBeside(run, input));
    await finish(run, input.created);
  } catch (error) {
    await stopped(run, error);
  } finally {
    run.changed('runs', 'approvals');
  }
}

/**
 * Worktrees need commits to stand on and to end in.
 * Where there are none, parallel stories run one task after the other, and that is said once.
 */
async function canWorkBeside(run: LiveRun, { created }: PlanRunInput): Promise<boolean> {
  const statuses = created.tasks.map((task) => ({
    task,
    status: run.state.tasks.get(task.id)?.status ?? 'pending',
  }));
  if (
    created.tasks.length < 2 ||
    !statuses.some(({ task, status }) => task.mode === 'parallel' && !settledTask(status))
  )
    return false;
  const git = run.config.commits ? await run.ports.git.stateOfHead(run.root, run.signals.signal) : undefined;
  const reason = whyNotBeside(git);
  if (reason !== undefined && statuses.every(({ status }) => status === 'pending'))
    run.journal.note([], [{ type: 'warning', code: 'not-parallel', params: { reason } }]);
  return reason === undefined;
}

async function runItems(run: LiveRun, input: PlanRunInput, beside: boolean): Promise<void> {
  const graph = createGraph(input.created);
  const modes = new Map(input.created.tasks.map((task) => [task.id, task.mode]));
  const waiting: { lane: Item[]; tree: Item[] } = { lane: [], tree: [] };
  let lanesToCome = beside ? input.created.tasks.filter((task) => task.mode === 'parallel').length : 0;
  let wake = deferred<void>();

  /** What ended before, or cannot start, is passed over; the rest waits for its place. */
  const sort = () => {
    for (let ready = graph.ready(); ready.length > 0; ready = graph.ready())
      for (const item of ready) {
        const status = taskState(run.state, item.id)?.status ?? 'done';
        const isLane = beside && modes.get(item.id) === 'parallel';
        const blocker = graph.blockerOf(item);
        const ended = hasEnded(status);
        if (!ended && blocker === undefined) {
          insert(isLane ? waiting.lane : waiting.tree, item);
          continue;
        }
        if (isLane) lanesToCome -= 1;
        if (!ended && status !== 'blocked') noteBlocked(run, item.id, blocker);
        graph.settle(item, settledTask(status) ? undefined : (blocker ?? item.id));
      }
  };
  sort();
  const holder = await whoHadTheTree(run, beside, modes, [...waiting.lane, ...waiting.tree]);
  const lanes = createLanes(run, {
    maxParallel: run.config.maxParallel,
    holder,
    changed: () => wake.resolve(),
    toCome: () => lanesToCome > 0,
  });
  const running = new Map<string, Promise<void>>();
  let failure: { error: unknown } | undefined;
  const stop = (error: unknown) => {
    // The run says why it first stood still; what else went wrong is not lost.
    if (failure && !isPause(error) && !isAbort(error))
      run.ports.log.error('Another task of the run stopped on an error', error);
    failure ??= { error };
    // The others go on to their next safe point.
    run.signals.requestPause(isPause(error) ? error.code : 'interrupted');
  };

  const start = (item: Item, prepare: () => Promise<Lane | undefined>) => {
    const work = async () => {
      const end = await oneItem(run, input, item, modes.get(item.id) === 'manual', await prepare(), () =>
        lanes.leaveTree(item),
      );
      for (const story of graph.settle(item, end.status === 'failed' ? item.id : undefined)) pauseAfter(story);
    };
    running.set(
      item.id,
      work()
        .catch(stop)
        .finally(() => {
          lanes.release(item);
          running.delete(item.id);
        }),
    );
  };
  /** Once, when the story has just ended well. */
  const pauseAfter = (id: string) => {
    const more =
      run.state.done < run.state.tasks.size ||
      [...run.state.checks.values()].some((check) => !settledTask(check.status));
    if (more && input.created.stories.some((story) => story.id === id && story.pauseAfter))
      stop(new PauseRun('after-story', { story: id }));
  };

  for (;;) {
    sort();
    try {
      if (waiting.lane.length + waiting.tree.length > 0) run.signals.safePoint();
    } catch (error) {
      stop(error);
    }
    if (!failure) {
      for (let item = waiting.lane[0]; item && lanes.free; item = waiting.lane[0]) {
        const next = item;
        waiting.lane.shift();
        lanesToCome -= 1;
        start(next, async () => lanes.open(next));
      }
      const next = waiting.tree.find((item) => item.id === holder) ?? waiting.tree[0];
      if (next && lanes.treeFree(next)) {
        waiting.tree.splice(waiting.tree.indexOf(next), 1);
        start(next, async () => (await lanes.takeTree(next), undefined));
      }
    }
    lanes.grant();
    if (running.size === 0) break;
    await Promise.race([...running.values(), wake.promise]);
    wake = deferred<void>();
  }
  if (failure) throw failure.error;
  await run.journal.commit();
  const open = [...run.state.tasks.values(), ...run.state.checks.values()].find(
    ({ status }) => !hasEnded(status) && status !== 'blocked',
  );
  // Nothing runs and nothing can start: a finished run could not be gone on with, and nothing of it failed.
  if (open) throw new PauseRun('schedule-stuck', { task: open.id }, open.id);
}

const hasEnded = (status: TaskStatus): boolean => settledTask(status) || status === 'failed' || status === 'cancelled';

function noteBlocked(run: LiveRun, task: string, blockedBy: string | undefined): void {
  const attempt = taskState(run.state, task)?.attempt ?? 1;
  run.journal.note([], [{ type: 'task-changed', task, status: 'blocked', blockedBy, attempt }]);
}

/**
 * Of those that can go on, the task, or story's check, that was cut off at work in the person's tree: nobody else works
 * there before it has ended. What it builds on may have been rolled back since: that comes first then.
 */
async function whoHadTheTree(
  run: LiveRun,
  beside: boolean,
  modes: ReadonlyMap<string, string>,
  ready: readonly Item[],
): Promise<string | undefined> {
  for (const { id } of ready) {
    const status = taskState(run.state, id)?.status;
    if (status !== 'running' && status !== 'waiting') continue;
    if (!beside || modes.get(id) !== 'parallel' || isMerged(await run.ports.store.steps(run.id, id))) return id;
  }
  return undefined;
}

/** Into a list in plan order; what comes usually belongs at the end. */
function insert(list: Item[], item: Item): void {
  let at = list.length;
  while (at > 0 && (list[at - 1]?.order ?? 0) > item.order) at -= 1;
  list.splice(at, 0, item);
}

async function oneItem(
  run: LiveRun,
  input: PlanRunInput,
  item: Item,
  manual: boolean,
  lane: Lane | undefined,
  leaveTree: () => void,
): Promise<TaskEnd> {
  const { clock } = run.ports;
  const { id } = item;
  const began = run.journal.ran();
  const first = await input.snapshot(id);
  const untouched = taskState(run.state, id)?.status === 'pending';
  let worked: Task | undefined;
  const snapshot = async (attempt: number) => {
    const newest = (await input.snapshot(id, attempt)) ?? first;
    if (!newest) throw new OpenExecError('task-not-found', { task: id });
    return newest;
  };
  const end: TaskEnd =
    first || !untouched
      ? await runTask(
          run,
          { id, manual, lane, snapshot, worksOn: ({ task }) => (worked = task) },
          item.kind === 'task' ? input.blueprint : storyCheckBlueprint(input.blueprint),
        )
      : {
          status: 'skipped',
          reason:
            item.kind === 'task'
              ? { code: 'task-removed', params: {} }
              : { code: 'story-open', params: { story: item.story } },
        };
  const state = taskState(run.state, id);
  const at = clock.now();
  const row = await input.progressRow(
    id,
    {
      status: end.status,
      run: run.id,
      at,
      unverified: end.status === 'done' && end.unverified,
      commit: state?.commit ?? '',
      costUsd: state?.costUsd ?? null,
      durationMs: run.journal.ran() - (state?.began?.ran ?? began),
      ...(end.status === 'done' ? {} : { reason: end.reason }),
    },
    worked,
  );
  const stored = run.journal.commit(row ? [row] : [], [taskChangedEvent(id, state?.attempt ?? 1, end)]);
  leaveTree(); // what the next one writes there is stored after this
  await stored;
  if (lane) await removeWorktrees(run, lane.worktrees);
  return end;
}

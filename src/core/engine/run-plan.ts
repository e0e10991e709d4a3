/**
 * The tasks of a run in dependency order. One ready queue: a task starts when everything it depends on is done or skipped; a failed
 * one blocks what depends on it, by name. It always ends in a named state: completed, failed, cancelled or paused.
 */
import { asOpenExecError, isAbort } from '../errors.js';
import type { Blueprint } from '../model/blueprint.js';
import type { EventBody, EventOf } from '../model/event.js';
import type { TaskProgress } from '../model/requests.js';
import type { RunRecord } from '../model/run.js';
import { settledTask, type RunStatus } from '../model/status.js';
import type { Write } from '../ports.js';
import { isPause } from './ask.js';
import { runTask, taskChangedEvent, type TaskEnd } from './run-task.js';
import { PauseRun, type Session } from './session.js';
import type { TaskSnapshot } from './step-context.js';

export interface PlanRunInput {
  blueprint: Blueprint;
  created: EventOf<'run-created'>;
  /** The newest iteration of a task, or undefined when it is no longer in the plan. */
  snapshot(task: string): Promise<TaskSnapshot | undefined>;
  /** Row that says how a task of the plan stands over all runs. */
  progressRow(task: string, progress: Omit<TaskProgress, 'taskHash' | 'edited'>): Promise<Write | undefined>;
}

/** Records that the run goes, before anyone is told that it does. */
export async function beginRun(session: Session): Promise<void> {
  await session.commit([runRow(session, 'running')], [{ type: session.state.status === 'queued' ? 'run-started' : 'run-resumed' }]);
  session.sinks.changes.fire({ type: 'runs' });
}

/** Runs until it ends or pauses, and records which. Never rejects for what happens inside the run. */
export async function runPlan(session: Session, input: PlanRunInput): Promise<void> {
  try {
    await runTasks(session, input);
    await finish(session, input);
  } catch (error) {
    await stopped(session, error);
  } finally {
    session.sinks.changes.fire({ type: 'runs' });
    session.sinks.changes.fire({ type: 'approvals' });
  }
}

/** Dependencies as counts: readiness costs O(edges) over the whole run, with a story standing for all its tasks. */
function readiness(input: PlanRunInput) {
  const order = new Map(input.created.tasks.map((task, index) => [task.id, index]));
  const waits = new Map<string, number>();
  const unlocks = new Map<string, string[]>();
  const node = (kind: 't' | 's', id: string) => `${kind}:${id}`;
  const edge = (from: string, to: string) => {
    waits.set(to, (waits.get(to) ?? 0) + 1);
    const list = unlocks.get(from);
    if (list) list.push(to);
    else unlocks.set(from, [to]);
  };
  const stories = new Map(input.created.stories.map((story) => [story.id, story]));
  const inRun = new Set(input.created.tasks.map((task) => task.story));
  for (const task of input.created.tasks) {
    for (const dependency of task.dependsOn) if (order.has(dependency)) edge(node('t', dependency), node('t', task.id));
    if (stories.has(task.story)) edge(node('t', task.id), node('s', task.story));
    for (const dependency of stories.get(task.story)?.dependsOn ?? [])
      if (inRun.has(dependency)) edge(node('s', dependency), node('t', task.id));
  }
  const tasks = new Map(input.created.tasks.map((task) => [task.id, task]));
  return { order, waits, unlocks, node, tasks };
}

async function runTasks(session: Session, input: PlanRunInput): Promise<void> {
  const graph = readiness(input);
  const blockedBy = new Map<string, string>();
  const queue: string[] = [];
  const push = (id: string) => {
    const at = graph.order.get(id) ?? 0;
    let index = queue.length;
    while (index > 0 && (graph.order.get(queue[index - 1] ?? '') ?? 0) > at) index -= 1;
    queue.splice(index, 0, id);
  };
  const settle = (node: string, blocker: string | undefined) => {
    for (const next of graph.unlocks.get(node) ?? []) {
      graph.waits.set(next, (graph.waits.get(next) ?? 1) - 1);
      if (blocker && !blockedBy.has(next)) blockedBy.set(next, blocker);
      if (graph.waits.get(next) !== 0) continue;
      if (next.startsWith('s:')) settle(next, blockedBy.get(next));
      else push(next.slice(2));
    }
  };
  for (const task of input.created.tasks) if (!graph.waits.get(graph.node('t', task.id))) push(task.id);

  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    session.safePoint();
    const state = session.state.tasks.get(id);
    if (!state) continue;
    const node = graph.node('t', id);
    const blocker = blockedBy.get(node);
    if (settledTask(state.status)) settle(node, undefined);
    else if (state.status === 'failed' || state.status === 'cancelled') settle(node, id);
    else if (blocker) {
      if (state.status !== 'blocked') session.note([], [{ type: 'task-changed', task: id, status: 'blocked', blockedBy: blocker, attempt: state.attempt }]);
      settle(node, blocker);
    } else {
      const end = await oneTask(session, input, id, graph.tasks.get(id)?.mode === 'manual');
      settle(node, end.status === 'failed' ? id : undefined);
      pauseAfterStory(session, input, id);
    }
  }
  await session.commit();
}

async function oneTask(session: Session, input: PlanRunInput, id: string, manual: boolean): Promise<TaskEnd> {
  const missing: TaskEnd = { status: 'failed', reason: { code: 'task-not-found', params: { task: id } } };
  const first = await input.snapshot(id);
  const end =
    first
      ? await runTask(session, { id, manual, snapshot: async () => (await input.snapshot(id)) ?? first }, input.blueprint)
      : missing;
  const state = session.state.tasks.get(id);
  const at = session.ports.clock.now();
  const row = await input.progressRow(id, {
    status: end.status, run: session.run, at, unverified: end.status === 'done' && end.unverified, commit: state?.commit ?? '', costUsd: state?.costUsd ?? null,
    durationMs: state?.startedAt ? at - state.startedAt : 0,
  });
  await session.commit(row ? [row] : [], [taskChangedEvent(id, state?.attempt ?? 1, end)]);
  return end;
}

/** `pause_after`: once, when the last task of the story has just settled. */
function pauseAfterStory(session: Session, input: PlanRunInput, id: string): void {
  const story = input.created.stories.find((one) => one.id === session.state.tasks.get(id)?.story);
  if (!story?.pauseAfter) return;
  const rest = input.created.tasks.filter((task) => task.story === story.id && !settledTask(session.state.tasks.get(task.id)?.status ?? 'pending'));
  const more = input.created.tasks.some((task) => !settledTask(session.state.tasks.get(task.id)?.status ?? 'pending'));
  if (rest.length === 0 && more) throw new PauseRun('after-story', { story: story.id });
}

async function finish(session: Session, input: PlanRunInput): Promise<void> {
  const left = input.created.tasks.filter((task) => !settledTask(session.state.tasks.get(task.id)?.status ?? 'pending'));
  const failed = left.filter((task) => session.state.tasks.get(task.id)?.status === 'failed').length;
  const end: EventBody =
    left.length === 0
      ? { type: 'run-finished', status: 'completed' }
      : { type: 'run-finished', status: 'failed', reason: { code: 'tasks-left', params: { failed, blocked: left.length - failed, first: left[0]?.id ?? '' } } };
  await session.commit([runRow(session, left.length === 0 ? 'completed' : 'failed')], [end]);
}

/** Records why a run ended early: cancelled, interrupted, or paused with a reason. */
export async function stopped(session: Session, error: unknown): Promise<void> {
  const { log, store } = session.ports;
  if (session.cancelled) {
    const cancelledApprovals = (await store.approvals(session.run)).filter((approval) => approval.status === 'pending');
    const events: EventBody[] = [...session.state.tasks.values()]
      .filter((task) => task.status === 'running' || task.status === 'waiting')
      .map((task) => ({ type: 'task-changed', task: task.id, status: 'cancelled', attempt: task.attempt }));
    await session.commit(
      [...cancelledApprovals.map((approval): Write => ({ table: 'approvals', row: { ...approval, status: 'cancelled' } })), runRow(session, 'cancelled')],
      [...events, { type: 'run-finished', status: 'cancelled' }],
    );
    return;
  }
  const pause = isPause(error) ? error : isAbort(error) ? new PauseRun('by-operator') : undefined;
  if (!pause) log.error('A run stopped on an error', error);
  if (pause?.code === 'interrupted') {
    await session.commit([runRow(session, 'interrupted')], [{ type: 'run-interrupted' }]);
    return;
  }
  const known = pause ?? asOpenExecError(error);
  const params = { ...known.params };
  await session.commit([runRow(session, 'paused')], [{ type: 'run-paused', reason: { code: known.code, params }, ...(pause?.task && { task: pause.task }) }]);
}

/** The run's row with its counters as of what is durable now. */
export function runRow(session: Pick<Session, 'record' | 'state' | 'ports'>, status: RunStatus): Write {
  const { state } = session;
  const row: RunRecord = {
    ...session.record, status, done: state.done, costUsd: state.costUsd, tokens: state.tokens, commits: state.commits.length, lastSeq: state.seq,
    ...(status === 'completed' || status === 'failed' || status === 'cancelled' ? { finishedAt: session.ports.clock.now() } : {}),
  };
  return { table: 'runs', row };
}

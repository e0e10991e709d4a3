/** How a run ends, or comes to stand still: what is recorded of it, and what of it is cleared away. */
import { asOpenExecError, isAbort } from '../../errors.js';
import type { EventBody, EventOf } from '../../model/event.js';
import type { RunRecord } from '../../model/run.js';
import { settledTask, type RunStatus } from '../../model/status.js';
import type { Write } from '../../ports/ports.js';
import type { LiveRun, RunPart } from '../../record/live-run.js';
import { isPause, PauseRun } from '../../record/signals.js';
import { removeRow } from '../../record/small-rows.js';
import { worktreePrefix } from '../effects/worktree-name.js';

/** Records that everything that could be done is: all of it, or what failed and what that left. */
export async function finish(run: LiveRun, created: EventOf<'run-created'>): Promise<void> {
  const left = created.tasks.filter((task) => !settledTask(run.state.tasks.get(task.id)?.status ?? 'pending'));
  const failed = left.filter((task) => run.state.tasks.get(task.id)?.status === 'failed').length;
  const check = [...run.state.checks.values()].find((one) => !settledTask(one.status));
  const end: EventBody =
    left.length > 0
      ? {
          type: 'run-finished',
          status: 'failed',
          reason: { code: 'tasks-left', params: { failed, blocked: left.length - failed, first: left[0]?.id ?? '' } },
        }
      : check
        ? {
            type: 'run-finished',
            status: 'failed',
            reason: { code: 'story-check-failed', params: { story: check.story } },
          }
        : { type: 'run-finished', status: 'completed' };
  if (created.tasks.some((task) => task.mode === 'parallel')) await removeWorktrees(run);
  await run.journal.commit(standsStill(run, end.status), [end]);
}

/**
 * What has ended needs its worktrees no more; what was applied there stands in the records.
 * By default: all of the run that there are.
 */
export async function removeWorktrees(
  run: RunPart<'id' | 'root', 'clock' | 'git' | 'log'>,
  names?: Iterable<string>,
): Promise<void> {
  const { clock, git, log } = run.ports;
  const signal = clock.timeout(60_000);
  try {
    const due =
      names ?? (await git.worktrees(run.root, signal)).filter((name) => name.startsWith(worktreePrefix(run.id)));
    for (const name of due) await git.removeWorktree(run.root, name, signal);
  } catch (error) {
    log.error(`The worktrees of ${run.id} could not all be removed`, error);
  }
}

/** Records why a run ended early: cancelled, interrupted, or paused with a reason. */
export async function stopped(run: LiveRun, error: unknown): Promise<void> {
  const { log, store } = run.ports;
  if (run.signals.isCancelled()) {
    const cancelledApprovals = (await store.approvals(run.id)).filter((approval) => approval.status === 'pending');
    const events: EventBody[] = [...run.state.tasks.values(), ...run.state.checks.values()]
      .filter((task) => task.status === 'running' || task.status === 'waiting')
      .map((task) => ({ type: 'task-changed', task: task.id, status: 'cancelled', attempt: task.attempt }));
    await run.journal.close(
      [
        ...cancelledApprovals.map(
          (approval): Write => ({ table: 'approvals', row: { ...approval, status: 'cancelled' } }),
        ),
        ...standsStill(run, 'cancelled'),
      ],
      [...events, { type: 'run-finished', status: 'cancelled' }],
    );
    await removeWorktrees(run);
    return;
  }
  const pause = isPause(error) ? error : isAbort(error) ? new PauseRun('by-operator') : undefined;
  if (!pause) log.error('A run stopped on an error', error);
  if (pause?.code === 'interrupted') {
    await run.journal.close(standsStill(run, 'interrupted'), [{ type: 'run-interrupted' }]);
    return;
  }
  const known = pause ?? asOpenExecError(error);
  const reason = { code: known.code, params: { ...known.params }, ...(pause?.asks && { asks: pause.asks }) };
  await run.journal.close(standsStill(run, 'paused'), [
    { type: 'run-paused', reason, ...(pause?.task && { task: pause.task }) },
  ]);
}

/** Its last rows: how it stands, and that it is nobody's any more. */
export const standsStill = (
  run: RunPart<'id' | 'record' | 'state' | 'journal', 'clock'>,
  status: RunStatus,
): Write[] => [runRow(run, status), removeRow('run-owner', [run.id])];

/** The run's row with its counters as of what is durable now. */
export function runRow(run: RunPart<'record' | 'state' | 'journal', 'clock'>, status: RunStatus): Write {
  const { state } = run;
  const row: RunRecord = {
    ...run.record,
    status,
    done: state.done,
    costUsd: state.costUsd,
    tokens: state.tokens,
    commits: state.commits.length,
    lastSeq: state.seq,
    ...(run.record.rolledBack !== undefined && {
      rolledBack: [...state.tasks.values()].filter((task) => task.status === 'rolled-back').length,
    }),
    ...(status === 'completed' || status === 'failed' || status === 'cancelled'
      ? { finishedAt: run.ports.clock.now(), ...(state.began && { tookMs: run.journal.ran() - state.began.ran }) }
      : {}),
  };
  return { table: 'runs', row };
}

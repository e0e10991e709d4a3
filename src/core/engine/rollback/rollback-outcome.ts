/**
 * The rows and events that say what a rollback did:
 * images, tasks, progress, questions, the run's counters. All in one transaction.
 */
import type { EventBody, EventOf } from '../../model/event.js';
import { rollbackKey, ROLLBACK_TASK, type RollbackRecord } from '../../model/rollback.js';
import type { RunRecord } from '../../model/run.js';
import { finishedRun, settledTask } from '../../model/status.js';
import type { Ports, Write, WriteOutcome } from '../../ports/ports.js';
import type { LiveRun, RunPart } from '../../record/live-run.js';
import { readRow, writeRow } from '../../record/small-rows.js';

export interface RollbackWorld {
  run: LiveRun;
  created: EventOf<'run-created'>;
}

export interface Outcome {
  done: RollbackRecord;
  writes: Write[];
  events: EventBody[];
}

export async function outcomeOf(
  world: RollbackWorld,
  record: RollbackRecord,
  outcomes: readonly WriteOutcome[],
): Promise<Outcome> {
  const { run } = world;
  const progress = await progressRows(world, record);
  const done: RollbackRecord = {
    ...record,
    tasks: record.tasks.map((task) => ({
      ...task,
      ...(record.of === undefined && progress.was.has(task.id) && { progress: progress.was.get(task.id) }),
    })),
  };
  const questions = await questionRows(run, record);
  const events: EventBody[] = [
    ...taskEvents(record),
    told(record),
    ...questions.events,
    ...writeEvents(record, outcomes),
  ];
  const kept = record.kept.length > 0 && !finishedRun(run.state.status);
  if (kept)
    events.push({
      type: 'run-paused',
      reason: {
        code: 'dependents-kept',
        params: { task: record.task || record.step, dependents: record.kept.join(', ') },
      },
    });
  const writes: Write[] = [
    writeRow('rollback', rollbackKey(done.id), done),
    ...(await imageRows(run, record, outcomes)),
    ...progress.writes,
    ...questions.writes,
    ...(record.commit === undefined
      ? []
      : [
          {
            table: 'commits' as const,
            row: {
              key: record.id,
              run: record.run,
              task: record.task,
              sha: record.commit,
              subject: subjectOf(record),
              at: run.ports.clock.now(),
            },
          },
        ]),
    ...(record.of === undefined ? [] : await redoneRow(run.ports, record.of)),
    { table: 'runs', row: runRowAfter(run, record, events.length, kept) },
  ];
  return { done, writes, events };
}

const subjectOf = (record: RollbackRecord): string => record.message.split('\n')[0] ?? '';

function told(record: RollbackRecord): EventBody {
  const shared = {
    rollback: record.id,
    task: record.task,
    step: record.step,
    tasks: record.tasks.map((task) => task.id),
    left: record.left,
    reverts: record.reverts,
    files: record.files.map(({ path, op, added, removed, now, then }) => ({
      path,
      op,
      added,
      removed,
      before: now,
      after: then,
    })),
    ...(record.commit !== undefined && { commit: record.commit, subject: subjectOf(record) }),
  };
  return record.of === undefined
    ? { type: 'rolled-back', ...shared, kept: record.kept, approvals: record.approvals }
    : { type: 'redone', ...shared, of: record.of };
}

const taskEvents = (record: RollbackRecord): EventBody[] =>
  record.tasks.map(
    ({ id, status, attempt, unverified, waitingFor, reason }): EventBody =>
      record.of === undefined
        ? { type: 'task-changed', task: id, status: 'rolled-back', attempt }
        : {
            type: 'task-changed',
            task: id,
            status,
            attempt,
            ...(unverified && { unverified }),
            ...(waitingFor && { waitingFor }),
            ...(reason && { reason }),
          },
  );

function writeEvents(record: RollbackRecord, outcomes: readonly WriteOutcome[]): EventBody[] {
  const byPath = new Map(outcomes.map((one) => [one.path, one]));
  return record.files.flatMap(({ path, then }): EventBody[] => {
    const own = byPath.get(path);
    if (own?.leftUnsaved) return [{ type: 'warning', code: 'left-unsaved', params: { path } }];
    return own && own.written !== null && then !== null && own.written !== then
      ? [{ type: 'changed-on-save', task: record.task, path, approved: then, written: own.written }]
      : [];
  });
}

/** Its own images as they were read back, and those of the run that it takes back, or that stand again. */
async function imageRows(
  run: RunPart<'id', 'store'>,
  record: RollbackRecord,
  outcomes: readonly WriteOutcome[],
): Promise<Write[]> {
  const written = new Map(outcomes.map((one) => [one.path, one.written]));
  const covered = new Set(record.images);
  return (await run.ports.store.fileImages(run.id)).flatMap((image): Write[] => {
    if (image.task === ROLLBACK_TASK && image.changeSet === record.id)
      return [
        {
          table: 'file_images',
          row: { ...image, written: written.has(image.path) ? (written.get(image.path) ?? null) : image.after },
        },
      ];
    if (!covered.has(image.key)) return [];
    const { undone: _, ...standing } = image;
    return [{ table: 'file_images', row: record.of === undefined ? { ...image, undone: record.id } : standing }];
  });
}

/** A task that this run did is no longer done for its plan, or done again; what a later run says of it stays. */
async function progressRows(
  { run }: RollbackWorld,
  record: RollbackRecord,
): Promise<{ writes: Write[]; was: Map<string, RollbackRecord['tasks'][number]['status']> }> {
  const { clock } = run.ports;
  const { plan } = run.record;
  const writes: Write[] = [];
  const was = new Map<string, RollbackRecord['tasks'][number]['status']>();
  for (const task of record.tasks) {
    const row = plan === undefined ? undefined : await readRow(run.ports, 'plan-task', [plan, task.id]);
    if (plan === undefined || !row || row.run !== run.id) continue;
    const stands = (as: Pick<typeof row, 'status' | 'commit'>) =>
      writeRow('plan-task', [plan, task.id], { ...row, status: as.status, at: clock.now(), commit: as.commit });
    if (record.of === undefined) {
      was.set(task.id, row.status);
      writes.push(stands({ status: 'rolled-back', commit: '' }));
    } else if (task.progress !== undefined && row.status === 'rolled-back')
      writes.push(stands({ status: task.progress, commit: record.commit ?? '' }));
  }
  return { writes, was };
}

/** Questions about work that is gone are void; with the work they come back. */
async function questionRows(
  run: RunPart<'state', 'store'>,
  record: RollbackRecord,
): Promise<{ writes: Write[]; events: EventBody[] }> {
  const { store } = run.ports;
  const writes: Write[] = [];
  const events: EventBody[] = [];
  for (const id of record.approvals) {
    const approval = await store.approval(id);
    if (!approval || approval.answer || (record.of !== undefined && finishedRun(run.state.status))) continue;
    writes.push({
      table: 'approvals',
      row: { ...approval, status: record.of === undefined ? 'cancelled' : 'pending' },
    });
    if (record.of === undefined) continue;
    const files =
      approval.subject.kind === 'change-set' ? ((await store.changeSet(approval.subject.changeSet))?.files ?? []) : [];
    events.push({
      type: 'approval-requested',
      approval: id,
      task: approval.task,
      stage: approval.stage,
      kind: approval.subject.kind,
      title: approval.title,
      why: approval.why,
      ...(approval.wording && { wording: approval.wording }),
      files: files.map(({ path, op, added, removed }) => ({ path, op, added, removed })),
    });
  }
  return { writes, events };
}

async function redoneRow(ports: Pick<Ports, 'store' | 'log'>, of: string): Promise<Write[]> {
  const known = await readRow(ports, 'rollback', rollbackKey(of));
  return known ? [writeRow('rollback', rollbackKey(of), { ...known, status: 'redone' })] : [];
}

/** The run's counters as they are once the events are folded. */
function runRowAfter(
  run: Pick<LiveRun, 'record' | 'state'>,
  record: RollbackRecord,
  events: number,
  paused: boolean,
): RunRecord {
  const { state } = run;
  const counted = record.tasks.filter((task) => state.tasks.has(task.id) && task.status !== 'rolled-back');
  const settled = counted.filter((task) => settledTask(task.status)).length;
  const sign = record.of === undefined ? -1 : 1;
  const rolledBack = [...state.tasks.values()].filter((task) => task.status === 'rolled-back').length;
  return {
    ...run.record,
    status: paused ? 'paused' : run.record.status,
    done: state.done + sign * settled,
    rolledBack: rolledBack - sign * counted.length,
    costUsd: state.costUsd,
    tokens: state.tokens,
    commits: state.commits.length + (record.commit === undefined ? 0 : 1),
    lastSeq: state.seq + events,
  };
}

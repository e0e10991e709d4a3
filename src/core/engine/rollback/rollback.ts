/**
 * Does what a rollback's plan says: journal → files → commit → outcome. The journal (what was there, what shall
 * be) is durable before the first effect. Where it fails half way everything is put back; after a crash the
 * hashes on the disk decide: none of its files written → abandoned, else it is brought to its end. Taking a
 * rollback back is the same with its own images.
 */
import { isOpenExecError, OpenExecError } from '../../errors.js';
import type { Bytes } from '../../../base/bytes.js';
import type { EventBody } from '../../model/event.js';
import type { FileImage } from '../../model/records.js';
import { ROLLBACK_TASK, rollbackKey, type RollbackRecord, type RollbackWrite } from '../../model/rollback.js';
import { SMALL_BLOB, type FileWrite, type Write, type WriteOutcome } from '../../ports/ports.js';
import { keepWritten } from '../effects/keep-written.js';
import { markOf } from './rollback-files.js';
import type { RollbackPlan } from './rollback-plan.js';
import { outcomeOf, type RollbackWorld } from './rollback-outcome.js';
import type { LiveRun, RunPart } from '../../record/live-run.js';
import { removeRow, writeRow } from '../../record/small-rows.js';
import { commitOf } from '../effects/task-changes.js';

/** The idempotency key of its commit. */
const ROLLBACK_TRAILER = 'OpenExec-Rollback';
const TRAILER_DEPTH = 500;

/**
 * Errors: rollback-stale when a file changed in this moment, and those of the workspace and of git;
 * nothing is changed then.
 */
export async function performRollback(
  world: RollbackWorld,
  plan: RollbackPlan,
  number: number,
  signal: AbortSignal,
): Promise<RollbackRecord> {
  const { run } = world;
  const record = await recordOf(run, plan, number);
  const contents = new Map(
    plan.files.flatMap((one) =>
      one.file.writes.map((write, index) => [write.path, one.contents[index] ?? { now: null, then: null }] as const),
    ),
  );
  await run.journal.commit(await journal(run, record, contents));
  const outcomes = await writeFiles(run, record, (path) => contents.get(path)?.then ?? null, signal);
  const commit = await commitOrPutBack(run, record, outcomes, (path) => contents.get(path)?.now ?? null);
  return await finish(world, record, outcomes, commit);
}

async function recordOf(
  run: RunPart<'id' | 'state', 'store' | 'clock'>,
  plan: RollbackPlan,
  number: number,
): Promise<RollbackRecord> {
  const { ports, state } = run;
  const id = `${run.id}/${ROLLBACK_TASK}/${number}`;
  const kept = plan.target.dependents === 'keep' ? plan.dependents.map((task) => task.id) : [];
  const ids = new Set(plan.tasks.map((task) => task.id));
  const approvals = plan.of
    ? plan.of.approvals
    : (await ports.store.approvals(run.id))
        .filter((one) => one.status === 'pending' && ids.has(one.task))
        .map((one) => one.id);
  return {
    v: 1,
    id,
    run: run.id,
    status: 'applying',
    at: ports.clock.now(),
    kept,
    approvals,
    ...(plan.of && { of: plan.of.id }),
    task: plan.of?.task ?? plan.target.task ?? '',
    step: plan.of?.step ?? plan.target.step ?? '',
    tasks: plan.of
      ? plan.of.tasks
      : plan.tasks.map(({ id: task, status, attempt, unverified, waitingFor, reason }) => ({
          id: task,
          status,
          attempt,
          ...(unverified && { unverified }),
          ...(waitingFor && { waitingFor }),
          ...(reason && { reason }),
        })),
    files: plan.files.flatMap(({ file }) => file.writes),
    left: plan.files.flatMap(({ file }) => (file.left ? [file.path] : [])),
    images: plan.images,
    reverts: plan.reverts.map(({ sha }) => sha),
    commitFiles: plan.commitFiles,
    message: messageOf(id, run.id, state.title, plan),
  };
}

function messageOf(id: string, run: string, title: string, plan: RollbackPlan): string {
  const [only, ...more] = plan.reverts;
  const verb = plan.of ? 'Reapply' : 'Revert';
  const subject =
    only && more.length === 0
      ? `${verb} "${oneLine(only.subject)}"`
      : `${verb} ${plan.reverts.length} commits of "${oneLine(title)}"`;
  const body =
    more.length === 0
      ? ''
      : `${plan.reverts.map(({ sha, subject: what }) => `${sha.slice(0, 7)} ${oneLine(what)}`).join('\n')}\n\n`;
  const trailers = [
    ...plan.reverts.map(({ sha }) => `OpenExec-Reverts: ${sha}`),
    `OpenExec-Run: ${run}`,
    `${ROLLBACK_TRAILER}: ${id}`,
  ];
  return `${subject}\n\n${body}${trailers.join('\n')}\n`;
}
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 90);

async function journal(
  run: RunPart<'root' | 'journal', 'store' | 'clock'>,
  record: RollbackRecord,
  contents: ReadonlyMap<string, { now: Bytes | null; then: Bytes | null }>,
): Promise<Write[]> {
  const { store, clock } = run.ports;
  const writes: Write[] = [];
  const order = run.journal.nextOrder();
  for (const write of record.files) {
    for (const [hash, bytes] of [
      [write.now, contents.get(write.path)?.now],
      [write.then, contents.get(write.path)?.then],
    ] as const) {
      if (hash === null || !bytes) continue;
      if (bytes.length > SMALL_BLOB) await store.putBlob(bytes);
      else writes.push({ table: 'blobs', row: { hash, bytes } });
    }
    const image: FileImage = {
      key: imageKey(record, write),
      run: record.run,
      task: ROLLBACK_TASK,
      changeSet: record.id,
      order,
      root: run.root,
      path: write.path,
      before: write.now,
      after: write.then,
      at: clock.now(),
      ...(write.from !== undefined && { from: write.from }),
      ...markOf(write),
      ...(write.executableNow !== undefined && { executableBefore: write.executableNow }),
    };
    writes.push({ table: 'file_images', row: image });
  }
  return [
    ...writes,
    writeRow('rollback', rollbackKey(record.id), record),
    writeRow('rollback-open', rollbackKey(record.id), true),
  ];
}

const imageKey = (record: RollbackRecord, write: RollbackWrite): string => `${record.id}:${write.path}`;

const fileWrite = (write: RollbackWrite, after: Bytes | null): FileWrite => ({
  path: write.path,
  before: write.now,
  after,
  ...(write.from !== undefined && { from: write.from }),
  ...markOf(write),
});

const labelOf = (record: RollbackRecord): string => (record.of === undefined ? 'roll back' : 'bring back');

async function writeFiles(
  run: RunPart<'root' | 'journal', 'workspace' | 'hasher' | 'clock'>,
  record: RollbackRecord,
  then: (path: string) => Bytes | null,
  signal: AbortSignal,
): Promise<WriteOutcome[]> {
  if (record.files.length === 0) return [];
  const writes = record.files.map((write) => fileWrite(write, then(write.path)));
  try {
    return await run.ports.workspace.apply(run.root, writes, labelOf(record), signal);
  } catch (error) {
    // All files or none: unless the disk says otherwise it never happened.
    // If it does, the record stays open and says so.
    const stale = isOpenExecError(error, 'file-changed');
    if ((await standing(run, record)).every((one) => one.state === 'todo' || (stale && one.state === 'changed')))
      await abandon(run, record);
    if (stale) throw new OpenExecError('rollback-stale', {}, undefined, { cause: error });
    throw error;
  }
}

/** From here on nobody cancels: it ends whole, or with everything put back. */
async function commitOrPutBack(
  run: LiveRun,
  record: RollbackRecord,
  outcomes: readonly WriteOutcome[],
  now: (path: string) => Bytes | null,
): Promise<string | undefined> {
  const { signal } = new AbortController();
  try {
    return await makeCommit(run, record, false, signal);
  } catch (error) {
    // It may have been made before it failed. Where git cannot look either, only a failure that comes before any commit
    // says that there is none; else the record stays open and the next request settles it.
    const made = await run.ports.git
      .findTrailer(run.root, ROLLBACK_TRAILER, record.id, TRAILER_DEPTH, signal)
      .catch(() => {
        if (isOpenExecError(error) && error.code !== 'git-failed') return undefined;
        throw error;
      });
    if (made !== undefined) return made;
    const written = new Map(outcomes.map((one) => [one.path, one.written]));
    const back = record.files.map(
      ({ path, from, then, executableNow }): FileWrite => ({
        path: from ?? path,
        before: written.has(path) ? (written.get(path) ?? null) : then,
        after: now(path),
        ...(from !== undefined && { from: path }),
        ...markOf({ executable: executableNow }),
      }),
    );
    if (back.length > 0) await run.ports.workspace.apply(run.root, back, 'put back', signal);
    await abandon(run, record);
    throw error;
  }
}

/** `again`: it may have been made before a crash. */
async function makeCommit(
  run: RunPart<'root' | 'config', 'git' | 'store'>,
  record: RollbackRecord,
  again: boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (record.commitFiles.length === 0) return undefined;
  const { git } = run.ports;
  const earlier = again
    ? await git.findTrailer(run.root, ROLLBACK_TRAILER, record.id, TRAILER_DEPTH, signal)
    : undefined;
  if (earlier) return earlier;
  return (await git.commit(run.root, await commitOf(run, record.message, record.commitFiles), signal))?.sha;
}

async function finish(
  world: RollbackWorld,
  record: RollbackRecord,
  outcomes: readonly WriteOutcome[],
  commit: string | undefined,
  extra: readonly EventBody[] = [],
): Promise<RollbackRecord> {
  const { run } = world;
  const kept = await keepWritten(
    run.ports,
    run.root,
    outcomes,
    new Map(record.files.map(({ path, then }) => [path, then])),
  );
  const { done, writes, events } = await outcomeOf(
    world,
    { ...record, status: 'done', finishedAt: run.ports.clock.now(), ...(commit !== undefined && { commit }) },
    kept,
  );
  await run.journal.commit([...writes, removeRow('rollback-open', rollbackKey(record.id))], [...extra, ...events]);
  run.changed('runs', 'plans', 'approvals');
  return done;
}

async function abandon(
  run: RunPart<'journal', 'clock'>,
  record: RollbackRecord,
  events: readonly EventBody[] = [],
): Promise<RollbackRecord> {
  const abandoned: RollbackRecord = { ...record, status: 'abandoned', finishedAt: run.ports.clock.now() };
  await run.journal.commit(
    [writeRow('rollback', rollbackKey(record.id), abandoned), removeRow('rollback-open', rollbackKey(record.id))],
    events,
  );
  return abandoned;
}

/** How far a write of a rollback had come when its process ended. */
interface Standing {
  write: RollbackWrite;
  /** `changed`: neither what was there nor what shall be; the person's, and it stays. */
  state: 'todo' | 'done' | 'changed';
  hash: string | null;
}

async function standing(run: RunPart<'root', 'workspace' | 'hasher'>, record: RollbackRecord): Promise<Standing[]> {
  const { workspace, hasher } = run.ports;
  const hashAt = async (path: string): Promise<string | null> => {
    const bytes = await workspace.read(run.root, path);
    return bytes ? hasher.sha256(bytes) : null;
  };
  const found: Standing[] = [];
  for (const write of record.files) {
    const hash = await hashAt(write.path);
    if (write.from === undefined)
      found.push({ write, hash, state: hash === write.then ? 'done' : hash === write.now ? 'todo' : 'changed' });
    else {
      const source = await hashAt(write.from);
      found.push({
        write,
        hash,
        state:
          hash === write.then && source === null ? 'done' : hash === null && source === write.now ? 'todo' : 'changed',
      });
    }
  }
  return found;
}

/** Brings a rollback that was cut off to an end, whole or not at all, and says which in the run's timeline. */
export async function settleRollback(
  world: RollbackWorld,
  record: RollbackRecord,
  signal: AbortSignal,
): Promise<RollbackRecord> {
  const { run } = world;
  const { workspace, store, git } = run.ports;
  await workspace.tidy(
    run.root,
    record.files.flatMap(({ path, from }) => (from === undefined ? [path] : [path, from])),
  );
  const files = await standing(run, record);
  const committed =
    record.commitFiles.length > 0
      ? await git.findTrailer(run.root, ROLLBACK_TRAILER, record.id, TRAILER_DEPTH, signal)
      : undefined;
  // That the person has edited a file since does not show that it was begun.
  if (committed === undefined && files.every((one) => one.state !== 'done'))
    return await abandon(run, record, [{ type: 'warning', code: 'rollback-abandoned', params: {} }]);
  const todo = files.filter((one) => one.state === 'todo').map((one) => one.write);
  const writes: FileWrite[] = [];
  for (const write of todo) writes.push(fileWrite(write, write.then === null ? null : await store.blob(write.then)));
  const fresh = writes.length > 0 ? await workspace.apply(run.root, writes, labelOf(record), signal) : [];
  const commit = await makeCommit(run, record, true, signal);
  const outcomes: WriteOutcome[] = [
    ...fresh,
    ...files.filter((one) => one.state !== 'todo').map(({ write, hash }) => ({ path: write.path, written: hash })),
  ];
  const warnings: EventBody[] = [{ type: 'warning', code: 'rollback-settled', params: {} }];
  for (const { write, state } of files)
    if (state === 'changed') warnings.push({ type: 'warning', code: 'rollback-left', params: { path: write.path } });
  return await finish(world, record, outcomes, commit, warnings);
}

/**
 * The Store port over an open file. Batches handed in during one turn of the event loop share one
 * transaction and one flush; a batch that fails, or whose condition does not hold, leaves the others in.
 * Rows are encoded when they are handed in.
 */
import { OpenExecError } from '../../core/errors.js';
import type { Condition, Log, Store, Write } from '../../core/ports/ports.js';
import { assertNever } from '../../base/assert-never.js';
import { deferred, type Deferred } from '../../base/deferred.js';
import type { Blobs } from './blobs.js';
import type { SqlFile } from './durable-sqljs.js';
import { rollback } from './schema.js';
import { isDamage, SQLITE, SqliteError, storeError } from './store-error.js';
import { findApproval, listApprovals, listPending, putApproval } from './tables/approvals.js';
import { findSmallBlob, putSmallBlob } from './tables/blobs.js';
import { checkOf, type Check } from './tables/conditions.js';
import {
  findChangeSet,
  listChangeSets,
  listCommits,
  listFileImages,
  putChangeSet,
  putCommit,
  putFileImage,
} from './tables/changes.js';
import { addEvent, listEvents } from './tables/events.js';
import { addPlanEvent, listPlanEvents, listUnmade } from './tables/plan-events.js';
import { addIteration, findPlan, listIterations, listPlans, putPlan, removePlan } from './tables/plans.js';
import { findRun, listRunCosts, listRuns, listRunsIn, putRun, removeRun } from './tables/runs.js';
import { findSetting, listSettings, putSetting } from './tables/settings.js';
import { invalid, type Statement } from './tables/statement.js';
import { findCall, findStep, listCalls, listSteps, putCall, putStep } from './tables/steps.js';
import type { WriteGuard } from './write-guard.js';

export interface SqliteStoreDeps {
  db: SqlFile;
  blobs: Blobs;
  log: Log;
  readonly: boolean;
  /** Commits are flushed: every one is seen to ask for it. */
  durable: boolean;
  idleMs: number;
  guard: WriteGuard;
  /** Told every text that is handed in, while somebody listens: see storage.ts. */
  committed: ReadonlySet<(text: string) => void>;
  /** After the file was closed cleanly. */
  afterClose(changed: boolean): Promise<void>;
}

interface Waiting {
  checks: Check[];
  statements: Statement[];
  done: Deferred<Condition | undefined>;
}

/** What became of a batch that is not in: an error of its own, or a condition that did not hold. */
type Refused = { error: OpenExecError } | { failed: Condition };

// eslint-disable-next-line max-lines-per-function -- one connection: its group commit, its idle flush and its end share what waits, and the reads beside them are one line each
export function createSqliteStore({
  db,
  blobs,
  log,
  readonly,
  durable,
  idleMs,
  guard,
  committed,
  afterClose,
}: SqliteStoreDeps): Store {
  let waiting: Waiting[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let idle: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;
  let changed = false;
  let flushFailed = false;
  /** Configuration last written of each run. */
  const written = new Map<string, string>();

  const read = async <T>(action: () => T): Promise<T> => {
    try {
      return action();
    } catch (error) {
      throw storeError(error, db.path);
    }
  };

  function flush(): void {
    scheduled = undefined;
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    let refused: Map<Waiting, Refused>;
    try {
      refused = writeGroup(group);
    } catch (error) {
      const known = storeError(error, db.path);
      // A flush that failed may have left the commit in the log, or not; only a new start can tell.
      if (known.code === 'store-lost' || flushFailed) guard.end(known);
      for (const { done } of group) done.reject(known);
      return;
    }
    changed ||= refused.size < group.length;
    for (const one of group) {
      const why = refused.get(one);
      if (why && 'error' in why) one.done.reject(why.error);
      else one.done.resolve(why?.failed);
    }
    restartIdle();
  }

  /** Returns what each batch that is not in was refused for; throws when the group as a whole is not in. */
  function writeGroup(group: readonly Waiting[]): Map<Waiting, Refused> {
    guard.expect();
    // A batch that fails is rare: only then is the group written again, each batch in a savepoint of its own.
    return writeTogether(group) ?? writeApart(group);
  }

  /**
   * undefined: one of them failed, and none is in.
   * A condition is asked before its batch's first write, so there is nothing to take back.
   */
  function writeTogether(group: readonly Waiting[]): Map<Waiting, Refused> | undefined {
    const refused = new Map<Waiting, Refused>();
    let whole = true;
    inTransaction(() => {
      for (const one of group) {
        const why = writeBatch(one);
        if (why) refused.set(one, why);
        whole = !(why && 'error' in why);
        if (!whole) return false;
      }
      return refused.size < group.length;
    });
    return whole ? refused : undefined;
  }

  /** What one batch of the group decided for another is decided anew: the first may not be in this time. */
  function writeApart(group: readonly Waiting[]): Map<Waiting, Refused> {
    const refused = new Map<Waiting, Refused>();
    inTransaction(() => {
      for (const one of group) {
        db.run('SAVEPOINT batch');
        const why = writeBatch(one);
        if (why) refused.set(one, why);
        if (why) db.run('ROLLBACK TO batch');
        db.run('RELEASE batch');
      }
      return refused.size < group.length;
    });
    return refused;
  }

  /** Committed and flushed when `write` says so, else rolled back. */
  function inTransaction(write: () => boolean): void {
    const before = { fsyncs: db.fsyncs, bytes: db.bytesWritten };
    db.run('BEGIN IMMEDIATE');
    try {
      if (write()) commitFlushed(before);
      else rollback(db);
    } catch (error) {
      written.clear();
      rollback(db);
      throw error;
    }
  }

  function commitFlushed(before: { fsyncs: number; bytes: number }): void {
    try {
      db.run('COMMIT');
      if (durable && db.bytesWritten > before.bytes && db.fsyncs === before.fsyncs)
        throw new OpenExecError('internal', { detail: 'the database did not flush a commit' });
    } catch (error) {
      flushFailed = db.bytesWritten > before.bytes && !(error instanceof SqliteError && db.fsyncs === before.fsyncs);
      throw error;
    }
  }

  /** A constraint is the batch's own fault and is returned; everything else concerns the whole group and is thrown. */
  function writeBatch(one: Waiting): Refused | undefined {
    try {
      const lost = one.checks.find((check) => !check.holds(db));
      if (lost) return { failed: lost.condition };
      for (const statement of one.statements) execute(statement);
    } catch (error) {
      if (!(error instanceof OpenExecError && error.code === 'record-invalid')) throw error;
      written.clear();
      return { error };
    }
    return undefined;
  }

  function execute({ sql, params, table, key, unlessSame }: Statement): void {
    if (unlessSame && unlessSame.text !== null && written.get(unlessSame.owner) === unlessSame.text) return;
    try {
      db.run(sql, params);
    } catch (error) {
      if (error instanceof SqliteError && error.result === SQLITE.CONSTRAINT) throw invalid(table, key, error);
      throw error;
    }
    if (unlessSame?.text === null) written.delete(unlessSame.owner);
    else if (unlessSame) written.set(unlessSame.owner, unlessSame.text);
  }

  function restartIdle(): void {
    if (idle) clearTimeout(idle);
    idle = setTimeout(() => {
      idle = undefined;
      try {
        if (!closing && guard.holds()) db.run('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch (error) {
        if (isDamage(error) || db.lost) guard.end(storeError(error, db.path));
        log.warn('the log of the database could not be checkpointed; its commits stay in the log', {
          error: String(error),
        });
      }
    }, idleMs);
    idle.unref();
  }

  async function shut(): Promise<void> {
    if (scheduled) clearImmediate(scheduled);
    if (idle) clearTimeout(idle);
    flush();
    if (idle) clearTimeout(idle);
    const ours = guard.holds();
    if (!ours) db.abandon();
    db.close();
    if (ours) await afterClose(changed);
  }

  return {
    commit(batch, conditions = []) {
      if (readonly) return Promise.reject(new OpenExecError('store-readonly'));
      if (closing) return Promise.reject(new OpenExecError('store-lost', {}, 'the store is closed'));
      if (batch.length === 0 && conditions.length === 0) return Promise.resolve(undefined);
      const one: Waiting = { checks: [], statements: [], done: deferred() };
      try {
        one.checks = conditions.map(checkOf);
        one.statements = batch.flatMap(statementsOf);
      } catch (error) {
        return Promise.reject(storeError(error, db.path));
      }
      if (committed.size > 0)
        for (const { params } of one.statements)
          for (const value of params) if (typeof value === 'string') for (const tell of committed) tell(value);
      waiting.push(one);
      scheduled ??= setImmediate(flush);
      return one.done.promise;
    },

    plans: () => read(() => listPlans(db)),
    plan: (id) => read(() => findPlan(db, id)),
    iterations: (plan) => read(() => listIterations(db, plan)),
    planEvents: (plan, afterSeq, limit) => read(() => listPlanEvents(db, plan, afterSeq, limit)),
    unmadePlans: (before) => read(() => listUnmade(db, before)),
    runs: (limit) => read(() => listRuns(db, limit)),
    runsIn: (statuses) => read(() => listRunsIn(db, statuses)),
    run: (id) => read(() => findRun(db, id)),
    runCosts: (plan) => read(() => listRunCosts(db, plan)),
    events: (run, afterSeq, limit) => read(() => listEvents(db, run, afterSeq, limit)),
    steps: (run, task) => read(() => listSteps(db, run, task)),
    step: (key) => read(() => findStep(db, key)),
    calls: (step) => read(() => listCalls(db, step)),
    call: (key) => read(() => findCall(db, key)),
    approval: (id) => read(() => findApproval(db, id)),
    pendingApprovals: () => read(() => listPending(db)),
    approvals: (run) => read(() => listApprovals(db, run)),
    changeSet: (id) => read(() => findChangeSet(db, id)),
    changeSets: (run) => read(() => listChangeSets(db, run)),
    fileImages: (run, task) => read(() => listFileImages(db, run, task)),
    commits: (run) => read(() => listCommits(db, run)),
    setting: (key) => read(() => findSetting(db, key)),
    settings: (prefix) => read(() => listSettings(db, prefix)),

    putBlob: (bytes) => blobs.put(bytes),
    putBlobFrom: (pieces) => blobs.putFrom(pieces),
    blob: async (hash) => (await read(() => findSmallBlob(db, hash))) ?? (await blobs.get(hash)),

    close: () =>
      (closing ??= Promise.resolve()
        .then(shut)
        .catch((error: unknown) => {
          throw storeError(error, db.path);
        })),
  };
}

function statementsOf(write: Write): Statement[] {
  if ('remove' in write) return write.table === 'plans' ? removePlan(write.remove) : removeRun(write.remove);
  switch (write.table) {
    case 'plans':
      return [putPlan(write.row)];
    case 'plan_iterations':
      return [addIteration(write.row)];
    case 'plan_events':
      return [addPlanEvent(write.row)];
    case 'runs':
      return putRun(write.row);
    case 'events':
      return [addEvent(write.row)];
    case 'steps':
      return [putStep(write.row)];
    case 'calls':
      return [putCall(write.row)];
    case 'approvals':
      return [putApproval(write.row)];
    case 'change_sets':
      return [putChangeSet(write.row)];
    case 'file_images':
      return [putFileImage(write.row)];
    case 'commits':
      return [putCommit(write.row)];
    case 'blobs':
      return [putSmallBlob(write.row)];
    case 'settings':
      return [putSetting(write.row.key, write.row.value)];
    default:
      return assertNever(write, 'write');
  }
}

/** The Store port on one SQLite file. Opens it, sets a damaged one aside, and holds the notices the door has to say. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { OpenExecError, type ErrorCode, type ErrorParameters } from '../../core/errors.js';
import type { Clock, Log, Storage, Store } from '../../core/ports/ports.js';
import { createBackups, setAside, type Backups } from './backups.js';
import { createBlobs } from './blobs.js';
import { openSqlFile, type SqlFile } from './durable-sqljs.js';
import { inspect, migrate, SCHEMA_VERSION, type Inspection } from './schema.js';
import { isDamage, storeError } from './store-error.js';
import { createSqliteStorage } from './storage.js';
import { createSqliteStore } from './sqlite-store.js';
import type { FileOps } from './system-calls.js';
import { finishTakingIn } from './take-in.js';
import { createWriteGuard } from './write-guard.js';

export const DATABASE = 'openexec.db';

export interface SqliteStoreOptions {
  /** The root's folder in the data home. Its owner's lock must be held by this process. */
  dir: string;
  /** Path of sql-wasm.wasm. */
  wasm: string;
  clock: Pick<Clock, 'now'>;
  log: Log;
  /** Asked before every transaction; false = another process took the lock: store-lost. */
  stillOwner?: () => boolean;
  /** ms without a commit after which the log is checkpointed. */
  idleMs?: number;
  /** Seams for tests. */
  files?: FileOps;
  synchronous?: 'FULL' | 'NORMAL';
}

type NoticeCode = Extract<ErrorCode, 'store-corrupt' | 'store-newer'>;

/** Something the door says once: a code of ErrorCode, whose sentence is in core/view/sentences.ts. */
export interface StoreNotice {
  code: NoticeCode;
  params: ErrorParameters[NoticeCode];
}

export interface OpenedStore {
  store: Store;
  storage: Storage;
  notices: StoreNotice[];
  /** A newer file: reads work, commit refuses with store-readonly. */
  readonly: boolean;
  file: string;
}

/**
 * Errors: store-unwritable, store-full.
 * A damaged file is set aside and the newest good copy put in its place, never silently.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<OpenedStore> {
  const file = path.join(options.dir, DATABASE);
  const backups = createBackups(path.join(options.dir, 'backups'));
  try {
    await mkdir(path.join(options.dir, 'blobs'), { recursive: true, mode: 0o700 });
    await finishTakingIn(options.dir);
    await removeLeftovers(options);
    const notices: StoreNotice[] = [];
    // Missing while there are copies: it vanished, or the last recovery was cut off. A new one would be a silent reset.
    const vanished = !existsSync(file) && (await backups.list()).length > 0;
    const { db, version } =
      (vanished ? undefined : await openWhole(file, options)) ?? (await recover(file, options, backups, notices));
    const readonly = version > SCHEMA_VERSION;
    if (readonly) notices.push({ code: 'store-newer', params: { found: version, known: SCHEMA_VERSION } });
    await prepare(db, file, version, backups);
    const blobs = createBlobs(path.join(options.dir, 'blobs'), readonly);
    const committed = new Set<(text: string) => void>();
    const guard = createWriteGuard(options.stillOwner ?? (() => true));
    const store = createSqliteStore({
      db,
      readonly,
      blobs,
      committed,
      guard,
      durable: options.synchronous !== 'NORMAL',
      log: options.log,
      idleMs: options.idleMs ?? 2000,
      afterClose: async (changed) => {
        if (changed) await backups.keepRolling(file, options.clock.now());
      },
    });
    return {
      store,
      storage: createSqliteStorage({
        dir: options.dir,
        db,
        blobs,
        wasm: options.wasm,
        readonly,
        clock: options.clock,
        committed,
        guard,
      }),
      notices,
      readonly,
      file,
    };
  } catch (error) {
    throw storeError(error, options.dir);
  }
}

/**
 * Of processes that were killed: copies for an archive, for compacting and for the self-test, and what was being
 * unpacked. The names at the top only; the lock is held.
 */
const LEFTOVER =
  /^(?:export-\d+-[0-9a-f]+\.db|openexec\.db\.compact(?:-[\w-]+?)?|self-test-\d+\.db)(?:-wal|-journal)?$|^restoring-\d+$|^taking-in\.json\.tmp$/;

async function removeLeftovers({ dir, log }: SqliteStoreOptions): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!LEFTOVER.test(name)) continue;
    await rm(path.join(dir, name), { recursive: true, force: true }).catch((error: unknown) =>
      log.warn(`${name}, left by a process that ended, could not be removed`, { error: String(error) }),
    );
  }
}

/** undefined = damaged. */
async function openWhole(
  file: string,
  options: SqliteStoreOptions,
): Promise<{ db: SqlFile; version: number } | undefined> {
  if (damagedHeader(file)) return undefined;
  let db: SqlFile | undefined;
  try {
    db = await openSqlFile({
      file,
      wasm: options.wasm,
      ...(options.files && { files: options.files }),
      ...(options.synchronous && { synchronous: options.synchronous }),
    });
    const found: Inspection = inspect(db, statSync(file).size);
    if (found.state !== 'damaged') return { db, version: found.state === 'empty' ? 0 : found.version };
    options.log.error(`the database is damaged: ${found.detail}`);
  } catch (error) {
    if (!isDamage(error)) {
      closeQuietly(db, options.log);
      throw error;
    }
    options.log.error('the database is damaged', error);
  }
  closeQuietly(db, options.log);
  return undefined;
}

async function recover(
  file: string,
  options: SqliteStoreOptions,
  backups: Backups,
  notices: StoreNotice[],
): Promise<{ db: SqlFile; version: number }> {
  const there = existsSync(file);
  const named = path.basename(await setAside(file, options.clock.now())); // also a log without its file
  const aside = there ? named : `${DATABASE} (the file was missing)`;
  for (const backup of await backups.list()) {
    await backups.restore(backup.path, file);
    const opened = await openWhole(file, options);
    if (opened) {
      notices.push({
        code: 'store-corrupt',
        params: { aside, restored: `the copy of ${new Date(backup.at).toISOString()} was put in its place` },
      });
      return opened;
    }
    await setAside(file, options.clock.now());
  }
  const fresh = await openWhole(file, options);
  if (!fresh) throw new OpenExecError('internal', { detail: `a new database in ${options.dir} is damaged at once` });
  notices.push({
    code: 'store-corrupt',
    params: { aside, restored: 'there was no good copy, so a new one was begun' },
  });
  return fresh;
}

async function prepare(db: SqlFile, file: string, version: number, backups: Backups): Promise<void> {
  try {
    if (version > SCHEMA_VERSION) return db.exec('PRAGMA query_only=ON');
    if (version === SCHEMA_VERSION) return;
    if (version > 0) {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      await backups.keepBeforeMigration(file, version, SCHEMA_VERSION);
    }
    migrate(db, version);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Too short, another format, or shorter than it says while no log could hold the rest.
 * A missing or empty file is a new one.
 */
function damagedHeader(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return false;
  const header = Buffer.alloc(100);
  const handle = openSync(file, 'r');
  try {
    if (readSync(handle, header, 0, 100, 0) < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0')
      return true;
  } finally {
    closeSync(handle);
  }
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return false;
  const pageSize = header.readUInt16BE(16) === 1 ? 65536 : header.readUInt16BE(16);
  return size < header.readUInt32BE(28) * pageSize;
}

function closeQuietly(db: SqlFile | undefined, log: Log): void {
  try {
    db?.close();
  } catch (error) {
    log.warn('a damaged database could not be closed cleanly', { error: String(error) });
  }
}

/**
 * sql.js with its database in a real file: one WebAssembly instance for the process, several files open at once. The
 * exact build is checked by its hash, and a self-test (write, count the flushes, reopen, read) runs before the first
 * file is opened: a build whose imports mean something else must not be trusted with a commit.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import initSqlJs, { type Database, type SqlValue, type Statement } from 'sql.js';
import { OpenExecError } from '../../core/errors.js';
import { sha256 } from './sha256.js';
import { hostCode, refusedError, SQLITE, SqliteError, storeError } from './store-error.js';
import {
  createSystemCalls,
  IMPORTS,
  realFiles,
  type FileOps,
  type ImportTable,
  type Mount,
  type SystemCalls,
} from './system-calls.js';

/** sql-wasm.wasm of sql.js 1.16.0. */
export const WASM_SHA256 = '43bbcdd44287e5a2db3b6b5af34b1a3485a7a441285d247976c1ebe3c61f8dbf';

export type { SqlValue };
export type SqlParams = readonly SqlValue[];

export interface SqlFile {
  readonly path: string;
  /**
   * Runs one statement with bound values; the statement is prepared once and kept.
   * SQL text is never built from data. Throws SqliteError.
   */
  run(sql: string, params?: SqlParams): void;
  /** Every row as its column values. */
  all(sql: string, params?: SqlParams): SqlValue[][];
  /** First row. */
  get(sql: string, params?: SqlParams): SqlValue[] | undefined;
  /** Several statements without values: schema and pragmas. */
  exec(sql: string): void;
  /** Flushes that were asked for since the file was opened. */
  readonly fsyncs: number;
  readonly bytesWritten: number;
  readonly lost: boolean;
  /** Writes a copy without free pages to a new file of the same folder, flushed. */
  copyTo(name: string): void;
  /**
   * The file `name` of the same folder takes this one's place and is opened in its stead. The log is
   * checkpointed and the old file closed first, so that the place always holds a whole database; where that
   * fails nothing is replaced, and this one is open again.
   */
  replaceBy(name: string): void;
  /**
   * From here on nothing is flushed and no log removed:
   * the file is no longer ours, or what it holds is uncertain. Close it next.
   */
  abandon(): void;
  /** Idempotent. Checkpoints the log and removes it, unless the disk refuses. */
  close(): void;
}

export interface SqlFileOptions {
  file: string;
  /** Path of sql-wasm.wasm. */
  wasm: string;
  files?: FileOps;
  /** NORMAL loses acknowledged commits when the power goes: only there for the test that shows it. */
  synchronous?: 'FULL' | 'NORMAL';
  cacheKiB?: number;
}

interface Module {
  Database: new () => Database;
  _sqlite3_open(name: number, out: number): number;
  _sqlite3_close_v2(handle: number): number;
  _RegisterExtensionFunctions(handle: number): void;
  _malloc(size: number): number;
  _free(pointer: number): void;
  stringToNewUTF8(text: string): number;
}

interface Engine {
  module: Module;
  memory: WebAssembly.Memory;
  calls: SystemCalls;
  tested: boolean;
}

let engine: Promise<Engine> | undefined;

/**
 * Opens or creates the file with the log and flushes of a durable store.
 * The owner's lock must be held. Errors: store-unwritable, store-full, SqliteError.
 */
export async function openSqlFile(options: SqlFileOptions): Promise<SqlFile> {
  const loaded = await (engine ??= load(options.wasm));
  if (!loaded.tested) {
    selfTest(loaded, path.dirname(options.file), options.files ?? realFiles);
    loaded.tested = true;
  }
  return open(loaded, options);
}

function load(wasm: string): Promise<Engine> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(wasm));
  } catch (error) {
    throw new OpenExecError(
      'internal',
      { detail: 'sql-wasm.wasm is missing from the installation' },
      `cannot read ${wasm}`,
      { cause: error },
    );
  }
  const found = sha256(bytes);
  if (found !== WASM_SHA256)
    throw new OpenExecError(
      'internal',
      { detail: 'sql-wasm.wasm is not the build this version was made for' },
      `${wasm} has sha256 ${found}`,
    );
  return instantiate(bytes);
}

/** sql.js keeps the one instance it makes, so this is called once in a process. */
async function instantiate(bytes: Uint8Array<ArrayBuffer>): Promise<Engine> {
  const calls = createSystemCalls();
  let memory: WebAssembly.Memory | undefined;
  const module = (await initSqlJs({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      calls.install(imports as unknown as ImportTable);
      // Compiled here and now: the asynchronous way leaves a stall of some 50 ms on the first turn of the event loop.
      const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
      memory = instance.exports[IMPORTS.memory] as WebAssembly.Memory;
      calls.attach(memory);
      done(instance);
      return {};
    },
  } as unknown as Parameters<typeof initSqlJs>[0])) as unknown as Module;
  if (!memory) throw new Error('sql.js did not instantiate its WebAssembly');
  return { module, memory, calls, tested: false };
}

// eslint-disable-next-line max-lines-per-function -- one connection: every call goes through the handle that `replaceBy` exchanges
function open(loaded: Engine, options: SqlFileOptions): SqlFile {
  const { module, memory, calls } = loaded;
  const mount: Mount = {
    dir: path.resolve(path.dirname(options.file)),
    files: options.files ?? realFiles,
    fsyncs: 0,
    bytesWritten: 0,
    refused: undefined,
    lost: false,
  };
  const mounted = calls.mount(mount);
  const statements = new Map<string, Statement>();
  let closed = false;

  // @types/sql.js knows neither the handle nor that handleError takes SQLite's result.
  const db = new module.Database() as unknown as Omit<Database, 'handleError'> & {
    db: number;
    handleError(result: number): null;
  };
  db.handleError = function handleError(result: number): null {
    if (result === 0) return null;
    throw new SqliteError(result & 0xff, `SQLite answered ${result}`, mount.refused, mount.lost);
  };
  // The class opens an in-memory file of its own; its handle is exchanged for one on the real file.
  const connect = (): void => {
    db.handleError(module._sqlite3_close_v2(db.db));
    const name = module.stringToNewUTF8(mounted.pathOf(path.basename(options.file)));
    const out = module._malloc(4);
    const result = module._sqlite3_open(name, out);
    db.db = new DataView(memory.buffer).getUint32(out, true);
    module._free(name);
    module._free(out);
    db.handleError(result);
    module._RegisterExtensionFunctions(db.db);
    // EXCLUSIVE keeps the log's index in this process's memory; there is no shared memory to map in WebAssembly.
    file.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;');
    file.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${options.synchronous === 'NORMAL' ? 'NORMAL' : 'FULL'};`);
    file.exec(`PRAGMA cache_size=-${Math.trunc(options.cacheKiB ?? 8000)}; PRAGMA foreign_keys=ON;`);
  };
  const freeStatements = (): void => {
    for (const statement of statements.values()) statement.free();
    statements.clear();
  };

  const guarded = <T>(action: () => T): T => {
    if (closed) throw new OpenExecError('store-lost', {}, 'the database file is closed');
    mount.refused = undefined;
    return action();
  };
  const prepared = (sql: string): Statement => {
    let statement = statements.get(sql);
    if (!statement) statements.set(sql, (statement = db.prepare(sql)));
    return statement;
  };
  const rows = (sql: string, params: SqlParams, limit: number): SqlValue[][] =>
    guarded(() => {
      const statement = prepared(sql);
      const found: SqlValue[][] = [];
      try {
        statement.bind(params as SqlValue[]);
        while (found.length < limit && statement.step()) found.push(statement.get());
      } finally {
        statement.reset();
      }
      return found;
    });
  const file: SqlFile = {
    path: options.file,
    run: (sql, params = []) => void rows(sql, params, Infinity),
    all: (sql, params = []) => rows(sql, params, Infinity),
    get: (sql, params = []) => rows(sql, params, 1)[0],
    exec: (sql) => guarded(() => void db.exec(sql)),
    get fsyncs() {
      return mount.fsyncs;
    },
    get bytesWritten() {
      return mount.bytesWritten;
    },
    get lost() {
      return mount.lost;
    },
    copyTo(name) {
      file.run('VACUUM INTO ?', [mounted.pathOf(name)]);
      flushFile(path.join(mount.dir, name));
    },
    replaceBy(name) {
      guarded(() => {
        freeStatements();
        const handle = db.db;
        db.db = 0;
        try {
          db.handleError(module._sqlite3_close_v2(handle));
          if (mounted.open() > 0)
            throw new OpenExecError('internal', { detail: 'the database could not be closed to be replaced' });
          // SQLite keeps to itself that the last checkpoint failed, and leaves the log.
          // Its pages would then be put into another file.
          if (mount.lost || existsSync(`${options.file}-wal`))
            throw new SqliteError(
              SQLITE.IOERR,
              'the log could not be written into the database that was to be replaced',
              mount.refused,
              mount.lost,
            );
          renameSync(path.join(mount.dir, name), options.file);
          flushFile(mount.dir);
        } finally {
          connect();
        }
      });
    },
    abandon() {
      mount.lost = true;
    },
    close() {
      if (closed) return;
      closed = true;
      mount.refused = undefined;
      try {
        freeStatements();
        db.close();
      } finally {
        mounted.unmount();
      }
    },
  };
  try {
    connect();
    return file;
  } catch (error) {
    try {
      file.close();
    } catch (closing) {
      throw new AggregateError([error, closing], 'the database file could be neither opened nor closed', {
        cause: error,
      });
    }
    throw error;
  }
}

/** A folder's names are flushed like a file's bytes. Windows cannot flush a folder, and need not. */
function flushFile(place: string): void {
  if (process.platform === 'win32' && statSync(place).isDirectory()) return;
  const handle = openSync(place, statSync(place).isDirectory() ? 'r' : 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** On a scratch file beside the real one, with flushes counted but not waited for. */
function selfTest(loaded: Engine, dir: string, files: FileOps): void {
  const scratch = path.join(dir, `self-test-${process.pid}.db`);
  let flushed = 0;
  const counting: FileOps = {
    ...pick(files),
    fdatasyncSync: () => void (flushed += 1),
  };
  const expected = 'kept – behalten ✓';
  const clean = () => {
    for (const suffix of ['', '-wal', '-journal']) rmSync(scratch + suffix, { force: true });
  };
  try {
    clean(); // left by a process with the same number that was killed
    const first = open(loaded, { file: scratch, wasm: '', files: counting });
    first.exec('CREATE TABLE t(a TEXT)');
    const before = flushed;
    first.run('INSERT INTO t VALUES (?)', [expected]);
    if (flushed - before < 1) throw new Error('a commit was not flushed');
    first.close();
    const second = open(loaded, { file: scratch, wasm: '', files: counting });
    const found = second.get('SELECT a FROM t')?.[0];
    second.close();
    if (found !== expected) throw new Error(`wrote ${expected}, read ${String(found)}`);
  } catch (error) {
    const known = error instanceof SqliteError ? storeError(error, dir) : refusedError(hostCode(error), dir, error);
    if (known && known.code !== 'internal') throw known;
    throw new OpenExecError(
      'internal',
      { detail: 'the self-test of the database failed' },
      `self-test of sql.js: ${String(error)}`,
      { cause: error },
    );
  } finally {
    clean();
  }
}

const pick = (files: FileOps): FileOps => ({
  openSync: files.openSync,
  closeSync: files.closeSync,
  readSync: files.readSync,
  writeSync: files.writeSync,
  fstatSync: files.fstatSync,
  statSync: files.statSync,
  fdatasyncSync: files.fdatasyncSync,
  ftruncateSync: files.ftruncateSync,
  unlinkSync: files.unlinkSync,
  accessSync: files.accessSync,
});

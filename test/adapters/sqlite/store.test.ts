/** The durable store on real files: what happens to them, and what the store says and does then. */
import fs, {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStoreOptions } from '../../../src/adapters/sqlite/store.js';
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from '../../../src/adapters/sqlite/schema.js';
import type { FileOps } from '../../../src/adapters/sqlite/system-calls.js';
import type { Store, Write } from '../../../src/core/ports/ports.js';
import { createFakeLog } from '../../fakes/log.js';
import { AT, callRow, eventRow, planRow, runRow, stepRow } from '../../fakes/rows.js';
import { nativeRows, WASM } from './support.js';

const events = (...seqs: number[]): Write[] => seqs.map((seq) => ({ table: 'events', row: eventRow('r', seq) }));
const seqs = async (store: Store) => (await store.events('r', 0, 1000)).map((event) => event.seq);

/** A disk that can be told to refuse; counts the flushes that were really made. */
function disk(): FileOps & { refuse: { writes?: string; flushes?: string; opens?: string }; flushes: number } {
  const refused = (code: string) => Object.assign(new Error(code), { code });
  const own = {
    ...fs,
    refuse: {} as { writes?: string; flushes?: string; opens?: string },
    flushes: 0,
    writeSync: (...args: Parameters<typeof fs.writeSync>) => {
      if (own.refuse.writes) throw refused(own.refuse.writes);
      return fs.writeSync(...args);
    },
    fdatasyncSync: (fd: number) => {
      if (own.refuse.flushes) throw refused(own.refuse.flushes);
      own.flushes += 1;
      fs.fdatasyncSync(fd);
    },
    openSync: (file: fs.PathLike, flags: number, mode?: number) => {
      if (own.refuse.opens && (flags & fs.constants.O_RDWR) !== 0) throw refused(own.refuse.opens);
      return fs.openSync(file, flags, mode);
    },
  };
  return own as never;
}

describe('the durable store', () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const back of undo.splice(0).reverse()) await back();
  });
  const folder = () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'openexec-durable-'));
    undo.push(() => rmSync(dir, { recursive: true, force: true }));
    return dir;
  };
  const open = async (dir: string, given: Partial<SqliteStoreOptions> = {}) => {
    const log = createFakeLog();
    const opened = await openSqliteStore({ dir, wasm: WASM, clock: { now: () => AT }, log, ...given });
    undo.push(() => opened.store.close().catch(() => undefined)); // a test that breaks the store has looked at that already
    return { ...opened, log };
  };
  const filled = async (dir: string, ...numbers: number[]) => {
    const { store, file } = await open(dir);
    await store.commit([{ table: 'plans', row: planRow('p') }, ...events(...numbers)]);
    await store.close();
    return file;
  };

  describe('commits', () => {
    it('lets batches of one turn share one flush, in order', async () => {
      const files = disk();
      const { store } = await open(folder(), { files });
      await store.commit(events(1));
      const before = files.flushes;
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.commit(events(i + 2))));
      expect(files.flushes - before).toBe(1);
      await store.commit(events(52));
      await store.commit(events(53));
      expect(files.flushes - before).toBe(3);
      expect(await seqs(store)).toEqual(Array.from({ length: 53 }, (_, i) => i + 1));
    });

    it('asks conditions without a flush of their own, and makes none where nobody writes', async () => {
      const files = disk();
      const { store } = await open(folder(), { files });
      const owned = (by: string): Write => ({ table: 'settings', row: { key: 'owner', value: { by } } });
      await store.commit([owned('ada')]);
      const before = files.flushes;
      const mine = { table: 'settings', key: 'owner', is: { by: 'ada' } } as const;
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.commit(events(i + 1), [mine])));
      expect(files.flushes - before).toBe(1);
      const free = { table: 'settings', key: 'owner', is: null } as const;
      expect(await Promise.all([1, 2].map(() => store.commit([owned('bob')], [free])))).toEqual([free, free]);
      expect(files.flushes - before).toBe(1);
    });

    it('that depend on a plan whose row cannot be read fail, and the rest of the group is in', async () => {
      const dir = folder();
      const file = await filled(dir, 1);
      native(file, `UPDATE plans SET json = '{}'`);
      const { store } = await open(dir);
      const [one, other] = await Promise.allSettled([
        store.commit([{ table: 'plans', remove: 'p' }], [{ table: 'plans', unchanged: planRow('p') }]),
        store.commit(events(2)),
      ]);
      expect(one).toMatchObject({ reason: { code: 'record-invalid', params: { table: 'plans', key: 'p' } } });
      expect(other.status).toBe('fulfilled');
      expect(await seqs(store)).toEqual([1, 2]);
    });

    it('keeps a step below 2 KB on disk', async () => {
      const dir = folder();
      const { store, file } = await open(dir);
      const run = 'run_01jdxk5q8n4w2v7c3b9m6t0zr1';
      await store.commit([
        { table: 'runs', row: runRow(run, { tasks: Array.from({ length: 1000 }, (_, i) => `T-${i}`) }) },
      ]);
      const empty = nativeSize(dir);
      for (let n = 1; n <= 400; n++) {
        const step = stepRow(run, n, { summary: 'x'.repeat(200), output: 'e'.repeat(64) });
        await store.commit([
          { table: 'steps', row: step },
          {
            table: 'events',
            row: {
              v: 1,
              run,
              at: AT,
              seq: n * 2 - 1,
              type: 'stage-started',
              step: step.key,
              task: 'T-1',
              attempt: 1,
              stage: 'lint',
              visit: n,
              stageType: 'deterministic',
            },
          },
          {
            table: 'events',
            row: {
              v: 1,
              run,
              at: AT,
              seq: n * 2,
              type: 'stage-finished',
              step: step.key,
              task: 'T-1',
              attempt: 1,
              stage: 'lint',
              visit: n,
              outcome: 'succeeded',
              durationMs: 12,
              costUsd: 0.01,
              summary: 'x'.repeat(100),
              next: 'test',
            },
          },
          {
            table: 'calls',
            row: callRow(run, step.key, 1, { status: 'finished', finishedAt: AT, result: { exitCode: 0 } }),
          },
          {
            table: 'runs',
            row: runRow(run, { lastSeq: n * 2, tasks: Array.from({ length: 1000 }, (_, i) => `T-${i}`) }),
          },
        ]);
      }
      await store.close();
      expect((statSync(file).size - empty) / 400).toBeLessThan(2048);
    });

    it('checkpoints the log when nothing came for a while', async () => {
      const dir = folder();
      const { store, file } = await open(dir, { idleMs: 30 });
      await store.commit(events(1, 2, 3));
      expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
      for (let i = 0; i < 100 && statSync(`${file}-wal`).size > 0; i++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(statSync(`${file}-wal`).size).toBe(0);
      expect(await seqs(store)).toEqual([1, 2, 3]);
    });

    it('writes a configuration again when the batch that had it did not get in', async () => {
      const { store } = await open(folder());
      await store.commit(events(1));
      const bad = store.commit([{ table: 'runs', row: runRow('r') }, ...events(1)]);
      const good = store.commit([{ table: 'runs', row: runRow('r', { status: 'completed' }) }]);
      await expect(bad).rejects.toMatchObject({ code: 'record-invalid' });
      await good;
      expect(await store.run('r')).toEqual(runRow('r', { status: 'completed' }));
    });

    it('refuses to write once another process holds the lock, and leaves the file as it is', async () => {
      const dir = folder();
      let ours = true;
      const { store, file } = await open(dir, { stillOwner: () => ours });
      await store.commit(events(1));
      ours = false;
      await expect(store.commit(events(2))).rejects.toMatchObject({ code: 'store-lost' });
      const before = [readFileSync(file), readFileSync(`${file}-wal`)];
      await store.close();
      expect([readFileSync(file), readFileSync(`${file}-wal`)]).toEqual(before);
    });
  });

  describe('a disk that refuses', () => {
    it('says that it is full, keeps what is there, and goes on when there is space again', async () => {
      const files = disk();
      const { store } = await open(folder(), { files });
      await store.commit(events(1));
      files.refuse.writes = 'ENOSPC';
      const both = await Promise.allSettled([store.commit(events(2)), store.commit(events(3))]);
      expect(both).toMatchObject([{ reason: { code: 'store-full' } }, { reason: { code: 'store-full' } }]);
      expect(await seqs(store)).toEqual([1]);
      files.refuse = {};
      await store.commit(events(2));
      expect(await seqs(store)).toEqual([1, 2]);
    });

    it.each([
      ['EDQUOT', 'store-full'],
      ['EROFS', 'store-unwritable'],
      ['EIO', 'store-unwritable'],
    ])('answers %s with %s', async (code, expected) => {
      const files = disk();
      const { store } = await open(folder(), { files });
      files.refuse.writes = code;
      await expect(store.commit(events(1))).rejects.toMatchObject({ code: expected });
    });

    it('writes nothing more after a flush that failed: what the disk holds is not known any more', async () => {
      const dir = folder();
      const files = disk();
      const { store } = await open(dir, { files });
      await store.commit(events(1));
      files.refuse.flushes = 'EIO';
      await expect(store.commit(events(2))).rejects.toMatchObject({
        code: 'store-unwritable',
        params: { reason: 'EIO' },
      });
      files.refuse = {};
      await expect(store.commit(events(3))).rejects.toMatchObject({ code: 'store-unwritable' });
      await store.close();
      const again = await open(dir);
      expect((await seqs(again.store))[0]).toBe(1);
      await again.store.commit(events(9));
    });

    it.each(['EACCES', 'EROFS'])('says at the opening that the folder cannot be written (%s)', async (code) => {
      const files = disk();
      files.refuse.opens = code;
      await expect(open(folder(), { files })).rejects.toMatchObject({
        code: 'store-unwritable',
        params: { reason: code },
      });
    });

    it('says so when the data folder is a file', async () => {
      const file = path.join(folder(), 'file');
      writeFileSync(file, '');
      await expect(open(path.join(file, 'deeper'))).rejects.toMatchObject({
        code: 'store-unwritable',
        params: { reason: 'ENOTDIR' },
      });
    });

    it.each(['', '-wal'])('takes no commit once the file%s was removed while it was open', async (suffix) => {
      const { store, file } = await open(folder());
      await store.commit(events(1));
      unlinkSync(file + suffix);
      await expect(store.commit(events(2))).rejects.toMatchObject({ code: 'store-lost' });
      await expect(store.commit(events(3))).rejects.toMatchObject({ code: 'store-lost' });
    });

    it('takes no commit once the folder was moved', async () => {
      const dir = folder();
      const { store } = await open(dir);
      await store.commit(events(1));
      renameSync(dir, `${dir}-moved`);
      undo.push(() => rmSync(`${dir}-moved`, { recursive: true }));
      await expect(store.commit(events(2))).rejects.toMatchObject({ code: 'store-lost' });
    });

    it('notices a native tool that opened and closed the file, which deletes the log', async () => {
      const { store, file } = await open(folder());
      await store.commit(events(1));
      nativeRows(file, 'SELECT count(*) FROM events');
      await expect(store.commit(events(2))).rejects.toMatchObject({ code: 'store-lost' });
    });
  });

  describe('opening', () => {
    it('makes a file that another SQLite finds whole, and marks it as ours', async () => {
      const file = await filled(folder(), 1, 2);
      expect(nativeRows(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(nativeRows(file, 'PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
      expect(nativeRows(file, 'SELECT run, seq, type FROM events')).toEqual([
        { run: 'r', seq: 1, type: 'warning' },
        { run: 'r', seq: 2, type: 'warning' },
      ]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(existsSync(`${file}-wal`)).toBe(false);
    });

    it('keeps what a killed process had only in the log', async () => {
      const [dir, next] = [folder(), folder()];
      const { store, file } = await open(dir);
      await store.commit(events(1, 2));
      for (const suffix of ['', '-wal']) copyFileSync(file + suffix, path.join(next, path.basename(file) + suffix));
      const again = await open(next);
      expect(again.notices).toEqual([]);
      expect(await seqs(again.store)).toEqual([1, 2]);
    });

    const damages: [string, (file: string) => void][] = [
      [
        'is not a database',
        (file) => writeFileSync(file, 'not a database, but long enough to look like a file of some kind. '.repeat(20)),
      ],
      ['is too short', (file) => truncateSync(file, 40)],
      ['was cut off', (file) => truncateSync(file, statSync(file).size - 4096)],
      ['was cut off within a page', (file) => truncateSync(file, statSync(file).size - 1000)],
      ['has a page of noise', (file) => overwrite(file, 4096, Buffer.alloc(4096, 0xa5))],
      ['has lost a table', (file) => native(file, 'DROP TABLE steps')],
      [
        'has a trigger',
        (file) =>
          native(file, "CREATE TRIGGER t AFTER INSERT ON events BEGIN UPDATE runs SET status = 'completed'; END"),
      ],
      ['belongs to another program', (file) => native(file, 'PRAGMA application_id = 77')],
    ];
    it.each(damages)(
      'sets aside a file that %s, puts the newest good copy in its place, and says so',
      async (_, damage) => {
        const dir = folder();
        const file = await filled(dir, 1, 2);
        damage(file);
        const damaged = readFileSync(file);
        const { store, notices, readonly } = await open(dir);
        expect(readonly).toBe(false);
        expect(notices).toMatchObject([
          { code: 'store-corrupt', params: { restored: expect.stringContaining('the copy of') } },
        ]);
        expect(await seqs(store)).toEqual([1, 2]);
        await store.commit(events(3));
        expect(readFileSync(path.join(dir, (notices[0]?.params as { aside: string }).aside))).toEqual(damaged);
      },
    );

    it('begins anew, and says so, when no copy is good either', async () => {
      const dir = folder();
      const file = await filled(dir, 1);
      writeFileSync(file, 'x'.repeat(500));
      for (const name of readdirSync(path.join(dir, 'backups')))
        writeFileSync(path.join(dir, 'backups', name), 'y'.repeat(500));
      const { store, notices } = await open(dir);
      expect(notices).toMatchObject([
        { code: 'store-corrupt', params: { restored: expect.stringContaining('new one') } },
      ]);
      expect(await seqs(store)).toEqual([]);
      expect(readdirSync(dir).filter((name) => name.includes('damaged'))).toHaveLength(2);
    });

    it('falls back to the copy before when the newest is damaged', async () => {
      const dir = folder();
      const file = await filled(dir, 1);
      const second = await open(dir);
      await second.store.commit(events(2));
      await second.store.close();
      const backups = path.join(dir, 'backups');
      expect(readdirSync(backups).sort()).toEqual(['good-previous.db', 'good.db']);
      utimesSync(path.join(backups, 'good-previous.db'), 1, 1);
      for (const bad of [file, path.join(backups, 'good.db')]) writeFileSync(bad, 'x'.repeat(500));
      expect(await seqs((await open(dir)).store)).toEqual([1]);
    });

    it('does not silently begin anew when the file vanished while copies are there', async () => {
      const dir = folder();
      unlinkSync(await filled(dir, 1));
      const { store, notices } = await open(dir);
      expect(notices).toMatchObject([{ code: 'store-corrupt' }]);
      expect(await seqs(store)).toEqual([1]);
    });

    it('opens a newer file for reading only, says so, and leaves it as it was', async () => {
      const dir = folder();
      const file = await filled(dir, 1);
      native(file, `PRAGMA user_version = ${SCHEMA_VERSION + 5}`);
      const before = readFileSync(file);
      const { store, notices, readonly } = await open(dir);
      expect(readonly).toBe(true);
      expect(notices).toEqual([{ code: 'store-newer', params: { found: SCHEMA_VERSION + 5, known: SCHEMA_VERSION } }]);
      expect(await seqs(store)).toEqual([1]);
      await expect(store.commit(events(2))).rejects.toMatchObject({ code: 'store-readonly' });
      await expect(store.putBlob(new Uint8Array(1))).rejects.toMatchObject({ code: 'store-readonly' });
      await store.close();
      expect(readFileSync(file)).toEqual(before);
    });

    it('brings an older file up to date and keeps a copy of it as it was', async () => {
      const dir = folder();
      const file = path.join(dir, 'openexec.db');
      native(
        file,
        `${MIGRATIONS[0]}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1; INSERT INTO events VALUES ('r', 1, ${AT}, 1, 'warning', '{"code":"old","params":{}}')`,
      );
      const { store, notices, readonly } = await open(dir);
      expect([notices, readonly]).toEqual([[], false]);
      expect(await store.events('r', 0, 9)).toMatchObject([{ seq: 1, code: 'old' }]);
      await store.commit(events(2));
      await store.close();
      expect(nativeRows(file, 'PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
      const copy = path.join(dir, 'backups', `before-1-to-${SCHEMA_VERSION}.db`);
      expect(nativeRows(copy, 'PRAGMA user_version')).toEqual([{ user_version: 1 }]);
      expect(nativeRows(copy, 'SELECT seq FROM events')).toEqual([{ seq: 1 }]);
    });

    it('makes no copy when nothing was written', async () => {
      const dir = folder();
      await filled(dir, 1);
      const copy = path.join(dir, 'backups', 'good.db');
      utimesSync(copy, 1, 1);
      await (await open(dir)).store.close();
      expect(statSync(copy).mtimeMs).toBe(1000);
    });

    it('names a row it cannot read, and reads the others', async () => {
      const dir = folder();
      const file = await filled(dir, 1, 2);
      native(
        file,
        `UPDATE events SET json = '{"code": 7' WHERE seq = 2; INSERT INTO settings VALUES ('k', '{'); UPDATE plans SET json = '{}'`,
      );
      const { store } = await open(dir);
      await expect(store.events('r', 0, 10)).rejects.toMatchObject({
        code: 'record-invalid',
        params: { table: 'events', key: 'r/2' },
      });
      expect((await store.events('r', 0, 1)).map((event) => event.seq)).toEqual([1]);
      await expect(store.plan('p')).rejects.toMatchObject({
        code: 'record-invalid',
        params: { table: 'plans', key: 'p' },
      });
      await expect(store.setting('k')).rejects.toMatchObject({ code: 'record-invalid' });
    });
  });

  describe('blobs', () => {
    const hash = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const hello = new TextEncoder().encode('hello');

    it('stand beside the database under their hash, and are found by the next process', async () => {
      const dir = folder();
      const first = await open(dir);
      expect(await first.store.putBlob(hello)).toBe(hash);
      await first.store.close();
      expect(readFileSync(path.join(dir, 'blobs', '2c', hash.slice(2)), 'utf8')).toBe('hello');
      expect(readdirSync(path.join(dir, 'blobs', '2c'))).toEqual([hash.slice(2)]);
      expect(await (await open(dir)).store.blob(hash)).toEqual(hello);
    });

    it('cost nothing the second time', async () => {
      const dir = folder();
      const { store } = await open(dir);
      await store.putBlob(hello);
      const file = path.join(dir, 'blobs', '2c', hash.slice(2));
      utimesSync(file, 1, 1);
      await store.putBlob(hello);
      expect(statSync(file).mtimeMs).toBe(1000);
    });

    it('count as missing when their bytes are not what was put, and are mended by putting them again', async () => {
      const dir = folder();
      const { store } = await open(dir);
      await store.putBlob(hello);
      const file = path.join(dir, 'blobs', '2c', hash.slice(2));
      writeFileSync(file, 'hell');
      await expect(store.blob(hash)).rejects.toMatchObject({ code: 'blob-missing', params: { hash } });
      await store.putBlob(hello);
      expect(await store.blob(hash)).toEqual(hello);
      await expect(store.blob('../../root.json')).rejects.toMatchObject({ code: 'blob-missing' });
    });

    it('say when they cannot be written', async () => {
      const dir = folder();
      const { store } = await open(dir);
      rmSync(path.join(dir, 'blobs'), { recursive: true });
      writeFileSync(path.join(dir, 'blobs'), '');
      await expect(store.putBlob(hello)).rejects.toMatchObject({ code: 'store-unwritable' });
      rmSync(path.join(dir, 'blobs'));
      mkdirSync(path.join(dir, 'blobs'));
      await store.putBlob(hello);
    });
  });
});

const nativeSize = (dir: string) => statSync(path.join(dir, 'openexec.db')).size;

function native(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const handle = fs.openSync(file, 'r+');
  fs.writeSync(handle, bytes, 0, bytes.length, at);
  fs.closeSync(handle);
}

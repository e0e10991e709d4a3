import { createHash } from 'node:crypto';
import fs from 'node:fs';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src/adapters/sqlite/schema.js';
import { openSqliteStore, type SqliteStoreOptions } from '../../../src/adapters/sqlite/store.js';
import { adoptState, restoreArchive } from '../../../src/adapters/sqlite/take-in.js';
import { deferred } from '../../../src/base/deferred.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import { createFakeLog } from '../../fakes/log.js';
import { AT, changeSetRow, eventRow, imageRow, planRow, ROOT, runRow, stepRow } from '../../fakes/rows.js';
import { nativeRows, WASM } from './support.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});
const folder = (): string => {
  const dir = mkdtempSync(path.join(tmpdir(), 'openexec-storage-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
const open = async (dir: string, options: Partial<SqliteStoreOptions> = {}) => {
  const opened = await openSqliteStore({ dir, wasm: WASM, clock: { now: () => AT }, log: createFakeLog(), ...options });
  undo.push(() => opened.store.close());
  return opened;
};
const never = new AbortController().signal;
const bytes = (text: string) => new TextEncoder().encode(text);
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const large = (name: string) => name.repeat(20_000);
const placeOf = (dir: string, text: string) => path.join(dir, 'blobs', hashOf(text).slice(0, 2), hashOf(text).slice(2));
/** As if it had been put two days ago, by another process. */
const age = (dir: string, text: string) =>
  utimesSync(placeOf(dir, text), (Date.now() - 2 * 86_400_000) / 1000, (Date.now() - 2 * 86_400_000) / 1000);
const HOUR = 3_600_000;

/** A run with a step's output, an image and a log, one text each; and one text that nobody names. */
async function filled(dir: string): Promise<void> {
  const { store } = await open(dir);
  for (const text of ['output', 'before', 'log', 'nobody']) await store.putBlob(bytes(large(text)));
  await store.commit([
    { table: 'plans', row: planRow('p') },
    { table: 'runs', row: runRow('r', { status: 'completed' }) },
    { table: 'steps', row: stepRow('r', 1, { output: hashOf(large('output')) }) },
    { table: 'change_sets', row: changeSetRow('cs', 'r') },
    { table: 'file_images', row: imageRow('cs:src/quotes.ts', 'r', { before: hashOf(large('before')), after: null }) },
    {
      table: 'events',
      row: {
        ...eventRow('r', 1),
        type: 'command-run',
        call: 'c',
        step: 's',
        task: 'T-1',
        purpose: 'lint',
        command: 'x',
        exitCode: 0,
        timedOut: false,
        cancelled: false,
        durationMs: 1,
        bytes: 1,
        tail: '',
        log: hashOf(large('log')),
      },
    },
    { table: 'blobs', row: { hash: hashOf('small, named'), bytes: bytes('small, named') } },
    { table: 'steps', row: stepRow('r', 2, { output: hashOf('small, named') }) },
    { table: 'blobs', row: { hash: hashOf('small, unnamed'), bytes: bytes('small, unnamed') } },
  ]);
  await store.close();
  for (const text of ['output', 'before', 'log', 'nobody']) age(dir, large(text));
}

describe('what the data folder takes', () => {
  it('is told by part and by kind of text, with what nobody names', async () => {
    const dir = folder();
    await filled(dir);
    writeFileSync(path.join(dir, 'openexec.db.damaged-2026'), 'xxxx');
    const { storage } = await open(dir);
    const usage = await storage.usage(never);
    const part = (name: string) => usage.parts.find((one) => one.part === name);
    expect(part('database')?.bytes).toBe(statSync(path.join(dir, 'openexec.db')).size);
    expect(part('texts')).toEqual({
      part: 'texts',
      count: 4,
      bytes: 20_000 * ('output'.length + 'before'.length + 'log'.length + 'nobody'.length),
    });
    expect(part('set-aside')).toEqual({ part: 'set-aside', count: 1, bytes: 4 });
    expect(part('backups')?.count).toBe(1);
    expect(usage.bytes).toBe(usage.parts.reduce((sum, one) => sum + one.bytes, 0));
    expect(Object.fromEntries(usage.texts.map(({ kind, count }) => [kind, count]))).toEqual({
      outputs: 2,
      files: 1,
      logs: 1,
      unnamed: 2,
    });
  });
});

describe('freeing what no row names', () => {
  it('takes the unnamed and leaves the named, large and small', async () => {
    const dir = folder();
    await filled(dir);
    const { store, storage } = await open(dir);
    expect(await storage.sweep(HOUR, never)).toEqual({
      count: 2,
      bytes: 'nobody'.length * 20_000 + 'small, unnamed'.length,
    });
    for (const text of [large('output'), large('before'), large('log'), 'small, named'])
      expect(await store.blob(hashOf(text))).toEqual(bytes(text));
    await expect(store.blob(hashOf(large('nobody')))).rejects.toMatchObject({ code: 'blob-missing' });
    expect(await storage.sweep(HOUR, never)).toEqual({ count: 0, bytes: 0 });
  });

  it('frees what a removed run alone named', async () => {
    const dir = folder();
    await filled(dir);
    const { store, storage } = await open(dir);
    await store.commit([{ table: 'runs', remove: 'r' }]);
    expect((await storage.sweep(HOUR, never)).count).toBe(6);
    expect(readdirSync(path.join(dir, 'blobs')).flatMap((name) => readdirSync(path.join(dir, 'blobs', name)))).toEqual(
      [],
    );
  });

  it('leaves a text that was put a moment ago, new or again: its row may be on its way', async () => {
    const dir = folder();
    await filled(dir);
    const { store, storage } = await open(dir);
    await store.putBlob(bytes(large('fresh')));
    await store.putBlob(bytes(large('nobody'))); // it was there, and old
    expect((await storage.sweep(HOUR, never)).count).toBe(1);
    await store.commit([{ table: 'steps', row: stepRow('r', 3, { output: hashOf(large('nobody')) }) }]);
    expect(await store.blob(hashOf(large('nobody')))).toEqual(bytes(large('nobody')));
  });

  it('leaves a text that a row begins to name while it looks', async () => {
    const dir = folder();
    await filled(dir);
    const { store, storage } = await open(dir);
    const sweeping = storage.sweep(0, never);
    await store.commit([
      {
        table: 'steps',
        row: stepRow('r', 3, { output: hashOf(large('nobody')), summary: `as in ${hashOf('small, unnamed')}` }),
      },
    ]);
    expect((await sweeping).count).toBe(0);
    expect(await store.blob(hashOf(large('nobody')))).toEqual(bytes(large('nobody')));
    expect(await store.blob(hashOf('small, unnamed'))).toEqual(bytes('small, unnamed'));
  });
});

describe('what a killed process left', () => {
  it('is gone after the next opening, and what looks like it stays', async () => {
    const dir = folder();
    await filled(dir);
    const before = readdirSync(dir).sort();
    for (const name of [
      'export-12-0a1b2c3d.db',
      'export-12-0a1b2c3d.db-journal',
      'openexec.db.compact',
      'openexec.db.compact-12-0a1b2c3d-wal',
      'self-test-12.db',
    ])
      writeFileSync(path.join(dir, name), 'x');
    mkdirSync(path.join(dir, 'restoring-12', 'blobs'), { recursive: true });
    const others = ['export-of-mine.db', 'openexec.db.damaged-2026', 'openexec.db.compacted'];
    for (const name of others) writeFileSync(path.join(dir, name), 'x');
    const { store, notices } = await open(dir);
    expect(notices).toEqual([]);
    await store.close();
    expect(readdirSync(dir).sort()).toEqual([...before, ...others].sort());
  });

  it('is freed among the texts, but never one that is being written', async () => {
    const dir = folder();
    await filled(dir);
    const { store, storage } = await open(dir);
    const [old, young] = ['00112233445566', 'aabbccddeeff00'].map((name) =>
      path.join(dir, 'blobs', `.${name.slice(2)}.tmp`),
    ) as [string, string];
    const deep = path.join(path.dirname(placeOf(dir, large('log'))), '.001122334455.tmp');
    for (const file of [old, young, deep]) writeFileSync(file, 'cut off');
    for (const file of [old, deep]) utimesSync(file, 1, 1);
    expect(await storage.sweep(HOUR, never)).toEqual({
      count: 4,
      bytes: 'nobody'.length * 20_000 + 'small, unnamed'.length + 2 * 'cut off'.length,
    });
    expect([old, young, deep].map((file) => existsSync(file))).toEqual([false, true, false]);
    const began = deferred<void>();
    const goOn = deferred<void>();
    const putting = store.putBlobFrom(
      (async function* () {
        yield bytes('a');
        began.resolve();
        await goOn.promise;
        yield bytes('b');
      })(),
    );
    await began.promise;
    await storage.sweep(0, never);
    goOn.resolve();
    expect(await store.blob(await putting)).toEqual(bytes('ab'));
  });
});

describe('compacting', () => {
  it('gives free pages back, keeps every row, and goes on committing durably', async () => {
    const dir = folder();
    const { store, storage, file } = await open(dir);
    for (let seq = 1; seq <= 300; seq++)
      await store.commit([
        { table: 'events', row: eventRow('r', seq) },
        { table: 'steps', row: stepRow('gone', seq, { summary: 'x'.repeat(3000) }) },
      ]);
    await store.commit([{ table: 'runs', row: runRow('gone') }]);
    await store.commit([{ table: 'runs', remove: 'gone' }]);
    const { before, after } = await storage.compact(never);
    expect(before).toBeGreaterThan(900_000);
    expect(after).toBeLessThan(before / 4);
    expect(statSync(file).size).toBe(after);
    expect((await store.events('r', 0, 1000)).length).toBe(300);
    await store.commit([{ table: 'events', row: eventRow('r', 301) }]);
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
    await store.close();
    expect(nativeRows(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(nativeRows(file, 'SELECT count(*) AS n FROM events')).toEqual([{ n: 301 }]);
    expect(readdirSync(dir).filter((name) => name.includes('compact'))).toEqual([]);
  });

  it('loses nothing that is committed while it looks at its copy', async () => {
    const { store, storage } = await open(folder());
    await store.commit([{ table: 'events', row: eventRow('r', 1) }]);
    const compacting = storage.compact(never);
    const committing = (async () => {
      for (let seq = 2; seq <= 10; seq++) await store.commit([{ table: 'events', row: eventRow('r', seq) }]);
    })();
    await Promise.allSettled([compacting, committing]);
    expect((await store.events('r', 0, 100)).map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe('freeing and compacting, once the file is no longer ours', () => {
  it('leaves everything to the new owner', async () => {
    const dir = folder();
    await filled(dir);
    let ours = true;
    const { storage } = await open(dir, { stillOwner: () => ours });
    ours = false;
    await expect(storage.sweep(HOUR, never)).rejects.toMatchObject({ code: 'store-lost' });
    await expect(storage.compact(never)).rejects.toMatchObject({ code: 'store-lost' });
    expect(existsSync(placeOf(dir, large('nobody')))).toBe(true);
  });

  it('does not put an older copy over what the new owner has committed meanwhile', async () => {
    const dir = folder();
    await filled(dir);
    let asked = 0;
    const { storage, file } = await open(dir, { stillOwner: () => ++asked < 2 }); // held at the beginning, and not any more when the copy is done
    const inode = statSync(file).ino;
    await expect(storage.compact(never)).rejects.toMatchObject({ code: 'store-lost' });
    expect(statSync(file).ino).toBe(inode);
    expect(readdirSync(dir).filter((name) => name.includes('compact'))).toEqual([]);
  });

  it('removes no text after the lock is gone, in the middle of it too', async () => {
    const dir = folder();
    await filled(dir);
    let asked = 0;
    const { storage } = await open(dir, { stillOwner: () => ++asked < 2 });
    await expect(storage.sweep(HOUR, never)).rejects.toMatchObject({ code: 'store-lost' });
    expect(existsSync(placeOf(dir, large('nobody')))).toBe(true);
  });

  it('replaces nothing after a flush that failed: only a new start can tell what the disk holds', async () => {
    const dir = folder();
    let refuse = false;
    const fdatasyncSync = (fd: number) => {
      if (refuse) throw Object.assign(new Error('refused'), { code: 'EIO' });
      fs.fdatasyncSync(fd);
    };
    const { store, storage, file } = await open(dir, { files: { ...fs, fdatasyncSync } as never });
    await store.commit([{ table: 'events', row: eventRow('r', 1) }]);
    refuse = true;
    await expect(store.commit([{ table: 'events', row: eventRow('r', 2) }])).rejects.toBeDefined();
    refuse = false;
    const inode = statSync(file).ino;
    await expect(storage.compact(never)).rejects.toBeDefined();
    await expect(storage.sweep(HOUR, never)).rejects.toBeDefined();
    expect(statSync(file).ino).toBe(inode);
  });
});

describe('everything in one file', () => {
  const exported = async () => {
    const dir = folder();
    await filled(dir);
    const { store, storage } = await open(dir);
    const file = path.join(folder(), 'all.openexec');
    const done = await storage.exportTo(file, ROOT, never);
    await store.close();
    return { file, done };
  };
  const into = (dir: string, root = '/home/ada/elsewhere') => ({ dir, wasm: WASM, root, now: AT });
  /** A folder that holds an event and a text already. */
  const inUse = async () => {
    const dir = folder();
    const { store } = await open(dir);
    await store.putBlob(bytes(large('mine')));
    await store.commit([{ table: 'events', row: eventRow('mine', 1) }]);
    await store.close();
    return dir;
  };

  it('brings rows of kinds that a newer version wrote, and the texts they name, through cleaning and compacting', async () => {
    const dir = folder();
    await filled(dir);
    const { store, storage } = await open(dir);
    const newer = { key: 'notes/r/1', value: { root: 'as it is', text: hashOf(large('nobody')), more: [null, 'ä'] } };
    await store.commit([{ table: 'settings', row: newer }]);
    await storage.compact(never);
    await store.commit([
      { table: 'runs', remove: 'r' },
      { table: 'plans', remove: 'p' },
    ]);
    await storage.sweep(HOUR, never);
    await storage.compact(never);
    const file = path.join(folder(), 'all.openexec');
    await storage.exportTo(file, ROOT, never);
    const next = folder();
    await restoreArchive(into(next), file, never);
    const restored = await open(next);
    expect(await restored.store.settings('notes/')).toEqual([newer]);
    expect(await restored.store.blob(newer.value.text)).toEqual(bytes(large('nobody')));
    await store.close();
    await restored.store.close();
    for (const one of [dir, next])
      expect(nativeRows(path.join(one, 'openexec.db'), "SELECT json FROM settings WHERE key = 'notes/r/1'")).toEqual([
        { json: JSON.stringify(newer.value) },
      ]);
  });

  it('comes back whole in another place, whose rows then name it', async () => {
    const { file, done } = await exported();
    expect(done).toEqual({ file, bytes: statSync(file).size, texts: 4 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const dir = folder();
    expect(await restoreArchive(into(dir), file, never)).toEqual({ from: ROOT, aside: '' });
    const { store, notices } = await open(dir);
    expect(notices).toEqual([]);
    expect((await store.run('r'))?.root).toBe('/home/ada/elsewhere');
    expect((await store.plan('p'))?.root).toBe('/home/ada/elsewhere');
    expect((await store.fileImages('r'))[0]?.root).toBe('/home/ada/elsewhere');
    for (const text of [large('output'), large('before'), large('log'), 'small, named'])
      expect(await store.blob(hashOf(text))).toEqual(bytes(text));
    expect(readdirSync(dir).filter((name) => /restoring|taking|set-aside/.test(name))).toEqual([]);
  });

  it.each(['/home/ada/elsewhere', `${ROOT}/copy`, '/home/ada/𝒳', '/home/ada'])(
    'names %s, and the worktrees below it, wherever it was made',
    async (root) => {
      const dir = folder();
      const { store, storage } = await open(dir);
      await store.commit([
        { table: 'runs', row: runRow('r') },
        { table: 'change_sets', row: changeSetRow('cs', 'r', { root: asRoot(`${ROOT}/trees/w1`) }) },
      ]);
      const file = path.join(folder(), 'all.openexec');
      await storage.exportTo(file, ROOT, never);
      const next = folder();
      await restoreArchive(into(next, root), file, never);
      const again = await open(next);
      expect((await again.store.run('r'))?.root).toBe(root);
      expect((await again.store.changeSet('cs'))?.root).toBe(`${root}/trees/w1`);
    },
  );

  it('has a good copy from the start', async () => {
    const { file } = await exported();
    const dir = folder();
    await restoreArchive(into(dir), file, never);
    writeFileSync(path.join(dir, 'openexec.db'), 'no database');
    const { store, notices } = await open(dir);
    expect(notices).toMatchObject([{ code: 'store-corrupt' }]);
    expect((await store.run('r'))?.status).toBe('completed');
  });

  it('sets aside what stands there, with its texts and its copies', async () => {
    const { file } = await exported();
    const dir = await inUse();
    const { aside } = await restoreArchive(into(dir), file, never);
    expect(aside).toMatch(/^set-aside-/);
    expect(readdirSync(path.join(dir, aside)).sort()).toEqual(['backups', 'blobs', 'openexec.db']);
    const old = await open(path.join(dir, aside));
    expect((await old.store.events('mine', 0, 9)).length).toBe(1);
    expect(await old.store.blob(hashOf(large('mine')))).toEqual(bytes(large('mine')));
    expect((await (await open(dir)).store.run('r'))?.status).toBe('completed');
  });

  it('never writes over a file, and leaves none behind when it fails', async () => {
    const { file } = await exported();
    const before = readFileSync(file);
    const dir = folder();
    await filled(dir);
    const { storage } = await open(dir);
    await expect(storage.exportTo(file, ROOT, never)).rejects.toMatchObject({ code: 'file-unwritable' });
    expect(readFileSync(file)).toEqual(before);
    writeFileSync(`${file}-2.partial`, 'somebody’s own');
    await storage.exportTo(`${file}-2`, ROOT, never);
    expect(
      readdirSync(path.dirname(file))
        .map((name) => [name, readFileSync(path.join(path.dirname(file), name)).length > 100])
        .sort(),
    ).toEqual([
      ['all.openexec', true],
      ['all.openexec-2', true],
      ['all.openexec-2.partial', false],
    ]);
    rmSync(placeOf(dir, large('log')));
    const gone = path.join(folder(), 'deep', 'all');
    await expect(storage.exportTo(gone, ROOT, never)).rejects.toMatchObject({
      code: 'file-unwritable',
      params: { reason: 'ENOENT' },
    });
    expect(readdirSync(dir).filter((name) => name.startsWith('export-'))).toEqual([]);
  });

  const damages: [string, (file: string) => void, string][] = [
    [
      'is cut off',
      (file) => writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size - 200)),
      'damaged or cut off',
    ],
    ['is something else', (file) => writeFileSync(file, 'a text'), 'damaged or cut off'],
    ['is an archive of something else', (file) => writeFileSync(file, gzipSync(Buffer.alloc(1024))), 'not complete'],
    [
      'holds another text than its name says',
      (file) => change(file, large('log').slice(0, 512), large('lag').slice(0, 512)),
      'is damaged',
    ],
    ['has a changed database', (file) => change(file, 'SQLite format 3', 'SQLite format 4'), 'its database is damaged'],
    ['has a name that leads elsewhere', (file) => change(file, 'blobs/', '../../'), 'does not belong there'],
  ];
  /** In the archive's own bytes. */
  function change(file: string, from: string, to: string): void {
    const plain = gunzipSync(readFileSync(file));
    const at = plain.indexOf(from);
    expect(at).toBeGreaterThan(0);
    plain.write(to, at, 'latin1');
    // A header says the sum of its own bytes.
    if (from.endsWith('/')) {
      const header = plain.subarray(at, at + 512);
      header.fill(' ', 148, 156);
      header.write(
        `${header
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0')}\0 `,
        148,
        'latin1',
      );
    }
    writeFileSync(file, gzipSync(plain));
  }
  it.each(damages)('is refused when it %s, and what stands there stays as it was', async (_, damage, problem) => {
    const { file } = await exported();
    damage(file);
    const dir = folder();
    const mine = await open(dir);
    await mine.store.commit([{ table: 'events', row: eventRow('mine', 1) }]);
    await mine.store.close();
    await expect(restoreArchive(into(dir), file, never)).rejects.toMatchObject({
      code: 'archive-invalid',
      params: { problem: expect.stringContaining(problem) },
    });
    expect(readdirSync(dir).sort()).toEqual(['backups', 'blobs', 'openexec.db']);
    expect((await (await open(dir)).store.events('mine', 0, 9)).length).toBe(1);
  });

  it('is refused when a newer version made it', async () => {
    const { file } = await exported();
    change(file, `"schema": ${SCHEMA_VERSION}`, '"schema": 9');
    await expect(restoreArchive(into(folder()), file, never)).rejects.toMatchObject({
      code: 'store-newer',
      params: { found: 9, known: SCHEMA_VERSION },
    });
  });

  it('is finished by the next process when one died half way', async () => {
    const { file } = await exported();
    const dir = await inUse();
    const staging = path.join(dir, 'restoring-1');
    const other = folder();
    await restoreArchive(into(other), file, never);
    renameSync(other, staging);
    const note = { v: 1, from: staging, aside: 'set-aside-x', names: ['blobs', 'openexec.db'], discard: true };
    writeFileSync(path.join(dir, 'taking-in.json'), JSON.stringify(note));
    // It had moved the texts of the one that stood there, and died.
    renameSync(path.join(dir, 'blobs'), path.join(dir, 'moved'));
    await import('node:fs/promises').then(({ mkdir }) => mkdir(path.join(dir, 'set-aside-x')));
    renameSync(path.join(dir, 'moved'), path.join(dir, 'set-aside-x', 'blobs'));
    const { store, notices } = await open(dir);
    expect(notices).toEqual([]);
    expect((await store.run('r'))?.status).toBe('completed');
    expect(await store.blob(hashOf(large('log')))).toEqual(bytes(large('log')));
    expect(readdirSync(path.join(dir, 'set-aside-x')).sort()).toEqual(['backups', 'blobs', 'openexec.db']);
    expect(existsSync(staging)).toBe(false);
    expect(existsSync(path.join(dir, 'taking-in.json'))).toBe(false);
  });
});

describe('a folder that moved', () => {
  it('takes its state along: rows name the new place, worktrees too, and nothing is left behind to be used twice', async () => {
    const [old, dir] = [folder(), folder()];
    const was = await open(old);
    await was.store.putBlob(bytes(large('output')));
    await was.store.commit([
      { table: 'runs', row: runRow('r', { status: 'paused' }) },
      { table: 'change_sets', row: changeSetRow('cs', 'r', { root: asRoot(path.join(old, 'worktrees', 'w1')) }) },
    ]);
    await was.store.close();
    await (await open(dir)).store.close(); // the new place was opened once and is empty
    expect(
      await adoptState({ dir, wasm: WASM, root: '/home/ada/moved', now: AT }, { dir: old, root: ROOT }),
    ).toMatchObject({ from: ROOT });
    const { store } = await open(dir);
    expect((await store.run('r'))?.root).toBe('/home/ada/moved');
    expect((await store.changeSet('cs'))?.root).toBe(path.join(dir, 'worktrees', 'w1'));
    expect(await store.blob(hashOf(large('output')))).toEqual(bytes(large('output')));
    expect(existsSync(path.join(old, 'openexec.db'))).toBe(false);
  });
});

describe('the caches of build tools', () => {
  it('are counted, and go with folders that Go made read-only, following no link', async () => {
    const dir = folder();
    const outside = folder();
    writeFileSync(path.join(outside, 'kept'), 'kept');
    mkdirSync(path.join(dir, 'caches/commands/go-mod/m'), { recursive: true });
    writeFileSync(path.join(dir, 'caches/commands/go-mod/m/x.go'), 'package x');
    symlinkSync(outside, path.join(dir, 'caches/commands/link'));
    chmodSync(path.join(dir, 'caches/commands/go-mod/m'), 0o555);
    const { storage } = await open(dir);
    expect((await storage.usage(never)).parts).toContainEqual({ part: 'caches', bytes: 9, count: 1 });
    expect(await storage.clearCaches(9, never)).toEqual({ bytes: 0, count: 0 });
    expect(existsSync(path.join(dir, 'caches'))).toBe(true);
    expect(await storage.clearCaches(8, never)).toEqual({ bytes: 9, count: 1 });
    expect(existsSync(path.join(dir, 'caches'))).toBe(false);
    expect(readdirSync(outside)).toEqual(['kept']);
    expect(await storage.clearCaches(0, never)).toEqual({ bytes: 0, count: 0 });
  });
});

/** sql.js on real files, checked by the SQLite that Node brings. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqlFile, WASM_SHA256 } from '../../../src/adapters/sqlite/durable-sqljs.js';
import { nativeRows, WASM } from './support.js';

describe('sql.js on a real file', () => {
  const dirs: string[] = [];
  const folder = () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'openexec-sqljs-'));
    dirs.push(dir);
    return dir;
  };
  afterEach(() => dirs.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })));

  it('writes a file that another SQLite reads, and flushes every commit', async () => {
    const file = path.join(folder(), 'a.db');
    const db = await openSqlFile({ file, wasm: WASM });
    db.exec('CREATE TABLE t(n INTEGER PRIMARY KEY, s TEXT, b BLOB)');
    const before = db.fsyncs;
    for (let n = 1; n <= 5; n++)
      db.run('INSERT INTO t VALUES (?, ?, ?)', [n, `zeile ${n} ✓`, new Uint8Array([n, 0, 255])]);
    expect(db.fsyncs - before).toBeGreaterThanOrEqual(5);
    db.close();
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(nativeRows(file, 'SELECT n, s, hex(b) AS b FROM t WHERE n = 3')).toEqual([
      { n: 3, s: 'zeile 3 ✓', b: '0300FF' },
    ]);
    expect(nativeRows(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('holds several files in one process apart, opened and closed in any order', async () => {
    const dir = folder();
    const [one, two] = [
      await openSqlFile({ file: path.join(dir, 'one.db'), wasm: WASM }),
      await openSqlFile({ file: path.join(dir, 'two.db'), wasm: WASM }),
    ];
    one.exec('CREATE TABLE t(a)');
    two.exec('CREATE TABLE t(a)');
    one.run('INSERT INTO t VALUES (?)', [1]);
    two.run('INSERT INTO t VALUES (?)', [2]);
    one.close();
    two.run('INSERT INTO t VALUES (?)', [3]);
    const again = await openSqlFile({ file: path.join(dir, 'one.db'), wasm: WASM });
    expect(again.all('SELECT a FROM t')).toEqual([[1]]);
    expect(two.all('SELECT a FROM t ORDER BY a')).toEqual([[2], [3]]);
    again.close();
    two.close();
  });

  it('recovers what is only in the log', async () => {
    const dir = folder();
    const db = await openSqlFile({ file: path.join(dir, 'a.db'), wasm: WASM });
    db.exec('CREATE TABLE t(a)');
    db.run('INSERT INTO t VALUES (?)', ['kept']);
    for (const suffix of ['', '-wal'])
      copyFileSync(path.join(dir, `a.db${suffix}`), path.join(dir, `copy.db${suffix}`)); // as a killed process leaves them
    db.close();
    const copy = await openSqlFile({ file: path.join(dir, 'copy.db'), wasm: WASM });
    expect(copy.all('SELECT a FROM t')).toEqual([['kept']]);
    copy.close();
  });

  describe('replacing the file', () => {
    const filled = async (files: typeof fs = fs) => {
      const file = path.join(folder(), 'a.db');
      const db = await openSqlFile({ file, wasm: WASM, files });
      db.exec('CREATE TABLE t(a)');
      for (let n = 0; n < 50; n++) db.run('INSERT INTO t VALUES (?)', ['x'.repeat(3000)]);
      db.run('DELETE FROM t WHERE rowid < 40');
      db.copyTo('copy.db');
      return { file, db };
    };

    it('replaces nothing when the log cannot be written into it, and goes on with what is there', async () => {
      let refuse = false;
      const main = new Set<number>();
      const { file, db } = await filled({
        ...fs,
        openSync: (place: string, ...more: [number, number]) => {
          const fd = fs.openSync(place, ...more);
          if (place.endsWith('a.db')) main.add(fd);
          else main.delete(fd);
          return fd;
        },
        writeSync: (fd: number, ...more: [Uint8Array, number, number, number]) => {
          if (refuse && main.has(fd)) throw Object.assign(new Error('refused'), { code: 'EIO' });
          return fs.writeSync(fd, ...more);
        },
      } as unknown as typeof fs);
      refuse = true;
      expect(() => db.replaceBy('copy.db')).toThrow('could not be written into the database');
      refuse = false;
      expect(db.get('SELECT count(*) FROM t')).toEqual([11]);
      db.run('INSERT INTO t VALUES (1)');
      db.close();
      expect(nativeRows(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(nativeRows(file, 'SELECT count(*) AS n FROM t')).toEqual([{ n: 12 }]);
    });

    it('goes on with what is there when the copy cannot be put in its place', async () => {
      const { file, db } = await filled();
      expect(() => db.replaceBy('not-there.db')).toThrow('ENOENT');
      db.run('INSERT INTO t VALUES (1)');
      db.close();
      expect(nativeRows(file, 'SELECT count(*) AS n FROM t')).toEqual([{ n: 12 }]);
    });
  });

  it('refuses a build of SQLite it does not know', async () => {
    const wasm = path.join(folder(), 'sql-wasm.wasm');
    const bytes = readFileSync(WASM);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(wasm, bytes);
    const { openSqlFile: anew } = await freshModule();
    await expect(anew({ file: path.join(folder(), 'a.db'), wasm })).rejects.toMatchObject({ code: 'internal' });
    expect(WASM_SHA256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(['', '-wal'])('makes the next commit an error when the file%s was deleted under it', async (suffix) => {
    const file = path.join(folder(), 'a.db');
    const db = await openSqlFile({ file, wasm: WASM });
    db.exec('CREATE TABLE t(a)');
    unlinkSync(file + suffix);
    expect(() => db.run('INSERT INTO t VALUES (1)')).toThrow();
    expect(db.lost).toBe(true);
  });

  it('makes the next commit an error when another file took its name', async () => {
    const file = path.join(folder(), 'a.db');
    const db = await openSqlFile({ file, wasm: WASM });
    db.exec('CREATE TABLE t(a)');
    copyFileSync(file, `${file}.other`);
    fs.renameSync(`${file}.other`, file);
    expect(() => db.run('INSERT INTO t VALUES (1)')).toThrow();
    expect(db.lost).toBe(true);
  });

  it('names what the operating system refused', async () => {
    const file = path.join(folder(), 'a.db');
    let full = false;
    const files = {
      ...fs,
      writeSync: ((...args: Parameters<typeof fs.writeSync>) => {
        if (full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        return fs.writeSync(...args);
      }) as typeof fs.writeSync,
    };
    const db = await openSqlFile({ file, wasm: WASM, files });
    db.exec('CREATE TABLE t(a)');
    full = true;
    expect(() => db.run('INSERT INTO t VALUES (1)')).toThrow(expect.objectContaining({ host: 'ENOSPC' }));
    full = false;
    db.run('INSERT INTO t VALUES (2)');
    expect(db.all('SELECT a FROM t')).toEqual([[2]]);
    db.close();
  });
});

/** The module keeps one engine for the process; this one has not loaded any yet. */
async function freshModule(): Promise<typeof import('../../../src/adapters/sqlite/durable-sqljs.js')> {
  const { vi } = await import('vitest');
  vi.resetModules();
  return await import('../../../src/adapters/sqlite/durable-sqljs.js');
}

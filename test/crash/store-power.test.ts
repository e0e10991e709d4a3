/**
 * Simulated power cuts. Every file operation of the store and every acknowledgement is recorded; after a random one the disk is
 * built anew from all that was flushed and a random subset of what was not, in any order, torn to sectors of 512 bytes. What was
 * acknowledged must be there. With synchronous=NORMAL it is not: the control that shows the test can fail. CRASH_CUTS sets how
 * many, CRASH_SEED which.
 */
import fs, { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import type { FileOps } from '../../src/adapters/sqlite/system-calls.js';
import { nativeRows, WASM } from '../adapters/sqlite/support.js';
import { createFakeLog } from '../fakes/log.js';
import { eventRow, runRow, stepRow } from '../fakes/rows.js';
import { random } from './chance.js';

const CUTS = Number(process.env['CRASH_CUTS'] ?? 30);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const COMMITS = 400;
const SECTOR = 512;

type Op =
  | { kind: 'write'; name: string; at: number; bytes: Buffer }
  | { kind: 'truncate'; name: string; size: number }
  | { kind: 'unlink'; name: string }
  | { kind: 'flush'; name: string };
/** A commit is acknowledged: the power may go after that, too, before the next operation. */
type Moment = Op | { kind: 'acknowledged' };

function recording(ops: Moment[]): FileOps {
  const names = new Map<number, string>();
  return {
    ...fs,
    openSync(file: fs.PathLike, flags: fs.OpenMode, mode?: fs.Mode | null) {
      const fd = fs.openSync(file, flags, mode);
      names.set(fd, path.basename(String(file)));
      return fd;
    },
    writeSync(fd: number, buffer: NodeJS.ArrayBufferView, offset: number, length: number, position: number) {
      ops.push({
        kind: 'write',
        name: names.get(fd) ?? '',
        at: position,
        bytes: Buffer.from(Buffer.from(buffer.buffer, buffer.byteOffset + offset, length)),
      });
      return fs.writeSync(fd, buffer, offset, length, position);
    },
    ftruncateSync(fd: number, size = 0) {
      ops.push({ kind: 'truncate', name: names.get(fd) ?? '', size });
      fs.ftruncateSync(fd, size);
    },
    unlinkSync(file: fs.PathLike) {
      ops.push({ kind: 'unlink', name: path.basename(String(file)) });
      fs.unlinkSync(file);
    },
    fdatasyncSync(fd: number) {
      ops.push({ kind: 'flush', name: names.get(fd) ?? '' }); // really flushing would only cost time: the disk is rebuilt from the record
    },
  } as unknown as FileOps;
}

/** A file that grows without being copied at every write. */
class Image {
  private bytes = Buffer.alloc(1 << 16);
  private size = 0;

  write(at: number, data: Buffer): void {
    const end = at + data.length;
    if (end > this.bytes.length) this.bytes = Buffer.concat([this.bytes], end * 2);
    data.copy(this.bytes, at);
    this.size = Math.max(this.size, end);
  }
  truncate(size: number): void {
    if (size < this.size) this.bytes.fill(0, size, this.size);
    else if (size > this.bytes.length) this.bytes = Buffer.concat([this.bytes], size * 2);
    this.size = size;
  }
  get content(): Buffer {
    return this.bytes.subarray(0, this.size);
  }
}

/** The disk when the power goes after `ops`. */
function afterCut(ops: readonly Op[], chance: () => number): Map<string, Buffer> {
  const disk = new Map<string, Image>();
  const pending = new Map<string, Op[]>();
  const of = <T>(map: Map<string, T>, name: string, make: () => T): T => {
    const found = map.get(name) ?? make();
    map.set(name, found);
    return found;
  };
  const apply = (op: Op) => {
    const image = of(disk, op.name, () => new Image());
    if (op.kind === 'truncate') image.truncate(op.size);
    else if (op.kind === 'write') image.write(op.at, op.bytes);
  };
  for (const op of ops) {
    if (op.kind === 'unlink') {
      disk.delete(op.name);
      pending.delete(op.name);
    } else if (op.kind === 'flush') {
      for (const waiting of pending.get(op.name) ?? []) apply(waiting);
      pending.delete(op.name);
    } else of(pending, op.name, (): Op[] => []).push(op);
  }
  for (const waiting of pending.values())
    for (const op of waiting) {
      if (op.kind !== 'write') {
        if (chance() < 0.5) apply(op);
        continue;
      }
      for (let at = 0; at < op.bytes.length; at += SECTOR)
        if (chance() < 0.5) apply({ ...op, at: op.at + at, bytes: op.bytes.subarray(at, at + SECTOR) });
    }
  return new Map([...disk].map(([name, image]) => [name, image.content]));
}

async function record(dir: string, synchronous: 'FULL' | 'NORMAL'): Promise<{ moments: Moment[]; first: number }> {
  const moments: Moment[] = [];
  const { store } = await openSqliteStore({
    dir,
    wasm: WASM,
    clock: Date,
    log: createFakeLog(),
    files: recording(moments),
    synchronous,
    idleMs: 60_000,
  });
  const first = moments.length;
  for (let seq = 1; seq <= COMMITS; seq++) {
    await store.commit([
      { table: 'events', row: eventRow('r', seq) },
      { table: 'steps', row: stepRow('r', seq, { summary: 'x'.repeat((seq * 37) % 2000) }) },
      { table: 'runs', row: runRow('r', { lastSeq: seq }) },
    ]);
    moments.push({ kind: 'acknowledged' });
  }
  await store.close();
  return { moments, first };
}

/** How many cuts lost something acknowledged. Every file must be whole, whatever was lost. */
async function cutPower(synchronous: 'FULL' | 'NORMAL'): Promise<number> {
  const top = mkdtempSync(path.join(tmpdir(), 'openexec-power-'));
  const chance = random(SEED);
  let lost = 0;
  try {
    const { moments, first } = await record(path.join(top, 'live'), synchronous);
    for (let n = 1; n <= CUTS; n++) {
      const cut = first + Math.floor(chance() * (moments.length - first));
      const before = moments.slice(0, cut);
      const ops = before.filter((moment) => moment.kind !== 'acknowledged');
      const acknowledged = before.length - ops.length;
      const disk = afterCut(ops, chance);
      const dirs = ['native', 'ours'].map((name) => path.join(top, `${name}-${n}`));
      for (const dir of dirs) {
        mkdirSync(dir);
        for (const [name, bytes] of disk) writeFileSync(path.join(dir, name), bytes);
      }
      const file = path.join(dirs[0] ?? '', 'openexec.db');
      expect(nativeRows(file, 'PRAGMA integrity_check'), `cut ${cut}, seed ${SEED}`).toEqual([
        { integrity_check: 'ok' },
      ]);
      const begun = nativeRows(file, "SELECT name FROM sqlite_schema WHERE name = 'events'").length > 0; // without flushes not even the tables need be there
      const found = !begun
        ? { count: 0, last: 0, steps: 0 }
        : (nativeRows(
            file,
            'SELECT count(*) AS count, coalesce(max(seq), 0) AS last, (SELECT count(*) FROM steps) AS steps FROM events',
          )[0] ?? {});
      expect([found['count'], found['steps']], `cut ${cut}, seed ${SEED}: a batch is whole or absent`).toEqual([
        found['last'],
        found['last'],
      ]);
      if (Number(found['last']) < acknowledged) lost += 1;

      const { store, notices } = await openSqliteStore({
        dir: dirs[1] ?? '',
        wasm: WASM,
        clock: Date,
        log: createFakeLog(),
      });
      expect(notices).toEqual([]);
      expect((await store.events('r', 0, 1_000_000)).length).toBe(found['last']);
      await store.close();
      for (const dir of dirs) rmSync(dir, { recursive: true });
    }
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
  return lost;
}

const timeout = 60_000 + CUTS * 2000;
it(`loses nothing it acknowledged, over ${CUTS} power cuts`, { timeout }, async () =>
  expect(await cutPower('FULL'), `seed ${SEED}`).toBe(0),
);
it('loses something without the flush: the test can fail', { timeout }, async () =>
  expect(await cutPower('NORMAL'), `seed ${SEED}`).toBeGreaterThan(0),
);

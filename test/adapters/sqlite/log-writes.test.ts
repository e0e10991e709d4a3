import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogWrites } from '../../../src/adapters/sqlite/log-writes.js';

const KIB = 1024;
let folder: string;
let fd: number;
/** Length and place of every write that reached the file. */
let reached: [number, number][];
let refuse: (length: number, position: number) => string | undefined;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'openexec-log-'));
  fd = fs.openSync(path.join(folder, 'a.db-wal'), 'w+');
  [reached, refuse] = [[], () => undefined];
});
afterEach(() => {
  fs.closeSync(fd);
  fs.rmSync(folder, { recursive: true });
});

const writeSync = ((file: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
  const code = refuse(length, position);
  if (code) throw Object.assign(new Error(code), { code });
  reached.push([length, position]);
  return fs.writeSync(file, bytes, offset, length, position);
}) as typeof fs.writeSync;
const log = (length = 0) => createLogWrites({ writeSync }, fd, length);
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const content = () => fs.readFileSync(path.join(folder, 'a.db-wal'));

describe('writes of the log', () => {
  it('reach the file in one call, and the file is longer than they are, with zeros', () => {
    const writes = log();
    writes.write(filled(32, 1), 0);
    for (let n = 0; n < 3; n++) {
      writes.write(filled(24, 2), 32 + n * 4120);
      writes.write(filled(4096, 3), 56 + n * 4120);
    }
    expect(reached).toEqual([]);
    writes.settle();
    const end = 32 + 3 * 4120;
    expect(reached).toEqual([
      [end, 0],
      [256 * KIB - end, end],
    ]);
    const bytes = content();
    expect(bytes.length).toBe(256 * KIB);
    expect([bytes[31], bytes[32], bytes[56], bytes[end - 1], bytes[end]]).toEqual([1, 2, 3, 3, 0]);
    writes.settle();
    writes.write(filled(100, 4), end);
    writes.settle();
    expect(reached.slice(2), 'inside the file nothing more is made longer').toEqual([[100, end]]);
  });

  it('keep what already stands behind them', () => {
    fs.writeSync(fd, filled(300 * KIB, 9), 0, 300 * KIB, 0);
    const writes = log(300 * KIB);
    writes.write(filled(10, 1), 290 * KIB);
    writes.settle();
    expect(reached).toEqual([[10, 290 * KIB]]);
    expect([content().length, content()[290 * KIB + 10]]).toEqual([300 * KIB, 9]);
  });

  it('elsewhere, and more than a megabyte, do not wait for the flush', () => {
    const writes = log(4096 * KIB);
    writes.write(filled(10, 1), 0);
    writes.write(filled(10, 1), 500);
    expect(reached).toEqual([[10, 0]]);
    for (let n = 0; n < 300; n++) writes.write(filled(4096, 2), 510 + n * 4096);
    expect(reached).toHaveLength(2);
    writes.settle();
    expect(
      content()
        .subarray(510, 510 + 300 * 4096)
        .every((byte) => byte === 2),
    ).toBe(true);
  });

  it('are made longer anew after the file was cut', () => {
    const writes = log();
    writes.write(filled(10, 1), 0);
    writes.settle();
    fs.ftruncateSync(fd, 0);
    writes.cutTo(0);
    writes.write(filled(20, 1), 0);
    writes.settle();
    expect([content().length, content()[19]]).toEqual([256 * KIB, 1]);
  });

  it.each(['ENOSPC', 'EIO'])('need no zeros behind them (%s), and get them later', (code) => {
    const writes = log();
    refuse = (length) => (length > 1000 ? code : undefined);
    writes.write(filled(100, 1), 0);
    writes.settle();
    expect(content().length).toBe(100);
    refuse = () => undefined;
    writes.write(filled(100, 1), 100);
    writes.settle();
    expect(content().length).toBe(256 * KIB);
  });

  it('that are refused are given up and said', () => {
    const writes = log();
    refuse = () => 'ENOSPC';
    writes.write(filled(100, 1), 0);
    expect(() => writes.settle()).toThrow('ENOSPC');
    refuse = () => undefined;
    writes.settle();
    expect(content().length).toBe(0);
  });

  it('that are dropped never reach the file', () => {
    const writes = log();
    writes.write(filled(100, 1), 0);
    writes.drop();
    writes.settle();
    expect(reached).toEqual([]);
  });
});

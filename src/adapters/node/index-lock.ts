/**
 * Git's own lock of the index, `index.lock`, taken in our name: it holds who took it and when that process started, so that one
 * left by a killed process of ours is known and removed. Anyone else's lock is waited for, never removed.
 */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Disposable } from '../../base/disposable.js';
import { OpenExecError } from '../../core/errors.js';
import { isAlive } from './apply-writes.js';
import { errnoOf } from './confine.js';

/** Error: git-state when another process holds it for longer than `waitMs`. */
export async function lockIndex(gitDir: string, waitMs = 2000): Promise<Disposable> {
  const path = join(gitDir, 'index.lock');
  const own = `openexec ${process.pid} ${startOf(process.pid)}\n`;
  for (const start = performance.now(); ; ) {
    try {
      const file = openSync(path, 'wx', 0o644);
      writeSync(file, own);
      fsyncSync(file);
      closeSync(file);
      return { dispose: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw new OpenExecError('git-failed', { detail: `${path} could not be made (${errnoOf(error) ?? 'unknown'})` }, undefined, { cause: error });
    }
    if (isOursAndStale(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (performance.now() - start > waitMs) throw new OpenExecError('git-state', { state: 'another git process holds the lock of the index (index.lock)' });
    await wait(50);
  }
}

function isOursAndStale(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').slice(0, 200);
  } catch {
    return false; // released in this moment
  }
  const match = /^openexec (\d+) (\S+)\n$/.exec(text);
  if (!match) return false;
  const pid = Number(match[1]);
  return pid !== process.pid && (!isAlive(pid) || startOf(pid) !== match[2]);
}

/** When a process started, as its system tells it; '-' where it does not. A process id alone is used again. */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}

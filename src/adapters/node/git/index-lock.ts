/**
 * Git's own lock of the index, `index.lock`, taken in our name: it holds who took it and when that process started, so
 * that one left by a killed process of ours is known and removed. Anyone else's lock is waited for, never removed.
 */
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Disposable } from '../../../base/disposable.js';
import { OpenExecError } from '../../../core/errors.js';
import { isAlive } from '../process/is-alive.js';
import { errnoOf } from '../process/confine.js';

/** Beside the index, so that it can take its place. */
export const scratchIndex = 'index.openexec';

/** Error: git-state when another process holds it for longer than `waitMs`. */
export async function lockIndex(gitDir: string, waitMs = 2000): Promise<Disposable> {
  const path = join(gitDir, 'index.lock');
  const own = ownMark();
  for (const start = performance.now(); ; ) {
    try {
      takeLock(gitDir, path, own);
      return { dispose: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST')
        throw new OpenExecError(
          'git-failed',
          { detail: `${path} could not be made (${errnoOf(error) ?? 'unknown'})` },
          undefined,
          { cause: error },
        );
    }
    if (isOursAndStale(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (performance.now() - start > waitMs)
      throw new OpenExecError('git-state', { state: 'another git process holds the lock of the index (index.lock)' });
    await wait(50);
  }
}

/**
 * Whole from the start: a lock without our word in it, left by a kill in between, would be nobody's and stay for ever.
 */
function takeLock(gitDir: string, path: string, own: string): void {
  const temporary = join(gitDir, `${scratchIndex}-lock-${process.pid}`);
  try {
    // A killed process of this number may have left it, as a second name of its lock
    rmSync(temporary, { force: true });
    write(temporary, own);
    linkSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK'].includes(errnoOf(error) ?? '')) throw error;
    write(path, own); // a file system without hard links
  }
  try {
    rmSync(temporary, { force: true });
    clearScratch(gitDir);
  } catch (error) {
    // With a living process's name in it, it would stand against the person's git until that ends
    rmSync(path, { force: true });
    throw error;
  }
}

function write(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o644);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true }); // half of it would be nobody's
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * The next index, git's lock of it, and locks in the making, as killed processes left them.
 * Whoever has the lock of the index is alone with them.
 */
function clearScratch(gitDir: string): void {
  for (const name of readdirSync(gitDir)) {
    if (!name.startsWith(scratchIndex)) continue;
    const maker = Number(/-lock-(\d+)$/.exec(name)?.[1] ?? 0);
    if (maker === 0 || !isAlive(maker)) rmSync(join(gitDir, name), { force: true });
  }
}

/** With its time: git knows by it which entries were written too late to be trusted. */
export function copyIndex(from: string, to: string): void {
  const { atime, mtime } = statSync(from);
  copyFileSync(from, to);
  utimesSync(to, atime, mtime);
}

function isOursAndStale(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'latin1').slice(0, 200);
  } catch {
    return false; // released in this moment
  }
  return isOfDead(text);
}

/** Who took a lock, and when that process started. */
export const ownMark = (): string => `openexec ${process.pid} ${startOf(process.pid)}\n`;

/** Whether it is a mark of ours, of a process that is no more. */
export function isOfDead(mark: string): boolean {
  const match = /^openexec (\d+) (\S+)\n$/.exec(mark);
  if (!match) return false;
  const pid = Number(match[1]);
  // In a container that starts again, the dead process may well have had our own number
  return !isAlive(pid) || startOf(pid) !== match[2];
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

/** One owner, many doors: take the root's lock, or become a door of whoever holds it. */
import { setTimeout as wait } from 'node:timers/promises';
import { abortable } from '../../base/deferred.js';
import { isOpenExecError, OpenExecError } from '../../core/errors.js';
import type { Clock, Log } from '../../core/ports/ports.js';
import type { Door } from '../../protocol/socket.js';
import { connectToOwner, type OwnerConnection } from './client.js';
import { takeLock, type OwnerLock } from './lock.js';

export interface AcquireOptions {
  /** From resolveDataDir. */
  dataDir: string;
  door: Door;
  log: Log;
  /** Ask a living owner to hand over. */
  takeOver?: boolean;
  clock?: Pick<Clock, 'now'>;
  env?: Readonly<Record<string, string | undefined>>;
  /** ms a living owner has to answer. */
  answerMs?: number;
  /** ms it has to reach a safe point and close. */
  handOverMs?: number;
}

export type Acquired = { role: 'owner'; lock: OwnerLock } | { role: 'client'; openexec: OwnerConnection };

const RETRY_MS = 50;

/**
 * A free or dead owner's lock is taken at once. Errors: owner-unreachable {pid} when the owner lives but does not
 * answer or does not hand over in time, owner-refused, store-unwritable.
 */
export async function acquireOrConnect(
  options: AcquireOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<Acquired> {
  const {
    dataDir,
    door,
    log,
    takeOver = false,
    clock = Date,
    env = process.env,
    answerMs = 2000,
    handOverMs = 30_000,
  } = options;
  let deadline: number | undefined;
  let silent = 0;
  for (;;) {
    const attempt = await takeLock({ dataDir, door, clock, env }, signal);
    if (attempt.state === 'taken') return { role: 'owner', lock: attempt.lock };
    const { pid } = attempt.by.holder;
    if (pid !== silent) {
      silent = pid;
      deadline = performance.now() + answerMs; // each holder has its own time: a new one may just be starting
    }
    const left = (deadline ?? 0) - performance.now();
    if (left <= 0) throw new OpenExecError('owner-unreachable', { pid });
    let connection: OwnerConnection;
    try {
      connection = await connectToOwner({ owner: attempt.by, door, log, answerMs: left }, signal);
    } catch (error) {
      // between lock and socket, while starting and while leaving, an owner is
      // there but does not answer yet or any more
      if (!isOpenExecError(error, 'owner-unreachable')) throw error;
      await abortable(wait(Math.min(RETRY_MS, Math.max(1, left))), signal);
      continue;
    }
    if (!takeOver) return { role: 'client', openexec: connection };
    try {
      await handOver(connection, pid, handOverMs, signal);
    } finally {
      connection.dispose();
    }
    silent = 0;
  }
}

async function handOver(
  connection: OwnerConnection,
  pid: number,
  handOverMs: number,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(handOverMs);
  try {
    await connection.takeOver(AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted)
      throw new OpenExecError(
        'owner-unreachable',
        { pid },
        `process ${pid} did not hand over within ${handOverMs} ms`,
        { cause: error },
      );
    if (!isOpenExecError(error, 'owner-unreachable')) throw error;
    // it hung up: it died or released in the meantime; the next look at the lock tells
  }
}

/**
 * The lock of a root's folder, held by a process. File n.lock names the n-th holder; the highest number counts.
 * Taking it is creating the next number, which only one can (link fails where the name is there), so nobody
 * ever removes a lock that may have become somebody else's in between. A released lock stays as a file that
 * says so, which keeps the numbers growing.
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { abortable } from '../../base/deferred.js';
import { OpenExecError } from '../../core/errors.js';
import type { Clock } from '../../core/ports/ports.js';
import { doorSchema, type Door } from '../../protocol/socket.js';
import { removeAddress, socketAddress } from './address.js';
import { identitySchema, isAlive, ownIdentity } from './process-identity.js';

const recordSchema = z.object({
  v: z.literal(1),
  holder: identitySchema,
  door: doorSchema,
  since: z.number().int(),
  /** Shown by every door that connects. The file is 0600 in a folder that is 0700. */
  token: z.string(),
  /** Socket or pipe on which the holder answers. */
  address: z.string(),
  released: z.boolean(),
});
export type LockRecord = z.infer<typeof recordSchema>;

export interface OwnerLock {
  readonly record: LockRecord;
  /** Still ours: false once the folder is gone or another process took the lock. Cheap: one look at one file. */
  held(): boolean;
  /** Idempotent. Close the store first. */
  release(): void;
}

export type LockAttempt = { state: 'taken'; lock: OwnerLock } | { state: 'held'; by: LockRecord };

export interface LockOptions {
  /** The root's folder in the data home. */
  dataDir: string;
  door: Door;
  clock: Pick<Clock, 'now'>;
  env: Readonly<Record<string, string | undefined>>;
}

const REFRESH_MS = 10_000;
/** A file that cannot be read and is younger than this is being written (only where links are not to be had). */
const WRITING_MS = 1000;
const TRIES = 100;

/** Takes the lock if it is free or its holder is dead. Errors: store-unwritable. */
export async function takeLock(options: LockOptions, signal: AbortSignal): Promise<LockAttempt> {
  const dir = path.join(options.dataDir, 'owner');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (let tries = 0; tries < TRIES; tries++) {
      signal.throwIfAborted();
      const last = generations(dir).at(-1) ?? 0;
      const by = last === 0 ? undefined : readRecord(dir, last);
      if (by === 'unsettled') {
        await abortable(wait(20), signal);
        continue;
      }
      if (by && alive(dir, last, by)) return { state: 'held', by };
      const lock = create(dir, last + 1, options);
      if (lock) return { state: 'taken', lock };
    }
  } catch (error) {
    if (signal.aborted || error instanceof OpenExecError) throw error;
    throw new OpenExecError(
      'store-unwritable',
      { path: dir, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
      String(error),
      { cause: error },
    );
  }
  throw new OpenExecError('store-unwritable', { path: dir, reason: 'the lock kept changing hands' });
}

const fileOf = (dir: string, generation: number) => path.join(dir, `${generation}.lock`);

const generations = (dir: string): number[] =>
  readdirSync(dir)
    .map((name) => Number(/^(\d+)\.lock$/.exec(name)?.[1] ?? 0))
    .filter((n) => n > 0)
    .sort((a, b) => a - b);

/** undefined = free: released, unreadable, or gone since it was listed. */
function readRecord(dir: string, generation: number): LockRecord | 'unsettled' | undefined {
  const file = fileOf(dir, generation);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return 'unsettled';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'unsettled';
    throw error;
  }
  const record = recordSchema.safeParse(parse(text)).data;
  if (record) return record.released ? undefined : record;
  return ageOf(stat) < WRITING_MS ? 'unsettled' : undefined;
}

/**
 * ms since it was written or refreshed. A time to come is as far from being refreshed just now as one that is past: the
 * clock was set back since.
 */
const ageOf = (stat: { mtimeMs: number }): number => Math.abs(Date.now() - stat.mtimeMs);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut off: judged by its age
  }
}

function alive(dir: string, generation: number, record: LockRecord): boolean {
  const stat = statSync(fileOf(dir, generation), { throwIfNoEntry: false });
  return isAlive(record.holder, stat ? ageOf(stat) : Infinity);
}

/** undefined = another was faster. */
function create(dir: string, generation: number, options: LockOptions): OwnerLock | undefined {
  const token = randomBytes(32).toString('hex');
  const record: LockRecord = {
    v: 1,
    holder: ownIdentity(),
    door: options.door,
    since: options.clock.now(),
    token,
    released: false,
    address: socketAddress(options.dataDir, randomBytes(8).toString('hex'), {
      platform: process.platform,
      env: options.env,
    }),
  };
  const file = fileOf(dir, generation);
  if (!createWhole(file, JSON.stringify(record))) return undefined;
  const all = generations(dir);
  if (all.at(-1) !== generation) {
    rmSync(file, { force: true }); // a later holder is there: this number had been cleared away
    return undefined;
  }
  for (const older of all.slice(0, -1)) {
    const dead = readRecord(dir, older);
    if (dead && dead !== 'unsettled') removeAddress(dead.address);
    rmSync(fileOf(dir, older), { force: true });
  }
  return held(file, record);
}

/** All of the text under the name, or nothing; false when the name is taken. */
function createWhole(file: string, text: string): boolean {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    return createExclusive(file, text); // a file system without links
  } finally {
    rmSync(temporary, { force: true });
  }
}

function createExclusive(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function held(file: string, record: LockRecord): OwnerLock {
  let released = false;
  const refresh = setInterval(() => {
    const now = new Date();
    // gone: `held()` says so to whoever is about to write
    if (existsSync(file)) utimesSync(file, now, now);
  }, REFRESH_MS);
  refresh.unref();
  return {
    record,
    held: () => !released && existsSync(file),
    release() {
      if (released) return;
      released = true;
      clearInterval(refresh);
      removeAddress(record.address);
      if (!existsSync(file)) return;
      const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
      writeFileSync(temporary, JSON.stringify({ ...record, token: '', released: true }), { mode: 0o600 });
      renameSync(temporary, file);
    },
  };
}

/**
 * Whether a process that once wrote down who it is still lives: a number alone does not say, numbers are used again.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

export const identitySchema = z.object({
  pid: z.number().int().positive(),
  /** When it started, as the system writes it; '' where that is not known. */
  start: z.string(),
  /** Process numbers mean the same only within one of these: machine, boot, and process namespace (containers). */
  host: z.string(),
  boot: z.string(),
  namespace: z.string(),
});
export type ProcessIdentity = z.infer<typeof identitySchema>;

/** The namespace every process of a Linux machine is in that is not in a container. */
const INITIAL_NAMESPACE = 'pid:[4026531836]';
/** A holder of whom nothing else can be known refreshes its file more often than this. */
export const SILENT_MS = 30_000;

let self: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  const linux = process.platform === 'linux';
  return (self ??= {
    pid: process.pid,
    start: startOf(process.pid) ?? '',
    host: hostname(),
    boot: linux ? read('/proc/sys/kernel/random/boot_id') : '',
    namespace: linux ? link('/proc/self/ns/pid') : '',
  });
}

/** `silentMs`: how long ago its file was last refreshed; asked only where the process cannot be looked at. */
export function isAlive(other: ProcessIdentity, silentMs: number, own: ProcessIdentity = ownIdentity()): boolean {
  if (other.host === own.host && other.boot === own.boot && other.namespace === own.namespace) {
    const start = startOf(other.pid);
    if (start === undefined) return false;
    if (start !== '' && other.start !== '') return start === other.start;
    return silentMs < SILENT_MS;
  }
  const restarted =
    other.host === own.host &&
    other.boot !== own.boot &&
    other.namespace === INITIAL_NAMESPACE &&
    own.namespace === INITIAL_NAMESPACE;
  return !restarted && silentMs < SILENT_MS;
}

/** undefined = there is no such process, or only its remains; '' = there is one, but not when it started. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = read(`/proc/${pid}/stat`);
    // the second field is the name in brackets and may hold anything, also brackets
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat !== '') return state === 'Z' || state === 'X' ? undefined : (rest[18] ?? '');
  }
  if (!exists(pid)) return undefined;
  if (process.platform === 'win32') return '';
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 2000,
    }).trim();
  } catch {
    return exists(pid) ? '' : undefined; // no ps, or the process ended in between
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return ''; // not there: the process ended, or this system has no such file
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/**
 * Which runs are kept: everything that could still go on, everything pinned, and of the
 * finished ones those that are young enough. Pure.
 */
import type { Retention } from '../model/storage.js';
import { finishedRun, type RunStatus } from '../model/status.js';

export interface RunAge {
  id: string;
  status: RunStatus;
  createdAt: number;
  finishedAt?: number | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Runs that may go, oldest first; `runs` newest first, as the store has them. */
export const removable = <R extends RunAge>(runs: readonly R[], kept: ReadonlySet<string>): R[] =>
  runs.filter((run) => finishedRun(run.status) && !kept.has(run.id)).reverse();

/** Of the removable ones those that are too old. */
export const expired = <R extends RunAge>(candidates: readonly R[], retention: Retention, now: number): R[] =>
  retention.days === null ? [] : candidates.filter((run) => now - ended(run) > (retention.days ?? 0) * DAY_MS);

const ended = (run: RunAge): number => run.finishedAt ?? run.createdAt;

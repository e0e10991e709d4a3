/** What is stored: rows, texts by their hash, and the space they take. */
import type { Bytes } from '../../base/bytes.js';
import type { Approval } from '../model/approval.js';
import type { ChangeSet } from '../model/change-set.js';
import type { RunEvent } from '../model/event.js';
import type { PlanEvent } from '../model/plan-event.js';
import type { PlanRecord } from '../model/plan.js';
import type { Hash, Root } from '../model/primitives.js';
import type { CallRecord, CommitRecord, FileImage, IterationRecord, StepRecord } from '../model/records.js';
import type { RunRecord } from '../model/run.js';
import type { RunStatus } from '../model/status.js';
import type { Amount, DiskUsage } from '../model/storage.js';

/** One row each; a batch is one transaction. Upserts by id or key unless it says append. */
export type Write =
  | { table: 'plans'; row: PlanRecord }
  /** Append. */
  | { table: 'plan_iterations'; row: IterationRecord }
  /** Append; (plan, seq) is unique. The plan's own row may come later, or never. */
  | { table: 'plan_events'; row: PlanEvent }
  /**
   * With its iterations, the events and calls of its planning, and its rows of the
   * settings (model/small-rows.ts); its runs stay.
   */
  | { table: 'plans'; remove: string }
  | { table: 'runs'; row: RunRecord }
  /** With everything that names it as its run, and its rows of the settings. */
  | { table: 'runs'; remove: string }
  /** Append; (run, seq) is unique. */
  | { table: 'events'; row: RunEvent }
  | { table: 'steps'; row: StepRecord }
  | { table: 'calls'; row: CallRecord }
  | { table: 'approvals'; row: Approval }
  | { table: 'change_sets'; row: ChangeSet }
  | { table: 'file_images'; row: FileImage }
  | { table: 'commits'; row: CommitRecord }
  /**
   * A small blob (at most `SMALL_BLOB` bytes), durable with the rows that name it:
   * no flush of its own. Read like any other.
   */
  | { table: 'blobs'; row: { hash: Hash; bytes: Bytes } }
  /** `value` is JSON; null removes. Which rows there are: model/small-rows.ts. */
  | { table: 'settings'; row: { key: string; value: unknown } };

export type RunCost = Pick<RunRecord, 'id' | 'costUsd' | 'tokens' | 'rerunOf'>;

/**
 * What must still be so for a batch to be written: the store decides who of two writers is first, also where they are
 * two processes. Looked at inside the transaction, before the batch's first write.
 */
export type Condition =
  /** The question with this id still waits for its answer. */
  | { table: 'approvals'; pending: string }
  /** The plan stands as it was read; its document is compared by the iteration, which changes with it. */
  | { table: 'plans'; unchanged: PlanRecord }
  /** The row has this value; null = there is no such row. */
  | { table: 'settings'; key: string; is: unknown };

/** Up to here a blob stands in the database, beside the rows that name it; above, in a file of its own. */
export const SMALL_BLOB = 16 * 1024;

export interface Store {
  /**
   * Durable when it resolves: fsynced. Batches that wait together share one transaction and one fsync, in order; a
   * batch is whole or absent. Where one of the `conditions` does not hold, nothing of the batch is written and the
   * first such one, as it was given, is returned; undefined = it is in. Errors: store-full, store-lost,
   * store-readonly, store-unwritable, record-invalid.
   */
  commit(batch: readonly Write[], conditions?: readonly Condition[]): Promise<Condition | undefined>;

  plans(): Promise<PlanRecord[]>;
  plan(id: string): Promise<PlanRecord | undefined>;
  iterations(plan: string): Promise<IterationRecord[]>;
  /** In order, after `afterSeq`, at most `limit`. */
  planEvents(plan: string, afterSeq: number, limit: number): Promise<PlanEvent[]>;
  /**
   * Ids that events tell of and no plan has, and that nothing was told of since `before`:
   * planning that came to nothing.
   */
  unmadePlans(before: number): Promise<string[]>;
  /** Newest first. */
  runs(limit: number): Promise<RunRecord[]>;
  /** All that stand so, newest first. */
  runsIn(statuses: readonly RunStatus[]): Promise<RunRecord[]>;
  run(id: string): Promise<RunRecord | undefined>;
  /** Of every run of the plan, without reading the runs whole. */
  runCosts(plan: string): Promise<RunCost[]>;
  /** In order, after `afterSeq`, at most `limit`. */
  events(run: string, afterSeq: number, limit: number): Promise<RunEvent[]>;
  /** Steps of one task in order of start; of the whole run when `task` is absent. */
  steps(run: string, task?: string): Promise<StepRecord[]>;
  step(key: string): Promise<StepRecord | undefined>;
  /** Calls of one step, in order of their number. */
  calls(step: string): Promise<CallRecord[]>;
  call(key: string): Promise<CallRecord | undefined>;
  approval(id: string): Promise<Approval | undefined>;
  /** Oldest first. */
  pendingApprovals(): Promise<Approval[]>;
  approvals(run: string): Promise<Approval[]>;
  changeSet(id: string): Promise<ChangeSet | undefined>;
  changeSets(run: string): Promise<ChangeSet[]>;
  fileImages(run: string, task?: string): Promise<FileImage[]>;
  commits(run: string): Promise<CommitRecord[]>;
  setting(key: string): Promise<unknown>;
  /** By key. One that is no JSON has no `value`, and hides no other. */
  settings(prefix: string): Promise<{ key: string; value: unknown }[]>;

  /**
   * Content-addressed, durable when it resolves; writing the same bytes twice is free.
   * Write it before the row that names it.
   */
  putBlob(bytes: Bytes): Promise<Hash>;
  /** The same in pieces: what is large is never in memory whole. */
  putBlobFrom(pieces: AsyncIterable<Bytes>): Promise<Hash>;
  /** Error blob-missing. */
  blob(hash: Hash): Promise<Bytes>;

  /** Checkpoints the log and closes. Idempotent. */
  close(): Promise<void>;
}

/** The files behind a store. */
export interface Storage {
  usage(signal: AbortSignal): Promise<DiskUsage>;
  /** Of database (without its free pages) and texts: cheap. */
  usedBytes(signal: AbortSignal): Promise<number>;
  /** Removes texts that no row names and that nobody put within `graceMs`. Safe beside commits. */
  sweep(graceMs: number, signal: AbortSignal): Promise<Amount>;
  /** Removes the caches of build tools where they take more than `overBytes`. No command may run meanwhile. */
  clearCaches(overBytes: number, signal: AbortSignal): Promise<Amount>;
  /**
   * Writes the database anew without its free pages; bytes before and after.
   * Nothing else goes on meanwhile. Errors: store-full, store-readonly.
   */
  compact(signal: AbortSignal): Promise<{ before: number; after: number }>;
  /** Everything in one checked file, which must not be there yet. Errors: file-unwritable, disk-full, blob-missing. */
  exportTo(file: string, root: Root, signal: AbortSignal): Promise<{ file: string; bytes: number; texts: number }>;
}

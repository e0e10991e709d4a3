/** One table of statuses for rows, events, tree and command line (design: words). */
import { z } from 'zod';
import { finishedRun, settledTask } from './plain/settled.js';

export const runStatusSchema = z.enum([
  'queued',
  'running',
  'paused',
  'interrupted',
  'completed',
  'failed',
  'cancelled',
]);
export type RunStatus = z.infer<typeof runStatusSchema>;

export const taskStatusSchema = z.enum([
  'pending',
  'ready',
  'running',
  'waiting',
  'done',
  'skipped',
  'failed',
  'blocked',
  'cancelled',
  'rolled-back',
]);
export type TaskStatus = z.infer<typeof taskStatusSchema>;

/** What a task with status `waiting` waits for. */
export const waitingForSchema = z.enum(['approval', 'operator']);

export const stageOutcomeSchema = z.enum(['succeeded', 'failed', 'skipped', 'cancelled']);
export type StageOutcome = z.infer<typeof stageOutcomeSchema>;

export const approvalStatusSchema = z.enum(['pending', 'accepted', 'partly', 'rejected', 'cancelled']);
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

/**
 * What a door does with a question:
 * wait for a person, say yes (never past the floor), refuse and tell the model, or pause the run.
 */
export const onAskSchema = z.enum(['wait', 'accept', 'refuse', 'pause']);

export { finishedRun, settledTask };

/** Of runs that could still go on. */
export const unfinishedStatuses: readonly RunStatus[] = runStatusSchema.options.filter(
  (status) => !finishedRun(status),
);

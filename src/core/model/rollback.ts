/** Taking back what a run wrote: what is asked for, what would happen, and the record of what was done. */
import { z } from 'zod';
import { fileOpSchema } from './change-set.js';
import { hashSchema, paramsSchema, reasonSchema, relativePathSchema, timeSchema } from './primitives.js';
import { taskStatusSchema, waitingForSchema } from './status.js';

/** Images of a rollback's own writes stand under this name: they belong to no task. */
export const ROLLBACK_TASK = '@rollback';

/** A step, a task, or the whole run when neither is named; or a rollback that is to be taken back itself. */
export const rollbackTargetSchema = z.object({
  run: z.string(),
  task: z.string().optional(),
  /** Step key. */
  step: z.string().optional(),
  /** Id of a rollback of this run: brings back what it took away. */
  redo: z.string().optional(),
  /** Tasks that build on it: rolled back with it, or kept; then an unfinished run stays paused. */
  dependents: z.enum(['with', 'keep']).default('with'),
  /** Files that stay as they are. */
  leave: z.array(relativePathSchema).default([]),
});
export type RollbackTarget = z.infer<typeof rollbackTargetSchema>;

/**
 * restore: exactly as it was; merge: the person's later edits stay; same: it is as before already; gone: the person
 * deleted it, and it stays so; conflict: both changed the same; missing: the text from before is no longer stored;
 * unreadable: what stands there now cannot be read.
 */
export const rollbackOutcomeSchema = z.enum(['restore', 'merge', 'same', 'gone', 'conflict', 'missing', 'unreadable']);
export type RollbackOutcome = z.infer<typeof rollbackOutcomeSchema>;

export const rollbackWriteSchema = z.object({
  path: relativePathSchema,
  /** Where it stands now, when it is moved back. */
  from: relativePathSchema.optional(),
  op: fileOpSchema,
  /** sha256 of what stands there now and of what would; null = no file. The latter is a blob. */
  now: hashSchema.nullable(),
  then: hashSchema.nullable(),
  /**
   * Whether it may be run afterwards, where that changes or the file is made anew;
   * and whether it may now, where that ends.
   */
  executable: z.boolean().optional(),
  executableNow: z.boolean().optional(),
  added: z.number().int(),
  removed: z.number().int(),
});
export type RollbackWrite = z.infer<typeof rollbackWriteSchema>;

/** A file with every name the run gave it. */
export const rollbackFileSchema = z.object({
  path: relativePathSchema,
  paths: z.array(relativePathSchema),
  outcome: rollbackOutcomeSchema,
  /** Named in `leave`: nothing is done to it. */
  left: z.boolean(),
  writes: z.array(rollbackWriteSchema),
  /** Both sides, at most a few, each at most some lines. */
  conflicts: z.array(z.object({ line: z.number().int(), ours: z.string(), theirs: z.string() })),
  /** Why it cannot be read. */
  problem: z.string().optional(),
  /** Unified diff of what would change, when it was asked for. */
  diff: z.string().optional(),
});
export type RollbackFile = z.infer<typeof rollbackFileSchema>;

export const rollbackPreviewSchema = z.object({
  /** Stands for everything shown: doing it refuses when something of it has changed. */
  token: hashSchema,
  tasks: z.array(z.object({ id: z.string(), title: z.string() })),
  dependents: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      /** Rolled back with it. */
      included: z.boolean(),
      /** The run it was done in, when that is another: it is never rolled back with it. */
      elsewhere: z.string().optional(),
    }),
  ),
  files: z.array(rollbackFileSchema),
  /** Commits that a new one would revert. */
  commits: z.array(z.object({ sha: z.string(), subject: z.string(), task: z.string() })),
  notes: z.array(reasonSchema),
  /** Why it cannot be done as it is; undefined = it can. */
  problem: z.object({ code: z.string(), params: paramsSchema }).optional(),
});
export type RollbackPreview = z.infer<typeof rollbackPreviewSchema>;

/** How a task stood before, for bringing it back. */
export const rollbackTaskSchema = z.object({
  id: z.string(),
  status: taskStatusSchema,
  attempt: z.number().int(),
  unverified: z.boolean().optional(),
  waitingFor: waitingForSchema.optional(),
  reason: reasonSchema.optional(),
  /** The task stood so in its plan's progress. */
  progress: taskStatusSchema.optional(),
});

const commitFileSchema = z.object({
  path: relativePathSchema,
  from: relativePathSchema.optional(),
  before: hashSchema.nullable(),
  after: hashSchema.nullable(),
  executable: z.boolean().optional(),
});
export type RollbackCommitFile = z.infer<typeof commitFileSchema>;

/**
 * Durable before the first effect, with the images of what it writes;
 * after a crash the hashes on the disk decide how it ends.
 */
export const rollbackRecordSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  run: z.string(),
  /** Id of the rollback that this one takes back. */
  of: z.string().optional(),
  task: z.string().default(''),
  step: z.string().default(''),
  /** applying: begun; done; redone: taken back since; abandoned: cut off before anything was written. */
  status: z.enum(['applying', 'done', 'redone', 'abandoned']),
  at: timeSchema,
  finishedAt: timeSchema.optional(),
  tasks: z.array(rollbackTaskSchema),
  /** Dependent tasks that were kept. */
  kept: z.array(z.string()),
  files: z.array(rollbackWriteSchema),
  left: z.array(relativePathSchema),
  /** Keys of the images that it takes back. */
  images: z.array(z.string()),
  /** Questions that it made void. */
  approvals: z.array(z.string()),
  reverts: z.array(z.string()),
  commitFiles: z.array(commitFileSchema),
  message: z.string(),
  /** sha of the commit that reverts. */
  commit: z.string().optional(),
});
export type RollbackRecord = z.infer<typeof rollbackRecordSchema>;

/** A rollback's id in the two parts of its rows' keys: its run, whose id holds no slash, and its name there. */
export const rollbackKey = (id: string): [run: string, name: string] => {
  const slash = id.indexOf('/');
  return [id.slice(0, slash), id.slice(slash + 1)];
};
export const rollbackSummarySchema = rollbackRecordSchema
  .pick({
    id: true,
    run: true,
    of: true,
    task: true,
    step: true,
    status: true,
    at: true,
    kept: true,
    left: true,
    reverts: true,
    commit: true,
  })
  .extend({
    tasks: z.array(z.string()),
    files: z.array(rollbackWriteSchema),
  });
export type RollbackSummary = z.infer<typeof rollbackSummarySchema>;

/**
 * What a folder's engine adds to the report of a problem: codes, ids and numbers.
 * No text of files, tasks, commands or models.
 */
import { z } from 'zod';
import { timeSchema } from './primitives.js';
import { runStatusSchema } from './status.js';

/** One thing that went wrong in a run, as its event says it; the same again and again is one. */
export const troubleSchema = z.object({
  seq: z.number().int(),
  at: timeSchema,
  event: z.string(),
  /** Task or step; '' = the run. */
  where: z.string(),
  /** Code of a reason or warning, an outcome, a rule, an exit code: `exit 1`. */
  code: z.string(),
  /** In a row; `seq` and `at` are of the last. */
  times: z.number().int(),
});
export type Trouble = z.infer<typeof troubleSchema>;

export const problemFactsSchema = z.object({
  /** What stands between commands and the machine; 'none'. */
  isolation: z.string(),
  /** `missing`, `none` (no repository), `ok`, what is in progress (`rebase`), or the code of a failure. */
  git: z.string(),
  plans: z.number().int(),
  runs: z.number().int(),
  /** Questions that wait. */
  pending: z.number().int(),
  /** The newest. */
  run: z
    .object({
      id: z.string(),
      plan: z.string().nullable(),
      kind: z.string(),
      status: runStatusSchema,
      blueprint: z.string(),
      model: z.string(),
      createdAt: timeSchema,
      finishedAt: timeSchema.nullable(),
      tasks: z.number().int(),
      done: z.number().int(),
      events: z.number().int(),
      /** The newest, in order; at most 50. */
      trouble: z.array(troubleSchema),
    })
    .nullable(),
});
export type ProblemFacts = z.infer<typeof problemFactsSchema>;

/** Two runs side by side, as values. */
import { z } from 'zod';
import { hashSchema } from './primitives.js';
import { runStatusSchema, stageOutcomeSchema, taskStatusSchema } from './status.js';

export const comparedRunSchema = z.object({
  id: z.string(),
  title: z.string(),
  status: runStatusSchema,
  model: z.string(),
  blueprint: z.string(),
  /** Absent = not known. */
  durationMs: z.number().optional(),
  costUsd: z.number().nullable(),
  tokens: z.number().int(),
  commits: z.number().int(),
});
export type ComparedRun = z.infer<typeof comparedRunSchema>;

export const comparedTaskSchema = z.object({
  status: taskStatusSchema,
  attempts: z.number().int(),
  /** Absent = not known. */
  durationMs: z.number().optional(),
  costUsd: z.number().nullable(),
  tokens: z.number().int(),
  stages: z.array(
    z.object({
      stage: z.string(),
      visit: z.number().int(),
      attempt: z.number().int(),
      outcome: stageOutcomeSchema,
      durationMs: z.number(),
    }),
  ),
  commands: z.array(z.object({ purpose: z.string(), command: z.string(), exitCode: z.number().int().nullable() })),
  /** As they stood after the task; null = deleted. */
  files: z.array(z.object({ path: z.string(), hash: hashSchema.nullable() })),
  commits: z.array(z.string()),
});
export type ComparedTask = z.infer<typeof comparedTaskSchema>;

export const comparisonSchema = z.object({
  a: comparedRunSchema,
  b: comparedRunSchema,
  /** They went the same way, but for times, ids and prices. */
  same: z.boolean(),
  /** First point where they part: task by task in the order of the plan. null as a number: nothing is there. */
  parts: z
    .object({
      task: z.string(),
      a: z.string(),
      b: z.string(),
      seqA: z.number().int().nullable(),
      seqB: z.number().int().nullable(),
    })
    .nullable(),
  /** null = the task is not in that run. */
  tasks: z.array(
    z.object({
      id: z.string(),
      same: z.boolean(),
      a: comparedTaskSchema.nullable(),
      b: comparedTaskSchema.nullable(),
      /** Paths of the files that do not stand the same after it. */
      differ: z.array(z.string()).default([]),
    }),
  ),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/**
 * A change of the plan that a model proposes while it works. It is kept for the person, and never applied by itself.
 */
import { z } from 'zod';
import { reasonSchema, timeSchema } from './primitives.js';

export const MAX_PROPOSED = 20;
const MAX_TEXT = 4000;

const id = z.string().trim().min(1).max(200);
const prose = z.string().max(MAX_TEXT);
const dependsOn = z.array(id).max(50).describe('Task ids; "#1" is the first task of `add`.');

export const addedTaskSchema = z.object({
  story: id,
  title: z.string().trim().min(1).max(300),
  description: prose.default(''),
  technical_strategy: prose.trim().min(1),
  verification_script: prose.trim().min(1),
  depends_on: dependsOn.default([]),
});
export const changedTaskSchema = z.object({
  task: id,
  title: z.string().trim().min(1).max(300).optional(),
  description: prose.optional(),
  technical_strategy: prose.optional(),
  verification_script: prose.optional(),
  depends_on: dependsOn.optional(),
});
export const planChangeSchema = z
  .object({
    add: z.array(addedTaskSchema).max(MAX_PROPOSED).default([]),
    change: z.array(changedTaskSchema).max(MAX_PROPOSED).default([]),
  })
  .refine(({ add, change }) => add.length + change.length >= 1 && add.length + change.length <= MAX_PROPOSED, {
    error: `1 to ${MAX_PROPOSED} tasks in all`,
  })
  .refine(({ change }) => new Set(change.map((one) => one.task)).size === change.length, {
    error: 'each task is changed once',
  });
export type PlanChange = z.infer<typeof planChangeSchema>;

export const taskFields = ['title', 'description', 'technical_strategy', 'verification_script', 'depends_on'] as const;
export const taskFieldSchema = z.enum(taskFields);
export type TaskField = z.infer<typeof taskFieldSchema>;

/** One task of a proposal, before and after. Lists of ids are joined by commas. */
export const taskChangeSchema = z.object({
  kind: z.enum(['added', 'changed']),
  task: z.string(),
  title: z.string(),
  story: z.string(),
  fields: z.array(z.object({ field: taskFieldSchema, before: z.string(), after: z.string() })),
});
export type TaskChange = z.infer<typeof taskChangeSchema>;

export const proposalKindSchema = z.enum(['planning-mismatch', 'scope-discovery']);

/** The row. `id` is the key of the call that made it, so a resumed run meets its own. */
export const planProposalSchema = z.object({
  id: z.string(),
  plan: z.string(),
  /** The newest when it was made. */
  iteration: z.number().int().nonnegative(),
  run: z.string(),
  task: z.string(),
  kind: proposalKindSchema,
  message: z.string(),
  change: planChangeSchema,
  /** By task: the fields it would change, as they stood then. What a person edited since is never overwritten. */
  before: z.record(z.string(), z.partialRecord(taskFieldSchema, z.string())),
  status: z.enum(['open', 'accepted', 'declined']),
  at: timeSchema,
  answeredAt: timeSchema.optional(),
  /** What was accepted or declined, as it was shown. */
  changes: z.array(taskChangeSchema).optional(),
});
export type PlanProposal = z.infer<typeof planProposalSchema>;

/** As a person looks at it: against the newest document while it is open. */
export const proposalViewSchema = planProposalSchema.omit({ change: true, before: true, changes: true }).extend({
  changes: z.array(taskChangeSchema),
  /** Why it cannot be accepted as things stand. */
  problem: reasonSchema.nullable(),
});
export type ProposalView = z.infer<typeof proposalViewSchema>;

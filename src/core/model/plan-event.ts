/**
 * The stored, numbered, versioned lines of how a plan was made: a stream of each plan's own, beside the streams of runs
 * and never in them. The id is the one the plan has, or would have had where planning came to nothing.
 */
import { z } from 'zod';
import { atMostSchema, modelAnswer } from './event.js';
import { timeSchema } from './primitives.js';

export const PLAN_EVENT_VERSION = 1;

const bodies = [
  z.object({
    type: z.literal('planning-started'),
    /** Label of the model; '' = none is chosen, and rules make the plan. */
    model: z.string(),
    recorded: z.boolean(),
    budgetUsd: z.number().nullable(),
    budgetTokens: z.number().nullable(),
  }),
  z.object({
    type: z.literal('model-called'),
    call: z.string(),
    ...modelAnswer,
  }),
  z.object({
    type: z.literal('model-failed'),
    call: z.string(),
    code: z.string(),
    durationMs: z.number(),
    /** Absent where the provider took nothing. */
    atMost: atMostSchema.optional(),
  }),
  /** Stored with the plan's first iteration. `reason`: why rules made it. */
  z.object({
    type: z.literal('planning-finished'),
    iteration: z.number().int(),
    source: z.enum(['model', 'rules']),
    reason: z.string().optional(),
  }),
  z.object({ type: z.literal('planning-failed'), code: z.string() }),
] as const;

const base = { v: z.literal(PLAN_EVENT_VERSION), plan: z.string(), seq: z.number().int().positive(), at: timeSchema };

export type PlanEventBody = z.infer<(typeof bodies)[number]>;
export type PlanEvent = PlanEventBody & { v: typeof PLAN_EVENT_VERSION; plan: string; seq: number; at: number };
export const planEventSchema = z.discriminatedUnion(
  'type',
  bodies.map((body) => body.extend(base)) as never,
) as unknown as z.ZodType<PlanEvent>;

/** What model calls cost: of a plan, over its planning and its runs, each call once. */
import { z } from 'zod';
import type { Spend } from './plain/spend.js';

export const spendSchema: z.ZodType<Spend> = z.object({
  usd: z.number().nullable(),
  tokens: z.number().int().nonnegative(),
});

export const planSpendingSchema = z.object({ planning: spendSchema, runs: spendSchema });
export type PlanSpending = z.infer<typeof planSpendingSchema>;

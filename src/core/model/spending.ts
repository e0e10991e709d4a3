/** What model calls cost: of a plan, over its planning and its runs, each call once. */
import { z } from 'zod';

/** `usd`: null once a call of unknown price was made. Of a call that was lost, the most it can have cost. */
export const spendSchema = z.object({ usd: z.number().nullable(), tokens: z.number().int().nonnegative() });
export type Spend = z.infer<typeof spendSchema>;

export const planSpendingSchema = z.object({ planning: spendSchema, runs: spendSchema });
export type PlanSpending = z.infer<typeof planSpendingSchema>;

/** Runs of the plan that were removed: what they cost is kept. */
export const removedSpendKey = (plan: string): string => `plan-spent/${plan}/runs`;

export const nothingSpent: Spend = { usd: 0, tokens: 0 };
export const addSpend = (a: Spend, b: Spend): Spend => ({
  usd: a.usd === null || b.usd === null ? null : a.usd + b.usd,
  tokens: a.tokens + b.tokens,
});

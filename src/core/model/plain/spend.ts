/** What model calls cost, added up. */

/** `usd`: null once a call of unknown price was made. Of a call that was lost, the most it can have cost. */
export interface Spend {
  usd: number | null;
  tokens: number;
}

export const nothingSpent: Spend = { usd: 0, tokens: 0 };

export const addSpend = (a: Spend, b: Spend): Spend => ({
  usd: a.usd === null || b.usd === null ? null : a.usd + b.usd,
  tokens: a.tokens + b.tokens,
});

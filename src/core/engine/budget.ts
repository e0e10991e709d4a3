/** Money, tokens, calls and time of a run. Reserved before a call and settled after it, so that calls side by side cannot overspend together. */
import type { Budget } from '../model/run.js';

export interface Spend {
  usd: number | null;
  tokens: number;
  calls: number;
}
export interface Exceeded {
  what: 'usd' | 'tokens' | 'calls' | 'wallMs';
  spent: number;
  limit: number;
}

export interface BudgetMeter {
  /** Holds room for a call, or says which limit it would pass. */
  reserve(estimate: { usd: number | null; tokens: number }, elapsedMs: number): { release(actual: Spend): void } | Exceeded;
  readonly spent: Readonly<Spend>;
  /** How often the operator granted the same again. */
  readonly grants: number;
}

export function createBudgetMeter(budget: Budget, already: Spend, grants = 0): BudgetMeter {
  const spent: Spend = { ...already };
  const held = { usd: 0, tokens: 0, calls: 0 };
  const times = 1 + grants;

  const exceeded = (estimate: { usd: number | null; tokens: number }, elapsedMs: number): Exceeded | undefined => {
    const checks: [Exceeded['what'], number | null, number][] = [
      ['usd', budget.usd, (spent.usd ?? 0) + held.usd + (estimate.usd ?? 0)],
      ['tokens', budget.tokens, spent.tokens + held.tokens + estimate.tokens],
      ['calls', budget.calls, spent.calls + held.calls + 1],
      ['wallMs', budget.wallMs, elapsedMs],
    ];
    for (const [what, limit, would] of checks)
      if (limit !== null && would > limit * times) {
        const now = what === 'wallMs' ? elapsedMs : what === 'usd' ? (spent.usd ?? 0) : spent[what];
        return { what, spent: now, limit: limit * times };
      }
    return undefined;
  };

  return {
    spent,
    grants,
    reserve(estimate, elapsedMs) {
      const over = exceeded(estimate, elapsedMs);
      if (over) return over;
      const usd = estimate.usd ?? 0;
      held.usd += usd;
      held.tokens += estimate.tokens;
      held.calls += 1;
      let open = true;
      return {
        release(actual) {
          if (!open) return;
          open = false;
          held.usd -= usd;
          held.tokens -= estimate.tokens;
          held.calls -= 1;
          spent.usd = spent.usd === null || actual.usd === null ? null : spent.usd + actual.usd;
          spent.tokens += actual.tokens;
          spent.calls += actual.calls;
        },
      };
    },
  };
}

/**
 * Money, tokens, calls and time of a run.
 * Reserved before a call and settled after it, so that calls side by side cannot overspend together.
 */
import { deferred } from '../../base/deferred.js';
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
  /** Only calls in flight stand in the way: what they reserved and do not use will be free. */
  waits: boolean;
}

export interface Room {
  release(actual: Spend): void;
}

export interface BudgetMeter {
  /** Holds room for a call, or says which limit it would pass. */
  reserve(estimate: { usd: number | null; tokens: number }, elapsedMs: number): Room | Exceeded;
  /** Like `reserve`, once the calls in flight have shown what they really cost. `interruptible` ends the wait. */
  take(
    estimate: { usd: number | null; tokens: number },
    elapsedMs: () => number,
    interruptible: (wait: Promise<void>) => Promise<void>,
  ): Promise<Room | Exceeded>;
  /** What was spent without room that is held for it: a call of before a crash. */
  book(actual: Spend): void;
  readonly spent: Readonly<Spend>;
  /** How often the operator granted the same again. */
  readonly grants: number;
}

export function createBudgetMeter(budget: Budget, already: Spend, grants = 0): BudgetMeter {
  const spent: Spend = { ...already };
  const held = { usd: 0, tokens: 0, calls: 0 };
  const times = 1 + grants;
  let released = deferred<void>();

  const exceeded = (estimate: { usd: number | null; tokens: number }, elapsedMs: number): Exceeded | undefined => {
    const checks: [Exceeded['what'], number | null, number, number][] = [
      ['usd', budget.usd, (spent.usd ?? 0) + (estimate.usd ?? 0), held.usd],
      ['tokens', budget.tokens, spent.tokens + estimate.tokens, held.tokens],
      ['calls', budget.calls, spent.calls + 1, held.calls],
      ['wallMs', budget.wallMs, elapsedMs, 0],
    ];
    for (const [what, limit, would, inFlight] of checks)
      if (limit !== null && would + inFlight > limit * times) {
        const now = what === 'wallMs' ? elapsedMs : what === 'usd' ? (spent.usd ?? 0) : spent[what];
        return { what, spent: now, limit: limit * times, waits: would <= limit * times };
      }
    return undefined;
  };

  const meter: BudgetMeter = {
    spent,
    grants,
    book(actual) {
      spent.usd = spent.usd === null || actual.usd === null ? null : spent.usd + actual.usd;
      spent.tokens += actual.tokens;
      spent.calls += actual.calls;
    },
    async take(estimate, elapsedMs, interruptible) {
      for (;;) {
        const room = meter.reserve(estimate, elapsedMs());
        if (!('what' in room) || !room.waits) return room;
        await interruptible(released.promise);
      }
    },
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
          meter.book(actual);
          released.resolve();
          released = deferred<void>();
        },
      };
    },
  };
  return meter;
}

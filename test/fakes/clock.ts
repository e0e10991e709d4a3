/** A clock that stands still until it is moved. Sleepers wake, in order of their time, when `advance` passes it, and so do timeouts. */
import type { Clock } from '../../src/core/ports/ports.js';

export interface FakeClock extends Clock {
  advance(ms: number): Promise<void>;
  /** Somebody sets the clock: what is measured does not move. */
  setBy(ms: number): void;
  readonly sleeping: number;
}

export function createFakeClock(start = Date.UTC(2025, 0, 1), options: { autoAdvance?: boolean } = {}): FakeClock {
  let elapsed = 0;
  let set = 0;
  const sleepers = new Set<{ at: number; wake(): void }>();
  const timeouts = new Set<{ at: number; late: AbortController }>();
  const passTo = (time: number) => {
    elapsed = time;
    for (const one of timeouts) {
      if (one.at > elapsed) continue;
      timeouts.delete(one);
      one.late.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    }
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const clock: FakeClock = {
    now: () => start + set + elapsed,
    setBy: (ms) => void (set += ms),
    monotonic: () => elapsed,
    sleep(ms, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (options.autoAdvance) {
        passTo(elapsed + ms);
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        };
        const sleeper = {
          at: elapsed + Math.max(0, ms),
          wake: () => {
            sleepers.delete(sleeper);
            signal.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    timeout(ms) {
      const late = new AbortController();
      timeouts.add({ at: elapsed + Math.max(0, ms), late });
      return late.signal;
    },
    async advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        const next = [...sleepers].filter((sleeper) => sleeper.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        passTo(Math.max(elapsed, next.at));
        next.wake();
        await settle(); // whoever woke may sleep again before `until`
      }
      passTo(until);
      await settle();
    },
    get sleeping() {
      return sleepers.size;
    },
  };
  return clock;
}

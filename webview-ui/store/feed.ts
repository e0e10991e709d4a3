/**
 * One run's events in order and without gaps: history is asked for page by page, what is told live is added, and where the
 * two do not meet the rest is asked for again. One way for the first load, a gap and a reload.
 */
import type { RunEvent } from '../../src/core/model/event.js';

export interface FeedOptions {
  /** In order, after `after`, at most `limit`. */
  fetch(after: number, limit: number): Promise<RunEvent[]>;
  /** Always the next ones: the first has the number after the last given. */
  onEvents(events: readonly RunEvent[]): void;
  /** History was read to its end, at first and after each gap. */
  onCaughtUp(): void;
  onError(error: unknown): void;
}

export interface Feed {
  /** Reads the history. Also after an error, to go on. */
  start(): void;
  /** What was told live. */
  push(events: readonly RunEvent[]): void;
  stop(): void;
}

const PAGE = 2000;

export function createFeed(options: FeedOptions): Feed {
  let last = 0;
  let newest = 0;
  let fetching = false;
  let stopped = false;

  function take(events: readonly RunEvent[]): void {
    const first = events.findIndex((event) => event.seq === last + 1);
    if (first < 0) return;
    let end = first;
    while (end < events.length && events[end]!.seq === last + 1) {
      last += 1;
      end += 1;
    }
    options.onEvents(events.slice(first, end));
  }

  async function catchUp(): Promise<void> {
    if (fetching || stopped) return;
    fetching = true;
    try {
      for (;;) {
        const before = last;
        const page = await options.fetch(last, PAGE);
        if (stopped) return;
        take(page);
        // a page that brings nothing new ends it, whatever was told: the store may be a moment behind
        if (page.length < PAGE && (last >= newest || last === before)) break;
      }
      options.onCaughtUp();
    } catch (error) {
      if (!stopped) options.onError(error);
    } finally {
      fetching = false;
    }
  }

  return {
    start: () => void catchUp(),
    push(events) {
      if (stopped || events.length === 0) return;
      newest = Math.max(newest, events[events.length - 1]!.seq);
      if (fetching) return; // the page being read, or the next, brings them
      take(events);
      if (last < newest) void catchUp();
    },
    stop: () => {
      stopped = true;
    },
  };
}

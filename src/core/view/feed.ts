/**
 * One run's events in order and without gaps: history is asked for page by page, what is told live is added, and where
 * the two do not meet the rest is asked for again. One way for the first load, a gap and a reload, in every door.
 */
import type { RunEvent } from '../model/event.js';

/** In order, after `after`, at most `limit`. */
export type FetchEvents = (after: number, limit: number) => Promise<readonly RunEvent[]>;

export interface FeedOptions {
  fetch: FetchEvents;
  /** Always the next ones: the first has the number after the last given. */
  onEvents(events: readonly RunEvent[]): void;
  /** History was read to its end, at first and after each gap. */
  onCaughtUp?(): void;
  onError(error: unknown): void;
}

export interface Feed {
  /** Reads the history; also after an error, to go on. Resolves when the reading ends, however it ends. */
  start(): Promise<void>;
  /** What was told live. */
  push(events: readonly RunEvent[]): void;
  /** History is being read: what was given last is not yet how it stands. */
  readonly reading: boolean;
  /** Resolves when no history is being read any more. */
  settled(): Promise<void>;
  stop(): void;
}

const PAGE = 2000;

export function createFeed(options: FeedOptions): Feed {
  let last = 0;
  let newest = 0;
  let reading: Promise<void> | undefined;
  let stopped = false;

  function take(events: readonly RunEvent[]): void {
    const first = events.findIndex((event) => event.seq === last + 1);
    if (first < 0) return;
    let end = first;
    while (events[end]?.seq === last + 1) {
      last += 1;
      end += 1;
    }
    options.onEvents(events.slice(first, end));
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const [before, known] = [last, newest];
      const page = await options.fetch(last, PAGE);
      if (stopped) return;
      take(page);
      // A page that brings nothing new ends it: the store may be a moment behind what was told.
      // Not where something was told meanwhile, which this page may have been asked for too early to hold.
      if (page.length < PAGE && (last >= newest || (last === before && newest === known))) break;
    }
  }

  function catchUp(): Promise<void> {
    if (stopped) return Promise.resolve();
    return (reading ??= readOn().then(
      () => {
        reading = undefined;
        if (!stopped) options.onCaughtUp?.();
      },
      (error: unknown) => {
        reading = undefined;
        if (!stopped) options.onError(error);
      },
    ));
  }

  return {
    start: catchUp,
    push(events) {
      if (stopped || events.length === 0) return;
      newest = Math.max(newest, events[events.length - 1]?.seq ?? 0);
      if (reading) return; // the page being read, or the next, brings them
      take(events);
      if (last < newest) void catchUp();
    },
    get reading() {
      return reading !== undefined;
    },
    settled: () => reading ?? Promise.resolve(),
    stop: () => {
      stopped = true;
    },
  };
}

/** The whole history once, page by page. */
export async function* eventPages(fetch: FetchEvents, limit = PAGE): AsyncGenerator<readonly RunEvent[]> {
  for (let after = 0; ; ) {
    const page = await fetch(after, limit);
    yield page;
    after = page.at(-1)?.seq ?? after;
    if (page.length < limit) return;
  }
}

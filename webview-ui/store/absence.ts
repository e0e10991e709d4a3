/** What happened in a run while nobody looked: the difference between the event that was last on the screen and now. */
import type { RunState } from '../../src/core/model/run.js';
import type { ViewState } from '../../src/protocol/panel.js';
import { stateAt, type History } from './history.js';

/** Shorter than this is no absence. */
export const AWAY_MS = 5 * 60_000;

export interface Absence {
  /** When the panel was last looked at. */
  since: number;
  /** Number of the last event that was seen. */
  seq: number;
  done: number;
  failed: number;
  waiting: number;
  /** null = a price is unknown. */
  costUsd: number | null;
}

const failedOf = (state: RunState): number =>
  [...state.tasks.values()].filter((task) => task.status === 'failed').length;

/** null when it was seen lately, nothing came after it, or it is another run's. */
export function absenceSince(history: History, now: RunState, seen: ViewState['seen'], at: number): Absence | null {
  if (!seen || seen.run !== history.run || at - seen.at < AWAY_MS || seen.seq >= history.events.length) return null;
  const before = stateAt(history, seen.seq);
  return {
    since: seen.at,
    seq: seen.seq,
    done: now.done - before.done,
    failed: failedOf(now) - failedOf(before),
    waiting: now.pending.size,
    costUsd: now.costUsd === null || before.costUsd === null ? null : now.costUsd - before.costUsd,
  };
}

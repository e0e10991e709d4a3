/**
 * The journal of a replayed run:
 * what is noted and committed is held against the record and put in its order, and its rows stay in memory.
 */
import type { EventBody } from '../../model/event.js';
import type { Write } from '../../ports/ports.js';
import type { Journal } from '../../record/journal.js';
import { PauseRun } from '../../record/signals.js';
import { describeEvent } from './replay-difference.js';
import type { Ending } from './replay-ending.js';
import type { Folding } from './replay-folding.js';
import type { Lines } from './replay-lines.js';
import { lineOfRows } from './replay-match.js';
import { lineOf } from './replay-record.js';

interface Unit {
  writes: readonly Write[];
  /** It said something the record knows, so it was durable. */
  events: boolean;
}

const isEnd = ({ type }: EventBody): boolean =>
  type === 'run-paused' || type === 'run-interrupted' || type === 'run-finished';

/** `order`: the highest order number of a step so far. */
export function createReplayJournal(
  lines: Lines,
  folding: Folding,
  ending: Ending,
  order: number,
  signal: AbortSignal,
): Journal {
  let last = order;
  let queue: Unit[] = [];
  let lost: { error: unknown } | undefined;
  /** Whose line was noted in this very turn: a commit without anything of its own follows at once what it is for. */
  let lastNoted: string | undefined;
  const justNoted = (line: string | undefined) => {
    lastNoted = line;
    void Promise.resolve().then(() => (lastNoted = undefined));
  };
  const flush = async (units: readonly Unit[]): Promise<void> => {
    folding.fold();
    await folding.store(units.flatMap((unit) => unit.writes));
  };

  const commit = async (writes: readonly Write[] = [], bodies: readonly EventBody[] = []): Promise<void> => {
    if (lines.divergence) return;
    signal.throwIfAborted();
    if (bodies.some(isEnd)) return await commitEnd(writes, bodies);
    const task = bodies.map(lineOf).find(Boolean) ?? '';
    const known = bodies.map(lines.match);
    if (lines.divergence) throw new PauseRun('interrupted');
    if (known.some((one) => !one)) return await ending.stop(bodies.map((body) => describeEvent(body)).join('; '), task);
    queue.push({ writes, events: bodies.length > 0 });
    const name = lineOfRows(bodies, writes) ?? lastNoted;
    if (name !== undefined) await lines.caughtUp(name);
    await flush(queue.splice(0));
    if (lines.divergence) throw new PauseRun('interrupted');
  };
  const commitEnd = async (writes: readonly Write[], bodies: readonly EventBody[]): Promise<void> => {
    await lines.until(lines.wholeSaid);
    if (lines.divergence) return;
    ending.match(bodies);
    const { crashed } = ending;
    const kept = crashed ? queue.slice(0, queue.findLastIndex((unit) => unit.events) + 1) : queue;
    queue = [];
    await flush(crashed ? kept : [...kept, { writes, events: true }]);
  };

  return {
    note(writes, bodies = []) {
      if (lines.divergence) return;
      const known = bodies.map(lines.match);
      justNoted(lineOfRows(bodies, writes));
      if (known.every(Boolean)) queue.push({ writes, events: bodies.length > 0 });
      else if (known.some(Boolean)) lines.missing();
      // This task stood still here; others may go on a little.
      else if (!lines.divergence) throw ending.reason();
    },
    commit,
    handIn() {
      commit().catch((error: unknown) => (lost ??= { error }));
    },
    async close(writes, events) {
      lost = undefined;
      await commit(writes, events);
    },
    check() {
      if (lost) throw lost.error;
    },
    nextOrder: () => ++last,
    ran: () => ending.wallTime() ?? folding.state.time.ran,
  };
}

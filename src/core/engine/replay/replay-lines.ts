/**
 * What the engine says, held against what was said then, event by event in each task's line:
 * who is ahead of the record waits for the others. Keeps the first difference; from then on nothing counts.
 */
import { deferred, type Deferred } from '../../../base/deferred.js';
import type { EventBody, RunEvent } from '../../model/event.js';
import type { Divergence } from '../../model/requests.js';
import { describeEvent, describeGap } from './replay-difference.js';
import { same, where } from './replay-match.js';
import { lineOf, type RunEvidence, type Segment } from './replay-record.js';

/** The events of a task, or of the run itself, in one stretch; those before `next` were said again. */
export interface Line {
  next: number;
  indices: number[];
}

export interface Lines {
  /** Index of the first event that was not said again. */
  readonly front: number;
  /** Before `front`: what was said. */
  said(index: number): RunEvent;
  readonly segment: Segment | undefined;
  readonly divergence: Divergence | undefined;
  diverge(found: Divergence): void;
  /** A stretch of work begins. `whenWhole`: called when all of it was said. */
  begin(segment: Segment, whenWhole: () => void): void;
  /** It is over: what the record holds of it and the engine did not say. */
  end(): void;
  line(name: string): Line;
  all(): Iterable<Line>;
  /** The next event of a line. */
  peek(name: string): { index: number; event: RunEvent } | undefined;
  /** The stretch ended from outside (a person, a crash, the world), so a line may simply stop. */
  endedOutside(): boolean;
  wholeSaid(): boolean;
  /** Holds one event against the record. False: it lies beyond where the record stops. */
  match(body: EventBody): boolean;
  /** Takes over everything before `index` as it was. */
  takeOver(index: number): void;
  /** Resolves when everything before what this line said last was said, too. */
  caughtUp(name: string): Promise<void>;
  /** Waits for what other lines have to say first. When nothing moves any more, nobody will say it. */
  until(ready: () => boolean): Promise<void>;
  /** Nobody will say what comes next. */
  missing(): void;
}

/** `quiet`: resolves when nothing was said for long. */
// eslint-disable-next-line max-lines-per-function -- one front of what was said again, which every line moves and waits for
export function createLines(
  { events }: Pick<RunEvidence, 'events'>,
  quiet: (moves: () => number) => Promise<void>,
  signal: AbortSignal,
): Lines {
  const said: (RunEvent | undefined)[] = [];
  let front = 0;
  let moves = 0;
  let moved: Deferred<void> = deferred();
  let current: { segment: Segment; lines: Map<string, Line>; whenWhole(): void } | undefined;
  let divergence: Divergence | undefined;
  let watching: Promise<void> | undefined;
  /** For all who wait. */
  const untilQuiet = (): Promise<void> => (watching ??= quiet(() => moves).finally(() => (watching = undefined)));

  const say = (index: number): void => {
    said[index] = events[index];
    moves += 1;
    const before = front;
    while (said[front]) front += 1;
    if (current && before < current.segment.end && front >= current.segment.end) current.whenWhole();
    const waiting = moved;
    moved = deferred();
    waiting.resolve();
  };
  const diverge = (found: Divergence): void => {
    divergence ??= found;
    moved.resolve();
  };
  const line = (name: string): Line => current?.lines.get(name) ?? { next: 0, indices: [] };
  const peek = (name: string): { index: number; event: RunEvent } | undefined => {
    const { next, indices } = line(name);
    const index = indices[next];
    return index === undefined ? undefined : { index, event: events[index] as RunEvent };
  };
  const endedOutside = (): boolean =>
    !(current?.segment.how?.type === 'run-finished' && current.segment.how.status !== 'cancelled');
  const wholeSaid = (): boolean => front >= (current?.segment.end ?? 0);

  const match = (body: EventBody): boolean => {
    const name = lineOf(body);
    const expected = peek(name);
    if (!expected) return beyond(body);
    if (!same(body, expected.event)) {
      diverge({
        kind: 'event',
        seq: expected.event.seq,
        ...where(body),
        what: 'what the run said',
        then: describeEvent(expected.event, body),
        now: describeEvent(body, expected.event),
      });
      return false;
    }
    line(name).next += 1;
    say(expected.index);
    return true;
  };
  /** What a stretch says of its own end comes after all else. */
  const beyond = (body: EventBody): boolean => {
    const { how, end = 0, after = 0 } = current?.segment ?? {};
    for (let index = end; index < after; index++)
      if (!said[index] && same(body, events[index] as RunEvent)) {
        say(index);
        return true;
      }
    if (endedOutside()) return false;
    diverge({
      kind: 'event',
      seq: how?.seq ?? events.length,
      ...where(body),
      what: 'the run said more than it did then',
      then: describeGap(how),
      now: describeEvent(body),
    });
    return false;
  };
  const until = async (ready: () => boolean): Promise<void> => {
    while (!ready() && !divergence) {
      signal.throwIfAborted();
      const before = moves;
      await Promise.race([moved.promise, untilQuiet()]);
      if (moves === before && !ready()) missing();
    }
  };
  const missing = (): void => {
    const event = events[front];
    diverge({
      kind: 'event',
      seq: front + 1,
      ...(event && where(event)),
      what: 'the run did not say this again',
      then: event ? describeEvent(event) : 'nothing',
      now: 'nothing',
    });
  };

  return {
    get front() {
      return front;
    },
    said: (index) => said[index] as RunEvent,
    get segment() {
      return current?.segment;
    },
    get divergence() {
      return divergence;
    },
    diverge,
    begin(segment, whenWhole) {
      const lines = new Map<string, Line>();
      for (let index = segment.start; index < segment.end; index++) {
        const name = lineOf(events[index] as RunEvent);
        const own = lines.get(name) ?? { next: 0, indices: [] };
        own.indices.push(index);
        lines.set(name, own);
      }
      current = { segment, lines, whenWhole };
    },
    end() {
      if (!divergence && front < (current?.segment.after ?? 0)) missing();
      current = undefined;
    },
    line,
    all: () => current?.lines.values() ?? [],
    peek,
    endedOutside,
    wholeSaid,
    match,
    takeOver(index) {
      for (let at = front; at < index; at++) say(at);
    },
    async caughtUp(name) {
      const { next, indices } = line(name);
      const mine = (indices[next - 1] ?? -1) + 1;
      await until(() => front >= mine);
    },
    until,
    missing,
  };
}

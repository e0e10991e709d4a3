/**
 * The record of a run as exact replay reads it: its events in order, cut where the run stood still, and
 * what each call, step and question came to. Between two cuts the engine worked by itself; what lies in
 * a cut was done by people or by a restart.
 */
import { OpenExecError } from '../../errors.js';
import type { Approval } from '../../model/approval.js';
import type { EventOf, RunEvent } from '../../model/event.js';
import type { CallRecord, CommitRecord, FileImage, StepRecord } from '../../model/records.js';
import type { RunConfig, RunRecord } from '../../model/run.js';
import type { Store } from '../../ports/ports.js';

/** One stretch of work. Indices are of `events`. */
export interface Segment {
  /** `run-started` or `run-resumed`. */
  start: number;
  /** First event that only says how the stretch ended; `events.length` when the record stops in it. */
  end: number;
  /** After the last of those. */
  after: number;
  how: RunEvent | undefined;
  onAsk: RunConfig['onAsk'];
}

export interface RunEvidence {
  run: RunRecord;
  events: readonly RunEvent[];
  created: EventOf<'run-created'>;
  steps: ReadonlyMap<string, StepRecord>;
  approvals: ReadonlyMap<string, Approval>;
  images: readonly FileImage[];
  commits: readonly CommitRecord[];
  segments: readonly Segment[];
  /** Where a call told its outcome, by call key; of changes, by change set; of commits, by step. */
  outcomes: ReadonlyMap<string, number>;
  /** Where a step ended, by step key. */
  ended: ReadonlyMap<string, number>;
  /** Where a question was asked, and where its answer was told. */
  asked: ReadonlyMap<string, number>;
  answered: ReadonlyMap<string, number>;
  /** Calls that were in flight when the run was cut off, and were made again: where that was said, each time. */
  lost: ReadonlyMap<string, readonly number[]>;
  calls(step: string): Promise<ReadonlyMap<string, CallRecord>>;
}

const PAGE = 2000;
/** Turns of the microtask queue that the engine takes at most between two things it says, when nothing is read. */
const QUIET_TURNS = 20_000;

export interface RecordSource {
  /** Reads only. */
  store: Store;
  /** Resolves when nothing is being read, and everybody has had many turns since `moves` changed. */
  quiet(moves: () => number): Promise<void>;
}

/** Knows when the record is being read: only then can anybody still be on the way to saying something. */
export function createSource(store: Store): RecordSource {
  const reading = new Set<Promise<unknown>>();
  const watched = new Proxy(store, {
    get(target, method) {
      const own: unknown = Reflect.get(target, method);
      if (typeof own !== 'function') return own;
      return (...args: unknown[]) => {
        const read = Promise.resolve(Reflect.apply(own, target, args) as unknown);
        reading.add(read);
        const done = () => void reading.delete(read);
        read.then(done, done);
        return read;
      };
    },
  });
  return {
    store: watched,
    async quiet(moves) {
      let last = moves();
      for (let turns = 0; turns < QUIET_TURNS; turns++) {
        if (reading.size > 0) {
          await Promise.race(reading).catch(() => undefined); // whoever asked hears of it
          turns = 0;
        } else await Promise.resolve();
        if (moves() === last) continue;
        last = moves();
        turns = 0;
      }
    },
  };
}

export async function readEvents(
  store: Store,
  run: string,
  each: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let seq = 0; ; ) {
    signal.throwIfAborted();
    const page = await store.events(run, seq, PAGE);
    for (const event of page) each(event);
    seq = page.at(-1)?.seq ?? seq;
    if (page.length < PAGE) return;
  }
}

export async function readEvidence(store: Store, run: RunRecord, signal: AbortSignal): Promise<RunEvidence> {
  const events: RunEvent[] = [];
  await readEvents(store, run.id, (event) => events.push(event), signal);
  const created = events[0];
  if (created?.type !== 'run-created') throw new OpenExecError('step-corrupt', { step: run.id });
  const maps = {
    outcomes: new Map<string, number>(),
    ended: new Map<string, number>(),
    asked: new Map<string, number>(),
    answered: new Map<string, number>(),
    lost: new Map<string, number[]>(),
  };
  for (const [index, event] of events.entries()) place(maps, event, index);
  let cached: { step: string; calls: Promise<ReadonlyMap<string, CallRecord>> } | undefined;
  return {
    run,
    events,
    created,
    ...maps,
    steps: new Map((await store.steps(run.id)).map((step) => [step.key, step])),
    approvals: new Map((await store.approvals(run.id)).map((approval) => [approval.id, approval])),
    images: await store.fileImages(run.id),
    commits: await store.commits(run.id),
    segments: cut(events, run.config.onAsk),
    calls(step) {
      if (cached?.step !== step)
        cached = { step, calls: store.calls(step).then((calls) => new Map(calls.map((call) => [call.key, call]))) };
      return cached.calls;
    },
  };
}

type Maps = Record<'outcomes' | 'ended' | 'asked' | 'answered', Map<string, number>> & { lost: Map<string, number[]> };

function place(maps: Maps, event: RunEvent, index: number): void {
  switch (event.type) {
    case 'model-called':
    case 'tool-called':
    case 'command-run':
      maps.outcomes.set(event.call, index);
      break;
    case 'changes-applied':
      maps.outcomes.set(event.changeSet, index);
      break;
    case 'commit-made':
      maps.outcomes.set(event.step, index);
      break;
    case 'stage-finished':
      maps.ended.set(event.step, index);
      break;
    case 'approval-requested':
      maps.asked.set(event.approval, index);
      break;
    case 'approval-answered':
      maps.answered.set(event.approval, index);
      break;
    case 'warning':
      if (event.code === 'call-lost' || event.code === 'call-broke') {
        const call = String(event.params['call'] ?? '');
        maps.lost.set(call, [...(maps.lost.get(call) ?? []), index]);
      }
      break;
    default:
  }
}

const isEnd = (event: RunEvent): boolean =>
  event.type === 'run-paused' || event.type === 'run-interrupted' || event.type === 'run-finished';

function cut(events: readonly RunEvent[], onAsk: RunConfig['onAsk']): Segment[] {
  const segments: Segment[] = [];
  for (let index = 0; index < events.length; index++) {
    const first = events[index];
    if (first?.type !== 'run-started' && first?.type !== 'run-resumed') continue;
    let last = index + 1;
    while (last < events.length && !isEnd(events[last] as RunEvent)) last += 1;
    const how = events[last];
    let end = last;
    // A cancelled run says so of the tasks it was at, and then of itself.
    if (how?.type === 'run-finished' && how.status === 'cancelled')
      for (
        let before = events[end - 1];
        before?.type === 'task-changed' && before.status === 'cancelled';
        before = events[end - 1]
      )
        end -= 1;
    segments.push({ start: index, end, after: Math.min(last + 1, events.length), how, onAsk: first.onAsk ?? onAsk });
    index = last;
  }
  return segments;
}

/**
 * Whose line of the timeline an event belongs to: a task's, or '' for the run's own.
 * Within a line the order is the engine's.
 */
export const lineOf = (event: { type: string; task?: unknown }): string =>
  event.type.startsWith('run-') || typeof event.task !== 'string' ? '' : event.task;

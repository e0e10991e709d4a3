/**
 * One living run: numbers its events, stores them before anyone is told, and carries its signals. Everything else in the engine
 * asks the session; nothing else writes to the store for a run.
 */
import type { Emitter } from '../../base/emitter.js';
import { deferred, type Deferred } from '../../base/deferred.js';
import { OpenExecError } from '../errors.js';
import type { Change } from '../facade.js';
import type { ApprovalAnswer } from '../model/approval.js';
import { EVENT_VERSION, type EventBody, type Progress, type RunEvent } from '../model/event.js';
import type { Root } from '../model/primitives.js';
import { applyEvent, type RunConfig, type RunRecord, type RunState } from '../model/run.js';
import type { Ports, Write } from '../ports.js';
import type { BudgetMeter } from './budget.js';

/** Unwinds the engine to the run loop at a safe point. Records carry the position, so resuming re-enters there. */
export class PauseRun extends Error {
  override readonly name = 'PauseRun';
  constructor(
    readonly code: string,
    readonly params: Record<string, string | number | boolean> = {},
    readonly task = '',
  ) {
    super(code);
  }
}

export interface Sinks {
  events: Emitter<RunEvent>;
  progress: Emitter<Progress>;
  changes: Emitter<Change>;
}

export interface Session {
  readonly ports: Ports;
  readonly sinks: Sinks;
  readonly root: Root;
  readonly run: string;
  readonly record: RunRecord;
  readonly config: RunConfig;
  /** Folded from what is durable. */
  readonly state: RunState;
  readonly budget: BudgetMeter;
  /** Aborts at cancel, and at Stop Now. */
  readonly signal: AbortSignal;
  /** Adds to the next commit; for what needs not be durable before going on. */
  note(writes: readonly Write[], events?: readonly EventBody[]): void;
  /** Stores what was noted and this, then tells. Durable when it resolves. */
  commit(writes?: readonly Write[], events?: readonly EventBody[]): Promise<void>;
  progress(progress: Omit<Progress, 'run'>): void;
  /** Next order number of a step within the run. */
  nextOrder(): number;
  /** Throws PauseRun when a pause was asked for; the signal's reason when cancelled. */
  safePoint(): void;
  requestPause(code: string): void;
  readonly pauseRequested: boolean;
  cancel(): void;
  readonly cancelled: boolean;
  /** Ends what runs now and pauses for `code`: the command or call in flight is not waited for. */
  stopNow(code: string): void;
  /** Waits for the answer to an approval that is pending in the store. */
  waitForAnswer(approval: string): Promise<ApprovalAnswer>;
  /** From a door, after the answer is durable. */
  deliverAnswer(approval: string, answer: ApprovalAnswer): void;
  /** True while somebody in this process waits for this approval. */
  waitsFor(approval: string): boolean;
  readonly startedAt: number;
  /** Files this run changed since the person last said yes to a command: a changed tool makes the next command ask. */
  readonly changedFiles: Set<string>;
}

export function createSession(input: {
  ports: Ports;
  sinks: Sinks;
  record: RunRecord;
  state: RunState;
  budget: BudgetMeter;
  order: number;
  changedFiles?: Iterable<string>;
}): Session {
  const { ports, sinks, record, state, budget } = input;
  const abort = new AbortController();
  const waiting = new Map<string, Deferred<ApprovalAnswer>>();
  const answered = new Map<string, ApprovalAnswer>();
  let order = input.order;
  let seq = state.seq;
  let pause: string | undefined;
  let cancelled = false;
  let noted: Write[] = [];
  let notedEvents: RunEvent[] = [];

  const number = (body: EventBody): RunEvent => ({ ...body, v: EVENT_VERSION, run: record.id, seq: ++seq, at: ports.clock.now() });
  const add = (writes: readonly Write[], events: readonly EventBody[]) => {
    noted.push(...writes);
    for (const body of events) {
      const event = number(body);
      notedEvents.push(event);
      noted.push({ table: 'events', row: event });
    }
  };

  return {
    ports, sinks, record, state, budget,
    root: record.root,
    run: record.id,
    config: record.config,
    signal: abort.signal,
    startedAt: ports.clock.monotonic(),
    changedFiles: new Set(input.changedFiles),
    note: (writes, events = []) => add(writes, events),
    async commit(writes = [], events = []) {
      add(writes, events);
      if (noted.length === 0) return;
      const batch = noted;
      const told = notedEvents;
      noted = [];
      notedEvents = [];
      await ports.store.commit(batch);
      for (const event of told) {
        applyEvent(state, event);
        sinks.events.fire(event);
      }
    },
    progress: (progress) => sinks.progress.fire({ ...progress, run: record.id }),
    nextOrder: () => ++order,
    safePoint() {
      abort.signal.throwIfAborted();
      if (pause !== undefined) throw new PauseRun(pause);
    },
    requestPause(code) {
      pause ??= code;
      // Whoever waits for a person is at a safe point already.
      for (const one of waiting.values()) one.reject(new PauseRun(pause));
    },
    get pauseRequested() {
      return pause !== undefined;
    },
    cancel() {
      cancelled = true;
      abort.abort(new DOMException('cancelled', 'AbortError'));
      for (const one of waiting.values()) one.reject(abort.signal.reason);
    },
    get cancelled() {
      return cancelled;
    },
    stopNow(code) {
      pause = code;
      abort.abort(new PauseRun(pause));
      for (const one of waiting.values()) one.reject(abort.signal.reason);
    },
    async waitForAnswer(approval) {
      this.safePoint();
      const early = answered.get(approval);
      if (early) return early;
      if (waiting.has(approval)) throw new OpenExecError('internal', { detail: `approval ${approval} is awaited twice` });
      const one = deferred<ApprovalAnswer>();
      waiting.set(approval, one);
      try {
        return await one.promise;
      } finally {
        waiting.delete(approval);
      }
    },
    deliverAnswer(approval, answer) {
      const one = waiting.get(approval);
      if (one) one.resolve(answer);
      else answered.set(approval, answer);
    },
    waitsFor: (approval) => waiting.has(approval),
  };
}

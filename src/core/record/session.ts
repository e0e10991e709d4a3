/**
 * One living run: numbers its events, stores them before anyone is told, and carries its signals. Everything else in the engine
 * asks the session; nothing else writes to the store for a run.
 */
import type { Emitter } from '../../base/emitter.js';
import { deferred, type Deferred } from '../../base/deferred.js';
import { OpenExecError } from '../errors.js';
import type { Change } from '../model/change.js';
import type { ApprovalAnswer } from '../model/approval.js';
import { EVENT_VERSION, type EventBody, type Progress, type RunEvent } from '../model/event.js';
import type { Root } from '../model/primitives.js';
import { applyEvent, type RunConfig, type RunRecord, type RunState } from '../model/run.js';
import type { Ports, Write } from '../ports/ports.js';
import { withoutSecrets } from '../text/without-secrets.js';
import type { BudgetMeter } from './budget.js';
import type { RecordedAnswers } from './recorded-answers.js';

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
  /** Exact replay only: answers of the record, in the place of the world. */
  readonly replay?: RecordedAnswers;
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
  /**
   * Stores what was noted and this, then tells. Durable when it resolves, with what was noted before by whomever. Once one has failed,
   * every later one fails the same: nothing is stored behind rows that were lost.
   */
  commit(writes?: readonly Write[], events?: readonly EventBody[]): Promise<void>;
  /** Stores and tells like `commit`, and is not waited for: what follows is stored after it. A failure comes out at the next commit or safe point. */
  handIn(): void;
  /** The last commit: how the run came to stand still. Where one failed before it, what was lost is given up, and this follows on what is stored. */
  close(writes: readonly Write[], events: readonly EventBody[]): Promise<void>;
  progress(progress: Omit<Progress, 'run'>): void;
  /** Next order number of a step within the run. */
  nextOrder(): number;
  /** Throws PauseRun when a pause was asked for; the signal's reason when cancelled. */
  safePoint(): void;
  requestPause(code: string): void;
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
  /** Files this run changed in that tree since the person last said yes to a command there: a changed tool makes the next command ask. */
  changedIn(root: Root): Set<string>;
  /** Waits inside the run: a pause or a cancel ends the wait. */
  interruptible<T>(wait: Promise<T>): Promise<T>;
}

/** What a row says in words. What was approved, and the files themselves, are kept as they are. */
function cleaned(write: Write, redact: Ports['redact']): Write {
  if (write.table === 'steps' && write.row.error)
    return { ...write, row: { ...write.row, error: withoutSecrets(write.row.error, redact) } };
  if (write.table === 'approvals')
    return { ...write, row: { ...write.row, title: redact(write.row.title), why: redact(write.row.why) } };
  return write;
}

export function createSession(input: {
  ports: Ports;
  sinks: Sinks;
  record: RunRecord;
  state: RunState;
  budget: BudgetMeter;
  order: number;
  changed?: Iterable<{ root: Root; path: string }>;
}): Session {
  const { ports, sinks, record, state, budget } = input;
  const abort = new AbortController();
  const waiting = new Map<string, Deferred<ApprovalAnswer>>();
  const waits = new Set<(reason: unknown) => void>();
  const answered = new Map<string, ApprovalAnswer>();
  let order = input.order;
  let seq = state.seq;
  let pause: string | undefined;
  let cancelled = false;
  /** In the order they were first noted. A later row of the same step or call takes the place of the one before it. */
  let noted = new Map<string | number, Write>();
  let notedEvents: RunEvent[] = [];
  /** Told up to here: commits side by side are told in the order of their numbers. */
  let told: Promise<void> = Promise.resolve();
  const changed = new Map<Root, Set<string>>();
  const changedIn = (root: Root) => changed.get(root) ?? changed.set(root, new Set()).get(root)!;
  for (const { root, path } of input.changed ?? []) changedIn(root).add(path);
  const stopWaiting = (reason: unknown) => {
    for (const one of waiting.values()) one.reject(reason);
    for (const stop of waits) stop(reason);
  };

  /** The first commit that failed. */
  let lost: { error: unknown } | undefined;
  const throwLost = () => {
    if (lost) throw lost.error;
  };
  const number = (body: EventBody): RunEvent => ({
    ...withoutSecrets(body, ports.redact),
    v: EVENT_VERSION,
    run: record.id,
    seq: ++seq,
    at: ports.clock.now(),
  });
  const add = (writes: readonly Write[], events: readonly EventBody[]) => {
    for (const write of writes)
      noted.set(
        write.table === 'steps' || write.table === 'calls' ? `${write.table} ${write.row.key}` : noted.size,
        cleaned(write, ports.redact),
      );
    for (const body of events) {
      const event = number(body);
      notedEvents.push(event);
      noted.set(noted.size, { table: 'events', row: event });
    }
  };

  return {
    ports,
    sinks,
    record,
    state,
    budget,
    root: record.root,
    run: record.id,
    config: record.config,
    signal: abort.signal,
    changedIn,
    note: (writes, events = []) => add(writes, events),
    handIn() {
      this.commit().catch((error: unknown) => (lost ??= { error }));
    },
    async commit(writes = [], events = []) {
      throwLost();
      add(writes, events);
      if (noted.size === 0) {
        await told; // what this task noted may be on its way with another's commit
        return throwLost();
      }
      const batch = [...noted.values()];
      const toTell = notedEvents;
      noted = new Map();
      notedEvents = [];
      const before = told;
      const tell = async () => {
        try {
          await ports.store.commit(batch);
        } catch (error) {
          lost ??= { error };
          throw error;
        } finally {
          await before;
        }
        for (const event of toTell) {
          applyEvent(state, event);
          sinks.events.fire(event);
        }
      };
      const done = tell();
      told = done.catch(() => undefined); // whoever asked for the commit hears of its failure
      await done;
      throwLost(); // an earlier one, with rows of this task, may have failed
    },
    async close(writes, events) {
      await told;
      if (lost) {
        noted = new Map();
        notedEvents = [];
        seq = state.seq;
        lost = undefined;
      }
      await this.commit(writes, events);
    },
    progress: (progress) => sinks.progress.fire({ ...progress, run: record.id }),
    nextOrder: () => ++order,
    safePoint() {
      throwLost();
      abort.signal.throwIfAborted();
      if (pause !== undefined) throw new PauseRun(pause);
    },
    requestPause(code) {
      pause ??= code;
      // Whoever waits is at a safe point already.
      stopWaiting(new PauseRun(pause));
    },
    cancel() {
      cancelled = true;
      abort.abort(new DOMException('cancelled', 'AbortError'));
      stopWaiting(abort.signal.reason);
    },
    get cancelled() {
      return cancelled;
    },
    stopNow(code) {
      pause = code;
      abort.abort(new PauseRun(pause));
      stopWaiting(abort.signal.reason);
    },
    async waitForAnswer(approval) {
      this.safePoint();
      const early = answered.get(approval);
      if (early) return early;
      if (waiting.has(approval))
        throw new OpenExecError('internal', { detail: `approval ${approval} is awaited twice` });
      const one = deferred<ApprovalAnswer>();
      waiting.set(approval, one);
      try {
        return await one.promise;
      } finally {
        waiting.delete(approval);
      }
    },
    async interruptible(wait) {
      this.safePoint();
      let stop: (reason: unknown) => void = () => undefined;
      const stopped = new Promise<never>((_, reject) => (stop = reject));
      waits.add(stop);
      try {
        return await Promise.race([wait, stopped]);
      } finally {
        waits.delete(stop);
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

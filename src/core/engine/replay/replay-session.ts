/**
 * A session that meets a record instead of the world: what the engine says is held against what was said then, event by event in
 * each task's line, and put in the order of the record. Nothing it does leaves memory.
 */
import { canonicalJson } from '../../../base/canonical.js';
import { deferred, type Deferred } from '../../../base/deferred.js';
import { createEmitter } from '../../../base/emitter.js';
import type { EventBody, RunEvent } from '../../model/event.js';
import type { StepRecord } from '../../model/records.js';
import type { Divergence } from '../../model/requests.js';
import { applyEvent, emptyRun, type RunState } from '../../model/run.js';
import type { Ports, Store, Write } from '../../ports/ports.js';
import { createBudgetMeter } from '../../record/budget.js';
import { createReplayAnswers } from './replay-answers.js';
import { describeEvent, describeGap } from './replay-difference.js';
import { bodyOf, firstDifference, lineOfRows, same, where } from './replay-match.js';
import { lineOf, type RecordSource, type RunEvidence, type Segment } from './replay-record.js';
import { WORKTREE } from '../places/place.js';
import { createReplayPorts } from './replay-ports.js';
import { grantsBefore, replayStore } from './replay-store.js';
import { createSession, PauseRun, type Session, type Sinks } from '../../record/session.js';
import { createStateHasher } from './state-hash.js';

export interface ReplayTape {
  readonly evidence: RunEvidence;
  /** Folded from what the engine said again. */
  readonly state: RunState;
  readonly store: Store;
  /** The first difference; from then on nothing counts. */
  divergence: Divergence | undefined;
  readonly steps: number;
  /** Events that were said again, or stand between two stretches. */
  readonly told: number;
  stateHash(): string;
  diverge(found: Divergence): void;
  /** Takes over what stands between two stretches of work. */
  skipTo(index: number): Promise<void>;
  open(segment: Segment): Promise<Session>;
  /** What the record holds of this stretch and the engine did not say. */
  close(): void;
}

interface Unit {
  writes: readonly Write[];
  /** It said something the record knows, so it was durable. */
  events: boolean;
}

const onError = (): void => undefined;

export function createTape(
  evidence: RunEvidence,
  memory: Store,
  ports: Pick<Ports, 'hasher' | 'redact'>,
  source: RecordSource,
  signal: AbortSignal,
  tick: (told: number) => void,
): ReplayTape {
  const { events, run } = evidence;
  const state = emptyRun(run.id);
  const then = emptyRun(run.id);
  const hashes = { now: createStateHasher(state, ports.hasher), then: createStateHasher(then, ports.hasher) };
  const said: (RunEvent | undefined)[] = [];
  /** All before it were said; all before `folded` are in the state. */
  let front = 0;
  let folded = 0;
  let moves = 0;
  let steps = 0;
  let moved: Deferred<void> = deferred();
  let current: { segment: Segment; lines: Map<string, { next: number; indices: number[] }> } | undefined;
  let queue: Unit[] = [];
  /** Whose line was noted in this very turn: a commit without anything of its own follows at once what it is for. */
  let lastNoted: string | undefined;
  const justNoted = (line: string | undefined) => {
    lastNoted = line;
    void Promise.resolve().then(() => (lastNoted = undefined));
  };
  let pauseWanted: string | undefined;
  let whenWhole: () => void = () => undefined;

  const store = replayStore(
    memory,
    evidence,
    ports.hasher,
    source.store,
    (hash, actual) =>
      tape.diverge({
        kind: 'blob',
        seq: front + 1,
        what: 'a stored text is not what its name says',
        then: hash,
        now: actual,
      }),
    () => current?.segment,
    (task) => caughtUp(task),
  );

  /** Whether a task said that it waits again depends on whether its own last word was durable when it asked; the record tells. */
  const caughtUp = async (task: string): Promise<void> => {
    const next = peek(task)?.event;
    if (next?.type !== 'task-changed' || next.status !== 'waiting') return;
    const line = lineAt(task);
    const mine = (line.indices[line.next - 1] ?? -1) + 1;
    await until(() => front >= mine);
    fold();
  };

  const say = (index: number, event: RunEvent): void => {
    said[index] = event;
    moves += 1;
    const before = front;
    while (said[front]) front += 1;
    if (current && before < current.segment.end && front >= current.segment.end) whenWhole();
    const waiting = moved;
    moved = deferred();
    waiting.resolve();
  };
  const fold = (): void => {
    for (; folded < front; folded++) {
      const [now, was] = [said[folded] as RunEvent, events[folded] as RunEvent];
      applyEvent(state, now);
      applyEvent(then, was);
      hashes.now.folded(now);
      hashes.then.folded(was);
      if (now.type === 'stage-finished') {
        steps += 1;
        const [one, other] = [hashes.then.hash(), hashes.now.hash()];
        if (one !== other)
          return tape.diverge({
            kind: 'state',
            seq: now.seq,
            step: now.step,
            task: now.task,
            what: 'the state after this step',
            then: one,
            now: other,
          });
      }
      if (folded % 500 === 0) tick(folded);
    }
  };

  const lineAt = (name: string) => current?.lines.get(name) ?? { next: 0, indices: [] };
  const peek = (name: string): { index: number; event: RunEvent } | undefined => {
    const line = lineAt(name);
    const index = line.indices[line.next];
    return index === undefined ? undefined : { index, event: events[index] as RunEvent };
  };
  /** The stretch ended from outside (a person, a crash, the world), so a line may simply stop. */
  const endedOutside = (): boolean =>
    !(current?.segment.how?.type === 'run-finished' && current.segment.how.status !== 'cancelled');
  const wholeSaid = (): boolean => front >= (current?.segment.end ?? 0);

  /** Holds one event against the record. False: it lies beyond where the record stops. */
  const match = (body: EventBody): boolean => {
    const name = lineOf(body);
    const expected = peek(name);
    if (!expected) {
      const { how } = current?.segment ?? {};
      const end = current?.segment.end ?? 0;
      // What a stretch says of its own end comes after all else.
      for (let index = end; index < (current?.segment.after ?? 0); index++)
        if (!said[index] && same(body, events[index] as RunEvent)) {
          say(index, events[index] as RunEvent);
          return true;
        }
      if (endedOutside()) return false;
      tape.diverge({
        kind: 'event',
        seq: how?.seq ?? events.length,
        ...where(body),
        what: 'the run said more than it did then',
        then: describeGap(how),
        now: describeEvent(body),
      });
      return false;
    }
    if (!same(body, expected.event)) {
      tape.diverge({
        kind: 'event',
        seq: expected.event.seq,
        ...where(body),
        what: 'what the run said',
        then: describeEvent(expected.event, body),
        now: describeEvent(body, expected.event),
      });
      return false;
    }
    lineAt(name).next += 1;
    say(expected.index, expected.event);
    return true;
  };

  const apply = async (units: readonly Unit[]): Promise<void> => {
    const writes = units.flatMap((unit) => unit.writes);
    for (const write of writes)
      if (write.table === 'steps' && !('remove' in write) && write.row.status !== 'running') checkStep(write.row);
    if (writes.length > 0)
      await memory.commit(writes.filter((write) => write.table !== 'runs' && write.table !== 'blobs'));
  };
  const checkStep = (row: StepRecord): void => {
    const recorded = evidence.steps.get(row.key);
    const view = ({ status, summary, output, result, evidence: proof, next, error }: StepRecord) =>
      canonicalJson({ status, summary, output, result, evidence: proof, next, error });
    // Of which commit a worktree is made is the repository's business.
    if (row.stage !== WORKTREE && recorded && recorded.status !== 'running' && view(recorded) !== view(row))
      tape.diverge({
        kind: 'step',
        seq: front,
        step: row.key,
        task: row.task,
        what: 'the record of this step',
        ...firstDifference(view(recorded), view(row)),
      });
  };

  let watching: Promise<void> | undefined;
  /** Resolves when nothing was said for long, for all who wait. */
  const quiet = (): Promise<void> => (watching ??= source.quiet(() => moves).finally(() => (watching = undefined)));
  /** Waits for what other lines have to say first. When nothing moves any more, nobody will say it. */
  const until = async (ready: () => boolean): Promise<void> => {
    while (!ready() && !tape.divergence) {
      signal.throwIfAborted();
      const before = moves;
      await Promise.race([moved.promise, quiet()]);
      if (moves === before && !ready()) missing();
    }
  };
  const missing = (): void => {
    const event = events[front];
    tape.diverge({
      kind: 'event',
      seq: front + 1,
      ...(event && where(event)),
      what: 'the run did not say this again',
      then: event ? describeEvent(event) : 'nothing',
      now: 'nothing',
    });
  };

  const openSession = async (segment: Segment): Promise<Session> => {
    queue = [];
    pauseWanted = undefined;
    const lines = new Map<string, { next: number; indices: number[] }>();
    for (let index = segment.start; index < segment.end; index++) {
      const name = lineOf(events[index] as RunEvent);
      const line = lines.get(name) ?? { next: 0, indices: [] };
      line.indices.push(index);
      lines.set(name, line);
    }
    current = { segment, lines };
    const record = { ...run, config: { ...run.config, onAsk: segment.onAsk } };
    const sinks: Sinks = {
      events: createEmitter(onError),
      progress: createEmitter(onError),
      changes: createEmitter(onError),
    };
    const order = (await memory.steps(run.id)).reduce((highest, step) => Math.max(highest, step.order), 0);
    const budget = createBudgetMeter(
      run.config.budget,
      { usd: state.costUsd, tokens: state.tokens, calls: state.calls },
      grantsBefore(evidence, segment),
    );

    /** Stops the engine here as it was stopped then. */
    const stop = async (asked: string, task: string): Promise<never> => {
      const expected = peek(task);
      if (!tape.divergence && expected)
        tape.diverge({
          kind: 'call',
          seq: expected.event.seq,
          ...where(expected.event),
          what: 'what the run asked the world',
          then: describeEvent(expected.event),
          now: asked,
        });
      if (!endedOutside())
        tape.diverge({
          kind: 'call',
          seq: segment.how?.seq ?? 0,
          task,
          what: 'what the run asked the world',
          then: describeGap(segment.how),
          now: asked,
        });
      await until(wholeSaid);
      throw ending();
    };
    const ending = (): unknown => {
      const { how } = segment;
      if (tape.divergence) return new PauseRun('interrupted');
      if (how?.type === 'run-paused') return new PauseRun(how.reason.code, { ...how.reason.params }, how.task ?? '');
      if (how?.type === 'run-finished') {
        if (!wholeSaid()) return new PauseRun('by-operator');
        session.cancel();
        return session.signal.reason;
      }
      return new PauseRun('interrupted');
    };
    whenWhole = () => {
      if (!endedOutside()) return;
      if (segment.how?.type === 'run-finished') session.cancel();
      else if (pauseWanted !== undefined) base.requestPause(pauseWanted);
    };
    const replayPorts = createReplayPorts({
      ports,
      store,
      evidence,
      now: () => state.lastAt,
      stop: (asked) => stop(asked, ''),
      wallTime,
    });
    const base = createSession({
      ports: replayPorts,
      sinks,
      record,
      state,
      budget,
      order,
      changed: await memory.fileImages(run.id),
    });
    const session: Session = Object.assign(Object.create(base) as Session, {
      replay: createReplayAnswers(evidence, source, store, budget, {
        segment: () => current?.segment,
        peek,
        lineAt,
        diverge: (found) => tape.diverge(found),
        diverged: () => tape.divergence,
        stop,
      }),
      note(writes: readonly Write[], bodies: readonly EventBody[] = []) {
        if (tape.divergence) return;
        const known = bodies.map(match);
        justNoted(lineOfRows(bodies, writes));
        if (known.every(Boolean)) queue.push({ writes, events: bodies.length > 0 });
        else if (known.some(Boolean)) missing();
        // This task stood still here; others may go on a little.
        else if (!tape.divergence) throw ending();
      },
      requestPause(code: string) {
        // Each task goes as far as the record has it, whatever made another one stop.
        if (wholeSaid()) base.requestPause(code);
        else pauseWanted ??= code;
      },
      async commit(writes: readonly Write[] = [], bodies: readonly EventBody[] = []) {
        if (tape.divergence) return;
        signal.throwIfAborted();
        const isLast = bodies.some(
          (body) => body.type === 'run-paused' || body.type === 'run-interrupted' || body.type === 'run-finished',
        );
        if (isLast) return await closing(writes, bodies);
        const task = bodies.map(lineOf).find(Boolean) ?? '';
        const known = bodies.map(match);
        if (tape.divergence) throw new PauseRun('interrupted');
        if (known.some((one) => !one)) return await stop(bodies.map((body) => describeEvent(body)).join('; '), task);
        queue.push({ writes, events: bodies.length > 0 });
        const name = lineOfRows(bodies, writes) ?? lastNoted;
        const line = name === undefined ? undefined : lineAt(name);
        const mine = (line?.indices[line.next - 1] ?? -1) + 1;
        await until(() => front >= mine);
        await flush(queue.splice(0));
        if (tape.divergence) throw new PauseRun('interrupted');
      },
      safePoint() {
        base.safePoint();
        if (tape.divergence) throw new PauseRun('interrupted');
        if (wholeSaid() && endedOutside()) throw ending();
      },
      async waitForAnswer(id: string) {
        const at = evidence.answered.get(id);
        const answer = evidence.approvals.get(id)?.answer;
        if (answer && at !== undefined && at < segment.end) return answer;
        return await stop(
          `an answer to ${evidence.approvals.get(id)?.title ?? id}`,
          evidence.approvals.get(id)?.task ?? '',
        );
      },
    } satisfies Partial<Session>);

    const flush = async (units: readonly Unit[]): Promise<void> => {
      fold();
      await apply(units);
    };
    /** The stretch says how it ended. After a crash, what was only noted was lost. */
    const closing = async (writes: readonly Write[], bodies: readonly EventBody[]): Promise<void> => {
      await until(wholeSaid);
      if (tape.divergence) return;
      // It was about to say that it had finished when it was cut off.
      if (
        (segment.how?.type ?? 'run-interrupted') === 'run-interrupted' &&
        bodies.some((body) => body.type === 'run-finished')
      )
        throw ending();
      const crashed =
        segment.how === undefined || (segment.how.type === 'run-interrupted' && segment.how.found === true);
      const kept = crashed ? queue.slice(0, queue.findLastIndex((unit) => unit.events) + 1) : queue;
      queue = [];
      for (const body of bodies.map((one) => firstToStop(one, segment.how)))
        if (!match(body) && segment.how && !tape.divergence)
          tape.diverge({
            kind: 'event',
            seq: segment.how.seq,
            what: 'how the run stood still',
            then: describeEvent(segment.how),
            now: describeEvent(body),
          });
      await flush(crashed ? kept : [...kept, { writes, events: true }]);
    };
    /** Of several reasons to pause at once, the record holds the one that came first: a person's, or another question that waits. */
    const firstToStop = (body: EventBody, how: RunEvent | undefined): EventBody => {
      if (body.type !== 'run-paused' || how?.type !== 'run-paused') return body;
      const { code } = how.reason;
      const waits = [...state.pending.keys()].some((id) => {
        const approval = evidence.approvals.get(id);
        return approval?.task === how.task && approval?.subject.kind === 'attention' && approval.subject.code === code;
      });
      return code === 'by-operator' || waits ? bodyOf(how) : body;
    };
    /** A call over the limit of wall time says how late it was; the record holds it. */
    function wallTime(): number | undefined {
      for (const line of current?.lines.values() ?? []) {
        const next = events[line.indices[line.next + 1] ?? -1];
        const subject =
          next?.type === 'approval-requested' ? evidence.approvals.get(next.approval)?.subject : undefined;
        if (subject?.kind === 'attention' && subject.code === 'budget-exceeded' && subject.params['what'] === 'wallMs')
          return state.createdAt + Number(subject.params['spent']);
      }
      return undefined;
    }
    return session;
  };

  const tape: ReplayTape = {
    evidence,
    state,
    store,
    divergence: undefined,
    get steps() {
      return steps;
    },
    get told() {
      return folded;
    },
    stateHash: () => hashes.now.hash(),
    diverge(found) {
      tape.divergence ??= found;
      moved.resolve();
    },
    async skipTo(index) {
      const from = front;
      for (let at = from; at < index; at++) say(at, events[at] as RunEvent);
      fold();
      // People may have taken back what the run wrote: that keeps images of its own, and marks those it takes back.
      const between = events
        .slice(from, index)
        .flatMap((event) => (event.type === 'rolled-back' || event.type === 'redone' ? [event.rollback] : []));
      if (between.length === 0) return;
      const ids = new Set(between);
      const known = new Map((await memory.fileImages(run.id)).map((image) => [image.key, image]));
      const rows = evidence.images.flatMap((image) => {
        const own = known.get(image.key);
        if (!own) return ids.has(image.changeSet) ? [image] : [];
        return image.undone !== undefined && ids.has(image.undone) ? [{ ...own, undone: image.undone }] : [];
      });
      await memory.commit(rows.map((row): Write => ({ table: 'file_images', row })));
    },
    open: openSession,
    close() {
      if (!tape.divergence && front < (current?.segment.after ?? 0)) missing();
      current = undefined;
    },
  };
  return tape;
}

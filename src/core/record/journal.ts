/**
 * What a run writes: it numbers its events, stores them with their rows in one transaction, and only then tells.
 * Nothing else writes to the store for a run that lives.
 */
import { EVENT_VERSION, type EventBody, type RunEvent } from '../model/event.js';
import { applyEvent, type RunState } from '../model/run.js';
import type { Clock, Ports, Store, Write } from '../ports/ports.js';
import { withoutSecrets } from '../text/without-secrets.js';

export interface Journal {
  /** Adds to the next commit; for what needs not be durable before going on. */
  note(writes: readonly Write[], events?: readonly EventBody[]): void;
  /**
   * Stores what was noted and this, then tells. Durable when it resolves, with what was noted before by whomever.
   * Once one has failed, every later one fails the same: nothing is stored behind rows that were lost.
   */
  commit(writes?: readonly Write[], events?: readonly EventBody[]): Promise<void>;
  /**
   * Stores and tells like `commit`, and is not waited for: what follows is stored after it.
   * A failure comes out at the next commit or safe point.
   */
  handIn(): void;
  /**
   * The last commit: how the run came to stand still.
   * Where one failed before it, what was lost is given up, and this follows on what is stored.
   */
  close(writes: readonly Write[], events: readonly EventBody[]): Promise<void>;
  /** Throws what the first commit that failed failed with. */
  check(): void;
  /** Next order number of a step within the run. */
  nextOrder(): number;
  /** ms that processes measured of the run so far: standing still, and what lay between them, is not in it. */
  ran(): number;
}

/** What a row says in words. What was approved, and the files themselves, are kept as they are. */
function cleaned(write: Write, redact: Ports['redact']): Write {
  if (write.table === 'steps' && write.row.error)
    return { ...write, row: { ...write.row, error: withoutSecrets(write.row.error, redact) } };
  if (write.table === 'approvals')
    return {
      ...write,
      row: {
        ...write.row,
        title: redact(write.row.title),
        why: redact(write.row.why),
        ...(write.row.wording && { wording: withoutSecrets(write.row.wording, redact) }),
        ...(write.row.because && { because: withoutSecrets(write.row.because, redact) }),
      },
    };
  return write;
}

/**
 * `state` is folded from what is durable, and `tell` called after it, in the order of the numbers.
 * `order`: the highest so far.
 */
export function createJournal(
  {
    store,
    clock,
    redact,
  }: { store: Pick<Store, 'commit'>; clock: Pick<Clock, 'now' | 'monotonic'>; redact: Ports['redact'] },
  input: { run: string; state: RunState; order: number; tell(event: RunEvent): void },
): Journal {
  const { run, state } = input;
  let order = input.order;
  const opened = { ran: state.time.ran, at: clock.monotonic() };
  const ran = () => opened.ran + Math.max(0, Math.floor(clock.monotonic() - opened.at));
  let seq = state.seq;
  /** In the order they were first noted. A later row of the same step or call takes the place of the one before it. */
  let noted = new Map<string | number, Write>();
  let notedEvents: RunEvent[] = [];
  /** Told up to here: commits side by side are told in the order of their numbers. */
  let told: Promise<void> = Promise.resolve();
  /** The first commit that failed. */
  let lost: { error: unknown } | undefined;

  const check = () => {
    if (lost) throw lost.error;
  };
  const number = (body: EventBody): RunEvent => ({
    ...withoutSecrets(body, redact),
    v: EVENT_VERSION,
    run,
    seq: ++seq,
    at: clock.now(),
    ran: ran(),
  });
  const note = (writes: readonly Write[], events: readonly EventBody[] = []) => {
    for (const write of writes)
      noted.set(
        write.table === 'steps' || write.table === 'calls' ? `${write.table} ${write.row.key}` : noted.size,
        cleaned(write, redact),
      );
    for (const body of events) {
      const event = number(body);
      notedEvents.push(event);
      noted.set(noted.size, { table: 'events', row: event });
    }
  };
  const storeAndTell = async (batch: readonly Write[], toTell: readonly RunEvent[], before: Promise<void>) => {
    try {
      await store.commit(batch);
    } catch (error) {
      lost ??= { error };
      throw error;
    } finally {
      await before;
    }
    for (const event of toTell) {
      applyEvent(state, event);
      input.tell(event);
    }
  };
  const commit = async (writes: readonly Write[] = [], events: readonly EventBody[] = []) => {
    check();
    note(writes, events);
    if (noted.size === 0) {
      await told; // what this task noted may be on its way with another's commit
      return check();
    }
    const batch = [...noted.values()];
    const toTell = notedEvents;
    noted = new Map();
    notedEvents = [];
    const done = storeAndTell(batch, toTell, told);
    told = done.catch(() => undefined); // whoever asked for the commit hears of its failure
    await done;
    check(); // an earlier one, with rows of this task, may have failed
  };

  return {
    note,
    commit,
    check,
    handIn() {
      commit().catch((error: unknown) => (lost ??= { error }));
    },
    async close(writes, events) {
      await told;
      if (lost) {
        noted = new Map();
        notedEvents = [];
        seq = state.seq;
        lost = undefined;
      }
      await commit(writes, events);
    },
    nextOrder: () => ++order,
    ran,
  };
}

/**
 * The record of a run as it is played again, stretch by stretch:
 * each is a run with a journal and signals of its own, that meet the record instead of the world.
 */
import type { Divergence } from '../../model/requests.js';
import type { Ports, Store } from '../../ports/ports.js';
import type { Answers } from '../../record/answers.js';
import { createBudgetMeter } from '../../record/budget.js';
import { assembleRun, type LiveRun } from '../../record/live-run.js';
import { createSignals, PauseRun, type Signals } from '../../record/signals.js';
import { createReplayObservations } from './replay-observations.js';
import { createEnding, type Ending } from './replay-ending.js';
import { createFolding } from './replay-folding.js';
import { createReplayJournal } from './replay-journal.js';
import { createLines, type Lines } from './replay-lines.js';
import { createReplayPorts } from './replay-ports.js';
import type { RecordSource, RunEvidence, Segment } from './replay-record.js';
import { grantsBefore, replayStore } from './replay-store.js';

export interface ReplayTape {
  readonly evidence: RunEvidence;
  readonly store: Store;
  /** The first difference; from then on nothing counts. */
  readonly divergence: Divergence | undefined;
  readonly steps: number;
  /** Events that were said again, or stand between two stretches. */
  readonly told: number;
  stateHash(): string;
  diverge(found: Divergence): void;
  /** Takes over what stands between two stretches of work. */
  skipTo(index: number): Promise<void>;
  open(segment: Segment): Promise<LiveRun>;
  /** What the record holds of this stretch and the engine did not say. */
  close(): void;
}

export function createTape(
  evidence: RunEvidence,
  memory: Store,
  ports: Pick<Ports, 'hasher' | 'redact'>,
  source: RecordSource,
  signal: AbortSignal,
  tick: (told: number) => void,
): ReplayTape {
  const { run } = evidence;
  const lines = createLines(evidence, source.quiet, signal);
  const folding = createFolding(evidence, lines, memory, ports.hasher, tick);
  const { state } = folding;
  const store = replayStore(
    memory,
    evidence,
    ports.hasher,
    source.store,
    (hash, actual) =>
      lines.diverge({
        kind: 'blob',
        seq: lines.front + 1,
        what: 'a stored text is not what its name says',
        then: hash,
        now: actual,
      }),
    () => lines.segment,
    async (task) => {
      // Whether a task said that it waits again depends on whether its own last word was
      // durable when it asked; the record tells.
      const next = lines.peek(task)?.event;
      if (next?.type !== 'task-changed' || next.status !== 'waiting') return;
      await lines.caughtUp(task);
      folding.fold();
    },
  );

  const open = async (segment: Segment): Promise<LiveRun> => {
    const order = (await memory.steps(run.id)).reduce((highest, step) => Math.max(highest, step.order), 0);
    const changed = await memory.fileImages(run.id);
    const budget = createBudgetMeter(
      run.config.budget,
      { usd: state.costUsd, tokens: state.tokens, calls: state.calls },
      grantsBefore(evidence, segment),
    );
    const ending: Ending = createEnding(evidence, lines, segment, state, () => {
      signals.cancel();
      return signals.signal.reason;
    });
    const journal = createReplayJournal(lines, folding, ending, order, signal);
    const { signals, whenWhole } = createReplaySignals(lines, ending, journal.check);
    lines.begin(segment, whenWhole);
    return assembleRun(
      {
        ports: createReplayPorts({
          ports,
          store,
          evidence,
          now: () => state.lastAt,
          stop: (asked) => ending.stop(asked, ''),
        }),
        sinks: { progress: nobody, changes: nobody },
        record: { ...run, config: { ...run.config, onAsk: segment.onAsk } },
        state,
        budget,
        changed,
      },
      {
        journal,
        signals,
        answers: recordedAnswers(evidence, segment, ending),
        observations: createReplayObservations(evidence, source, store, budget, lines, ending.stop),
      },
    );
  };

  return {
    evidence,
    store,
    get divergence() {
      return lines.divergence;
    },
    get steps() {
      return folding.steps;
    },
    get told() {
      return folding.told;
    },
    stateHash: folding.stateHash,
    diverge: lines.diverge,
    async skipTo(index) {
      const from = lines.front;
      lines.takeOver(index);
      folding.fold();
      await folding.storeBetween(from, index);
    },
    open,
    close: lines.end,
  };
}

const recordedAnswers = ({ approvals, answered }: RunEvidence, segment: Segment, ending: Ending): Answers => ({
  async waitFor(id) {
    const asked = approvals.get(id);
    const at = answered.get(id);
    if (asked?.answer && at !== undefined && at < segment.end) return asked.answer;
    return await ending.stop(`an answer to ${asked?.title ?? id}`, asked?.task ?? '');
  },
  deliver: () => undefined,
  given: () => undefined, // as recorded: it stands in the answered row
});

const nobody = { fire: (): void => undefined };

/**
 * Each task goes as far as the record has it, whatever made another one stop: then all stop as they did.
 * `whenWhole`: all was said.
 */
function createReplaySignals(
  lines: Lines,
  ending: Ending,
  before: () => void,
): { signals: Signals; whenWhole: () => void } {
  let pauseWanted: string | undefined;
  const own = createSignals({
    before,
    after() {
      if (lines.divergence) throw new PauseRun('interrupted');
      if (lines.wholeSaid() && lines.endedOutside()) throw ending.reason();
    },
  });
  return {
    signals: {
      ...own,
      requestPause(code) {
        if (lines.wholeSaid()) own.requestPause(code);
        else pauseWanted ??= code;
      },
    },
    whenWhole() {
      if (!lines.endedOutside()) return;
      if (lines.segment?.how?.type === 'run-finished') own.cancel();
      else if (pauseWanted !== undefined) own.requestPause(pauseWanted);
    },
  };
}

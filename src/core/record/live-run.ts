/**
 * One run that goes, or is looked at as if it did:
 * who it is and how it was configured, and the parts by which it acts and learns.
 */
import type { Emitter } from '../../base/emitter.js';
import type { Change } from '../model/plain/change.js';
import type { Progress, RunEvent } from '../model/event.js';
import type { Hash, Root } from '../model/primitives.js';
import type { RunConfig, RunRecord, RunState } from '../model/run.js';
import type { Ports } from '../ports/ports.js';
import { createAnswers, type Answers } from './answers.js';
import type { BudgetMeter } from './budget.js';
import { createJournal, type Journal } from './journal.js';
import { worldNow, type Observations } from './observations.js';
import { createSignals, type Signals } from './signals.js';

export interface Sinks {
  events: Emitter<RunEvent>;
  progress: Emitter<Progress>;
  changes: Emitter<Change>;
}

/** A check that exited 0 and changed nothing: the stage it ran in, and what it said. */
export interface PassedCheck {
  stage: string;
  bytes: number;
  output: string;
  log?: Hash | undefined;
}

export interface LiveRun {
  readonly id: string;
  readonly root: Root;
  readonly record: RunRecord;
  readonly config: RunConfig;
  /** Folded from what is durable. */
  readonly state: RunState;
  readonly journal: Journal;
  readonly signals: Signals;
  readonly answers: Answers;
  readonly observations: Observations;
  readonly ports: Ports;
  readonly budget: BudgetMeter;
  /**
   * Files this run changed in that tree since the person last said yes to a command there:
   * a changed tool makes the next command ask.
   */
  changedIn(root: Root): Set<string>;
  /** The checks that passed on that tree as it was when last looked at, by what was run. */
  passedIn(root: Root): { tree: string; results: Map<string, PassedCheck> };
  progress(progress: Omit<Progress, 'run'>): void;
  /** Tells that rows of these kinds are other than before. */
  changed(...types: Exclude<Change['type'], 'owner'>[]): void;
}

/** As much of a run as a function uses: these members, and these of its ports. */
export type RunPart<Member extends keyof LiveRun, Port extends keyof Ports = never> = Pick<LiveRun, Member> & {
  readonly ports: Pick<Ports, Port>;
};

/** What a run is made of, besides the parts by which it acts. */
export interface RunInput {
  ports: Ports;
  sinks: { progress: Pick<Sinks['progress'], 'fire'>; changes: Pick<Sinks['changes'], 'fire'> };
  record: RunRecord;
  state: RunState;
  budget: BudgetMeter;
  /** What it changed so far. */
  changed?: Iterable<{ root: Root; path: string }>;
}

/** A run that acts by these parts. */
export function assembleRun(
  { ports, sinks, record, state, budget, changed = [] }: RunInput,
  parts: Pick<LiveRun, 'journal' | 'signals' | 'answers' | 'observations'>,
): LiveRun {
  const byRoot = new Map<Root, Set<string>>();
  const changedIn = (root: Root) => byRoot.get(root) ?? byRoot.set(root, new Set()).get(root)!;
  for (const { root, path } of changed) changedIn(root).add(path);
  const passed = new Map<Root, ReturnType<LiveRun['passedIn']>>();
  const passedIn = (root: Root) => passed.get(root) ?? passed.set(root, { tree: '', results: new Map() }).get(root)!;
  return {
    id: record.id,
    root: record.root,
    record,
    config: record.config,
    state,
    ...parts,
    ports,
    budget,
    changedIn,
    passedIn,
    progress: (progress) => sinks.progress.fire({ ...progress, run: record.id }),
    changed: (...types) => {
      for (const type of types) sinks.changes.fire({ type });
    },
  };
}

/**
 * A run of this process. `order`: the highest order number of its steps so far.
 * `answers`: those given beforehand that no question has taken yet.
 */
export function createLiveRun(
  input: RunInput & { sinks: { events: Pick<Sinks['events'], 'fire'> }; order: number; answers?: readonly string[] },
): LiveRun {
  const { ports, sinks, record, state, order, answers } = input;
  const journal = createJournal(ports, { run: record.id, state, order, tell: (event) => sinks.events.fire(event) });
  const signals = createSignals({ before: journal.check });
  return assembleRun(input, { journal, signals, answers: createAnswers(signals, answers), observations: worldNow });
}

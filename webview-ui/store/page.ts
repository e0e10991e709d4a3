/** The snapshot that the views draw, and how it is changed: every part of the store writes through here. */
import type { Progress } from '../../src/core/model/event.js';
import type { PlanRecord, Problem } from '../../src/core/model/plan.js';
import type { Result } from '../../src/core/model/requests.js';
import type { RunRecord, RunState } from '../../src/core/model/run.js';
import type { PlanSpending } from '../../src/core/model/spending.js';
import type { Progress as PlanProgress } from '../../src/core/view/standing.js';
import { viewStateSchema, type Environment, type PanelError, type ViewState } from '../../src/protocol/panel.js';
import { HostError, type Host } from '../host.js';
import type { Absence } from './absence.js';
import type { History } from './history.js';
import type { Outline } from './outline.js';
import type { ReportFacts } from './report.js';

/** Folded in place: views compare the snapshot's `version`, never identity. */
export interface LiveRun {
  readonly id: string;
  readonly state: RunState;
  readonly outline: Outline;
  readonly report: ReportFacts;
  readonly history: History;
  /** The last words of the model or command at work, per task. */
  readonly tail: Map<string, Progress>;
}

/** An earlier point of the watched run. */
export interface Moment {
  /** Number of the last event that had happened. */
  seq: number;
  /** The run as it stood then. */
  state: RunState;
}

export interface PlanView {
  plan: PlanRecord | null;
  problems: readonly Problem[];
  schedule: Result<'plan/schedule'> | null;
  /** What it cost so far; undefined = its owner does not tell. */
  spent?: PlanSpending | undefined;
}

export interface Snapshot {
  environment: Environment | null;
  view: ViewState;
  planView: PlanView | null;
  /** By goal of the plan in view: whether all its stories are done. */
  goals: Readonly<Record<string, boolean>>;
  /** How the tasks of the plan in view stand over all its runs; a run that is folded here knows it newer. */
  progress: PlanProgress;
  /** Runs of the plan in view that go on beside the watched one. */
  beside: readonly RunState[];
  runs: readonly RunRecord[] | null;
  run: LiveRun | null;
  /** null = the run is shown as it is now. */
  moment: Moment | null;
  /** What happened while nobody looked; null = nothing, or it was read. */
  absence: Absence | null;
  /** The watched run's history was read. */
  caughtUp: boolean;
  version: number;
  /** The last thing that failed, and how to try it again. */
  failure: { error: PanelError; retry: () => void } | null;
}

/** What belongs to one folder: gone when the window shows another. */
export const nothingRead = { planView: null, goals: {}, progress: {}, beside: [], runs: null, failure: null };

export interface Page {
  readonly host: Host;
  now(): Snapshot;
  subscribe(listener: () => void): () => void;
  set(patch: Partial<Snapshot>): void;
  /** What is folded in place has changed: drawn at once. */
  touch(): void;
  /** The same with the next frame, so that many events make one drawing. */
  bump(): void;
  /** Where the person is, also after a reload. */
  keep(view: ViewState, also?: Partial<Snapshot>): void;
  fail(error: unknown, retry: () => void): void;
  attempt(work: () => Promise<void>): void;
}

export function createPage(host: Host): Page {
  const listeners = new Set<() => void>();
  let frame: number | undefined;
  let current: Snapshot = {
    environment: null,
    view: host.saved ?? viewStateSchema.parse({}),
    ...nothingRead,
    run: null,
    moment: null,
    absence: null,
    caughtUp: false,
    version: 0,
  };
  const page: Page = {
    host,
    now: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(patch) {
      current = { ...current, ...patch };
      for (const listener of [...listeners]) listener();
    },
    touch: () => page.set({ version: current.version + 1 }),
    bump() {
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        page.touch();
      });
    },
    keep(view, also) {
      page.set({ view, ...also });
      host.save(view);
    },
    fail(error, retry) {
      const known: PanelError =
        error instanceof HostError ? error.error : { code: 'internal', params: {}, message: String(error) };
      page.set({ failure: { error: known, retry } });
    },
    attempt: (work) => void work().catch((error: unknown) => page.fail(error, () => page.attempt(work))),
  };
  return page;
}

/**
 * What the page knows, in one place: where it is, the plan, the runs, and the run that is watched.
 * Views read snapshots and call actions.
 */
import type { Progress, RunEvent } from '../../src/core/model/event.js';
import type { PlanDocument, PlanRecord, Problem } from '../../src/core/model/plan.js';
import type { PlanSpending } from '../../src/core/model/spending.js';
import type { Result } from '../../src/core/model/requests.js';
import { applyEvent, emptyRun, type RunRecord, type RunState } from '../../src/core/model/run.js';
import { createFeed, eventPages, type Feed } from '../../src/core/view/feed.js';
import type { Progress as PlanProgress } from '../../src/core/view/standing.js';
import {
  viewStateSchema,
  type Environment,
  type PanelError,
  type ShowTarget,
  type ViewState,
} from '../../src/protocol/panel.js';
import { HostError, type Host } from '../host.js';
import { setTexts } from '../l10n.js';
import { absenceSince, type Absence } from './absence.js';
import { applyToHistory, emptyHistory, nextMark, previousMark, rowOf, stateAt, type History } from './history.js';
import { applyToOutline, emptyOutline, reveal, type Outline } from './outline.js';
import { applyToReport, emptyReport, type ReportFacts } from './report.js';

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

export interface Panel {
  readonly host: Host;
  snapshot(): Snapshot;
  subscribe(listener: () => void): () => void;
  setView(patch: Partial<ViewState>): void;
  /** Something in the outline was folded or unfolded by the person. */
  touch(): void;
  /** Shows the run as it stood after this event, and its row; null goes back to now. */
  scrub(seq: number | null): void;
  /**
   * Goes to the next or previous error or question:
   * of the timeline, or of the replay while one is shown. false = there is none.
   */
  jump(what: 'errors' | 'questions', way: 1 | -1): boolean;
  /** Shows a row of the timeline and its detail, whatever is folded or filtered. */
  goTo(node: string): void;
  act(method: 'run/pause' | 'run/resume' | 'run/cancel', run: string): void;
  editPlan(document: PlanDocument, summary: string): Promise<void>;
  /** It was read. */
  endAbsence(): void;
  clearFailure(): void;
}

const SEEN_MS = 3000;

export function createPanel(host: Host): Panel {
  const listeners = new Set<() => void>();
  let current: Snapshot = {
    environment: null,
    view: host.saved ?? viewStateSchema.parse({}),
    planView: null,
    goals: {},
    progress: {},
    beside: [],
    runs: null,
    run: null,
    moment: null,
    absence: null,
    caughtUp: false,
    version: 0,
    failure: null,
  };
  let feed: Feed | undefined;
  let frame: number | undefined;
  let besideTurn = 0;
  let seeing: ReturnType<typeof setTimeout> | undefined;
  let saving: ReturnType<typeof setTimeout> | undefined;

  function set(patch: Partial<Snapshot>): void {
    current = { ...current, ...patch };
    for (const listener of [...listeners]) listener();
  }
  /** Many events make one drawing. */
  function bump(): void {
    frame ??= requestAnimationFrame(() => {
      frame = undefined;
      set({ version: current.version + 1 });
    });
  }
  const fail = (error: unknown, retry: () => void): void => {
    const known: PanelError =
      error instanceof HostError ? error.error : { code: 'internal', params: {}, message: String(error) };
    set({ failure: { error: known, retry } });
  };
  const attempt = (work: () => Promise<void>): void =>
    void work().catch((error: unknown) => fail(error, () => attempt(work)));

  async function loadPlan(): Promise<void> {
    const { plan, problems, progress, goals = {}, spent } = await host.request('plan/get', {});
    // A plan with errors is shown all the same
    const schedule = plan ? await host.request('plan/schedule', { plan: plan.id }).catch(() => null) : null;
    set({ planView: { plan, problems, schedule, spent }, progress, goals });
    loadBeside();
  }
  /** What is finished stands in the plan's progress: no events of it are read. */
  function loadBeside(): void {
    const { planView, runs, run: watched } = current;
    const plan = planView?.plan?.id;
    if (plan === undefined || !runs) return;
    const going = runs.filter((run) => run.plan === plan && run.finishedAt === undefined && run.id !== watched?.id);
    const turn = ++besideTurn;
    attempt(async () => {
      const beside = await Promise.all(going.map((run) => foldAll(run.id)));
      if (turn === besideTurn) set({ beside });
    });
  }
  async function foldAll(run: string): Promise<RunState> {
    const state = emptyRun(run);
    for await (const page of eventPages((after, limit) => host.request('run/events', { run, after, limit })))
      for (const event of page) applyEvent(state, event);
    return state;
  }
  /** What a run came to moves the plan's tasks on, and may have met a goal. */
  async function loadProgress(): Promise<void> {
    const plan = current.planView?.plan;
    if (!plan) return;
    const { progress, goals = {}, spent } = await host.request('plan/get', { plan: plan.id });
    const { planView } = current;
    if (planView?.plan?.id === plan.id) set({ progress, goals, planView: { ...planView, spent } });
  }
  async function loadRuns(): Promise<void> {
    const runs = await host.request('run/list', {});
    set({ runs });
    const wanted = runs.find((run) => run.id === current.view.run)?.id ?? runs[0]?.id ?? null;
    if (wanted !== (current.run?.id ?? null)) watch(wanted);
    loadBeside();
  }

  function watch(id: string | null): void {
    feed?.stop();
    feed = undefined;
    if (id === null) return set({ run: null, moment: null, absence: null, caughtUp: true });
    const run: LiveRun = {
      id,
      state: emptyRun(id),
      outline: emptyOutline(),
      report: emptyReport(),
      history: emptyHistory(id),
      tail: new Map(),
    };
    set({ run, moment: null, absence: null, caughtUp: false });
    host.send({ type: 'subscribe', run: id, after: 0 });
    const own = (feed = createFeed({
      fetch: (after, limit) => host.request('run/events', { run: id, after, limit }),
      onEvents(events: readonly RunEvent[]) {
        for (const event of events) {
          applyEvent(run.state, event);
          applyToOutline(run.outline, event);
          applyToReport(run.report, event);
          applyToHistory(run.history, event, run.state);
          if (event.type === 'stage-finished' || event.type === 'model-called' || event.type === 'command-run')
            run.tail.delete(event.task);
        }
        bump();
        if (current.caughtUp) see();
      },
      onCaughtUp() {
        // at the first reading: what is kept is where the person left it
        const absence = current.caughtUp
          ? current.absence
          : absenceSince(run.history, run.state, current.view.seen, Date.now());
        set({ caughtUp: true, absence, version: current.version + 1 });
        see();
        if (current.view.at !== null && !current.moment) scrub(current.view.at); // where the person left it
      },
      onError: (error) => fail(error, () => void own.start()),
    }));
    void own.start();
  }

  function open(environment: Environment): void {
    setTexts(environment.l10n, environment.locale);
    const moved = environment.root !== (current.environment?.root ?? null);
    const view = host.saved ? current.view : (environment.state ?? current.view);
    if (moved) watch(null);
    set({
      environment,
      view,
      ...(moved ? { planView: null, goals: {}, progress: {}, beside: [], runs: null, failure: null } : {}),
    });
    if (environment.root === null || !environment.trusted || environment.problem) return;
    if (view.root !== environment.root)
      setView({ root: environment.root, ...(view.root === null ? {} : { run: null, task: null, node: null }) });
    // the host starts each connection without a subscription
    const watched = current.run;
    if (watched) {
      host.send({ type: 'subscribe', run: watched.id, after: watched.state.seq });
      void feed?.start();
    }
    attempt(loadPlan);
    attempt(loadRuns);
  }

  function setView(patch: Partial<ViewState>): void {
    const elsewhere = patch.run !== undefined && patch.run !== current.view.run;
    const view = { ...current.view, ...(elsewhere ? { at: null } : {}), ...patch };
    set({ view, ...(elsewhere ? { moment: null } : {}) });
    host.save(view);
    if (patch.run !== undefined && current.runs) {
      const wanted = patch.run ?? current.runs[0]?.id ?? null;
      if (wanted !== (current.run?.id ?? null)) watch(wanted);
    }
  }

  /** Remembers what is on the screen, not more often than every few seconds. */
  function see(): void {
    seeing ??= setTimeout(() => {
      seeing = undefined;
      const run = current.run;
      if (!run || document.visibilityState !== 'visible') return;
      setView({ seen: { run: run.id, seq: run.history.events.length, at: Date.now() } });
    }, SEEN_MS);
  }

  /** A drag moves many times a second: it is kept when it rests. */
  function scrub(seq: number | null): void {
    const run = current.run;
    if (!run || run.history.events.length === 0) return;
    const last = run.history.events.length;
    const at = seq === null || seq >= last ? null : Math.max(1, Math.round(seq)); // the last event is now
    const event = at === null ? undefined : run.history.events[at - 1];
    set({
      moment: at === null ? null : { seq: at, state: stateAt(run.history, at) },
      view: { ...current.view, at, ...(event ? { follow: false } : { follow: true }) },
    });
    clearTimeout(saving);
    saving = setTimeout(() => host.save(current.view), 200);
  }

  function jump(what: 'errors' | 'questions', way: 1 | -1): boolean {
    const { run, moment, view } = current;
    if (!run) return false;
    const { history, outline } = run;
    const marks = history[what];
    const chosen = view.node === null ? undefined : outline.byId.get(view.node);
    // a stage is found at its end, so that what lies in it is found before it
    const here =
      moment?.seq ??
      (chosen
        ? chosen.event?.type === 'stage-finished'
          ? chosen.event.seq
          : chosen.kind === 'approval'
            ? chosen.seq
            : (chosen.event?.seq ?? chosen.seq)
        : way > 0
          ? 0
          : history.events.length + 1);
    const seq = way > 0 ? nextMark(marks, here) : previousMark(marks, here);
    if (seq === undefined) return false;
    if (moment) scrub(seq);
    goTo(rowOf(history.events[seq - 1]!));
    return true;
  }

  function goTo(id: string): void {
    const node = current.run?.outline.byId.get(id);
    if (!node) return;
    reveal(current.run!.outline, node);
    set({ version: current.version + 1 });
    setView({ tab: 'run', node: id, follow: false, kind: 'all', text: '' });
  }

  function show(target: ShowTarget): void {
    setView({
      tab: target.tab,
      ...(target.run ? { run: target.run } : {}),
      ...(target.task ? { task: target.task, node: `task/${target.task}` } : {}),
    });
    if (target.run && !current.runs?.some((run) => run.id === target.run)) attempt(loadRuns);
  }

  host.onEnvironment(open);
  host.onEvents(({ run, events }) => {
    if (run === current.run?.id) feed?.push(events);
  });
  host.onProgress((items) => {
    const run = current.run;
    for (const item of items)
      if (item.run === run?.id)
        run.tail.set(item.task, { ...item, text: ((run.tail.get(item.task)?.text ?? '') + item.text).slice(-2000) });
    bump();
  });
  host.onChange((change) => {
    if (change.type === 'plans') attempt(loadPlan);
    if (change.type === 'runs') {
      attempt(loadRuns);
      attempt(loadProgress);
    }
  });
  host.onShow(show);
  host.ready();

  return {
    host,
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setView,
    scrub,
    jump,
    goTo,
    touch: () => set({ version: current.version + 1 }),
    act: (method, run) => attempt(() => host.request(method, { run }).then(() => undefined)),
    async editPlan(document, summary) {
      const plan = current.planView?.plan;
      if (!plan) return;
      await host.request('plan/edit', { plan: plan.id, iteration: plan.iteration, document, summary });
      await loadPlan();
    },
    endAbsence: () => set({ absence: null }),
    clearFailure: () => set({ failure: null }),
  };
}

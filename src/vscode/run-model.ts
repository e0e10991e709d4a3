/**
 * What the views of one root show: plans, runs folded from their events, questions that wait. Events
 * are folded one by one; a gap in the numbers is filled from the store. Knows no vscode, so that it
 * is tested with a façade of plain values.
 */
import { createEmitter, type Listen } from '../base/emitter.js';
import { disposableList, type Disposable } from '../base/disposable.js';
import type { OpenExec } from '../core/facade.js';
import type { Approval } from '../core/model/approval.js';
import type { ChangeSet } from '../core/model/change-set.js';
import type { RunEvent } from '../core/model/event.js';
import type { PlanRecord, PlanSummary, Problem } from '../core/model/plan.js';
import type { TaskProgress } from '../core/model/requests.js';
import type { RunRecord, RunState } from '../core/model/run.js';
import { createFeed, type Feed } from '../core/view/feed.js';
import { taskStanding, type TaskStanding } from '../core/view/standing.js';
import { coalesce } from './coalesce.js';

export interface ModelChange {
  /** The list of plans, the current plan or its document. */
  plan: boolean;
  /** Ids of tasks whose row changed. */
  tasks: ReadonlySet<string>;
  /** Ids of runs whose row changed; `runList` when one came or went. */
  runs: ReadonlySet<string>;
  runList: boolean;
  approvals: boolean;
}

export interface Pending {
  approval: Approval;
  changeSet: ChangeSet | null;
}

export interface RunModel extends Disposable {
  readonly plans: readonly PlanSummary[];
  readonly plan: PlanRecord | null;
  readonly problems: readonly Problem[];
  /** Proposed changes of the current plan that wait for an answer. */
  readonly proposals: number;
  readonly runs: readonly RunRecord[];
  readonly approvals: readonly Pending[];
  readonly owned: boolean;
  /** The run that is not finished, newest first; undefined when all are. */
  readonly live: RunState | undefined;
  /** Folded state; undefined until its events were read. */
  state(run: string): RunState | undefined;
  /** How a task of the current plan stands; undefined when no run has begun it. */
  task(id: string): TaskStanding | undefined;
  readonly onChange: Listen<ModelChange>;
  /** Asks for everything again. Resolves when the views may show it. */
  refresh(): Promise<void>;
  /** Resolves when everything asked for so far has been answered and told. */
  settled(): Promise<void>;
}

type Fold = { emptyRun(run: string): RunState; applyEvent(state: RunState, event: RunEvent): RunState };

export function createRunModel(
  openexec: OpenExec,
  fold: Fold,
  onError: (what: string, error: unknown) => void,
  refreshMs = 100,
): RunModel {
  const own = disposableList();
  const changes = own.add(createEmitter<ModelChange>((error) => onError('telling a view', error)));
  const states = new Map<string, RunState>();
  const feeds = new Map<string, Feed>();
  const work = new Set<Promise<unknown>>();
  let plans: PlanSummary[] = [];
  let plan: PlanRecord | null = null;
  let problems: Problem[] = [];
  let proposals = 0;
  let progress: Record<string, TaskProgress> = {};
  let runs: RunRecord[] = [];
  let approvals: Pending[] = [];
  let owned = true;

  const coalescer = own.add(
    coalesce<Partial<ModelChange>>(refreshMs, (list) => {
      const tasks = new Set(list.flatMap((change) => [...(change.tasks ?? [])]));
      const touched = new Set(list.flatMap((change) => [...(change.runs ?? [])]));
      const any = (key: 'plan' | 'runList' | 'approvals') => list.some((change) => change[key]);
      changes.fire({ plan: any('plan'), runList: any('runList'), approvals: any('approvals'), tasks, runs: touched });
    }),
  );

  const later = (what: string, promise: Promise<unknown>): void => {
    const done = promise.catch((error: unknown) => {
      if (!own.disposed) onError(what, error);
    });
    work.add(done);
    void done.finally(() => work.delete(done));
  };

  /** Follows a run from now on; its state is told once its history was read. */
  function follow(run: string): Feed {
    const known = feeds.get(run);
    if (known) {
      if (!states.has(run)) void known.start(); // a first reading that failed is tried again
      return known;
    }
    const state = fold.emptyRun(run);
    const feed = createFeed({
      fetch: (after, limit) => openexec.request('run/events', { run, after, limit }),
      onEvents(events) {
        const touched = new Set<string>();
        for (const event of events) {
          fold.applyEvent(state, event);
          for (const task of tasksOf(event, state)) touched.add(task);
        }
        if (states.has(run)) coalescer.add({ runs: new Set([run]), tasks: touched });
      },
      onCaughtUp() {
        states.set(run, state);
        coalescer.add({ runs: new Set([run]), tasks: new Set(state.tasks.keys()) });
      },
      onError(error) {
        if (!own.disposed) onError('reading a run', error);
      },
    });
    feeds.set(run, feed);
    void feed.start();
    return feed;
  }

  const onEvent = (event: RunEvent): void => {
    const feed = follow(event.run);
    feed.push([event]);
    later('reading a run', feed.settled());
    if (event.type === 'plan-proposed' || event.type === 'run-finished') later('reading the plans', refreshPlans());
  };

  async function refreshPlans(): Promise<void> {
    const [list, current] = await Promise.all([openexec.request('plan/list', {}), openexec.request('plan/get', {})]);
    plans = list;
    plan = current.plan;
    problems = current.problems;
    proposals = current.proposals ?? 0;
    progress = current.progress;
    await foldRuns();
    coalescer.add({ plan: true });
  }
  async function refreshRuns(): Promise<void> {
    runs = await openexec.request('run/list', {});
    await foldRuns();
    coalescer.add({ runList: true, plan: true });
  }
  async function refreshApprovals(): Promise<void> {
    const list = await openexec.request('approval/list', {});
    approvals = await Promise.all(
      list.map(async (approval) =>
        approval.subject.kind === 'change-set'
          ? openexec.request('approval/get', { approval: approval.id })
          : { approval, changeSet: null },
      ),
    );
    coalescer.add({ approvals: true });
  }
  /**
   * The newest run, the newest of the plan that is shown, and every unfinished one;
   * what older ones came to is in the plan's progress.
   */
  async function foldRuns(): Promise<void> {
    const newest = [runs[0], runs.find((run) => run.plan !== undefined && run.plan === plan?.id)];
    const live = runs.filter((run) => run.finishedAt === undefined);
    const wanted = new Set([...newest, ...live].flatMap((run) => (run ? [run.id] : [])));
    await Promise.all([...wanted].map((run) => follow(run).settled()));
    for (const [run, feed] of feeds) {
      if (runs.some((record) => record.id === run)) continue;
      feed.stop();
      feeds.delete(run);
      states.delete(run);
    }
  }
  async function refresh(): Promise<void> {
    const status = await openexec.request('status', {});
    owned = status.owner.pid === globalThis.process?.pid;
    runs = await openexec.request('run/list', {});
    await Promise.all([refreshPlans(), refreshApprovals()]);
    coalescer.add({ runList: true });
  }

  own.add(openexec.onEvent(onEvent));
  own.add(
    openexec.onChange((change) => {
      switch (change.type) {
        case 'plans':
          return later('reading the plans', refreshPlans());
        case 'runs':
          return later('reading the runs', refreshRuns());
        case 'approvals':
          return later('reading the approvals', refreshApprovals());
        case 'owner':
          if (change.connected) later('reading everything again', refresh());
          return;
      }
    }),
  );

  function* foldedOfPlan(): Generator<RunState> {
    for (const record of runs) {
      const state = record.plan !== undefined && record.plan === plan?.id ? states.get(record.id) : undefined;
      if (state) yield state;
    }
  }

  return {
    get plans() {
      return plans;
    },
    get plan() {
      return plan;
    },
    get problems() {
      return problems;
    },
    get proposals() {
      return proposals;
    },
    get runs() {
      return runs;
    },
    get approvals() {
      return approvals;
    },
    get owned() {
      return owned;
    },
    get live() {
      for (const record of runs) {
        const state = states.get(record.id);
        if (state && state.finishedAt === undefined && state.seq > 0) return state;
      }
      return undefined;
    },
    state: (run) => states.get(run),
    task: (id) => taskStanding(id, foldedOfPlan(), progress),
    onChange: changes.on,
    refresh,
    async settled() {
      while (work.size > 0) await Promise.all(work);
    },
    dispose() {
      for (const feed of feeds.values()) feed.stop();
      own.dispose();
    },
  };
}

/** Rows that an event may have changed: its own task, and those that wait for it. */
function tasksOf(event: RunEvent, state: RunState): Set<string> {
  if (!('task' in event) || event.task === undefined)
    return new Set(event.type.startsWith('run-') ? state.tasks.keys() : []);
  const touched = new Set([event.task]);
  if (event.type === 'task-changed')
    for (const task of state.tasks.values()) if (task.dependsOn.includes(event.task)) touched.add(task.id);
  return touched;
}

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
import { taskStanding, type TaskStanding } from '../core/view/standing.js';
import { coalesce } from './coalesce.js';
import { createRunStates, type Fold, type RunStates } from './run-states.js';

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

/** What was read last. */
type Read = {
  -readonly [K in 'plans' | 'plan' | 'problems' | 'proposals' | 'runs' | 'approvals' | 'owned']: RunModel[K];
};

export function createRunModel(
  openexec: OpenExec,
  fold: Fold,
  onError: (what: string, error: unknown) => void,
  refreshMs = 100,
): RunModel {
  const own = disposableList();
  const changes = own.add(createEmitter<ModelChange>((error) => onError('telling a view', error)));
  const work = new Set<Promise<unknown>>();
  let progress: Record<string, TaskProgress> = {};
  const coalescer = own.add(coalesce<Partial<ModelChange>>(refreshMs, (list) => changes.fire(merged(list))));
  const failed = (what: string) => (error: unknown) => {
    if (!own.disposed) onError(what, error);
  };
  const states = own.add(
    createRunStates(
      openexec,
      fold,
      (run, tasks) => coalescer.add({ runs: new Set([run]), tasks }),
      failed('reading a run'),
    ),
  );

  const later = (what: string, promise: Promise<unknown>): void => {
    const done = promise.catch(failed(what)).finally(() => work.delete(done));
    work.add(done);
  };

  const onEvent = (event: RunEvent): void => {
    const feed = states.follow(event.run);
    feed.push([event]);
    later('reading a run', feed.settled());
    if (event.type === 'plan-proposed' || event.type === 'run-finished') later('reading the plans', refreshPlans());
  };

  async function refreshPlans(): Promise<void> {
    const [list, current] = await Promise.all([openexec.request('plan/list', {}), openexec.request('plan/get', {})]);
    model.plans = list;
    model.plan = current.plan;
    model.problems = current.problems;
    model.proposals = current.proposals ?? 0;
    progress = current.progress;
    await foldRuns();
    coalescer.add({ plan: true });
  }
  async function refreshRuns(): Promise<void> {
    model.runs = await openexec.request('run/list', {});
    await foldRuns();
    coalescer.add({ runList: true, plan: true });
  }
  async function refreshApprovals(): Promise<void> {
    model.approvals = await pendingOf(openexec);
    coalescer.add({ approvals: true });
  }
  async function foldRuns(): Promise<void> {
    await Promise.all([...shownRuns(model)].map((run) => states.follow(run).settled()));
    states.keep((run) => model.runs.some((record) => record.id === run));
  }
  async function refresh(): Promise<void> {
    const { owner } = await openexec.request('status', {});
    model.owned = owner.pid === globalThis.process?.pid;
    model.runs = await openexec.request('run/list', {});
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

  const model: Omit<RunModel, keyof Read> & Read = {
    plans: [],
    plan: null,
    problems: [],
    proposals: 0,
    runs: [],
    approvals: [],
    owned: true,
    get live() {
      return liveRun(model.runs, states);
    },
    state: (run) => states.get(run),
    task: (id) => taskStanding(id, foldedOfPlan(model, states), progress),
    onChange: changes.on,
    refresh,
    async settled() {
      while (work.size > 0) await Promise.all(work);
    },
    dispose: () => own.dispose(),
  };
  return model;
}

const ofPlan = (run: RunRecord, plan: PlanRecord | null): boolean => run.plan !== undefined && run.plan === plan?.id;

/**
 * The newest run, the newest of the plan that is shown, and every unfinished one;
 * what older ones came to is in the plan's progress.
 */
function shownRuns({ runs, plan }: Read): Set<string> {
  const newest = [runs[0], runs.find((run) => ofPlan(run, plan))];
  const live = runs.filter((run) => run.finishedAt === undefined);
  return new Set([...newest, ...live].flatMap((run) => (run ? [run.id] : [])));
}

function liveRun(runs: readonly RunRecord[], states: RunStates): RunState | undefined {
  for (const record of runs) {
    const state = states.get(record.id);
    if (state && state.finishedAt === undefined && state.seq > 0) return state;
  }
  return undefined;
}

function* foldedOfPlan({ runs, plan }: Read, states: RunStates): Generator<RunState> {
  for (const record of runs) {
    const state = ofPlan(record, plan) ? states.get(record.id) : undefined;
    if (state) yield state;
  }
}

/** What waits for an answer, each change set with its files. */
async function pendingOf(openexec: OpenExec): Promise<Pending[]> {
  const list = await openexec.request('approval/list', {});
  return Promise.all(
    list.map(async (approval) =>
      approval.subject.kind === 'change-set'
        ? openexec.request('approval/get', { approval: approval.id })
        : { approval, changeSet: null },
    ),
  );
}

function merged(list: readonly Partial<ModelChange>[]): ModelChange {
  const any = (key: 'plan' | 'runList' | 'approvals') => list.some((change) => change[key]);
  return {
    plan: any('plan'),
    runList: any('runList'),
    approvals: any('approvals'),
    tasks: new Set(list.flatMap((change) => [...(change.tasks ?? [])])),
    runs: new Set(list.flatMap((change) => [...(change.runs ?? [])])),
  };
}

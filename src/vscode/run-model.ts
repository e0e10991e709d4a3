/**
 * What the views of one root show: plans, runs folded from their events, questions that wait. Events are folded one by one;
 * a gap in the numbers is filled from the store. Knows no vscode, so that it is tested with a façade of plain values.
 */
import { createEmitter, type Listen } from '../base/emitter.js';
import { disposableList, type Disposable } from '../base/disposable.js';
import type { OpenExec } from '../core/facade.js';
import type { Approval } from '../core/model/approval.js';
import type { ChangeSet } from '../core/model/change-set.js';
import type { RunEvent } from '../core/model/event.js';
import type { PlanRecord, PlanSummary, Problem } from '../core/model/plan.js';
import type { TaskProgress } from '../core/model/requests.js';
import type { RunRecord, RunState, TaskState } from '../core/model/run.js';
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

/** How a task stands, whether its run is folded here or only its outcome is known. */
export type TaskView = Pick<
  TaskState,
  | 'status'
  | 'attempt'
  | 'stage'
  | 'waitingFor'
  | 'blockedBy'
  | 'unverified'
  | 'reason'
  | 'commit'
  | 'costUsd'
  | 'tokens'
> & {
  durationMs?: number | undefined;
  /** Done, and edited since. */
  edited?: boolean | undefined;
  run: string;
};

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
  task(id: string): TaskView | undefined;
  readonly onChange: Listen<ModelChange>;
  /** Asks for everything again. Resolves when the views may show it. */
  refresh(): Promise<void>;
  /** Resolves when everything asked for so far has been answered and told. */
  settled(): Promise<void>;
}

const PAGE = 2000;
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
  const filling = new Map<string, Promise<RunState>>();
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

  /** Reads what is stored after the state's last number, to the end. One reader a run. */
  const fill = (run: string): Promise<RunState> => {
    const going = filling.get(run);
    if (going) return going;
    const reading = (async () => {
      const state = states.get(run) ?? fold.emptyRun(run);
      for (;;) {
        const page = await openexec.request('run/events', { run, after: state.seq, limit: PAGE });
        for (const event of page) fold.applyEvent(state, event);
        if (page.length < PAGE) break;
      }
      states.set(run, state);
      return state;
    })().finally(() => filling.delete(run));
    filling.set(run, reading);
    return reading;
  };

  const onEvent = (event: RunEvent): void => {
    if (event.type === 'plan-proposed') later('reading the plans', refreshPlans());
    const state = states.get(event.run);
    if (state && event.seq === state.seq + 1 && !filling.has(event.run)) {
      fold.applyEvent(state, event);
      if (event.type === 'run-finished') later('reading the plans', refreshPlans());
      coalescer.add({ runs: new Set([event.run]), tasks: tasksOf(event, state) });
    } else if (!state || event.seq > state.seq) {
      // A reader under way may have asked before this event was stored, so another look follows it.
      const before = filling.get(event.run) ?? Promise.resolve();
      later(
        'reading a run',
        before
          .then(() => fill(event.run))
          .then((filled) => coalescer.add({ runs: new Set([event.run]), tasks: new Set(filled.tasks.keys()) })),
      );
    }
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
  /** The newest run, the newest of the plan that is shown, and every unfinished one; what older ones came to is in the plan's progress. */
  async function foldRuns(): Promise<void> {
    const newest = [runs[0], runs.find((run) => run.plan !== undefined && run.plan === plan?.id)];
    const live = runs.filter((run) => run.finishedAt === undefined);
    const wanted = new Set([...newest, ...live].flatMap((run) => (run ? [run.id] : [])));
    await Promise.all([...wanted].filter((run) => !states.has(run)).map((run) => fill(run)));
    for (const run of [...states.keys()]) if (!runs.some((record) => record.id === run)) states.delete(run);
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
    task(id) {
      for (const record of runs) {
        if (record.plan === undefined || record.plan !== plan?.id) continue;
        const run = states.get(record.id);
        const task = run?.tasks.get(id);
        if (!run || !task) continue;
        const untouched = task.status === 'pending' || task.status === 'cancelled';
        if (untouched && run.finishedAt !== undefined) continue;
        const durationMs = task.startedAt === undefined ? undefined : (task.finishedAt ?? run.lastAt) - task.startedAt;
        return { ...task, durationMs, edited: progress[id]?.edited, run: record.id };
      }
      const known = progress[id];
      if (!known) return undefined;
      const { status, unverified, edited, commit, costUsd, durationMs, run } = known;
      return {
        status,
        unverified,
        edited,
        commit: commit === '' ? undefined : commit,
        costUsd,
        durationMs,
        run,
        attempt: 1,
        stage: '',
        tokens: 0,
      };
    },
    onChange: changes.on,
    refresh,
    async settled() {
      while (work.size > 0) await Promise.all(work);
    },
    dispose: () => own.dispose(),
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

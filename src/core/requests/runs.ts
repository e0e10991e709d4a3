/** Starting, resuming, pausing, cancelling and listing runs. */
import { OpenExecError } from '../errors.js';
import { createBudgetMeter } from '../record/budget.js';
import { removeWorktrees, runRow, stopped } from '../engine/runs/end-run.js';
import { beginRun, runPlan } from '../engine/runs/run-plan.js';
import { createLiveRun, type LiveRun } from '../record/live-run.js';
import type { Journal } from '../record/journal.js';
import type { TaskSnapshot } from '../record/step-context.js';
import type { Blueprint } from '../model/blueprint.js';
import type { EventBody, EventOf, RunEvent } from '../model/event.js';
import { findTask, type PlanRecord } from '../model/plan.js';
import type { Handlers, Params } from '../model/requests.js';
import { applyEvent, emptyRun, type RunConfig, type RunRecord, type RunState } from '../model/run.js';
import { finishedRun, settledTask } from '../model/status.js';
import { storyOfCheck } from '../model/story-check.js';
import { chooseTasks, createdEvent, freeze, preview, withBranch } from './before-run.js';
import { chooseBlueprint } from './blueprints.js';
import { planIndex, requirePlan, requireRun, type Environment } from './environment.js';
import { blueprintOfRun, frozenQuestion, frozenQuestionId, readFrozen, unreadable } from './frozen-blueprint.js';
import { progressRow } from './progress.js';
import { QUICK_FIX_TASK, quickFixDocument, quickFixOf, quickFixRow, quickFixTitle } from './quick-fix.js';
import { reviewScripts } from './scripts.js';
import { sweepDue } from './storage.js';
import { storiesToCheck, storyCheckSnapshot } from './story-checks.js';

type Methods =
  | 'run/preview'
  | 'run/blueprint'
  | 'run/start-over'
  | 'run/start'
  | 'run/quick-fix'
  | 'run/pause'
  | 'run/resume'
  | 'run/cancel'
  | 'run/list'
  | 'run/get'
  | 'run/delete'
  | 'run/events'
  | 'run/step';

const PAGE = 2000;

/** `verifies`: it is the checks of a plan of that name. `instead`: a run that may be going, for it is to be ended. */
export type Alone = <T>(
  title: string,
  action: () => Promise<T>,
  as?: { verifies?: boolean; instead?: string },
) => Promise<T>;

export interface RunRequests {
  handlers: Pick<Handlers, Methods>;
  resume(run: string): Promise<void>;
  /** The tree to itself: nothing else that works in it begins meanwhile, and it refuses while something does. Errors: run-active, verify-active. */
  alone: Alone;
}

/** All that can be known of a run before it begins. */
interface Prepared {
  record: RunRecord;
  created: Extract<EventBody, { type: 'run-created' }>;
  writes?: Parameters<Journal['commit']>[0];
}

export function runRequests(env: Environment): RunRequests {
  const { store, clock, ids } = env.ports;

  /** A run on its way to its first record, a rollback, a plan's checks: a second start in that moment must not slip in beside it. */
  let busy: OpenExecError | undefined;
  const alone: Alone = async (title, action, { verifies, instead } = {}) => {
    if (busy) throw new OpenExecError(busy.code, busy.params);
    const other = [...env.live].find(([run]) => run !== instead)?.[1].run.record.title;
    if (other !== undefined) throw new OpenExecError('run-active', { title: other });
    busy = verifies ? new OpenExecError('verify-active', { name: title }) : new OpenExecError('run-active', { title });
    try {
      return await action();
    } finally {
      busy = undefined;
    }
  };

  const start = async (
    run: LiveRun,
    record: RunRecord,
    created: EventOf<'run-created'>,
    blueprint: Blueprint,
  ): Promise<void> => {
    await beginRun(run);
    const ended = runPlan(run, {
      blueprint,
      created,
      snapshot: (task) => snapshotOf(env, record, task),
      progressRow: (task, progress, worked) => progressRow(env, record, task, progress, worked),
    })
      .catch((error: unknown) => env.ports.log.error(`Run ${record.id} could not be recorded`, error))
      .finally(() => {
        env.live.delete(record.id);
        env.sinks.changes.fire({ type: 'runs' });
      });
    env.live.set(record.id, { run, ended });
  };

  /** `instead`: a run that rests, given up once nothing stands against the new one. */
  const create = async (input: Prepared, instead?: string): Promise<string> => {
    const frozen = readFrozen(env, input.record);
    if ('problem' in frozen) throw unreadable(input.record, frozen.problem);
    // Before the first record: a tree that has no room for the branch refuses the start.
    if (input.record.config.branch)
      await env.ports.git.startBranch(env.root, input.record.config.branch, clock.timeout(20_000));
    if (instead !== undefined) await cancelRun(instead);
    const state = emptyRun(input.record.id);
    const run = createLiveRun({
      ports: env.ports,
      sinks: env.sinks,
      record: input.record,
      state,
      order: 0,
      budget: createBudgetMeter(input.record.config.budget, { usd: 0, tokens: 0, calls: 0 }),
    });
    await run.journal.commit([...(input.writes ?? []), { table: 'runs', row: input.record }], [input.created]);
    await start(
      run,
      input.record,
      { ...input.created, v: 1, run: input.record.id, seq: 1, at: state.createdAt },
      frozen.blueprint,
    );
    return input.record.id;
  };

  const cancelRun = async (run: string): Promise<void> => {
    const live = env.live.get(run);
    if (live) {
      live.run.signals.cancel();
      await live.ended;
      return;
    }
    const record = await requireRun(env, run);
    if (finishedRun(record.status)) throw new OpenExecError('run-state', { status: record.status });
    const loaded = await loadLiveRun(env, record);
    loaded.run.signals.cancel();
    await stopped(loaded.run, loaded.run.signals.signal.reason);
    env.sinks.changes.fire({ type: 'runs' });
    env.sinks.changes.fire({ type: 'approvals' });
  };

  const resume = async (id: string, onAsk?: RunConfig['onAsk']): Promise<void> => {
    if (env.live.has(id)) throw new OpenExecError('run-state', { status: 'running' });
    const record = await requireRun(env, id);
    if (finishedRun(record.status)) throw new OpenExecError('run-state', { status: record.status });
    const frozen = readFrozen(env, record);
    if ('problem' in frozen) return await afterUnreadable(record, frozen.problem);
    const { now, state } = await blueprintOfRun(env, record);
    const news = state === 'changed' && now && record.blueprintSeen !== now.hash ? { blueprintSeen: now.hash } : {};
    await alone(record.title, async () => {
      const loaded = await loadLiveRun(env, {
        ...record,
        ...news,
        ...(onAsk && { config: { ...record.config, onAsk } }),
      });
      const { id: blueprint, hash } = record.config.blueprint;
      if (news.blueprintSeen)
        loaded.run.journal.note(
          [],
          [{ type: 'warning', code: 'blueprint-differs', params: { id: blueprint, hash: hash.slice(0, 12) } }],
        );
      await start(loaded.run, loaded.record, loaded.created, frozen.blueprint);
    });
  };

  /** Asks once; the answer comes back through here. */
  const afterUnreadable = async (record: RunRecord, problem: string): Promise<void> => {
    const asked = await store.approval(frozenQuestionId(record.id));
    if (asked?.answer?.option === 'retry') return void (await startOver(record));
    if (asked?.answer) return await cancelRun(record.id);
    if (!asked) {
      const question = frozenQuestion(env, record, problem);
      const { run } = await loadLiveRun(env, record);
      const { params } = question.subject as { params: Record<string, string> };
      await run.journal.commit(
        [{ table: 'approvals', row: question }, runRow(run, 'paused')],
        [
          {
            type: 'approval-requested',
            approval: question.id,
            task: '',
            stage: '',
            kind: 'attention',
            title: question.title,
            why: question.why,
            files: [],
          },
          { type: 'run-paused', reason: { code: 'blueprint-unreadable', params } },
        ],
      );
      env.sinks.changes.fire({ type: 'runs' });
      env.sinks.changes.fire({ type: 'approvals' });
    }
    throw unreadable(record, problem);
  };

  /** The new run is prepared whole, and everything that could refuse it looked at; only then is the old one given up. */
  const startOver = async (record: RunRecord, onAsk = record.config.onAsk): Promise<{ run: string }> => {
    if (!env.live.has(record.id) && finishedRun(record.status))
      throw new OpenExecError('run-state', { status: record.status });
    const prepare = async (): Promise<Prepared> => {
      const blueprint = record.config.blueprint.id;
      if (record.kind === 'quick-fix')
        return await prepareQuickFix({ ...(await quickFixOf(env, record)), onAsk, blueprint });
      const state = env.live.get(record.id)?.run.state ?? (await loadLiveRun(env, record)).run.state;
      const tasks = record.tasks.filter((task) => !settledTask(state.tasks.get(task)?.status ?? 'pending'));
      return await preparePlan({ plan: record.plan ?? '', tasks, onAsk, again: false, blueprint });
    };
    const next = await prepare();
    const run = await alone(
      next.record.title,
      async () => {
        // One that goes is ended first: its commits must not come onto the new run's branch, and it may have done a task meanwhile.
        const going = env.live.has(record.id);
        if (going) await cancelRun(record.id);
        return await create(going ? await prepare() : next, going ? undefined : record.id);
      },
      { instead: record.id },
    );
    return { run };
  };

  const preparePlan = async (params: Params<'run/start'>): Promise<Prepared> => {
    const plan = await requirePlan(env, params.plan);
    const { tasks, problems } = await chooseTasks(env, plan, params.tasks, params.again);
    const errors = problems.filter((problem) => problem.severity === 'error');
    if (errors.length > 0)
      throw new OpenExecError('plan-invalid', { count: errors.length, first: errors[0]?.message ?? '' });
    const approved = await requireApproved(env, plan);
    const checks = await storiesToCheck(env, plan, tasks, params.tasks === undefined);
    if (tasks.length === 0 && checks.length === 0) throw new OpenExecError('nothing-to-run', {});
    const id = ids.next('run');
    const { config, branch } = await withBranch(
      env,
      await freeze(env, await chooseBlueprint(env, params.blueprint), params.onAsk, [...approved]),
      id,
    );
    const record: RunRecord = {
      id,
      root: env.root,
      kind: params.tasks?.length === 1 ? 'task' : 'plan',
      plan: plan.id,
      iteration: plan.iteration,
      title: plan.name,
      tasks,
      status: 'queued',
      config,
      createdAt: clock.now(),
      done: 0,
      costUsd: 0,
      tokens: 0,
      commits: 0,
      lastSeq: 0,
    };
    return { record, created: createdEvent(env, record, plan.document, plan, branch, checks) };
  };

  const prepareQuickFix = async (params: Params<'run/quick-fix'>): Promise<Prepared> => {
    const id = ids.next('run');
    const { config, branch } = await withBranch(
      env,
      await freeze(env, await chooseBlueprint(env, params.blueprint), params.onAsk, []),
      id,
    );
    const document = quickFixDocument(params);
    const record: RunRecord = {
      id,
      root: env.root,
      kind: 'quick-fix',
      title: quickFixTitle(params),
      tasks: [QUICK_FIX_TASK],
      status: 'queued',
      config,
      createdAt: clock.now(),
      done: 0,
      costUsd: 0,
      tokens: 0,
      commits: 0,
      lastSeq: 0,
    };
    return {
      record,
      writes: [quickFixRow(id, params)],
      created: createdEvent(env, record, document, undefined, branch, []),
    };
  };

  const startPrepared = async (prepared: Prepared): Promise<{ run: string }> => ({
    run: await alone(prepared.record.title, () => create(prepared)),
  });

  return {
    resume,
    alone,
    handlers: {
      'run/preview': (params) => preview(env, params),
      'run/start': async (params) => await startPrepared(await preparePlan(params)),
      'run/quick-fix': async (params) => await startPrepared(await prepareQuickFix(params)),
      'run/blueprint': async ({ run }) => await blueprintOfRun(env, await requireRun(env, run)),
      'run/start-over': async ({ run, onAsk }) => await startOver(await requireRun(env, run), onAsk),
      'run/pause': async ({ run, now }) => {
        const live = env.live.get(run);
        if (!live) throw new OpenExecError('run-state', { status: (await requireRun(env, run)).status });
        if (now) live.run.signals.stopNow('by-operator');
        else live.run.signals.requestPause('by-operator');
        return {};
      },
      'run/resume': async ({ run, onAsk }) => {
        await resume(run, onAsk);
        return {};
      },
      'run/cancel': async ({ run }) => {
        await cancelRun(run);
        return {};
      },
      'run/list': async ({ limit }) => (await store.runs(limit)).map((record) => liveRow(env, record)),
      'run/get': async ({ run }) => liveRow(env, await requireRun(env, run)),
      'run/delete': async ({ run }) => {
        if (env.live.has(run)) throw new OpenExecError('run-state', { status: 'running' });
        await requireRun(env, run);
        await store.commit([{ table: 'runs', remove: run }, sweepDue(clock.now())]);
        await removeWorktrees({ ports: env.ports, root: env.root, id: run });
        env.sinks.changes.fire({ type: 'runs' });
        env.sinks.changes.fire({ type: 'approvals' });
        return {};
      },
      'run/events': async ({ run, after, limit }) => await store.events(run, after, limit),
      'run/step': async ({ step }) => ({ step: (await store.step(step)) ?? null, calls: await store.calls(step) }),
    },
  };
}

/** Found at open without a living engine: it stands as interrupted until somebody resumes it. */
export async function interruptOrphans(env: Environment): Promise<void> {
  for (const record of await env.ports.store.runsIn(['running', 'queued'])) {
    const { run, created } = await loadLiveRun(env, record);
    await run.journal.commit([runRow(run, 'interrupted')], [{ type: 'run-interrupted', found: true }]);
    env.folded.set(record.id, { state: run.state, created });
  }
}

/** Hashes of the plan's scripts, each approved as it stands. Error: plan-not-approved. */
async function requireApproved(env: Environment, plan: PlanRecord): Promise<ReadonlySet<string>> {
  const scripts = await reviewScripts(env, plan.document);
  const approved = new Set(plan.approval?.scripts.map((script) => script.hash));
  if (!plan.approval || scripts.some((script) => !approved.has(script.hash)))
    throw new OpenExecError('plan-not-approved', { name: plan.name });
  return approved;
}

/** A run that stands where the records end: events folded, budget spent, questions counted. */
export async function loadLiveRun(
  env: Environment,
  record: RunRecord,
): Promise<{ run: LiveRun; record: RunRecord; created: EventOf<'run-created'> }> {
  const { store } = env.ports;
  const before = env.folded.get(record.id);
  env.folded.delete(record.id);
  const state: RunState = before?.state ?? emptyRun(record.id);
  let created = before?.created;
  for (;;) {
    const events: RunEvent[] = await store.events(record.id, state.seq, PAGE);
    for (const event of events) {
      if (event.type === 'run-created') created = event;
      applyEvent(state, event);
    }
    if (events.length < PAGE) break;
  }
  if (!created) throw new OpenExecError('step-corrupt', { step: record.id });
  const steps = await store.steps(record.id);
  const approvals = await store.approvals(record.id);
  const grants = approvals.filter(
    (one) =>
      one.subject.kind === 'attention' && one.subject.code === 'budget-exceeded' && one.answer?.option === 'continue',
  ).length;
  const order = steps.reduce((highest, step) => Math.max(highest, step.order), 0);
  const budget = createBudgetMeter(
    record.config.budget,
    { usd: state.costUsd, tokens: state.tokens, calls: state.calls },
    grants,
  );
  return {
    run: createLiveRun({
      ports: env.ports,
      sinks: env.sinks,
      record,
      state,
      budget,
      order,
      changed: await store.fileImages(record.id),
    }),
    record,
    created,
  };
}

const liveRow = (env: Environment, record: RunRecord): RunRecord => {
  const live = env.live.get(record.id);
  if (!live) return record;
  const { state } = live.run;
  return {
    ...record,
    status: state.status,
    done: state.done,
    costUsd: state.costUsd,
    tokens: state.tokens,
    commits: state.commits.length,
    lastSeq: state.seq,
  };
};

// ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────────

async function snapshotOf(env: Environment, record: RunRecord, task: string): Promise<TaskSnapshot | undefined> {
  if (record.kind === 'quick-fix') {
    return findTask(quickFixDocument(await quickFixOf(env, record)), task);
  }
  const checked = storyOfCheck(task);
  if (checked !== undefined) return await storyCheckSnapshot(env, record, checked);
  return record.plan ? (await planIndex(env, record.plan))?.tasks.get(task) : undefined;
}

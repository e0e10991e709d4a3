/** Starting, resuming, pausing, cancelling and listing runs. */
import { OpenExecError } from '../errors.js';
import { createBudgetMeter } from '../engine/budget.js';
import { beginRun, removeWorktrees, runPlan, runRow, stopped, whyNotBeside } from '../engine/run-plan.js';
import { createSession, type Session } from '../engine/session.js';
import type { TaskSnapshot } from '../engine/step-context.js';
import type { EventBody, EventOf, RunEvent } from '../model/event.js';
import { eachTask, findTask, type PlanDocument, type PlanRecord, type Story } from '../model/plan.js';
import type { Handlers, Params } from '../model/requests.js';
import type { Decision } from '../model/policy.js';
import { applyEvent, emptyRun, type RunConfig, type RunRecord, type RunState } from '../model/run.js';
import { finishedRun, settledTask } from '../model/status.js';
import { storyOfCheck } from '../model/story-check.js';
import { schedule } from '../planner/schedule.js';
import { validatePlan } from '../planner/validate-plan.js';
import { approvedLines, chooseBlueprint, commandsHere, entryOf, loadBlueprint, previewStages, type LoadedBlueprint } from './blueprints.js';
import { planIndex, requirePlan, requireRun, type Environment } from './environment.js';
import { blueprintOfRun, frozenQuestion, frozenQuestionId, readFrozen, unreadable } from './frozen-blueprint.js';
import { planProgress, progressRow } from './progress.js';
import { QUICK_FIX_TASK, quickFixDocument, quickFixOf, quickFixRow, quickFixTitle } from './quick-fix.js';
import { frozen, rulesHere } from './policy.js';
import { reviewScripts } from './scripts.js';
import { sweepDue } from './storage.js';
import { storiesOfRun, storiesToCheck, storyCheckSnapshot } from './story-checks.js';

type Methods =
  | 'run/preview' | 'run/blueprint' | 'run/start-over' | 'run/start' | 'run/quick-fix' | 'run/pause' | 'run/resume' | 'run/cancel' | 'run/list' | 'run/get' | 'run/delete' | 'run/events' | 'run/step';

const PAGE = 2000;

/** `verifies`: it is the checks of a plan of that name. `instead`: a run that may be going, for it is to be ended. */
export type Alone = <T>(title: string, action: () => Promise<T>, as?: { verifies?: boolean; instead?: string }) => Promise<T>;

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
  writes?: Parameters<Session['commit']>[0];
}

export function runRequests(env: Environment): RunRequests {
  const { store, clock, ids } = env.ports;

  /** A run on its way to its first record, a rollback, a plan's checks: a second start in that moment must not slip in beside it. */
  let busy: OpenExecError | undefined;
  const alone: Alone = async (title, action, { verifies, instead } = {}) => {
    if (busy) throw new OpenExecError(busy.code, busy.params);
    const other = [...env.live].find(([run]) => run !== instead)?.[1].session.record.title;
    if (other !== undefined) throw new OpenExecError('run-active', { title: other });
    busy = verifies ? new OpenExecError('verify-active', { name: title }) : new OpenExecError('run-active', { title });
    try {
      return await action();
    } finally {
      busy = undefined;
    }
  };

  const start = async (session: Session, record: RunRecord, created: EventOf<'run-created'>): Promise<void> => {
    const frozen = readFrozen(env, record);
    if ('problem' in frozen) throw unreadable(record, frozen.problem);
    await beginRun(session);
    const ended = runPlan(session, {
      blueprint: frozen.blueprint, created,
      snapshot: (task) => snapshotOf(env, record, task),
      progressRow: (task, progress, worked) => progressRow(env, record, task, progress, worked),
    })
      .catch((error: unknown) => env.ports.log.error(`Run ${record.id} could not be recorded`, error))
      .finally(() => {
        env.live.delete(record.id);
        env.sinks.changes.fire({ type: 'runs' });
      });
    env.live.set(record.id, { session, ended });
  };

  /** `instead`: a run that rests, given up once nothing stands against the new one. */
  const create = async (input: Prepared, instead?: string): Promise<string> => {
    // Before the first record: a tree that has no room for the branch refuses the start.
    if (input.record.config.branch) await env.ports.git.startBranch(env.root, input.record.config.branch, AbortSignal.timeout(20_000));
    if (instead !== undefined) await cancelRun(instead);
    const state = emptyRun(input.record.id);
    const session = createSession({ ports: env.ports, sinks: env.sinks, record: input.record, state, order: 0, budget: createBudgetMeter(input.record.config.budget, { usd: 0, tokens: 0, calls: 0 }) });
    await session.commit([...(input.writes ?? []), { table: 'runs', row: input.record }], [input.created]);
    await start(session, input.record, { ...input.created, v: 1, run: input.record.id, seq: 1, at: state.createdAt });
    return input.record.id;
  };

  const cancelRun = async (run: string): Promise<void> => {
    const live = env.live.get(run);
    if (live) {
      live.session.cancel();
      await live.ended;
      return;
    }
    const record = await requireRun(env, run);
    if (finishedRun(record.status)) throw new OpenExecError('run-state', { status: record.status });
    const { session } = await loadSession(env, record);
    session.cancel();
    await stopped(session, session.signal.reason);
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
      const loaded = await loadSession(env, { ...record, ...news, ...(onAsk && { config: { ...record.config, onAsk } }) });
      const { id: blueprint, hash } = record.config.blueprint;
      if (news.blueprintSeen) loaded.session.note([], [{ type: 'warning', code: 'blueprint-differs', params: { id: blueprint, hash: hash.slice(0, 12) } }]);
      await start(loaded.session, loaded.record, loaded.created);
    });
  };

  /** Asks once; the answer comes back through here. */
  const afterUnreadable = async (record: RunRecord, problem: string): Promise<void> => {
    const asked = await store.approval(frozenQuestionId(record.id));
    if (asked?.answer?.option === 'retry') return void (await startOver(record));
    if (asked?.answer) return await cancelRun(record.id);
    if (!asked) {
      const question = frozenQuestion(env, record, problem);
      const { session } = await loadSession(env, record);
      const { params } = question.subject as { params: Record<string, string> };
      await session.commit(
        [{ table: 'approvals', row: question }, runRow(session, 'paused')],
        [
          { type: 'approval-requested', approval: question.id, task: '', stage: '', kind: 'attention', title: question.title, why: question.why, files: [] },
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
    if (!env.live.has(record.id) && finishedRun(record.status)) throw new OpenExecError('run-state', { status: record.status });
    const prepare = async (): Promise<Prepared> => {
      const blueprint = record.config.blueprint.id;
      if (record.kind === 'quick-fix') return await prepareQuickFix({ ...(await quickFixOf(env, record)), onAsk, blueprint });
      const state = env.live.get(record.id)?.session.state ?? (await loadSession(env, record)).session.state;
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
    if (errors.length > 0) throw new OpenExecError('plan-invalid', { count: errors.length, first: errors[0]?.message ?? '' });
    const approved = await requireApproved(env, plan);
    const checks = await storiesToCheck(env, plan, tasks, params.tasks === undefined);
    if (tasks.length === 0 && checks.length === 0) throw new OpenExecError('nothing-to-run', {});
    const id = ids.next('run');
    const { config, branch } = await withBranch(env, await freeze(env, await chooseBlueprint(env, params.blueprint), params.onAsk, [...approved]), id);
    const record: RunRecord = {
      id, root: env.root, kind: params.tasks?.length === 1 ? 'task' : 'plan', plan: plan.id, iteration: plan.iteration, title: plan.name, tasks, status: 'queued', config,
      createdAt: clock.now(), done: 0, costUsd: 0, tokens: 0, commits: 0, lastSeq: 0,
    };
    return { record, created: createdEvent(env, record, plan.document, plan, branch, checks) };
  };

  const prepareQuickFix = async (params: Params<'run/quick-fix'>): Promise<Prepared> => {
    const id = ids.next('run');
    const { config, branch } = await withBranch(env, await freeze(env, await chooseBlueprint(env, params.blueprint), params.onAsk, []), id);
    const document = quickFixDocument(params);
    const record: RunRecord = {
      id, root: env.root, kind: 'quick-fix', title: quickFixTitle(params), tasks: [QUICK_FIX_TASK], status: 'queued', config, createdAt: clock.now(), done: 0, costUsd: 0, tokens: 0, commits: 0, lastSeq: 0,
    };
    return { record, writes: [quickFixRow(id, params)], created: createdEvent(env, record, document, undefined, branch, []) };
  };

  const startPrepared = async (prepared: Prepared): Promise<{ run: string }> => ({ run: await alone(prepared.record.title, () => create(prepared)) });

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
        if (now) live.session.stopNow('by-operator');
        else live.session.requestPause('by-operator');
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
        await removeWorktrees({ ports: env.ports, root: env.root, run });
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
    const { session } = await loadSession(env, record);
    await session.commit([runRow(session, 'interrupted')], [{ type: 'run-interrupted', found: true }]);
  }
}

/** Hashes of the plan's scripts, each approved as it stands. Error: plan-not-approved. */
async function requireApproved(env: Environment, plan: PlanRecord): Promise<ReadonlySet<string>> {
  const scripts = await reviewScripts(env, plan.document);
  const approved = new Set(plan.approval?.scripts.map((script) => script.hash));
  if (!plan.approval || scripts.some((script) => !approved.has(script.hash))) throw new OpenExecError('plan-not-approved', { name: plan.name });
  return approved;
}

/** A session that stands where the records end: events folded, budget spent, questions counted. */
export async function loadSession(env: Environment, record: RunRecord): Promise<{ session: Session; record: RunRecord; created: EventOf<'run-created'> }> {
  const { store } = env.ports;
  const state: RunState = emptyRun(record.id);
  let created: EventOf<'run-created'> | undefined;
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
  const grants = approvals.filter((one) => one.subject.kind === 'attention' && one.subject.code === 'budget-exceeded' && one.answer?.option === 'continue').length;
  const order = steps.reduce((highest, step) => Math.max(highest, step.order), 0);
  const budget = createBudgetMeter(record.config.budget, { usd: state.costUsd, tokens: state.tokens, calls: state.calls }, grants);
  return { session: createSession({ ports: env.ports, sinks: env.sinks, record, state, budget, order, changed: await store.fileImages(record.id) }), record, created };
}

const liveRow = (env: Environment, record: RunRecord): RunRecord => {
  const live = env.live.get(record.id);
  if (!live) return record;
  const { state } = live.session;
  return { ...record, status: state.status, done: state.done, costUsd: state.costUsd, tokens: state.tokens, commits: state.commits.length, lastSeq: state.seq };
};

// ── before a run ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function freeze(env: Environment, blueprint: LoadedBlueprint, onAsk: RunConfig['onAsk'], approvedScripts: string[]): Promise<RunConfig> {
  const settings = await env.settings();
  if (!settings.model) throw new OpenExecError('model-none', {});
  const info = env.ports.models.info(settings.model);
  const unpriced = unpricedBy(env, settings);
  if (unpriced && unpriced.tokens === null) throw new OpenExecError('price-unknown', { model: unpriced.model, usd: unpriced.usd });
  const { id, text, hash } = blueprint;
  const here = await commandsHere(env, settings, AbortSignal.timeout(20_000));
  if (here.problem) env.ports.log.warn('openexec.yaml counts for nothing until it is mended', { problem: here.problem });
  return {
    blueprint: { id, text, hash }, model: settings.model, reviewer: settings.reviewer ?? '', models: modelsOf(env, [settings.model, settings.reviewer ?? '']), recorded: info.recorded, sandbox: settings.sandbox, approval: settings.approval, onAsk,
    commands: here.commands, gates: here.gates,
    budget: settings.budget, ...(settings.taskBudget && { taskBudget: settings.taskBudget }), ...(settings.stageBudget && { stageBudget: settings.stageBudget }), commits: settings.commits, branch: '', maxTurns: 40, maxAttempts: 3, maxTotalRetries: 10, maxParallel: settings.maxParallel ?? 2, worktree: here.worktree,
    approvedScripts: [...approvedScripts, ...approvedLines(env, blueprint, settings)], rules: frozen(await rulesHere(env, settings.rules)),
  };
}

/** A model in use whose price nobody knows here while money is limited: only a limit in tokens can stop it. */
function unpricedBy(env: Environment, settings: Awaited<ReturnType<Environment['settings']>>): { model: string; usd: number; tokens: number | null } | undefined {
  const usd = settings.budget.usd ?? settings.taskBudget?.usd ?? settings.stageBudget?.usd ?? null;
  const unknown = [settings.model, settings.reviewer ?? ''].filter(Boolean).map((name) => env.ports.models.info(name)).find((info) => info.price === null && !info.recorded);
  return unknown && usd !== null ? { model: unknown.label, usd, tokens: settings.budget.tokens } : undefined;
}

/** What exact replay needs to know of a model, and what a resumed run reckons with. */
const modelsOf = (env: Environment, names: readonly string[]): NonNullable<RunConfig['models']> =>
  Object.fromEntries(names.filter(Boolean).map((name) => [name, env.ports.models.info(name)] as const).map(([name, { maxOutput, price }]) => [name, { maxOutput, price }]));

const ownBranch = (run: string): string => `openexec/${run}`;

/** `branch`: where commits will go, as far as it can be said. */
async function withBranch(env: Environment, config: RunConfig, run: string): Promise<{ config: RunConfig; branch: string | null }> {
  if (!config.commits) return { config, branch: null };
  const state = await env.ports.git.stateOfHead(env.root, AbortSignal.timeout(20_000));
  if (state.kind !== 'ok') return { config, branch: null };
  if ((await env.settings()).commitBranch !== 'own') return { config, branch: state.branch };
  return { config: { ...config, branch: ownBranch(run) }, branch: ownBranch(run) };
}

/** In schedule order: what was asked for, else all that is not done or skipped yet. */
async function chooseTasks(env: Environment, plan: PlanRecord, wanted: readonly string[] | undefined, again: boolean) {
  const problems = validatePlan(plan.document);
  const { order } = schedule(plan.document);
  for (const id of wanted ?? []) if (!findTask(plan.document, id)) throw new OpenExecError('task-not-found', { task: id });
  const progress = await planProgress(env, plan);
  const chosen = wanted ? new Set(wanted) : undefined;
  const tasks = order.filter((id) => {
    if (chosen) return chosen.has(id);
    const own = progress[id];
    return again || !own || own.edited || (own.status !== 'done' && own.status !== 'skipped');
  });
  return { tasks, problems, document: plan.document };
}

async function preview(env: Environment, params: Params<'run/preview'>) {
  const plan = await requirePlan(env, params.plan);
  const { tasks } = await chooseTasks(env, plan, params.tasks, false);
  const settings = await env.settings();
  const blueprint = await loadBlueprint(env, params.blueprint ?? 'standard_task');
  const config = await freeze(env, blueprint, 'wait', []);
  const lines = (await previewStages(env, blueprint, { ...config, approved: [] })).flatMap((stage) => stage.lines);
  const linesThat = (...effects: Decision['effect'][]) => [...new Set(lines.filter((line) => effects.includes(line.decision.effect)).map((line) => line.script))];
  const scripts = (await reviewScripts(env, plan.document)).filter((script) => params.tasks === undefined || tasks.includes(script.subject));
  const approved = new Set(plan.approval?.scripts.map((script) => script.hash));
  const git = await env.ports.git.state(env.root, AbortSignal.timeout(20_000));
  const notes: { code: string; params: Record<string, string | number | boolean> }[] = [];
  if (settings.sandbox !== 'full-access' && (await env.ports.commands.isolation()) === 'none') notes.push({ code: 'no-sandbox', params: {} });
  if (git.kind !== 'ok') notes.push({ code: git.kind === 'missing' ? 'git-missing' : 'no-git', params: {} });
  else if (git.dirty > 0) notes.push({ code: 'dirty-tree', params: { files: git.dirty } });
  const own = config.commits && settings.commitBranch === 'own';
  if (git.kind === 'ok' && config.commits) {
    const busy = git.inProgress ? `a ${git.inProgress} is in progress` : own && git.head === null ? 'there is no first commit yet' : !own && git.branch === null ? 'no branch is checked out (detached head)' : undefined;
    if (busy !== undefined) notes.push({ code: own ? 'branch-refused' : 'commits-wait', params: { state: busy } });
    else if (own) notes.push({ code: 'own-branch', params: { from: git.branch ?? git.head?.slice(0, 7) ?? '' } });
    if (!git.identity) notes.push({ code: 'no-identity', params: {} });
    if (git.skips && git.skips.hooks.length > 0) notes.push({ code: 'hooks-off', params: { hooks: git.skips.hooks.join(', ') } });
    if (git.skips?.signing) notes.push({ code: 'signing-off', params: {} });
  }
  const parallel = new Set(plan.document.stories.flatMap((story) => (story.mode === 'parallel' ? story.tasks.map((task) => task.id) : [])));
  const apart = whyNotBeside(config.commits ? git : undefined);
  if (apart !== undefined && tasks.length > 1 && tasks.some((id) => parallel.has(id))) notes.push({ code: 'not-parallel', params: { reason: apart } });
  const unpriced = unpricedBy(env, settings);
  if (unpriced) notes.push({ code: 'price-unknown', params: { ...unpriced, tokens: unpriced.tokens ?? 0 } });
  if (lines.length === 0) notes.push({ code: 'no-commands', params: {} });
  if (!blueprint.seen) notes.push({ code: 'blueprint-unseen', params: { id: blueprint.id, file: blueprint.file } });
  return {
    blueprint: entryOf(blueprint),
    tasks: tasks.map((id) => ({ id, title: findTask(plan.document, id)?.task.title ?? '' })),
    branch: git.kind !== 'ok' ? null : own ? ownBranch('…') : git.branch, commits: config.commits && git.kind === 'ok',
    unasked: [...linesThat('allow'), ...scripts.filter((script) => approved.has(script.hash)).map((script) => script.script)],
    asks: [settings.approval === 'never' ? 'nothing but protected files' : 'every change set, hunk by hunk', ...linesThat('ask', 'deny'), ...scripts.filter((script) => !approved.has(script.hash)).map((script) => script.script)],
    model: env.ports.models.info(settings.model).label, recorded: config.recorded, budgetUsd: config.budget.usd, budgetTokens: config.budget.tokens, notes,
  };
}

function createdEvent(env: Environment, record: RunRecord, document: PlanDocument, plan: PlanRecord | undefined, branch: string | null, checks: readonly Story[]): Extract<EventBody, { type: 'run-created' }> {
  const info = env.ports.models.info(record.config.model);
  const byId = new Map([...eachTask(document)].map((found) => [found.task.id, found]));
  const inRun = record.tasks.flatMap((id) => byId.get(id) ?? []);
  return {
    type: 'run-created', title: record.title, kind: record.kind, planName: plan?.name ?? '', ...(plan && { plan: plan.id, iteration: plan.iteration }),
    blueprint: record.config.blueprint.id, blueprintHash: record.config.blueprint.hash, model: info.label, recorded: info.recorded,
    tasks: inRun.map(({ task, story }) => ({ id: task.id, title: task.title, story: story.id, storyTitle: story.title, dependsOn: task.depends_on, mode: story.mode ?? 'sequential' })),
    stories: storiesOfRun(document, record.tasks, checks),
    budgetUsd: record.config.budget.usd, budgetTokens: record.config.budget.tokens, branch, commits: record.config.commits,
  };
}

// ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────────

async function snapshotOf(env: Environment, record: RunRecord, task: string): Promise<TaskSnapshot | undefined> {
  if (record.kind === 'quick-fix') {
    return findTask(quickFixDocument(await quickFixOf(env, record)), task);
  }
  const checked = storyOfCheck(task);
  if (checked !== undefined) return await storyCheckSnapshot(env, record, checked);
  return record.plan ? (await planIndex(env, record.plan))?.tasks.get(task) : undefined;
}


/**
 * What stands before a run: its configuration frozen, its tasks chosen, its branch
 * made, and all of it shown to the person.
 */
import { leftoverParams } from '../../view/leftovers.js';
import { leftoversOf } from './leftovers.js';
import { isOpenExecError, OpenExecError } from '../../errors.js';
import { whyNotBeside } from '../../engine/runs/lanes.js';
import type { EventBody } from '../../model/event.js';
import { eachTask, findTask, type PlanDocument, type PlanRecord, type Story } from '../../model/plan.js';
import type { Decision } from '../../model/policy.js';
import type { Reason } from '../../model/primitives.js';
import type { Params } from '../../model/requests.js';
import type { RunConfig, RunRecord } from '../../model/run.js';
import type { GitState } from '../../ports/ports.js';
import { unpricedOf, type Unpriced } from '../../models/unpriced.js';
import { schedule } from '../../plan/schedule.js';
import { validatePlan } from '../../plan/validate-plan.js';
import { RUN_LIMITS } from '../../model/plain/run-limits.js';
import {
  approvedLines,
  commandsHere,
  entryOf,
  loadBlueprint,
  previewStages,
  type CommandsHere,
  type LoadedBlueprint,
} from '../blueprints.js';
import { requirePlan, type Environment } from '../environment.js';
import { environmentsNow } from '../environments.js';
import { frozen, rulesHere } from '../policy.js';
import { planProgress } from '../plans/progress.js';
import { missingBash, reviewScripts } from '../plans/scripts.js';
import { storiesOfRun } from '../plans/story-checks.js';

/**
 * The configuration that a run keeps to from its start to its end, whatever becomes of the settings.
 * Errors: model-none, price-unknown, config-invalid.
 */
export async function freeze(
  env: Environment,
  blueprint: LoadedBlueprint,
  asking: Pick<RunConfig, 'onAsk' | 'answers'>,
  approvedScripts: string[],
): Promise<RunConfig> {
  const here = await commandsHere(env, await env.settings(), env.ports.clock.timeout(20_000));
  if (here.broken) throw here.broken;
  return freezeWith(env, blueprint, here, asking, approvedScripts);
}

async function freezeWith(
  env: Environment,
  blueprint: LoadedBlueprint,
  here: Pick<CommandsHere, 'commands' | 'gates' | 'worktree' | 'verifyCommit'>,
  asking: Pick<RunConfig, 'onAsk' | 'answers'>,
  approvedScripts: string[],
): Promise<RunConfig> {
  const settings = await env.settings();
  if (!settings.model) throw new OpenExecError('model-none', {});
  const info = env.ports.models.info(settings.model);
  const unpriced = unpricedBy(env, settings);
  if (unpriced && unpriced.tokens === null)
    throw new OpenExecError('price-unknown', { model: unpriced.model, usd: unpriced.usd });
  const { id, text, hash } = blueprint;
  return {
    blueprint: { id, text, hash },
    model: settings.model,
    reviewer: settings.reviewer ?? '',
    models: modelsOf(env, [settings.model, settings.reviewer ?? '']),
    recorded: info.recorded,
    sandbox: settings.sandbox,
    approval: settings.approval,
    onAsk: asking.onAsk,
    ...(asking.answers?.length && { answers: asking.answers }),
    commands: here.commands,
    gates: here.gates,
    budget: settings.budget,
    ...(settings.taskBudget && { taskBudget: settings.taskBudget }),
    ...(settings.stageBudget && { stageBudget: settings.stageBudget }),
    commits: settings.commits,
    ...(settings.signCommits && { signCommits: true }),
    verifyCommit: here.verifyCommit ? 'always' : 'mixed',
    branch: '',
    everydayPaths: true,
    maxTurns: RUN_LIMITS.turnsPerVisit,
    maxAttempts: RUN_LIMITS.attemptsPerTask,
    maxTotalRetries: RUN_LIMITS.retriesPerAttempt,
    maxParallel: settings.maxParallel ?? RUN_LIMITS.parallelTasks.default,
    worktree: here.worktree,
    approvedScripts: [...approvedScripts, ...approvedLines(env, blueprint, settings)],
    rules: frozen(await rulesHere(env, settings.rules)),
  };
}

function unpricedBy(env: Environment, settings: Awaited<ReturnType<Environment['settings']>>): Unpriced | undefined {
  const usd = settings.budget.usd ?? settings.taskBudget?.usd ?? settings.stageBudget?.usd ?? null;
  const models = [settings.model, settings.reviewer ?? ''].filter(Boolean).map((name) => env.ports.models.info(name));
  return unpricedOf(models, { usd, tokens: settings.budget.tokens });
}

/** What exact replay needs to know of a model, and what a resumed run reckons with. */
const modelsOf = (env: Environment, names: readonly string[]): NonNullable<RunConfig['models']> =>
  Object.fromEntries(
    names
      .filter(Boolean)
      .map((name) => [name, env.ports.models.info(name)] as const)
      .map(([name, { maxOutput, price }]) => [name, { maxOutput, price }]),
  );

const ownBranch = (run: string): string => `openexec/${run}`;

/** `branch`: where commits will go, as far as it can be said. */
export async function withBranch(
  env: Environment,
  config: RunConfig,
  run: string,
): Promise<{ config: RunConfig; branch: string | null }> {
  if (!config.commits) return { config, branch: null };
  const state = await env.ports.git.stateOfHead(env.root, env.ports.clock.timeout(20_000));
  if (state.kind !== 'ok') return { config, branch: null };
  if ((await env.settings()).commitBranch !== 'own') return { config, branch: state.branch };
  return { config: { ...config, branch: ownBranch(run) }, branch: ownBranch(run) };
}

/** In schedule order: what was asked for, else all that is not done or skipped yet. */
export async function chooseTasks(
  env: Environment,
  plan: PlanRecord,
  wanted: readonly string[] | undefined,
  again: boolean,
) {
  const problems = validatePlan(plan.document);
  const { order } = schedule(plan.document);
  for (const id of wanted ?? [])
    if (!findTask(plan.document, id)) throw new OpenExecError('task-not-found', { task: id });
  const progress = await planProgress(env, plan);
  const chosen = wanted ? new Set(wanted) : undefined;
  const tasks = order.filter((id) => {
    if (chosen) return chosen.has(id);
    const own = progress[id];
    return again || !own || own.edited || (own.status !== 'done' && own.status !== 'skipped');
  });
  return { tasks, problems, document: plan.document };
}

export async function preview(env: Environment, params: Params<'run/preview'>) {
  const plan = await requirePlan(env, params.plan);
  const { tasks } = await chooseTasks(env, plan, params.tasks, false);
  const settings = await env.settings();
  const blueprint = await loadBlueprint(env, params.blueprint ?? 'standard_task');
  const here = await commandsHere(env, settings, env.ports.clock.timeout(20_000));
  // What the facts would give instead of a broken file is not what will run.
  const config = await freezeWith(env, blueprint, here.broken ? nothingToRun(here) : here, { onAsk: 'wait' }, []);
  const stops: Reason[] = here.broken ? [{ code: here.broken.code, params: { ...here.broken.params } }] : [];
  const lines = (await previewStages(env, blueprint, { ...config, approved: [] })).flatMap((stage) => stage.lines);
  const linesThat = (...effects: Decision['effect'][]) => [
    ...new Set(lines.filter((line) => effects.includes(line.decision.effect)).map((line) => line.script)),
  ];
  const scripts = (await reviewScripts(env, plan.document)).filter(
    (script) => params.tasks === undefined || tasks.includes(script.subject),
  );
  const unable = await missingBash(
    env,
    scripts.filter((script) => tasks.includes(script.subject)),
  );
  if (unable) stops.push({ code: unable.code, params: { ...unable.params } });
  const approved = new Set(plan.approval?.scripts.map((script) => script.hash));
  const notes: { code: string; params: Record<string, string | number | boolean> }[] = [];
  let git: GitState;
  let foreign = false;
  try {
    git = await env.ports.git.state(env.root, env.ports.clock.timeout(20_000));
  } catch (error) {
    if (!isOpenExecError(error, 'git-ownership')) throw error;
    git = { kind: 'none' };
    foreign = true;
    (config.commits ? stops : notes).push({ code: error.code, params: { ...error.params } });
  }
  if (settings.sandbox !== 'full-access' && (await env.ports.commands.isolation()) === 'none')
    notes.push({ code: 'no-sandbox', params: {} });
  if (git.kind !== 'ok' && !foreign)
    notes.push({ code: git.kind === 'missing' ? 'git-missing' : 'no-git', params: {} });
  const leftovers = git.kind === 'ok' && git.dirty > 0 ? await leftoversOf(env) : [];
  if (leftovers.length > 0) notes.push({ code: 'leftovers', params: leftoverParams(leftovers) });
  const dirty = git.kind === 'ok' ? git.dirty - leftovers.flatMap((one) => one.paths).length : 0;
  if (dirty > 0) notes.push({ code: 'dirty-tree', params: { files: dirty } });
  const own = config.commits && settings.commitBranch === 'own';
  if (git.kind === 'ok' && config.commits) {
    const busy = git.inProgress
      ? `a ${git.inProgress} is in progress`
      : own && git.head === null
        ? 'there is no first commit yet'
        : !own && git.branch === null
          ? 'no branch is checked out (detached head)'
          : undefined;
    if (busy !== undefined) notes.push({ code: own ? 'branch-refused' : 'commits-wait', params: { state: busy } });
    else if (own) notes.push({ code: 'own-branch', params: { from: git.branch ?? git.head?.slice(0, 7) ?? '' } });
    if (!git.identity) notes.push({ code: 'no-identity', params: {} });
    if (git.skips && git.skips.hooks.length > 0)
      notes.push({ code: 'hooks-off', params: { hooks: git.skips.hooks.join(', ') } });
    if (config.signCommits) notes.push({ code: git.skips?.signing ? 'signing-on' : 'signing-unset', params: {} });
    else if (git.skips?.signing) notes.push({ code: 'signing-off', params: {} });
  }
  const parallel = new Set(
    plan.document.stories.flatMap((story) => (story.mode === 'parallel' ? story.tasks.map((task) => task.id) : [])),
  );
  const apart = whyNotBeside(config.commits ? git : undefined);
  if (apart !== undefined && tasks.length > 1 && tasks.some((id) => parallel.has(id)))
    notes.push({ code: 'not-parallel', params: { reason: apart } });
  const unpriced = unpricedBy(env, settings);
  if (unpriced) notes.push({ code: 'price-unknown', params: { ...unpriced, tokens: unpriced.tokens ?? 0 } });
  if (here.empty.length > 0)
    notes.push({ code: 'commands-empty', params: { file: here.from, kinds: here.empty.join(', ') } });
  else if (lines.length === 0 && !here.broken) notes.push({ code: 'no-commands', params: {} });
  if (!blueprint.seen) notes.push({ code: 'blueprint-unseen', params: { id: blueprint.id, file: blueprint.file } });
  return {
    blueprint: entryOf(blueprint),
    tasks: tasks.map((id) => ({ id, title: findTask(plan.document, id)?.task.title ?? '' })),
    branch: git.kind !== 'ok' ? null : own ? ownBranch('…') : git.branch,
    commits: config.commits && git.kind === 'ok',
    unasked: [
      ...linesThat('allow'),
      ...scripts.filter((script) => approved.has(script.hash)).map((script) => script.script),
    ],
    asks: [
      settings.approval === 'never' ? 'nothing but protected files' : 'every change set, hunk by hunk',
      ...linesThat('ask', 'deny'),
      ...scripts.filter((script) => !approved.has(script.hash)).map((script) => script.script),
    ],
    model: env.ports.models.info(settings.model).label,
    recorded: config.recorded,
    budgetUsd: config.budget.usd,
    budgetTokens: config.budget.tokens,
    notes,
    leftovers,
    stops,
    environments: await environmentsNow(env),
  };
}

const nothingToRun = (here: CommandsHere): CommandsHere => ({
  ...here,
  commands: { lint: [], test: [], build: [] },
  gates: [],
});

export function createdEvent(
  env: Environment,
  record: RunRecord,
  document: PlanDocument,
  plan: PlanRecord | undefined,
  branch: string | null,
  checks: readonly Story[],
): Extract<EventBody, { type: 'run-created' }> {
  const info = env.ports.models.info(record.config.model);
  const byId = new Map([...eachTask(document)].map((found) => [found.task.id, found]));
  const inRun = record.tasks.flatMap((id) => byId.get(id) ?? []);
  return {
    type: 'run-created',
    title: record.title,
    kind: record.kind,
    planName: plan?.name ?? '',
    ...(plan && { plan: plan.id, iteration: plan.iteration }),
    blueprint: record.config.blueprint.id,
    blueprintHash: record.config.blueprint.hash,
    model: info.label,
    recorded: info.recorded,
    tasks: inRun.map(({ task, story }) => ({
      id: task.id,
      title: task.title,
      story: story.id,
      storyTitle: story.title,
      dependsOn: task.depends_on,
      mode: story.mode ?? 'sequential',
    })),
    stories: storiesOfRun(document, record.tasks, checks),
    budgetUsd: record.config.budget.usd,
    budgetTokens: record.config.budget.tokens,
    branch,
    commits: record.config.commits,
  };
}

/**
 * All that can be known of a run before it begins.
 * Nothing is stored yet, and everything that could refuse it has been looked at.
 */
import { OpenExecError } from '../../errors.js';
import type { EventBody } from '../../model/event.js';
import type { PlanRecord } from '../../model/plan.js';
import type { Params } from '../../model/requests.js';
import type { RunRecord } from '../../model/run.js';
import type { Write } from '../../ports/ports.js';
import { chooseTasks, createdEvent, freeze, withBranch } from './before-run.js';
import { chooseBlueprint } from '../blueprints.js';
import { requirePlan, type Environment } from '../environment.js';
import { QUICK_FIX_TASK, quickFixDocument, quickFixRow, quickFixTitle } from './quick-fix.js';
import { missingBash, reviewScripts } from '../plans/scripts.js';
import { storiesToCheck } from '../plans/story-checks.js';

export interface Prepared {
  record: RunRecord;
  created: Extract<EventBody, { type: 'run-created' }>;
  /** Rows of its own, stored with its first event. */
  writes?: readonly Write[];
}

/** Errors: plan-not-found, plan-invalid, plan-not-approved, nothing-to-run, and those of the settings and of git. */
export async function preparePlan(env: Environment, params: Params<'run/start'>): Promise<Prepared> {
  const plan = await requirePlan(env, params.plan);
  const { tasks, problems } = await chooseTasks(env, plan, params.tasks, params.again);
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0)
    throw new OpenExecError('plan-invalid', { count: errors.length, first: errors[0]?.message ?? '' });
  const approved = await requireApproved(env, plan);
  const checks = await storiesToCheck(env, plan, tasks, params.tasks === undefined);
  const unable = await missingBash(
    env,
    scriptsOf(
      await reviewScripts(env, plan.document),
      tasks,
      checks.map((story) => story.id),
    ),
  );
  if (unable) throw unable;
  if (tasks.length === 0 && checks.length === 0) throw new OpenExecError('nothing-to-run', {});
  const id = env.ports.ids.next('run');
  const { config, branch } = await withBranch(
    env,
    await freeze(env, await chooseBlueprint(env, params.blueprint), params, [...approved]),
    id,
  );
  if (params.verifyCommit) config.verifyCommit = 'always';
  const record = queued(env, {
    id,
    kind: params.tasks?.length === 1 ? 'task' : 'plan',
    plan: plan.id,
    iteration: plan.iteration,
    title: plan.name,
    tasks,
    config,
  });
  return { record, created: createdEvent(env, record, plan.document, plan, branch, checks) };
}

export async function prepareQuickFix(env: Environment, params: Params<'run/quick-fix'>): Promise<Prepared> {
  const id = env.ports.ids.next('run');
  const document = quickFixDocument(params);
  // The one who asks for it typed its check: that is the approval a plan's scripts get when the plan is read.
  const approved = (await reviewScripts(env, document)).map((script) => script.hash);
  const { config, branch } = await withBranch(
    env,
    await freeze(env, await chooseBlueprint(env, params.blueprint), params, approved),
    id,
  );
  const record = queued(env, {
    id,
    kind: 'quick-fix',
    title: quickFixTitle(params),
    tasks: [QUICK_FIX_TASK],
    config,
  });
  return {
    record,
    writes: [quickFixRow(id, params)],
    created: createdEvent(env, record, document, undefined, branch, []),
  };
}

type Chosen = 'id' | 'kind' | 'plan' | 'iteration' | 'title' | 'tasks' | 'config';
const queued = (env: Environment, chosen: Pick<RunRecord, Chosen>): RunRecord => ({
  ...chosen,
  root: env.root,
  status: 'queued',
  createdAt: env.ports.clock.now(),
  done: 0,
  costUsd: 0,
  tokens: 0,
  commits: 0,
  lastSeq: 0,
});

const scriptsOf = <T extends { subject: string }>(all: readonly T[], ...subjects: (readonly string[])[]): T[] =>
  all.filter((script) => subjects.some((some) => some.includes(script.subject)));

/** Hashes of the plan's scripts, each approved as it stands. Error: plan-not-approved. */
async function requireApproved(env: Environment, plan: PlanRecord): Promise<ReadonlySet<string>> {
  const scripts = await reviewScripts(env, plan.document);
  const approved = new Set(plan.approval?.scripts.map((script) => script.hash));
  if (!plan.approval || scripts.some((script) => !approved.has(script.hash)))
    throw new OpenExecError('plan-not-approved', { name: plan.name });
  return approved;
}

/** What a person changes of a plan: each change is an iteration, but those of its name, its place and its approval. */
import { canonicalJson } from '../../../base/canonical.js';
import { OpenExecError } from '../../errors.js';
import { eachTask, type PlanDocument, type PlanRecord } from '../../model/plan.js';
import type { Handlers } from '../../model/requests.js';
import { validatePlan } from '../../plan/validate-plan.js';
import { begunTasks, unfinishedRuns } from '../runs/begun.js';
import type { Environment } from '../environment.js';
import { planRows } from './plan-rows.js';
import { reviewScripts } from './scripts.js';
import { updatePlan } from './update-plan.js';

type Changing = 'plan/rename' | 'plan/archive' | 'plan/delete' | 'plan/edit' | 'plan/approve';

export function planChangingHandlers(env: Environment): Pick<Handlers, Changing> {
  const { clock } = env.ports;
  return {
    'plan/rename': ({ plan: id, name }) =>
      updatePlan(env, id, async (plan) => ({
        writes: planRows({ ...plan, name: name.trim(), updatedAt: clock.now() }),
        result: {},
      })),
    'plan/archive': ({ plan: id, archived }) =>
      updatePlan(env, id, async (plan) => ({
        writes: planRows({ ...plan, archived, updatedAt: clock.now() }),
        result: {},
      })),
    'plan/delete': ({ plan: id }) =>
      updatePlan(env, id, async (plan) => {
        if ((await unfinishedRuns(env, id)).length > 0) throw new OpenExecError('plan-in-use', { name: plan.name });
        return { writes: [{ table: 'plans', remove: id }], result: {} };
      }),
    'plan/edit': ({ plan: id, iteration, document, summary }) =>
      updatePlan(env, id, async (plan) => {
        if (plan.iteration !== iteration) throw new OpenExecError('plan-stale', {});
        await refuseLosingWork(env, plan, document);
        const { notes: _, ...rest } = plan;
        const edited: PlanRecord = {
          ...rest,
          document,
          iteration: iteration + 1,
          author: 'user',
          updatedAt: clock.now(),
        };
        return { writes: planRows(edited, summary), result: { plan: edited, problems: validatePlan(document) } };
      }),
    'plan/approve': ({ plan: id, iteration, hashes }) =>
      updatePlan(env, id, async (plan) => {
        const errors = validatePlan(plan.document).filter((one) => one.severity === 'error');
        if (errors.length > 0)
          throw new OpenExecError('plan-invalid', { count: errors.length, first: errors[0]?.message ?? '' });
        const scripts = await reviewScripts(env, plan.document);
        const seen = new Set(hashes);
        if (plan.iteration !== iteration || scripts.some((script) => !seen.has(script.hash)))
          throw new OpenExecError('approval-stale', {});
        const denied = scripts.find((script) => script.decision.effect === 'deny');
        if (denied)
          throw new OpenExecError('command-denied', { command: denied.script, reason: denied.decision.reason });
        const approved = scripts.map(({ subject, hash }) => ({ subject, hash }));
        const result = { ...plan, approval: { iteration, at: clock.now(), scripts: approved } };
        return { writes: planRows(result), result };
      }),
  };
}

/**
 * A new version, however the plan stands now; the same plan, where it says so already.
 * Errors: plan-not-found, task-in-run.
 */
export const replaceDocument = (
  env: Environment,
  id: string,
  newer: Pick<PlanRecord, 'document' | 'author' | 'notes'>,
  summary: string,
): Promise<PlanRecord> =>
  updatePlan(env, id, async (plan) => {
    if (canonicalJson(plan.document) === canonicalJson(newer.document)) return { writes: [], result: plan };
    await refuseLosingWork(env, plan, newer.document);
    const { notes: _, ...rest } = plan;
    const { notes, ...changed } = newer;
    const result: PlanRecord = {
      ...rest,
      ...changed,
      ...(notes?.length && { notes }),
      iteration: plan.iteration + 1,
      updatedAt: env.ports.clock.now(),
    };
    return { writes: planRows(result, summary), result };
  });

/** A task that an unfinished run has begun or done cannot be deleted from under it; one that has not started can. */
async function refuseLosingWork(env: Environment, plan: PlanRecord, document: PlanDocument): Promise<void> {
  const kept = new Set(document.stories.flatMap((story) => story.tasks.map((task) => task.id)));
  const gone = [...eachTask(plan.document)].flatMap(({ task }) => (kept.has(task.id) ? [] : [task.id]));
  for (const [task, run] of await begunTasks(env, gone.length > 0 ? await unfinishedRuns(env, plan.id) : [], gone))
    throw new OpenExecError('task-in-run', { task, title: run.title });
}

/** Plans: listed and shown, and which is the current one. Made in make-plan.ts, changed in change-plan.ts. */
import type { PlanRecord, PlanSummary } from '../../model/plan.js';
import { RUN_LIMITS } from '../../model/plain/run-limits.js';
import type { Spend } from '../../model/plain/spend.js';
import type { Handlers } from '../../model/requests.js';
import { planToMarkdown } from '../../plan/export.js';
import { gantt } from '../../plan/gantt.js';
import { schedule, toMermaid } from '../../plan/schedule.js';
import { validatePlan } from '../../plan/validate-plan.js';
import { createLedger } from '../../record/ledger.js';
import { readRow, writeRow } from '../../record/small-rows.js';
import { currentPlan, requirePlan, type Environment } from '../environment.js';
import { planChangingHandlers } from './change-plan.js';
import { planMakingHandlers } from './make-plan.js';
import { planProgress } from './progress.js';
import { openProposals } from './proposals.js';
import { reviewScripts } from './scripts.js';
import { goalsMet } from './story-checks.js';
import { planChecks } from './verify.js';

type Methods = Exclude<
  Extract<keyof Handlers, `plan/${string}`>,
  'plan/verify' | 'plan/proposals' | 'plan/proposal-answer'
>;

export function planHandlers(env: Environment): Pick<Handlers, Methods> {
  const { store } = env.ports;
  const ledger = createLedger(env.ports);
  return {
    ...planMakingHandlers(env),
    ...planChangingHandlers(env),
    'plan/list': async () => {
      const current = (await currentPlan(env))?.id;
      return (await store.plans()).reverse().map((plan) => summarize(plan, current));
    },
    'plan/get': async ({ plan: id }) => {
      const plan = id === undefined ? await currentPlan(env) : await requirePlan(env, id);
      if (plan) {
        const progress = await planProgress(env, plan);
        return {
          plan,
          problems: validatePlan(plan.document),
          progress,
          checks: await planChecks(env, plan),
          goals: await goalsMet(env, plan, progress),
          proposals: await openProposals(env, plan.id),
          spent: await ledger.spentOn(plan.id, liveSpending(env)),
        };
      }
      return { plan: null, problems: [], progress: {}, checks: {} };
    },
    'plan/use': async ({ plan: id }) => {
      await requirePlan(env, id);
      if ((await readRow(env.ports, 'current-plan', [])) === id) return {};
      await store.commit([writeRow('current-plan', [], id)]);
      env.sinks.changes.fire({ type: 'plans' });
      return {};
    },
    'plan/events': async ({ plan: id, after, limit }) => await store.planEvents(id, after, limit),
    'plan/iterations': async ({ plan: id }) => (await store.iterations(id)).map(({ document: _, ...rest }) => rest),
    'plan/scripts': async ({ plan: id }) => reviewScripts(env, (await requirePlan(env, id)).document),
    'plan/export': async ({ plan: id, format }) => {
      const plan = await requirePlan(env, id);
      if (format === 'json') return { text: `${JSON.stringify(plan.document, null, 2)}\n` };
      return { text: format === 'mermaid' ? toMermaid(plan.document) : planToMarkdown(plan.name, plan.document) };
    },
    'plan/schedule': async ({ plan: id }) => {
      const [{ document }, settings] = await Promise.all([requirePlan(env, id), env.settings()]);
      return {
        ...schedule(document),
        gantt: gantt(document, settings.maxParallel ?? RUN_LIMITS.parallelTasks.default),
      };
    },
  };
}

const summarize = (plan: PlanRecord, current: string | undefined): PlanSummary => ({
  id: plan.id,
  name: plan.name,
  iteration: plan.iteration,
  degraded: plan.degraded,
  archived: plan.archived,
  createdAt: plan.createdAt,
  updatedAt: plan.updatedAt,
  stories: plan.document.stories.length,
  tasks: plan.document.stories.reduce((sum, story) => sum + story.tasks.length, 0),
  approved: plan.approval !== undefined && plan.approval.iteration === plan.iteration,
  current: plan.id === current,
});

const liveSpending = (env: Environment): Map<string, Spend> =>
  new Map([...env.live].map(([id, { run }]) => [id, { usd: run.state.costUsd, tokens: run.state.tokens }]));

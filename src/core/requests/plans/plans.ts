/** Plans: making, choosing, changing, approving and exporting them. Every change is an iteration. */
import { OpenExecError } from '../../errors.js';
import {
  eachTask,
  type Author,
  type PlanDocument,
  type PlanRecord,
  type PlanSummary,
  type Problem,
} from '../../model/plan.js';
import type { Spend } from '../../model/plain/spend.js';
import type { Handlers } from '../../model/requests.js';
import { planToMarkdown } from '../../plan/export.js';
import { gantt } from '../../plan/gantt.js';
import { RUN_LIMITS } from '../../model/plain/run-limits.js';
import { createLedger } from '../../record/ledger.js';
import { normalizePlan } from '../../plan/normalize-plan.js';
import { extractJson } from '../../plan/plan-json.js';
import { problem } from '../../plan/problems.js';
import { schedule, toMermaid } from '../../plan/schedule.js';
import { validatePlan } from '../../plan/validate-plan.js';
import type { Write } from '../../ports/ports.js';
import { readRow, writeRow } from '../../record/small-rows.js';
import { begunTasks, unfinishedRuns } from '../runs/begun.js';
import { currentPlan, requirePlan, type Environment } from '../environment.js';
import { planFromIntent } from './generate-plan.js';
import { updatePlan } from './update-plan.js';
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
  const { store, clock, ids, hasher } = env.ports;
  const ledger = createLedger(env.ports);

  /** The plan, and an iteration of it where there is a summary. */
  const rowsOf = (plan: PlanRecord, summary?: string): Write[] => {
    const iteration: Write[] =
      summary === undefined
        ? []
        : [
            {
              table: 'plan_iterations',
              row: {
                plan: plan.id,
                iteration: plan.iteration,
                author: plan.author,
                summary,
                document: plan.document,
                ...(plan.notes && { notes: plan.notes }),
                at: plan.updatedAt,
              },
            },
          ];
    return [{ table: 'plans', row: plan }, ...iteration];
  };

  const create = async (input: {
    id?: string;
    name: string;
    document: PlanDocument;
    author: Author;
    source: PlanRecord['source'];
    degraded?: boolean;
    model?: string;
    notes?: readonly Problem[] | undefined;
    summary: string;
    also?: readonly Write[];
  }): Promise<PlanRecord> => {
    const now = clock.now();
    const plan: PlanRecord = {
      id: input.id ?? ids.next('plan'),
      root: env.root,
      name: input.name.trim() || 'New plan',
      iteration: 1,
      author: input.author,
      document: input.document,
      source: input.source,
      degraded: input.degraded ?? false,
      model: input.model ?? '',
      archived: false,
      ...(input.notes?.length && { notes: [...input.notes] }),
      createdAt: now,
      updatedAt: now,
    };
    // The new plan is the current one: one commit, one change to tell of.
    await store.commit([...rowsOf(plan, input.summary), writeRow('current-plan', [], plan.id), ...(input.also ?? [])]);
    env.sinks.changes.fire({ type: 'plans' });
    return plan;
  };

  return {
    'plan/list': async () => {
      const current = (await currentPlan(env))?.id;
      return (await store.plans()).sort((a, b) => b.updatedAt - a.updatedAt).map((plan) => summarize(plan, current));
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
    'plan/generate': async ({ intent, name, kind, progressToken: token }, signal) => {
      if (!intent.replace(/[\s\p{Cc}]/gu, '')) throw new OpenExecError('intent-empty', {});
      const { plan, made } = await planFromIntent(
        env,
        { intent, token },
        (id, { title, document, degraded, model, notes }, finished) =>
          create({
            id,
            name: name ?? title,
            document,
            author: 'generation',
            source: { kind, text: intent, hash: hasher.sha256(intent) },
            degraded,
            model,
            notes,
            summary: degraded ? 'Made by rules, without a model' : 'Generated',
            also: [finished],
          }),
        signal,
      );
      return { plan, problems: made.problems };
    },
    'plan/import': async ({ json, name }) => {
      const found = extractJson(json);
      if (!found) throw new OpenExecError('plan-invalid', { count: 1, first: 'there is no JSON in it.' });
      const { value, repaired } = found;
      const { document, problems } = normalizePlan(value);
      if (!document)
        throw new OpenExecError('plan-invalid', {
          count: problems.length,
          first: problems[0]?.message ?? 'it is not a plan',
        });
      const notes: Problem[] = repaired
        ? [problem('json-repaired', '', 'The JSON was damaged and was repaired; check what is missing.')]
        : [];
      const plan = await create({
        name,
        document,
        author: 'import',
        source: { kind: 'stories-file', text: name, hash: hasher.sha256(json) },
        notes: [...notes, ...problems],
        summary: `Imported from ${name}`,
      });
      return { plan, problems: [...notes, ...problems, ...validatePlan(document)] };
    },
    'plan/new': ({ name }) =>
      create({
        name,
        document: { schema_version: '1.1', goals: [], stories: [] },
        author: 'user',
        source: { kind: 'empty', text: '' },
        summary: 'New empty plan',
      }),
    'plan/use': async ({ plan: id }) => {
      await requirePlan(env, id);
      if ((await readRow(env.ports, 'current-plan', [])) === id) return {};
      await store.commit([writeRow('current-plan', [], id)]);
      env.sinks.changes.fire({ type: 'plans' });
      return {};
    },
    'plan/rename': ({ plan: id, name }) =>
      updatePlan(env, id, async (plan) => ({
        writes: rowsOf({ ...plan, name: name.trim(), updatedAt: clock.now() }),
        result: {},
      })),
    'plan/duplicate': async ({ plan: id }) => {
      const plan = await requirePlan(env, id);
      return await create({
        name: `${plan.name} (copy)`,
        document: plan.document,
        author: 'user',
        source: { kind: 'duplicate', text: plan.name },
        degraded: plan.degraded,
        notes: plan.notes,
        summary: `Copied from ${plan.name}`,
      });
    },
    'plan/archive': ({ plan: id, archived }) =>
      updatePlan(env, id, async (plan) => ({
        writes: rowsOf({ ...plan, archived, updatedAt: clock.now() }),
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
        return { writes: rowsOf(edited, summary), result: { plan: edited, problems: validatePlan(document) } };
      }),
    'plan/events': async ({ plan: id, after, limit }) => await store.planEvents(id, after, limit),
    'plan/iterations': async ({ plan: id }) => (await store.iterations(id)).map(({ document: _, ...rest }) => rest),
    'plan/scripts': async ({ plan: id }) => reviewScripts(env, (await requirePlan(env, id)).document),
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
        return { writes: rowsOf(result), result };
      }),
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

/** A task that an unfinished run has begun or done cannot be deleted from under it; one that has not started can. */
async function refuseLosingWork(env: Environment, plan: PlanRecord, document: PlanDocument): Promise<void> {
  const kept = new Set(document.stories.flatMap((story) => story.tasks.map((task) => task.id)));
  const gone = [...eachTask(plan.document)].flatMap(({ task }) => (kept.has(task.id) ? [] : [task.id]));
  for (const [task, run] of await begunTasks(env, gone.length > 0 ? await unfinishedRuns(env, plan.id) : [], gone))
    throw new OpenExecError('task-in-run', { task, title: run.title });
}

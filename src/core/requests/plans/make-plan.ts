/** How a plan comes to be: from an intent, a file, another plan or nothing. It is the current one then. */
import { OpenExecError } from '../../errors.js';
import type { PlanRecord, Problem } from '../../model/plan.js';
import type { Handlers } from '../../model/requests.js';
import { normalizePlan } from '../../plan/normalize-plan.js';
import { extractJson } from '../../plan/plan-json.js';
import { problem } from '../../plan/problems.js';
import { validatePlan } from '../../plan/validate-plan.js';
import type { Write } from '../../ports/ports.js';
import { writeRow } from '../../record/small-rows.js';
import { requirePlan, type Environment } from '../environment.js';
import { replaceDocument } from './change-plan.js';
import { planFromIntent } from './generate-plan.js';
import { planRows } from './plan-rows.js';

type Making = 'plan/generate' | 'plan/import' | 'plan/new' | 'plan/duplicate';

export function planMakingHandlers(env: Environment): Pick<Handlers, Making> {
  const { hasher } = env.ports;
  const create = (plan: NewPlan): Promise<PlanRecord> => createPlan(env, plan);
  return {
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
    'plan/import': async ({ json, name, over }) => {
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
      if (over !== undefined) {
        const newer = { document, author: 'import' as const, notes: [...notes, ...problems] };
        const plan = await replaceDocument(env, over, newer, `Imported from ${name}`);
        return { plan, problems: [...newer.notes, ...validatePlan(document)] };
      }
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
  };
}

interface NewPlan extends Pick<PlanRecord, 'name' | 'document' | 'author' | 'source'> {
  id?: string;
  degraded?: boolean;
  model?: string;
  notes?: readonly Problem[] | undefined;
  summary: string;
  also?: readonly Write[];
}

async function createPlan({ ports, root, sinks }: Environment, given: NewPlan): Promise<PlanRecord> {
  const now = ports.clock.now();
  const plan: PlanRecord = {
    id: given.id ?? ports.ids.next('plan'),
    root,
    name: given.name.trim() || 'New plan',
    iteration: 1,
    author: given.author,
    document: given.document,
    source: given.source,
    degraded: given.degraded ?? false,
    model: given.model ?? '',
    archived: false,
    ...(given.notes?.length && { notes: [...given.notes] }),
    createdAt: now,
    updatedAt: now,
  };
  // The new plan is the current one: one commit, one change to tell of.
  await ports.store.commit([
    ...planRows(plan, given.summary),
    writeRow('current-plan', [], plan.id),
    ...(given.also ?? []),
  ]);
  sinks.changes.fire({ type: 'plans' });
  return plan;
}

/**
 * A new check in place of one that a run asks about, taken into the plan as a new version: it is approved by who gives
 * it, like the rest of the plan, which keeps its approval. A quick fix has no plan, and keeps the check beside its run.
 */
import { OpenExecError } from '../../errors.js';
import { findTask, type PlanDocument, type PlanRecord } from '../../model/plan.js';
import { storyOfCheck } from '../../model/plain/story-check.js';
import type { RunRecord } from '../../model/run.js';
import { validatePlan } from '../../plan/validate-plan.js';
import { scriptHash } from '../../policy/index.js';
import type { Write } from '../../ports/ports.js';
import { writeRow } from '../../record/small-rows.js';
import type { Environment } from '../environment.js';
import { quickFixOf, quickFixRow } from '../runs/quick-fix.js';
import { planRows } from './plan-rows.js';
import { reviewScripts } from './scripts.js';
import { updatePlan } from './update-plan.js';

/** Errors: task-not-found, plan-invalid, command-denied. */
export async function changeCheck(env: Environment, run: RunRecord, task: string, script: string): Promise<void> {
  const hash = scriptHash(script, '', run.config.sandbox, (data) => env.ports.hasher.sha256(data));
  const seen = writeRow('seen-command', [hash], { run: run.id, always: false, text: script });
  if (run.plan === undefined) {
    const { diagnostic: _, ...request } = await quickFixOf(env, run);
    await env.ports.store.commit([quickFixRow(run.id, { ...request, check: script }), seen]);
    return;
  }
  await updatePlan(env, run.plan, async (plan) => ({
    writes: await withCheck(env, plan, { task, script, seen }),
    result: {},
  }));
}

async function withCheck(
  env: Environment,
  plan: PlanRecord,
  { task, script, seen }: { task: string; script: string; seen: Write },
): Promise<Write[]> {
  const document = structuredClone(plan.document);
  const subject = storyOfCheck(task) ?? task;
  const owner = document.stories.find((story) => story.id === storyOfCheck(task)) ?? findTask(document, task)?.task;
  if (!owner) throw new OpenExecError('task-not-found', { task });
  if (owner.verification_script === script) return [seen];
  owner.verification_script = script;
  const errors = newErrors(plan.document, document);
  if (errors[0]) throw new OpenExecError('plan-invalid', { count: errors.length, first: errors[0].message });
  const review = (await reviewScripts(env, document)).find((one) => one.subject === subject && one.script === script);
  if (review?.decision.effect === 'deny')
    throw new OpenExecError('command-denied', { command: script, reason: review.decision.reason });
  const at = env.ports.clock.now();
  const { notes: _, ...rest } = plan;
  const next: PlanRecord = {
    ...rest,
    document,
    iteration: plan.iteration + 1,
    author: 'user',
    updatedAt: at,
    ...(plan.approval && review && { approval: approvalWith(plan, plan.approval, { subject, hash: review.hash }, at) }),
  };
  return [...planRows(next, `The check of ${subject} was changed where a run asked about it.`), seen];
}

/** What was approved stays so; of a version that was approved whole the new one is, too. */
function approvalWith(
  { iteration }: PlanRecord,
  approval: NonNullable<PlanRecord['approval']>,
  script: { subject: string; hash: string },
  at: number,
): NonNullable<PlanRecord['approval']> {
  const scripts = [...approval.scripts.filter((one) => one.subject !== script.subject), script];
  return approval.iteration === iteration ? { iteration: iteration + 1, at, scripts } : { ...approval, scripts };
}

function newErrors(before: PlanDocument, after: PlanDocument) {
  const known = new Set(validatePlan(before).map((one) => one.message));
  return validatePlan(after).filter((one) => one.severity === 'error' && !known.has(one.message));
}

/**
 * A signal about the plan that carries a change of it:
 * checked against the plan as it is, kept for the person, and told to the timeline. It changes nothing.
 */
import { z } from 'zod';
import { canonicalJson } from '../../../base/canonical.js';
import type { PlanDocument } from '../../model/plan.js';
import type { PlanChange, PlanProposal } from '../../model/plan-proposal.js';
import { planChangeSchema } from '../../model/plan-proposal.js';
import { changePlan, fieldsBefore } from '../../plan/plan-change.js';
import type { ToolOutcome } from './run-tool.js';
import { listProposals } from '../../record/plan-proposals.js';
import { listRows, writeRow } from '../../record/small-rows.js';
import { callOnce, type CallDone, type StepContext } from '../../record/step-context.js';

/** Nobody reads more than this. */
const MAX_OPEN = 20;
const MAX_LINES = 150;

const resultSchema = z.object({ content: z.string(), isError: z.boolean(), outcome: z.enum(['ok', 'failed']) });
type Result = z.infer<typeof resultSchema>;

export async function proposeChange(
  ctx: StepContext,
  plan: string,
  input: { kind: PlanProposal['kind']; message: string; proposal: PlanChange },
): Promise<ToolOutcome> {
  const { content, isError } = await callOnce(
    ctx,
    { kind: 'tool', name: 'signal', input, result: resultSchema, effect: true },
    ({ key }) => propose(ctx, plan, key, input),
  );
  return { content, isError };
}

async function propose(
  ctx: StepContext,
  planId: string,
  key: string,
  { kind, message, proposal }: Parameters<typeof proposeChange>[2],
): Promise<CallDone<Result>> {
  const { run } = ctx;
  const { store, clock, redact } = run.ports;
  const about = { call: key, step: ctx.step.key, task: ctx.work.task.id };
  const started = clock.monotonic();
  const done = (
    content: string,
    outcome: Result['outcome'],
    more: Pick<CallDone<Result>, 'events' | 'writes'> = {},
  ): CallDone<Result> => ({
    result: { content, isError: outcome === 'failed', outcome },
    events: [
      {
        type: 'tool-called',
        ...about,
        tool: 'signal',
        title: `signal ${kind}`,
        outcome,
        summary: (content.split('\n')[0] ?? '').slice(0, 200),
        durationMs: Math.round(clock.monotonic() - started),
      },
      ...(more.events ?? []),
    ],
    ...(more.writes && { writes: more.writes }),
  });

  const plan = await store.plan(planId);
  if (!plan) return done('Not noted: the plan is no longer there.', 'failed');
  const change = planChangeSchema.parse(redacted(proposal, redact));
  const standing = (await listProposals(run.ports, planId)).filter((one) => one.id !== key);
  const same = standing.find((one) => canonicalJson(one.change) === canonicalJson(change));
  if (same?.status === 'open')
    return done('That is noted already; the person decides. Go on with the task as it is.', 'ok');
  if (same?.status === 'declined')
    return done('The person has declined exactly that. Go on with the task as it is.', 'ok');
  if (standing.filter((one) => one.status === 'open').length >= MAX_OPEN)
    return done(
      `Not noted: ${MAX_OPEN} proposals wait for the person already. Go on with the task as it is.`,
      'failed',
    );

  const before = fieldsBefore(plan.document, change);
  const begun = await begunHere(ctx, planId);
  const changed = changePlan(plan.document, change, before, begun);
  if (changed.problem) {
    const unknown = changed.problem.code === 'story-not-found' || changed.problem.code === 'task-not-found';
    return done(
      redact(`Not noted: ${changed.problem.message}${unknown ? `\n${outlineOf(plan.document, begun)}` : ''}`),
      'failed',
    );
  }
  const words = redact(message);
  const row: PlanProposal = {
    id: key,
    plan: planId,
    iteration: plan.iteration,
    run: run.id,
    task: about.task,
    kind,
    message: words,
    change,
    before,
    status: 'open',
    at: clock.now(),
  };
  return done('Noted as a proposal; the person decides. Your own task stays as it is: go on with it.', 'ok', {
    writes: [writeRow('plan-proposal', [planId, key], row)],
    events: [
      {
        type: 'plan-proposed',
        ...about,
        plan: planId,
        proposal: key,
        kind,
        message: words,
        added: changed.changes.filter((one) => one.kind === 'added').map((one) => one.title),
        changed: changed.changes.filter((one) => one.kind === 'changed').map((one) => one.task),
      },
    ],
  });
}

/** What may be named: a task's prompt holds its own ids only. */
function outlineOf(document: PlanDocument, begun: (task: string) => boolean): string {
  const lines = document.stories.flatMap((story) => [
    `${story.id} ${story.title}`,
    ...story.tasks.map((task) => `  ${task.id} ${task.title}${begun(task.id) ? ' (begun)' : ''}`),
  ]);
  return [
    ...lines.slice(0, MAX_LINES),
    ...(lines.length > MAX_LINES ? [`(and ${lines.length - MAX_LINES} more)`] : []),
  ].join('\n');
}

/** At work in this run, or done in any. */
async function begunHere({ run }: StepContext, plan: string): Promise<(task: string) => boolean> {
  const rows = await listRows(run.ports, 'plan-task', plan);
  const done = new Set(rows.filter(({ value }) => value?.status === 'done').map(({ name }) => name));
  return (task) =>
    done.has(task) ||
    !['pending', 'ready', 'blocked', 'skipped'].includes(run.state.tasks.get(task)?.status ?? 'pending');
}

function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((one) => redacted(one, redact));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redacted(inner, redact)]));
}

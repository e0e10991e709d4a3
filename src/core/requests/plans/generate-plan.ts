/**
 * A planning from its first event to its last:
 * what it may cost, what it tells while it works, and what is kept of how it ended.
 */
import { asOpenExecError, isAbort, OpenExecError } from '../../errors.js';
import type { PlanRecord } from '../../model/plan.js';
import { unpricedOf } from '../../models/unpriced.js';
import { generatePlan, type GeneratedPlan } from '../../planner/generate.js';
import { createPlanning, type Planning } from '../../planner/planning.js';
import type { Write } from '../../ports/ports.js';
import type { Environment } from '../environment.js';

/** `keep` stores the plan under that id, in one commit with `finished`. */
export async function planFromIntent(
  env: Environment,
  { intent, token }: { intent: string; token: string | undefined },
  keep: (id: string, made: GeneratedPlan, finished: Write) => Promise<PlanRecord>,
  signal: AbortSignal,
): Promise<{ plan: PlanRecord; made: GeneratedPlan }> {
  const { model, id, planning } = await begin(env);
  const say = (text: string): void =>
    env.sinks.progress.fire({
      run: '',
      ...(token !== undefined && { token }),
      task: '',
      stage: 'plan',
      kind: 'message',
      text: env.ports.redact(text),
    });
  try {
    const made = await generatePlan({ intent, root: env.root, model, onProgress: say }, planning, env.ports, signal);
    return { plan: await keep(id, made, finishedEvent(planning, made)), made };
  } catch (error) {
    const code = isAbort(error) ? 'cancelled' : asOpenExecError(error).code;
    await planning
      .tell({ type: 'planning-failed', code })
      .catch((lost: unknown) => env.ports.log.error('How planning ended could not be recorded', lost));
    throw error;
  }
}

/** Errors: price-unknown, and whatever keeps the store from writing: before anything is spent. */
async function begin(env: Environment): Promise<{ model: string; id: string; planning: Planning }> {
  const { model, budget } = await env.settings();
  const info = model ? env.ports.models.info(model) : undefined;
  const unpriced = unpricedOf(info ? [info] : [], budget);
  if (unpriced && unpriced.tokens === null)
    throw new OpenExecError('price-unknown', { model: unpriced.model, usd: unpriced.usd });
  const id = env.ports.ids.next('plan');
  const planning = createPlanning(id, budget, env.ports);
  await planning.tell({
    type: 'planning-started',
    model: info?.label ?? '',
    recorded: info?.recorded ?? false,
    budgetUsd: budget.usd,
    budgetTokens: budget.tokens,
  });
  return { model, id, planning };
}

function finishedEvent(planning: Planning, { notes, source }: GeneratedPlan): Write {
  const reason = notes.find((note) => note.code === 'made-by-rules')?.params['reason'];
  return planning.event({
    type: 'planning-finished',
    iteration: 1,
    source,
    ...(reason !== undefined && { reason: String(reason) }),
  });
}

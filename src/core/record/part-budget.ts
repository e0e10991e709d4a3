/**
 * Budgets of one task and of one visit of a stage, within that of the run. A task makes its calls one after the
 * other, so what it has spent and what the next call may cost at most are all there is to add up; going on grants
 * the same amount again, for that part alone.
 */
import type { Approval } from '../model/approval.js';
import { taskState } from '../model/run.js';
import type { Exceeded } from './budget.js';
import type { StepContext } from './step-context.js';

export type BudgetPart = 'task' | 'stage';
export interface PartExceeded extends Exceeded {
  part: BudgetPart;
  /** Of the question, after the call's key: another one for each amount that was granted. */
  suffix: string;
}

/** The limit this call would pass, the task's before the stage's; undefined when there is room, or no limit. */
export async function partExceeded(
  ctx: StepContext,
  estimate: { usd: number | null; tokens: number },
): Promise<PartExceeded | undefined> {
  const { run, step } = ctx;
  const { taskBudget, stageBudget } = run.config;
  const task = taskState(run.state, ctx.work.task.id);
  const parts = [
    { part: 'task' as const, budget: taskBudget, spent: { usd: task?.costUsd ?? 0, tokens: task?.tokens ?? 0 } },
    { part: 'stage' as const, budget: stageBudget, spent: { usd: ctx.cost.usd ?? 0, tokens: ctx.cost.tokens } },
  ];
  let approvals: readonly Approval[] | undefined;
  for (const { part, budget, spent } of parts) {
    if (!budget) continue;
    const checks = [
      ['usd', budget.usd, spent.usd, estimate.usd ?? 0],
      ['tokens', budget.tokens, spent.tokens, estimate.tokens],
    ] as const;
    if (checks.every(([, limit, now, more]) => limit === null || now + more <= limit)) continue;
    approvals ??= await run.ports.store.approvals(run.id);
    const own = part === 'task' ? `${run.id}/${ctx.work.task.id}/` : `${step.key}/`;
    const times = 1 + granted(approvals, part, own);
    for (const [what, limit, now, more] of checks)
      if (limit !== null && now + more > limit * times)
        return { part, what, spent: now, limit: limit * times, waits: false, suffix: `${part}-budget/${times - 1}` };
  }
  return undefined;
}

const granted = (approvals: readonly Approval[], part: BudgetPart, own: string): number =>
  approvals.filter(
    ({ id, subject, answer }) =>
      subject.kind === 'attention' &&
      subject.code === `${part}-budget-exceeded` &&
      id.startsWith(own) &&
      answer?.option === 'continue',
  ).length;

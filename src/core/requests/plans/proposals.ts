/**
 * What models proposed about a plan:
 * listed as it would change the newest document, accepted as a new iteration, or declined.
 */
import { OpenExecError } from '../../errors.js';
import type { PlanRecord } from '../../model/plan.js';
import type { PlanProposal, ProposalView } from '../../model/plan-proposal.js';
import type { Handlers, Params, Result } from '../../model/requests.js';
import { changePlan, type ChangedPlan } from '../../plan/plan-change.js';
import { validatePlan } from '../../plan/validate-plan.js';
import { listProposals } from '../../record/plan-proposals.js';
import type { Write } from '../../ports/ports.js';
import { findRow, removeRow, unchangedRow, writeRow } from '../../record/small-rows.js';
import { begunTasks, unfinishedRuns } from '../runs/begun.js';
import { planRows } from './plan-rows.js';
import { updatePlan, type PlanUpdate } from './update-plan.js';
import { requirePlan, type Environment } from '../environment.js';
import { planProgress } from './progress.js';

/** Answered ones of a plan that are kept, the newest. */
const KEPT = 100;

export function proposalHandlers(env: Environment): Pick<Handlers, 'plan/proposals' | 'plan/proposal-answer'> {
  const { clock } = env.ports;
  const answer = async (
    plan: PlanRecord,
    { proposal: name, accept, iteration }: Params<'plan/proposal-answer'>,
  ): Promise<PlanUpdate<Result<'plan/proposal-answer'>>> => {
    const { id } = plan;
    const stored = await findRow(env.ports, 'plan-proposal', [id, name]);
    const all = await listProposals(env.ports, id);
    const proposal = all.find((one) => one.id === name);
    if (!proposal) throw new OpenExecError('proposal-not-found', { proposal: name });
    if (proposal.status !== 'open') throw new OpenExecError('proposal-answered', { status: proposal.status });
    if (accept && iteration !== undefined && iteration !== plan.iteration) throw new OpenExecError('plan-stale', {});
    const changed = (await changesOf(env, plan, [proposal]))(proposal);
    if (accept && changed.problem) throw new OpenExecError(changed.problem.code, changed.problem.params);
    const at = clock.now();
    const answered: PlanProposal = {
      ...proposal,
      status: accept ? 'accepted' : 'declined',
      answeredAt: at,
      changes: changed.changes,
    };
    const { notes: _, ...rest } = plan;
    const next: PlanRecord = accept
      ? { ...rest, document: changed.document, iteration: plan.iteration + 1, author: 'refine', updatedAt: at }
      : plan;
    const writes: Write[] = [
      ...(accept ? planRows(next, summaryOf(proposal)) : []),
      writeRow('plan-proposal', [id, name], answered),
      ...all
        .filter((one) => one.status !== 'open')
        .sort((a, b) => (b.answeredAt ?? 0) - (a.answeredAt ?? 0))
        .slice(KEPT - 1)
        .map((old) => removeRow('plan-proposal', [id, old.id])),
    ];
    // A no changes nothing of the plan: that the proposal waits has to hold by itself.
    const conditions = [unchangedRow('plan-proposal', [id, name], stored)];
    return {
      writes,
      conditions,
      result: { proposal: viewOf(answered, changed), plan: next, problems: validatePlan(next.document) },
    };
  };

  return {
    'plan/proposals': async ({ plan: id, answered }) => {
      const plan = await requirePlan(env, id);
      const all = await listProposals(env.ports, id);
      const changeOf = await changesOf(
        env,
        plan,
        all.filter((one) => one.status === 'open'),
      );
      return all.flatMap((one) =>
        one.status === 'open' ? [viewOf(one, changeOf(one))] : answered ? [viewOf(one, undefined)] : [],
      );
    },
    'plan/proposal-answer': (params) => updatePlan(env, params.plan, (plan) => answer(plan, params)),
  };
}

/** How many wait for an answer. */
export const openProposals = async (env: Pick<Environment, 'ports'>, plan: string): Promise<number> =>
  (await listProposals(env.ports, plan)).filter((one) => one.status === 'open').length;

/** What each would make of the plan; how its tasks stand is looked up once for all of them. */
async function changesOf(
  env: Environment,
  plan: PlanRecord,
  proposals: readonly PlanProposal[],
): Promise<(proposal: PlanProposal) => ChangedPlan> {
  const tasks = [...new Set(proposals.flatMap(({ change }) => change.change.map((one) => one.task)))];
  const [begun, progress] =
    tasks.length === 0
      ? [new Map(), {}]
      : await Promise.all([
          unfinishedRuns(env, plan.id).then((runs) => begunTasks(env, runs, tasks)),
          planProgress(env, plan),
        ]);
  const standing: Readonly<Record<string, { status: string }>> = progress;
  return ({ change, before }) =>
    changePlan(plan.document, change, before, (task) => begun.has(task) || standing[task]?.status === 'done');
}

function viewOf(
  { change: _change, before: _before, changes, ...proposal }: PlanProposal,
  changed: ChangedPlan | undefined,
): ProposalView {
  const problem =
    proposal.status === 'open' && changed?.problem
      ? { code: changed.problem.code, params: { ...changed.problem.params } }
      : null;
  return { ...proposal, changes: changes ?? changed?.changes ?? [], problem };
}

const summaryOf = ({ task, message }: PlanProposal): string => {
  const line = message.split('\n')[0]?.trim() ?? '';
  return `Proposed by ${task}: ${line.length > 160 ? `${line.slice(0, 160)}…` : line}`;
};

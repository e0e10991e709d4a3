/** What was proposed about a plan, as it stands in the store. */
import type { PlanProposal } from '../model/plan-proposal.js';
import type { Ports } from '../ports/ports.js';
import { listRows } from './small-rows.js';

/** Oldest first. */
export async function listProposals(world: Pick<Ports, 'store' | 'log'>, plan: string): Promise<PlanProposal[]> {
  const rows = await listRows(world, 'plan-proposal', plan);
  return rows.flatMap(({ value }) => value ?? []).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

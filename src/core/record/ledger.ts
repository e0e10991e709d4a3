/**
 * What model calls cost, of a plan: one ledger over its planning and its runs. It counts each call once: planning
 * by the rows of its calls, a run by what it tells of itself less what a re-run shares with another, and of runs
 * that were removed by a sum that is kept.
 */
import { isOpenExecError } from '../errors.js';
import type { PlanRecord } from '../model/plan.js';
import { applyEvent, emptyRun, totalTokens } from '../model/run.js';
import { addSpend, nothingSpent, type Spend } from '../model/plain/spend.js';
import type { PlanSpending } from '../model/spending.js';
import type { CallRecord } from '../model/records.js';
import type { Condition, Ports, RunCost, Store, Write } from '../ports/ports.js';
import { findRow, readRow, unchangedRow, writeRow } from './small-rows.js';

/** The step that the calls of a plan's generation belong to. */
export const planningStep = (plan: string, what: 'generate'): string => `${plan}/${what}`;

const PAGE = 2000;

export interface Ledger {
  /** `live`: of runs that go on just now, what they told so far. */
  spentOn(plan: string, live?: ReadonlyMap<string, Spend>): Promise<PlanSpending>;
  /**
   * To be stored with the removal of that run, so that what it cost is not forgotten;
   * holds while nobody else keeps another's meanwhile, and the plan is there.
   */
  keepSpentBy(run: RunCost & { plan?: string | undefined }): Promise<{ writes: Write[]; conditions: Condition[] }>;
}

export function createLedger(world: Pick<Ports, 'store' | 'log'>): Ledger {
  const { store } = world;
  /** Of re-runs whose record does not say it: read once. */
  const shared = new Map<string, Spend>();

  const ownSpend = async (run: RunCost, told: Spend): Promise<Spend> => {
    if (!run.rerunOf) return told;
    let not = run.rerunOf.shared ?? shared.get(run.id);
    if (!not) shared.set(run.id, (not = await sharedSpend(store, run.id)));
    // Where the shared part holds a cost nobody knows, the run's own part is not known either.
    const usd = told.usd === null || not.usd === null ? null : Math.max(0, told.usd - not.usd);
    return { usd, tokens: Math.max(0, told.tokens - not.tokens) };
  };
  const removed = async (plan: string): Promise<Spend> =>
    (await readRow(world, 'plan-spent', [plan, 'runs'])) ?? nothingSpent;

  return {
    async spentOn(plan, live = new Map()) {
      const calls = await store.calls(planningStep(plan, 'generate'));
      let runs = await removed(plan);
      for (const run of await store.runCosts(plan)) {
        const told = live.get(run.id) ?? { usd: run.costUsd, tokens: run.tokens };
        runs = addSpend(runs, await ownSpend(run, told));
      }
      return { planning: calls.map(spentByCall).reduce(addSpend, nothingSpent), runs };
    },
    async keepSpentBy(run) {
      const plan = run.plan === undefined ? undefined : await readablePlan(store, run.plan);
      if (!plan) return { writes: [], conditions: [] };
      const own = await ownSpend(run, { usd: run.costUsd, tokens: run.tokens });
      const key: [plan: string, name: string] = [plan.id, 'runs'];
      const found = await findRow(world, 'plan-spent', key);
      // A sum that cannot be read is kept: one that began anew would take its place.
      if (found && found.value === undefined) return { writes: [], conditions: [] };
      return {
        writes: [writeRow('plan-spent', key, addSpend(found?.value ?? nothingSpent, own))],
        conditions: [unchangedRow('plan-spent', key, found), { table: 'plans', unchanged: plan }],
      };
    },
  };
}

/** A plan whose row cannot be read has no sum to keep; its runs can go all the same. */
async function readablePlan(store: Store, plan: string): Promise<PlanRecord | undefined> {
  try {
    return await store.plan(plan);
  } catch (error) {
    if (isOpenExecError(error, 'record-invalid')) return undefined;
    throw error;
  }
}

function spentByCall({ costUsd, usage, atMost, broke }: CallRecord): Spend {
  const known: Spend = { usd: costUsd === undefined ? 0 : costUsd, tokens: usage ? totalTokens(usage) : 0 };
  return addSpend(addSpend(known, atMost ?? nothingSpent), broke ?? nothingSpent);
}

/** What stood before the mark of the re-run was told of by the other run. */
async function sharedSpend(store: Store, run: string): Promise<Spend> {
  const state = emptyRun(run);
  let shared = nothingSpent;
  for (;;) {
    const events = await store.events(run, state.seq, PAGE);
    for (const event of events) {
      applyEvent(state, event);
      // A re-run of a re-run holds the mark of the other one, too: the last one bounds what is shared.
      if (event.type === 'run-interrupted' && event.rerunFrom !== undefined)
        shared = { usd: state.costUsd, tokens: state.tokens };
    }
    if (events.length < PAGE) return shared;
  }
}

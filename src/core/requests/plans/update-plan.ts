/**
 * Changing a plan: exactly one of two changes that were made from the same row is stored, and
 * the other is made anew on what that left.
 */
import type { PlanRecord } from '../../model/plan.js';
import type { Condition, Write } from '../../ports/ports.js';
import { requirePlan, type Environment } from '../environment.js';

export interface PlanUpdate<T> {
  writes: readonly Write[];
  /** Besides that the plan is as it was given. */
  conditions?: readonly Condition[];
  result: T;
}

/**
 * `change` is called with the plan as it stands, and again where the store tells that somebody else, in this process or
 * another, was first: it refuses by throwing, as where it was asked for an iteration that is no longer the newest.
 * Within this process changes of one plan wait for one another, so that none is made twice for nothing. Never from
 * within another. Errors: plan-not-found, those of `change`.
 */
export async function updatePlan<T>(
  env: Environment,
  id: string,
  change: (plan: PlanRecord) => Promise<PlanUpdate<T>>,
): Promise<T> {
  return await inTurn(env, id, async () => {
    for (;;) {
      const plan = await requirePlan(env, id);
      const { writes, conditions = [], result } = await change(plan);
      const failed = await env.ports.store.commit(writes, [{ table: 'plans', unchanged: plan }, ...conditions]);
      env.indexes.delete(id);
      if (failed) continue;
      env.sinks.changes.fire({ type: 'plans' });
      return result;
    }
  });
}

async function inTurn<T>(
  { changing }: Pick<Environment, 'changing'>,
  plan: string,
  change: () => Promise<T>,
): Promise<T> {
  const mine = (changing.get(plan) ?? Promise.resolve()).then(change);
  const ended = mine.catch(() => undefined); // whoever asked hears of it
  changing.set(plan, ended);
  try {
    return await mine;
  } finally {
    if (changing.get(plan) === ended) changing.delete(plan);
  }
}

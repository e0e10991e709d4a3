/**
 * Finds the plan, run or question a person named in a terminal:
 * by id, by a beginning of it, by name, or none for the obvious one.
 */
import { isOpenExecError, OpenExecError } from '../core/errors.js';
import type { OpenExec } from '../core/facade.js';
import type { Approval } from '../core/model/approval.js';
import type { PlanSummary } from '../core/model/plan.js';
import type { RunRecord } from '../core/model/run.js';
import { finishedRun } from '../core/model/status.js';

/** Absent = the current plan. Errors: plan-not-found, usage when the name is not one plan's alone. */
export async function choosePlan(openexec: OpenExec, name: string | undefined): Promise<PlanSummary> {
  const plans = await openexec.request('plan/list', {});
  if (name === undefined) {
    const current = plans.find((plan) => plan.current);
    if (!current)
      throw new OpenExecError('usage', { problem: 'There is no plan yet. Make one with openexec generate.' });
    return current;
  }
  const found = onlyOne(plans, name, (plan) => [plan.id, plan.name], 'plan');
  if (!found) throw new OpenExecError('plan-not-found', { plan: name });
  return found;
}

/** Absent = the newest that `fits`. Errors: run-not-found, usage. */
export async function chooseRun(
  openexec: OpenExec,
  name: string | undefined,
  fits: (run: RunRecord) => boolean,
  none: string,
): Promise<RunRecord> {
  if (name === undefined) {
    // Nearly always among the newest few; the whole list costs a second where there are many.
    for (const limit of [20, 1000]) {
      const newest = (await openexec.request('run/list', { limit })).find(fits);
      if (newest) return newest;
    }
    throw new OpenExecError('usage', { problem: none });
  }
  const whole = await openexec.request('run/get', { run: name }).catch((error: unknown) => {
    if (isOpenExecError(error, 'run-not-found')) return undefined; // the beginning of an id, or none
    throw error;
  });
  const found = whole ?? onlyOne(await openexec.request('run/list', { limit: 1000 }), name, (run) => [run.id], 'run');
  if (!found) throw new OpenExecError('run-not-found', { run: name });
  return found;
}

export const unfinished = (run: RunRecord): boolean => !finishedRun(run.status);

/**
 * By id, an end of it, or its number in the list of those that wait; absent = the only one.
 * Errors: approval-not-found, usage.
 */
export async function chooseApproval(openexec: OpenExec, name: string | undefined): Promise<Approval> {
  const pending = await openexec.request('approval/list', {});
  if (name === undefined) {
    const [only, ...more] = pending;
    if (!only) throw new OpenExecError('usage', { problem: 'Nothing waits for an answer.' });
    if (more.length)
      throw new OpenExecError('usage', {
        problem: `${pending.length} questions wait. Name one by its number; openexec status lists them.`,
      });
    return only;
  }
  const number = /^\d+$/.test(name) ? pending[Number(name) - 1] : undefined;
  const exact = pending.find((one) => one.id === name);
  const ends = pending.filter((one) => one.id.endsWith(name));
  const found = exact ?? number ?? (ends.length === 1 ? ends[0] : undefined);
  if (found) return found;
  if (ends.length > 1)
    throw new OpenExecError('usage', { problem: `“${name}” fits ${ends.length} questions. Give the whole id.` });
  // Answered meanwhile, or never there: the request itself says which.
  return (await openexec.request('approval/get', { approval: name })).approval;
}

function onlyOne<T>(items: readonly T[], name: string, names: (item: T) => string[], what: string): T | undefined {
  const exact = items.filter((item) => names(item).includes(name));
  const found = exact.length ? exact : items.filter((item) => names(item).some((one) => one.startsWith(name)));
  if (found.length > 1)
    throw new OpenExecError('usage', { problem: `“${name}” fits ${found.length} ${what}s. Give the whole id.` });
  return found[0];
}

/**
 * What a person says of a task outside a run:
 * leave it out, take it up again, or "I did this by hand", which its own check must confirm.
 */
import { OpenExecError } from '../../errors.js';
import { findTask, type PlanRecord } from '../../model/plan.js';
import type { Handlers, PlanCheck, TaskProgress } from '../../model/requests.js';
import { unfinishedRuns } from './begun.js';
import { requirePlan, type Environment } from '../environment.js';
import { removeRow, writeRow } from '../../record/small-rows.js';
import { hashTask } from '../plans/progress.js';
import type { Checks } from '../plans/verify.js';

export function taskHandlers(env: Environment, checks: Checks): Pick<Handlers, 'task/mark'> {
  const { store, clock } = env.ports;
  return {
    'task/mark': async ({ plan: id, task: taskId, as }, signal) => {
      const plan = await requirePlan(env, id);
      const found = findTask(plan.document, taskId);
      if (!found) throw new OpenExecError('task-not-found', { task: taskId });
      const run = (await unfinishedRuns(env, id)).find((one) => one.tasks.includes(taskId));
      if (run) throw new OpenExecError('task-in-run', { task: taskId, title: run.title });
      const check = as === 'fixed' ? await confirm(plan, taskId, checks, signal) : undefined;
      const row: TaskProgress | null =
        as === 'open'
          ? null
          : {
              status: as === 'fixed' ? 'done' : 'skipped',
              run: '',
              at: clock.now(),
              unverified: as === 'fixed' && check === undefined,
              commit: '',
              costUsd: 0,
              durationMs: check?.durationMs ?? 0,
              taskHash: hashTask(env, found.task),
              edited: false,
            };
      const key: [string, string] = [id, taskId];
      await store.commit([row ? writeRow('plan-task', key, row) : removeRow('plan-task', key)]);
      env.sinks.changes.fire({ type: 'plans' });
      return { check: check ?? null };
    },
  };
}

/** Its check decides; a task without one is done on the person's word, and shown as unverified. */
async function confirm(
  plan: PlanRecord,
  task: string,
  checks: Checks,
  signal: AbortSignal,
): Promise<PlanCheck | undefined> {
  if (findTask(plan.document, task)?.task.verification_script.trim() === '') return undefined;
  const [check] = await checks.run(plan, { subjects: [task] }, signal);
  if (!check) return undefined;
  if (check.outcome !== 'green')
    throw new OpenExecError('check-not-green', { task, command: check.script, reason: check.reason });
  return check;
}

/**
 * The question a paused run asks at a task.
 * Task ids repeat between plans, so the run's own plan decides whose task it is.
 */
import type { OpenExec } from './facade.js';
import type { Approval } from './model/approval.js';

/** Undefined when no run of that plan waits there. `plan` undefined = a run without one: a quick fix. */
export async function waitingAt(
  openexec: OpenExec,
  plan: string | undefined,
  task: string,
): Promise<Approval | undefined> {
  for (const approval of await openexec.request('approval/list', {})) {
    if (approval.task !== task || approval.subject.kind !== 'attention') continue;
    if ((await openexec.request('run/get', { run: approval.run })).plan === plan) return approval;
  }
  return undefined;
}

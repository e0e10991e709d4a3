/** A run as it stands in its records, made to live again: to be gone on with, ended, or rolled back. */
import { standsStill } from '../../engine/runs/end-run.js';
import { OpenExecError } from '../../errors.js';
import type { Approval } from '../../model/approval.js';
import type { EventOf, RunEvent } from '../../model/event.js';
import { applyEvent, emptyRun, type RunRecord, type RunState } from '../../model/run.js';
import { createBudgetMeter } from '../../record/budget.js';
import { createLiveRun, type LiveRun } from '../../record/live-run.js';
import type { Environment } from '../environment.js';

const PAGE = 2000;

/**
 * A run that stands where the records end: events folded, budget spent, questions counted.
 * `ports`: those it writes by; absent = it writes nothing.
 */
export async function loadLiveRun(
  env: Environment,
  record: RunRecord,
  ports = env.ports,
): Promise<{ run: LiveRun; created: EventOf<'run-created'> }> {
  const { store } = env.ports;
  const before = env.folded.get(record.id);
  env.folded.delete(record.id);
  const state: RunState = before?.state ?? emptyRun(record.id);
  let created = before?.created;
  for (;;) {
    const events: RunEvent[] = await store.events(record.id, state.seq, PAGE);
    for (const event of events) {
      if (event.type === 'run-created') created = event;
      applyEvent(state, event);
    }
    if (events.length < PAGE) break;
  }
  if (!created) throw new OpenExecError('step-corrupt', { step: record.id });
  const steps = await store.steps(record.id);
  const approvals = await store.approvals(record.id);
  const grants = approvals.filter(
    (one) =>
      one.subject.kind === 'attention' && one.subject.code === 'budget-exceeded' && one.answer?.option === 'continue',
  ).length;
  const order = steps.reduce((highest, step) => Math.max(highest, step.order), 0);
  const budget = createBudgetMeter(
    record.config.budget,
    { usd: state.costUsd, tokens: state.tokens, calls: state.calls },
    grants,
  );
  return {
    run: createLiveRun({
      ports,
      sinks: env.sinks,
      record,
      state,
      budget,
      order,
      answers: record.config.answers?.slice(takenAnswers(approvals)) ?? [],
      changed: await store.fileImages(record.id),
    }),
    created,
  };
}

/** How many of the answers that a run was given beforehand its questions have taken. */
export const takenAnswers = (approvals: readonly Approval[]): number =>
  approvals.filter((one) => one.subject.kind === 'question' && one.answer?.by === 'flag').length;

/** Found at open without a living engine: it stands as interrupted until somebody resumes it. */
export async function interruptOrphans(env: Environment): Promise<void> {
  await env.owners.open();
  for (const record of await env.ports.store.runsIn(['running', 'queued'])) {
    const claim = env.owners.claimAtFirstCommit(record.id, await env.owners.free(record.id));
    const { run, created } = await loadLiveRun(env, record, claim.ports);
    await run.journal.commit(standsStill(run, 'interrupted'), [{ type: 'run-interrupted', found: true }]);
    env.folded.set(record.id, { state: run.state, created });
    await claim.release();
  }
}

/** What a replayed run's calls come to: each as the record holds it, at the place where its task stands. */
import { decodeLossy } from '../../../base/bytes.js';
import type { EventBody, RunEvent } from '../../model/event.js';
import type { CallRecord, StepRecord } from '../../model/records.js';
import { totalTokens } from '../../model/run.js';
import type { Store, Write } from '../../ports/ports.js';
import type { BudgetMeter } from '../../record/budget.js';
import type { Observations } from '../../record/observations.js';
import { PauseRun } from '../../record/signals.js';
import { checkCall } from './replay-difference.js';
import type { Ending } from './replay-ending.js';
import type { Lines } from './replay-lines.js';
import { bodyOf } from './replay-match.js';
import type { RunEvidence } from './replay-record.js';

/** `store`: as the replayed run reads it. `stop` stops the engine here as it was stopped then. */
export function createReplayCalls(
  evidence: RunEvidence,
  store: Pick<Store, 'blob'>,
  budget: BudgetMeter,
  lines: Lines,
  stop: Ending['stop'],
): Observations['call'] {
  const { events, run } = evidence;
  return async (step, asked, journal) => {
    const { segment } = lines;
    const call = (await evidence.calls(step.key)).get(asked.key);
    const next = lines.peek(step.task);
    const at = call && outcomeOf(evidence, lines, call, step, journal);
    if (!segment || !call || call.status !== 'finished' || at === undefined || at >= segment.end) {
      const said = next?.event.type;
      // It may still have something to say before it asks the world: a question, or that an earlier call was lost.
      if (!next || said === 'warning' || said === 'task-changed' || said === 'approval-requested') return undefined;
      return await stop(`${asked.kind} ${asked.name} (${asked.key})`, step.task);
    }
    const about = { seq: events[at]?.seq ?? 0, step: step.key, task: step.task, call: asked.key };
    const shared = run.rerunOf !== undefined && call.kind === 'commit';
    if ((call.input !== asked.input && !shared) || call.kind !== asked.kind)
      lines.diverge({
        kind: 'call',
        ...about,
        what: `what was asked of ${call.kind} ${call.name}`,
        then: call.input,
        now: asked.input,
      });
    const bodies = given(events, lines, step, at, call.events ?? 1);
    const turn = call.kind === 'model' ? await turnOf(store, call.result) : undefined;
    const problem = checkCall(call, bodies, journal, turn);
    if (problem) lines.diverge({ ...about, ...problem });
    if (lines.divergence) throw new PauseRun('interrupted');
    if (call.kind === 'model') book(budget, call, bodies);
    return { call, events: bodies, rows: rowsOf(evidence, call, step, journal) };
  };
}

/** Index of the event that tells the outcome of a call; of a silent one, where its step goes on. */
function outcomeOf(
  { events, outcomes }: RunEvidence,
  lines: Lines,
  call: CallRecord,
  step: StepRecord,
  journal: readonly Write[],
): number | undefined {
  /** Some outcomes are told as a warning: a file that had changed, a turn that took too long. */
  const nextWarning = (): number | undefined => {
    const { next, indices } = lines.line(step.task);
    return indices.slice(next).find((index) => {
      const event = events[index];
      return event?.type === 'warning' && event.code !== 'call-lost' && event.code !== 'call-broke';
    });
  };
  if (call.kind === 'apply') {
    const set = journal.find((write) => write.table === 'change_sets');
    const applied = set && 'row' in set && set.table === 'change_sets' ? outcomes.get(set.row.id) : undefined;
    return applied ?? nextWarning();
  }
  const own = outcomes.get(call.kind === 'commit' ? step.key : call.key);
  if (own === undefined && call.events !== undefined && call.events > 0) return nextWarning();
  return own ?? (call.events === 0 || call.kind === 'commit' ? lines.peek(step.task)?.index : undefined);
}

/**
 * What a call said: what stands in the line before its outcome, and the `count` events of the outcome.
 * They are said when the call is booked.
 */
function given(events: readonly RunEvent[], lines: Lines, step: StepRecord, at: number, count: number): EventBody[] {
  const { next, indices } = lines.line(step.task);
  const upTo = indices.indexOf(at, next);
  const silent = count === 0 || !isOutcome(events[at] as RunEvent);
  return upTo < 0 || silent ? [] : indices.slice(next, upTo + count).map((index) => bodyOf(events[index] as RunEvent));
}
const isOutcome = (event: RunEvent): boolean =>
  ['model-called', 'tool-called', 'command-run', 'changes-applied', 'commit-made', 'warning'].includes(event.type);

/** An applied change set and what was read back of its files; the row of a commit. */
function rowsOf(
  { commits, images }: RunEvidence,
  call: CallRecord,
  step: StepRecord,
  journal: readonly Write[],
): Write[] {
  if (call.kind === 'commit')
    return commits.filter((commit) => commit.key === step.key).map((row): Write => ({ table: 'commits', row }));
  if (call.kind !== 'apply') return [];
  const applied = (call.result as { outcome?: unknown } | undefined)?.outcome === 'applied';
  return journal.flatMap((write): Write[] => {
    if (write.table === 'change_sets')
      return [{ table: 'change_sets', row: { ...write.row, status: applied ? 'applied' : 'failed' } }];
    if (write.table !== 'file_images' || !applied) return [];
    const recorded = images.find((image) => image.key === write.row.key);
    return recorded?.written === undefined
      ? []
      : [{ table: 'file_images', row: { ...write.row, written: recorded.written } }];
  });
}

/** The model's answer as stored. */
async function turnOf(store: Pick<Store, 'blob'>, result: unknown): Promise<unknown> {
  const hash =
    typeof result === 'object' && result !== null && 'response' in result ? String(result.response) : undefined;
  return hash === undefined ? undefined : JSON.parse(decodeLossy(await store.blob(hash)));
}

function book(budget: BudgetMeter, call: CallRecord, bodies: readonly EventBody[]): void {
  const uncertain = bodies.flatMap((body) => (body.type === 'warning' && body.atMost ? [body.atMost] : []));
  for (const spent of uncertain) budget.book({ ...spent, calls: 1 });
  if (call.usage) budget.book({ usd: call.costUsd ?? null, tokens: totalTokens(call.usage), calls: 1 });
  // A turn that took too long, in a record that does not say what it can have cost.
  else if (call.atMost === undefined) budget.book({ usd: call.reservedUsd ?? null, tokens: 0, calls: 1 });
}

/**
 * What a replayed run learns in the place of the world:
 * calls, decisions, merges and what its steps saw, as the record holds them.
 */
import { decodeLossy } from '../../../base/bytes.js';
import type { RunEvent } from '../../model/event.js';
import type { Store } from '../../ports/ports.js';
import type { BudgetMeter } from '../../record/budget.js';
import type { MergePlan, PendingFile } from '../../record/merge-plan.js';
import type { Observations } from '../../record/observations.js';
import { COMPARE } from '../stages/commit-check.js';
import { createReplayCalls } from './replay-calls.js';
import type { Ending } from './replay-ending.js';
import type { Lines } from './replay-lines.js';
import type { RecordSource, RunEvidence } from './replay-record.js';

/** `store`: as the replayed run reads it. `stop` stops the engine here as it was stopped then. */
export function createReplayObservations(
  evidence: RunEvidence,
  source: RecordSource,
  store: Store,
  budget: BudgetMeter,
  lines: Lines,
  stop: Ending['stop'],
): Observations {
  /** Whether the step ended in this stretch, or before. */
  const hasEnded = (step: string): boolean => (evidence.ended.get(step) ?? Infinity) < (lines.segment?.end ?? 0);
  return {
    call: createReplayCalls(evidence, store, budget, lines, stop),
    async git(step) {
      const calls = [...(await evidence.calls(step.key)).values()];
      if (calls.some(({ kind, name }) => kind === 'commit' || name === COMPARE)) return 'ok';
      const record = evidence.steps.get(step.key);
      if (!record || !hasEnded(step.key)) return await stop('the state of git', step.task);
      return record.summary.includes('git was not found') ? 'missing' : 'none';
    },
    decision(step, task, subject) {
      const next = lines.peek(task)?.event;
      if (next?.type !== 'decision-made' || next.step !== step.key || next.subject !== subject)
        return { effect: 'deny', rule: 'replay', reason: 'the record holds no such decision' };
      const { effect, rule, reason, because } = next;
      return { effect, rule, reason, because };
    },
    async merge(step, key, n) {
      const subject = evidence.approvals.get(`${key}/conflict/${n}`)?.subject;
      if (subject?.kind === 'attention') return conflictOf(subject.params);
      const left = leftOut(evidence.events, lines, step.task);
      const changeSet = await source.store.changeSet(key);
      if (!changeSet && !hasEnded(step.key)) return await stop(`what the worktree of ${step.task} holds`, step.task);
      const bytes = async (hash: string | null) => (hash === null ? null : await store.blob(hash));
      const files: PendingFile[] = [];
      for (const { path, before, after, from, executable } of changeSet?.files ?? [])
        files.push({
          path,
          before: await bytes(before),
          after: await bytes(after),
          ...(from && { from }),
          ...(executable !== undefined && { executable }),
        });
      return { files, conflicts: [], ...left };
    },
    async unasked(step, { key, n }) {
      const { end = 0 } = lines.segment ?? {};
      if ((evidence.asked.get(key) ?? Infinity) < end) return false;
      // Calls of later stretches count, too: where this one ends before them, it ends there.
      return hasEnded(step.key) || [...(await evidence.calls(step.key)).values()].some((call) => call.n > n);
    },
    async step(step) {
      const record = evidence.steps.get(step.key);
      const at = evidence.ended.get(step.key);
      if (!record || record.status === 'running' || (at !== undefined && at >= (lines.segment?.end ?? 0)))
        return await stop(`what the stage ${step.stage} of ${step.task} sees`, step.task);
      const { summary, output, result } = record;
      return { summary, output: output ? decodeLossy(await store.blob(output)) : '', result };
    },
  };
}

/** As the person was asked about it: the first of the files, and how many there were. */
function conflictOf({ path, line, yours, theirs, files }: Readonly<Record<string, unknown>>): MergePlan {
  const others = Array.from({ length: Math.max(0, Number(files) - 1) }, (_, index) => `${String(path)}#${index}`);
  return {
    files: [],
    left: 0,
    conflicts: [String(path), ...others].map((each) => ({
      path: each,
      line: Number(line),
      yours: String(yours),
      theirs: String(theirs),
    })),
  };
}

/** What a merge told of files that it left out stands before its change set. */
function leftOut(
  events: readonly RunEvent[],
  lines: Lines,
  task: string,
): Pick<MergePlan, 'left' | 'unread' | 'modesOnly'> {
  const line = lines.line(task);
  const told = (code: string) => {
    const found = line.indices
      .slice(line.next, line.next + 3)
      .map((index) => events[index])
      .find((event) => event?.type === 'warning' && event.code === code);
    return found?.type === 'warning' ? found.params : {};
  };
  const left = Number(told('merge-left')['files'] ?? 0);
  const [unread, modesOnly] = ['merge-unread', 'merge-modes']
    .map((code) => told(code)['paths'])
    .map((paths) => (paths === undefined ? [] : [String(paths)]));
  return { left, ...(unread && { unread }), ...(modesOnly && { modesOnly }) };
}

/** What a replayed run gets in the place of the world: each call, decision, merge and step as the record holds it, at the place where its task stands. */
import { decodeLossy } from '../../../base/bytes.js';
import type { EventBody, RunEvent } from '../../model/event.js';
import type { StepRecord } from '../../model/records.js';
import { totalTokens } from '../../model/run.js';
import type { Store, Write } from '../../ports/ports.js';
import type { BudgetMeter } from '../../record/budget.js';
import type { RecordedAnswers } from '../../record/recorded-answers.js';
import { checkCall } from './replay-difference.js';
import type { Ending } from './replay-ending.js';
import type { Lines } from './replay-lines.js';
import { bodyOf } from './replay-match.js';
import type { RecordSource, RunEvidence } from './replay-record.js';
import { PauseRun } from '../../record/signals.js';

/** `store`: as the replayed run reads it. `stop` stops the engine here as it was stopped then. */
export function createReplayAnswers(
  evidence: RunEvidence,
  source: RecordSource,
  store: Store,
  budget: BudgetMeter,
  lines: Lines,
  stop: Ending['stop'],
): RecordedAnswers {
  const { events, run } = evidence;

  /** Index of the event that tells the outcome of a call; of a silent one, where its step goes on. */
  const outcomeOf = (
    call: { key: string; kind: string; result?: unknown; events?: number | undefined },
    step: StepRecord,
    journal: readonly Write[],
  ): number | undefined => {
    if (call.kind === 'apply') {
      const set = journal.find((write) => write.table === 'change_sets');
      const applied =
        set && 'row' in set && set.table === 'change_sets' ? evidence.outcomes.get(set.row.id) : undefined;
      if (applied !== undefined) return applied;
      return nextWarning(step);
    }
    const own = call.kind === 'commit' ? evidence.outcomes.get(step.key) : evidence.outcomes.get(call.key);
    if (own === undefined && call.events !== undefined && call.events > 0) return nextWarning(step);
    return own ?? (call.events === 0 || call.kind === 'commit' ? lines.peek(step.task)?.index : undefined);
  };
  /** Some outcomes are told as a warning: a file that had changed, a turn that took too long. */
  const nextWarning = (step: StepRecord): number | undefined => {
    const line = lines.line(step.task);
    return line.indices.slice(line.next).find((index) => {
      const event = events[index];
      return event?.type === 'warning' && event.code !== 'call-lost';
    });
  };
  /** What a call said: what stands in the line before its outcome, and the `count` events of the outcome. They are said when the call is booked. */
  const given = (step: StepRecord, at: number, count: number): EventBody[] => {
    const line = lines.line(step.task);
    const upTo = line.indices.indexOf(at, line.next);
    const silent = count === 0 || !isOutcome(events[at] as RunEvent);
    return upTo < 0 || silent
      ? []
      : line.indices.slice(line.next, upTo + count).map((index) => bodyOf(events[index] as RunEvent));
  };
  /** An applied change set and what was read back of its files; the row of a commit. */
  const rowsOf = (call: { kind: string; result?: unknown }, step: StepRecord, journal: readonly Write[]): Write[] => {
    if (call.kind === 'commit')
      return evidence.commits
        .filter((commit) => commit.key === step.key)
        .map((row): Write => ({ table: 'commits', row }));
    if (call.kind !== 'apply') return [];
    const applied = (call.result as { outcome?: unknown } | undefined)?.outcome === 'applied';
    return journal.flatMap((write): Write[] => {
      if (write.table === 'change_sets')
        return [{ table: 'change_sets', row: { ...write.row, status: applied ? 'applied' : 'failed' } }];
      if (write.table !== 'file_images' || !applied) return [];
      const recorded = evidence.images.find((image) => image.key === write.row.key);
      return recorded?.written === undefined
        ? []
        : [{ table: 'file_images', row: { ...write.row, written: recorded.written } }];
    });
  };
  const isOutcome = (event: RunEvent): boolean =>
    ['model-called', 'tool-called', 'command-run', 'changes-applied', 'commit-made', 'warning'].includes(event.type);
  const turnOf = async (result: unknown): Promise<unknown> => {
    const hash =
      typeof result === 'object' && result !== null && 'response' in result ? String(result.response) : undefined;
    return hash === undefined ? undefined : JSON.parse(decodeLossy(await store.blob(hash)));
  };

  return {
    async call(step, asked, journal) {
      const segment = lines.segment;
      const call = (await evidence.calls(step.key)).get(asked.key);
      const next = lines.peek(step.task);
      const at = call && outcomeOf(call, step, journal);
      if (!segment || !call || call.status !== 'finished' || at === undefined || at >= segment.end) {
        const said = next?.event.type;
        // It may still have something to say before it asks the world: a question, or that an earlier call was lost.
        if (!next || said === 'warning' || said === 'task-changed' || said === 'approval-requested') return undefined;
        return await stop(`${asked.kind} ${asked.name} (${asked.key})`, step.task);
      }
      const shared = run.rerunOf !== undefined && call.kind === 'commit';
      if ((call.input !== asked.input && !shared) || call.kind !== asked.kind)
        lines.diverge({
          kind: 'call',
          seq: events[at]?.seq ?? 0,
          step: step.key,
          task: step.task,
          call: asked.key,
          what: `what was asked of ${call.kind} ${call.name}`,
          then: call.input,
          now: asked.input,
        });
      const bodies = given(step, at, call.events ?? 1);
      const problem = checkCall(call, bodies, journal, call.kind === 'model' ? await turnOf(call.result) : undefined);
      if (problem)
        lines.diverge({ seq: events[at]?.seq ?? 0, step: step.key, task: step.task, call: asked.key, ...problem });
      if (lines.divergence) throw new PauseRun('interrupted');
      if (call.kind === 'model') {
        const uncertain = bodies.flatMap((body) => (body.type === 'warning' && body.atMost ? [body.atMost] : []));
        for (const spent of uncertain) budget.book({ ...spent, calls: 1 });
        if (call.usage) budget.book({ usd: call.costUsd ?? null, tokens: totalTokens(call.usage), calls: 1 });
        // A turn that took too long, in a record that does not say what it can have cost.
        else if (call.atMost === undefined) budget.book({ usd: call.reservedUsd ?? null, tokens: 0, calls: 1 });
      }
      return { call, events: bodies, rows: rowsOf(call, step, journal) };
    },
    async git(step) {
      if ([...(await evidence.calls(step.key)).values()].some((call) => call.kind === 'commit')) return 'ok';
      const record = evidence.steps.get(step.key);
      const at = evidence.ended.get(step.key);
      if (!record || at === undefined || at >= (lines.segment?.end ?? 0))
        return await stop('the state of git', step.task);
      return record.summary.includes('git was not found') ? 'missing' : 'none';
    },
    decision(step, task, subject) {
      const next = lines.peek(task)?.event;
      const { effect, rule, reason } =
        next?.type === 'decision-made' && next.step === step.key && next.subject === subject
          ? next
          : { effect: 'deny' as const, rule: 'replay', reason: 'the record holds no such decision' };
      return { effect, rule, reason };
    },
    async merge(step, key, n) {
      const subject = evidence.approvals.get(`${key}/conflict/${n}`)?.subject;
      if (subject?.kind === 'attention') {
        const { path, line, yours, theirs, files } = subject.params;
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
      // What it told of files that it left out stands before the change set.
      const line = lines.line(step.task);
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
      const at = evidence.ended.get(step.key);
      const changeSet = await source.store.changeSet(key);
      if (!changeSet && (at === undefined || at >= (lines.segment?.end ?? 0)))
        return await stop(`what the worktree of ${step.task} holds`, step.task);
      const bytes = async (hash: string | null) => (hash === null ? null : await store.blob(hash));
      const files = [];
      for (const file of changeSet?.files ?? [])
        files.push({
          path: file.path,
          before: await bytes(file.before),
          after: await bytes(file.after),
          ...(file.from && { from: file.from }),
          ...(file.executable !== undefined && { executable: file.executable }),
        });
      return { files, conflicts: [], left, ...(unread && { unread }), ...(modesOnly && { modesOnly }) };
    },
    async step(step) {
      const record = evidence.steps.get(step.key);
      const at = evidence.ended.get(step.key);
      if (!record || record.status === 'running' || (at !== undefined && at >= (lines.segment?.end ?? 0)))
        return await stop(`what the stage ${step.stage} of ${step.task} sees`, step.task);
      return { record, output: record.output ? decodeLossy(await store.blob(record.output)) : '' };
    },
  };
}

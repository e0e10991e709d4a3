/**
 * What a replayed run reads: its own rows from memory, texts from the real
 * store, answers and lost calls from the record.
 */
import type { Hasher, Store } from '../../ports/ports.js';
import type { RunEvidence, Segment } from './replay-record.js';

/**
 * How often the same amount had been granted again when this stretch began.
 * A grant that came later pauses the run once more for the same question.
 */
export function grantsBefore(evidence: RunEvidence, segment: Segment): number {
  const granted = [...evidence.approvals.values()].filter(
    (one) =>
      one.subject.kind === 'attention' && one.subject.code === 'budget-exceeded' && one.answer?.option === 'continue',
  );
  const before = granted.filter((one) => (evidence.asked.get(one.id) ?? Infinity) < segment.start);
  const inside = granted.some((one) => {
    const at = evidence.asked.get(one.id) ?? -1;
    return at >= segment.start && at < segment.end;
  });
  const again = segment.how?.type === 'run-paused' && segment.how.reason.code === 'budget-exceeded' && !inside;
  return Math.max(0, before.length - (again && before.length === granted.length && granted.length > 0 ? 1 : 0));
}

export function replayStore(
  memory: Store,
  evidence: RunEvidence,
  hasher: Hasher,
  source: Store,
  broken: (hash: string, actual: string) => void,
  segment: () => Segment | undefined,
  caughtUp: (task: string) => Promise<void>,
): Store {
  const answerOf = (id: string) => {
    const at = evidence.answered.get(id);
    const recorded = evidence.approvals.get(id);
    return recorded?.answer && at !== undefined && at < (segment()?.end ?? 0) ? recorded : undefined;
  };
  return {
    ...memory,
    async approval(id) {
      const own = await memory.approval(id);
      if (own?.status === 'pending') await caughtUp(own.task);
      const recorded = own && own.status === 'pending' ? answerOf(id) : undefined;
      return recorded?.answer && own ? { ...own, status: recorded.status, answer: recorded.answer } : own;
    },
    async calls(step) {
      const own = new Map((await memory.calls(step)).map((call) => [call.key, call]));
      const { start = 0, end = 0 } = segment() ?? {};
      for (const [
        key,
        { result: _result, finishedAt: _finishedAt, settled: _settled, atMost: _atMost, broke: _broke, ...call },
      ] of await evidence.calls(step)) {
        const known = own.get(key);
        if (known?.status === 'finished') continue;
        const lost = (evidence.lost.get(key) ?? []).find((at) => at >= start && at < end);
        const inFlight = lost !== undefined || evidence.approvals.has(`${key}/repeat`);
        const told = lost === undefined ? undefined : evidence.events[lost];
        const broke = told?.type === 'warning' && told.code === 'call-broke' ? told.atMost : undefined;
        // What was lost in stretches before this one stands in its own row.
        if (inFlight)
          own.set(key, {
            ...call,
            status: 'started',
            ...(known?.atMost && { atMost: known.atMost }),
            ...(broke && { broke }),
          });
        else if (known) own.set(key, { ...known, settled: true });
      }
      return [...own.values()].sort((a, b) => a.n - b.n);
    },
    putBlob: async (bytes) => hasher.sha256(bytes),
    async blob(hash) {
      const bytes = await source.blob(hash);
      const actual = hasher.sha256(bytes);
      if (actual !== hash) broken(hash, actual);
      return bytes;
    },
  };
}

/** What a replayed run reads: its own rows from memory, texts from the real store, answers and lost calls from the record. */
import type { Hasher, Store } from '../ports.js';
import type { RunEvidence, Segment } from './replay-record.js';

/** How often the same amount had been granted again when this stretch began. A grant that came later pauses the run once more for the same question. */
export function grantsBefore(evidence: RunEvidence, segment: Segment): number {
  const granted = [...evidence.approvals.values()].filter((one) => one.subject.kind === 'attention' && one.subject.code === 'budget-exceeded' && one.answer?.option === 'continue');
  const before = granted.filter((one) => (evidence.asked.get(one.id) ?? Infinity) < segment.start);
  const inside = granted.some((one) => { const at = evidence.asked.get(one.id) ?? -1; return at >= segment.start && at < segment.end; });
  const again = segment.how?.type === 'run-paused' && segment.how.reason.code === 'budget-exceeded' && !inside;
  return Math.max(0, before.length - (again && before.length === granted.length && granted.length > 0 ? 1 : 0));
}

export function replayStore(memory: Store, evidence: RunEvidence, hasher: Hasher, source: Store, broken: (hash: string, actual: string) => void, segment: () => Segment | undefined, caughtUp: (task: string) => Promise<void>): Store {
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
      const finished = (await memory.calls(step)).filter((call) => call.status === 'finished');
      const known = new Set(finished.map((call) => call.key));
      const { start = 0, end = 0 } = segment() ?? {};
      const inFlight = [...(await evidence.calls(step)).values()].filter((call) => {
        const at = evidence.lost.get(call.key);
        return !known.has(call.key) && ((at !== undefined && at >= start && at < end) || evidence.approvals.has(`${call.key}/repeat`));
      });
      return [...finished, ...inFlight.map(({ result: _result, finishedAt: _finishedAt, ...call }) => ({ ...call, status: 'started' as const }))].sort((a, b) => a.n - b.n);
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

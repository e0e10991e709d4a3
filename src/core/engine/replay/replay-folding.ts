/**
 * The state and the rows that a replayed run comes to, in the order of the record, held against those the record comes
 * to: after each step its row and a hash of the state. Nothing of it leaves memory.
 */
import { canonicalJson } from '../../../base/canonical.js';
import type { RunEvent } from '../../model/event.js';
import type { StepRecord } from '../../model/records.js';
import { applyEvent, emptyRun, type RunState } from '../../model/run.js';
import type { Hasher, Store, Write } from '../../ports/ports.js';
import { WORKTREE } from '../places/place.js';
import type { Lines } from './replay-lines.js';
import { firstDifference } from './replay-match.js';
import type { RunEvidence } from './replay-record.js';
import { createStateHasher } from './state-hash.js';

export interface Folding {
  /** Folded from what the engine said again. */
  readonly state: RunState;
  /** Steps that ended. */
  readonly steps: number;
  /** Events that are in the state. */
  readonly told: number;
  stateHash(): string;
  /** Takes in what was said again since. */
  fold(): void;
  /** The rows of what was said. */
  store(writes: readonly Write[]): Promise<void>;
  /** The rows that people left between two stretches, of which the events from `from` to `to` tell. */
  storeBetween(from: number, to: number): Promise<void>;
}

export function createFolding(
  evidence: RunEvidence,
  lines: Lines,
  memory: Store,
  hasher: Hasher,
  tick: (told: number) => void,
): Folding {
  const { events, run } = evidence;
  const state = emptyRun(run.id);
  const then = emptyRun(run.id);
  const hashes = { now: createStateHasher(state, hasher), then: createStateHasher(then, hasher) };
  let told = 0;
  let steps = 0;

  const checkStep = (row: StepRecord): void => {
    const recorded = evidence.steps.get(row.key);
    const view = ({ status, summary, output, result, evidence: proof, next, error }: StepRecord) =>
      canonicalJson({ status, summary, output, result, evidence: proof, next, error });
    // Of which commit a worktree is made is the repository's business.
    if (row.stage !== WORKTREE && recorded && recorded.status !== 'running' && view(recorded) !== view(row))
      lines.diverge({
        kind: 'step',
        seq: lines.front,
        step: row.key,
        task: row.task,
        what: 'the record of this step',
        ...firstDifference(view(recorded), view(row)),
      });
  };

  return {
    state,
    get steps() {
      return steps;
    },
    get told() {
      return told;
    },
    stateHash: () => hashes.now.hash(),
    fold() {
      for (; told < lines.front; told++) {
        const [now, was] = [lines.said(told), events[told] as RunEvent];
        applyEvent(state, now);
        applyEvent(then, was);
        hashes.now.folded(now);
        hashes.then.folded(was);
        if (now.type === 'stage-finished') {
          steps += 1;
          const [one, other] = [hashes.then.hash(), hashes.now.hash()];
          if (one !== other)
            return lines.diverge({
              kind: 'state',
              seq: now.seq,
              step: now.step,
              task: now.task,
              what: 'the state after this step',
              then: one,
              now: other,
            });
        }
        if (told % 500 === 0) tick(told);
      }
    },
    async store(writes) {
      for (const write of writes)
        if (write.table === 'steps' && !('remove' in write) && write.row.status !== 'running') checkStep(write.row);
      if (writes.length > 0)
        await memory.commit(writes.filter((write) => write.table !== 'runs' && write.table !== 'blobs'));
    },
    async storeBetween(from, to) {
      // People may have taken back what the run wrote: that keeps images of its own, and marks those it takes back.
      const between = events
        .slice(from, to)
        .flatMap((event) => (event.type === 'rolled-back' || event.type === 'redone' ? [event.rollback] : []));
      if (between.length === 0) return;
      const ids = new Set(between);
      const known = new Map((await memory.fileImages(run.id)).map((image) => [image.key, image]));
      const rows = evidence.images.flatMap((image) => {
        const own = known.get(image.key);
        if (!own) return ids.has(image.changeSet) ? [image] : [];
        return image.undone !== undefined && ids.has(image.undone) ? [{ ...own, undone: image.undone }] : [];
      });
      await memory.commit(rows.map((row): Write => ({ table: 'file_images', row })));
    },
  };
}

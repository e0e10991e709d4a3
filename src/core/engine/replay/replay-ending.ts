/**
 * How a stretch of work ended then, so that the replayed run ends the same way:
 * by itself, or stopped where a person, a crash or the world stopped it.
 */
import type { EventBody, RunEvent } from '../../model/event.js';
import type { RunState } from '../../model/run.js';
import { PauseRun } from '../../record/signals.js';
import { describeEvent, describeGap } from './replay-difference.js';
import type { Lines } from './replay-lines.js';
import { bodyOf, where } from './replay-match.js';
import type { RunEvidence, Segment } from './replay-record.js';

export interface Ending {
  /** What unwinds the engine where it stood still then. */
  reason(): unknown;
  /** Stops the engine here as it was stopped then; `asked`, of the world, is what the record has no answer to. */
  stop(asked: string, task: string): Promise<never>;
  /** It was cut off: what was only noted was lost. */
  readonly crashed: boolean;
  /** The stretch says how it ended. Throws where it was cut off as it was about to say that it had finished. */
  match(bodies: readonly EventBody[]): void;
  /** A call over the limit of wall time says how late it was; the record holds it. */
  wallTime(): number | undefined;
}

/** `cancelled`: cancels the replayed run, and gives what that throws. */
export function createEnding(
  evidence: RunEvidence,
  lines: Lines,
  segment: Segment,
  state: RunState,
  cancelled: () => unknown,
): Ending {
  const { how } = segment;

  const reason = (): unknown => {
    if (lines.divergence) return new PauseRun('interrupted');
    if (how?.type === 'run-paused')
      return new PauseRun(how.reason.code, { ...how.reason.params }, how.task ?? '', how.reason.asks);
    if (how?.type === 'run-finished') return lines.wholeSaid() ? cancelled() : new PauseRun('by-operator');
    return new PauseRun('interrupted');
  };

  /**
   * Of several reasons to pause at once, the record holds the one that came first:
   * a person's, or another question that waits.
   */
  const firstToStop = (body: EventBody): EventBody => {
    if (body.type !== 'run-paused' || how?.type !== 'run-paused') return body;
    const { code } = how.reason;
    const waits = [...state.pending.keys()].some((id) => {
      const approval = evidence.approvals.get(id);
      return approval?.task === how.task && approval?.subject.kind === 'attention' && approval.subject.code === code;
    });
    return code === 'by-operator' || waits ? bodyOf(how) : body;
  };

  const asksTooMuch = (asked: string, task: string, expected: RunEvent | undefined): void =>
    lines.diverge({
      kind: 'call',
      seq: (expected ?? how)?.seq ?? 0,
      ...(expected ? where(expected) : { task }),
      what: 'what the run asked the world',
      then: expected ? describeEvent(expected) : describeGap(how),
      now: asked,
    });

  return {
    reason,
    async stop(asked, task) {
      const expected = lines.peek(task);
      if (expected) asksTooMuch(asked, task, expected.event);
      if (!lines.endedOutside()) asksTooMuch(asked, task, undefined);
      await lines.until(lines.wholeSaid);
      throw reason();
    },
    crashed: how === undefined || (how.type === 'run-interrupted' && how.found === true),
    match(bodies) {
      if ((how?.type ?? 'run-interrupted') === 'run-interrupted' && bodies.some((body) => body.type === 'run-finished'))
        throw reason();
      for (const body of bodies.map(firstToStop))
        if (!lines.match(body) && how && !lines.divergence)
          lines.diverge({
            kind: 'event',
            seq: how.seq,
            what: 'how the run stood still',
            then: describeEvent(how),
            now: describeEvent(body),
          });
    },
    wallTime() {
      for (const { next, indices } of lines.all()) {
        const after = evidence.events[indices[next + 1] ?? -1];
        const subject =
          after?.type === 'approval-requested' ? evidence.approvals.get(after.approval)?.subject : undefined;
        if (subject?.kind === 'attention' && subject.code === 'budget-exceeded' && subject.params['what'] === 'wallMs')
          return Number(subject.params['spent']);
      }
      return undefined;
    },
  };
}

/**
 * Where a run that goes hears what a person said:
 * questions are rows, and an answer comes in by whichever door, after it is durable.
 */
import { deferred, type Deferred } from '../../base/deferred.js';
import { OpenExecError } from '../errors.js';
import type { ApprovalAnswer } from '../model/approval.js';
import type { Signals } from './signals.js';

export interface Answers {
  /** Waits for the answer to an approval that is pending in the store. A pause or a cancel ends the wait. */
  waitFor(approval: string): Promise<ApprovalAnswer>;
  /** After the answer is durable; also before anybody waits for it. */
  deliver(approval: string, answer: ApprovalAnswer): void;
  /** The next of the answers that the run was given beforehand, for a question in words; taken with this. */
  given(): string | undefined;
}

/** `beforehand`: answers in words, in the order in which questions may come. */
export function createAnswers(
  { safePoint, interruptible }: Pick<Signals, 'safePoint' | 'interruptible'>,
  beforehand: readonly string[] = [],
): Answers {
  const left = [...beforehand];
  const waiting = new Map<string, Deferred<ApprovalAnswer>>();
  const answered = new Map<string, ApprovalAnswer>();
  return {
    async waitFor(approval) {
      safePoint();
      const early = answered.get(approval);
      if (early) return early;
      if (waiting.has(approval))
        throw new OpenExecError('internal', { detail: `approval ${approval} is awaited twice` });
      const one = deferred<ApprovalAnswer>();
      waiting.set(approval, one);
      try {
        return await interruptible(one.promise);
      } finally {
        waiting.delete(approval);
      }
    },
    deliver(approval, answer) {
      const one = waiting.get(approval);
      if (one) one.resolve(answer);
      else answered.set(approval, answer);
    },
    given: () => left.shift(),
  };
}

/**
 * What a run learns of the world: what its calls came to, what the policy decided of it, how the
 * repository, a worktree and the files stand. A run of this process looks for itself; exact replay hands in
 * another of these, that answers from the record.
 */
import type { EventBody } from '../model/event.js';
import type { Decision } from '../model/policy.js';
import type { CallRecord, StepRecord } from '../model/records.js';
import type { GitState, Write } from '../ports/ports.js';
import type { MergePlan } from './merge-plan.js';

export interface RecordedCall {
  /** The row as it was when the call was finished. */
  call: CallRecord;
  /** What it told the timeline, in order. */
  events: EventBody[];
  /** What its effect left in the store, after its journal. */
  rows: Write[];
}

/** What a step saw that is no call. */
export interface Seen {
  /** One line for the timeline. */
  summary: string;
  output: string;
  result: unknown;
}

/** `look` is how the world is asked; who answers from the record does not call it. */
export interface Observations {
  /** What the call came to, already; undefined = it is to be made. */
  call(step: StepRecord, asked: CallRecord, journal: readonly Write[]): Promise<RecordedCall | undefined>;
  /** What the policy decides: it looks at the disk. */
  decision<D extends Decision | Promise<Decision>>(
    step: StepRecord,
    task: string,
    subject: string,
    look: () => D,
  ): D | Decision;
  /** Whether there is a repository to commit to. */
  git(step: StepRecord, look: () => Promise<GitState>): Promise<GitState['kind']>;
  /** What a merge finds: the change set it proposes under this key, or the conflict it asks about for the nth time. */
  merge(step: StepRecord, key: string, n: number, look: () => Promise<MergePlan>): Promise<MergePlan>;
  /**
   * Whether the call under this number, which asks, was made without asking, by a version that did so where nobody
   * was there; `went` = the record goes on after it.
   */
  unasked(step: StepRecord, call: { key: string; n: number }, went: () => boolean): Promise<boolean>;
  /** What a step sees of the files. */
  step(step: StepRecord, look: () => Promise<Seen>): Promise<Seen>;
}

/** Of the world as it is now. */
export const worldNow: Observations = {
  call: async () => undefined,
  decision: (_step, _task, _subject, look) => look(),
  git: async (_step, look) => (await look()).kind,
  merge: (_step, _key, _n, look) => look(),
  unasked: async (_step, _call, went) => went(),
  step: (_step, look) => look(),
};

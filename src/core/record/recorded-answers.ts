/** What exact replay puts in the place of the world: every answer comes from the record of the run. A live run has none of it. */
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

export interface RecordedAnswers {
  /**
   * The answer of a call, after its input was compared with the recorded one. undefined = it had none before the run stood still
   * here: the engine goes on by itself, until it asks the world, where it is stopped as it was then.
   */
  call(step: StepRecord, asked: CallRecord, journal: readonly Write[]): Promise<RecordedCall | undefined>;
  /** What the policy decided: it looks at the disk, which replay does not. */
  decision(step: StepRecord, task: string, subject: string): Decision;
  /** Whether there was a repository to commit to. */
  git(step: StepRecord): Promise<GitState['kind']>;
  /** What a merge found: the change set it proposed under this key, or the conflict it asked about for the nth time. */
  merge(step: StepRecord, key: string, n: number): Promise<MergePlan>;
  /** What a step saw of the world that is no call: the row it ended with. */
  step(step: StepRecord): Promise<{ record: StepRecord; output: string }>;
}

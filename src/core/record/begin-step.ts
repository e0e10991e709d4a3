import { stepKey, type StepRecord } from '../model/records.js';
import type { RunPart } from './live-run.js';

/** The record of a step as it begins, with the next order number; it is stored by whoever notes it. */
export function beginStep(
  run: RunPart<'id' | 'journal', 'clock'>,
  of: Pick<StepRecord, 'task' | 'attempt' | 'stage' | 'visit'>,
): StepRecord {
  return {
    key: stepKey(run.id, of.task, of.attempt, of.stage, of.visit),
    run: run.id,
    ...of,
    order: run.journal.nextOrder(),
    status: 'running',
    startedAt: run.ports.clock.now(),
    summary: '',
    evidence: false,
  };
}

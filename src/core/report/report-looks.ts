/**
 * How tasks look in a report: the words of every door, in the report's own tones.
 * The sentence of a reason stands beside, so no word names it.
 */
import { taskLook, type Look } from '../view/looks.js';
import type { Tone } from './markup.js';
import type { ReportTask } from './report-data.js';

const tones: Record<Look['tone'], Tone> = {
  plain: 'dim',
  live: 'warn',
  good: 'good',
  bad: 'bad',
  care: 'warn',
  dim: 'dim',
};
export const toneOf = ({ tone }: Look): Tone => tones[tone];

/** A report is of what was: what has not begun is not “ready”. */
export const taskLookOf = ({ status, unverified, blockedBy, attempts }: ReportTask): Look =>
  status === 'pending' || status === 'ready'
    ? { icon: 'circle-outline', tone: 'care', word: 'not begun' }
    : taskLook({ status, unverified, blockedBy, attempt: attempts, stage: '' });

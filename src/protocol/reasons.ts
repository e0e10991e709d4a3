/** The sentence of a reason or a warning in a run's timeline: why a task waits or failed, why a run paused, what was noticed. */
import type { Reason } from '../core/model/primitives.js';
import { hasSentence, plain, sentenceOf, type Translate } from './sentences.js';

const reasons: Readonly<Record<string, string>> = {
  'retries-exhausted': 'The stage {stage} failed {failures} times, more than its blueprint allows.',
  'total-retries-exhausted': 'The stages of this attempt failed {failures} times in all, more than the blueprint allows.',
  'attempts-exhausted': 'Every attempt allowed was used and the work still does not pass.',
  'attempt-failed': 'Attempt {attempt} failed in the stage {stage}.',
  'paused-by-blueprint': 'The blueprint asks for a person at the stage {stage}.',
  'check-green': 'The check passes before the work, so it proves nothing: {script}',
  'skipped-by-operator': 'Skipped by the person.',
  'dependency-failed': 'It waits for {task}, which did not finish.',
  'tasks-left': 'Some tasks are left: {failed} failed, {blocked} could not start.',
  'stage-empty': 'The stage {stage} had nothing to run: {reason}. It proves nothing.',
  'call-lost': 'A model call was in flight when the run stopped. It was asked again; its cost is not known.',
  'left-unsaved': '{path} has unsaved changes of yours, so the change was merged into the editor and not saved.',
  operator: 'Paused by the person.',
  'pause-requested': 'Paused by the person.',
};

/** A code without a sentence is shown as words, with its parameters: never nothing. */
export function reasonSentence(reason: Reason, t: Translate = plain): string {
  const template = reasons[reason.code];
  if (template) return t(template, reason.params);
  if (hasSentence(reason.code)) return sentenceOf(reason.code, reason.params, t);
  const words = reason.code.replaceAll('-', ' ');
  const params = Object.entries(reason.params).map(([key, value]) => `${key}: ${String(value)}`);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${params.length > 0 ? ` (${params.join(', ')})` : ''}`;
}

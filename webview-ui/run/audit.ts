/** What an audit asks of a decision or an answer: who, by which rule, and the hash of what it is bound to. When is the row's own time. */
import type { RunEvent } from '../../src/core/model/event.js';
import { t } from '../l10n.js';

/** The events that an audit reads. */
export const inAudit = (event: RunEvent | undefined): boolean =>
  event?.type === 'decision-made' ||
  event?.type === 'approval-requested' ||
  event?.type === 'approval-answered' ||
  (event?.type === 'tool-called' && event.rule !== undefined);

/** One line, '' for an event that is no part of an audit. */
export function auditText(event: RunEvent): string {
  switch (event.type) {
    case 'decision-made':
      return parts(t('by the policy'), t('rule {rule}', { rule: event.rule }), hashPart(event), event.reason);
    case 'tool-called':
      return event.rule === undefined ? '' : parts(t('by the policy'), t('rule {rule}', { rule: event.rule }));
    case 'approval-requested':
      return parts(t('asked by {stage}', { stage: event.stage || t('the run') }), hashPart(event), event.why);
    case 'approval-answered':
      return parts(whoWord(event.by), hashPart(event), event.comment);
    default:
      return '';
  }
}

const parts = (...words: string[]): string => words.filter(Boolean).join(' · ');
const hashPart = (event: { hash?: string | undefined }): string =>
  event.hash ? `sha256 ${event.hash.slice(0, 12)}` : '';

export function whoWord(by: 'editor' | 'terminal' | 'policy' | 'flag'): string {
  return {
    editor: t('by you, in the editor'),
    terminal: t('by you, in the terminal'),
    policy: t('by the policy'),
    flag: t('by the run’s own setting, unasked'),
  }[by];
}

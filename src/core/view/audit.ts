/** What an audit asks of an event: what was decided or done, by whom, under which rule, and the hash it is bound to. */
import type { RunEvent } from '../model/event.js';
import { showLine, showText } from '../text/harmless.js';
import { whoWord } from './answers.js';
import { effectWord } from './events.js';
import { askedText } from './question-text.js';
import { approvalLook } from './looks.js';
import type { Translate } from './translate.js';

export interface AuditEntry {
  verb: string;
  /** A command, a path, a question, a commit. */
  what: string;
  /** Who, rule, hash, reason: each a note of its own. When is the event's own time. */
  notes: readonly string[];
}

const AUDITED: ReadonlySet<RunEvent['type']> = new Set([
  'decision-made',
  'approval-requested',
  'approval-answered',
  'changes-applied',
  'command-changed',
  'commit-made',
  'rolled-back',
  'redone',
]);

/** Of tools those that a rule of their own allowed: what is not a decision has none. */
export const inAudit = (event: RunEvent | undefined): boolean =>
  event !== undefined &&
  (event.type === 'command-changed'
    ? event.files.length > 0
    : AUDITED.has(event.type) || (event.type === 'tool-called' && event.rule !== undefined));

/** Empty for an event that is no part of an audit. */
export const auditOf = (event: RunEvent, t: Translate): AuditEntry[] =>
  entriesOf(event, t).map(({ verb, what, notes }) => ({
    verb,
    what: showText(what),
    notes: notes.filter((note) => note !== '').map(showLine),
  }));

function entriesOf(event: RunEvent, t: Translate): AuditEntry[] {
  switch (event.type) {
    case 'decision-made':
      return [
        {
          verb: effectWord(event.effect, t),
          what: event.subject,
          notes: [t('by the policy'), t('rule {rule}', { rule: event.rule }), hashNote(event), event.reason],
        },
      ];
    case 'tool-called':
      return event.rule === undefined
        ? []
        : [
            {
              verb: effectWord('allow', t),
              what: event.title,
              notes: [t('by the policy'), t('rule {rule}', { rule: event.rule })],
            },
          ];
    case 'approval-requested': {
      const { title, why } = askedText(event, t);
      return [
        {
          verb: t('asked'),
          what: title,
          notes: [t('asked by {stage}', { stage: event.stage || t('the run') }), hashNote(event), event.approval, why],
        },
      ];
    }
    case 'approval-answered':
      return [
        {
          verb: approvalLook('question', event.status, t).word,
          what: event.approval,
          notes: [whoWord(event.by, t), hashNote(event), event.comment],
        },
      ];
    case 'changes-applied':
    case 'command-changed':
      return written(event.files, t);
    case 'rolled-back':
    case 'redone':
      return [
        {
          verb: event.type === 'rolled-back' ? t('undone') : t('redone'),
          what: event.step || event.task || t('the whole run'),
          notes: [event.rollback],
        },
        ...written(event.files, t),
        ...(event.commit ? [{ verb: t('commit'), what: event.commit, notes: [event.subject ?? ''] }] : []),
      ];
    case 'commit-made':
      return [{ verb: t('commit'), what: event.sha, notes: [event.subject] }];
    default:
      return [];
  }
}

const hashNote = (event: { hash?: string | undefined }): string =>
  event.hash ? `sha256 ${event.hash.slice(0, 12)}` : '';

const written = (
  files: readonly { path: string; before: string | null; after: string | null }[],
  t: Translate,
): AuditEntry[] =>
  files.map(({ path, before, after }) => ({
    verb: t('wrote'),
    what: path,
    notes: [`${before?.slice(0, 12) ?? t('nothing')} → ${after?.slice(0, 12) ?? t('nothing')}`],
  }));

/** What a decision was about, as a question that can be put to the policy again. */
import type { EventOf } from '../../src/core/model/event.js';
import type { PanelCommandArgs } from '../../src/protocol/panel.js';

/** The most of a subject that is kept: what is as long may have been cut. */
const KEPT = 2000;

/**
 * Undefined where there is nothing to ask again: a tool's name, or a subject that was cut.
 * Only a command is bound to a hash.
 */
export function decisionQuestion({
  subject,
  hash,
}: Pick<EventOf<'decision-made'>, 'subject' | 'hash'>): PanelCommandArgs<'openexec.explainPolicy'> | undefined {
  if (subject.length >= KEPT) return undefined;
  if (hash) return { cmd: subject };
  const path = /^(read|write|delete) (.+)$/.exec(subject);
  return path ? { path: path[2], op: path[1] as 'read' | 'write' | 'delete' } : undefined;
}

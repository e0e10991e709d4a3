/** A status by icon and word, never by colour alone. */
import * as looks from '../../src/core/view/looks.js';
import type { Look, LookedAt, Tone } from '../../src/core/view/looks.js';
import type { RunStatus } from '../../src/core/model/status.js';
import { t } from '../l10n.js';

export type { Look, Tone };

/** `waitsFor`: the first dependency that is not done. */
export const taskLook = (task: LookedAt | undefined, waitsFor?: string): Look => looks.taskLook(task, waitsFor, t);
export const runLook = (status: RunStatus): Look => looks.runLook(status, t);

/** An icon that says nothing on its own: a word stands beside it. */
export function Icon({ name, tone = 'plain' }: { name: string; tone?: Tone | undefined }) {
  return (
    <span className={`codicon codicon-${name} tone-${tone}${name === 'sync' ? ' turning' : ''}`} aria-hidden="true" />
  );
}

export function Status({ look: { icon, tone, word } }: { look: Look }) {
  return (
    <span className="status">
      <Icon name={icon} tone={tone} />
      <span>{word}</span>
    </span>
  );
}

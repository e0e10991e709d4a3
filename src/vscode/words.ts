/** Words, icons and numbers as a person reads them. Pure, so that they are tested without VS Code. */
import type { RunState } from '../core/model/run.js';
import { showLine } from '../core/text/harmless.js';
import { cost, money, tokensOf } from '../core/view/amounts.js';
import { runLook, type Tone } from '../core/view/looks.js';
import { modelName } from '../core/view/preview.js';
import { reasonSentence } from '../core/view/reasons.js';
import type { Translate } from '../core/view/sentences.js';

/** Theme colour id of a tone, '' for the default. */
const colors: Record<Tone, string> = {
  plain: '',
  live: 'charts.blue',
  good: 'testing.iconPassed',
  bad: 'testing.iconFailed',
  care: 'charts.yellow',
  dim: '',
};
export const colorOf = (tone: Tone): string => colors[tone];

export interface StatusLine {
  text: string;
  tooltip: string;
  needsPerson: boolean;
}

/**
 * The one item of the status bar. undefined = nothing to say. `waiting`: approvals that wait, of this or another run.
 */
export function statusLine(
  run: RunState | undefined,
  waiting: number,
  reducedMotion: boolean,
  t: Translate,
): StatusLine | undefined {
  const tooltip = run ? runSummary(run, t) : t('OpenExec');
  if (waiting > 0) {
    const text =
      waiting === 1
        ? t('$(bell-dot) OpenExec: 1 approval')
        : t('$(bell-dot) OpenExec: {count} approvals', { count: waiting });
    return { text, tooltip, needsPerson: true };
  }
  if (!run) return undefined;
  const { icon, word, tone } = runLook(run.status, t);
  const progress = `${run.done}/${run.tasks.size}`;
  const spent = run.costUsd === null ? tokensOf(run.tokens, null, t) : money(run.costUsd, t);
  // A run that goes on says where it is; the icon turns.
  const [spin, parts] =
    tone === 'live'
      ? [reducedMotion ? '' : '~spin', [progress, run.tasks.get(run.current)?.stage, spent]]
      : ['', [word, progress, spent]];
  const text = `$(${icon}${spin}) OpenExec ${parts.filter(Boolean).join(' · ')}`;
  return { text, tooltip, needsPerson: false };
}

/** Why a run is paused or failed, in a sentence; '' when it goes, or there is nothing to say. */
export const whyStopped = (run: RunState | undefined, t: Translate): string =>
  run?.reason && (run.status === 'paused' || run.status === 'failed') ? reasonSentence(run.reason, t) : '';

export function runSummary(run: RunState, t: Translate): string {
  const lines = [
    `${showLine(run.title)} · ${runLook(run.status, t).word}`,
    whyStopped(run, t),
    t('{done} of {tasks} tasks done', { done: run.done, tasks: run.tasks.size }),
    cost(run.costUsd, run.tokens, t, run.budgetUsd),
    modelName(run.model, run.recorded, t),
  ];
  if (run.commits.length > 0)
    lines.push(run.commits.length === 1 ? t('1 commit') : t('{count} commits', { count: run.commits.length }));
  return lines.filter((line) => line !== '').join('\n');
}

/** A name that leaves room for the status beside it, cut between words; whole in tooltips and for those who hear it. */
export function shortened(text: string, max = 28): string {
  if (text.length <= max) return text;
  const head = text.slice(0, max);
  const space = head.lastIndexOf(' ');
  return `${(space > max / 2 ? head.slice(0, space) : head).trimEnd()}…`;
}

/** Statuses and progress as a person reads them in a terminal. */
import type { Problem } from '../core/model/plan.js';
import type { RunState } from '../core/model/run.js';
import type { RunStatus } from '../core/model/status.js';
import { assertNever } from '../base/assert-never.js';
import { cost, counted } from '../core/view/amounts.js';
import { runLook, runRowLook, taskLook, taskSign, type Look, type LookedAt } from '../core/view/looks.js';
import type { Style } from './style.js';

const paint = ({ tone, word }: Look, style: Style, before = ''): string => {
  const text = before + word;
  switch (tone) {
    case 'live':
      return style.cyan(text);
    case 'good':
      return style.green(text);
    case 'bad':
      return style.red(text);
    case 'care':
      return style.yellow(text);
    case 'dim':
      return style.dim(text);
    case 'plain':
      return text;
    default:
      return assertNever(tone, 'tone');
  }
};

export const runRowWord = (run: Parameters<typeof runRowLook>[0], style: Style): string =>
  paint(runRowLook(run), style);
export const runWord = (status: RunStatus, style: Style): string => paint(runLook(status), style);

/**
 * `why`: whether the word names the reason, too; not where its sentence stands beside it.
 * `waitsFor`: the first dependency that is not done.
 */
export const taskWord = (
  task: LookedAt,
  style: Style,
  { why = false, waitsFor }: { why?: boolean; waitsFor?: string | undefined } = {},
): string => paint(taskLook(why ? task : { ...task, reason: undefined }, waitsFor), style, `${taskSign(task.status)} `);

/** `T-2 · 2 of 8 · fix_lint · $0.02`: the one line of live progress. */
export function progressLine(state: RunState): string {
  const task = state.tasks.get(state.current);
  const place = task ? [...state.tasks.keys()].indexOf(task.id) + 1 : state.done;
  const parts = [
    task ? `task ${place} of ${state.tasks.size}` : `${state.done} of ${counted(state.tasks.size, 'task')} done`,
  ];
  if (task) parts.push(task.id, task.stage || task.status);
  parts.push(cost(state.costUsd, state.tokens));
  return parts.join(' · ');
}

export function problemLine(problem: Problem, style: Style): string {
  const inColour = problem.severity === 'error' ? style.red : problem.severity === 'warning' ? style.yellow : style.dim;
  return `${inColour(problem.severity)}  ${problem.message}`;
}

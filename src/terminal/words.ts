/** Statuses and progress as a person reads them in a terminal. */
import type { Problem } from '../core/model/plan.js';
import type { RunState, TaskState } from '../core/model/run.js';
import type { RunStatus, TaskStatus } from '../core/model/status.js';
import { cost, counted } from '../core/view/amounts.js';
import type { Style } from './style.js';

const RUN_PAINT: Record<RunStatus, 'green' | 'red' | 'yellow' | 'cyan' | 'dim'> = {
  queued: 'dim',
  running: 'cyan',
  paused: 'yellow',
  interrupted: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'dim',
};
export const runWord = (status: RunStatus, style: Style): string => style[RUN_PAINT[status]](status);

const TASK_SIGN: Record<TaskStatus, string> = {
  pending: '○',
  ready: '○',
  running: '↻',
  waiting: '?',
  done: '✓',
  skipped: '–',
  failed: '✗',
  blocked: '∅',
  cancelled: '–',
  'rolled-back': '↺',
};

export function taskWord(
  task: Pick<TaskState, 'status' | 'waitingFor' | 'blockedBy' | 'unverified' | 'stage' | 'attempt'> & {
    edited?: boolean | undefined;
  },
  style: Style,
): string {
  const sign = TASK_SIGN[task.status];
  switch (task.status) {
    case 'done':
      if (task.edited) return style.yellow(`${sign} done (edited since)`);
      return task.unverified ? style.yellow(`${sign} done, unverified`) : style.green(`${sign} done`);
    case 'running':
      return style.cyan(`${sign} ${task.stage || 'running'}${task.attempt > 1 ? `, attempt ${task.attempt}` : ''}`);
    case 'waiting':
      return style.yellow(`${sign} needs you${task.waitingFor === 'approval' ? ': approval' : ''}`);
    case 'failed':
      return style.red(`${sign} failed`);
    case 'blocked':
      return style.yellow(`${sign} blocked${task.blockedBy ? ` by ${task.blockedBy}` : ''}`);
    default:
      return `${sign} ${task.status.replace('-', ' ')}`;
  }
}

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
  const paint = problem.severity === 'error' ? style.red : problem.severity === 'warning' ? style.yellow : style.dim;
  return `${paint(problem.severity)}  ${problem.message}`;
}

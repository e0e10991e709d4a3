/**
 * A run's events, kept so that any moment of it can be shown. The state at a moment is folded from
 * the nearest of a few copies made on the way: at most `COPIES` whatever the length, so a move costs
 * one copy and a bounded number of events.
 */
import type { RunEvent } from '../../src/core/model/event.js';
import { applyEvent, emptyRun, type RunState } from '../../src/core/model/run.js';

/** As many copies as that are kept; then every other one goes and the spacing doubles. */
const COPIES = 64;
const FIRST_SPACING = 256;

export interface History {
  readonly run: string;
  /** The event with number n stands at n − 1. */
  readonly events: RunEvent[];
  /** Numbers of events where something begins or wants a look, ascending. */
  readonly stages: number[];
  readonly tasks: number[];
  readonly errors: number[];
  readonly questions: number[];
  copies: RunState[];
  spacing: number;
  /** The state that was last asked for: going on from there costs only what lies between. */
  cursor: RunState | undefined;
  /**
   * Last error and newest stage of each task:
   * one fault is one error, though a command, its stage and its task fail of it.
   */
  readonly faults: Map<string, { error: number; stage: number }>;
  readonly begun: Set<string>;
}

export const emptyHistory = (run: string): History => ({
  run,
  events: [],
  stages: [],
  tasks: [],
  errors: [],
  questions: [],
  copies: [],
  spacing: FIRST_SPACING,
  cursor: undefined,
  faults: new Map(),
  begun: new Set(),
});

/** `state` has the event folded in already. */
export function applyToHistory(history: History, event: RunEvent, state: RunState): void {
  history.events.push(event);
  mark(history, event);
  if (event.seq % history.spacing !== 0) return;
  history.copies.push(copyRun(state));
  if (history.copies.length <= COPIES) return;
  history.spacing *= 2;
  history.copies = history.copies.filter((copy) => copy.seq % history.spacing === 0);
}

/**
 * The run as it stood after the event with this number. The value is the history's own and lives until the next call.
 */
export function stateAt(history: History, seq: number): RunState {
  const wanted = Math.max(0, Math.min(seq, history.events.length));
  const near = history.copies[countUpTo(history.copies, wanted, (copy) => copy.seq) - 1];
  const base = near?.seq ?? 0;
  let state = history.cursor;
  if (!state || state.seq > wanted || state.seq < base) state = near ? copyRun(near) : emptyRun(history.run);
  for (let at = state.seq; at < wanted; at++) applyEvent(state, history.events[at]!);
  history.cursor = state;
  return state;
}

function copyRun(state: RunState): RunState {
  const tasks: RunState['tasks'] = new Map();
  for (const [id, task] of state.tasks) tasks.set(id, { ...task });
  const checks: RunState['checks'] = new Map();
  for (const [id, check] of state.checks) checks.set(id, { ...check });
  return { ...state, tasks, checks, pending: new Map(state.pending), commits: state.commits.slice() };
}

function mark(history: History, event: RunEvent): void {
  switch (event.type) {
    case 'stage-started': {
      history.stages.push(event.seq);
      const known = history.faults.get(event.task);
      if (known) known.stage = event.seq;
      else history.faults.set(event.task, { error: 0, stage: event.seq });
      return;
    }
    case 'task-changed': {
      if (event.status === 'running') {
        const key = `${event.task}/${event.attempt}`;
        if (!history.begun.has(key)) history.tasks.push(event.seq); // it runs anew after each wait, too
        history.begun.add(key);
      }
      if (event.status === 'failed' && !history.faults.get(event.task)?.error) error(history, event.seq, event.task);
      return;
    }
    case 'stage-finished': {
      const known = history.faults.get(event.task);
      if (event.outcome === 'failed' && (!known || known.error < known.stage)) error(history, event.seq, event.task);
      return;
    }
    case 'command-run':
      if (event.exitCode !== 0 && !event.cancelled && event.purpose !== 'check-before')
        error(history, event.seq, event.task);
      return;
    case 'tool-called':
      // what was denied has its decision just before
      if (
        event.outcome === 'failed' ||
        (event.outcome === 'denied' && history.events[event.seq - 2]?.type !== 'decision-made')
      )
        error(history, event.seq, event.task);
      return;
    case 'decision-made':
      if (event.effect === 'deny') error(history, event.seq, event.task);
      return;
    case 'model-called':
      if (event.stop === 'refused') error(history, event.seq, event.task);
      return;
    case 'run-finished':
      if (event.status === 'failed' && history.errors.length === 0) error(history, event.seq, '');
      return;
    case 'approval-requested':
      history.questions.push(event.seq);
      return;
    default:
      return; // nothing that is looked for
  }
}

function error(history: History, seq: number, task: string): void {
  history.errors.push(seq);
  const known = history.faults.get(task);
  if (known) known.error = seq;
  else history.faults.set(task, { error: seq, stage: 0 });
}

/** How many of an ascending list are at most `limit`. */
export function countUpTo<T>(list: readonly T[], limit: number, numberOf: (item: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberOf(list[middle]!) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

const own = (seq: number): number => seq;
export const nextMark = (marks: readonly number[], after: number): number | undefined =>
  marks[countUpTo(marks, after, own)];
export const previousMark = (marks: readonly number[], before: number): number | undefined =>
  marks[countUpTo(marks, before - 1, own) - 1];

/** The outline's row that an event is shown in. */
export function rowOf(event: RunEvent): string {
  switch (event.type) {
    case 'stage-started':
    case 'stage-finished':
      return event.step;
    case 'task-changed':
      return `task/${event.task}`;
    default:
      return `event/${event.seq}`;
  }
}

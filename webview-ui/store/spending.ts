/** What a run spent over time and by task, from its model turns. */
import { noTime, timeAt } from '../../src/core/model/plain/run-time.js';
import type { RunEvent } from '../../src/core/model/event.js';
import { totalTokens } from '../../src/core/model/run.js';

export interface SpendingPoint {
  at: number;
  /** ms that the run went, up to here. */
  ran: number;
  /** Number of the event. */
  seq: number;
  /** Spent up to here; a turn of unknown price adds nothing. */
  usd: number;
  tokens: number;
}
export interface TaskSpending {
  task: string;
  turns: number;
  tokens: number;
  /** null once a turn of unknown price was made. */
  usd: number | null;
}
export interface Spending {
  /** In order of time, at most `points` of them, the first and last always. */
  line: SpendingPoint[];
  /** The dearest first. */
  tasks: TaskSpending[];
  /** Turns of unknown price. */
  unpriced: number;
}

export function spendingOf(events: readonly RunEvent[], points = 240): Spending {
  const tasks = new Map<string, TaskSpending>();
  const first = events[0];
  const last = events[events.length - 1];
  if (!first || !last) return { line: [], tasks: [], unpriced: 0 };
  const line: SpendingPoint[] = [{ at: first.at, ran: 0, seq: first.seq, usd: 0, tokens: 0 }];
  const whole = events.reduce(timeAt, noTime).ran;
  const width = Math.max(1, whole) / points;
  let time = noTime;
  let column = 0;
  let usd = 0;
  let tokens = 0;
  let unpriced = 0;
  for (const event of events) {
    time = timeAt(time, event);
    if (event.type !== 'model-called') continue;
    const turn = totalTokens(event.usage);
    tokens += turn;
    usd += event.costUsd ?? 0;
    if (event.costUsd === null) unpriced += 1;
    const own = tasks.get(event.task) ?? { task: event.task, turns: 0, tokens: 0, usd: 0 };
    tasks.set(event.task, {
      task: event.task,
      turns: own.turns + 1,
      tokens: own.tokens + turn,
      usd: own.usd === null || event.costUsd === null ? null : own.usd + event.costUsd,
    });
    const here = Math.floor(time.ran / width);
    const point = { at: event.at, ran: time.ran, seq: event.seq, usd, tokens };
    // several turns in one column of the drawing: the last says it
    if (here === column && line.length > 1) line[line.length - 1] = point;
    else line.push(point);
    column = here;
  }
  line.push({ at: last.at, ran: whole, seq: last.seq, usd, tokens });
  return {
    line,
    tasks: [...tasks.values()].sort((a, b) => (b.usd ?? Infinity) - (a.usd ?? Infinity) || b.tokens - a.tokens),
    unpriced,
  };
}

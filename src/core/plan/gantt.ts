/**
 * What will run when: the dependency graph with the execution modes applied, as the engine has its places.
 * One task at a time works in the person's tree; tasks of parallel stories work in worktrees beside it, a
 * few at once. The document is not touched.
 */
import { naturalOrder } from '../../base/natural-order.js';
import type { PlanDocument } from '../model/plan.js';
import { buildGraph } from './graph.js';
import { estimateHours } from './schedule.js';

export interface Bar {
  task: string;
  /** 0 = the person's tree; from 1 on a worktree. */
  lane: number;
  /** Hours from the start of the run. */
  start: number;
  end: number;
  /** It asks before it starts, so that its start is the person's. */
  manual: boolean;
}
export interface Gantt {
  /** In order of their starts. Tasks that wait in a ring have none. */
  bars: Bar[];
  /** Length of the whole. */
  hours: number;
  /** Stories after which the run pauses, with the hour. */
  pauses: { story: string; at: number }[];
  lanes: number;
}

/** O((tasks + edges) log tasks + tasks × lanes). Never throws: what cannot be ordered is left out. */
export function gantt(document: PlanDocument, maxParallel: number): Gantt {
  const { nodes, tasks } = buildGraph(document);
  const rank = new Map([...tasks.keys()].sort(naturalOrder).map((id, at) => [id, at]));
  const modes = new Map(
    document.stories.flatMap((story) => story.tasks.map((task) => [task.id, story.mode ?? 'sequential'] as const)),
  );
  const waiting = nodes.map((node) => node.before.length);
  const places = { tree: [] as number[], worktree: [] as number[] };
  const order = (node: number): number => rank.get(nodes[node]?.id ?? '') ?? 0;
  const insert = (list: number[], node: number): void => {
    let at = list.length;
    while (at > 0 && order(list[at - 1]!) > order(node)) at -= 1;
    list.splice(at, 0, node);
  };
  const arrive = (node: number): void => {
    const gates = [node];
    for (let next = gates.pop(); next !== undefined; next = gates.pop()) {
      if (nodes[next]?.task) insert(modes.get(nodes[next]!.id) === 'parallel' ? places.worktree : places.tree, next);
      else for (const after of nodes[next]?.after ?? []) if (--waiting[after]! === 0) gates.push(after);
    }
  };
  waiting
    .map((count, node) => (count === 0 ? node : -1))
    .filter((node) => node >= 0)
    .forEach(arrive);

  const bars: Bar[] = [];
  const running: { node: number; end: number; lane: number }[] = [];
  const free = Array.from({ length: Math.max(1, maxParallel) }, (_, at) => at + 1);
  let now = 0;
  for (;;) {
    const begin = (node: number, lane: number): void => {
      const task = nodes[node]!.task!;
      const end = now + estimateHours(task);
      bars.push({ task: task.id, lane, start: now, end, manual: modes.get(task.id) === 'manual' });
      running.push({ node, end, lane });
    };
    while (free.length > 0 && places.worktree.length > 0) begin(places.worktree.shift()!, free.shift()!);
    if (places.tree.length > 0 && !running.some((each) => each.lane === 0)) begin(places.tree.shift()!, 0);
    if (running.length === 0) break;
    now = Math.min(...running.map((each) => each.end));
    for (const done of running.filter((each) => each.end === now)) {
      running.splice(running.indexOf(done), 1);
      if (done.lane > 0) free.push(done.lane);
      for (const after of nodes[done.node]?.after ?? []) if (--waiting[after]! === 0) arrive(after);
    }
    free.sort((a, b) => a - b);
  }
  const ends = new Map(bars.map((bar) => [bar.task, bar.end]));
  const pauses = document.stories
    .filter((story) => story.pause_after && story.tasks.length > 0 && story.tasks.every((task) => ends.has(task.id)))
    .map((story) => ({ story: story.id, at: Math.max(...story.tasks.map((task) => ends.get(task.id) ?? 0)) }));
  return { bars, hours: now, pauses, lanes: Math.max(1, maxParallel) };
}

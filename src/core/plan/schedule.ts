/**
 * What could run together: order, waves, critical path and hours of a plan's dependency graph.
 * The document is not touched.
 */
import { naturalOrder } from '../../base/natural-order.js';
import { eachTask, type PlanDocument, type Problem, type Task } from '../model/plan.js';
import { buildGraph } from './graph.js';

export interface Schedule {
  /** Every task once. Those that wait in a ring stand at the end, in natural order of their ids. */
  order: string[];
  /** Tasks that could run together once all earlier waves are done. Tasks of a ring are in none. */
  waves: string[][];
  /** The longest chain by hours, in order. */
  critical: string[];
  /** Sum of all estimates. */
  hours: number;
  /** Length of the critical path: what remains with any number of hands. */
  spanHours: number;
  /** Hours by task id. */
  estimates: Record<string, number>;
  /** Rings, unknown and doubled ids. */
  problems: Problem[];
}

/**
 * Kahn (1962) with ties in natural order of ids; O((tasks + edges) log tasks).
 * Never throws: what cannot be ordered is a problem.
 */
export function schedule(document: PlanDocument): Schedule {
  const { nodes, tasks, problems } = buildGraph(document);
  const rank = new Map([...tasks.keys()].sort(naturalOrder).map((id, at) => [id, at]));
  const estimates: Record<string, number> = {};
  const weight = (node: number): number => {
    const task = nodes[node]?.task;
    return task ? (estimates[task.id] ??= estimateHours(task)) : 0;
  };

  const waiting = nodes.map((node) => node.before.length);
  const wave = new Int32Array(nodes.length); // of a gate: of the wave that has to be done
  const finish = new Float64Array(nodes.length);
  const longest = new Int32Array(nodes.length).fill(-1);
  const ready = createHeap((node) => rank.get(nodes[node]?.id ?? '') ?? 0);
  const gates: number[] = [];
  const enqueue = (node: number) => (nodes[node]?.task ? ready.push(node) : gates.push(node));
  waiting.forEach((count, node) => {
    if (count === 0) enqueue(node);
  });

  const order: string[] = [];
  const waves: string[][] = [];
  let last = -1;
  for (let node = gates.pop() ?? ready.pop(); node !== undefined; node = gates.pop() ?? ready.pop()) {
    const current = nodes[node];
    if (!current) break;
    let start = 0;
    let depth = 0;
    for (const before of current.before) {
      depth = Math.max(depth, wave[before] ?? 0);
      if ((finish[before] ?? 0) > start || longest[node] === -1) [start, longest[node]] = [finish[before] ?? 0, before];
    }
    finish[node] = start + weight(node);
    wave[node] = depth;
    if (current.task) {
      order.push(current.id);
      (waves[depth] ??= []).push(current.id);
      wave[node] = depth + 1;
    }
    if (last === -1 || (finish[node] ?? 0) > (finish[last] ?? 0)) last = node;
    for (const next of current.after) if (--waiting[next]! === 0) enqueue(next);
  }

  const ordered = new Set(order);
  const stuck = [...tasks.keys()].filter((id) => !ordered.has(id)).sort(naturalOrder);
  const critical: string[] = [];
  for (let node = last; node >= 0; node = longest[node] ?? -1)
    if (nodes[node]?.task) critical.push(nodes[node]?.id ?? '');
  let hours = 0;
  for (const node of tasks.values()) hours += weight(node);
  return {
    order: [...order, ...stuck],
    waves,
    critical: critical.reverse(),
    hours,
    spanHours: last < 0 ? 0 : (finish[last] ?? 0),
    estimates,
    problems,
  };
}

const hoursByWord: Readonly<Record<string, number>> = {
  design: 2,
  plan: 2,
  specify: 2,
  discover: 2,
  discovery: 2,
  map: 2,
  implement: 4,
  build: 4,
  create: 4,
  migrate: 4,
  add: 4,
  test: 3,
  tests: 3,
  verify: 3,
  validate: 3,
  validation: 3,
  document: 1,
  documentation: 1,
  docs: 1,
  describe: 1,
};

/** The task's own estimate, else by the first telling word of its title; 4 hours when none tells. */
export function estimateHours(task: Pick<Task, 'title' | 'estimate'>): number {
  if (task.estimate !== undefined) return task.estimate;
  for (const word of task.title.toLowerCase().match(/[a-z]+/g) ?? []) {
    const hours = Object.hasOwn(hoursByWord, word) ? hoursByWord[word] : undefined;
    if (hours !== undefined) return hours;
  }
  return 4;
}

/** A flowchart with a box per story and an arrow per dependency. */
export function toMermaid(document: PlanDocument): string {
  const name = new Map<string, string>();
  for (const { task } of eachTask(document)) if (!name.has(task.id)) name.set(task.id, `t${name.size + 1}`);
  const storyName = new Map<string, string>();
  for (const story of document.stories) if (!storyName.has(story.id)) storyName.set(story.id, `s${storyName.size + 1}`);
  const critical = new Set(schedule(document).critical);
  const lines = ['flowchart LR'];
  for (const story of document.stories) {
    lines.push(`  subgraph ${storyName.get(story.id)}["${label(`${story.id} ${story.title}`)}"]`);
    for (const task of story.tasks) lines.push(`    ${name.get(task.id)}["${label(`${task.id} ${task.title}`)}"]`);
    lines.push('  end');
  }
  for (const story of document.stories)
    for (const id of story.depends_on)
      if (storyName.has(id)) lines.push(`  ${storyName.get(id)} --> ${storyName.get(story.id)}`);
  for (const { task } of eachTask(document))
    for (const id of task.depends_on) if (name.has(id)) lines.push(`  ${name.get(id)} --> ${name.get(task.id)}`);
  if (critical.size > 0) {
    lines.push('  classDef critical stroke-width:3px');
    lines.push(`  class ${[...critical].map((id) => name.get(id)).join(',')} critical`);
  }
  return `${lines.join('\n')}\n`;
}

/** Mermaid reads entities by number; quotes, brackets, HTML and line ends would end the label or be drawn as markup. */
const label = (text: string): string =>
  text.replace(/[\r\n]+/g, ' ').replace(/[#"<>&`;[\]{}|\\]/g, (char) => `#${char.charCodeAt(0)};`);

interface Heap {
  push(node: number): void;
  pop(): number | undefined;
}

/** Binary heap, least key first. */
function createHeap(keyOf: (node: number) => number): Heap {
  const items: { key: number; node: number }[] = [];
  const key = (at: number): number => items[at]?.key ?? Number.POSITIVE_INFINITY;
  const swap = (a: number, b: number): void => {
    [items[a], items[b]] = [items[b]!, items[a]!];
  };
  return {
    push(node) {
      items.push({ key: keyOf(node), node });
      for (let at = items.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (key(parent) <= key(at)) break;
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      const top = items[0];
      const end = items.pop();
      if (!top || !end) return undefined;
      if (items.length > 0) {
        items[0] = end;
        for (let at = 0; ; ) {
          const left = 2 * at + 1;
          const least = key(left + 1) < key(left) ? left + 1 : left;
          if (key(least) >= key(at)) break;
          swap(at, least);
          at = least;
        }
      }
      return top.node;
    },
  };
}

/**
 * The dependency graph of a plan. Each story has a gate before its tasks and one after them, so that "all of story B
 * after all of story A" costs as many edges as there are tasks, not their product.
 */
import { naturalOrder } from '../../base/natural-order.js';
import type { PlanDocument, Problem, Task } from '../model/plan.js';
import { problem } from './problems.js';

export interface GraphNode {
  /** Task id, or the story's id for a gate. */
  id: string;
  task?: Task;
  /** Indices of nodes that must come before. */
  before: number[];
  after: number[];
}

export interface Graph {
  nodes: GraphNode[];
  /** Index of each task's node; the first of two tasks with one id. */
  tasks: Map<string, number>;
  problems: Problem[];
}

export function buildGraph(document: PlanDocument): Graph {
  const nodes: GraphNode[] = [];
  const tasks = new Map<string, number>();
  const stories = new Map<string, { enter: number; leave: number; at: number }>();
  const problems: Problem[] = [];
  const add = (node: Pick<GraphNode, 'id' | 'task'>): number => nodes.push({ ...node, before: [], after: [] }) - 1;
  const edge = (from: number, to: number): void => {
    nodes[from]?.after.push(to);
    nodes[to]?.before.push(from);
  };

  document.stories.forEach((story, at) => {
    if (stories.has(story.id)) return; // a duplicate is a problem of its own; its tasks still stand below
    stories.set(story.id, { enter: add({ id: story.id }), leave: add({ id: story.id }), at });
  });
  document.stories.forEach((story) => {
    const gates = stories.get(story.id);
    for (const task of story.tasks) {
      if (tasks.has(task.id)) continue;
      const node = add({ id: task.id, task });
      tasks.set(task.id, node);
      if (gates) {
        edge(gates.enter, node);
        edge(node, gates.leave);
      }
    }
    if (gates && story.tasks.length === 0) edge(gates.enter, gates.leave);
  });

  const ringOfStories = storyRings(document, problems);
  const linked = new Set<string>();
  document.stories.forEach((story, s) => {
    const gates = stories.get(story.id);
    story.depends_on.forEach((id, d) => {
      const path = `stories[${s}].depends_on[${d}]`;
      const other = stories.get(id);
      if (!other)
        problems.push(
          dangling(
            path,
            story.id,
            id,
            tasks.has(id) ? `Story ${story.id} depends on the task ${id}; a story depends on stories.` : undefined,
          ),
        );
      else if (gates && gates.at === s && !ringOfStories(story.id, id) && !linked.has(`${id}\n${story.id}`)) {
        linked.add(`${id}\n${story.id}`);
        edge(other.leave, gates.enter);
      }
    });
    story.tasks.forEach((task, t) => {
      const node = tasks.get(task.id);
      task.depends_on.forEach((id, d) => {
        const path = `stories[${s}].tasks[${t}].depends_on[${d}]`;
        const other = tasks.get(id);
        if (other === undefined)
          problems.push(
            dangling(
              path,
              task.id,
              id,
              stories.has(id) ? `Task ${task.id} depends on the story ${id}; a task depends on tasks.` : undefined,
            ),
          );
        else if (node !== undefined && nodes[node]?.task === task && !linked.has(`${id}\n${task.id}`)) {
          linked.add(`${id}\n${task.id}`);
          edge(other, node);
        }
      });
    });
  });
  for (const ring of ringsOf(nodes.length, (node) => nodes[node]?.after ?? [])) {
    const members = ring
      .map((node) => nodes[node]?.id ?? '')
      .filter((id, i, all) => id !== all[(i + all.length - 1) % all.length] || all.length === 1);
    problems.push(cycle(members, document));
  }
  // The edges of a ring of stories were left out above; its stories wait for ever all the same.
  for (const [id, gates] of stories) if (ringOfStories(id, id)) edge(gates.enter, gates.enter);
  return { nodes, tasks, problems };
}

const dangling = (path: string, subject: string, id: string, message?: string): Problem =>
  problem('dangling-dependency', path, message ?? `${subject} depends on ${id}, which is not in the plan.`, {
    subject,
    params: { missing: id },
  });

function cycle(members: readonly string[], document: PlanDocument): Problem {
  // Begin with the smallest, so that the same ring always reads the same.
  const first = members.reduce((least, id, at) => (naturalOrder(id, members[least] ?? '') < 0 ? at : least), 0);
  const turned = [...members.slice(first), ...members.slice(0, first)];
  const ring = [...turned, turned[0] ?? ''].join(' → ');
  const subject = turned[0] ?? '';
  return problem('cycle', pathOf(document, subject), `These wait for one another and could never start: ${ring}.`, {
    subject,
    params: { ring },
  });
}

function pathOf(document: PlanDocument, id: string): string {
  for (const [s, story] of document.stories.entries()) {
    if (story.id === id) return `stories[${s}].depends_on`;
    for (const [t, task] of story.tasks.entries()) if (task.id === id) return `stories[${s}].tasks[${t}].depends_on`;
  }
  return 'stories';
}

/** Cycles among stories themselves, reported; the answer says whether an edge between two stories lies in one. */
function storyRings(document: PlanDocument, problems: Problem[]): (a: string, b: string) => boolean {
  const index = new Map<string, number>();
  for (const story of document.stories) if (!index.has(story.id)) index.set(story.id, index.size);
  const ids = [...index.keys()];
  const after: number[][] = ids.map(() => []);
  for (const story of document.stories)
    for (const id of story.depends_on) {
      const from = index.get(id);
      const to = index.get(story.id);
      if (from !== undefined && to !== undefined) after[from]?.push(to);
    }
  const group = new Map<string, number>();
  const { components } = strongComponents(ids.length, (node) => after[node] ?? []);
  components.forEach((members, number) => {
    if (members.length === 1 && !after[members[0] ?? 0]?.includes(members[0] ?? 0)) return;
    for (const member of members) group.set(ids[member] ?? '', number);
  });
  for (const ring of ringsOf(ids.length, (node) => after[node] ?? []))
    problems.push(
      cycle(
        ring.map((node) => ids[node] ?? ''),
        document,
      ),
    );
  return (a, b) => group.has(a) && group.get(a) === group.get(b);
}

/** One shortest ring out of every knot, in the direction "is needed by", reversed to read "needs". */
function ringsOf(size: number, after: (node: number) => readonly number[]): number[][] {
  const rings: number[][] = [];
  const { components, of } = strongComponents(size, after);
  for (const members of components) {
    const start = members[0];
    if (start === undefined || (members.length === 1 && !after(start).includes(start))) continue;
    const from = new Map<number, number>();
    const queue = [start];
    let end: number | undefined;
    for (let at = 0; at < queue.length && end === undefined; at++) {
      const node = queue[at];
      if (node === undefined) break;
      for (const next of after(node)) {
        if (next === start) {
          end = node;
          break;
        }
        if (of[next] === of[start] && !from.has(next)) {
          from.set(next, node);
          queue.push(next);
        }
      }
    }
    const ring: number[] = [];
    for (let node = end; node !== undefined && node !== start; node = from.get(node)) ring.push(node);
    rings.push([start, ...ring]); // walking back from the end reads "needs"
  }
  return rings;
}

/** Tarjan (1972), without recursion: a chain of 10,000 tasks must not exhaust the stack. */
function strongComponents(
  size: number,
  after: (node: number) => readonly number[],
): { components: number[][]; of: Int32Array } {
  const order = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const of = new Int32Array(size).fill(-1);
  const stack: number[] = [];
  const components: number[][] = [];
  let counter = 0;
  for (let root = 0; root < size; root++) {
    if (order[root] !== -1) continue;
    const work: { node: number; next: number }[] = [{ node: root, next: 0 }];
    while (work.length > 0) {
      const frame = work[work.length - 1];
      if (!frame) break;
      const { node } = frame;
      if (order[node] === -1) {
        order[node] = low[node] = counter++;
        stack.push(node);
      }
      const neighbours = after(node);
      let descended = false;
      while (frame.next < neighbours.length) {
        const next = neighbours[frame.next++] ?? 0;
        if (order[next] === -1) {
          work.push({ node: next, next: 0 });
          descended = true;
          break;
        }
        if (of[next] === -1) low[node] = Math.min(low[node] ?? 0, order[next] ?? 0);
      }
      if (descended) continue;
      work.pop();
      const parent = work[work.length - 1]?.node;
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] === order[node]) {
        const members: number[] = [];
        let member: number | undefined;
        do {
          member = stack.pop();
          if (member === undefined) break;
          of[member] = components.length;
          members.push(member);
        } while (member !== node);
        components.push(members.reverse());
      }
    }
  }
  return { components, of };
}

/**
 * Where the graph puts tasks and stories: left to right in the schedule's waves, each story a box around its tasks.
 * Pure; laid out by dagre.
 */
import dagre from '@dagrejs/dagre';
import type { PlanDocument } from '../../src/core/model/plan.js';

export const NODE_WIDTH = 216;
export const NODE_HEIGHT = 64;
const STORY_HEAD = 24;
const PAD = 12;
const GAP = 14;
const COLUMN = NODE_WIDTH + 2 * PAD + 32;

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface GraphLayout {
  tasks: (Box & { story: string; wave: number })[];
  stories: Box[];
  /** Between tasks, and between stories (whose dependencies hold for all their tasks). */
  edges: { id: string; from: string; to: string; kind: 'task' | 'story'; critical: boolean }[];
}

export function layoutPlan(
  document: PlanDocument,
  waves: readonly (readonly string[])[],
  critical: readonly string[],
): GraphLayout {
  const graph = new dagre.graphlib.Graph({ compound: true });
  graph.setGraph({ rankdir: 'LR', nodesep: GAP, ranksep: 28, marginx: PAD, marginy: PAD });
  graph.setDefaultEdgeLabel(() => ({}));

  const storyOf = new Map<string, string>();
  for (const story of document.stories) {
    graph.setNode(story.id, {});
    for (const task of story.tasks) {
      storyOf.set(task.id, story.id);
      graph.setNode(task.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
      graph.setParent(task.id, story.id);
    }
  }
  const waveOf = new Map(waves.flatMap((ids, wave) => ids.map((id) => [id, wave] as const)));
  const onPath = new Set(critical.slice(1).map((id, at) => `${critical[at]}→${id}`));
  const edges: GraphLayout['edges'] = [];
  const known = new Set(document.stories.map((story) => story.id));

  for (const story of document.stories) {
    for (const task of story.tasks)
      for (const from of task.depends_on) {
        if (!storyOf.has(from)) continue; // a dangling one is a problem in the list
        const id = `${from}→${task.id}`;
        edges.push({ id, from, to: task.id, kind: 'task', critical: onPath.has(id) });
        graph.setEdge(from, task.id, { weight: onPath.has(id) ? 4 : 2 });
      }
    for (const from of story.depends_on) {
      if (!known.has(from)) continue;
      const before = document.stories.find((each) => each.id === from);
      const jumps = before
        ? ends(before.tasks).flatMap((end) => starts(story.tasks).map((begin) => [end, begin] as const))
        : [];
      for (const [end, begin] of jumps) if (!graph.hasEdge(end, begin)) graph.setEdge(end, begin, { weight: 1 });
      edges.push({
        id: `${from}→${story.id}`,
        from,
        to: story.id,
        kind: 'story',
        critical: jumps.some(([end, begin]) => onPath.has(`${end}→${begin}`)),
      });
    }
  }
  dagre.layout(graph);

  const tasks = [...storyOf].map(([id, story]) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return {
      id,
      story,
      wave: waveOf.get(id) ?? -1,
      x: x - NODE_WIDTH / 2,
      y: y - NODE_HEIGHT / 2,
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
    };
  });
  if (tasks.every((task) => task.wave >= 0)) toColumns(tasks);
  spread(tasks);
  const stories = document.stories
    .filter((story) => story.tasks.length > 0)
    .map((story) =>
      around(
        story.id,
        tasks.filter((task) => task.story === story.id),
      ),
    );
  return { tasks, stories, edges };
}

/**
 * dagre moves a task right as far as its successors let it;
 * here a column is a wave, so that what can run together stands together.
 */
function toColumns(tasks: GraphLayout['tasks']): void {
  const bottoms = new Map<string, number>();
  for (const task of tasks.toSorted((a, b) => a.y - b.y)) {
    task.x = PAD + task.wave * COLUMN;
    const cell = `${task.story}/${task.wave}`;
    task.y = Math.max(task.y, (bottoms.get(cell) ?? -Infinity) + GAP);
    bottoms.set(cell, task.y + NODE_HEIGHT);
  }
}

/** A story's box needs room for its head, and boxes that share columns may not overlap: lower ones move down. */
function spread(tasks: GraphLayout['tasks']): void {
  const byStory = new Map<string, GraphLayout['tasks']>();
  for (const task of tasks) byStory.set(task.story, [...(byStory.get(task.story) ?? []), task]);
  const boxes = [...byStory]
    .map(([story, own]) => ({ story, own, box: around(story, own) }))
    .sort((a, b) => a.box.y - b.box.y || a.box.x - b.box.x);
  const placed: Box[] = [];
  for (const { story, own, box } of boxes) {
    let down = 0;
    for (const other of placed) {
      const sharesColumns = other.x < box.x + box.width + PAD && box.x < other.x + other.width + PAD;
      const overlaps = other.y < box.y + down + box.height + PAD && box.y + down < other.y + other.height + PAD;
      if (sharesColumns && overlaps) down = other.y + other.height + PAD - box.y;
    }
    for (const task of own) task.y += down;
    placed.push(around(story, own));
  }
}

function around(id: string, tasks: readonly Box[]): Box {
  const left = Math.min(...tasks.map((task) => task.x)) - PAD;
  const top = Math.min(...tasks.map((task) => task.y)) - PAD - STORY_HEAD;
  const right = Math.max(...tasks.map((task) => task.x + task.width)) + PAD;
  const bottom = Math.max(...tasks.map((task) => task.y + task.height)) + PAD;
  return { id, x: left, y: top, width: right - left, height: bottom - top };
}

type Linked = { id: string; depends_on: string[] };
/** Tasks that wait for no other of their story, and those that no other waits for. */
const starts = (tasks: readonly Linked[]): string[] =>
  tasks.filter((task) => !task.depends_on.some((id) => tasks.some((other) => other.id === id))).map((task) => task.id);
const ends = (tasks: readonly Linked[]): string[] =>
  tasks.filter((task) => !tasks.some((other) => other.depends_on.includes(task.id))).map((task) => task.id);

/**
 * What a run's tasks and stories wait for, as counts: readiness costs O(edges) over the whole run.
 * A story stands for all its tasks and, where it has one, its own check, which is an item like a task.
 */
import type { EventOf } from '../../model/event.js';
import { storyCheckId } from '../../model/plain/story-check.js';

export interface Item {
  /** Of the task, or of the story's check. */
  id: string;
  kind: 'task' | 'story-check';
  story: string;
  /** Place in the plan's order; a check comes after the last task of its story. */
  order: number;
}

export interface Graph {
  /** Items whose dependencies have all ended, in plan order. Takes them out. */
  ready(): Item[];
  /**
   * The item ended; `blocker` = the id that keeps what depends on it from starting.
   * Gives the stories that ended well with it, their checks included.
   */
  settle(item: Item, blocker: string | undefined): string[];
  /** What keeps a ready item from starting. */
  blockerOf(item: Item): string | undefined;
}

export function createGraph(created: Pick<EventOf<'run-created'>, 'tasks' | 'stories'>): Graph {
  const waits = new Map<string, number>();
  const unlocks = new Map<string, string[]>();
  const blockers = new Map<string, string>();
  const items = new Map<string, Item>();
  const stories = new Map(created.stories.map((story) => [story.id, story]));
  let ready: Item[] = [];

  const task = (id: string) => `t:${id}`;
  const end = (story: string) => `s:${story}`;
  const check = (story: string) => `c:${story}`;
  const edge = (from: string, to: string) => {
    waits.set(to, (waits.get(to) ?? 0) + 1);
    const list = unlocks.get(from);
    if (list) list.push(to);
    else unlocks.set(from, [to]);
  };

  created.tasks.forEach((one, order) => items.set(task(one.id), { id: one.id, kind: 'task', story: one.story, order }));
  const inRun = new Set(created.tasks.map((one) => one.story));
  for (const one of created.tasks) {
    const story = stories.get(one.story);
    for (const dependency of new Set(one.dependsOn))
      if (items.has(task(dependency))) edge(task(dependency), task(one.id));
    for (const dependency of new Set(story?.dependsOn))
      if (inRun.has(dependency) || stories.get(dependency)?.check) edge(end(dependency), task(one.id));
    if (!story) continue;
    edge(task(one.id), story.check ? check(story.id) : end(story.id));
    if (story.check)
      items.set(check(story.id), {
        id: storyCheckId(story.id),
        kind: 'story-check',
        story: story.id,
        order: (items.get(task(one.id))?.order ?? 0) + 0.5,
      });
  }
  // A story whose tasks were done in an earlier run, but not its check.
  for (const story of created.stories) {
    if (!story.check) continue;
    if (!items.has(check(story.id)))
      items.set(check(story.id), { id: storyCheckId(story.id), kind: 'story-check', story: story.id, order: -1 });
    edge(check(story.id), end(story.id));
  }
  for (const [node, item] of items) if (!waits.get(node)) ready.push(item);

  /** Of several that failed, the first in the plan is named, whichever failed first. */
  const ranks = new Map([...items.values()].map((item) => [item.id, item.order]));
  const rank = (id: string | undefined) => (id === undefined ? undefined : ranks.get(id)) ?? Number.POSITIVE_INFINITY;
  const nodeOf = (item: Item) => (item.kind === 'task' ? task(item.id) : check(item.story));
  const release = (node: string, blocker: string | undefined, ended: string[]): string[] => {
    for (const next of unlocks.get(node) ?? []) {
      const left = (waits.get(next) ?? 1) - 1;
      waits.set(next, left);
      if (blocker !== undefined && rank(blocker) < rank(blockers.get(next))) blockers.set(next, blocker);
      if (left > 0) continue;
      const item = items.get(next);
      if (item) ready.push(item);
      else {
        const story = blockers.get(next);
        if (story === undefined) ended.push(next.slice(2));
        release(next, story, ended);
      }
    }
    return ended;
  };
  return {
    ready() {
      const now = ready.sort((a, b) => a.order - b.order);
      ready = [];
      return now;
    },
    settle: (item, blocker) => release(nodeOf(item), blocker, []),
    blockerOf: (item) => blockers.get(nodeOf(item)),
  };
}

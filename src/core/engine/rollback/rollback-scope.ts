/**
 * What a rollback is about: the tasks it takes back, those that build on them, and the
 * writes and commits of theirs that still stand.
 */
import { OpenExecError } from '../../errors.js';
import type { EventOf } from '../../model/event.js';
import type { CommitRecord, FileImage } from '../../model/records.js';
import { ROLLBACK_TASK, type RollbackTarget } from '../../model/rollback.js';
import { taskState, type RunState, type TaskState } from '../../model/run.js';
import { storyCheckId, storyOfCheck } from '../../model/plain/story-check.js';
import type { Root } from '../../model/primitives.js';
import type { Store } from '../../ports/ports.js';

export interface Scope {
  /** Tasks of the run that are no longer done afterwards, in schedule order. */
  tasks: TaskState[];
  /**
   * Tasks of the run that build on what is rolled back, in schedule order; `tasks` holds them too unless they are kept.
   */
  dependents: TaskState[];
  /** In order of writing. */
  images: FileImage[];
  commits: CommitRecord[];
}

/** Tasks that have anything of theirs in the tree, or count as done on it. */
const touched = (task: TaskState, written: ReadonlySet<string>): boolean =>
  task.status === 'done' || written.has(task.id);

/** Errors: task-not-found, step-not-found, nothing-to-roll-back. */
export async function rollbackScope(
  store: Store,
  root: Root,
  run: { state: RunState; created: EventOf<'run-created'> },
  target: RollbackTarget,
): Promise<Scope> {
  const { state, created } = run;
  const named = target.step === undefined ? target.task : taskOfStep(state.run, target.step);
  if (named !== undefined && !taskState(state, named)) throw new OpenExecError('task-not-found', { task: named });
  if (target.step !== undefined && !(await store.step(target.step)))
    throw new OpenExecError('step-not-found', { step: target.step });
  const standing = await standingImages(store, root, state.run);
  const written = new Set(standing.map((image) => image.task));
  const dependents =
    named === undefined
      ? []
      : [...dependentsOf(created, [named])]
          .flatMap((id) => taskState(state, id) ?? [])
          .filter((task) => touched(task, written));
  const also = new Set(target.dependents === 'with' ? dependents.map((task) => task.id) : []);
  const images = standing.filter((image) => {
    if (named === undefined || also.has(image.task)) return true;
    return image.task === named && (target.step === undefined || image.changeSet.startsWith(`${target.step}/`));
  });
  const own = new Set(images.map((image) => image.task));
  const inScope = (task: TaskState): boolean => named === undefined || task.id === named || also.has(task.id);
  const tasks = [...state.tasks.values(), ...state.checks.values()].filter(
    (task) => inScope(task) && touched(task, own),
  );
  if (images.length === 0 && (tasks.length === 0 || target.step !== undefined))
    throw new OpenExecError('nothing-to-roll-back', {});
  return { tasks, dependents, images, commits: await commitsOf(store, state.run, images) };
}

const taskOfStep = (run: string, step: string): string =>
  step.startsWith(`${run}/`) ? (step.slice(run.length + 1).split('/')[0] ?? '') : '';

/** Writes of the run in the person's tree that no rollback took back, in order of writing. */
export async function standingImages(store: Store, root: Root, run: string): Promise<FileImage[]> {
  const images = (await store.fileImages(run)).filter(
    (image) => image.root === root && image.task !== ROLLBACK_TASK && image.undone === undefined,
  );
  const begun = new Map<string, boolean>();
  for (const image of images) {
    if (image.written !== undefined || begun.has(image.changeSet)) continue;
    // One that failed wrote nothing; one that was cut off may have.
    begun.set(image.changeSet, (await store.changeSet(image.changeSet))?.status === 'applying');
  }
  return images.filter((image) => image.written !== undefined || begun.get(image.changeSet) === true);
}

/**
 * Everything that builds on these tasks and is none of them, near and far, in schedule order:
 * a story that waits for another waits for all its tasks, and its check for its own.
 */
export function dependentsOf(
  plan: Pick<EventOf<'run-created'>, 'tasks' | 'stories'>,
  starts: readonly string[],
): Set<string> {
  const own = new Set(starts);
  const stories = new Map(plan.stories.map((story) => [story.id, story.dependsOn]));
  const waiters = new Map<string, string[]>();
  const members = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string) => {
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  };
  for (const one of plan.tasks) {
    for (const dependency of one.dependsOn) add(waiters, `t:${dependency}`, one.id);
    add(members, one.story, one.id);
  }
  for (const [story, dependsOn] of stories) for (const dependency of dependsOn) add(waiters, `s:${dependency}`, story);
  const storyOf = new Map(plan.tasks.map((one) => [one.id, one.story]));
  const found = new Set<string>();
  const queue = [...starts];
  const seenStories = new Set<string>();
  for (const id of queue) {
    const story = storyOf.get(id) ?? storyOfCheck(id) ?? '';
    const next = [...(waiters.get(`t:${id}`) ?? [])];
    if (!seenStories.has(story)) {
      seenStories.add(story);
      for (const waiting of waiters.get(`s:${story}`) ?? []) next.push(...(members.get(waiting) ?? []));
    }
    for (const one of next) {
      if (own.has(one) || found.has(one)) continue;
      found.add(one);
      queue.push(one);
    }
  }
  for (const story of seenStories) if (!own.has(storyCheckId(story))) found.add(storyCheckId(story));
  const order = new Map(
    [...plan.tasks.map((one) => one.id), ...plan.stories.map((story) => storyCheckId(story.id))].map((id, index) => [
      id,
      index,
    ]),
  );
  return new Set([...found].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)));
}

/** A commit of a task holds what the task had written when it was made. Oldest first. */
async function commitsOf(store: Store, run: string, images: readonly FileImage[]): Promise<CommitRecord[]> {
  const found: CommitRecord[] = [];
  for (const commit of await store.commits(run)) {
    if (commit.key.includes(`/${ROLLBACK_TASK}/`)) continue;
    const holds = await holdsImage(store, commit);
    if (images.some(holds)) found.push(commit);
  }
  return found;
}

export async function holdsImage(
  store: Pick<Store, 'step'>,
  commit: CommitRecord,
): Promise<(image: FileImage) => boolean> {
  const order = (await store.step(commit.key))?.order;
  return (image) => image.task === commit.task && (order === undefined ? image.at <= commit.at : image.order < order);
}

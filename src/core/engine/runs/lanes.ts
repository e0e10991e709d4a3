/**
 * Who works where. The person's tree is one task's at a time; tasks of parallel stories work in worktrees until it is
 * their turn to merge, in plan order among those that are at work. Whoever has the tree keeps it until it ends.
 */
import { deferred, type Deferred } from '../../../base/deferred.js';
import type { GitState } from '../../ports/ports.js';
import type { Item } from './graph.js';
import type { Lane } from '../places/place.js';
import type { RunPart } from '../../record/live-run.js';

interface OpenLane {
  item: Item;
  /** Its worktree is made, or needs no commit to be made of. */
  based: boolean;
  /** Waits for the tree. */
  turn?: Deferred<void>;
  /** It is done with the tree, or does not want it. */
  left?: boolean;
}

export interface Lanes {
  readonly free: boolean;
  /** Whether the item may take the tree: nobody has it, and no earlier merge waits for it. */
  treeFree(item: Item): boolean;
  takeTree(item: Item): Promise<void>;
  open(item: Item): Lane;
  /** The item is done with the tree, and its end is handed in: the next merge may have it. */
  leaveTree(item: Item): void;
  /** The item ended: what it had is free. */
  release(item: Item): void;
  /** Gives the tree to the merge whose turn it is. */
  grant(): void;
}

/**
 * `changed`: called when somebody waits. `toCome`: whether more worktrees may be made later.
 * `holder`: who had the tree when the run was cut off, and has it still.
 */
export function createLanes(
  run: RunPart<'id' | 'root' | 'signals', 'git'>,
  input: { maxParallel: number; holder: string | undefined; changed(): void; toCome(): boolean },
): Lanes {
  const open = new Map<string, OpenLane>();
  let holder = input.holder;
  /**
   * The tree as it stood when it was taken:
   * everything that a worktree made meanwhile depends on is in it, and nothing half done.
   */
  let standing: Promise<string> | undefined;
  const reading = new Set<Promise<string>>();
  /** Their end is on its way to the store: a merge may begin behind it, another task may not. */
  const leaving = new Set<string>();

  const snapshot = (): Promise<string> => {
    const taken = run.ports.git
      .snapshot(run.root, `OpenExec ${run.id}: the tree as it stood`, run.signals.signal)
      .then(({ sha }) => sha);
    reading.add(taken);
    taken.then(
      () => reading.delete(taken),
      () => reading.delete(taken),
    ); // who asked for it hears of a failure
    return taken;
  };
  const firstOpen = (): OpenLane | undefined => {
    let first: OpenLane | undefined;
    for (const lane of open.values()) if (!lane.left && (!first || lane.item.order < first.item.order)) first = lane;
    return first;
  };
  const take = (id: string) => {
    holder = id;
    const needed = input.toCome() || [...open.values()].some((lane) => !lane.based);
    standing = needed ? ([...reading].at(-1) ?? snapshot()) : undefined;
  };
  /** Nothing is written to the tree while it is read. */
  const untilRead = async () => void (await Promise.allSettled(reading));

  return {
    get free() {
      return open.size < input.maxParallel;
    },
    treeFree(item) {
      const first = firstOpen();
      return (
        holder === item.id ||
        (holder === undefined && leaving.size === 0 && !(first?.turn && first.item.order < item.order))
      );
    },
    async takeTree(item) {
      take(item.id);
      await untilRead();
    },
    open(item) {
      const lane: OpenLane = { item, based: false };
      open.set(item.id, lane);
      return {
        worktrees: new Set(),
        base() {
          lane.based = true;
          return standing ?? snapshot();
        },
        async enterTree() {
          if (holder === item.id) return;
          lane.based = true;
          lane.turn = deferred<void>();
          input.changed();
          await run.signals.interruptible(lane.turn.promise);
          await untilRead();
        },
      };
    },
    leaveTree(item) {
      const lane = open.get(item.id);
      if (lane) lane.left = true;
      if (holder !== item.id) return;
      holder = standing = undefined;
      leaving.add(item.id);
      input.changed();
    },
    release(item) {
      this.leaveTree(item);
      leaving.delete(item.id);
      open.delete(item.id);
    },
    grant() {
      if (holder !== undefined) return;
      const first = firstOpen();
      if (!first?.turn) return;
      take(first.item.id);
      first.turn.resolve();
    },
  };
}

/** `git`: absent where commits are off. */
export function whyNotBeside(git: GitState | undefined): string | undefined {
  if (!git) return 'commits are off';
  if (git.kind === 'missing') return 'git was not found';
  if (git.kind === 'none') return 'the folder is not a git repository';
  return git.head === null ? 'there is no first commit yet' : undefined;
}

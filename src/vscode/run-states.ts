/** Runs folded from their events, each followed from the moment it is asked for. */
import type { OpenExec } from '../core/facade.js';
import type { RunEvent } from '../core/model/event.js';
import type { RunState } from '../core/model/run.js';
import { createFeed, type Feed } from '../core/view/feed.js';

export type Fold = { emptyRun(run: string): RunState; applyEvent(state: RunState, event: RunEvent): RunState };

export interface RunStates {
  /** Folded state; undefined until its events were read. */
  get(run: string): RunState | undefined;
  /** Follows a run from now on; its state is told once its history was read. */
  follow(run: string): Feed;
  /** Runs that are not there any more are forgotten. */
  keep(there: (run: string) => boolean): void;
  dispose(): void;
}

export function createRunStates(
  openexec: OpenExec,
  fold: Fold,
  onChange: (run: string, tasks: ReadonlySet<string>) => void,
  onError: (error: unknown) => void,
): RunStates {
  const states = new Map<string, RunState>();
  const feeds = new Map<string, Feed>();
  return {
    get: (run) => states.get(run),
    follow(run) {
      const known = feeds.get(run);
      if (known) {
        if (!states.has(run)) void known.start(); // a first reading that failed is tried again
        return known;
      }
      const state = fold.emptyRun(run);
      const feed = createFeed({
        fetch: (after, limit) => openexec.request('run/events', { run, after, limit }),
        onEvents(events) {
          const touched = new Set<string>();
          for (const event of events) {
            fold.applyEvent(state, event);
            for (const task of tasksOf(event, state)) touched.add(task);
          }
          if (states.has(run)) onChange(run, touched);
        },
        onCaughtUp() {
          states.set(run, state);
          onChange(run, new Set(state.tasks.keys()));
        },
        onError,
      });
      feeds.set(run, feed);
      void feed.start();
      return feed;
    },
    keep(there) {
      for (const [run, feed] of feeds) {
        if (there(run)) continue;
        feed.stop();
        feeds.delete(run);
        states.delete(run);
      }
    },
    dispose() {
      for (const feed of feeds.values()) feed.stop();
    },
  };
}

/** Rows that an event may have changed: its own task, and those that wait for it. */
function tasksOf(event: RunEvent, state: RunState): Set<string> {
  if (!('task' in event) || event.task === undefined)
    return new Set(event.type.startsWith('run-') ? state.tasks.keys() : []);
  const touched = new Set([event.task]);
  if (event.type === 'task-changed')
    for (const task of state.tasks.values()) if (task.dependsOn.includes(event.task)) touched.add(task.id);
  return touched;
}

/** sha256 of the folded state of a run, in a form that does not depend on the order its parts were built in. */
import { canonicalJson } from '../../../base/canonical.js';
import type { RunEvent } from '../../model/event.js';
import type { Hash } from '../../model/primitives.js';
import type { RunState } from '../../model/run.js';
import type { Hasher } from '../../ports/ports.js';
import { lineOf } from './replay-record.js';

/** Tasks are hashed in groups of this size: one that changed costs its group, not the run. */
const GROUP = 32;

export interface StateHasher {
  /** Tells that this event was folded in. */
  folded(event: RunEvent): void;
  hash(): Hash;
}

/** Costs what changed since it was last asked, plus 64 bytes for every 32 tasks. */
export function createStateHasher(state: RunState, hasher: Pick<Hasher, 'sha256'>): StateHasher {
  const groupOf = new Map<string, number>();
  const members: string[][] = [];
  const groups: Hash[] = [];
  const dirty = new Set<number>();
  let commits: Hash = '';
  let commitsHashed = 0;
  const learn = () => {
    for (const id of state.tasks.keys()) {
      if (groupOf.has(id)) continue;
      const group = Math.floor(groupOf.size / GROUP);
      groupOf.set(id, group);
      (members[group] ??= []).push(id);
      dirty.add(group);
    }
  };
  return {
    folded(event) {
      if (event.type === 'run-created') learn();
      const group = groupOf.get(lineOf(event));
      if (group !== undefined) dirty.add(group);
      // What people did between two stretches may be about any task.
      else if (!event.type.startsWith('run-')) for (const each of members.keys()) dirty.add(each);
    },
    hash() {
      for (const group of dirty)
        groups[group] = hasher.sha256(canonicalJson((members[group] ?? []).map((id) => state.tasks.get(id))));
      dirty.clear();
      for (; commitsHashed < state.commits.length; commitsHashed++)
        commits = hasher.sha256(`${commits}${canonicalJson(state.commits[commitsHashed])}`);
      const rest = Object.entries(state)
        .filter(([name]) => name !== 'tasks' && name !== 'commits')
        .map(([name, value]): [string, unknown] => [
          name,
          value instanceof Map ? [...(value as Map<string, unknown>).values()] : value,
        ]);
      return hasher.sha256(canonicalJson({ ...Object.fromEntries(rest), commits, groups }));
    },
  };
}

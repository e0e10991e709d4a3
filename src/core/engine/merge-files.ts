/** What a task's worktree holds that its base did not, on top of the person's tree as it stands now: file by file, by three-way merge. */
import { decodeUtf8, equalBytes, type Bytes } from '../../base/bytes.js';
import { mergeThree } from '../patch/merge.js';
import type { Root } from '../model/primitives.js';
import type { OverlayFile } from './overlay.js';
import type { Session } from './session.js';
import { taskChanges } from './task-changes.js';

export interface Conflict {
  path: string;
  /** 1-based line in the person's file; 0 = the file as a whole. */
  line: number;
  yours: string;
  theirs: string;
}

/** More differing files than this were made by a command (an installation, say), not by the task: then its own edits are merged alone. */
const MAX_PATHS = 2000;

export interface MergePlan {
  files: OverlayFile[];
  conflicts: Conflict[];
  /** Files of the worktree that were left out because there were too many. */
  left: number;
}

/** Reads only. Renames are a deletion and a new file. */
export async function planMerge(session: Session, task: string, worktree: Root): Promise<MergePlan> {
  const { git, store, workspace } = session.ports;
  const bases = new Map<string, Bytes | null>();
  const differing = await git.differences(worktree, session.signal);
  const left = differing.length > MAX_PATHS ? differing.length : 0;
  // What the task's own edits found is what stood on the disk; a commit may hold it with other line ends.
  for (const change of await taskChanges(session, task, worktree)) {
    bases.set(change.from ?? change.path, change.before === null ? null : await store.blob(change.before));
    if (change.from) bases.set(change.path, null);
  }
  if (left === 0) for (const { path, before } of differing) if (!bases.has(path)) bases.set(path, before);
  const files: OverlayFile[] = [];
  const conflicts: Conflict[] = [];
  for (const [path, base] of [...bases].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const ours = (await workspace.read(session.root, path)) ?? null;
    const theirs = (await workspace.read(worktree, path)) ?? null;
    const merged = mergeFile(base, ours, theirs);
    if ('line' in merged) conflicts.push({ path, ...merged });
    else if (!same(merged.after, ours)) files.push({ path, before: ours, after: merged.after });
  }
  return { files, conflicts, left };
}

const same = (a: Bytes | null, b: Bytes | null): boolean => (a === null || b === null ? a === b : equalBytes(a, b));

function mergeFile(base: Bytes | null, ours: Bytes | null, theirs: Bytes | null): { after: Bytes | null } | Omit<Conflict, 'path'> {
  if (same(base, theirs) || same(ours, theirs)) return { after: ours };
  if (same(base, ours)) return { after: theirs };
  if (base === null || ours === null || theirs === null) return { line: 0, yours: told(ours), theirs: told(theirs) };
  const merged = mergeThree(base, ours, theirs);
  if (merged.clean) return { after: merged.bytes };
  const [first] = merged.conflicts;
  return { line: first?.line ?? 0, yours: first?.ours ?? '', theirs: first?.theirs ?? '' };
}

function told(bytes: Bytes | null): string {
  if (bytes === null) return '(deleted)';
  return decodeUtf8(bytes.subarray(0, 4000)) ?? '(not text)';
}

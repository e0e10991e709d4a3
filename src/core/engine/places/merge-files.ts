/**
 * What a task's worktree holds that its base did not, on top of the person's tree as it stands now:
 * file by file, by three-way merge.
 */
import { decodeUtf8, equalBytes, type Bytes } from '../../../base/bytes.js';
import { isOpenExecError } from '../../errors.js';
import { mergeThree } from '../../patch/merge.js';
import type { Root } from '../../model/primitives.js';
import type { DifferenceLimits, Workspace } from '../../ports/ports.js';
import type { Conflict, MergePlan, PendingFile } from '../../record/merge-plan.js';
import type { RunPart } from '../../record/live-run.js';
import { taskChanges } from '../effects/task-changes.js';

/**
 * More differing files than this, or more text, were made by a command (an installation, say), not by the task:
 * then its own edits are merged alone. A file that is larger is not merged.
 */
const LIMITS: DifferenceLimits = { files: 2000, bytes: 256 * 1024 * 1024, fileBytes: 50 * 1024 * 1024 };

/** Reads only. Renames are a deletion and a new file. */
export async function planMerge(
  run: RunPart<'id' | 'root' | 'signals', 'git' | 'store' | 'workspace'>,
  task: string,
  worktree: Root,
): Promise<MergePlan> {
  const { git, store, workspace } = run.ports;
  const bases = new Map<string, Bytes | null | undefined>();
  const differing = await git.differences(worktree, LIMITS, run.signals.signal);
  const left = differing.files.length === 0 ? differing.count : 0;
  // What the task's own edits found is what stood on the disk; a commit may hold it with other line ends.
  for (const change of await taskChanges(run, task, worktree)) {
    bases.set(change.from ?? change.path, change.before === null ? null : await store.blob(change.before));
    if (change.from) bases.set(change.path, null);
  }
  const own = new Set(bases.keys());
  const modes = new Map(
    differing.files.flatMap(({ path, executable }) => (executable === undefined ? [] : [[path, executable] as const])),
  );
  for (const { path, before } of differing.files) if (!bases.has(path)) bases.set(path, before);
  const files: PendingFile[] = [];
  const conflicts: Conflict[] = [];
  const unread: string[] = [];
  const modesOnly: string[] = [];
  for (const [path, base] of [...bases].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [ours, theirs] = [await read(workspace, run.root, path), await read(workspace, worktree, path)];
    if (typeof ours === 'string' || typeof theirs === 'string' || base === undefined) {
      // What a command left there and git never knew is no work of the task; about all else the person decides.
      if (base === null && typeof theirs === 'string' && !own.has(path)) unread.push(path);
      else if (typeof ours === 'string' || typeof theirs === 'string' || !same(ours, theirs))
        conflicts.push({ path, line: 0, yours: told(ours), theirs: told(theirs) });
      continue;
    }
    const merged = mergeFile(base, ours, theirs);
    if ('line' in merged) conflicts.push({ path, ...merged });
    else if (!same(merged.after, ours))
      files.push({
        path,
        before: ours,
        after: merged.after,
        ...(merged.after !== null && modes.has(path) && { executable: modes.get(path)! }),
      });
    else if (modes.has(path) && base !== null) modesOnly.push(path);
  }
  return { files, conflicts, left, unread, modesOnly };
}

/** What stands in the place of a text that cannot be read. */
export const UNREAD = {
  'file-too-large': '(too large to be merged)',
  'path-outside': '(outside the folder)',
  'path-invalid': '(not a file)',
} as const;

async function read(workspace: Workspace, root: Root, path: string): Promise<Bytes | null | string> {
  try {
    return (await workspace.read(root, path, LIMITS.fileBytes)) ?? null;
  } catch (error) {
    const shown = isOpenExecError(error) ? (UNREAD as Partial<Record<string, string>>)[error.code] : undefined;
    if (shown === undefined) throw error;
    return shown;
  }
}

const same = (a: Bytes | null, b: Bytes | null): boolean => (a === null || b === null ? a === b : equalBytes(a, b));

function mergeFile(
  base: Bytes | null,
  ours: Bytes | null,
  theirs: Bytes | null,
): { after: Bytes | null } | Omit<Conflict, 'path'> {
  if (same(base, theirs) || same(ours, theirs)) return { after: ours };
  if (same(base, ours)) return { after: theirs };
  if (base === null || ours === null || theirs === null) return { line: 0, yours: told(ours), theirs: told(theirs) };
  const merged = mergeThree(base, ours, theirs);
  if (merged.clean) return { after: merged.bytes };
  const [first] = merged.conflicts;
  return { line: first?.line ?? 0, yours: first?.ours ?? '', theirs: first?.theirs ?? '' };
}

function told(bytes: Bytes | null | string): string {
  if (typeof bytes === 'string') return bytes;
  if (bytes === null) return '(deleted)';
  return decodeUtf8(bytes.subarray(0, 4000)) ?? '(not text)';
}

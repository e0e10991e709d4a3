/** What a task changed in the tree, over all its stages: the first text before and the last text after of each file. */
import { decodeUtf8 } from '../../../base/bytes.js';
import type { FileImage } from '../../model/records.js';
import type { Hash, Root } from '../../model/primitives.js';
import type { RunConfig } from '../../model/run.js';
import { unifiedDiff } from '../../patch/hunks.js';
import { decide } from '../../policy/index.js';
import type { GitCommitFile, GitCommitRequest } from '../../ports/ports.js';
import { policyRules } from '../../permission/rules.js';
import type { RunPart } from '../../record/live-run.js';

export interface TaskChange {
  path: string;
  from?: string | undefined;
  before: Hash | null;
  after: Hash | null;
  /** Where the task said so. */
  executable?: boolean | undefined;
  /** Whether it might be run before, where that is known. */
  executableBefore?: boolean | undefined;
}

/** Changes that reached that tree, one per path, in order of path. Reads the task's own rows only. */
export async function taskChanges(run: RunPart<'id', 'store'>, task: string, root: Root): Promise<TaskChange[]> {
  const images = await run.ports.store.fileImages(run.id, task);
  return foldImages(
    images.filter((image) => image.written !== undefined && image.undone === undefined && image.root === root),
  );
}

export function foldImages(images: readonly FileImage[]): TaskChange[] {
  const byPath = new Map<string, TaskChange>();
  for (const image of [...images].sort((a, b) => a.order - b.order || a.at - b.at || (a.key < b.key ? -1 : 1))) {
    const source = byPath.get(image.from ?? image.path);
    if (image.from) byPath.delete(image.from);
    byPath.set(image.path, {
      path: image.path,
      from: image.from ? (source?.from ?? image.from) : source?.from,
      before: source ? source.before : image.before,
      after: image.written ?? null,
      executable: image.executable ?? source?.executable,
      executableBefore: source?.executableBefore ?? image.executableBefore,
    });
  }
  return [...byPath.values()]
    .filter(
      ({ before, after, from, executable, executableBefore }) =>
        before !== after ||
        from ||
        // A command changed only whether it may be run.
        (executable !== undefined && executableBefore !== undefined && executable !== executableBefore),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What git is asked to commit of them, in the run's own way. */
export async function commitOf(
  run: RunPart<'config', 'store'>,
  message: string,
  changes: readonly TaskChange[],
): Promise<GitCommitRequest> {
  const { store } = run.ports;
  const files: GitCommitFile[] = [];
  for (const change of changes)
    files.push({
      path: change.path,
      before: change.before === null ? null : await store.blob(change.before),
      after: change.after === null ? null : await store.blob(change.after),
      ...(change.from && { from: change.from }),
      ...(change.executable !== undefined && { executable: change.executable }),
    });
  return { message, files, ...(run.config.signCommits && { sign: true }) };
}

/** By its name and the rules alone: a link is never written through. */
const mayRead = ({ rules, sandbox, approval }: RunConfig, path: string): boolean =>
  decide({ kind: 'path', op: 'read', path }, { ...policyRules(rules), sandbox, approval, trusted: true }).effect ===
  'allow';

/**
 * Unified diff of the task's edits in that tree, for prompts.
 * Of a file that may be written and not read it says no more than its name.
 */
export async function taskDiff(run: RunPart<'id' | 'config', 'store'>, task: string, root: Root): Promise<string> {
  const { store } = run.ports;
  const parts: string[] = [];
  for (const change of await taskChanges(run, task, root)) {
    if ([change.path, ...(change.from ? [change.from] : [])].some((path) => !mayRead(run.config, path))) {
      parts.push(`${change.path}: changed, and may not be read`);
      continue;
    }
    const before = change.before ? decodeUtf8(await store.blob(change.before)) : '';
    const after = change.after ? decodeUtf8(await store.blob(change.after)) : '';
    parts.push(
      before === undefined || after === undefined
        ? `${change.path}: not text`
        : unifiedDiff(change.path, before, after),
    );
  }
  return parts.join('\n');
}

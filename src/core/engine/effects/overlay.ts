/**
 * The edits of a stage that are not on the disk yet. Reads see disk + overlay; a flush turns it into one change set.
 * It keeps the bytes it first saw on the disk: what the edit expects to find there.
 */
import { equalBytes, type Bytes } from '../../../base/bytes.js';
import type { Root } from '../../model/primitives.js';
import type { PendingFile } from '../../record/merge-plan.js';
import type { Workspace } from '../../ports/ports.js';

export interface Overlay {
  /** Errors: those of `Workspace.read`. */
  read(path: string, maxBytes?: number): Promise<Bytes | undefined>;
  /** Sets what the file should become; the before is read from the disk at the first touch. */
  set(path: string, after: Bytes | null, from?: string): Promise<void>;
  /** Puts back what was recorded after an edit, whole, on resume. */
  restore(files: readonly PendingFile[]): void;
  /** Files that differ from the disk, by path. */
  changed(): PendingFile[];
  clear(): void;
  /** What the model said each edit is for; gone with the edits. */
  readonly titles: string[];
}

export function createOverlay(workspace: Workspace, root: Root): Overlay {
  const files = new Map<string, PendingFile>();
  const titles: string[] = [];
  const onDisk = async (path: string): Promise<Bytes | null> => (await workspace.read(root, path)) ?? null;

  async function move(from: string, path: string, after: Bytes): Promise<void> {
    const source = files.get(from) ?? { path: from, before: await onDisk(from), after: null };
    const target = files.get(path);
    files.delete(from);
    if (target && target.before !== null) {
      // Another file stands there on the disk: it is replaced, and the source goes.
      files.set(path, { path, before: target.before, after });
      const origin = source.from ?? from;
      if (source.before !== null) files.set(origin, { path: origin, before: source.before, after: null });
      return;
    }
    const origin = source.before === null ? undefined : (source.from ?? from);
    files.set(path, {
      path,
      before: source.before,
      after,
      ...(origin !== undefined && origin !== path && { from: origin }),
    });
  }

  const renamedAway = () =>
    new Set([...files.values()].flatMap((file) => (file.from && file.after ? [file.from] : [])));
  return {
    titles,
    async read(path, maxBytes) {
      const own = files.get(path);
      if (own) return own.after ?? undefined;
      if (renamedAway().has(path)) return undefined;
      return await workspace.read(root, path, maxBytes);
    },
    async set(path, after, from) {
      if (from !== undefined && after !== null) return await move(from, path, after);
      const own = files.get(path);
      if (own?.from !== undefined && after === null) {
        // Moved, then deleted: what goes is the file as it was.
        files.delete(path);
        files.set(own.from, { path: own.from, before: own.before, after: null });
      } else if (own) own.after = after;
      else {
        const mover = [...files.values()].find((file) => file.from === path);
        const before = mover ? mover.before : await onDisk(path);
        // A new file where one was moved away: that one is a copy now, and this one is changed.
        // One name stands in one change only once.
        if (mover) files.set(mover.path, { path: mover.path, before: null, after: mover.after });
        files.set(path, { path, before, after });
      }
    },
    restore(all) {
      files.clear();
      for (const file of all) files.set(file.path, file);
    },
    changed: () =>
      [...files.values()]
        .filter(
          (file) =>
            file.from ||
            !(file.before === null ? file.after === null : file.after !== null && equalBytes(file.before, file.after)),
        )
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
    clear() {
      files.clear();
      titles.length = 0;
    },
  };
}

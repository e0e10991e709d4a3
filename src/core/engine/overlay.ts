/**
 * The edits of a stage that are not on the disk yet. Reads see disk + overlay; a flush turns it into one change set. It keeps
 * the bytes it first saw on the disk: what the edit expects to find there.
 */
import { equalBytes, type Bytes } from '../../base/bytes.js';
import type { Root } from '../model/primitives.js';
import type { Workspace } from '../ports.js';

export interface OverlayFile {
  path: string;
  /** The old path of a rename. */
  from?: string | undefined;
  /** On disk when first touched; null = nothing there. */
  before: Bytes | null;
  /** null = deleted. */
  after: Bytes | null;
}

export interface Overlay {
  read(path: string): Promise<Bytes | undefined>;
  /** Sets what the file should become; the before is read from the disk at the first touch. */
  set(path: string, after: Bytes | null, from?: string): Promise<void>;
  /** Puts back a recorded edit on resume. */
  restore(file: OverlayFile): void;
  /** Files that differ from the disk, by path. */
  changed(): OverlayFile[];
  clear(): void;
  /** What the model said each edit is for; gone with the edits. */
  readonly titles: string[];
}

export function createOverlay(workspace: Workspace, root: Root): Overlay {
  const files = new Map<string, OverlayFile>();
  const titles: string[] = [];
  const renamedAway = () => new Set([...files.values()].flatMap((file) => (file.from && file.after ? [file.from] : [])));
  return {
    titles,
    async read(path) {
      const own = files.get(path);
      if (own) return own.after ?? undefined;
      if (renamedAway().has(path)) return undefined;
      return await workspace.read(root, path);
    },
    async set(path, after, from) {
      const own = files.get(path);
      if (own) {
        own.after = after;
        if (from) own.from = from;
        return;
      }
      const before = (await workspace.read(root, from ?? path)) ?? null;
      files.set(path, { path, from, before, after });
    },
    restore: (file) => void files.set(file.path, file),
    changed: () =>
      [...files.values()]
        .filter((file) => file.from || !(file.before === null ? file.after === null : file.after !== null && equalBytes(file.before, file.after)))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
    clear() {
      files.clear();
      titles.length = 0;
    },
  };
}

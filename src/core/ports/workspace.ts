/** Files below a root: read, listed, watched over, and written all or none. */
import type { Bytes } from '../../base/bytes.js';
import type { Hash, Root } from '../model/primitives.js';

export interface FileStat {
  kind: 'file' | 'directory' | 'other';
  size: number;
  /** The path after every symbolic link, `/`-separated and relative to the root; undefined when it leaves the root. */
  realPath: string | undefined;
  /** The path itself, or one of its parents, is a symbolic link. */
  viaLink: boolean;
  /**
   * Names this file has on disk. More than one: it may also stand outside the root;
   * `apply` then replaces this name and leaves the others.
   */
  links?: number;
  /** Whether its owner may run it. Only of files, and absent where a system has no such mark. */
  executable?: boolean;
}

export interface FileWrite {
  path: string;
  /** Old path of a rename; `path` is the new one. */
  from?: string;
  /** sha256 of what must be on disk now; null where nothing may be. */
  before: Hash | null;
  /** Bytes to write; null deletes. */
  after: Bytes | null;
  /**
   * Whether it may be run afterwards; absent = as before, and no for a new file.
   * Nothing where a system has no such mark.
   */
  executable?: boolean;
}

export interface WriteOutcome {
  path: string;
  /**
   * sha256 of the bytes that stand on disk afterwards, read back; null = no file.
   * May differ from what was asked: save participants.
   */
  written: Hash | null;
  /** The person's own unsaved text was in the file: it was merged into the buffer and left unsaved. */
  leftUnsaved?: boolean;
}

export interface Workspace {
  /** undefined = no such file. Errors: path-outside, path-invalid, file-too-large (over `maxBytes`). */
  read(root: Root, path: string, maxBytes?: number): Promise<Bytes | undefined>;
  stat(root: Root, path: string): Promise<FileStat | undefined>;
  /** One level, names sorted; directories end in `/`. */
  list(root: Root, path: string): Promise<string[]>;
  /** Every file git would not ignore, `/`-separated, sorted, at most `limit`; never node_modules, never .git. */
  files(root: Root, limit: number, signal: AbortSignal): Promise<{ paths: string[]; truncated: boolean }>;
  /**
   * All files or none. Checks every `before` against the disk first and rechecks links in the same tick as the write;
   * on a failure half way it restores what it wrote. Errors: file-changed, path-outside, file-unwritable, disk-full,
   * apply-failed (params say which file, and whether everything was put back).
   */
  apply(root: Root, writes: readonly FileWrite[], label: string, signal: AbortSignal): Promise<WriteOutcome[]>;
  /**
   * Removes what an `apply` that was killed in the middle left beside these files;
   * the files themselves stay as they are.
   */
  tidy(root: Root, paths: readonly string[]): Promise<void>;
}

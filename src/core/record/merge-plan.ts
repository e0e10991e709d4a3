/**
 * What a merge of a worktree would bring: pending files and conflicts, as values.
 * Found by the engine, or answered from a record.
 */
import type { Bytes } from '../../base/bytes.js';

/** A file as an edit leaves it, not on the disk yet. */
export interface PendingFile {
  path: string;
  /** The old path of a rename. */
  from?: string | undefined;
  /** On disk when first touched; null = nothing there. */
  before: Bytes | null;
  /** null = deleted. */
  after: Bytes | null;
  /** Only where that changes with it. */
  executable?: boolean;
}

export interface Conflict {
  path: string;
  /** 1-based line in the person's file; 0 = the file as a whole. */
  line: number;
  yours: string;
  theirs: string;
}

export interface MergePlan {
  files: PendingFile[];
  conflicts: Conflict[];
  /** Files of the worktree that were left out because there were too many. */
  left: number;
  /** Files that a command made there and that cannot be read, such as large ones: left out, and named. */
  unread?: string[];
  /** Files of which nothing changed but whether they may be run: a change set holds texts, so they are named. */
  modesOnly?: string[];
}

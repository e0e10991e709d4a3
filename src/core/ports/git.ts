/** What is asked of Git. */
import type { Bytes } from '../../base/bytes.js';
import type { Root } from '../model/primitives.js';

export type GitState =
  | { kind: 'missing' } // no git program
  | { kind: 'none' } // not a repository
  | {
      kind: 'ok';
      head: string | null;
      branch: string | null;
      inProgress: 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect' | null;
      identity: boolean;
      dirty: number;
      skips?: CommitSkips;
    };

/** What the person's own commits do here, and OpenExec's do not unless it is asked for; absent = nothing. */
export interface CommitSkips {
  /** Names of the hooks that a commit would run. */
  hooks: readonly string[];
  signing: boolean;
}

export interface GitCommitFile {
  path: string;
  from?: string;
  /**
   * Bytes before and after the task's own edits;
   * the commit gets HEAD's version plus this difference, by three-way merge.
   */
  before: Bytes | null;
  after: Bytes | null;
  /** Absent = as in HEAD, and a new file as it stands on the disk. */
  executable?: boolean;
}

export interface GitCommitRequest {
  message: string;
  files: readonly GitCommitFile[];
  /** Absent = never. */
  sign?: boolean;
}

export interface DifferenceLimits {
  files: number;
  /** Of all contents together, then and now; one that is larger than `fileBytes` is not read and does not count. */
  bytes: number;
  fileBytes: number;
}

export interface Difference {
  path: string;
  /** The bytes in the commit; null = there was no file, undefined = too large to be read. */
  before: Bytes | null | undefined;
  /** Whether it may be run now; absent where that is as before, and for a new file that may not. */
  executable?: boolean;
}

export interface Git {
  /** For what is shown to the person before a run: looks at the whole working tree. */
  state(root: Root, signal: AbortSignal): Promise<GitState>;
  /** The same without a look at the working tree, whatever its size: `dirty` is 0, and `skips` is absent. */
  stateOfHead(root: Root, signal: AbortSignal): Promise<GitState>;
  /**
   * Commits the files' own differences on the checked-out branch through a temporary index: the person's other
   * changes stay uncommitted and staged work stays staged. undefined = nothing to commit. Hooks are off;
   * `sign` signs where git signs the person's own.
   * `left` names files that were left out because their text is the person's own: not in HEAD, or ignored. Errors:
   * git-missing, git-state (detached head, merge or rebase in progress), git-file (one file stands against it: an
   * uncommitted change of the person on the same lines, a filter such as LFS, a submodule, a link), git-identity,
   * git-sign (nothing is committed), git-failed. A file that the person has committed since is no error.
   */
  commit(
    root: Root,
    request: GitCommitRequest,
    signal: AbortSignal,
  ): Promise<{ sha: string; left?: string[] } | { sha?: undefined; left: string[] } | undefined>;
  /**
   * Makes the branch `name` at HEAD and checks it out; nothing of the tree or index changes. Checked out already
   * = done. Errors: git-missing, git-state (no repository, no first commit, a merge or rebase in progress,
   * another branch of that name), git-failed.
   */
  startBranch(root: Root, name: string, signal: AbortSignal): Promise<void>;
  /**
   * A commit object of the working tree as it stands, untracked files included, by a temporary index; no ref moves,
   * nothing of the tree or index changes. The same tree on the same head gives the same commit. Errors: git-missing,
   * git-state (no repository, no first commit), git-failed.
   */
  snapshot(root: Root, message: string, signal: AbortSignal): Promise<{ sha: string }>;
  /**
   * A detached worktree of `sha` in the data home, by derived `name` (letters, digits, `.`, `_`, `-`); one of that name
   * at that commit is used again as it stands, another is replaced. `link` = ignored folders of the root (node_modules,
   * .venv …), linked into it where they exist; what lies in them is for reading, so folders that builds write to
   * (target, dist …) are left out. Submodules are linked like them. Gives its root: the same sub-folder where `root` is
   * one. Errors: git-missing, git-state, git-failed, path-invalid (the name), path-outside (a link).
   */
  addWorktree(root: Root, name: string, sha: string, link: readonly string[], signal: AbortSignal): Promise<Root>;
  /**
   * With everything in it; what was linked stays. One that is not there is removed already.
   * Errors: git-missing, git-failed, path-invalid.
   */
  removeWorktree(root: Root, name: string, signal: AbortSignal): Promise<void>;
  /** Names of worktrees of ours that exist, half-made ones of a killed process included; sorted. */
  worktrees(root: Root, signal: AbortSignal): Promise<string[]>;
  /**
   * Files of a worktree of ours that are no longer as in the commit it was made of: untracked ones included, ignored
   * ones and links not. By path; `count` = how many. Where they are more than `limits` no content is read, and `files`
   * is empty. Errors: git-missing, git-failed.
   */
  differences(
    worktree: Root,
    limits: DifferenceLimits,
    signal: AbortSignal,
  ): Promise<{ count: number; files: Difference[] }>;
  /**
   * Paths of the root that each of these commits changed, sorted, both names of a rename;
   * one that is not part of HEAD's history is absent.
   */
  changed(root: Root, shas: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string[]>>;
  /** sha of the newest commit reachable from HEAD, at most `depth` back, whose trailer `key: value` is there. */
  findTrailer(root: Root, key: string, value: string, depth: number, signal: AbortSignal): Promise<string | undefined>;
  /** Porcelain text for the model and the context; bounded, control characters made harmless. */
  status(root: Root, signal: AbortSignal): Promise<string>;
  /**
   * Tracked files that are no longer as in HEAD, at or below `paths` (none = everywhere), both names of a rename;
   * sorted. Errors: git-failed, path-outside, path-invalid.
   */
  differing(root: Root, paths: readonly string[], signal: AbortSignal): Promise<string[]>;
  /**
   * How these files differ from HEAD, for the model; none = ''.
   * Bounded and harmless like `status`. Whoever asks has seen to it that each may be read.
   */
  diff(root: Root, files: readonly string[], signal: AbortSignal): Promise<string>;
  log(root: Root, count: number, signal: AbortSignal): Promise<string>;
}

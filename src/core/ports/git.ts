/** What is asked of Git. */
import type { Bytes } from '../../base/bytes.js';
import type { Hash, Root } from '../model/primitives.js';

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

/** What stands at one path that is not as in HEAD, or that git was told not to look at. */
export interface LookEntry {
  /** From the root. */
  path: string;
  /** `gone`: git knows it and it is not there. `other`: a device, a folder in the place of a file. */
  kind: 'file' | 'link' | 'gone' | 'submodule' | 'other';
  /** The same = nothing changed: of the content where it was read, else of size, times and inode. */
  mark: string;
  /** sha256 of a file's bytes, which were given to `keep`; absent where they were not read. */
  hash?: Hash;
  /** Bytes; 0 for all but files. */
  size: number;
  executable: boolean;
  tracked: boolean;
  /** As `leave` said: it was not read. */
  left?: true;
  /** Git stores it through a filter (such as LFS), which is never run: it cannot be committed. */
  filtered?: true;
  /** Git was told to take it as unchanged, or not to have it in the tree: it is compared by what `stat` says. */
  unwatched?: true;
}

export interface LookAsk {
  /** Takes the bytes of a file that is to be put back if need be, and gives their sha256. */
  keep(bytes: Bytes): Promise<Hash>;
  /** Whether bytes with this hash were taken already: the file is not read again then. */
  kept(hash: Hash): boolean;
  /** Untracked files of no interest: named, and not read. `owned`: whether git knows a file below that folder. */
  leave(path: string, owned: (folder: string) => boolean): boolean;
  /** More entries than `files` are no look. A file over `fileBytes`, and all above `bytes` together, are not read. */
  limits: { files: number; fileBytes: number; bytes: number };
}

export type TreeLook =
  | { kind: 'missing' | 'none' }
  | { kind: 'too-many'; count: number }
  | { kind: 'ok'; head: string | null; branch: string | null; entries: LookEntry[] };

/** A file as a commit has it. */
export interface CommittedFile {
  /** As git would write them; undefined = `why`. */
  bytes: Bytes | undefined;
  why?: 'link' | 'submodule' | 'large' | 'filtered' | 'other';
  executable: boolean;
  /** Of the bytes on the disk, where what is stored is a pointer that says so (Git LFS). */
  sha256?: Hash;
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
   * git-sign (nothing is committed), git-ownership, git-failed. A file that the person has committed since is no error.
   */
  commit(
    root: Root,
    request: GitCommitRequest,
    signal: AbortSignal,
  ): Promise<{ sha: string; left?: string[] } | { sha?: undefined; left: string[] } | undefined>;
  /**
   * The commit that `commit` would make, unsigned, as an object that nothing leads to, held against the tree as it
   * stands, untracked files included and ignored ones not: the names of both trees, and the files of the root that
   * differ, sorted, which are in no commit yet; `left` as of `commit`. undefined = nothing to commit, or no first commit yet. Errors: as `commit`.
   */
  compareCommit(
    root: Root,
    request: GitCommitRequest,
    signal: AbortSignal,
  ): Promise<{ sha: string; tree: string; verified: string; differs: string[]; left: string[] } | undefined>;
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
   * How the tree differs from HEAD, untracked files included and ignored ones not, by path, for a comparison of before
   * and after: O(what differs). Nothing of the repository is run, its index stays as it is. Errors: git-failed.
   */
  look(root: Root, ask: LookAsk, signal: AbortSignal): Promise<TreeLook>;
  /**
   * These files as `head` has them; one that it does not have is absent.
   * `fileBytes`: of one that is larger the bytes are not read. Errors: git-missing, git-failed.
   */
  committed(
    root: Root,
    head: string,
    paths: readonly string[],
    fileBytes: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, CommittedFile>>;
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

/**
 * What the core asks of the world. All asynchronous; files are bytes; every path has a root; `signal` comes last and goes
 * all the way down. Each port has a fake in test/fakes and a suite in test/contracts that the fake and the real one pass.
 *
 * There is no Approver port: a question to the person is a stored row, and an answer is a request like any other
 * (`approval/answer`), so that it may come from any door, survives a reload, and the first answer wins.
 */
import type { Bytes } from '../base/bytes.js';
import type { ErrorCode } from './errors.js';
import type { Approval } from './model/approval.js';
import type { ChangeSet } from './model/change-set.js';
import type { Diagnostic } from './model/diagnostic.js';
import type { RunEvent, Usage } from './model/event.js';
import type { PlanRecord } from './model/plan.js';
import type { Hash, Root } from './model/primitives.js';
import type { CallRecord, CommitRecord, FileImage, IterationRecord, StepRecord } from './model/records.js';
import type { Budget, Commands, PartBudget, RunRecord } from './model/run.js';
import type { ApprovalLevel, Sandbox } from './model/policy.js';
import type { RunStatus } from './model/status.js';
import type { Amount, DiskUsage, Retention } from './model/storage.js';

export interface Clock {
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /** Milliseconds from an arbitrary start, monotonic, for durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Ids {
  /** Time-ordered and opaque, e.g. `run_01jd…`: later ids sort after earlier ones. */
  next(prefix: string): string;
}

/** Every line has passed the redaction sink before it reaches the adapter. */
export interface Log {
  debug(message: string, params?: Readonly<Record<string, unknown>>): void;
  info(message: string, params?: Readonly<Record<string, unknown>>): void;
  warn(message: string, params?: Readonly<Record<string, unknown>>): void;
  error(message: string, error?: unknown): void;
}

export interface Hasher {
  /** Lower-case hexadecimal SHA-256. Synchronous: it is pure, and hot. */
  sha256(data: string | Bytes): Hash;
}

// ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface FileStat {
  kind: 'file' | 'directory' | 'other';
  size: number;
  /** The path after every symbolic link, `/`-separated and relative to the root; undefined when it leaves the root. */
  realPath: string | undefined;
  /** The path itself, or one of its parents, is a symbolic link. */
  viaLink: boolean;
  /** Names this file has on disk. More than one: it may also stand outside the root; `apply` then replaces this name and leaves the others. */
  links?: number;
}

export interface FileWrite {
  path: string;
  /** Old path of a rename; `path` is the new one. */
  from?: string;
  /** sha256 of what must be on disk now; null where nothing may be. */
  before: Hash | null;
  /** Bytes to write; null deletes. */
  after: Bytes | null;
  /** Whether it may be run afterwards; absent = as before, and no for a new file. Nothing where a system has no such mark. */
  executable?: boolean;
}

export interface WriteOutcome {
  path: string;
  /** sha256 of the bytes that stand on disk afterwards, read back; null = no file. May differ from what was asked: save participants. */
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
  /** Removes what an `apply` that was killed in the middle left beside these files; the files themselves stay as they are. */
  tidy(root: Root, paths: readonly string[]): Promise<void>;
}

// ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface CommandRequest {
  root: Root;
  /** Spawned without a shell … */
  argv?: readonly string[];
  /** … or given, exactly so, to `/bin/sh -c`. One of the two. */
  script?: string;
  /** Folder inside the root, '' for the root itself. */
  cwd: string;
  timeoutMs: number;
  sandbox: Sandbox;
  network: boolean;
}

export interface CommandOutcome {
  /** null when it was ended by a signal or never started. */
  exitCode: number | null;
  timedOut: boolean;
  cancelled: boolean;
  durationMs: number;
  /** Bytes of output in all; `head` and `tail` are what was kept: at most 64 KiB and 192 KiB, control characters made harmless, redacted. */
  bytes: number;
  head: string;
  tail: string;
  /** The whole output (up to 64 MiB, redacted) as a blob of the store; absent when there was none. */
  log?: Hash;
  /** What stood between the command and the machine: e.g. 'bubblewrap' or 'none'. */
  sandboxedBy: string;
}

export interface CommandRunner {
  /**
   * Never rejects for what the command does: exit codes, signals, timeouts and cancellation are outcomes. An abort kills the
   * process tree within a second and gives `cancelled`. Errors: command-not-found, shell-missing, path-outside.
   */
  run(request: CommandRequest, onOutput: (text: string) => void, signal: AbortSignal): Promise<CommandOutcome>;
  /** What stands between commands and the machine here, tried once: e.g. 'bubblewrap'; 'none'. */
  isolation(): Promise<string>;
  /** The program that a bare name stands for, as `run` would find it; `workspacePath` where the file it really is lies inside the root. undefined = there is none. */
  locate(root: Root, name: string): Promise<{ path: string; workspacePath?: string } | undefined>;
}

// ── git ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type GitState =
  | { kind: 'missing' } // no git program
  | { kind: 'none' } // not a repository
  | { kind: 'ok'; head: string | null; branch: string | null; inProgress: 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect' | null; identity: boolean; dirty: number; skips?: CommitSkips };

/** What the person's own commits do here and OpenExec's do not; absent = nothing. */
export interface CommitSkips {
  /** Names of the hooks that a commit would run. */
  hooks: readonly string[];
  signing: boolean;
}

export interface GitCommitFile {
  path: string;
  from?: string;
  /** Bytes before and after the task's own edits; the commit gets HEAD's version plus this difference, by three-way merge. */
  before: Bytes | null;
  after: Bytes | null;
  /** Absent = as in HEAD, and a new file as it stands on the disk. */
  executable?: boolean;
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
   * Commits the files' own differences on the checked-out branch through a temporary index: the person's other changes stay
   * uncommitted and staged work stays staged. undefined = nothing to commit. Hooks and signing are off.
   * `left` names files that were left out because their text is the person's own: not in HEAD, or ignored.
   * Errors: git-missing, git-state (detached head, merge or rebase in progress), git-file (one file stands against it: an
   * uncommitted change of the person on the same lines, a filter such as LFS, a submodule, a link), git-identity, git-failed.
   * A file that the person has committed since is no error.
   */
  commit(root: Root, request: { message: string; files: readonly GitCommitFile[] }, signal: AbortSignal): Promise<{ sha: string; left?: string[] } | { sha?: undefined; left: string[] } | undefined>;
  /**
   * Makes the branch `name` at HEAD and checks it out; nothing of the tree or index changes. Checked out already = done.
   * Errors: git-missing, git-state (no repository, no first commit, a merge or rebase in progress, another branch of that name), git-failed.
   */
  startBranch(root: Root, name: string, signal: AbortSignal): Promise<void>;
  /**
   * A commit object of the working tree as it stands, untracked files included, by a temporary index; no ref moves, nothing of
   * the tree or index changes. The same tree on the same head gives the same commit. Errors: git-missing, git-state (no
   * repository, no first commit), git-failed.
   */
  snapshot(root: Root, message: string, signal: AbortSignal): Promise<{ sha: string }>;
  /**
   * A detached worktree of `sha` in the data home, by derived `name` (letters, digits, `.`, `_`, `-`); one of that name at that
   * commit is used again as it stands, another is replaced. `link` = ignored folders of the root (node_modules, .venv …),
   * linked into it where they exist; what lies in them is for reading, so folders that builds write to (target, dist …) are left
   * out. Submodules are linked like them. Gives its root: the same sub-folder where `root` is one.
   * Errors: git-missing, git-state, git-failed, path-invalid (the name), path-outside (a link).
   */
  addWorktree(root: Root, name: string, sha: string, link: readonly string[], signal: AbortSignal): Promise<Root>;
  /** With everything in it; what was linked stays. One that is not there is removed already. Errors: git-missing, git-failed, path-invalid. */
  removeWorktree(root: Root, name: string, signal: AbortSignal): Promise<void>;
  /** Names of worktrees of ours that exist, half-made ones of a killed process included; sorted. */
  worktrees(root: Root, signal: AbortSignal): Promise<string[]>;
  /**
   * Files of a worktree of ours that are no longer as in the commit it was made of: untracked ones included, ignored ones and links not.
   * By path; `count` = how many. Where they are more than `limits` no content is read, and `files` is empty. Errors: git-missing, git-failed.
   */
  differences(worktree: Root, limits: DifferenceLimits, signal: AbortSignal): Promise<{ count: number; files: Difference[] }>;
  /** Paths of the root that each of these commits changed, sorted, both names of a rename; one that is not part of HEAD's history is absent. */
  changed(root: Root, shas: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string[]>>;
  /** sha of the newest commit reachable from HEAD, at most `depth` back, whose trailer `key: value` is there. */
  findTrailer(root: Root, key: string, value: string, depth: number, signal: AbortSignal): Promise<string | undefined>;
  /** Porcelain text for the model and the context; bounded, control characters made harmless. */
  status(root: Root, signal: AbortSignal): Promise<string>;
  /** Tracked files that are no longer as in HEAD, at or below `paths` (none = everywhere), both names of a rename; sorted. Errors: git-failed, path-outside, path-invalid. */
  differing(root: Root, paths: readonly string[], signal: AbortSignal): Promise<string[]>;
  /** How these files differ from HEAD, for the model; none = ''. Bounded and harmless like `status`. Whoever asks has seen to it that each may be read. */
  diff(root: Root, files: readonly string[], signal: AbortSignal): Promise<string>;
  log(root: Root, count: number, signal: AbortSignal): Promise<string>;
}

// ── shell grammar ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A word as the shell would make it: its text when it is constant, undefined when it depends on anything at run time. */
export interface ShellWord {
  text: string | undefined;
  source: string;
}
export interface ShellCommand {
  words: ShellWord[];
  /** `NAME=value` before the command. */
  assignments: { name: string; value: ShellWord }[];
  redirects: { op: string; target: ShellWord }[];
  /** How it is reached: e.g. `pipe`, `and`, `or`, `sequence`, `substitution`, `background`, `subshell`, `loop`, `condition`. */
  within: string[];
}
export type ShellParse = { ok: true; commands: ShellCommand[] } | { ok: false; reason: string };

export interface ShellParser {
  /** What cannot be taken apart with certainty is `ok: false`, never a guess. `posix` unless it says otherwise. */
  parse(script: string, language?: 'posix' | 'powershell'): Promise<ShellParse>;
}

// ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type ModelBlock =
  | { type: 'text'; text: string }
  | { type: 'tool-use'; id: string; name: string; input: unknown }
  | { type: 'tool-result'; id: string; content: string; isError: boolean }
  /** Opaque blocks of the provider that must be sent back as they came (thinking and its signature). */
  | { type: 'opaque'; value: unknown };

export interface ModelMessage {
  role: 'user' | 'assistant';
  content: ModelBlock[];
}
export interface ModelTool {
  name: string;
  description: string;
  /** JSON Schema of the input. */
  inputSchema: Readonly<Record<string, unknown>>;
}
export interface ModelRequest {
  /** Derived call key; what a recording is looked up by. Never sent to a provider. */
  key: string;
  model: string;
  system: string;
  messages: readonly ModelMessage[];
  tools: readonly ModelTool[];
  /** The model must answer by calling this tool. */
  forceTool?: string;
  maxTokens: number;
}
export interface ModelTurn {
  content: ModelBlock[];
  /** `max-tokens`: cut off; a tool call in it is not executed. */
  stop: 'end' | 'tool-use' | 'max-tokens' | 'refused';
  usage: Usage;
  /** As the provider names it. */
  model: string;
  /** null = price unknown. */
  costUsd: number | null;
}
export interface ModelInfo {
  id: string;
  label: string;
  recorded: boolean;
  /** Tokens; null = unknown. */
  contextWindow: number | null;
  maxOutput: number;
  /** USD per million tokens; null = unknown. */
  price: { input: number; output: number; cacheRead: number; cacheWrite: number } | null;
}
export type ModelFailure = Extract<ErrorCode, `model-${string}` | 'recording-missing'>;

export interface ModelClient {
  info(model: string): ModelInfo;
  /**
   * One streamed turn. `onText` gets text as it comes. Retries with back-off are inside; what comes out is final:
   * OpenExecError with a ModelFailure code, or the signal's reason.
   */
  turn(request: ModelRequest, onText: (text: string) => void, signal: AbortSignal): Promise<ModelTurn>;
}

// ── state ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One row each; a batch is one transaction. Upserts by id or key unless it says append. */
export type Write =
  | { table: 'plans'; row: PlanRecord }
  /** Append. */
  | { table: 'plan_iterations'; row: IterationRecord }
  /** With its iterations and its rows of the settings (model/owned-settings.ts); its runs stay. */
  | { table: 'plans'; remove: string }
  | { table: 'runs'; row: RunRecord }
  /** With everything that names it as its run, and its rows of the settings. */
  | { table: 'runs'; remove: string }
  /** Append; (run, seq) is unique. */
  | { table: 'events'; row: RunEvent }
  | { table: 'steps'; row: StepRecord }
  | { table: 'calls'; row: CallRecord }
  | { table: 'approvals'; row: Approval }
  | { table: 'change_sets'; row: ChangeSet }
  | { table: 'file_images'; row: FileImage }
  | { table: 'commits'; row: CommitRecord }
  /** A small blob (at most `SMALL_BLOB` bytes), durable with the rows that name it: no flush of its own. Read like any other. */
  | { table: 'blobs'; row: { hash: Hash; bytes: Bytes } }
  /** `value` is JSON; null removes. Keys used: current-plan, seen-command/<hash>. */
  | { table: 'settings'; row: { key: string; value: unknown } };

/** Up to here a blob stands in the database, beside the rows that name it; above, in a file of its own. */
export const SMALL_BLOB = 16 * 1024;

export interface Store {
  /**
   * Durable when it resolves: fsynced. Batches that wait together share one transaction and one fsync, in order; a batch is whole
   * or absent. Errors: store-full, store-lost, store-readonly, store-unwritable.
   */
  commit(batch: readonly Write[]): Promise<void>;

  plans(): Promise<PlanRecord[]>;
  plan(id: string): Promise<PlanRecord | undefined>;
  iterations(plan: string): Promise<IterationRecord[]>;
  /** Newest first. */
  runs(limit: number): Promise<RunRecord[]>;
  /** All that stand so, newest first. */
  runsIn(statuses: readonly RunStatus[]): Promise<RunRecord[]>;
  run(id: string): Promise<RunRecord | undefined>;
  /** In order, after `afterSeq`, at most `limit`. */
  events(run: string, afterSeq: number, limit: number): Promise<RunEvent[]>;
  /** Steps of one task in order of start; of the whole run when `task` is absent. */
  steps(run: string, task?: string): Promise<StepRecord[]>;
  step(key: string): Promise<StepRecord | undefined>;
  /** Calls of one step, in order of their number. */
  calls(step: string): Promise<CallRecord[]>;
  call(key: string): Promise<CallRecord | undefined>;
  approval(id: string): Promise<Approval | undefined>;
  /** Oldest first. */
  pendingApprovals(): Promise<Approval[]>;
  approvals(run: string): Promise<Approval[]>;
  changeSet(id: string): Promise<ChangeSet | undefined>;
  changeSets(run: string): Promise<ChangeSet[]>;
  fileImages(run: string, task?: string): Promise<FileImage[]>;
  commits(run: string): Promise<CommitRecord[]>;
  setting(key: string): Promise<unknown>;
  settings(prefix: string): Promise<{ key: string; value: unknown }[]>;

  /** Content-addressed, durable when it resolves; writing the same bytes twice is free. Write it before the row that names it. */
  putBlob(bytes: Bytes): Promise<Hash>;
  /** The same in pieces: what is large is never in memory whole. */
  putBlobFrom(pieces: AsyncIterable<Bytes>): Promise<Hash>;
  /** Error blob-missing. */
  blob(hash: Hash): Promise<Bytes>;

  /** Checkpoints the log and closes. Idempotent. */
  close(): Promise<void>;
}

/** The files behind a store. */
export interface Storage {
  usage(signal: AbortSignal): Promise<DiskUsage>;
  /** Of database (without its free pages) and texts: cheap. */
  usedBytes(signal: AbortSignal): Promise<number>;
  /** Removes texts that no row names and that nobody put within `graceMs`. Safe beside commits. */
  sweep(graceMs: number, signal: AbortSignal): Promise<Amount>;
  /** Writes the database anew without its free pages; bytes before and after. Nothing else goes on meanwhile. Errors: store-full, store-readonly. */
  compact(signal: AbortSignal): Promise<{ before: number; after: number }>;
  /** Everything in one checked file, which must not be there yet. Errors: file-unwritable, disk-full, blob-missing. */
  exportTo(file: string, root: Root, signal: AbortSignal): Promise<{ file: string; bytes: number; texts: number }>;
}

/** Read when a plan is generated or a run starts, never at construction: a change takes effect at the next run. */
export interface Settings {
  /** `recorded` or a provider's model id; '' = none chosen. */
  model: string;
  /** Reads the changes of a task before they are committed; absent or empty = nobody does. */
  reviewer?: string;
  sandbox: Sandbox;
  approval: ApprovalLevel;
  budget: Budget;
  /** Of one task, and of one visit of a stage; absent = only the run's. */
  taskBudget?: PartBudget;
  stageBudget?: PartBudget;
  /** Empty lists: openexec.yaml, else what the repository's facts say. */
  commands: Commands;
  commits: boolean;
  /** Commits go to the checked-out branch, or each run makes one of its own and checks it out; absent = current. */
  commitBranch?: 'current' | 'own';
  /** Tasks of parallel stories at once, 1 to 8; absent = 2. */
  maxParallel?: number;
  /** How long finished runs are kept; absent = DEFAULT_RETENTION. */
  retention?: Retention;
  /** The person's own rules as they stand in the settings, unchecked; absent = none. */
  rules?: unknown;
}

/** The problems an editor shows in a file, once its language servers have had their say on what is on disk. Errors: diagnostics-unknown, where none has. */
export interface Diagnostics {
  read(root: Root, path: string, signal: AbortSignal): Promise<Diagnostic[]>;
}

export interface SymbolPlace {
  path: string;
  /** What the editor calls it: `function`, `class` …; '' = it does not say. */
  kind: string;
  /** 1-based, inclusive: the whole definition. */
  startLine: number;
  endLine: number;
}

/** Where names are defined, as the language features of an editor know it from what is on disk. */
export interface Symbols {
  /** In one file, or anywhere below the root; at most 20, empty where nobody knows. Gives up by itself after a few seconds. */
  find(root: Root, name: string, path: string | undefined, signal: AbortSignal): Promise<SymbolPlace[]>;
}

export interface Ports {
  clock: Clock;
  ids: Ids;
  log: Log;
  hasher: Hasher;
  workspace: Workspace;
  commands: CommandRunner;
  git: Git;
  shell: ShellParser;
  models: ModelClient;
  store: Store;
  /** Absent where state is kept in memory only. */
  storage?: Storage;
  /** Where there is an editor. */
  diagnostics?: Diagnostics;
  symbols?: Symbols;
  /** Absolute path, after every link, of the folder that holds the state of all roots: denied in any mode. Absent where state is kept in memory only. */
  dataHome?: string;
  /** The one redaction sink: what goes into a prompt, row, log or view has passed it. */
  redact(text: string): string;
}

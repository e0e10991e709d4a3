/**
 * What the core asks of the world; the larger parts have a file of their own in ports/. All asynchronous; files are
 * bytes; every path has a root; `signal` comes last and goes all the way down. Each port has a fake in test/fakes and a
 * suite in test/contracts that the fake and the real one pass.
 *
 * There is no Approver port: a question to the person is a stored row, and an answer is a request like any other
 * (`approval/answer`), so that it may come from any door, survives a reload, and the first answer wins.
 */
import type { Bytes } from '../../base/bytes.js';
import type { Hash } from '../model/primitives.js';
import type { PlainSettings } from '../model/plain/settings.js';
import type { ApprovalLevel, Sandbox } from '../model/policy.js';
import type { Budget, Commands, PartBudget } from '../model/run.js';
import type { Retention } from '../model/storage.js';
import type { CommandRunner } from './commands.js';
import type { Environments } from './environments.js';
import type { Diagnostics, Saves, Symbols } from './editor.js';
import type { Git } from './git.js';
import type { ModelClient } from './model.js';
import type { ShellParser } from './shell.js';
import type { Storage, Store } from './store.js';
import type { Workspace } from './workspace.js';

export * from './commands.js';
export * from './editor.js';
export * from './environments.js';
export * from './git.js';
export * from './model.js';
export * from './shell.js';
export * from './store.js';
export * from './workspace.js';

export interface Clock {
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /** Milliseconds from an arbitrary start, monotonic, for durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A signal that aborts after `ms` with a `TimeoutError`. It keeps no process alive. */
  timeout(ms: number): AbortSignal;
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

/** Read when a plan is generated or a run starts, never at construction: a change takes effect at the next run. */
export interface Settings extends Partial<PlainSettings> {
  model: string;
  sandbox: Sandbox;
  approval: ApprovalLevel;
  commits: boolean;
  budget: Budget;
  /** Of one task, and of one visit of a stage; absent = only the run's. */
  taskBudget?: PartBudget;
  stageBudget?: PartBudget;
  /** Empty lists: openexec.yaml, else what the repository's facts say. */
  commands: Commands;
  /** How long finished runs are kept; absent = DEFAULT_RETENTION. */
  retention?: Retention;
}

export interface Ports {
  clock: Clock;
  ids: Ids;
  log: Log;
  hasher: Hasher;
  workspace: Workspace;
  commands: CommandRunner;
  /** Absent: a project brings nothing of its own. */
  environments?: Environments;
  git: Git;
  shell: ShellParser;
  models: ModelClient;
  store: Store;
  /** Absent where state is kept in memory only. */
  storage?: Storage;
  /** Where there is an editor. */
  diagnostics?: Diagnostics;
  symbols?: Symbols;
  saves?: Saves;
  /**
   * Absolute path, after every link, of the folder that holds the state of all roots: denied in any mode.
   * Absent where state is kept in memory only.
   */
  dataHome?: string;
  /** The one redaction sink: what goes into a prompt, row, log or view has passed it. */
  redact(text: string): string;
}

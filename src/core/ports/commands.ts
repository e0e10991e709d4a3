/** Commands started as processes, confined, with their output kept. */
import type { ProjectEnvironment } from '../model/environment.js';
import type { Sandbox } from '../model/policy.js';
import type { Hash, Root } from '../model/primitives.js';

export type UsedEnvironment = Pick<ProjectEnvironment, 'folders' | 'variables'>;

export interface CommandRequest {
  root: Root;
  /** Spawned without a shell … */
  argv?: readonly string[];
  /** … or given, exactly so, to the shell it is written for (`shellOf`), after `-c`. One of the two. */
  script?: string;
  /** Folder inside the root, '' for the root itself. */
  cwd: string;
  timeoutMs: number;
  sandbox: Sandbox;
  network: boolean;
  /** Of the project, approved: their programs come before those of the PATH. */
  environments?: readonly UsedEnvironment[];
  /** Folders of programs that the project brings: what they lie in stays as it is, but for caches of tools. */
  protect?: readonly string[];
  /** A person approved that it installs: it has the network, its own cache, and may change what is protected. */
  installation?: boolean;
}

export interface CommandOutcome {
  /** null when it was ended by a signal or never started. */
  exitCode: number | null;
  timedOut: boolean;
  cancelled: boolean;
  durationMs: number;
  /**
   * Bytes of output in all; `head` and `tail` are what was kept:
   * at most 64 KiB and 192 KiB, control characters made harmless, redacted.
   */
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
   * Never rejects for what the command does: exit codes, signals, timeouts and cancellation are
   * outcomes. An abort kills the process tree within a second and gives `cancelled`. Errors:
   * command-not-found, shell-missing, shell-bash-missing, path-outside.
   */
  run(request: CommandRequest, onOutput: (text: string) => void, signal: AbortSignal): Promise<CommandOutcome>;
  /** What stands between commands and the machine here, tried once: e.g. 'bubblewrap'; 'none'. */
  isolation(): Promise<string>;
  /**
   * The program that a bare name stands for, as `run` would find it;
   * `workspacePath` where the file it really is lies inside the root. undefined = there is none.
   */
  locate(
    root: Root,
    name: string,
    environments?: readonly UsedEnvironment[],
  ): Promise<{ path: string; workspacePath?: string } | undefined>;
}

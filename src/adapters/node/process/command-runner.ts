/**
 * Runs commands: an argument vector is spawned as it is, a script is given to a POSIX shell as it is,
 * nothing in between. The child has a cleaned environment, no standard input, a process group of its
 * own, and ends with everything it started.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import * as hostPath from 'node:path';
import type { Bytes } from '../../../base/bytes.js';
import type { Sandbox } from '../../../core/model/policy.js';
import type { CommandOutcome, CommandRequest, CommandRunner, Log } from '../../../core/ports/ports.js';
import { createOutputProgress } from '../files/progress.js';
import { confinedFolder } from '../files/workspace.js';
import { readableFor } from '../git/git-worktrees.js';
import { certificates, commandEnvironment, foldersOf, type EnvironmentOptions } from './command-environment.js';
import { isAlive } from './is-alive.js';
import { createKeptOutput } from './kept-output.js';
import { locateProgram, type ProcessEnvironment } from './programs.js';
import { resolveCommand } from './resolve-command.js';
import { supervise, type StartedCommand } from './supervise.js';
import { cachesIn, keptFolders, prepareToolCaches } from './tool-caches.js';

export interface SandboxRequest {
  /** Real path of the root; absolute folder the command starts in. */
  root: string;
  folder: string;
  sandbox: Sandbox;
  network: boolean;
  /** Folders that must stay readable wherever they lie. */
  readable: readonly string[];
  /** Folders of the workspace that stay as they are, but for what is `writable` in them. */
  kept?: readonly string[];
  /** Folders that may be written wherever they lie; they exist. */
  writable?: readonly string[];
}

/** Puts something between a command and the machine, or says that nothing is there ('none'). */
export interface CommandSandbox {
  wrap(
    request: SandboxRequest,
    argv: readonly string[],
    signal: AbortSignal,
  ): Promise<{ by: string; argv: readonly string[]; env?: Readonly<Record<string, string>> }>;
  /** Whether `wrap` can do anything here; absent = it always stands back. */
  detect?(): Promise<{ works: boolean }>;
}

export interface CommandRunnerOptions extends EnvironmentOptions {
  /** Where worktrees of ours lie: what they are linked to stays readable for their commands. */
  worktrees?: string;
  /** Where tools keep their caches in the sandbox; absent = they find the person's, read-only. */
  caches?: string;
  /** In pieces, so that a large log is never in memory whole. */
  putBlobFrom(pieces: AsyncIterable<Bytes>): Promise<string>;
  redact(text: string): string;
  /** Makes control characters harmless. */
  harmless(text: string): string;
  sandbox: CommandSandbox;
  log: Log;
}

export function createCommandRunner(options: CommandRunnerOptions): CommandRunner {
  const { platform } = options;
  let prepared = false;

  return {
    async run(request, onOutput, signal) {
      const began = performance.now();
      const root = realpathSync(request.root);
      const folder = confinedFolder(request.root, request.cwd);
      prepareSpool();
      const mark = randomBytes(12).toString('hex');
      const { env, readable: programs } = commandEnvironment(options, root, mark, request.environments ?? []);
      const readable =
        options.worktrees === undefined ? programs : [...programs, ...readableFor(options.worktrees, root)];
      const resolved = resolveCommand(request, {
        folder,
        root,
        env,
        platform,
        fallbackNode: options.fallbackNode,
      });
      const caches = await cachesFor(request, root, env);
      const wrapped = await options.sandbox
        .wrap(
          {
            root,
            folder,
            sandbox: request.sandbox,
            network: request.network,
            readable,
            kept: caches?.kept ?? [],
            writable: caches?.writable ?? [],
          },
          resolved.argv,
          signal,
        )
        .catch((error: unknown) => {
          if (signal.aborted) return undefined;
          throw error;
        });
      if (!wrapped || signal.aborted)
        return {
          exitCode: null,
          timedOut: false,
          cancelled: true,
          bytes: 0,
          head: '',
          tail: '',
          durationMs: Math.round(performance.now() - began),
          sandboxedBy: wrapped?.by ?? 'none',
        };

      const command: StartedCommand = {
        argv: wrapped.argv,
        where: {
          cwd: folder,
          env: {
            ...env,
            ...resolved.env,
            ...caches?.env,
            ...(request.installation && certificates(options.env, root)),
            ...wrapped.env,
          },
        },
        mark,
        request,
        platform,
      };
      return { ...(await runAndKeep(options, command, began, onOutput, signal)), sandboxedBy: wrapped.by };
    },

    isolation: () => isolationBy(options),

    locate: (root, name, environments = []) =>
      Promise.resolve(
        locateProgram(name, {
          env: options.childEnvironment(options.env),
          platform,
          root: realpathSync(root),
          first: foldersOf(environments),
        }),
      ),
  };

  function prepareSpool(): void {
    mkdirSync(options.spoolDir, { recursive: true, mode: 0o700 });
    if (prepared) return;
    prepared = true;
    sweep(options.spoolDir);
  }

  /** Only in the sandbox: outside it the person's own are used, and never those that a confined command wrote. */
  async function cachesFor(request: CommandRequest, root: string, env: ProcessEnvironment) {
    if (options.caches === undefined || request.sandbox === 'full-access') return undefined;
    if (!(await options.sandbox.detect?.())?.works) return undefined;
    const kept = request.installation || !request.protect ? [] : keptFolders(root, request.protect);
    const own = prepareToolCaches(options.caches, {
      root,
      network: request.network,
      env,
      installation: request.installation ?? false,
    });
    const caches = request.sandbox === 'workspace-write' ? cachesIn(kept) : [];
    return { env: own.env, writable: [...own.writable, ...caches], kept };
  }
}

/** What a command of an ordinary task would stand behind here. */
async function isolationBy({ sandbox, spoolDir: folder }: CommandRunnerOptions): Promise<string> {
  if (!(await sandbox.detect?.())?.works) return 'none';
  const request = { root: folder, folder, sandbox: 'workspace-write', network: false, readable: [] } as const;
  return (await sandbox.wrap(request, ['true'], new AbortController().signal)).by;
}

/** To its end, with what it printed. `began`: when it was asked for. */
async function runAndKeep(
  options: CommandRunnerOptions,
  command: StartedCommand,
  began: number,
  onOutput: Parameters<CommandRunner['run']>[1],
  signal: AbortSignal,
): Promise<Omit<CommandOutcome, 'sandboxedBy'>> {
  const clean = (text: string) => options.redact(options.harmless(text));
  const output = createKeptOutput(hostPath.join(options.spoolDir, `output-${process.pid}-${command.mark}.log`));
  const progress = createOutputProgress(onOutput, clean);
  try {
    const ended = await supervise(command, { keep: output.add, show: progress.add }, signal);
    const durationMs = Math.round(performance.now() - began); // of the command: cleaning a large log is ours
    progress.end();
    const { bytes, spoolError } = output;
    if (spoolError !== undefined)
      options.log.warn('The output of a command could not be spooled; its middle is lost.', { error: spoolError });
    const log = bytes > 0 && spoolError === undefined ? await options.putBlobFrom(output.pieces(clean)) : undefined;
    return { ...ended, durationMs, bytes, ...output.headAndTail(clean), ...(log !== undefined && { log }) };
  } finally {
    progress.end();
    await output.dispose();
  }
}

/** What processes left that were killed. */
function sweep(spoolDir: string): void {
  for (const name of readdirSync(spoolDir)) {
    const pid = Number(/^output-(\d+)-/.exec(name)?.[1] ?? process.pid);
    if (pid !== process.pid && !isAlive(pid)) rmSync(hostPath.join(spoolDir, name), { force: true });
  }
}

/**
 * Runs commands: an argument vector is spawned as it is, a script is given to a POSIX shell as it is,
 * nothing in between. The child has a cleaned environment, no standard input, a process group of its
 * own, and ends with everything it started.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import * as hostPath from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bytes } from '../../../base/bytes.js';
import { deferred } from '../../../base/deferred.js';
import { OpenExecError } from '../../../core/errors.js';
import { shellOf } from '../../../core/policy/script-shell.js';
import type { Sandbox } from '../../../core/model/policy.js';
import type { CommandOutcome, CommandRequest, CommandRunner, Log, UsedEnvironment } from '../../../core/ports/ports.js';
import { isAlive } from './is-alive.js';
import { errnoOf } from './confine.js';
import { readableFor } from '../git/git-worktrees.js';
import { createKeptOutput } from './kept-output.js';
import { endTree, endTreeNow, markName } from './process-tree.js';
import {
  findProgram,
  isExecutable,
  isFile,
  locateProgram,
  pathOf,
  searchPath,
  type ProcessEnvironment,
} from './programs.js';
import { prepareToolCaches } from './tool-caches.js';
import { createOutputProgress } from '../files/progress.js';
import { confinedFolder } from '../files/workspace.js';

export interface SandboxRequest {
  /** Real path of the root; absolute folder the command starts in. */
  root: string;
  folder: string;
  sandbox: Sandbox;
  network: boolean;
  /** Folders that must stay readable wherever they lie. */
  readable: readonly string[];
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

export interface CommandRunnerOptions {
  /** The process's environment; the child gets what `childEnvironment` leaves of it. */
  env: ProcessEnvironment;
  childEnvironment(env: ProcessEnvironment): ProcessEnvironment;
  platform: NodeJS.Platform;
  /** Folder of our own for spooled output and the `node` stand-in; made when first needed. */
  spoolDir: string;
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
  /** What stands in for `node` where the PATH has none: VS Code's own executable. */
  fallbackNode?: { execPath: string; electron: boolean };
  log: Log;
}

export function createCommandRunner(options: CommandRunnerOptions): CommandRunner {
  const { platform } = options;
  const clean = (text: string) => options.redact(options.harmless(text));
  let prepared = false;

  return {
    async run(request, onOutput, signal) {
      const started = performance.now();
      const root = realpathSync(request.root);
      const folder = confinedFolder(request.root, request.cwd);
      prepareSpool();
      const mark = randomBytes(12).toString('hex');
      const { env, readable: programs } = environmentFor(root, mark, request.environments ?? []);
      const readable =
        options.worktrees === undefined ? programs : [...programs, ...readableFor(options.worktrees, root)];
      const resolved = resolve(request, folder, root, env);
      const nothing = { exitCode: null, timedOut: false, bytes: 0, head: '', tail: '' };
      const caches = await cachesFor(request, root, env);
      const wrapped = await options.sandbox
        .wrap(
          {
            root,
            folder,
            sandbox: request.sandbox,
            network: request.network,
            readable,
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
          ...nothing,
          cancelled: true,
          durationMs: Math.round(performance.now() - started),
          sandboxedBy: wrapped?.by ?? 'none',
        };

      const output = createKeptOutput(hostPath.join(options.spoolDir, `output-${process.pid}-${mark}.log`));
      const progress = createOutputProgress(onOutput, clean);
      try {
        const ended = await supervise(
          wrapped.argv,
          { cwd: folder, env: { ...env, ...resolved.env, ...caches?.env, ...wrapped.env } },
          mark,
          request,
          output.add,
          progress.add,
          signal,
        );
        const durationMs = Math.round(performance.now() - started); // of the command: cleaning a large log is ours
        progress.end();
        if (output.spoolError !== undefined)
          options.log.warn('The output of a command could not be spooled; its middle is lost.', {
            error: output.spoolError,
          });
        const log =
          output.bytes > 0 && output.spoolError === undefined
            ? await options.putBlobFrom(output.pieces(clean))
            : undefined;
        const outcome: CommandOutcome = {
          ...ended,
          durationMs,
          bytes: output.bytes,
          ...output.headAndTail(clean),
          sandboxedBy: wrapped.by,
        };
        return log === undefined ? outcome : { ...outcome, log };
      } finally {
        progress.end();
        await output.dispose();
      }
    },

    async isolation() {
      if (!(await options.sandbox.detect?.())?.works) return 'none';
      const folder = options.spoolDir;
      return (
        await options.sandbox.wrap(
          { root: folder, folder, sandbox: 'workspace-write', network: false, readable: [] },
          ['true'],
          new AbortController().signal,
        )
      ).by;
    },

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
    for (const name of readdirSync(options.spoolDir)) {
      const pid = Number(/^output-(\d+)-/.exec(name)?.[1] ?? process.pid);
      // Of a process that was killed
      if (pid !== process.pid && !isAlive(pid)) rmSync(hostPath.join(options.spoolDir, name), { force: true });
    }
  }

  /** Only in the sandbox: outside it the person's own are used, and never those that a confined command wrote. */
  async function cachesFor(request: CommandRequest, root: string, env: ProcessEnvironment) {
    if (options.caches === undefined || request.sandbox === 'full-access') return undefined;
    if (!(await options.sandbox.detect?.())?.works) return undefined;
    return prepareToolCaches(options.caches, { root, network: request.network, env });
  }

  function environmentFor(
    root: string,
    mark: string,
    used: readonly UsedEnvironment[],
  ): { env: Record<string, string>; readable: string[] } {
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.childEnvironment(options.env)))
      if (value !== undefined && !(platform === 'win32' && name.toUpperCase() === 'PATH')) kept[name] = value;
    const env: ProcessEnvironment = { ...kept, PATH: pathOf(options.childEnvironment(options.env), platform) };
    const folders = searchPath({ env, platform, root, first: foldersOf(used) });
    // A program must not vanish behind the sandbox's own /tmp;
    // those in node_modules/.bin are links to the packages beside it.
    const readable = folders.map((folder) =>
      folder.endsWith(`node_modules${hostPath.sep}.bin`) ? hostPath.dirname(folder) : folder,
    );
    if (options.fallbackNode && findProgram('node', { env, platform, root }) === undefined) {
      const folder = standInForNode(options.fallbackNode);
      folders.push(folder); // last: a node that is installed always wins
      readable.push(folder, hostPath.dirname(options.fallbackNode.execPath));
    }
    for (const { folders: own } of used) readable.push(...own.map((folder) => hostPath.dirname(folder)));
    const variables = Object.assign({}, ...used.map((one) => one.variables)) as Record<string, string>;
    const joined = folders.join(platform === 'win32' ? ';' : ':');
    return { env: { ...kept, ...variables, PATH: joined, [markName]: mark }, readable };
  }

  /**
   * A folder with a `node` that runs VS Code's executable as Node;
   * a shell script, which Git's bash on Windows runs too.
   */
  function standInForNode(node: { execPath: string; electron: boolean }): string {
    const folder = hostPath.join(options.spoolDir, 'bin');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const quoted = `'${node.execPath.replaceAll("'", `'\\''`)}'`;
    const file = hostPath.join(folder, 'node');
    writeFileSync(file, `#!/bin/sh\n${node.electron ? 'ELECTRON_RUN_AS_NODE=1 ' : ''}exec ${quoted} "$@"\n`);
    chmodSync(file, 0o755);
    return folder;
  }

  /** What is spawned: absolute program first. */
  function resolve(
    request: CommandRequest,
    folder: string,
    root: string,
    env: ProcessEnvironment,
  ): { argv: string[]; env?: Record<string, string> } {
    const { argv, script } = request;
    if (
      (argv === undefined) === (script === undefined) ||
      argv?.length === 0 ||
      [...(argv ?? []), script ?? ''].some((part) => part.includes('\0'))
    ) {
      throw new OpenExecError('request-invalid', {
        problem: 'a command is either a list of arguments or a script, without NUL characters',
      });
    }
    if (script !== undefined) return { argv: [...shell(script, root, env), '-c', script] };
    const [name = '', ...rest] = argv!;
    const search = { env, platform, root, first: foldersOf(request.environments ?? []) };
    if (/[/\\]/.test(name)) {
      const path = hostPath.resolve(folder, name);
      if (!(platform === 'win32' ? isFile(path) && /\.(exe|com)$/i.test(path) : isExecutable(path)))
        throw new OpenExecError('command-not-found', { program: name });
      return { argv: [path, ...rest] };
    }
    if (platform === 'win32' && (name === 'npm' || name === 'npx')) {
      const cli = npmCli(name, search.env, root);
      if (cli) return { argv: [...cli, ...rest] };
    }
    if (platform === 'win32' && name === 'node' && options.fallbackNode && findProgram('node', search) === undefined) {
      return {
        argv: [options.fallbackNode.execPath, ...rest],
        ...(options.fallbackNode.electron ? { env: { ELECTRON_RUN_AS_NODE: '1' } } : {}),
      };
    }
    const program = name === '' ? undefined : findProgram(name, search);
    if (program === undefined) throw new OpenExecError('command-not-found', { program: name });
    return { argv: [program, ...rest] };
  }

  /** The shell with its flags. */
  function shell(script: string, root: string, env: ProcessEnvironment): string[] {
    const shown = script.length > 120 ? `${script.slice(0, 120)}…` : script;
    const wanted = shellOf(script);
    const flags = wanted.name === 'bash' ? wanted.flags : [];
    if (platform !== 'win32') {
      if (wanted.name === 'bash') {
        // As `env bash` finds it, but never one of the workspace.
        const found = locateProgram('bash', { env, platform, root });
        const bash = found && found.workspacePath === undefined ? found.path : undefined;
        if (bash === undefined)
          throw new OpenExecError('shell-bash-missing', { command: shown, because: wanted.because });
        return [bash, ...flags];
      }
      if (isExecutable('/bin/sh')) return ['/bin/sh'];
    } else {
      // Git's own bash, beside its git.exe; the one in System32 is another system's.
      const git = findProgram('git', { env, platform, root });
      const candidates =
        git === undefined
          ? []
          : [
              hostPath.resolve(git, '..', '..', 'bin', 'bash.exe'),
              hostPath.resolve(git, '..', '..', 'usr', 'bin', 'bash.exe'),
            ];
      const found = candidates.find(isFile);
      if (found !== undefined) return [found, ...flags];
    }
    throw new OpenExecError('shell-missing', { command: shown });
  }

  async function supervise(
    argv: readonly string[],
    where: { cwd: string; env: Record<string, string> },
    mark: string,
    request: CommandRequest,
    keep: (chunk: Buffer) => Promise<void>,
    show: (chunk: Buffer, decoder: TextDecoder) => void,
    signal: AbortSignal,
  ): Promise<Pick<CommandOutcome, 'exitCode' | 'timedOut' | 'cancelled'>> {
    const child = await start(argv, where, request);
    const owner = { pid: child.pid!, mark, platform };
    let why: 'timedOut' | 'cancelled' | undefined;
    let ending: Promise<void> | undefined;
    const stuck = deferred<null>();
    const end = (reason: 'timedOut' | 'cancelled') => {
      why ??= reason;
      ending ??= endTree(owner);
      // A process that even SIGKILL does not end must not hold the run
      setTimeout(() => stuck.resolve(null), 950).unref();
    };
    const onAbort = () => end('cancelled');
    const timer = setTimeout(() => end('timedOut'), Math.min(request.timeoutMs, 2 ** 31 - 1));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();

    const reading = Promise.all([child.stdout, child.stderr].map((pipe) => read(pipe!, keep, show)));
    const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    try {
      const exitCode = await Promise.race([exit, stuck.promise]);
      await (ending ?? endTreeNow(owner)); // what a command leaves running in the background ends with it
      await Promise.race([reading, wait(250, undefined, { ref: false })]);
      child.stdout?.destroy();
      child.stderr?.destroy();
      await reading;
      return {
        exitCode: why === undefined ? exitCode : null,
        timedOut: why === 'timedOut',
        cancelled: why === 'cancelled',
      };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  function start(
    argv: readonly string[],
    where: { cwd: string; env: Record<string, string> },
    request: CommandRequest,
  ): Promise<ChildProcess> {
    const [program = '', ...args] = argv;
    const name = request.argv?.[0] ?? program;
    return new Promise((started, reject) => {
      const fail = (error: unknown) =>
        reject(
          errnoOf(error) === 'E2BIG'
            ? new OpenExecError(
                'command-denied',
                { command: name, reason: 'its arguments are too long for this system' },
                undefined,
                { cause: error },
              )
            : new OpenExecError('command-not-found', { program: name }, undefined, { cause: error }),
        );
      try {
        const child = spawn(program, args, {
          ...where,
          stdio: ['ignore', 'pipe', 'pipe'],
          shell: false,
          detached: platform !== 'win32',
          windowsHide: true,
        });
        child.once('spawn', () => started(child));
        child.once('error', fail);
      } catch (error) {
        fail(error);
      }
    });
  }
}

const foldersOf = (environments: readonly UsedEnvironment[]): string[] =>
  environments.flatMap(({ folders }) => folders);

/** Reads no faster than the output can be kept. */
async function read(
  pipe: NodeJS.ReadableStream,
  keep: (chunk: Buffer) => Promise<void>,
  show: (chunk: Buffer, decoder: TextDecoder) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      show(chunk, decoder);
      await keep(chunk);
      giveBack(chunk);
    }
  } catch (error) {
    // We closed it: someone who left the tree still held it open
    if (errnoOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/**
 * Frees the memory of a chunk at once. It lies outside the heap, where the collector comes late: of a command that prints without
 * measure some sixty MB would wait for it. A chunk that fills its buffer is the only one in it: views of Node's pool never do.
 */
function giveBack({ buffer, byteOffset, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && length === buffer.byteLength) buffer.transfer(0);
}

/** npm is a batch file on Windows, and batch files need a shell: node runs npm's own script instead. */
export function npmCli(
  name: 'npm' | 'npx',
  env: ProcessEnvironment,
  root: string,
  isThere: (path: string) => boolean = isFile,
): [string, string] | undefined {
  const p = hostPath.win32;
  const search = { env, platform: 'win32' as const, root, isProgram: isThere };
  for (const folder of searchPath(search)) {
    const cli = p.join(folder, 'node_modules', 'npm', 'bin', `${name}-cli.js`);
    if (!isThere(p.join(folder, `${name}.cmd`)) || !isThere(cli)) continue;
    const beside = p.join(folder, 'node.exe');
    const node = isThere(beside) ? beside : findProgram('node', search);
    if (node !== undefined) return [node, cli];
  }
  return undefined;
}

/**
 * Calls git so that a repository's own configuration cannot make it run anything: no hooks, no fsmonitor, no
 * external diff, no text conversion, no pager, no filters, no transport, no GIT_ variables and no secrets from
 * outside. A hostile repository stays data.
 */
import { spawn } from 'node:child_process';
import { OpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';
import { removedBecause } from '../../../core/policy/child-environment.js';
import { findProgram, type ProcessEnvironment } from '../process/programs.js';

export interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
  /** stdout was cut at `maxBytes` and git was ended. */
  truncated: boolean;
}

export interface GitCallOptions {
  /** Default: the root. */
  cwd?: string;
  input?: string | Uint8Array;
  /** Only GIT_INDEX_FILE has a use. */
  env?: Readonly<Record<string, string>>;
  /** Default 64 MiB. */
  maxBytes?: number;
}

export interface GitCommand {
  /**
   * Runs git; any exit code is a result.
   * Errors: git-missing, the signal's reason, git-failed when it could not be started.
   */
  (root: Root, args: readonly string[], signal: AbortSignal, options?: GitCallOptions): Promise<GitResult>;
}

const settings = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.splitIndex=false',
  'core.safecrlf=false',
  'core.quotePath=false',
  'core.editor=false',
  'diff.external=',
  'log.showSignature=false',
  'commit.gpgSign=false',
  'i18n.commitEncoding=UTF-8',
  'i18n.logOutputEncoding=UTF-8',
  'protocol.allow=never',
  'protocol.ext.allow=never',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  'credential.helper=',
];

export function createGitCommand(options: { env: ProcessEnvironment; platform: NodeJS.Platform }): GitCommand {
  const { env, platform } = options;
  const clean = cleanEnvironment(env);

  return async (root, args, signal, call = {}) => {
    signal.throwIfAborted();
    const program = findProgram('git', { env, platform, root });
    if (program === undefined) throw new OpenExecError('git-missing');
    const base = [
      '--no-optional-locks',
      '--no-pager',
      '--literal-pathspecs',
      ...settings.flatMap((setting) => ['-c', setting]),
    ];
    // Looked up anew for every call: a command of the run may have changed it since.
    const listed = await run(program, [...base, 'config', '--name-only', '--null', '--list'], root, signal, {});
    // A driver behind the cut would not be switched off.
    if (listed.truncated) throw new OpenExecError('git-failed', { detail: 'the git configuration is too large' });
    const filters = listed.code === 0 ? blankedFilters(listed.stdout.toString('utf8')) : [];
    return run(program, [...base, ...filters, ...args], root, signal, call);
  };

  function run(
    program: string,
    args: readonly string[],
    root: Root,
    signal: AbortSignal,
    call: GitCallOptions,
  ): Promise<GitResult> {
    return new Promise((resolve, reject) => {
      const maxBytes = call.maxBytes ?? 64 * 1024 * 1024;
      const child = spawn(program, args, {
        cwd: call.cwd ?? root,
        env: { ...clean, ...call.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        shell: false,
        windowsHide: true,
      });
      const out: Buffer[] = [];
      let size = 0;
      let truncated = false;
      let stderr = '';
      // Of reads and object writes a loose object is left at most;
      // what moves a branch is not given a signal that aborts
      const onAbort = () => child.kill('SIGKILL');
      signal.addEventListener('abort', onAbort, { once: true });
      child.stdout.on('data', (chunk: Buffer) => {
        if (truncated) return;
        out.push(size + chunk.length > maxBytes ? chunk.subarray(0, maxBytes - size) : chunk);
        size += chunk.length;
        if (size > maxBytes) {
          truncated = true;
          child.kill('SIGTERM');
        }
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (stderr.length < 8192) stderr += chunk.toString('utf8');
      });
      child.stdin.on('error', () => undefined); // git may end before it has read everything; its exit code tells
      child.stdin.end(call.input ?? '');
      child.on('error', (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(new OpenExecError('git-failed', { detail: error.message }, undefined, { cause: error }));
      });
      child.on('close', (code) => {
        signal.removeEventListener('abort', onAbort);
        if (signal.aborted) reject(signal.reason);
        else resolve({ code: code ?? (truncated ? 0 : 128), stdout: Buffer.concat(out), stderr, truncated });
      });
    });
  }
}

/** `-c` settings that switch off every filter driver that any configuration file names, included files too. */
function blankedFilters(names: string): string[] {
  const drivers = new Set<string>();
  for (const name of names.split('\0')) {
    const driver = /^filter\.([^]+)\.(clean|smudge|process|required)$/i.exec(name)?.[1];
    if (driver !== undefined) drivers.add(driver);
  }
  return [...drivers].flatMap((driver) => {
    // A `-c` cannot name such a driver, so it could not be switched off.
    if (/[=\n]/.test(driver))
      throw new OpenExecError('git-failed', {
        detail: `the git configuration has a filter with the name ${JSON.stringify(driver)}, which cannot be switched off`,
      });
    return ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((setting) => [
      '-c',
      `filter.${driver}.${setting}`,
    ]);
  });
}

/** Where a commit is signed, the agent that holds the key is asked. */
const AGENTS = new Set(['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'GPG_AGENT_INFO']);
const isSecret = (name: string): boolean => removedBecause(name) === 'secret' && !AGENTS.has(name.toUpperCase());

function cleanEnvironment(env: ProcessEnvironment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (
      value !== undefined &&
      !isSecret(name) &&
      !/^(GIT_|SSH_ASKPASS|GPG_|LD_|DYLD_)/i.test(name) &&
      !/^(PAGER|EDITOR|VISUAL|LANG|LANGUAGE|LC_\w+)$/i.test(name)
    )
      kept[name] = value;
  }
  return {
    ...kept,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_OPTIONAL_LOCKS: '0',
    // Objects of a partial clone that are missing would be fetched, and a fetch runs what the configuration names.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
  };
}

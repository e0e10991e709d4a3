/** What is spawned for a request: a program that is there, or the shell that a script is given to. */
import * as hostPath from 'node:path';
import { OpenExecError } from '../../../core/errors.js';
import { shellOf } from '../../../core/policy/script-shell.js';
import type { CommandRequest } from '../../../core/ports/ports.js';
import { foldersOf, type FallbackNode } from './command-environment.js';
import { findProgram, isExecutable, isFile, locateProgram, searchPath, type ProcessEnvironment } from './programs.js';

interface Where {
  folder: string;
  root: string;
  env: ProcessEnvironment;
  platform: NodeJS.Platform;
  fallbackNode?: FallbackNode | undefined;
}

/** What is spawned: absolute program first. */
export function resolveCommand(
  { argv, script, environments = [] }: CommandRequest,
  { folder, root, env, platform, fallbackNode }: Where,
): { argv: string[]; env?: Record<string, string> } {
  if (
    (argv === undefined) === (script === undefined) ||
    argv?.length === 0 ||
    [...(argv ?? []), script ?? ''].some((part) => part.includes('\0'))
  ) {
    throw new OpenExecError('request-invalid', {
      problem: 'a command is either a list of arguments or a script, without NUL characters',
    });
  }
  if (script !== undefined) return { argv: [...shell(script, { env, platform, root }), '-c', script] };
  const [name = '', ...rest] = argv!;
  const search = { env, platform, root, first: foldersOf(environments) };
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
  if (platform === 'win32' && name === 'node' && fallbackNode && findProgram('node', search) === undefined) {
    return {
      argv: [fallbackNode.execPath, ...rest],
      ...(fallbackNode.electron ? { env: { ELECTRON_RUN_AS_NODE: '1' } } : {}),
    };
  }
  const program = name === '' ? undefined : findProgram(name, search);
  if (program === undefined) throw new OpenExecError('command-not-found', { program: name });
  return { argv: [program, ...rest] };
}

/** The shell with its flags. */
function shell(script: string, search: Pick<Where, 'env' | 'platform' | 'root'>): string[] {
  const { platform } = search;
  const shown = script.length > 120 ? `${script.slice(0, 120)}…` : script;
  const wanted = shellOf(script);
  const flags = wanted.name === 'bash' ? wanted.flags : [];
  if (platform !== 'win32') {
    if (wanted.name === 'bash') {
      // As `env bash` finds it, but never one of the workspace.
      const found = locateProgram('bash', search);
      const bash = found && found.workspacePath === undefined ? found.path : undefined;
      if (bash === undefined)
        throw new OpenExecError('shell-bash-missing', { command: shown, because: wanted.because });
      return [bash, ...flags];
    }
    if (isExecutable('/bin/sh')) return ['/bin/sh'];
  } else {
    // Git's own bash, beside its git.exe; the one in System32 is another system's.
    const git = findProgram('git', search);
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

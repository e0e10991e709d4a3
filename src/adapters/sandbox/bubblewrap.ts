/**
 * Linux: bubblewrap between a command and the machine. The workspace is writable (its .git is not),
 * everything else is read-only, /tmp is the command's own, the network is off unless it was allowed.
 * Where it does not work, the answer is 'none'.
 */
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { createWrapping, tryProgram, type Detected, type SandboxedCommand, type Wrapping } from './wrapping.js';

export interface BubblewrapOptions {
  /** Where to look for `bwrap`. Only absolute folders count. */
  path: string | undefined;
  platform: NodeJS.Platform;
  /** Folders no command may look into: they are empty inside. */
  hidden?: readonly string[];
}

export type Bubblewrap = Wrapping<'bubblewrap'>;

export const createSandbox = (options: BubblewrapOptions): Bubblewrap =>
  createWrapping(
    'bubblewrap',
    () => probe(options),
    (command) => bubblewrapArguments(command, options.hidden),
    // Its own, and the only one it can write: the person's may lie elsewhere, or be gone.
    { TMPDIR: '/tmp', TMP: '/tmp', TEMP: '/tmp' },
  );

/** The arguments before `--`. Later mounts lie over earlier ones: the order is the meaning. */
export function bubblewrapArguments(
  command: SandboxedCommand,
  hidden: readonly string[] = [],
  exists: (path: string) => boolean = existsSync,
): string[] {
  const { root } = command;
  const mount = command.sandbox === 'workspace-write' ? '--bind' : '--ro-bind';
  const git = join(root, '.git');
  const inTmp = (path: string) => path.startsWith(`/tmp${sep}`) && path !== root && exists(path);
  return [
    ...['--ro-bind', '/', '/'],
    ...['--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
    ...hidden.filter(exists).flatMap((path) => ['--tmpfs', path]),
    ...command.readable
      .filter((path) => inTmp(path) || hidden.some((folder) => path.startsWith(folder + sep)))
      .flatMap((path) => ['--ro-bind', path, path]),
    ...[mount, root, root],
    // The workspace showed it again.
    ...hidden.filter((path) => path.startsWith(root + sep) && exists(path)).flatMap((path) => ['--tmpfs', path]),
    ...(command.kept ?? []).flatMap((path) => ['--ro-bind', path, path]),
    ...(command.writable ?? []).flatMap((path) => ['--bind', path, path]),
    // Hooks and configuration of the repository would run later, outside. A worktree's .git is a file.
    ...(exists(git) ? protectedGit(root, git) : []),
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...(command.network ? [] : ['--unshare-net']),
    ...['--die-with-parent', '--new-session', '--chdir', command.folder],
  ];
}

/** `.git` that is a link is protected where it really lies, when that is writable. */
function protectedGit(root: string, git: string): string[] {
  const real = existsSync(git) ? realpathSync(git) : git;
  return real === git ? ['--ro-bind', git, git] : real.startsWith(root + sep) ? ['--ro-bind', real, real] : [];
}

async function probe(options: BubblewrapOptions): Promise<Detected> {
  if (options.platform !== 'linux') return { works: false, reason: 'bubblewrap exists on Linux only' };
  const program = (options.path ?? '')
    .split(':')
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, 'bwrap'))
    .find(isExecutable);
  if (program === undefined) return { works: false, reason: 'bwrap is not installed' };
  return tryProgram(program, [
    '--ro-bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--tmpfs',
    '/tmp',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-net',
    '--die-with-parent',
    '--new-session',
  ]);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // "not there" is an answer
  }
}

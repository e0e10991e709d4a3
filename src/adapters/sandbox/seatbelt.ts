/**
 * macOS: the system's own sandbox-exec between a command and the machine. The workspace is writable (its .git
 * is not), so are the temporary folders; everything else is read-only, and the network is off unless it was
 * allowed. Deprecated by Apple for years, and still what browsers and package managers on macOS stand on;
 * where it does not work, the answer is 'none'.
 */
import { accessSync, constants, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { createWrapping, tryProgram, type Detected, type SandboxedCommand, type Wrapping } from './wrapping.js';

export interface SeatbeltOptions {
  platform: NodeJS.Platform;
  /** Folders no command may look into. */
  hidden?: readonly string[];
  /** Of the user: `$TMPDIR`, and the cache beside it that compilers need. Real paths. */
  temporary: readonly string[];
  /** Another than the system's, for tests. */
  program?: string;
}

export type Seatbelt = Wrapping<'seatbelt'>;

/** Never looked for on the PATH: what is found there could be anything. */
const PROGRAM = '/usr/bin/sandbox-exec';

export const createSeatbelt = (options: SeatbeltOptions): Seatbelt =>
  createWrapping(
    'seatbelt',
    () => probe(options.program ?? PROGRAM, options.platform),
    (command) => ['-p', seatbeltProfile(command, options)],
  );

/**
 * The profile, in the sandbox's own language (SBPL, a Scheme). The last rule that matches decides, so what is protected
 * inside what is writable comes after it. Paths stand in it as real paths: `/tmp` and `/var` are links on macOS.
 */
export function seatbeltProfile(
  command: SandboxedCommand,
  { hidden = [], temporary }: Pick<SeatbeltOptions, 'hidden' | 'temporary'>,
): string {
  const caches = command.writable ?? [];
  const writable = [...(command.sandbox === 'workspace-write' ? [command.root] : []), ...temporary, ...caches];
  const shown = [command.root, ...command.readable].filter((path) =>
    hidden.some((folder) => path.startsWith(`${folder}/`)),
  );
  const devices = [
    ...['/dev/null', '/dev/zero', '/dev/dtracehelper', '/dev/tty'].map((path) => `(literal ${quoted(path)})`),
    '(regex #"^/dev/fd/")',
  ];
  return [
    '(version 1)',
    '(allow default)',
    '(deny file-write*)',
    `(allow file-write* ${[...writable.map(subpath), ...devices].join(' ')})`,
    // Hooks and configuration of the repository would run later, outside. A worktree's .git is a file.
    `(deny file-write* ${subpath(join(command.root, '.git'))})`,
    ...keptIn(command),
    // A folder above could be renamed, and the rule with it.
    `(deny file-write-unlink (literal ${quoted(command.root)}))`,
    ...(hidden.length > 0 ? [`(deny file-read* file-write* ${hidden.map(subpath).join(' ')})`] : []),
    ...(shown.length > 0 ? [`(allow file-read* ${shown.map(subpath).join(' ')})`] : []),
    ...(shown.includes(command.root) && command.sandbox === 'workspace-write'
      ? [
          `(allow file-write* ${subpath(command.root)})`,
          `(deny file-write* ${subpath(join(command.root, '.git'))})`,
          ...keptIn(command),
        ]
      : []),
    ...(caches.length > 0 ? [`(allow file-read* file-write* ${caches.map(subpath).join(' ')})`] : []),
    ...(command.network ? [] : ['(deny network*)']),
    // Other processes, the clipboard's server, opening things outside.
    '(deny process-info* (target others))',
    '(deny signal (target others))',
    '(allow signal (target same-sandbox))',
    '(deny appleevent-send)',
    '(deny lsopen)',
  ].join('\n');
}

/** Not itself moved away either; what is written in it all the same comes after it. */
const keptIn = ({ kept = [], writable = [] }: SandboxedCommand): string[] =>
  kept.flatMap((folder) => [
    `(deny file-write* ${subpath(folder)})`,
    ...writable.filter((path) => path.startsWith(`${folder}/`)).map((path) => `(allow file-write* ${subpath(path)})`),
  ]);

const subpath = (path: string): string => `(subpath ${quoted(path)})`;
/** A string of the profile's language: nothing in a path ends it. */
const quoted = (path: string): string => `"${path.replace(/[\\"]/g, '\\$&')}"`;

/** `$TMPDIR` and the user's cache folder beside it, as they really lie. */
export function temporaryFolders(tmpdir: string | undefined): string[] {
  const found: string[] = [];
  for (const path of ['/tmp', ...(tmpdir?.startsWith('/') ? [tmpdir, join(tmpdir, '..', 'C')] : [])]) {
    try {
      const real = realpathSync(path);
      // `/private/tmp` and below, never a folder at the top
      if (!found.includes(real) && real.split('/').length > 2) found.push(real);
    } catch {
      // What is not there is not made writable.
    }
  }
  return found;
}

async function probe(program: string, platform: NodeJS.Platform): Promise<Detected> {
  if (platform !== 'darwin') return { works: false, reason: 'sandbox-exec exists on macOS only' };
  try {
    accessSync(program, constants.X_OK);
  } catch {
    return { works: false, reason: `${program} is not there` };
  }
  return tryProgram(program, ['-p', '(version 1)\n(allow default)\n(deny network*)']);
}

/**
 * Finds the program a name stands for, as an absolute path. Only absolute folders of the PATH count, and none inside
 * the root: a `git` or `node` planted in the workspace is never what runs.
 */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import * as posix from 'node:path/posix';
import * as win32 from 'node:path/win32';

export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

export interface ProgramSearch {
  env: ProcessEnvironment;
  platform: NodeJS.Platform;
  /** Folders whose programs do not count; '' = none. */
  root: string;
  /** Folders that count wherever they lie, before all others. */
  first?: readonly string[];
  /** For tests of another platform's rules. */
  isProgram?: (path: string) => boolean;
}

/** undefined = there is none. `name` is a bare name; paths are the caller's business. */
export function findProgram(name: string, search: ProgramSearch): string | undefined {
  const windows = search.platform === 'win32';
  const p = windows ? win32 : posix;
  const isProgram = search.isProgram ?? (windows ? isFile : isExecutable);
  // Batch files need a shell to run, and a shell reads their arguments anew: they do not count (CVE-2024-27980).
  const names = windows && !/\.(exe|com)$/i.test(name) ? [`${name}.exe`, `${name}.com`] : [name];
  for (const folder of searchPath(search)) {
    for (const candidate of names) {
      const path = p.join(folder, candidate);
      if (isProgram(path)) return path;
    }
  }
  return undefined;
}

/**
 * The program and what file it really is:
 * a name on the PATH may be a link into the workspace (`npm link`, or planted on purpose).
 * `root` is a real path.
 */
export function locateProgram(
  name: string,
  search: ProgramSearch,
): { path: string; workspacePath?: string } | undefined {
  if (name === '' || name.length > 255 || /[/\\\0]/.test(name)) return undefined;
  const path = findProgram(name, search);
  if (path === undefined) return undefined;
  const p = search.platform === 'win32' ? win32 : posix;
  const from = p.relative(search.root, realpathSync(path));
  return from === '' || from.startsWith('..') || p.isAbsolute(from)
    ? { path }
    : { path, workspacePath: from.replaceAll('\\', '/') };
}

/** For many questions in a row: what was found is remembered for a second. */
export function createProgramFinder(search: ProgramSearch): (name: string) => ReturnType<typeof locateProgram> {
  let found = new Map<string, ReturnType<typeof locateProgram>>();
  let since = 0;
  return (name) => {
    if (performance.now() - since > 1000 || found.size > 10_000) {
      found = new Map();
      since = performance.now();
    }
    if (!found.has(name)) found.set(name, locateProgram(name, search));
    return found.get(name);
  };
}

/** The folders of the PATH that count, in order. */
export function searchPath(search: ProgramSearch): string[] {
  const windows = search.platform === 'win32';
  const p = windows ? win32 : posix;
  const value = pathOf(search.env, search.platform) ?? '';
  const fold = (path: string) => (windows ? path.toLowerCase() : path);
  const root = search.root === '' ? undefined : fold(search.root);
  const others = value
    .split(p.delimiter)
    .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
    .filter((folder) => p.isAbsolute(folder))
    .map((folder) => p.normalize(folder))
    .filter(
      (folder) =>
        root === undefined ||
        (fold(folder).replace(/[\\/]+$/, '') !== root &&
          !fold(folder).startsWith(root.endsWith(p.sep) ? root : root + p.sep)),
    );
  return [...(search.first ?? []), ...others];
}

/**
 * The environment without the folders of the PATH that do not count, those in `root` among them.
 * A worktree of the root is another folder, and what is planted in the root must not run for it either.
 */
export function outsideRoot(env: ProcessEnvironment, platform: NodeJS.Platform, root: string): ProcessEnvironment {
  if (pathOf(env, platform) === undefined) return env;
  const others = Object.entries(env).filter(([name]) => (platform === 'win32' ? name.toUpperCase() : name) !== 'PATH');
  return {
    ...Object.fromEntries(others),
    PATH: searchPath({ env, platform, root }).join(platform === 'win32' ? win32.delimiter : posix.delimiter),
  };
}

/** Windows spells it `Path`; environment names are not case-sensitive there. */
export function pathOf(env: ProcessEnvironment, platform: NodeJS.Platform): string | undefined {
  if (platform !== 'win32') return env['PATH'];
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH');
  return key === undefined ? undefined : env[key];
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false; // "not there" and "not executable" are both answers here
  }
}

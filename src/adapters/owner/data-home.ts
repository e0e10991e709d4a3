/** Where state lives: a folder of this person's own, outside every repository, with one sub-folder per root. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { OpenExecError } from '../../core/errors.js';
import { dataHome } from './data-home-path.js';
import { nameRoot } from './moved-root.js';

export { dataHome };

export interface DataDirOptions {
  /** Absolute path of the folder; links are resolved. */
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Data home; absent = OPENEXEC_HOME, else the platform's data folder. */
  home?: string;
  platform?: NodeJS.Platform;
}

/** The root's folder, made with mode 0700. Errors: root-not-found, store-unwritable. */
export async function resolveDataDir(options: DataDirOptions): Promise<string> {
  const root = await realpath(options.root).catch((cause: unknown) => {
    throw new OpenExecError('root-not-found', { path: options.root }, undefined, { cause });
  });
  const home = options.home ?? dataHome(options.env, options.platform ?? process.platform);
  const dir = path.join(home, 'roots', folderName(root));
  try {
    await makeFolder(dir, 0o700);
    await ownFolder(dir);
    await nameRoot(dir, root);
  } catch (error) {
    if (error instanceof OpenExecError) throw error;
    throw new OpenExecError(
      'store-unwritable',
      { path: dir, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
      String(error),
      { cause: error },
    );
  }
  return dir;
}

/** Readable first, unambiguous second: `quotes-3f9a…`. */
export function folderName(root: string): string {
  const readable = path
    .basename(root)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 40);
  return `${readable || 'root'}-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
}

/**
 * With those above it. Not Node's recursive mkdir:
 * where a file system says ENOENT for a folder that is there (/proc does), that one never ends.
 */
export async function makeFolder(dir: string, mode?: number): Promise<void> {
  const missing: string[] = [];
  for (let at = dir; !(await exists(at)); at = path.dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) {
    await mkdir(folder, { mode }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // another process was faster
    });
  }
}

const exists = (at: string): Promise<boolean> =>
  stat(at).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && path.dirname(at) !== at) return false;
      throw error;
    },
  );

/** Somebody else's folder, or a link put there, could bring a database of its own. */
async function ownFolder(dir: string): Promise<void> {
  const found = await lstat(dir);
  const refuse = (reason: string) => new OpenExecError('store-unwritable', { path: dir, reason });
  if (!found.isDirectory()) throw refuse('it is not a folder');
  const user = process.getuid?.();
  if (user === undefined) return;
  if (found.uid !== user) throw refuse('it belongs to another user');
  if ((found.mode & 0o022) !== 0) throw refuse('other users may write to it');
}

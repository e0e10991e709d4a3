/**
 * Files of a root on this machine's disk.
 * Reading follows links that stay inside; writing goes through none (apply-writes.ts).
 */
import * as nodeFs from 'node:fs';
import { join, sep } from 'node:path';
import type { Bytes } from '../../../base/bytes.js';
import { OpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';
import type { FileStat, Workspace } from '../../../core/ports/ports.js';
import { applyWrites, tidyAfterKill } from './apply-writes.js';
import { checkRelative, confined, errnoOf, outside, realPlace, type RealPlace } from '../process/confine.js';
import type { GitCommand } from '../git/git-command.js';
import { linkedInto } from '../git/git-worktrees.js';
import { isNeverListed, walk } from './walk.js';

/** The file system, so that a test can make a disk full or a folder unwritable. */
export type DiskFs = typeof nodeFs;

export interface DiskWorkspaceOptions {
  /** Lists files as git sees them; without it, or outside a repository, folders are walked. */
  git?: GitCommand;
  /** Where worktrees of ours lie: what was linked into one is read as its own. Writing goes through no link. */
  worktrees?: string;
  fs?: DiskFs;
  platform?: NodeJS.Platform;
}

export const defaultMaxBytes = 50 * 1024 * 1024;

export function createDiskWorkspace(options: DiskWorkspaceOptions = {}): Workspace {
  const fs = options.fs ?? nodeFs;
  const platform = options.platform ?? process.platform;
  const placeOf = (root: Root, path: string): RealPlace => {
    const place = realPlace(fs, root, path);
    if (place.relative !== undefined || options.worktrees === undefined) return place;
    const linked = linkedInto(options.worktrees, fs.realpathSync(root)).find(
      ({ from }) => place.absolute === from || place.absolute.startsWith(from + sep),
    );
    return linked
      ? { ...place, relative: linked.to + place.absolute.slice(linked.from.length).split(sep).join('/') }
      : place;
  };
  return {
    async read(root, path, maxBytes = defaultMaxBytes) {
      checkRelative(path, platform);
      return readConfined(fs, () => placeOf(root, path), path, maxBytes);
    },

    async stat(root, path) {
      if (path !== '') checkRelative(path, platform);
      const place = placeOf(root, path);
      if (!place.exists)
        return place.relative === undefined
          ? { kind: 'other', size: 0, realPath: undefined, viaLink: true }
          : undefined;
      // Nothing is told of a file outside but that it is there.
      if (place.relative === undefined) return { kind: 'other', size: 0, realPath: undefined, viaLink: true };
      const stat = fs.lstatSync(place.absolute, { throwIfNoEntry: false });
      if (!stat) return undefined;
      const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : 'other';
      const found: FileStat = {
        kind,
        size: kind === 'file' ? stat.size : 0,
        realPath: place.relative,
        viaLink: place.viaLink,
      };
      return kind === 'file'
        ? { ...found, links: stat.nlink, ...(platform !== 'win32' && { executable: (stat.mode & 0o100) !== 0 }) }
        : found;
    },

    async list(root, path) {
      if (path !== '') checkRelative(path, platform);
      const place = placeOf(root, path);
      if (place.relative === undefined) throw outside(path);
      if (!place.exists) return [];
      try {
        const entries = await fs.promises.readdir(place.absolute, { withFileTypes: true });
        return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
      } catch (error) {
        if (errnoOf(error) === 'ENOTDIR')
          throw new OpenExecError('path-invalid', { path }, undefined, { cause: error });
        throw error;
      }
    },

    async files(root, limit, signal) {
      signal.throwIfAborted();
      const listed =
        (options.git && (await filesOfGit(options.git, root, signal))) ?? (await walk(root, limit, signal));
      const paths = listed.paths.filter((path) => !isNeverListed(path)).sort();
      return { paths: paths.slice(0, limit), truncated: listed.truncated || paths.length > limit };
    },

    apply: (root, writes, _label, signal) => applyWrites({ fs, platform }, root, writes, signal),
    tidy: async (root, paths) => tidyAfterKill({ fs, platform }, root, paths),
  };
}

/**
 * undefined = no such file. A FIFO, socket, device or folder is never opened for reading: it could block, or never end.
 */
function readConfined(fs: DiskFs, placeNow: () => RealPlace, path: string, maxBytes: number): Bytes | undefined {
  const place = placeNow();
  if (place.relative === undefined) throw outside(path);
  if (!place.exists) return undefined;
  const flags = fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0);
  if (!fs.lstatSync(place.absolute, { throwIfNoEntry: false })?.isFile())
    throw new OpenExecError('path-invalid', { path });
  const file = fs.openSync(place.absolute, flags);
  try {
    const opened = fs.fstatSync(file);
    const again = placeNow();
    const named = fs.lstatSync(again.absolute, { throwIfNoEntry: false });
    // The path may have been turned into a link to elsewhere between the check and the open.
    if (again.relative === undefined || !named || named.ino !== opened.ino || named.dev !== opened.dev)
      throw new OpenExecError('path-outside', { path });
    if (!opened.isFile()) throw new OpenExecError('path-invalid', { path });
    if (opened.size > maxBytes) throw new OpenExecError('file-too-large', { path, size: opened.size, limit: maxBytes });
    const bytes = fs.readFileSync(file);
    if (bytes.length > maxBytes)
      // It grew meanwhile, or tells no size (/proc)
      throw new OpenExecError('file-too-large', { path, size: bytes.length, limit: maxBytes });
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  } finally {
    fs.closeSync(file);
  }
}

/** undefined = not a repository, or one that knows nothing of this folder. */
async function filesOfGit(
  git: GitCommand,
  root: Root,
  signal: AbortSignal,
): Promise<{ paths: string[]; truncated: boolean } | undefined> {
  try {
    const [tracked, others, deleted] = await Promise.all([
      git(root, ['ls-files', '-z', '--stage'], signal),
      git(root, ['ls-files', '-z', '--others', '--exclude-standard'], signal),
      git(root, ['ls-files', '-z', '--deleted'], signal),
    ]);
    if (tracked.code !== 0 || others.code !== 0 || deleted.code !== 0) return undefined;
    const gone = new Set(entries(deleted.stdout));
    const paths = new Set<string>();
    for (const entry of entries(tracked.stdout)) {
      const tab = entry.indexOf('\t');
      const path = entry.slice(tab + 1);
      if (!entry.startsWith('160000') && !gone.has(path)) paths.add(path); // a submodule is another repository's folder
    }
    for (const path of entries(others.stdout)) if (!path.endsWith('/')) paths.add(path);
    return paths.size === 0 ? undefined : { paths: [...paths], truncated: tracked.truncated || others.truncated };
  } catch (error) {
    if (error instanceof OpenExecError && ['git-missing', 'git-failed', 'git-ownership'].includes(error.code))
      return undefined; // the walk does it
    throw error;
  }
}

const entries = (output: Buffer): string[] =>
  output
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry !== '');

/** Where a folder of a root really is, for a child process. Errors: path-outside, path-invalid (no folder). */
export function confinedFolder(root: Root, cwd: string, fs: DiskFs = nodeFs): string {
  if (cwd === '' || cwd === '.') return fs.realpathSync(root);
  checkRelative(cwd);
  const place = confined(fs, root, cwd);
  if (!place.exists || !fs.statSync(place.absolute).isDirectory())
    throw new OpenExecError('path-invalid', { path: cwd });
  return join(place.absolute);
}

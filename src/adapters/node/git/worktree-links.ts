/**
 * Gives a worktree the ignored folders that its commands need: installed packages above all. Each is made as a folder
 * of the worktree's own whose entries are links, so that `node_modules/` in a .gitignore covers it and a cache that a
 * tool makes beside the packages does not land in the person's tree. Packages that are folders of this very repository
 * lead to the worktree's copy, else its tests would test the person's.
 */
import * as fs from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { asRoot, type Root } from '../../../core/model/primitives.js';
import { checkRelative, confined, errnoOf, realPlace } from '../process/confine.js';
import type { GitCommand } from './git-command.js';
import { checked, failed } from './git-repository.js';

/** Written by tools while they run: each tree has its own. And no tree is another repository's. */
const apart = new Set(['.git', '.cache', '.vite', '.vite-temp', '.vitest', '.tmp', '.parcel-cache', '.swc']);
/**
 * Builds write their output there.
 * A link would put unapproved work into the person's tree: the worktree starts without.
 */
const outputs = new Set(['target', 'build', 'dist', 'out', 'obj', '.next', '.gradle', '.turbo', 'coverage']);

export interface LinkOptions {
  root: Root;
  /** Top of the person's tree, and of the worktree; real paths. */
  top: string;
  worktreeTop: string;
  worktree: Root;
  paths: readonly string[];
}

export interface Linked {
  /** Real path of the folder in the person's tree. */
  from: string;
  /** Where it is in the worktree: from its top, `/`-separated. */
  to: string;
}

/**
 * A path that is not there, is no folder of the root, or is not ignored there is left out.
 * Errors: path-outside, path-invalid.
 */
export async function linkFolders(command: GitCommand, options: LinkOptions, signal: AbortSignal): Promise<Linked[]> {
  const { root, worktree, worktreeTop, paths } = options;
  const linked: Linked[] = [];
  for (const path of paths) {
    checkRelative(path);
    const source = realPlace(fs, root, path);
    if (!source.exists || source.viaLink || source.relative === undefined || outputs.has(path.split('/').at(-1)!))
      continue;
    if (!fs.lstatSync(source.absolute).isDirectory() || !(await isIgnored(command, root, path, signal))) continue;
    const target = confined(fs, worktree, path);
    if (target.viaLink || !fs.existsSync(dirname(target.absolute))) continue;
    linkEntries({ top: options.top, worktreeTop, folder: source.absolute }, source.absolute, target.absolute);
    linked.push({ from: source.absolute, to: relative(worktreeTop, target.absolute).split(sep).join('/') });
  }
  return linked;
}

/** The submodules that were linked: a worktree has only their empty folders, and builds read from them. */
export async function linkSubmodules(
  command: GitCommand,
  options: Pick<LinkOptions, 'top' | 'worktreeTop'>,
  signal: AbortSignal,
): Promise<Linked[]> {
  const { top, worktreeTop } = options;
  const listed = checked(await command(asRoot(worktreeTop), ['ls-files', '-z', '--stage'], signal));
  const linked: Linked[] = [];
  for (const entry of listed.stdout.toString('utf8').split('\0')) {
    const path = /^160000 [^\t]*\t([^]+)$/.exec(entry)?.[1];
    if (path === undefined) continue;
    const source = realPlace(fs, asRoot(top), path);
    const target = realPlace(fs, asRoot(worktreeTop), path);
    if (
      !source.exists ||
      source.viaLink ||
      target.viaLink ||
      !fs.existsSync(dirname(target.absolute)) ||
      !fs.lstatSync(source.absolute).isDirectory()
    )
      continue;
    linkEntries({ top, worktreeTop, folder: source.absolute }, source.absolute, target.absolute);
    linked.push({ from: source.absolute, to: path });
  }
  return linked;
}

interface LinkRoots {
  top: string;
  worktreeTop: string;
  /** The linked folder in the person's tree. */
  folder: string;
}

/** What stands in the worktree already is left as it is. */
function linkEntries(place: LinkRoots, from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    if (apart.has(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (
      entry.isDirectory() &&
      (entry.name === '.bin' || entry.name.startsWith('@')) &&
      !fs.lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()
    )
      linkEntries(place, source, target);
    else link(source, target, entry.isSymbolicLink() ? ownCopy(place, source) : undefined);
  }
}

/** Where a link leads to a folder of the repository itself, the same folder of the worktree. */
function ownCopy(place: LinkRoots, path: string): string | undefined {
  const lead = resolve(dirname(path), fs.readlinkSync(path));
  const inTree = relative(place.top, lead);
  if (inTree === '' || inTree.startsWith('..') || isAbsolute(inTree) || lead.startsWith(place.folder + sep))
    return undefined;
  const own = join(place.worktreeTop, inTree);
  return fs.existsSync(own) ? own : undefined;
}

function link(source: string, target: string, other: string | undefined): void {
  const lead = other ?? source;
  try {
    const isFolder = fs.statSync(lead, { throwIfNoEntry: false })?.isDirectory() === true;
    // Windows lets everyone make junctions, but not links to files.
    if (process.platform === 'win32' && !isFolder) fs.copyFileSync(lead, target, fs.constants.COPYFILE_EXCL);
    else fs.symlinkSync(lead, target, isFolder ? 'junction' : 'file');
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

/** As a whole: git would not name the folder where it had a tracked file in it. */
async function isIgnored(command: GitCommand, root: Root, path: string, signal: AbortSignal): Promise<boolean> {
  const listed = await command(
    root,
    ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory', '--', path],
    signal,
    { maxBytes: 1024 * 1024 },
  );
  if (listed.code !== 0) throw failed(listed);
  return listed.stdout.toString('utf8').split('\0').includes(`${path}/`);
}

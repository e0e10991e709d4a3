/**
 * Worktrees of our own in the data home, so that a task can work beside the person: made of a snapshot of
 * the working tree, detached, and known by name. A file beside each, written last, says that it is whole;
 * without it the next one takes its place.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { OpenExecError } from '../../../core/errors.js';
import { asRoot, type Root } from '../../../core/model/primitives.js';
import type { Git } from '../../../core/ports/ports.js';
import { errnoOf } from '../process/confine.js';
import type { GitCallOptions, GitCommand, GitResult } from './git-command.js';
import { checked, failed, line, openRepository, type Repository } from './git-repository.js';
import { likeTheTree } from './worktree-files.js';
import { copyIndex } from './index-lock.js';
import { makeTemporary } from './own-temporary.js';
import { linkFolders, linkSubmodules, type Linked } from './worktree-links.js';

type Worktrees = Pick<Git, 'snapshot' | 'addWorktree' | 'removeWorktree' | 'worktrees'>;

/** `folder`: the data home's `worktrees` folder of this root. */
export function createWorktrees(command: GitCommand, folder: string): Worktrees {
  return {
    async snapshot(root, message, signal) {
      const repository = await needRepository(command, root, signal);
      return { sha: await snapshot(command, root, repository, { message, worktrees: folder }, signal) };
    },

    async addWorktree(root, name, sha, link, signal) {
      checkName(name);
      const repository = await needRepository(command, root, signal);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const place = join(realpathSync(folder), name);
      const own = asRoot(repository.prefix === '' ? place : join(place, repository.prefix.slice(0, -1)));
      const common = await commonDir(command, root, signal);
      if (common === undefined) throw noRepository();
      await forgetStale(common, folder);
      if (!(await isWhole(command, place, sha, signal))) {
        await discard(common, place);
        await build(command, root, repository, place, sha, signal);
        mkdirSync(own, { recursive: true }); // git keeps no empty folders
      }
      const tops = { top: repository.top, worktreeTop: place };
      const linked = [
        ...(await linkFolders(command, { ...tops, root, worktree: own, paths: link }, signal)),
        ...(await linkSubmodules(command, tops, signal)),
      ];
      writeRecord(place, { v: 1, sha, common, linked });
      return own;
    },

    async removeWorktree(root, name, signal) {
      checkName(name);
      if (!existsSync(folder)) return;
      const common = await commonDir(command, root, signal);
      await discard(common, join(realpathSync(folder), name));
      await forgetStale(common, folder);
    },

    async worktrees(root, signal) {
      if (!existsSync(folder)) return [];
      const real = realpathSync(folder);
      const folders = readdirSync(real, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      );
      const known = registered(await commonDir(command, root, signal)).flatMap(({ place }) =>
        dirname(place) === real ? [basename(place)] : [],
      );
      return [...new Set([...folders, ...known])].sort();
    },
  };
}

/**
 * Where a file really stands that a link of a worktree leads to:
 * the folder in the person's tree, and its place seen from `root`. Nothing for any other root.
 */
export function linkedInto(folder: string, root: string): Linked[] {
  const found = ownedPlace(folder, root);
  if (!found?.record) return [];
  const prefix = relative(found.place, root).split(sep).join('/');
  return found.record.linked.flatMap(({ from, to }) =>
    prefix === '' ? [{ from, to }] : to.startsWith(`${prefix}/`) ? [{ from, to: to.slice(prefix.length + 1) }] : [],
  );
}

/**
 * What a command in a worktree of ours must be able to read beside its root:
 * the rest of the worktree, the repository, what was linked. Nothing for any other root.
 */
export function readableFor(folder: string, root: string): string[] {
  const found = ownedPlace(folder, root);
  return found?.record
    ? [
        ...(root === found.place ? [] : [found.place]),
        found.record.common,
        ...found.record.linked.map(({ from }) => from),
      ]
    : [];
}

/** undefined = the root is not in a worktree of ours. */
function ownedPlace(folder: string, root: string): { place: string; record: WorktreeRecord | undefined } | undefined {
  const real = existsSync(folder) ? realpathSync(folder) : folder;
  const inside = relative(real, root);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return undefined;
  const place = join(real, inside.split(sep)[0]!);
  return { place, record: readRecord(place) };
}

async function needRepository(
  command: GitCommand,
  root: Root,
  signal: AbortSignal,
): Promise<Repository & { head: string }> {
  const repository = await openRepository(command, root, signal);
  if (!repository) throw noRepository();
  if (repository.head === null) throw new OpenExecError('git-state', { state: 'there is no first commit yet' });
  return { ...repository, head: repository.head };
}

const noRepository = () => new OpenExecError('git-state', { state: 'this folder is not in a git repository' });

/** It is a folder's name, a file's name and, with git, a name of its own. */
function checkName(name: string): void {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,119}$/.test(name) || /\.(json|lock)$|\.$/.test(name))
    throw new OpenExecError('path-invalid', { path: JSON.stringify(name.slice(0, 200)) });
}

/** Ours, not the person's: it needs no identity, and with the head's own date the same tree gives the same commit. */
const author = { name: 'OpenExec', email: 'openexec@localhost' };

async function snapshot(
  command: GitCommand,
  root: Root,
  repository: Repository & { head: string },
  { message, worktrees }: { message: string; worktrees: string },
  signal: AbortSignal,
): Promise<string> {
  const temporary = makeTemporary(worktrees);
  const env = { GIT_INDEX_FILE: join(temporary, 'index') };
  const must = callIn(command, root, repository.top, signal);
  try {
    const real = join(repository.gitDir, 'index');
    // The person's own index knows which files are as they were, and which are not checked out at all (sparse).
    if (existsSync(real)) copyIndex(real, env.GIT_INDEX_FILE);
    else await must(['read-tree', repository.head], { env });
    // Not by `git add`: it looks into submodules, with their configuration, and stops at a repository inside this one.
    const listed = await Promise.all(
      [
        ['--modified', '--deleted'],
        ['--others', '--exclude-standard'],
      ].map((what) => must(['ls-files', '-z', ...what], { env })),
    );
    const changed = listed
      .flatMap((result) => result.stdout.toString('utf8').split('\0'))
      .filter((path) => path !== '' && !path.endsWith('/'));
    // What is gone first: a file may stand where a folder was, and a link to a folder where the folder itself was.
    const gone: string[] = [];
    const there: string[] = [];
    for (const path of new Set(changed)) (isGone(repository.top, path) ? gone : there).push(path);
    if (gone.length > 0)
      await must(['update-index', '-z', '--index-info'], {
        env,
        input: gone.map((path) => `0 ${'0'.repeat(repository.head.length)}\t${path}\0`).join(''),
      });
    if (there.length > 0)
      await must(['update-index', '-z', '--add', '--replace', '--stdin'], {
        env,
        input: there.map((path) => `${path}\0`).join(''),
      });
    const tree = line(await must(['write-tree'], { env }));
    const date = line(await must(['show', '-s', '--no-show-signature', '--format=%cI', repository.head]));
    const identity = Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((who) => [
        [`GIT_${who}_NAME`, author.name],
        [`GIT_${who}_EMAIL`, author.email],
        [`GIT_${who}_DATE`, date],
      ]),
    );
    return line(
      await must(['commit-tree', '--no-gpg-sign', '-p', repository.head, '-F', '-', tree], {
        input: message,
        env: identity,
      }),
    );
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Also when it is reached through a link only: then the tree has the link, and not what it leads to. */
function isGone(top: string, path: string): boolean {
  const parts = path.split('/');
  return parts.some((_, depth) => {
    const stat = lstatSync(join(top, ...parts.slice(0, depth + 1)), { throwIfNoEntry: false });
    return stat === undefined || (depth < parts.length - 1 && !stat.isDirectory());
  });
}

async function build(
  command: GitCommand,
  root: Root,
  repository: Repository,
  place: string,
  sha: string,
  signal: AbortSignal,
): Promise<void> {
  const must = callIn(command, root, repository.top, signal);
  await must(['worktree', 'add', '--detach', '--no-checkout', '--', place, sha]);
  // From inside, so that the filters are looked up where the files are written:
  // configuration may hang on the folder's name.
  const inside = callIn(command, asRoot(place), place, signal);
  await inside(['read-tree', '--reset', '-u', 'HEAD']);
  await likeTheTree(command, { tree: repository.top, worktree: place }, signal);
}

async function isWhole(command: GitCommand, place: string, sha: string, signal: AbortSignal): Promise<boolean> {
  if (readRecord(place)?.sha !== sha || !lstatSync(place, { throwIfNoEntry: false })?.isDirectory()) return false;
  const head = await command(asRoot(place), ['rev-parse', '--show-toplevel', 'HEAD^{commit}'], signal);
  const [top = '', at] = head.stdout.toString('utf8').split('\n');
  return head.code === 0 && at === sha && resolve(top) === place; // without its .git, git would look further up
}

/** The word that it is whole goes first and git's own entry last: whatever a kill leaves is seen and removed later. */
async function discard(common: string | undefined, place: string): Promise<void> {
  rmSync(recordOf(place), { force: true });
  await removeTree(place);
  for (const entry of registered(common))
    if (entry.place === place) rmSync(entry.folder, { recursive: true, force: true });
}

/** Removes a folder and follows no link on its way: what was linked is the person's. */
async function removeTree(place: string): Promise<void> {
  const remove = () => rm(place, { recursive: true, force: true, maxRetries: 3 });
  try {
    await remove();
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw notRemoved(place, error);
    makeWritable(place); // a command left folders that not even their owner may write to
    await remove().catch((again: unknown) => {
      throw notRemoved(place, again);
    });
  }
}

const notRemoved = (place: string, cause: unknown) =>
  new OpenExecError(
    'git-failed',
    { detail: `the worktree ${place} could not be removed (${errnoOf(cause) ?? 'unknown'})` },
    undefined,
    { cause },
  );

function makeWritable(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) makeWritable(join(path, name));
}

/** undefined = the folder is in no repository, or no longer: then there are folders of ours at most. */
async function commonDir(command: GitCommand, root: Root, signal: AbortSignal): Promise<string | undefined> {
  const result = await command(root, ['rev-parse', '--git-common-dir'], signal);
  if (result.code !== 0) {
    if (/not a git repository/i.test(result.stderr)) return undefined;
    throw failed(result);
  }
  return realpathSync(resolve(realpathSync(root), line(result)));
}

/**
 * Git's own entries, read and not asked for:
 * `worktree list` leaves out damaged ones, and `prune` would take the person's too.
 */
function registered(common: string | undefined): { folder: string; place: string }[] {
  if (common === undefined) return [];
  const all = join(common, 'worktrees');
  if (!lstatSync(all, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(all, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [];
    try {
      const folder = join(all, entry.name);
      return [{ folder, place: dirname(resolve(folder, readFileSync(join(folder, 'gitdir'), 'utf8').trim())) }];
    } catch (error) {
      // Git is making or removing it in this moment, or was killed before it said where: not known to be ours
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

/** Entries of ours whose folder is gone: left by a kill in the middle. */
async function forgetStale(common: string | undefined, folder: string): Promise<void> {
  const real = realpathSync(folder);
  for (const { place } of registered(common))
    if (dirname(place) === real && !existsSync(place)) await discard(common, place);
}

/** Our own word on a worktree, beside git's. */
const recordSchema = z.object({
  v: z.literal(1),
  sha: z.string(),
  common: z.string(),
  linked: z.array(z.object({ from: z.string(), to: z.string() })),
});
type WorktreeRecord = z.infer<typeof recordSchema>;

const recordOf = (place: string): string => `${place}.json`;

function writeRecord(place: string, record: WorktreeRecord): void {
  const temporary = `${recordOf(place)}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  renameSync(temporary, recordOf(place));
}

/** undefined = there is none, or none that can be read: then the worktree is not whole. */
function readRecord(place: string): WorktreeRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(readFileSync(recordOf(place), 'utf8'))).data;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Calls git in `cwd`; a failure is an error. */
function callIn(
  command: GitCommand,
  root: Root,
  cwd: string,
  signal: AbortSignal,
): (args: readonly string[], options?: GitCallOptions) => Promise<GitResult> {
  return async (args, options = {}) => checked(await command(root, args, signal, { cwd, ...options }));
}

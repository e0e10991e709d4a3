/**
 * One commit of a task's own hunks. For every file the difference between `before` and `after` is merged onto HEAD's
 * version, in a temporary index; the working tree is never touched. The real index is moved along under its lock, by
 * the same merge, so that what the person had staged shows as staged afterwards, no more and no less.
 *
 * Order, for a crash in between: index, then branch. Index ahead of the branch looks like staged work and is settled
 * when the commit is made again; the other way round the index would take the commit back.
 */
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes, type Bytes } from '../../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../../core/errors.js';
import { asRoot, type Root } from '../../../core/model/primitives.js';
import type { Git, GitCommitFile, GitCommitRequest } from '../../../core/ports/ports.js';
import { checkRelative } from '../process/confine.js';
import { eachBlob, storeBlobs } from './git-blobs.js';
import type { GitCallOptions, GitCommand, GitResult } from './git-command.js';
import {
  calm,
  checked,
  failed,
  hasIdentity,
  inPieces,
  isSigning,
  line,
  openRepository,
  type Repository,
} from './git-repository.js';
import { copyIndex, lockIndex, scratchIndex } from './index-lock.js';
import { moveRef } from './move-ref.js';
import { makeTemporary } from './own-temporary.js';

interface Entry {
  mode: string;
  sha: string;
}

/** What happens to one path of the tree. */
interface Change {
  /** From the top of the repository. */
  path: string;
  old: Entry | undefined;
  new: Entry | undefined;
}

interface Work {
  repository: Repository;
  /** Runs at the top of the repository; a failure is an error. */
  must(args: readonly string[], options?: GitCallOptions): Promise<GitResult>;
  may(args: readonly string[], options?: GitCallOptions): Promise<GitResult>;
  /** The same calls until another signal. */
  until(signal: AbortSignal): Pick<Work, 'must' | 'may'>;
  /** Absolute temporary folder of this commit. */
  folder: string;
  /** For calls into another repository: a submodule's. */
  into(folder: string, args: readonly string[]): Promise<GitResult>;
}

/** The branch is no longer where it was: someone commits at the same time. */
class BranchMoved extends Error {
  override readonly name = 'BranchMoved';
}

export async function commitFiles(
  command: GitCommand,
  root: Root,
  request: GitCommitRequest,
  signal: AbortSignal,
  options: { signingMs: number; worktrees: string },
): ReturnType<Git['commit']> {
  for (const file of request.files) for (const path of namesOf(file)) checkRelative(path);
  for (let tries = 1; ; tries++) {
    try {
      return await commitOnce(command, root, request, signal, options);
    } catch (error) {
      if (!(error instanceof BranchMoved)) throw error;
      if (tries === 3)
        throw new OpenExecError('git-state', { state: 'the branch moves while OpenExec commits' }, undefined, {
          cause: error,
        });
    }
  }
}

const namesOf = (file: GitCommitFile): string[] => (file.from === undefined ? [file.path] : [file.path, file.from]);

async function commitOnce(
  command: GitCommand,
  root: Root,
  request: GitCommitRequest,
  signal: AbortSignal,
  more: { signingMs: number; worktrees: string },
): ReturnType<Git['commit']> {
  return await working(command, root, more.worktrees, signal, async (work) => {
    const sign = request.sign === true && (await isSigning(command, root, signal));
    if (sign) await refuseForeignSigner(command, root, signal);
    const { changes, left } = await changesOf(work, request.files);
    const made =
      changes.length === 0
        ? undefined
        : await makeCommit(work, request.message, changes, sign ? { signal, ms: more.signingMs } : undefined);
    signal.throwIfAborted();
    const done = made === undefined ? undefined : await moveBranch(work, request.message, changes, made);
    if (left.length === 0) return done === undefined ? undefined : { sha: done };
    return done === undefined ? { left } : { sha: done, left };
  });
}

/** The same commit as an object that nothing leads to, unsigned; undefined = it would change nothing. */
export const commitObject = (
  command: GitCommand,
  root: Root,
  request: GitCommitRequest,
  worktrees: string,
  signal: AbortSignal,
): Promise<{ sha: string; left: string[] } | undefined> =>
  working(command, root, worktrees, signal, async (work) => {
    if (work.repository.head === null) return undefined;
    const { changes, left } = await changesOf(work, request.files);
    const sha = changes.length === 0 ? undefined : await makeCommit(work, request.message, changes, undefined);
    return sha === undefined ? undefined : { sha, left };
  });

/** In a repository that can be committed to, with a folder that is gone afterwards. */
async function working<T>(
  command: GitCommand,
  root: Root,
  worktrees: string,
  signal: AbortSignal,
  use: (work: Work) => Promise<T>,
): Promise<T> {
  const repository = await openRepository(command, root, signal);
  if (!repository) throw new OpenExecError('git-state', { state: 'this folder is not in a git repository' });
  if (repository.inProgress)
    throw new OpenExecError('git-state', { state: `a ${repository.inProgress} is in progress` });
  if (repository.ref === null)
    throw new OpenExecError('git-state', { state: 'no branch is checked out (detached head)' });
  if (!(await hasIdentity(command, root, signal))) throw new OpenExecError('git-identity');
  const folder = makeTemporary(worktrees);
  const calls: Work['until'] = (until) => {
    const may: Work['may'] = (args, options = {}) => command(root, args, until, { cwd: repository.top, ...options });
    const must: Work['must'] = async (args, options) => checked(await may(args, options));
    return { may, must };
  };
  try {
    return await use({
      ...calls(signal),
      until: calls,
      repository,
      folder,
      into: (inner, args) => command(asRoot(inner), args, signal),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The commit as an object, which nothing leads to yet; undefined when it would change nothing. */
async function makeCommit(
  work: Work,
  message: string,
  changes: readonly Change[],
  sign: { signal: AbortSignal; ms: number } | undefined,
): Promise<string | undefined> {
  const { repository, must, folder } = work;
  const index = { GIT_INDEX_FILE: join(folder, 'index') };
  await must(['read-tree', repository.head ?? '--empty'], { env: index });
  await must(['update-index', '-z', '--index-info'], { env: index, input: indexInfo(changes) });
  const tree = line(await must(['write-tree'], { env: index }));
  const headTree =
    repository.head === null ? undefined : line(await must(['rev-parse', '--verify', `${repository.head}^{tree}`]));
  if (tree === headTree) return undefined;
  const parent = repository.head === null ? [] : ['-p', repository.head];
  const commitTree = (how: '--gpg-sign' | '--no-gpg-sign') => [
    '-c',
    'user.useConfigOnly=true',
    'commit-tree',
    how,
    ...parent,
    '-F',
    '-',
    tree,
  ];
  if (!sign) return line(await must(commitTree('--no-gpg-sign'), { input: message }));
  const late = AbortSignal.timeout(sign.ms);
  try {
    return line(
      await work.until(AbortSignal.any([sign.signal, late])).must(commitTree('--gpg-sign'), { input: message }),
    );
  } catch (error) {
    sign.signal.throwIfAborted();
    if (late.aborted)
      throw new OpenExecError('git-sign', { detail: `no answer in ${sign.ms / 1000} s` }, undefined, { cause: error });
    if (isOpenExecError(error, 'git-failed'))
      throw new OpenExecError('git-sign', { detail: error.params.detail }, undefined, { cause: error });
    throw error;
  }
}

/** The program that signs is the person's own choice: one that the repository itself names is not run. */
async function refuseForeignSigner(command: GitCommand, root: Root, signal: AbortSignal): Promise<void> {
  const programs = await command(
    root,
    ['config', '--null', '--show-scope', '--name-only', '--get-regexp', '^gpg\\.(.*\\.)?(program|defaultkeycommand)$'],
    signal,
  );
  if (programs.code === 1) return; // there is none
  const words = checked(programs).stdout.toString('utf8').split('\0');
  const foreign = words.findIndex((word, index) => index % 2 === 0 && (word === 'local' || word === 'worktree'));
  if (foreign !== -1)
    throw new OpenExecError('git-sign', {
      detail: `${words[foreign + 1]} is set in this repository's own configuration, whose programs OpenExec does not run; git config --global is the place for it`,
    });
}

async function moveBranch(work: Work, message: string, changes: readonly Change[], sha: string): Promise<string> {
  const { repository, folder } = work;
  const lock = await lockIndex(repository.gitDir);
  try {
    const real = join(repository.gitDir, 'index');
    const kept = join(folder, 'index-before');
    const next = join(repository.gitDir, scratchIndex);
    const hadIndex = existsSync(real);
    if (hadIndex) {
      copyIndex(real, kept);
      copyIndex(real, next);
    }
    try {
      const moved = await indexChanges(work, changes);
      const { must, may } = work.until(calm());
      if (moved.length > 0)
        await must(['update-index', '-z', '--index-info'], { env: { GIT_INDEX_FILE: next }, input: indexInfo(moved) });
      if (existsSync(next)) renameSync(next, real);
      // Compare and swap: a branch that moved meanwhile is not overwritten. '' = the branch must not exist yet.
      const updated = await moveRef(may, {
        gitDir: repository.gitDir,
        cwd: repository.top,
        ref: repository.ref!,
        to: sha,
        from: repository.head ?? '',
        why: `commit: ${message.split('\n')[0]}`,
      });
      if (updated.code !== 0) {
        const now = await may(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
        throw line(now) === (repository.head ?? '') ? failed(updated) : new BranchMoved('', { cause: failed(updated) });
      }
    } catch (error) {
      rmSync(next, { force: true });
      if (hadIndex) {
        copyIndex(kept, next);
        renameSync(next, real);
      } else rmSync(real, { force: true });
      throw error;
    }
  } finally {
    lock.dispose();
  }
  return sha;
}

async function changesOf(work: Work, files: readonly GitCommitFile[]): Promise<{ changes: Change[]; left: string[] }> {
  const { prefix } = work.repository;
  const paths = files.flatMap(namesOf).map((path) => prefix + path);
  const others = await otherRepositories(work, paths);
  const head = await treeEntries(work, paths);
  const attributes = await attributesOf(work, paths);
  const ignored = await ignoredOf(
    work,
    files
      .filter((file) => file.before === null && file.after !== null && !head.has(prefix + (file.from ?? file.path)))
      .map((file) => prefix + file.path),
  );
  const changes: Change[] = [];
  const left: string[] = [];
  const texts: Text[] = [];
  for (const file of files) {
    const path = prefix + file.path;
    const other = namesOf(file)
      .map((name) => others(prefix + name))
      .find((found) => found !== undefined);
    if (other !== undefined) {
      if (await isCommittedThere(work, other, path, file.after)) continue;
      throw new OpenExecError('git-file', {
        path: file.path,
        reason: `it lies in ${other.slice(prefix.length)}, a repository of its own (a submodule)`,
      });
    }
    const source = file.from === undefined ? path : prefix + file.from;
    const old = head.get(source);
    if (old && old.mode !== '100644' && old.mode !== '100755')
      throw new OpenExecError('git-file', {
        path: file.from ?? file.path,
        reason: 'it is a link or a submodule in git, and OpenExec commits plain files only',
      });
    const attribute = attributes.get(path) ?? {};
    if (attribute.filter !== undefined && attribute.filter !== 'unset') {
      if (old && (await isAsInHead(work, path))) continue; // the person committed it
      throw new OpenExecError('git-file', {
        path: file.path,
        reason: `it is stored through the filter “${attribute.filter}”${attribute.filter === 'lfs' ? ' (Git LFS)' : ''}, a program that OpenExec does not run`,
      });
    }
    if (file.from !== undefined && old) changes.push({ path: source, old, new: undefined });
    if (file.after === null) {
      if (old && file.from === undefined) changes.push({ path, old, new: undefined });
      continue;
    }
    if (!old && (file.before !== null || ignored.has(path))) {
      left.push(file.path); // the person's own file, or one git shall not know: its text is not ours to publish
      continue;
    }
    texts.push({
      path,
      name: file.path,
      attribute,
      old,
      before: old ? file.before : null,
      after: file.after,
      executable: file.executable,
    });
  }
  for (const [index, { base, theirs }] of (await stored(work, texts)).entries()) {
    const { path, name, old, executable } = texts[index]!;
    const sha =
      old === undefined || base === undefined || base === old.sha
        ? theirs
        : await mergeBlobs(work, old.sha, base, theirs);
    if (sha === undefined)
      throw new OpenExecError('git-file', { path: name, reason: 'you have an uncommitted change on the same lines' });
    const mode =
      executable === undefined
        ? (old?.mode ?? modeFor(isExecutable(join(work.repository.top, path))))
        : modeFor(executable);
    const there = head.get(path);
    if (there?.sha !== sha || there.mode !== mode) changes.push({ path, old: there, new: { mode, sha } });
  }
  return { changes, left };
}

type Attributes = Partial<Record<'text' | 'eol' | 'filter' | 'working-tree-encoding' | 'crlf' | 'ident', string>>;

/** A file whose text becomes HEAD's version plus the difference from before to after. */
interface Text {
  path: string;
  /** As it was asked for. */
  name: string;
  attribute: Attributes;
  old: Entry | undefined;
  before: Bytes | null;
  after: Bytes;
  executable: boolean | undefined;
}

/**
 * The stored forms of both texts, by a number of calls that does not grow with the files, but for those that git stores
 * with other line ends or in another encoding.
 */
async function stored(work: Work, texts: readonly Text[]): Promise<{ base: string | undefined; theirs: string }[]> {
  const changing = new Set(
    texts.filter(
      ({ attribute, before, after }) =>
        attribute['working-tree-encoding'] !== undefined ||
        attribute.ident !== undefined ||
        [before, after].some((bytes) => bytes && hasCrlf(bytes)),
    ),
  );
  // Git itself leaves the line endings of a file alone whose stored text has CRLF, unless an attribute says otherwise.
  const doubtful = [...changing].filter(
    ({ attribute, old }) =>
      old &&
      (attribute.text ?? 'auto') === 'auto' &&
      attribute.eol === undefined &&
      attribute['working-tree-encoding'] === undefined &&
      attribute.crlf === undefined,
  );
  await eachBlob(
    work.must,
    doubtful.map(({ old }) => ({ sha: old!.sha })),
    (index, bytes) => void (hasCrlf(bytes) && changing.delete(doubtful[index]!)),
  );
  const asTheyAre = texts
    .filter((text) => !changing.has(text))
    .flatMap((text) => (text.before === null ? [text.after] : [text.after, text.before]));
  const shas = await storeBlobs(work.must, work.folder, asTheyAre);
  const store = async (text: Text, bytes: Bytes): Promise<string> =>
    changing.has(text)
      ? line(await work.must(['hash-object', '-w', '-t', 'blob', '--path', text.path, '--stdin'], { input: bytes }))
      : shas.shift()!;
  const found: { base: string | undefined; theirs: string }[] = [];
  for (const text of texts) {
    const theirs = await store(text, text.after);
    found.push({ theirs, base: text.before === null ? undefined : await store(text, text.before) });
  }
  return found;
}

const hasCrlf = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('\r\n');

/** Three-way merge of stored texts by git's own merge; undefined on a conflict or when they are not text. */
async function mergeBlobs(work: Work, ours: string, base: string, theirs: string): Promise<string | undefined> {
  if (ours === base || ours === theirs) return theirs;
  if (base === theirs) return ours;
  const folder = join(work.folder, 'merge');
  mkdirSync(folder, { recursive: true });
  for (const [name, sha] of Object.entries({ ours, base, theirs }))
    writeFileSync(join(folder, name), await blobOf(work, sha));
  const merged = await work.may([
    'merge-file',
    '--stdout',
    '--quiet',
    '--',
    join(folder, 'ours'),
    join(folder, 'base'),
    join(folder, 'theirs'),
  ]);
  if (merged.code !== 0) return undefined; // the number of conflicts, or 255 for binary
  return line(
    await work.must(['hash-object', '-w', '-t', 'blob', '--no-filters', '--stdin'], { input: checked(merged).stdout }),
  );
}

/**
 * How the real index follows: entries equal to the old HEAD move;
 * staged work is merged, and left alone where it cannot be.
 */
async function indexChanges(work: Work, changes: readonly Change[]): Promise<Change[]> {
  const staged = new Map<string, Entry | 'unmerged'>();
  for (const entry of await listed(
    work,
    ['ls-files', '-z', '--stage'],
    changes.map((change) => change.path),
  )) {
    const match = /^(\d+) ([0-9a-f]+) (\d)\t([^]*)$/.exec(entry);
    if (match) staged.set(match[4]!, match[3] === '0' ? { mode: match[1]!, sha: match[2]! } : 'unmerged');
  }
  const moved: Change[] = [];
  for (const change of changes) {
    const entry = staged.get(change.path);
    if (entry === 'unmerged') continue;
    if (entry?.sha === change.old?.sha && entry?.mode === change.old?.mode) moved.push(change);
    // `git add --intent-to-add`: a promise of the file, which the commit has kept.
    // Left alone it would read as staged for deletion.
    else if (entry && !change.old && change.new && (await isEmptyBlob(work, entry.sha))) moved.push(change);
    else if (entry && change.old && change.new) {
      const sha = await mergeBlobs(work, entry.sha, change.old.sha, change.new.sha);
      if (sha !== undefined) moved.push({ path: change.path, old: entry, new: { mode: entry.mode, sha } });
    }
  }
  return moved;
}

/**
 * By path, the folder of the other repository it lies in: a submodule in HEAD or one that is only on the disk so far.
 */
async function otherRepositories(work: Work, paths: readonly string[]): Promise<(path: string) => string | undefined> {
  const folders = new Set(
    paths.flatMap((path) =>
      path
        .split('/')
        .slice(0, -1)
        .map((_, depth, parts) => parts.slice(0, depth + 1).join('/')),
    ),
  );
  const inHead = folders.size === 0 ? new Map<string, Entry>() : await treeEntries(work, [...folders]);
  const others = new Set(
    [...folders].filter(
      (folder) => inHead.get(folder)?.mode === '160000' || existsSync(join(work.repository.top, folder, '.git')),
    ),
  );
  return (path) => [...others].filter((folder) => path.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0];
}

/** Nothing is left to do there: the other repository's HEAD has these bytes. */
async function isCommittedThere(work: Work, folder: string, path: string, after: Bytes | null): Promise<boolean> {
  const inner = join(work.repository.top, folder);
  if (!existsSync(join(inner, '.git'))) return false;
  const found = await work.into(inner, ['cat-file', 'blob', `HEAD:${path.slice(folder.length + 1)}`]);
  return found.code === 0 ? after !== null && equalBytes(found.stdout, after) : after === null;
}

/** By the file's times in the index: its stored text cannot be made without its filter. */
const isAsInHead = async (work: Work, path: string): Promise<boolean> =>
  (await work.may(['diff-index', '--quiet', '--ignore-submodules', 'HEAD', '--', path])).code === 0;

const isEmptyBlob = async (work: Work, sha: string): Promise<boolean> => (await blobOf(work, sha)).length === 0;

async function treeEntries(work: Work, paths: readonly string[]): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  if (work.repository.head === null) return entries;
  for (const entry of await listed(work, ['ls-tree', '-z', '--full-tree', work.repository.head], paths)) {
    const match = /^(\d+) \w+ ([0-9a-f]+)\t([^]*)$/.exec(entry);
    if (match) entries.set(match[3]!, { mode: match[1]!, sha: match[2]! });
  }
  return entries;
}

async function attributesOf(work: Work, paths: readonly string[]): Promise<Map<string, Attributes>> {
  const names = ['text', 'eol', 'filter', 'working-tree-encoding', 'crlf', 'ident'];
  const told = await work.must(['check-attr', '-z', '--stdin', ...names], {
    input: paths.map((path) => `${path}\0`).join(''),
  });
  const fields = told.stdout.toString('utf8').split('\0');
  const found = new Map<string, Attributes>();
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const [path = '', name = '', value = ''] = fields.slice(i, i + 3);
    if (value !== 'unspecified') found.set(path, { ...found.get(path), [name]: value });
  }
  return found;
}

/** Not by check-ignore, which takes no literal paths. */
const ignoredOf = async (work: Work, paths: readonly string[]): Promise<Set<string>> =>
  new Set(await listed(work, ['ls-files', '-z', '--others', '--ignored', '--exclude-standard'], paths));

/** Entries of a listing of these paths. */
async function listed(work: Work, args: readonly string[], paths: readonly string[]): Promise<string[]> {
  const entries: string[] = [];
  for (const some of inPieces(paths))
    for (const entry of (await work.must([...args, '--', ...some])).stdout.toString('utf8').split('\0'))
      if (entry !== '') entries.push(entry);
  return entries;
}

const blobOf = async (work: Work, sha: string): Promise<Buffer> => (await work.must(['cat-file', 'blob', sha])).stdout;

/** Input of `update-index -z --index-info`; removals first, so that a file may take the place of a folder. */
function indexInfo(changes: readonly Change[]): string {
  const removed = changes
    .filter((change) => !change.new)
    .map((change) => `0 ${'0'.repeat(change.old?.sha.length ?? 40)}\t${change.path}\0`);
  const added = changes.flatMap((change) =>
    change.new ? [`${change.new.mode} ${change.new.sha}\t${change.path}\0`] : [],
  );
  return [...removed, ...added].join('');
}

const isExecutable = (path: string): boolean =>
  ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o111) !== 0 && process.platform !== 'win32';
const modeFor = (executable: boolean): string => (executable ? '100755' : '100644');

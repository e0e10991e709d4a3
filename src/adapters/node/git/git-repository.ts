/** What git says of the folder a root lies in. */
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { OpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';
import type { CommitSkips, GitState } from '../../../core/ports/ports.js';
import { isExecutable } from '../process/programs.js';
import type { MustCall } from './git-blobs.js';
import type { GitCommand, GitResult } from './git-command.js';

/** A repository as the commands that change it need it. */
export interface Repository {
  /** Top folder, real path. */
  top: string;
  gitDir: string;
  /** From the top to the root: '' or `folder/`. */
  prefix: string;
  head: string | null;
  /** `refs/heads/…`; null = detached. */
  ref: string | null;
  inProgress: Extract<GitState, { kind: 'ok' }>['inProgress'];
}

/**
 * undefined = this folder is in no repository.
 * Errors: git-missing, git-ownership (it belongs to someone else), git-failed.
 */
export async function openRepository(
  command: GitCommand,
  root: Root,
  signal: AbortSignal,
): Promise<Repository | undefined> {
  const parsed = await command(
    root,
    ['rev-parse', '--is-inside-work-tree', '--show-toplevel', '--absolute-git-dir'],
    signal,
  );
  if (parsed.code !== 0) {
    if (/not a git repository|must be run in a work tree/i.test(parsed.stderr)) return undefined;
    throw failed(parsed);
  }
  const [isInside, top = '', gitDir = ''] = parsed.stdout.toString('utf8').split('\n');
  if (isInside !== 'true') return undefined;
  const realTop = realpathSync(top);
  const prefix = relative(realTop, realpathSync(root)).replaceAll('\\', '/');
  // core.worktree may point anywhere: a tree that does not hold this folder is not its repository.
  if (prefix.startsWith('..') || isAbsolute(prefix)) return undefined;
  const ref = await command(root, ['symbolic-ref', '--quiet', 'HEAD'], signal);
  const head = await command(root, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], signal);
  return {
    top: realTop,
    gitDir,
    prefix: prefix === '' ? '' : `${prefix}/`,
    head: head.code === 0 ? line(head) : null,
    ref: ref.code === 0 ? line(ref) : null,
    inProgress: progressOf(gitDir),
  };
}

function progressOf(gitDir: string): Repository['inProgress'] {
  const has = (name: string) => existsSync(join(gitDir, name));
  if (has('rebase-merge') || has('rebase-apply')) return 'rebase';
  if (has('MERGE_HEAD')) return 'merge';
  if (has('CHERRY_PICK_HEAD')) return 'cherry-pick';
  if (has('REVERT_HEAD')) return 'revert';
  return has('BISECT_LOG') ? 'bisect' : null;
}

/** A name and an address were set by someone; git's guess from the machine's name does not count. */
export async function hasIdentity(command: GitCommand, root: Root, signal: AbortSignal): Promise<boolean> {
  const [author, committer] = await Promise.all(
    ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT'].map((name) =>
      command(root, ['-c', 'user.useConfigOnly=true', 'var', name], signal),
    ),
  );
  return author?.code === 0 && committer?.code === 0;
}

const commitHooks = ['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit'];

/** undefined = nothing would be skipped. Looked at, never run. */
export async function commitSkips(
  command: GitCommand,
  root: Root,
  repository: Repository,
  signal: AbortSignal,
): Promise<CommitSkips | undefined> {
  const own = await ownSettings(command, root, signal);
  const common = await command(root, ['rev-parse', '--git-common-dir'], signal);
  const hooksPath = own.hooksPath?.replace(/^~(?=\/)/, homedir());
  const folder = hooksPath === undefined ? resolve(root, line(common), 'hooks') : resolve(repository.top, hooksPath);
  const hooks = commitHooks.filter((name) => isExecutable(join(folder, name)));
  return hooks.length > 0 || own.signing ? { hooks, signing: own.signing } : undefined;
}

/** Whether git signs the person's own commits here. */
export const isSigning = async (command: GitCommand, root: Root, signal: AbortSignal): Promise<boolean> =>
  (await ownSettings(command, root, signal)).signing;

/** As the configuration files have them, without what we give with each call. */
async function ownSettings(
  command: GitCommand,
  root: Root,
  signal: AbortSignal,
): Promise<{ hooksPath: string | undefined; signing: boolean }> {
  const listed = await command(
    root,
    ['config', '--null', '--get-regexp', '^(core\\.hookspath|commit\\.gpgsign)$'],
    signal,
  );
  const values = { 'core.hookspath': [] as string[], 'commit.gpgsign': [] as string[] };
  for (const entry of listed.stdout.toString('utf8').split('\0')) {
    const [key = '', value = 'true'] = entry.split(/\n([^]*)/); // a key alone stands for true
    if (key === 'core.hookspath' || key === 'commit.gpgsign') values[key].push(value);
  }
  // The last of each is our own, given with the call.
  return {
    hooksPath: values['core.hookspath'].at(-2),
    signing: /^(true|yes|on|1)$/i.test(values['commit.gpgsign'].at(-2) ?? ''),
  };
}

export const line = (result: GitResult): string => result.stdout.toString('utf8').trim();

/** As many paths as fit into a command line, on every system. */
export function inPieces(paths: readonly string[]): string[][] {
  const pieces: string[][] = [];
  let room = 0;
  for (const path of paths) {
    if (room < path.length || pieces.length === 0) {
      pieces.push([]);
      room = 20_000;
    }
    pieces.at(-1)!.push(path);
    room -= path.length + 1;
  }
  return pieces;
}

/**
 * For the call that moves a branch, made right before it: not cut off by a cancelled run, for a killed git leaves its
 * lock there. It does its work in an instant or waits for a disk.
 */
export const calm = (): AbortSignal => AbortSignal.timeout(60_000);

/** The result of a call that went well and is whole: half a list or half a text is never taken for all of it. */
export function checked(result: GitResult): GitResult {
  if (result.code !== 0) throw failed(result);
  if (result.truncated)
    throw new OpenExecError('git-failed', { detail: `its answer was cut off after ${result.stdout.length} bytes` });
  return result;
}

/** Git's own text, in the C locale that every call has. */
const FOREIGN = /^fatal: detected dubious ownership in repository at '(.+)'$/m;

export function failed(result: GitResult): OpenExecError {
  const foreign = FOREIGN.exec(result.stderr)?.[1];
  if (foreign !== undefined) {
    // As git itself quotes it; without its advice, in single quotes.
    const advised = /^\s+(git config --global --add safe\.directory \S.*)$/m.exec(result.stderr)?.[1];
    const command = advised ?? `git config --global --add safe.directory '${foreign.replaceAll("'", `'\\''`)}'`;
    return new OpenExecError('git-ownership', { folder: foreign, command });
  }
  const detail = result.stderr.split('\n').find((text) => text.trim() !== '') ?? `exit code ${result.code}`;
  return new OpenExecError('git-failed', { detail: detail.replace(/[\x00-\x1f\x7f]/g, ' ').slice(0, 300) });
}

/** Entries of an answer that ends each with a NUL. */
export const fields = (stdout: Buffer): string[] =>
  stdout
    .toString('utf8')
    .split('\0')
    .filter((field) => field !== '');

/** Paths whose attributes name a filter, which is never run. */
export async function filteredOf(must: MustCall, paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set();
  const told = await must(['check-attr', '-z', '--stdin', 'filter'], {
    input: paths.map((path) => `${path}\0`).join(''),
  });
  const words = told.stdout.toString('utf8').split('\0');
  return new Set(
    words.flatMap((word, at) =>
      at % 3 === 0 && at + 2 < words.length && !['unspecified', 'unset'].includes(words[at + 2]!) ? [word] : [],
    ),
  );
}

/**
 * Putting other state in the place of a root's own, while nobody has it open:
 * restoring an archive, taking along what a moved folder left.
 */
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { createGitCommand } from './adapters/node/git/git-command.js';
import { resolveDataDir } from './adapters/owner/data-home.js';
import { takeLock, type OwnerLock } from './adapters/owner/lock.js';
import { declineMoved, findMoved, nameRoot, readRootFile } from './adapters/owner/moved-root.js';
import { adoptState, finishTakingIn, restoreArchive, type TakenIn } from './adapters/sqlite/take-in.js';
import { OpenExecError } from './core/errors.js';
import { asRoot } from './core/model/primitives.js';
import type { MovedState } from './core/model/storage.js';

export interface StateOptions {
  root: string;
  door: 'editor' | 'terminal';
  /** Folder that holds `dist`. */
  productDir: string;
  /** Data home; absent = OPENEXEC_HOME, else the platform's data folder. */
  home?: string;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Errors: store-in-use {pid}, archive-invalid, store-newer, disk-full, store-unwritable.
 * What stood there is set aside, not deleted.
 */
export async function restoreRoot(options: StateOptions, file: string, signal: AbortSignal): Promise<TakenIn> {
  const { root, dir } = await placeOf(options);
  return withLocks(options, [dir], signal, () =>
    restoreArchive({ dir, root, wasm: wasmOf(options), now: Date.now() }, file, signal),
  );
}

/** State of folders that are gone and seem to be this one under its old name. */
export async function movedTo(options: StateOptions, signal: AbortSignal): Promise<MovedState[]> {
  const { root, dir } = await placeOf(options);
  return findMoved(dir, root, () => firstCommitOf(root, options.env, signal));
}

/** `moved` as movedTo gave it. Errors: store-in-use {pid}, store-newer, store-lost, store-unwritable. */
export async function adoptRoot(options: StateOptions, moved: MovedState, signal: AbortSignal): Promise<TakenIn> {
  const { root, dir } = await placeOf(options);
  // Both, so that never two folders stand on one database.
  return withLocks(options, [moved.dir, dir], signal, async () => {
    const taken = await adoptState(
      { dir, root, wasm: wasmOf(options), now: Date.now() },
      { dir: moved.dir, root: moved.path },
    );
    const firstCommit = (await readRootFile(moved.dir))?.firstCommit;
    if (firstCommit !== undefined) await nameRoot(dir, root, { firstCommit });
    return taken;
  });
}

/** This folder starts fresh; what was offered is not offered to it again. */
export async function startFresh(options: StateOptions, offered: readonly MovedState[]): Promise<void> {
  const { root, dir } = await placeOf(options);
  await declineMoved(dir, root, offered);
}

/**
 * undefined without git, without a commit, and where history is too long to be walked in a moment;
 * also for a part of a repository: its other parts have the same first commit.
 */
export async function firstCommitOf(
  root: string,
  env: StateOptions['env'],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!existsSync(path.join(root, '.git'))) return undefined;
  const git = createGitCommand({ env, platform: process.platform });
  try {
    const listed = await git(
      asRoot(root),
      ['rev-list', '--max-parents=0', 'HEAD'],
      AbortSignal.any([signal, AbortSignal.timeout(3000)]),
    );
    return listed.code === 0 ? listed.stdout.toString('utf8').trim().split('\n').at(-1) || undefined : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DOMException || (error instanceof OpenExecError && error.code === 'git-missing'))
      return undefined;
    throw error;
  }
}

async function placeOf(options: StateOptions): Promise<{ root: string; dir: string }> {
  const root = await realpath(options.root).catch((cause: unknown) => {
    throw new OpenExecError('root-not-found', { path: options.root }, undefined, { cause });
  });
  return {
    root,
    dir: await resolveDataDir({ root, env: options.env, ...(options.home !== undefined && { home: options.home }) }),
  };
}

const wasmOf = (options: StateOptions): string => path.join(options.productDir, 'dist', 'sql-wasm.wasm');

async function withLocks<T>(
  options: StateOptions,
  dirs: readonly string[],
  signal: AbortSignal,
  action: () => Promise<T>,
): Promise<T> {
  const held: OwnerLock[] = [];
  try {
    for (const dataDir of dirs) {
      const attempt = await takeLock({ dataDir, door: options.door, clock: Date, env: options.env }, signal);
      if (attempt.state === 'held') throw new OpenExecError('store-in-use', { pid: attempt.by.holder.pid });
      held.push(attempt.lock);
      await finishTakingIn(dataDir);
    }
    return await action();
  } finally {
    for (const lock of held.reverse()) lock.release();
  }
}

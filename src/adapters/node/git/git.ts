/**
 * The Git port over the git program, always by the hardened call of git-command.ts.
 * Committing is in git-commit.ts, worktrees in git-worktrees.ts.
 */
import { isOpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';
import type { Git, GitState } from '../../../core/ports/ports.js';
import { checkRelative } from '../process/confine.js';
import { createStartBranch } from './git-branch.js';
import { commitFiles } from './git-commit.js';
import type { GitCommand } from './git-command.js';
import {
  checked,
  commitSkips,
  failed,
  hasIdentity,
  inPieces,
  openRepository,
  type Repository,
} from './git-repository.js';
import { createDifferences } from './git-differences.js';
import { createCompare } from './git-compare.js';
import { createCommitted } from './git-committed.js';
import { createLook } from './git-look.js';
import { createWorktrees } from './git-worktrees.js';

export interface GitOptions {
  command: GitCommand;
  /** Makes control characters harmless in what is meant for eyes and models. */
  harmless(text: string): string;
  /** Folder of the data home in which worktrees are made; made when first needed. */
  worktrees: string;
  /** Bytes of `status`, `diff` and `log` at most; default 256 KiB. */
  maxBytes?: number;
  /** How long the program that signs may wait for the person; default two minutes. */
  signingMs?: number;
}

// eslint-disable-next-line max-lines-per-function -- the port Git over one way to call git, a few lines a method; what is longer has a file of its own
export function createGit(options: GitOptions): Git {
  const { command } = options;
  const maxBytes = options.maxBytes ?? 256 * 1024;

  async function shown(
    root: Root,
    args: readonly string[],
    signal: AbortSignal,
    room = maxBytes,
  ): Promise<{ text: string; cut: boolean }> {
    const result = await command(root, args, signal, { maxBytes: Math.max(0, room) });
    if (result.code !== 0) throw failed(result);
    return {
      text:
        options.harmless(result.stdout.toString('utf8')) +
        (result.truncated ? `\n… (cut after ${maxBytes} bytes)\n` : ''),
      cut: result.truncated,
    };
  }

  async function stateOf(root: Root, tree: boolean, signal: AbortSignal): Promise<GitState> {
    try {
      const repository = await openRepository(command, root, signal);
      if (!repository) return { kind: 'none' };
      const status = tree
        ? await command(
            root,
            ['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=normal', '--ignore-submodules=dirty'],
            signal,
          )
        : undefined;
      if (status && status.code !== 0) throw failed(status);
      const skips = tree ? await commitSkips(command, root, repository, signal) : undefined;
      return {
        kind: 'ok',
        head: repository.head,
        branch: repository.ref?.replace(/^refs\/heads\//, '') ?? null,
        inProgress: repository.inProgress,
        identity: await hasIdentity(command, root, signal),
        dirty: !status ? 0 : status.stdout.toString('latin1').split('\0').length - 1,
        ...(skips && { skips }),
      };
    } catch (error) {
      if (isOpenExecError(error, 'git-missing')) return { kind: 'missing' };
      throw error;
    }
  }

  const worktrees = createWorktrees(command, options.worktrees);
  return {
    state: (root, signal) => stateOf(root, true, signal),
    stateOfHead: (root, signal) => stateOf(root, false, signal),

    commit: (root, request, signal) =>
      commitFiles(command, root, request, signal, {
        signingMs: options.signingMs ?? 120_000,
        worktrees: options.worktrees,
      }),

    ...createLook(command),
    committed: createCommitted(command),
    startBranch: createStartBranch(command),

    ...worktrees,
    compareCommit: createCompare(command, worktrees.snapshot, options.worktrees),
    differences: createDifferences(command),

    async changed(root, shas, signal) {
      const found = new Map<string, string[]>();
      const repository = await openRepository(command, root, signal);
      const named = shas.filter((sha) => /^[0-9a-f]{40,64}$/.test(sha));
      if (!repository?.head || named.length === 0) return found;
      const ask = async (args: readonly string[], lines: readonly string[]): Promise<string> => {
        const result = await command(root, args, signal, { input: lines.map((one) => `${one}\n`).join('') });
        return checked(result).stdout.toString('utf8');
      };
      const known = (await ask(['cat-file', '--batch-check=%(objectname) %(objecttype)'], named))
        .split('\n')
        .flatMap((one) => (one.endsWith(' commit') ? [one.slice(0, -' commit'.length)] : []));
      // What can be reached from them and not from HEAD: those of them that are printed are no part of its history.
      const elsewhere = new Set((await ask(['rev-list', '--stdin'], [...known, `^${repository.head}`])).split('\n'));
      const here = known.filter((sha) => !elsewhere.has(sha));
      let paths: string[] = [];
      const commits = new Set(here);
      for (const field of (
        await ask(
          [
            'diff-tree',
            '--stdin',
            '--root',
            '-r',
            '-m',
            '--first-parent',
            '--name-only',
            '--no-renames',
            '--no-ext-diff',
            '--relative',
            '-z',
          ],
          here,
        )
      ).split('\0')) {
        if (field === '') continue;
        // A commit stands before its paths;
        // a file may have such a name, but not that of a commit that was asked for twice.
        if (commits.delete(field)) found.set(field, (paths = []));
        else paths.push(field);
      }
      for (const sha of here) found.set(sha, (found.get(sha) ?? []).sort());
      return found;
    },

    async findTrailer(root, key, value, depth, signal) {
      const repository = await openRepository(command, root, signal);
      if (!repository?.head) return undefined;
      const result = checked(
        await command(
          root,
          ['log', '-z', `--max-count=${depth}`, '--no-show-signature', '--no-color', '--format=%H%n%B', 'HEAD'],
          signal,
        ),
      );
      for (const entry of result.stdout.toString('utf8').split('\0')) {
        const [sha, ...body] = entry.split('\n');
        const trailers =
          body
            .join('\n')
            .trimEnd()
            .split(/\n\s*\n/)
            .at(-1) ?? '';
        if (sha && trailers.split('\n').includes(`${key}: ${value}`)) return sha;
      }
      return undefined;
    },

    status: async (root, signal) =>
      (
        await shown(
          root,
          ['status', '--porcelain=v1', '--branch', '--untracked-files=normal', '--ignore-submodules=dirty'],
          signal,
        )
      ).text,

    async differing(root, paths, signal) {
      for (const path of paths) checkRelative(path);
      const repository = await openRepository(command, root, signal);
      if (!repository) return [];
      const listed = checked(
        await command(
          root,
          [
            'diff',
            ...against(repository),
            '--name-only',
            '-z',
            '--no-renames',
            '--no-ext-diff',
            '--no-textconv',
            '--ignore-submodules=dirty',
            '--relative',
            '--',
            ...paths,
          ],
          signal,
        ),
      );
      return listed.stdout
        .toString('utf8')
        .split('\0')
        .filter((path) => path !== '')
        .sort();
    },

    async diff(root, files, signal) {
      for (const path of files) checkRelative(path);
      const repository = await openRepository(command, root, signal);
      if (!repository) return '';
      let text = '';
      for (const some of inPieces(files)) {
        const args = [
          'diff',
          ...against(repository),
          '--no-ext-diff',
          '--no-textconv',
          '--no-color',
          '--submodule=short',
          '--ignore-submodules=dirty',
          '--relative',
          '--',
          ...some,
        ];
        const next = await shown(root, args, signal, maxBytes - Buffer.byteLength(text));
        text += next.text;
        if (next.cut) break;
      }
      return text;
    },

    async log(root, count, signal) {
      const repository = await openRepository(command, root, signal);
      if (!repository?.head) return '';
      return (
        await shown(
          root,
          [
            'log',
            `--max-count=${Math.max(0, Math.floor(count))}`,
            '--no-show-signature',
            '--no-color',
            '--no-decorate',
            '--date=iso-strict',
            '--format=%h %ad %an: %s',
            'HEAD',
          ],
          signal,
        )
      ).text;
    },
  };
}

/** Before the first commit: what is staged. */
const against = ({ head }: Repository): string[] => (head === null ? [] : ['HEAD']);

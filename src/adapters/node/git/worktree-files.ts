/**
 * Makes the files of a fresh worktree what they are in the person's tree, where git's checkout alone gives
 * something else: line endings that git would write differently from how the file was saved, so that an
 * edit made there fits here; and files that are stored through a filter (Git LFS), which is not run:
 * without this there would be pointers in their place.
 */
import { constants, copyFileSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot } from '../../../core/model/primitives.js';
import type { GitCommand } from './git-command.js';
import { checked } from './git-repository.js';

interface Where {
  tree: string;
  worktree: string;
}

export async function likeTheTree(command: GitCommand, where: Where, signal: AbortSignal): Promise<void> {
  await sameLineEnds(command, where, signal);
  await sameFiltered(command, where, signal);
}

async function sameLineEnds(command: GitCommand, where: Where, signal: AbortSignal): Promise<void> {
  const [inTree, inWorktree] = [
    await endings(command, where.tree, signal),
    await endings(command, where.worktree, signal),
  ];
  const changed: string[] = [];
  for (const [path, has] of inWorktree) {
    const wanted = inTree.get(path);
    if (!wanted || wanted === has) continue;
    const file = join(where.worktree, path);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    signal.throwIfAborted();
    // One byte per character and back: whatever the encoding, only the line ends change.
    const text = readFileSync(file, 'latin1').replaceAll('\r\n', '\n');
    writeFileSync(file, wanted === 'crlf' ? text.replaceAll('\n', '\r\n') : text, 'latin1');
    changed.push(path);
  }
  if (changed.length === 0) return;
  // Git takes a file of another size for changed, whatever its line ends: it is told that these are what they were.
  checked(
    await command(asRoot(where.worktree), ['update-index', '-z', '--stdin'], signal, {
      input: changed.map((path) => `${path}\0`).join(''),
    }),
  );
}

/**
 * Copies, where the disk can share their blocks it does, of filtered files that are in
 * the person's tree as they were checked out.
 */
async function sameFiltered(command: GitCommand, where: Where, signal: AbortSignal): Promise<void> {
  const list = async (folder: string, args: readonly string[], input = ''): Promise<string[]> => {
    const listed = checked(await command(asRoot(folder), args, signal, { input }));
    return listed.stdout.toString('utf8').split('\0').slice(0, -1); // a value may be empty
  };
  const lines = (entries: readonly string[]) => entries.map((entry) => `${entry}\0`).join('');
  const inWorktree = await list(where.worktree, ['ls-files', '-z', '--stage']);
  const pathOf = (entry: string) => entry.slice(entry.indexOf('\t') + 1);
  // Path, attribute and value, one after the other.
  const attributes = await list(
    where.worktree,
    ['check-attr', '-z', '--stdin', 'filter'],
    lines(inWorktree.map(pathOf)),
  );
  const filtered = new Set(
    attributes.filter((_, at) => at % 3 === 0 && !['unspecified', 'unset'].includes(attributes[at + 2] ?? '')),
  );
  if (filtered.size === 0) return;
  const same = new Set(await list(where.tree, ['ls-files', '-z', '--stage']));
  const modified = new Set(await list(where.tree, ['ls-files', '-z', '--modified']));
  const copied: string[] = [];
  for (const entry of inWorktree) {
    const path = pathOf(entry);
    const [from, to] = [join(where.tree, path), join(where.worktree, path)];
    if (!filtered.has(path) || !same.has(entry) || modified.has(path)) continue;
    if (!lstatSync(from, { throwIfNoEntry: false })?.isFile() || !lstatSync(to, { throwIfNoEntry: false })?.isFile())
      continue;
    signal.throwIfAborted();
    rmSync(to);
    copyFileSync(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    copied.push(path);
  }
  // What git would store of them cannot be made without the filter: by content they would look changed.
  await list(where.worktree, ['update-index', '-z', '--assume-unchanged', '--stdin'], lines(copied));
}

/** Of the text files that git converts, by path: those saved with one kind of line end throughout. */
async function endings(command: GitCommand, folder: string, signal: AbortSignal): Promise<Map<string, 'lf' | 'crlf'>> {
  const listed = checked(await command(asRoot(folder), ['ls-files', '-z', '--eol'], signal));
  const found = new Map<string, 'lf' | 'crlf'>();
  for (const entry of listed.stdout.toString('utf8').split('\0')) {
    const match = /^i\/lf\s+w\/(lf|crlf)\s+attr\/(?!-text)[^\t]*\t([^]+)$/.exec(entry);
    if (match) found.set(match[2]!, match[1] as 'lf' | 'crlf');
  }
  return found;
}

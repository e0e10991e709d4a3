/**
 * Makes the files of a fresh worktree what they are in the person's tree, where git's checkout alone gives something else: line
 * endings that git would write differently from how the file was saved, so that an edit made there fits here.
 */
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asRoot } from '../../core/model/primitives.js';
import type { GitCommand } from './git-command.js';
import { failed } from './git-repository.js';

export async function likeTheTree(command: GitCommand, where: { tree: string; worktree: string }, signal: AbortSignal): Promise<void> {
  const [inTree, inWorktree] = [await endings(command, where.tree, signal), await endings(command, where.worktree, signal)];
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
  const told = await command(asRoot(where.worktree), ['update-index', '-z', '--stdin'], signal, { input: changed.map((path) => `${path}\0`).join('') });
  if (told.code !== 0) throw failed(told);
}

/** Of the text files that git converts, by path: those saved with one kind of line end throughout. */
async function endings(command: GitCommand, folder: string, signal: AbortSignal): Promise<Map<string, 'lf' | 'crlf'>> {
  const listed = await command(asRoot(folder), ['ls-files', '-z', '--eol'], signal);
  if (listed.code !== 0) throw failed(listed);
  const found = new Map<string, 'lf' | 'crlf'>();
  for (const entry of listed.stdout.toString('utf8').split('\0')) {
    const match = /^i\/lf\s+w\/(lf|crlf)\s+attr\/(?!-text)[^\t]*\t([^]+)$/.exec(entry);
    if (match) found.set(match[2]!, match[1] as 'lf' | 'crlf');
  }
  return found;
}

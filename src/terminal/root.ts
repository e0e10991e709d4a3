/**
 * Which folder a command is about:
 * `--root`, else the nearest ancestor with openexec.yaml or .openexec, else the git top level, else the current folder.
 */
import path from 'node:path';
import type { Terminal } from './terminal.js';

export async function findRoot(terminal: Pick<Terminal, 'cwd' | 'files'>, given: string | undefined): Promise<string> {
  if (given !== undefined) return terminal.files.realFolder(path.resolve(terminal.cwd, given));
  const start = await terminal.files.realFolder(terminal.cwd);
  return (
    (await nearest(
      start,
      async (folder) => (await is(folder, 'openexec.yaml', 'file')) || (await is(folder, '.openexec', 'directory')),
    )) ??
    // A worktree's .git is a file.
    (await nearest(
      start,
      async (folder) => (await is(folder, '.git', 'directory')) || (await is(folder, '.git', 'file')),
    )) ??
    start
  );

  async function is(folder: string, name: string, kind: 'file' | 'directory'): Promise<boolean> {
    return (await terminal.files.kind(path.join(folder, name))) === kind;
  }
}

async function nearest(start: string, holds: (folder: string) => Promise<boolean>): Promise<string | undefined> {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (await holds(folder)) return folder;
    if (path.dirname(folder) === folder) return undefined;
  }
}

/** What of a worktree is no longer as in the commit it was made of, with the bytes that stand there. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Root } from '../../core/model/primitives.js';
import type { Git } from '../../core/ports.js';
import type { GitCommand, GitResult } from './git-command.js';
import { checked } from './git-repository.js';

export function createDifferences(command: GitCommand): Git['differences'] {
  return async (root, signal) => {
    const must = async (args: readonly string[]): Promise<GitResult> => checked(await command(root, args, signal));
    const names = (result: GitResult) => result.stdout.toString('utf8').split('\0').filter((path) => path !== '' && !path.endsWith('/'));
    const untracked = names(await must(['ls-files', '-z', '--others', '--exclude-standard']));
    const tracked = names(await must(['diff', '--name-only', '-z', '--no-renames', '--no-ext-diff', '--no-textconv', '--ignore-submodules', '--relative', 'HEAD', '--', '.']));
    const found: Awaited<ReturnType<Git['differences']>> = [];
    for (const path of tracked) if (isFileOrGone(root, path)) found.push({ path, before: await withLineEndsOfFile(root, path, await blobAtHead(must, path), must) });
    for (const path of untracked) if (isFileOrGone(root, path)) found.push({ path, before: null });
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  };
}

/** Links, devices and repositories of their own are not carried over. */
function isFileOrGone(root: Root, path: string): boolean {
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
  return stat === undefined || stat.isFile();
}

/** null = it is not in HEAD: added to the index by a command. */
async function blobAtHead(must: (args: readonly string[]) => Promise<GitResult>, path: string): Promise<Uint8Array | null> {
  const listed = (await must(['ls-tree', '-z', 'HEAD', '--', path])).stdout.toString('utf8');
  const sha = /^100\d{3} blob ([0-9a-f]{40,64})\t/.exec(listed)?.[1];
  if (!sha) return null;
  const { stdout } = await must(['cat-file', '--filters', `HEAD:./${path}`]); // as git would write the file
  return new Uint8Array(stdout.buffer, stdout.byteOffset, stdout.length);
}

/** The worktree has the line ends of the person's files, also where git would write others: by those the two can be compared. */
async function withLineEndsOfFile(root: Root, path: string, before: Uint8Array | null, must: (args: readonly string[]) => Promise<GitResult>): Promise<Uint8Array | null> {
  const file = join(root, path);
  if (before === null || !lstatSync(file, { throwIfNoEntry: false })?.isFile()) return before;
  const hashOf = async (how: string[]) => (await must(['hash-object', ...how, '--', path])).stdout.toString('latin1');
  const now = readFileSync(file, 'latin1'); // one byte per character: whatever the encoding, only line ends are looked at
  const then = Buffer.from(before.buffer, before.byteOffset, before.length).toString('latin1');
  const [nowEnds, thenEnds] = [lineEndsOf(now), lineEndsOf(then)];
  if (nowEnds === undefined || thenEnds === undefined || nowEnds === thenEnds) return before;
  // Where git stores what it finds, other line ends are a change like any other.
  if ((await must(['cat-file', 'blob', `HEAD:./${path}`])).stdout.includes('\r\n')) return before;
  if (nowEnds === '\r\n' && (await hashOf(['--path', path])) === (await hashOf(['--no-filters']))) return before;
  return new Uint8Array(Buffer.from(nowEnds === '\r\n' ? then.replaceAll('\n', '\r\n') : then.replaceAll('\r\n', '\n'), 'latin1'));
}

/** undefined = none, or both kinds. */
function lineEndsOf(text: string): '\n' | '\r\n' | undefined {
  const all = text.split('\n').length - 1;
  const crlf = text.split('\r\n').length - 1;
  return all === 0 || (crlf > 0 && crlf < all) ? undefined : crlf === 0 ? '\n' : '\r\n';
}

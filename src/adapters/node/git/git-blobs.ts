/** Contents in and out of a repository's objects, many by one call of git: starting it costs more than what it does. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../../base/bytes.js';
import { OpenExecError } from '../../../core/errors.js';
import type { GitCallOptions, GitResult } from './git-command.js';

/** Runs git at the top of the repository; a failure is an error. */
export type MustCall = (args: readonly string[], options?: GitCallOptions) => Promise<GitResult>;

export interface Wanted {
  sha: string;
  /**
   * From the top of the repository; given:
   * the bytes as git would write that file (line ends, encoding), else as they are stored.
   */
  path?: string;
}

/** Of stored bytes in memory at once. */
const PIECE = 16 * 1024 * 1024;

/** Sizes of stored bytes, by name of the object. */
export async function blobSizes(must: MustCall, shas: readonly string[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  if (shas.length === 0) return sizes;
  const listed = await must(['cat-file', '--batch-check=%(objectname) %(objectsize)'], {
    input: shas.map((sha) => `${sha}\n`).join(''),
  });
  for (const entry of listed.stdout.toString('latin1').split('\n')) {
    const match = /^([0-9a-f]{40,64}) (\d+)$/.exec(entry);
    if (match) sizes.set(match[1]!, Number(match[2]));
  }
  const missing = shas.find((sha) => !sizes.has(sha));
  if (missing !== undefined) throw notThere(missing);
  return sizes;
}

/** Gives each content to `take`, in order, by its place in `wanted`. Not more than some of them are held at once. */
export async function eachBlob(
  must: MustCall,
  wanted: readonly Wanted[],
  take: (index: number, bytes: Uint8Array) => void,
): Promise<void> {
  const sizes = await blobSizes(must, [...new Set(wanted.map((one) => one.sha))]);
  const [plain, written]: number[][] = [[], []];
  for (const [index, { path }] of wanted.entries()) (path === undefined ? plain : written)!.push(index);
  for (const [indices, filters] of [
    [plain!, []],
    [written!, ['--filters']],
  ] as const) {
    for (let from = 0; from < indices.length; ) {
      let bytes = 0;
      let to = from;
      while (to < indices.length && (to === from || bytes < PIECE))
        bytes += sizes.get(wanted[indices[to++]!]!.sha) ?? 0;
      await onePiece(must, filters, indices.slice(from, to), wanted, bytes, take);
      from = to;
    }
  }
}

async function onePiece(
  must: MustCall,
  filters: readonly string[],
  indices: readonly number[],
  wanted: readonly Wanted[],
  bytes: number,
  take: (index: number, bytes: Uint8Array) => void,
): Promise<void> {
  // The size git tells is that of the stored bytes, not of those it writes:
  // where one ends is told by a word that no file can hold.
  const word = `${randomBytes(16).toString('hex')} `;
  const input = indices
    .map((index) => `${wanted[index]!.sha}${filters.length > 0 ? ` ${wanted[index]!.path}` : ''}\n`)
    .join('');
  // An encoding of its own and other line ends make at most four of one.
  const { stdout } = await must(['cat-file', `--batch=${word}%(objectname)`, ...filters], {
    input,
    maxBytes: 4 * bytes + 1024 * (indices.length + 1),
  });
  let at = stdout.indexOf(word);
  for (const index of indices) {
    const start = stdout.indexOf('\n', at) + 1;
    if (at < 0 || start === 0 || stdout.toString('latin1', at + word.length, start - 1) !== wanted[index]!.sha)
      throw notThere(wanted[index]!.sha);
    at = stdout.indexOf(word, start);
    // Before the next word, and at the end, git has put a line end.
    const end = (at < 0 ? stdout.length : at) - 1;
    take(index, stdout.subarray(start, end));
  }
}

const notThere = (sha: string) => new OpenExecError('git-failed', { detail: `the object ${sha} is missing` });

/** Stores these bytes as they are and gives their names, in order. `folder`: of its own, for what is on the way. */
export async function storeBlobs(must: MustCall, folder: string, contents: readonly Bytes[]): Promise<string[]> {
  if (contents.length === 0) return [];
  const place = join(folder, 'blobs');
  mkdirSync(place);
  try {
    const files = contents.map((bytes, index) => {
      const file = join(place, String(index));
      writeFileSync(file, bytes);
      return file;
    });
    const { stdout } = await must(['hash-object', '-w', '-t', 'blob', '--no-filters', '--stdin-paths'], {
      input: files.map((file) => `${file}\n`).join(''),
    });
    const shas = stdout.toString('latin1').trim().split('\n');
    if (shas.length !== contents.length)
      throw new OpenExecError('git-failed', {
        detail: `${contents.length} texts were to be stored, and ${shas.length} were`,
      });
    return shas;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

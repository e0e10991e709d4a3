/**
 * What of a worktree is no longer as in the commit it was made of, with the bytes that stood there:
 * names first, contents only where there are not too many.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../../base/bytes.js';
import { OpenExecError } from '../../../core/errors.js';
import type { Difference, Git } from '../../../core/ports/ports.js';
import { blobSizes, eachBlob, type MustCall } from './git-blobs.js';
import type { GitCommand } from './git-command.js';
import { checked, line, openRepository, type Repository } from './git-repository.js';

interface Tracked {
  path: string;
  /** What HEAD has; undefined = no plain file. */
  old: string | undefined;
  /** Only where it changed. */
  executable?: boolean;
}

export function createDifferences(command: GitCommand): Git['differences'] {
  return async (root, limits, signal) => {
    const repository = await openRepository(command, root, signal);
    if (!repository) throw new OpenExecError('git-failed', { detail: 'this folder is not in a git repository' });
    const inRoot: MustCall = async (args, options) => checked(await command(root, args, signal, options));
    const must: MustCall = async (args, options) =>
      checked(await command(root, args, signal, { cwd: repository.top, ...options }));
    const untracked = fields(await inRoot(['ls-files', '-z', '--others', '--exclude-standard'])).filter(
      (path) => !path.endsWith('/') && isFileOrGone(join(root, path)),
    );
    const tracked = changedIn(
      fields(
        await inRoot([
          'diff',
          '--raw',
          '--no-abbrev',
          '-z',
          '--no-renames',
          '--no-ext-diff',
          '--no-textconv',
          '--ignore-submodules',
          '--relative',
          'HEAD',
          '--',
          '.',
        ]),
      ),
    ).filter(({ path }) => isFileOrGone(join(root, path)));
    const count = untracked.length + tracked.length;
    if (count > limits.files) return { count, files: [] };

    const sizes = await blobSizes(must, [...new Set(tracked.flatMap(({ old }) => old ?? []))]);
    const small = (size: number): number => (size <= limits.fileBytes ? size : 0);
    const bytes =
      [...untracked, ...tracked.map(({ path }) => path)].reduce(
        (sum, path) => sum + small(sizeOf(join(root, path))),
        0,
      ) + tracked.reduce((sum, { old }) => sum + small(sizes.get(old ?? '') ?? 0), 0);
    if (bytes > limits.bytes) return { count, files: [] };

    const texts = await textsBefore(
      must,
      repository,
      tracked.filter(({ old }) => old !== undefined && sizes.get(old)! <= limits.fileBytes),
    );
    const files: Difference[] = tracked.map(({ path, old, executable }) => ({
      path,
      before: old === undefined ? null : texts.get(path),
      ...(executable !== undefined && { executable }),
    }));
    const modes =
      untracked.length > 0 &&
      process.platform !== 'win32' &&
      line(await command(root, ['config', '--type=bool', '--get', 'core.fileMode'], signal)) !== 'false';
    for (const path of untracked)
      files.push({ path, before: null, ...(modes && isExecutable(join(root, path)) && { executable: true }) });
    return { count, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
  };
}

const fields = ({ stdout }: { stdout: Buffer }): string[] =>
  stdout
    .toString('utf8')
    .split('\0')
    .filter((field) => field !== '');

/** `:100644 100755 <old> <new> M`, and the path as the next field. */
function changedIn(raw: readonly string[]): Tracked[] {
  const found: Tracked[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [, before, after, sha] = /^:(\d{6}) (\d{6}) ([0-9a-f]+) /.exec(raw[at]!) ?? [];
    if (before === undefined || after === undefined || sha === undefined)
      throw new OpenExecError('git-failed', { detail: `unexpected: ${raw[at]!.slice(0, 100)}` });
    const isPlain = /^100/.test(before);
    const executable =
      /^100/.test(after) && (after === '100755') !== (before === '100755') ? after === '100755' : undefined;
    found.push({ path: raw[at + 1]!, old: isPlain ? sha : undefined, ...(executable !== undefined && { executable }) });
  }
  return found;
}

const statOf = (path: string) => lstatSync(path, { throwIfNoEntry: false });
const sizeOf = (path: string): number => statOf(path)?.size ?? 0;
const isExecutable = (path: string): boolean => ((statOf(path)?.mode ?? 0) & 0o111) !== 0;

/** Links, devices and repositories of their own are not carried over. */
function isFileOrGone(path: string): boolean {
  const stat = statOf(path);
  return stat === undefined || stat.isFile();
}

/**
 * As git would write the files; where the worktree has the line ends of the person's files, which may be others,
 * with those: by them the two can be compared.
 */
async function textsBefore(
  must: MustCall,
  { top, prefix }: Repository,
  tracked: readonly Tracked[],
): Promise<Map<string, Bytes>> {
  const texts = new Map<string, Bytes>();
  // Git takes the path up to the end of its line.
  const [plain, strange] = [
    tracked.filter(({ path }) => !path.includes('\n')),
    tracked.filter(({ path }) => path.includes('\n')),
  ];
  await eachBlob(
    must,
    plain.map(({ path, old }) => ({ sha: old!, path: prefix + path })),
    (index, bytes) => void texts.set(plain[index]!.path, new Uint8Array(bytes)),
  );
  for (const { path, old } of strange)
    texts.set(path, new Uint8Array((await must(['cat-file', '--filters', `--path=${prefix}${path}`, old!])).stdout));

  const other: (Tracked & { ends: '\n' | '\r\n'; then: string })[] = [];
  for (const each of tracked) {
    const file = join(top, prefix, each.path);
    if (!statOf(file)?.isFile()) continue;
    // One byte per character: whatever the encoding, only line ends are looked at
    const then = Buffer.from(texts.get(each.path)!).toString('latin1');
    const thenEnds = lineEndsOf(then);
    const ends = thenEnds && lineEndsOf(readFileSync(file, 'latin1'));
    if (ends && ends !== thenEnds) other.push({ ...each, ends, then });
  }
  // Where git stores what it finds, other line ends are a change like any other.
  const asFound = new Set<string>();
  await eachBlob(
    must,
    other.map(({ old }) => ({ sha: old! })),
    (index, bytes) => void (Buffer.from(bytes).includes('\r\n') && asFound.add(other[index]!.path)),
  );
  const crlf = other.filter(({ path, ends }) => ends === '\r\n' && !asFound.has(path)).map(({ path }) => path);
  const [stored, found] = [
    await hashes(
      must,
      crlf.map((path) => prefix + path),
      [],
    ),
    await hashes(
      must,
      crlf.map((path) => prefix + path),
      ['--no-filters'],
    ),
  ];
  for (const [index, path] of crlf.entries()) if (stored[index] === found[index]) asFound.add(path);
  for (const { path, ends, then } of other)
    if (!asFound.has(path))
      texts.set(
        path,
        new Uint8Array(
          Buffer.from(ends === '\r\n' ? then.replaceAll('\n', '\r\n') : then.replaceAll('\r\n', '\n'), 'latin1'),
        ),
      );
  return texts;
}

/** What git would store of these files; nothing is stored. */
async function hashes(must: MustCall, paths: readonly string[], how: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const quoted = (path: string) =>
    /^"|\n/.test(path) ? `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"` : path;
  return (
    await must(['hash-object', ...how, '--stdin-paths'], { input: paths.map((path) => `${quoted(path)}\n`).join('') })
  ).stdout
    .toString('latin1')
    .trim()
    .split('\n');
}

/** undefined = none, or both kinds. */
function lineEndsOf(text: string): '\n' | '\r\n' | undefined {
  const all = text.split('\n').length - 1;
  const crlf = text.split('\r\n').length - 1;
  return all === 0 || (crlf > 0 && crlf < all) ? undefined : crlf === 0 ? '\n' : '\r\n';
}

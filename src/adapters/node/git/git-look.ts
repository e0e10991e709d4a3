/**
 * How a tree differs from HEAD, cheaply enough to be asked around each command: names by git's own status, contents
 * only of files that are other than at the last look. Guarantees: nothing of the repository is run, the index is not
 * written, ignored folders are not walked, links are not followed, and what is held in memory is one file at a time.
 */
import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { isOpenExecError } from '../../../core/errors.js';
import { asRoot, type Root } from '../../../core/model/primitives.js';
import type { Git, LookAsk, LookEntry } from '../../../core/ports/ports.js';
import type { GitCommand } from './git-command.js';
import { checked, fields, filteredOf, line, openRepository, type Repository } from './git-repository.js';

interface Listed {
  path: string;
  tracked: boolean;
  unwatched?: true;
  submodule?: true;
  filtered?: true;
}

/** What a file was when it was read last. */
interface Read {
  stat: string;
  hash: string;
}

/** Times of a disk are this coarse at worst: a file that is younger may change again without another time. */
const COARSE_NS = 50_000_000n;
/** Roots whose last look is remembered. */
const ROOTS = 8;

export function createLook(command: GitCommand): Pick<Git, 'look'> {
  const remembered = new Map<Root, Map<string, Read>>();
  const indexes = createIndexes(command);

  return {
    async look(root, ask, signal) {
      try {
        const repository = await openRepository(command, root, signal);
        if (!repository) return { kind: 'none' };
        const found = await list(command, root, repository, { ask, indexes }, signal);
        if ('count' in found) return { kind: 'too-many', count: found.count };
        const before = remembered.get(root) ?? new Map<string, Read>();
        const after = new Map<string, Read>();
        const entries: LookEntry[] = [];
        let room = ask.limits.bytes;
        for (const listed of found.listed) {
          signal.throwIfAborted();
          const entry = await entryOf(
            { command, root, ask, before, after, signal },
            listed,
            found.left.has(listed.path) ? 'left' : room,
          );
          if (!entry) continue;
          if (entry.hash !== undefined) room -= entry.size;
          entries.push(entry);
        }
        remembered.delete(root);
        remembered.set(root, after);
        for (const oldest of remembered.keys()) if (remembered.size > ROOTS) remembered.delete(oldest);
        entries.sort((a, b) => (a.path < b.path ? -1 : 1));
        return {
          kind: 'ok',
          head: repository.head,
          branch: repository.ref?.replace(/^refs\/heads\//, '') ?? null,
          entries,
        };
      } catch (error) {
        if (isOpenExecError(error, 'git-missing')) return { kind: 'missing' };
        throw error;
      }
    },
  };
}

interface Looking {
  command: GitCommand;
  root: Root;
  ask: LookAsk;
  /** As it was read at the last look, and at this one. */
  before: ReadonlyMap<string, Read>;
  after: Map<string, Read>;
  signal: AbortSignal;
}

/** `room`: how many bytes may still be read; `left` = it is only to be named. */
async function entryOf(looking: Looking, listed: Listed, room: number | 'left'): Promise<LookEntry | undefined> {
  const { path, tracked, unwatched, filtered } = listed;
  const file = join(looking.root, path);
  const base = {
    path,
    size: 0,
    executable: false,
    tracked,
    ...(unwatched && { unwatched }),
    ...(filtered && { filtered }),
    ...(room === 'left' && { left: true as const }),
  };
  const stat = lstatSync(file, { throwIfNoEntry: false, bigint: true });
  if (!stat) return tracked && !unwatched ? { ...base, kind: 'gone', mark: '' } : undefined;
  if (listed.submodule)
    return { ...base, kind: 'submodule', mark: await headOf(looking.command, file, looking.signal) };
  if (stat.isSymbolicLink()) return { ...base, kind: 'link', mark: readlinkSync(file) };
  if (!stat.isFile()) return { ...base, kind: 'other', mark: stat.isDirectory() ? 'folder' : markOf(stat) };
  const whole = { ...base, kind: 'file' as const, size: Number(stat.size), executable: isExecutable(stat) };
  const isRead = !unwatched && room !== 'left' && whole.size <= Math.min(looking.ask.limits.fileBytes, room);
  return (isRead ? await readEntry(looking, whole, stat) : undefined) ?? { ...whole, mark: markOf(stat) };
}

async function readEntry(
  { root, ask, before, after }: Looking,
  whole: Omit<LookEntry, 'mark'>,
  stat: BigIntStats,
): Promise<LookEntry | undefined> {
  const { path } = whole;
  const known = before.get(path);
  if (known?.stat === markOf(stat) && ask.kept(known.hash)) {
    after.set(path, known);
    return { ...whole, mark: known.hash, hash: known.hash };
  }
  const read = await readFile(join(root, path), stat);
  if (!read) return undefined;
  const hash = await ask.keep(read.bytes);
  if (read.settled) after.set(path, { stat: markOf(stat), hash });
  return { ...whole, size: read.bytes.length, mark: hash, hash };
}

interface Index {
  /** Folders below which git knows a file. */
  folders: ReadonlySet<string>;
  /** Files that git was told to take as unchanged, or not to have in the tree. */
  unwatched: readonly string[];
}
type Indexes = (root: Root, gitDir: string, signal: AbortSignal) => Promise<Index>;

/** Listing an index costs as much as the repository has files, so it is listed again only where it is another. */
function createIndexes(command: GitCommand): Indexes {
  const known = new Map<Root, { stamp: string; index: Index }>();
  return async (root, gitDir, signal) => {
    const stat = lstatSync(join(gitDir, 'index'), { throwIfNoEntry: false, bigint: true });
    const stamp = stat ? markOf(stat) : '';
    const earlier = known.get(root);
    if (earlier?.stamp === stamp) return earlier.index;
    const listed = await command(root, ['ls-files', '-z', '-v', '--', '.'], signal, { maxBytes: 512 * 1024 * 1024 });
    const folders = new Set<string>();
    const unwatched: string[] = [];
    for (const entry of fields(checked(listed).stdout)) {
      const path = entry.slice(2);
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
        const folder = path.slice(0, at);
        if (folders.has(folder)) break;
        folders.add(folder);
      }
      // A small letter = taken as unchanged, S = not meant to stand in the tree.
      if (/^[a-z]|^S/.test(entry)) unwatched.push(path);
    }
    known.delete(root);
    known.set(root, { stamp, index: { folders, unwatched } });
    for (const oldest of known.keys()) if (known.size > ROOTS) known.delete(oldest);
    return { folders, unwatched };
  };
}

/** What git says differs, what it does not look at, and which of it is only to be named. */
async function list(
  command: GitCommand,
  root: Root,
  { prefix, gitDir }: Repository,
  { ask, indexes }: { ask: LookAsk; indexes: Indexes },
  signal: AbortSignal,
): Promise<{ listed: Listed[]; left: Set<string> } | { count: number }> {
  const [status, { folders, unwatched }] = await Promise.all([
    command(
      root,
      [
        'status',
        '--porcelain=v2',
        '-z',
        '--no-renames',
        '--untracked-files=all',
        '--ignore-submodules=dirty',
        '--',
        '.',
      ],
      signal,
    ),
    indexes(root, gitDir, signal),
  ]);
  if (status.truncated) return { count: fields(status.stdout).length };
  const listed: Listed[] = [];
  for (const entry of fields(checked(status).stdout)) {
    const path = pathIn(entry);
    if (path === undefined || !path.startsWith(prefix)) continue;
    // A folder with a repository of its own inside is told with a slash, and is not looked into.
    if (path.endsWith('/')) continue;
    listed.push({
      path: path.slice(prefix.length),
      tracked: entry[0] !== '?',
      ...(entry.split(' ', 3)[2]?.startsWith('S') && entry[0] !== '?' && { submodule: true as const }),
    });
  }
  const seen = new Set(listed.map(({ path }) => path));
  for (const path of unwatched) if (!seen.has(path)) listed.push({ path, tracked: true, unwatched: true });
  if (listed.length > ask.limits.files) return { count: listed.length };
  const left = new Set(
    listed.flatMap(({ path, tracked }) => (!tracked && ask.leave(path, (folder) => folders.has(folder)) ? [path] : [])),
  );
  const filtered = await filteredOf(
    async (args, options) => checked(await command(root, args, signal, options)),
    listed.map(({ path }) => path),
  );
  for (const one of listed) if (filtered.has(one.path)) one.filtered = true;
  return { listed, left };
}

/** The last field, which may hold spaces: after 8 fields of a changed entry, 10 of an unmerged one. */
function pathIn(entry: string): string | undefined {
  const before = { '1': 8, u: 10, '?': 1 }[entry[0] ?? ''];
  if (before === undefined) return undefined;
  let at = -1;
  for (let n = 0; n < before; n++) {
    at = entry.indexOf(' ', at + 1);
    if (at < 0) return undefined;
  }
  return entry.slice(at + 1);
}

/** The commit that is checked out in a submodule; '' = none. */
async function headOf(command: GitCommand, folder: string, signal: AbortSignal): Promise<string> {
  const head = await command(asRoot(folder), ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], signal);
  return head.code === 0 ? line(head) : '';
}

const markOf = (stat: BigIntStats): string =>
  [stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino, stat.mode].map(String).join(' ');
const isExecutable = (stat: BigIntStats): boolean => process.platform !== 'win32' && (stat.mode & 0o100n) !== 0n;

/** Through one handle, which is held against what was looked at; undefined = it is another by now, or not readable. */
async function readFile(
  path: string,
  looked: BigIntStats,
): Promise<{ bytes: Uint8Array; settled: boolean } | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'EACCES', 'EPERM', 'ELOOP'].includes(error.code ?? '')) return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const stat = await file.stat({ bigint: true });
    if (!stat.isFile() || stat.ino !== looked.ino || stat.size !== looked.size) return undefined;
    const bytes = await file.readFile();
    const now = BigInt(Date.now()) * 1_000_000n;
    return {
      bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
      settled: markOf(stat) === markOf(looked) && now - stat.ctimeNs > COARSE_NS,
    };
  } finally {
    await file.close();
  }
}

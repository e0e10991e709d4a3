/**
 * Looks at what a change would write, and puts the new contents, flushed, beside their targets.
 * Nothing that stood there is touched.
 */
import { randomBytes } from 'node:crypto';
import type * as nodeFs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';
import type { FileWrite } from '../../../core/ports/ports.js';
import { sha256 } from '../hasher.js';
import { errnoOf, realPlace } from '../process/confine.js';
import { isAlive } from '../process/is-alive.js';

export type Fs = typeof nodeFs;
export interface Disk {
  fs: Fs;
  platform: NodeJS.Platform;
}

export interface Found {
  bytes: Buffer;
  stat: nodeFs.Stats;
}

export interface Staged {
  write: FileWrite;
  target: string;
  source: string | undefined;
  /** What stood at `from`, else at `path`. */
  old: Found | undefined;
  /** A rename whose two names differ in case only, on a disk where both are the one file. */
  otherCase: boolean;
  temporary: string | undefined;
}

/** Reads what is there and compares it with what the change expects. No effect. */
export function inspect(disk: Disk, root: Root, write: FileWrite): Staged {
  const target = writablePlace(disk, root, write.path);
  const source = write.from === undefined ? undefined : writablePlace(disk, root, write.from);
  const { old, otherCase } = expectUnchanged(disk, write, target, source);
  try {
    if (old) disk.fs.accessSync(source ?? target, disk.fs.constants.W_OK);
  } catch (error) {
    throw asPlain(write.from ?? write.path, error);
  }
  return { write, target, source, old, otherCase, temporary: undefined };
}

export function expectUnchanged(
  disk: Disk,
  write: FileWrite,
  target: string,
  source: string | undefined,
): Pick<Staged, 'old' | 'otherCase'> {
  const old = guarded(write.from ?? write.path, () => readFound(disk.fs, source ?? target));
  if ((old ? sha256(old.bytes) : null) !== write.before)
    throw new OpenExecError('file-changed', { path: write.from ?? write.path });
  const there = source !== undefined && old ? guarded(write.path, () => readFound(disk.fs, target)) : undefined;
  if (!there) return { old, otherCase: false };
  if (!isOtherCase(there, old!, target, source!)) throw new OpenExecError('file-changed', { path: write.path });
  return { old, otherCase: true };
}

/** On a disk that ignores case, README.md → Readme.md finds itself. */
const isOtherCase = (there: Found, old: Found, target: string, source: string): boolean =>
  there.stat.ino === old.stat.ino &&
  there.stat.dev === old.stat.dev &&
  target !== source &&
  target.toLowerCase() === source.toLowerCase();

/** The absolute path of a name that no link leads to or stands at. */
export function writablePlace(disk: Disk, root: Root, path: string): string {
  const place = realPlace(disk.fs, root, path);
  if (place.relative === undefined) throw new OpenExecError('path-outside', { path });
  // Also links that stay inside: what was approved is this name, and where it leads can change until the write.
  if (place.viaLink)
    throw new OpenExecError('file-unwritable', {
      path,
      reason: `a symbolic link leads to ${place.relative}; name that instead`,
    });
  return place.absolute;
}

/** May be run by whoever may read it. */
const withExecutable = (mode: number, executable: boolean | undefined): number =>
  executable === undefined ? mode : executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;

export async function stage(disk: Disk, root: Root, item: Staged, madeFolders: string[]): Promise<void> {
  const { fs } = disk;
  const { write, target, old } = item;
  try {
    const folder = dirname(target);
    makeFolders(fs, folder, madeFolders);
    writablePlace(disk, root, write.path); // the folders that were just made are where they should be
    removeAbandoned(fs, folder);
    item.temporary = join(folder, `.openexec-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
    const mode = withExecutable(old ? old.stat.mode & 0o7777 : 0o666, write.executable);
    const file = await fs.promises.open(
      item.temporary,
      fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | (fs.constants.O_NOFOLLOW ?? 0),
      mode,
    );
    try {
      await file.writeFile(write.after as Bytes);
      if (old) {
        // Only root can give a file away; then it is ours
        await file.chown(old.stat.uid, old.stat.gid).catch(() => undefined);
        await file.chmod(mode);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asPlain(write.path, error);
  }
}

/** undefined = nothing there. Anything but a plain file is refused before it is opened. */
export function readFound(fs: Fs, path: string): Found | undefined {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (!stat.isFile())
    throw Object.assign(new Error(`${path} is not a file`), { code: stat.isDirectory() ? 'EISDIR' : 'ENXIO' });
  const file = fs.openSync(
    path,
    fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0),
  );
  try {
    return { bytes: fs.readFileSync(file), stat: fs.fstatSync(file) };
  } finally {
    fs.closeSync(file);
  }
}

function makeFolders(fs: Fs, folder: string, made: string[]): void {
  const missing: string[] = [];
  for (let at = folder; !fs.existsSync(at); at = dirname(at)) missing.push(at);
  for (const path of missing.reverse()) {
    try {
      fs.mkdirSync(path);
      made.push(path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error; // another one made it in the same moment
    }
  }
}

/** Temporary files of a process that was killed in the middle: ours by name, and its process is gone. */
export function removeAbandoned(fs: Fs, folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const pid = Number(/^\.openexec-(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1] ?? process.pid);
    if (pid !== process.pid && !isAlive(pid)) fs.rmSync(join(folder, name), { force: true });
  }
}

export function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asPlain(path, error);
  }
}

export function asPlain(path: string, error: unknown): unknown {
  if (isOpenExecError(error)) return error;
  const code = errnoOf(error);
  const options = { cause: error };
  switch (code) {
    case undefined:
      return error; // an abort, or a mistake of ours
    case 'ENOENT':
    case 'ELOOP':
      // It was removed, or made a link, while it was looked at
      return new OpenExecError('file-changed', { path }, undefined, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new OpenExecError('disk-full', { path }, undefined, options);
    case 'EACCES':
    case 'EPERM':
      return new OpenExecError('file-unwritable', { path, reason: 'no permission' }, undefined, options);
    case 'EROFS':
      return new OpenExecError('file-unwritable', { path, reason: 'the disk is read-only' }, undefined, options);
    case 'EISDIR':
      return new OpenExecError('file-unwritable', { path, reason: 'it is a folder' }, undefined, options);
    case 'ENXIO':
      return new OpenExecError('file-unwritable', { path, reason: 'it is not a plain file' }, undefined, options);
    case 'ENOTDIR':
      return new OpenExecError('file-unwritable', { path, reason: 'a folder above it is a file' }, undefined, options);
    case 'ENAMETOOLONG':
      return new OpenExecError('path-invalid', { path }, undefined, options);
    default:
      return new OpenExecError(
        'apply-failed',
        { path, restored: `${code}. Every file is as it was.` },
        undefined,
        options,
      );
  }
}

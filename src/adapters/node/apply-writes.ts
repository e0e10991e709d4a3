/**
 * All files or none. First everything that can fail for want of space or permission: new contents go, fsynced, into temporary
 * files beside their targets. Then, in one synchronous stretch, every link and every hash is checked again and the files
 * are renamed into place; whatever fails there, the bytes that stood before are put back. A file with several hard links is
 * replaced under this name only: what its other names show, perhaps outside the root, is never written.
 */
import { createHash, randomBytes } from 'node:crypto';
import type * as nodeFs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../core/errors.js';
import type { Root } from '../../core/model/primitives.js';
import type { FileWrite, WriteOutcome } from '../../core/ports.js';
import { checkRelative, errnoOf, realPlace } from './confine.js';

type Fs = typeof nodeFs;
interface Disk {
  fs: Fs;
  platform: NodeJS.Platform;
}

interface Found {
  bytes: Buffer;
  stat: nodeFs.Stats;
}

interface Staged {
  write: FileWrite;
  target: string;
  source: string | undefined;
  /** What stood at `from`, else at `path`. */
  old: Found | undefined;
  /** A rename whose two names differ in case only, on a disk where both are the one file. */
  otherCase: boolean;
  temporary: string | undefined;
}

export async function applyWrites(disk: Disk, root: Root, writes: readonly FileWrite[], signal: AbortSignal): Promise<WriteOutcome[]> {
  signal.throwIfAborted();
  checkRequest(disk, writes);
  const madeFolders: string[] = [];
  const staged: Staged[] = [];
  try {
    for (const write of writes) staged.push(inspect(disk, root, write));
    for (const item of staged) {
      signal.throwIfAborted();
      if (item.write.after !== null) await stage(disk, root, item, madeFolders);
    }
    signal.throwIfAborted();
    putInPlace(disk, root, staged);
  } catch (error) {
    for (const item of staged) if (item.temporary !== undefined) disk.fs.rmSync(item.temporary, { force: true });
    for (const folder of madeFolders.reverse()) removeIfEmpty(disk.fs, folder);
    throw error;
  }
  await flushFolders(disk.fs, staged);
  return staged.map(({ write, target }) => ({ path: write.path, written: readBack(disk.fs, target) }));
}

/** What another process has put there since, such as a link, is no file of this change: it is written, and gone again. */
function readBack(fs: Fs, target: string): string | null {
  try {
    const now = readFound(fs, target);
    return now ? sha256(now.bytes) : null;
  } catch {
    return null; // the change is done; failing here would say that it is not
  }
}

function checkRequest(disk: Disk, writes: readonly FileWrite[]): void {
  const seen = new Set<string>();
  for (const write of writes) {
    for (const path of write.from === undefined ? [write.path] : [write.path, write.from]) {
      checkRelative(path, disk.platform);
      if (seen.has(path)) throw new OpenExecError('apply-failed', { path, restored: 'It is named twice in one change. Nothing was changed.' });
      seen.add(path);
    }
    if (write.from !== undefined && (write.after === null || write.before === null)) throw new OpenExecError('apply-failed', { path: write.path, restored: 'A rename needs a text before and after. Nothing was changed.' });
  }
}

/** Reads what is there and compares it with what the change expects. No effect. */
function inspect(disk: Disk, root: Root, write: FileWrite): Staged {
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

function expectUnchanged(disk: Disk, write: FileWrite, target: string, source: string | undefined): Pick<Staged, 'old' | 'otherCase'> {
  const old = guarded(write.from ?? write.path, () => readFound(disk.fs, source ?? target));
  if ((old ? sha256(old.bytes) : null) !== write.before) throw new OpenExecError('file-changed', { path: write.from ?? write.path });
  const there = source !== undefined && old ? guarded(write.path, () => readFound(disk.fs, target)) : undefined;
  if (!there) return { old, otherCase: false };
  if (!isOtherCase(there, old!, target, source!)) throw new OpenExecError('file-changed', { path: write.path });
  return { old, otherCase: true };
}

/** On a disk that ignores case, README.md → Readme.md finds itself. */
const isOtherCase = (there: Found, old: Found, target: string, source: string): boolean =>
  there.stat.ino === old.stat.ino && there.stat.dev === old.stat.dev && target !== source && target.toLowerCase() === source.toLowerCase();

/** The absolute path of a name that no link leads to or stands at. */
function writablePlace(disk: Disk, root: Root, path: string): string {
  const place = realPlace(disk.fs, root, path);
  if (place.relative === undefined) throw new OpenExecError('path-outside', { path });
  // Also links that stay inside: what was approved is this name, and where it leads can change until the write.
  if (place.viaLink) throw new OpenExecError('file-unwritable', { path, reason: `a symbolic link leads to ${place.relative}; name that instead` });
  return place.absolute;
}

/** May be run by whoever may read it. */
const withExecutable = (mode: number, executable: boolean | undefined): number =>
  executable === undefined ? mode : executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;

async function stage(disk: Disk, root: Root, item: Staged, madeFolders: string[]): Promise<void> {
  const { fs } = disk;
  const { write, target, old } = item;
  try {
    const folder = dirname(target);
    makeFolders(fs, folder, madeFolders);
    writablePlace(disk, root, write.path); // the folders that were just made are where they should be
    removeAbandoned(fs, folder);
    item.temporary = join(folder, `.openexec-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
    const mode = withExecutable(old ? old.stat.mode & 0o7777 : 0o666, write.executable);
    const file = await fs.promises.open(item.temporary, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | (fs.constants.O_NOFOLLOW ?? 0), mode);
    try {
      await file.writeFile(write.after as Bytes);
      if (old) {
        await file.chown(old.stat.uid, old.stat.gid).catch(() => undefined); // only root can give a file away; then it is ours
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

/**
 * Synchronous from the first check to the last rename: nothing of this process comes between. Of another process nothing does but what
 * replaces a file between the last look and the rename, some microseconds: no system call compares and replaces in one.
 */
function putInPlace(disk: Disk, root: Root, staged: readonly Staged[]): void {
  const held = new Map<Staged, Held>();
  try {
    for (const item of staged) {
      const same = writablePlace(disk, root, item.write.path) === item.target && (item.source === undefined || writablePlace(disk, root, item.write.from!) === item.source);
      if (!same) throw new OpenExecError('path-outside', { path: item.write.path });
      Object.assign(item, expectUnchanged(disk, item.write, item.target, item.source));
      const own = item.old && hold(disk, item);
      if (own) held.set(item, own);
    }
    replaceAll(disk, root, staged, held);
  } finally {
    for (const { file, aside } of held.values()) {
      disk.fs.closeSync(file);
      if (aside !== undefined) removeAside(disk.fs, aside);
    }
  }
}

/** A file that is replaced, kept until all of them are. */
interface Held {
  file: number;
  /** A second name of it, by which it comes back itself, with whoever is writing to it just now. Not where a disk has no links. */
  aside: string | undefined;
}

function replaceAll(disk: Disk, root: Root, staged: readonly Staged[], held: ReadonlyMap<Staged, Held>): void {
  const { fs } = disk;
  const undo: { path: string; back(): void }[] = [];
  let current = '';
  try {
    for (const item of staged) {
      const { write, target, source, temporary, old } = item;
      current = write.path;
      // Between two files of one change another process may still turn a folder into a link, or a file into another one.
      writablePlace(disk, root, write.path);
      const own = held.get(item);
      if (own) expectHeld(fs, item, own.file);
      const putBack = (place: string) => (own?.aside === undefined ? rewrite(fs, place, old!) : fs.renameSync(own.aside, place));
      // Written to in place since it was compared.
      const expectUnwritten = () => {
        if (own && sha256(readHeld(fs, own.file)) !== write.before) throw new OpenExecError('file-changed', { path: write.from ?? write.path });
      };
      if (temporary === undefined) {
        if (!old) continue; // nothing was there and nothing shall be
        fs.unlinkSync(target);
        undo.push({ path: write.path, back: () => putBack(target) });
        expectUnwritten();
        continue;
      }
      if (!old) {
        createOnly(fs, temporary, target, write.path);
        undo.push({ path: write.path, back: () => fs.unlinkSync(target) });
      } else if (source === undefined) {
        fs.renameSync(temporary, target);
        undo.push({ path: write.path, back: () => putBack(target) });
        expectUnwritten();
      } else if (item.otherCase) {
        fs.renameSync(source, target); // the new spelling first, then the new text
        undo.push({ path: write.from!, back: () => fs.renameSync(target, source) });
        fs.renameSync(temporary, target);
        undo.push({ path: write.from!, back: () => putBack(target) });
      } else {
        createOnly(fs, temporary, target, write.path);
        undo.push({ path: write.path, back: () => fs.unlinkSync(target) });
        fs.unlinkSync(source);
        undo.push({ path: write.from!, back: () => putBack(source) });
        expectUnwritten();
      }
    }
  } catch (error) {
    const lost: string[] = [];
    for (const step of undo.reverse()) {
      try {
        step.back();
      } catch {
        lost.push(step.path); // named in the error below
      }
    }
    if (lost.length === 0) throw asPlain(current, error);
    throw new OpenExecError('apply-failed', { path: current, restored: `These could not be put back as they were: ${lost.join(', ')}. Roll back the step to restore them.` }, undefined, { cause: error });
  }
}

/** Keeps the compared file open: its inode is then not given to another file, and what is written to it after all can be seen. Windows replaces no open file. */
function hold({ fs, platform }: Disk, { write, source, target }: Staged): Held | undefined {
  if (platform === 'win32') return undefined;
  const path = source ?? target;
  const file = guarded(write.from ?? write.path, () => fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)));
  const aside = join(dirname(path), `.openexec-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    fs.linkSync(path, aside);
  } catch {
    return { file, aside: undefined }; // its bytes are known, and are put back instead
  }
  if (fs.lstatSync(aside).ino === fs.fstatSync(file).ino) return { file, aside };
  removeAside(fs, aside); // swapped between the two; the last look refuses it
  return { file, aside: undefined };
}

/** A name left behind is removed by the next change in that folder, as that of a killed process is. */
function removeAside(fs: Fs, aside: string): void {
  try {
    fs.rmSync(aside, { force: true }); // it may be in its old place again
  } catch {
    // the change is done, or was refused: neither is for a name that is left to become a failure
  }
}

/** The name still stands for the file that was compared, and nobody has touched that. */
function expectHeld(fs: Fs, { write, source, target, old }: Staged, file: number): void {
  const opened = fs.fstatSync(file);
  const now = fs.lstatSync(source ?? target, { throwIfNoEntry: false }); // last: the rename is the next call
  const same = now && old && [now, opened].every((one) => one.ino === old.stat.ino && one.dev === old.stat.dev && one.size === old.stat.size && one.mtimeMs === old.stat.mtimeMs);
  if (!same) throw new OpenExecError('file-changed', { path: write.from ?? write.path });
}

/** From the start, wherever it was read to before. */
function readHeld(fs: Fs, file: number): Buffer {
  const bytes = Buffer.alloc(fs.fstatSync(file).size);
  let at = 0;
  for (let read = 1; at < bytes.length && read > 0; at += read) read = fs.readSync(file, bytes, at, bytes.length - at, at);
  return bytes.subarray(0, at);
}

/** A name that nothing has: a link is refused where one has come meanwhile, a rename would replace it. Disks without links get the rename. */
function createOnly(fs: Fs, temporary: string, target: string, path: string): void {
  try {
    fs.linkSync(temporary, target);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw new OpenExecError('file-changed', { path }, undefined, { cause: error });
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EISDIR'].includes(errnoOf(error) ?? '')) throw error;
    fs.renameSync(temporary, target);
    return;
  }
  try {
    fs.unlinkSync(temporary);
  } catch (error) {
    fs.unlinkSync(target);
    throw error;
  }
}

/** Puts bytes back under a name, by the same way they were replaced. */
function rewrite(fs: Fs, path: string, old: Found): void {
  const temporary = join(dirname(path), `.openexec-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = fs.openSync(temporary, 'wx', old.stat.mode & 0o7777);
    try {
      fs.writeFileSync(file, old.bytes);
      fs.fchmodSync(file, old.stat.mode & 0o7777);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** undefined = nothing there. Anything but a plain file is refused before it is opened. */
function readFound(fs: Fs, path: string): Found | undefined {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (!stat.isFile()) throw Object.assign(new Error(`${path} is not a file`), { code: stat.isDirectory() ? 'EISDIR' : 'ENXIO' });
  const file = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0));
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

function removeIfEmpty(fs: Fs, folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** Temporary files of a process that was killed in the middle: ours by name, and its process is gone. */
function removeAbandoned(fs: Fs, folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    const pid = Number(/^\.openexec-(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1] ?? process.pid);
    if (pid !== process.pid && !isAlive(pid)) fs.rmSync(join(folder, name), { force: true });
  }
}

/** After a kill: the folders of these files hold no temporary name of a dead process any more. */
export function tidyAfterKill(disk: Disk, root: Root, paths: readonly string[]): void {
  const folders = new Set(paths.map((path) => dirname(writablePlace(disk, root, path))));
  for (const folder of folders) if (disk.fs.existsSync(folder)) removeAbandoned(disk.fs, folder);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** The names themselves survive a power cut. Not every platform can flush a folder; those keep it by themselves or not at all. */
async function flushFolders(fs: Fs, staged: readonly Staged[]): Promise<void> {
  const folders = new Set(staged.flatMap(({ target, source }) => (source === undefined ? [dirname(target)] : [dirname(target), dirname(source)])));
  for (const folder of folders) {
    let handle: nodeFs.promises.FileHandle | undefined;
    try {
      handle = await fs.promises.open(folder, 'r');
      await handle.sync();
    } catch {
      // Windows opens no folder, some network disks flush none, another process may have moved it: the change is done, and its contents are flushed
    } finally {
      await handle?.close();
    }
  }
}

function guarded<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asPlain(path, error);
  }
}

function asPlain(path: string, error: unknown): unknown {
  if (isOpenExecError(error)) return error;
  const code = errnoOf(error);
  const options = { cause: error };
  switch (code) {
    case undefined:
      return error; // an abort, or a mistake of ours
    case 'ENOENT':
    case 'ELOOP':
      return new OpenExecError('file-changed', { path }, undefined, options); // it was removed, or made a link, while it was looked at
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
      return new OpenExecError('apply-failed', { path, restored: `${code}. Every file is as it was.` }, undefined, options);
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

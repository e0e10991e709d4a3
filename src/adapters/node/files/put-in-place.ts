/**
 * The last part of a change: every link and every hash once more, and the files are renamed
 * into place, or what stood there is put back.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { OpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';
import { sha256 } from '../hasher.js';
import { errnoOf } from '../process/confine.js';
import {
  asPlain,
  expectUnchanged,
  guarded,
  writablePlace,
  type Disk,
  type Found,
  type Fs,
  type Staged,
} from './stage-writes.js';

/**
 * Synchronous from the first check to the last rename: nothing of this process comes between. Of another
 * process nothing does but what replaces a file between the last look and the rename, some microseconds: no
 * system call compares and replaces in one.
 */
export function putInPlace(disk: Disk, root: Root, staged: readonly Staged[]): void {
  const held = new Map<Staged, Held>();
  try {
    for (const item of staged) {
      const same =
        writablePlace(disk, root, item.write.path) === item.target &&
        (item.source === undefined || writablePlace(disk, root, item.write.from!) === item.source);
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
  /**
   * A second name of it, by which it comes back itself, with whoever is writing to it just now.
   * Not where a disk has no links.
   */
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
      // Between two files of one change another process may still turn a folder
      // into a link, or a file into another one.
      writablePlace(disk, root, write.path);
      const own = held.get(item);
      if (own) expectHeld(fs, item, own.file);
      const putBack = (place: string) =>
        own?.aside === undefined ? rewrite(fs, place, old!) : fs.renameSync(own.aside, place);
      // Written to in place since it was compared.
      const expectUnwritten = () => {
        if (own && sha256(readHeld(fs, own.file)) !== write.before)
          throw new OpenExecError('file-changed', { path: write.from ?? write.path });
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
    throw new OpenExecError(
      'apply-failed',
      {
        path: current,
        restored: `These could not be put back as they were: ${lost.join(', ')}. Roll back the step to restore them.`,
      },
      undefined,
      { cause: error },
    );
  }
}

/**
 * Keeps the compared file open: its inode is then not given to another file, and what is written to it after all
 * can be seen. Windows replaces no open file.
 */
function hold({ fs, platform }: Disk, { write, source, target }: Staged): Held | undefined {
  if (platform === 'win32') return undefined;
  const path = source ?? target;
  const file = guarded(write.from ?? write.path, () =>
    fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)),
  );
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
  const same =
    now &&
    old &&
    [now, opened].every(
      (one) =>
        one.ino === old.stat.ino &&
        one.dev === old.stat.dev &&
        one.size === old.stat.size &&
        one.mtimeMs === old.stat.mtimeMs,
    );
  if (!same) throw new OpenExecError('file-changed', { path: write.from ?? write.path });
}

/** From the start, wherever it was read to before. */
function readHeld(fs: Fs, file: number): Buffer {
  const bytes = Buffer.alloc(fs.fstatSync(file).size);
  let at = 0;
  for (let read = 1; at < bytes.length && read > 0; at += read)
    read = fs.readSync(file, bytes, at, bytes.length - at, at);
  return bytes.subarray(0, at);
}

/**
 * A name that nothing has: a link is refused where one has come meanwhile, a rename would replace it.
 * Disks without links get the rename.
 */
function createOnly(fs: Fs, temporary: string, target: string, path: string): void {
  try {
    fs.linkSync(temporary, target);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw new OpenExecError('file-changed', { path }, undefined, { cause: error });
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EISDIR'].includes(errnoOf(error) ?? ''))
      throw error;
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

/**
 * All files or none. First everything that can fail for want of space or permission: new contents go, fsynced,
 * into temporary files beside their targets. Then, in one synchronous stretch, every link and every hash is
 * checked again and the files are renamed into place; whatever fails there, the bytes that stood before are
 * put back. A file with several hard links is replaced under this name only: what its other names show,
 * perhaps outside the root, is never written.
 */
import type * as nodeFs from 'node:fs';
import { dirname } from 'node:path';
import { OpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';
import type { FileWrite, WriteOutcome } from '../../../core/ports/ports.js';
import { sha256 } from '../hasher.js';
import { checkRelative, errnoOf } from '../process/confine.js';
import { putInPlace } from './put-in-place.js';
import {
  inspect,
  readFound,
  removeAbandoned,
  stage,
  writablePlace,
  type Disk,
  type Fs,
  type Staged,
} from './stage-writes.js';

export async function applyWrites(
  disk: Disk,
  root: Root,
  writes: readonly FileWrite[],
  signal: AbortSignal,
): Promise<WriteOutcome[]> {
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

/**
 * What another process has put there since, such as a link, is no file of this change: it is written, and gone again.
 */
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
      if (seen.has(path))
        throw new OpenExecError('apply-failed', {
          path,
          restored: 'It is named twice in one change. Nothing was changed.',
        });
      seen.add(path);
    }
    if (write.from !== undefined && (write.after === null || write.before === null))
      throw new OpenExecError('apply-failed', {
        path: write.path,
        restored: 'A rename needs a text before and after. Nothing was changed.',
      });
  }
}

function removeIfEmpty(fs: Fs, folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  }
}

/** After a kill: the folders of these files hold no temporary name of a dead process any more. */
export function tidyAfterKill(disk: Disk, root: Root, paths: readonly string[]): void {
  const folders = new Set(paths.map((path) => dirname(writablePlace(disk, root, path))));
  for (const folder of folders) if (disk.fs.existsSync(folder)) removeAbandoned(disk.fs, folder);
}

/**
 * The names themselves survive a power cut.
 * Not every platform can flush a folder; those keep it by themselves or not at all.
 */
async function flushFolders(fs: Fs, staged: readonly Staged[]): Promise<void> {
  const folders = new Set(
    staged.flatMap(({ target, source }) =>
      source === undefined ? [dirname(target)] : [dirname(target), dirname(source)],
    ),
  );
  for (const folder of folders) {
    let handle: nodeFs.promises.FileHandle | undefined;
    try {
      handle = await fs.promises.open(folder, 'r');
      await handle.sync();
    } catch {
      // Windows opens no folder, some network disks flush none, another process may have moved it:
      // the change is done, and its contents are flushed
    } finally {
      await handle?.close();
    }
  }
}

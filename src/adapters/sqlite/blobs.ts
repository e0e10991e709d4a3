/**
 * Content-addressed files beside the database: blobs/ab/cdef…, named by their SHA-256.
 * Written and flushed before the row that names them.
 */
import { createHash, randomBytes } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { OpenExecError } from '../../core/errors.js';
import type { Hash } from '../../core/model/primitives.js';
import { sha256 } from './sha256.js';
import { hostCode, refusedError } from './store-error.js';

export interface Blobs {
  put(bytes: Uint8Array): Promise<Hash>;
  /** In pieces, none of which is kept: its name is known when the last has come. */
  putFrom(pieces: AsyncIterable<Uint8Array>): Promise<Hash>;
  get(hash: Hash): Promise<Uint8Array>;
  /** Every one that is whole; folder by folder, so that a hundred thousand are never in memory at once. */
  list(): AsyncGenerator<StoredBlob>;
  /**
   * Files that a process began and never gave their name:
   * none that is being written, and none that is younger than `graceMs`.
   */
  abandoned(graceMs: number): AsyncGenerator<{ path: string; bytes: number }>;
  pathOf(hash: Hash): string;
  /**
   * False when it was put, or is being put, within `graceMs`: whoever put it may be about to store a row that names it.
   */
  remove(hash: Hash, graceMs: number): boolean;
}

export interface StoredBlob {
  hash: Hash;
  bytes: number;
  /** When it was last put, ms since the epoch. */
  at: number;
}

/** `readonly` refuses to put. */
export function createBlobs(dir: string, readonly: boolean): Blobs {
  /** Known to be on disk, flushed, since this process looked; when it was put last, by the counter no clock moves. */
  const durable = new Map<Hash, number>();
  const writing = new Map<Hash, Promise<Hash>>();
  /** Being written just now. */
  const temporaries = new Set<string>();
  const placeOf = (hash: Hash) => path.join(dir, hash.slice(0, 2), hash.slice(2));

  async function write(hash: Hash, bytes: Uint8Array): Promise<Hash> {
    const place = placeOf(hash);
    const folder = path.dirname(place);
    const there = await stat(place).catch(missing);
    if (there?.size === bytes.length) {
      const now = new Date();
      await utimes(place, now, now); // put again: young again, for whoever removes what nobody names
    } else {
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      await throughTemporary(
        folder,
        temporaries,
        (file) => file.writeFile(bytes),
        (temporary) => rename(temporary, place),
      );
      if (made !== undefined) await flushFolder(dir);
    }
    // Also for a file found there: whoever wrote it may have died before its name was flushed
    await flushFolder(folder);
    durable.set(hash, performance.now());
    return hash;
  }

  return {
    async put(bytes) {
      if (readonly) throw new OpenExecError('store-readonly', {}, 'a blob cannot be written');
      const hash = sha256(bytes);
      if (durable.has(hash)) {
        durable.set(hash, performance.now());
        return hash;
      }
      let pending = writing.get(hash);
      if (!pending) {
        pending = write(hash, Uint8Array.from(bytes)).finally(() => writing.delete(hash));
        writing.set(hash, pending);
      }
      try {
        return await pending;
      } catch (error) {
        throw refusedError(hostCode(error), dir, error) ?? error;
      }
    },
    async putFrom(pieces) {
      if (readonly) throw new OpenExecError('store-readonly', {}, 'a blob cannot be written');
      const hashing = createHash('sha256');
      const fill = async (file: FileHandle): Promise<void> => {
        for await (const piece of pieces) {
          hashing.update(piece);
          await file.writeFile(piece);
        }
      };
      try {
        if ((await mkdir(dir, { recursive: true, mode: 0o700 })) !== undefined) await flushFolder(path.dirname(dir));
        return await throughTemporary(dir, temporaries, fill, async (temporary) => {
          const hash = hashing.digest('hex');
          const place = placeOf(hash);
          const made = await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
          await rename(temporary, place); // over one of that name, too: it has the same bytes, or is damaged
          if (made !== undefined) await flushFolder(dir);
          await flushFolder(path.dirname(place));
          durable.set(hash, performance.now());
          return hash;
        });
      } catch (error) {
        throw refusedError(hostCode(error), dir, error) ?? error;
      }
    },
    async get(hash) {
      const bytes = /^[0-9a-f]{64}$/.test(hash) ? await readFile(placeOf(hash)).catch(missing) : undefined;
      if (bytes === undefined || sha256(bytes) !== hash) {
        durable.delete(hash);
        throw new OpenExecError(
          'blob-missing',
          { hash },
          bytes === undefined ? `no blob ${hash}` : `the blob ${hash} is damaged`,
        );
      }
      return new Uint8Array(bytes); // not a Buffer: those share a pool
    },
    list: () => listBlobs(dir),
    abandoned: (graceMs) => abandonedIn(dir, graceMs, temporaries),
    pathOf: placeOf,
    remove(hash, graceMs) {
      // In one turn of the event loop with the look at who puts it.
      if (writing.has(hash) || performance.now() - (durable.get(hash) ?? -Infinity) < graceMs) return false;
      const found = statSync(placeOf(hash), { throwIfNoEntry: false });
      if (!found || Date.now() - found.mtimeMs < graceMs) return false;
      durable.delete(hash);
      rmSync(placeOf(hash), { force: true });
      return true;
    },
  };
}

/** A new file of ours in `folder`, flushed; `place` gives it its name, and where it does not, it is gone. */
async function throughTemporary<T>(
  folder: string,
  inUse: Set<string>,
  fill: (file: FileHandle) => Promise<void>,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = path.join(folder, `.${randomBytes(6).toString('hex')}.tmp`);
  inUse.add(temporary);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await fill(file);
      await file.datasync();
    } finally {
      await file.close();
    }
    return await place(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    inUse.delete(temporary);
  }
}

const foldersIn = async (dir: string): Promise<string[]> =>
  ((await readdir(dir).catch(missing)) ?? []).filter((name) => /^[0-9a-f]{2}$/.test(name));

async function* listBlobs(dir: string): ReturnType<Blobs['list']> {
  for (const folder of await foldersIn(dir)) {
    for (const name of await readdir(path.join(dir, folder))) {
      const found = /^[0-9a-f]{62}$/.test(name) ? await stat(path.join(dir, folder, name)).catch(missing) : undefined;
      if (found) yield { hash: folder + name, bytes: found.size, at: found.mtimeMs };
    }
  }
}

async function* abandonedIn(dir: string, graceMs: number, inUse: ReadonlySet<string>): ReturnType<Blobs['abandoned']> {
  for (const folder of ['', ...(await foldersIn(dir))]) {
    for (const name of (await readdir(path.join(dir, folder)).catch(missing)) ?? []) {
      const place = path.join(dir, folder, name);
      if (!/^\.[0-9a-f]{12}\.tmp$/.test(name) || inUse.has(place)) continue;
      const found = await stat(place).catch(missing);
      if (found && Date.now() - found.mtimeMs >= graceMs) yield { path: place, bytes: found.size };
    }
  }
}

function missing(error: unknown): undefined {
  if (hostCode(error) === 'ENOENT') return undefined;
  throw error;
}

/** A new name is durable when its folder was flushed. Windows cannot, and need not. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The caches of build tools in a data folder: what they take, and their removal. They make themselves anew. */
import { lstatSync } from 'node:fs';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Amount } from '../../core/model/storage.js';

const FOLDER = 'caches';

/** Removes them where they take more than `overBytes`. Links in them are never followed. */
export async function clearCaches(dir: string, overBytes: number, signal: AbortSignal): Promise<Amount> {
  const folder = path.join(dir, FOLDER);
  const amount: Amount = { bytes: 0, count: 0 };
  const look = async (place: string): Promise<void> => {
    for (const entry of await readdir(place, { withFileTypes: true })) {
      signal.throwIfAborted();
      const at = path.join(place, entry.name);
      if (entry.isDirectory()) {
        await chmod(at, 0o700); // Go makes the folders of its modules read-only, and what is in them could not go
        await look(at);
      } else if (entry.isFile()) {
        amount.bytes += (await lstat(at)).size;
        amount.count += 1;
      }
    }
  };
  const there = lstatSync(folder, { throwIfNoEntry: false }); // absent: none was needed yet
  if (!there?.isDirectory()) return amount;
  await look(folder);
  if (amount.bytes <= overBytes) return { bytes: 0, count: 0 };
  await rm(folder, { recursive: true });
  return amount;
}

/**
 * Good copies of the database: a rolling one made at a clean close, one before each migration.
 * And setting a damaged file aside.
 */
import { constants, existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { flushFolder } from './blobs.js';

const ROLLING = 'good.db';
/** The copy before: damage that nobody has noticed yet must not replace the only good one. */
const PREVIOUS = 'good-previous.db';
/** A larger file is copied at most once a day. */
const CHEAP_BYTES = 64 * 1024 * 1024;
const DAY = 24 * 60 * 60 * 1000;
const SIDE_FILES = ['', '-wal', '-journal'];

export interface Backups {
  /** After a clean close: the file alone is whole. */
  keepRolling(file: string, now: number): Promise<void>;
  keepBeforeMigration(file: string, from: number, to: number): Promise<void>;
  /** Paths, newest first. */
  list(): Promise<{ path: string; at: number }[]>;
  /** Copies one to where the database stands. */
  restore(backup: string, file: string): Promise<void>;
}

export function createBackups(dir: string): Backups {
  const store = async (file: string, name: string) => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await copyWhole(file, path.join(dir, name));
  };
  return {
    async keepRolling(file, now) {
      const last = statSync(path.join(dir, ROLLING), { throwIfNoEntry: false });
      if (last && Math.abs(now - last.mtimeMs) < DAY && (await stat(file)).size > CHEAP_BYTES) return;
      if (last) await rename(path.join(dir, ROLLING), path.join(dir, PREVIOUS));
      await store(file, ROLLING);
    },
    keepBeforeMigration: (file, from, to) => store(file, `before-${from}-to-${to}.db`),
    async list() {
      if (!existsSync(dir)) return [];
      const names = (await readdir(dir)).filter((name) => name.endsWith('.db'));
      const found = await Promise.all(
        names.map(async (name) => ({ path: path.join(dir, name), at: (await stat(path.join(dir, name))).mtimeMs })),
      );
      return found.sort((a, b) => b.at - a.at);
    },
    restore: copyWhole,
  };
}

/** By reflink where the file system can; flushed before it gets its name. */
async function copyWhole(from: string, to: string): Promise<void> {
  const temporary = `${to}.tmp`;
  await rm(temporary, { force: true });
  await copyFile(from, temporary, constants.COPYFILE_FICLONE);
  const handle = await open(temporary, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, to);
  await flushFolder(path.dirname(to));
}

/** Renames the file and its log; nothing is deleted. Returns the new name of the file. */
export async function setAside(file: string, now: number): Promise<string> {
  const stamp = new Date(now).toISOString().replace(/[:.]/g, '-');
  let aside = `${file}.damaged-${stamp}`;
  for (let n = 2; existsSync(aside); n++) aside = `${file}.damaged-${stamp}-${n}`;
  for (const suffix of SIDE_FILES) if (existsSync(file + suffix)) await rename(file + suffix, aside + suffix);
  return aside;
}

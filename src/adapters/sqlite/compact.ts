/** The database written anew, without what is free in it; and the room that takes. */
import { randomBytes } from 'node:crypto';
import { rmSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import { OpenExecError } from '../../core/errors.js';
import { openSqlFile, type SqlFile } from './durable-sqljs.js';
import { isDamage, storeError } from './store-error.js';
import type { WriteGuard } from './write-guard.js';

export interface CompactDeps {
  dir: string;
  db: SqlFile;
  wasm: string;
  readonly: boolean;
  guard: WriteGuard;
}

/** Room that is left over beside the copy. */
const SPARE_BYTES = 16 * 1024 * 1024;
const COPY_TRIES = 5;

/** A copy beside the file, looked at, then put in its place: the file is never half of either. */
export async function compactDatabase(
  { dir, db, guard, readonly, wasm }: CompactDeps,
  signal: AbortSignal,
): Promise<{ before: number; after: number }> {
  if (readonly) throw new OpenExecError('store-readonly');
  guard.expect();
  db.run('PRAGMA wal_checkpoint(TRUNCATE)');
  const before = statSync(db.path).size;
  requireRoom(dir, usedBytes(db));
  // Of ours alone, whoever owns the folder when it is removed
  const name = `${path.basename(db.path)}.compact-${process.pid}-${randomBytes(4).toString('hex')}`;
  const copy = path.join(dir, name);
  const clean = () => {
    for (const suffix of ['', '-wal', '-journal']) rmSync(copy + suffix, { force: true });
  };
  try {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      db.copyTo(name);
      const written = db.bytesWritten;
      await expectWhole(copy, wasm);
      // What was committed while the copy was looked at is not in it.
      if (db.bytesWritten === written) break;
      if (tries === COPY_TRIES)
        throw new OpenExecError('internal', {
          detail: 'the database was written again and again while it was compacted',
        });
      clean();
    }
    guard.expect(); // while the copy was looked at, another process may have taken the lock and committed
    db.replaceBy(name);
  } catch (error) {
    if (isDamage(error) || db.lost) guard.end(storeError(error, db.path));
    clean();
    throw error;
  }
  return { before, after: statSync(db.path).size };
}

async function expectWhole(copy: string, wasm: string): Promise<void> {
  const looked = await openSqlFile({ file: copy, wasm });
  try {
    const found = String(looked.get('PRAGMA quick_check(1)')?.[0]);
    if (found !== 'ok')
      throw new OpenExecError('internal', { detail: `the compacted database is not whole: ${found}` });
  } finally {
    looked.close();
  }
}

const number = (db: SqlFile, pragma: string): number => Number(db.get(`PRAGMA ${pragma}`)?.[0] ?? 0);
export const freeBytes = (db: SqlFile): number => number(db, 'freelist_count') * number(db, 'page_size');
export const usedBytes = (db: SqlFile): number => number(db, 'page_count') * number(db, 'page_size') - freeBytes(db);

/** Errors: store-full, with what is missing. */
export function requireRoom(dir: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < bytes + SPARE_BYTES)
    throw new OpenExecError('store-full', {}, `${bytes} bytes are needed in ${dir}, ${bavail * bsize} are free`);
}

/**
 * The Storage port: what the data folder takes, freeing what no row names, writing the
 * database anew, and everything in one file.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { OpenExecError } from '../../core/errors.js';
import type { Amount, DiskUsage, storagePartSchema } from '../../core/model/storage.js';
import type { Storage } from '../../core/ports/ports.js';
import { writeArchive } from './archive.js';
import type { Blobs } from './blobs.js';
import { clearCaches } from './caches.js';
import { openSqlFile, type SqlFile } from './durable-sqljs.js';
import { eachName, namesIn, type TextKind } from './named-texts.js';
import { SCHEMA_VERSION } from './schema.js';
import { isDamage, storeError } from './store-error.js';
import type { WriteGuard } from './write-guard.js';

export interface SqliteStorageDeps {
  dir: string;
  db: SqlFile;
  blobs: Blobs;
  wasm: string;
  readonly: boolean;
  clock: { now(): number };
  /** Told every text that is handed in to be committed, while somebody listens. */
  committed: Set<(text: string) => void>;
  guard: WriteGuard;
}

type Part = z.infer<typeof storagePartSchema>;
/** Room that is left over beside the copy. */
const SPARE_BYTES = 16 * 1024 * 1024;
const COPY_TRIES = 5;
/** A folder with more is not walked to its end: worktrees hold what builds leave. */
const MAX_ENTRIES = 500_000;

export function createSqliteStorage(deps: SqliteStorageDeps): Storage {
  const { dir, db, blobs, guard } = deps;
  const number = (sql: string): number => Number(db.get(sql)?.[0] ?? 0);
  const pageBytes = () => number('PRAGMA page_size');
  const usedPages = () => (number('PRAGMA page_count') - number('PRAGMA freelist_count')) * pageBytes();

  const asStoreError = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (error instanceof DOMException) throw error; // the abort
      throw storeError(error, dir);
    }
  };

  async function usage(signal: AbortSignal): Promise<DiskUsage> {
    const parts = await partsOf(dir, path.basename(db.path), signal);
    const sizes = await allTexts(signal);
    const kindOf = new Map<string, TextKind>();
    await eachName(
      db,
      (hash, kind) => {
        if (sizes.has(hash) && (kindOf.get(hash) ?? 'other') === 'other') kindOf.set(hash, kind);
      },
      signal,
    );
    const texts = new Map<TextKind, Amount>();
    for (const [hash, bytes] of sizes) add(texts, kindOf.get(hash) ?? 'unnamed', bytes);
    return {
      path: dir,
      bytes: [...parts.values()].reduce((sum, part) => sum + part.bytes, 0),
      freeBytes: number('PRAGMA freelist_count') * pageBytes(),
      parts: [...parts].map(([part, amount]) => ({ part, ...amount })),
      texts: [...texts].map(([kind, amount]) => ({ kind, ...amount })),
    };
  }

  /** Sizes of all texts, small and large. */
  async function allTexts(signal: AbortSignal): Promise<Map<string, number>> {
    const sizes = new Map(
      db.all('SELECT hash, length(bytes) FROM blobs').map(([hash, bytes]) => [String(hash), Number(bytes ?? 0)]),
    );
    for await (const { hash, bytes } of blobs.list()) {
      signal.throwIfAborted();
      sizes.set(hash, bytes);
    }
    return sizes;
  }

  /** Marks by looking at every row, and at every row that is committed meanwhile; sweeps what is left. */
  async function sweep(graceMs: number, signal: AbortSignal): Promise<Amount> {
    if (deps.readonly) throw new OpenExecError('store-readonly');
    guard.expect();
    const unnamed = await allTexts(signal);
    const keep = (hash: string): void => void unnamed.delete(hash);
    const onCommit = (text: string): void => {
      keep(text);
      namesIn(text, keep);
    };
    deps.committed.add(onCommit);
    try {
      await eachName(db, keep, signal);
      const freed: Amount = { bytes: 0, count: 0 };
      const hashes = [...unnamed];
      // From here to its removal nothing comes between a text and the look at whether
      // it is still unnamed: one turn a portion.
      for (let at = 0; at < hashes.length; at += 200) {
        signal.throwIfAborted();
        guard.expect();
        const portion = hashes.slice(at, at + 200).filter(([hash]) => unnamed.has(hash));
        const small = portion.filter(([hash]) => db.get('SELECT 1 FROM blobs WHERE hash = ?', [hash]) !== undefined);
        if (small.length > 0)
          db.run('DELETE FROM blobs WHERE hash IN (SELECT value FROM json_each(?))', [
            JSON.stringify(small.map(([hash]) => hash)),
          ]);
        const inDatabase = new Set(small.map(([hash]) => hash));
        for (const [hash, bytes] of portion) {
          if (!inDatabase.has(hash) && !blobs.remove(hash, graceMs)) continue;
          freed.bytes += bytes;
          freed.count += 1;
        }
        await new Promise(setImmediate);
      }
      for await (const { path: place, bytes } of blobs.abandoned(graceMs)) {
        signal.throwIfAborted();
        guard.expect();
        rmSync(place, { force: true });
        freed.bytes += bytes;
        freed.count += 1;
      }
      return freed;
    } finally {
      deps.committed.delete(onCommit);
    }
  }

  /** A copy beside the file, looked at, then put in its place: the file is never half of either. */
  async function compact(signal: AbortSignal): Promise<{ before: number; after: number }> {
    if (deps.readonly) throw new OpenExecError('store-readonly');
    guard.expect();
    db.run('PRAGMA wal_checkpoint(TRUNCATE)');
    const before = statSync(db.path).size;
    requireRoom(dir, usedPages());
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
        await expectWhole(copy);
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

  async function expectWhole(copy: string): Promise<void> {
    const looked = await openSqlFile({ file: copy, wasm: deps.wasm });
    try {
      const found = String(looked.get('PRAGMA quick_check(1)')?.[0]);
      if (found !== 'ok')
        throw new OpenExecError('internal', { detail: `the compacted database is not whole: ${found}` });
    } finally {
      looked.close();
    }
  }

  return {
    usage: (signal) => asStoreError(() => usage(signal)),
    usedBytes: (signal) =>
      asStoreError(async () => {
        let sum = usedPages();
        for await (const { bytes } of blobs.list()) {
          signal.throwIfAborted();
          sum += bytes;
        }
        return sum;
      }),
    sweep: (graceMs, signal) => asStoreError(() => sweep(graceMs, signal)),
    clearCaches: (overBytes, signal) =>
      asStoreError(async () => {
        if (deps.readonly) throw new OpenExecError('store-readonly');
        guard.expect();
        return await clearCaches(dir, overBytes, signal);
      }),
    compact: (signal) => asStoreError(() => compact(signal)),
    exportTo: (file, root, signal) =>
      writeArchive(
        {
          dir,
          db,
          blobs,
          root,
          schema: SCHEMA_VERSION,
          now: deps.clock.now(),
          room: (bytes) => requireRoom(dir, bytes),
          usedPages,
        },
        file,
        signal,
      ),
  };
}

/** Errors: store-full, with what is missing. */
function requireRoom(dir: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < bytes + SPARE_BYTES)
    throw new OpenExecError('store-full', {}, `${bytes} bytes are needed in ${dir}, ${bavail * bsize} are free`);
}

function add<K>(amounts: Map<K, Amount>, key: K, bytes: number): void {
  const sum = amounts.get(key) ?? { bytes: 0, count: 0 };
  amounts.set(key, { bytes: sum.bytes + bytes, count: sum.count + 1 });
}

const folders: Readonly<Record<string, Part>> = {
  blobs: 'texts',
  backups: 'backups',
  worktrees: 'worktrees',
  spool: 'spool',
  caches: 'caches',
};

async function partsOf(dir: string, database: string, signal: AbortSignal): Promise<Map<Part, Amount>> {
  const parts = new Map<Part, Amount>();
  const partOf = (name: string): Part =>
    folders[name] ??
    (name === database
      ? 'database'
      : name === `${database}-wal`
        ? 'log'
        : name.includes('.damaged-') || name.startsWith('set-aside-')
          ? 'set-aside'
          : 'other');
  let entries = 0;
  const walk = async (folder: string, part: Part | undefined): Promise<void> => {
    for (const entry of existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : []) {
      signal.throwIfAborted();
      if (++entries > MAX_ENTRIES) return;
      const own = part ?? partOf(entry.name);
      const place = path.join(folder, entry.name);
      if (entry.isDirectory()) await walk(place, own);
      else if (entry.isFile()) {
        const there = await lstat(place).catch(() => undefined); // gone since it was listed
        add(parts, own, there?.size ?? 0);
      }
    }
  };
  await walk(dir, undefined);
  return parts;
}

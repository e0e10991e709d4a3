/**
 * The Storage port: what the data folder takes, freeing what no row names, writing the
 * database anew, and everything in one file.
 */
import { existsSync, rmSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { OpenExecError } from '../../core/errors.js';
import type { Amount, DiskUsage, storagePartSchema } from '../../core/model/storage.js';
import type { Storage } from '../../core/ports/ports.js';
import { writeArchive } from './archive.js';
import type { Blobs } from './blobs.js';
import { clearCaches } from './caches.js';
import { compactDatabase, freeBytes, requireRoom, usedBytes } from './compact.js';
import type { SqlFile } from './durable-sqljs.js';
import { eachName, namesIn, type TextKind } from './named-texts.js';
import { SCHEMA_VERSION } from './schema.js';
import { storeError } from './store-error.js';
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
/** A folder with more is not walked to its end: worktrees hold what builds leave. */
const MAX_ENTRIES = 500_000;

export function createSqliteStorage(deps: SqliteStorageDeps): Storage {
  const { dir, db, blobs, guard } = deps;

  const asStoreError = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (error instanceof DOMException) throw error; // the abort
      throw storeError(error, dir);
    }
  };

  /** Marks by looking at every row, and at every row that is committed meanwhile; sweeps what is left. */
  async function sweep(graceMs: number, signal: AbortSignal): Promise<Amount> {
    if (deps.readonly) throw new OpenExecError('store-readonly');
    guard.expect();
    const unnamed = await allTexts(deps, signal);
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

  return {
    usage: (signal) => asStoreError(() => diskUsage(deps, signal)),
    usedBytes: (signal) =>
      asStoreError(async () => {
        let sum = usedBytes(db);
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
    compact: (signal) => asStoreError(() => compactDatabase(deps, signal)),
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
          usedPages: () => usedBytes(db),
        },
        file,
        signal,
      ),
  };
}

async function diskUsage({ dir, db, blobs }: SqliteStorageDeps, signal: AbortSignal): Promise<DiskUsage> {
  const parts = await partsOf(dir, path.basename(db.path), signal);
  const sizes = await allTexts({ db, blobs }, signal);
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
    freeBytes: freeBytes(db),
    parts: [...parts].map(([part, amount]) => ({ part, ...amount })),
    texts: [...texts].map(([kind, amount]) => ({ kind, ...amount })),
  };
}

/** Sizes of all texts, small and large. */
async function allTexts(
  { db, blobs }: Pick<SqliteStorageDeps, 'db' | 'blobs'>,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const sizes = new Map(
    db.all('SELECT hash, length(bytes) FROM blobs').map(([hash, bytes]) => [String(hash), Number(bytes ?? 0)]),
  );
  for await (const { hash, bytes } of blobs.list()) {
    signal.throwIfAborted();
    sizes.set(hash, bytes);
  }
  return sizes;
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

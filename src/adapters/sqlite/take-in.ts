/**
 * Puts a database with its texts in the place of what stands in a data folder: one that was restored, or
 * one of a folder that moved. What stood there is set aside, never deleted. A note says what is to
 * happen before anything is moved, so that a process that dies half way is finished by the next one. The
 * owner's lock must be held and the store closed.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { OpenExecError } from '../../core/errors.js';
import { readArchive } from './archive.js';
import { createBackups } from './backups.js';
import { flushFolder } from './blobs.js';
import { clearCaches } from './caches.js';
import { openSqlFile } from './durable-sqljs.js';
import { inspect, SCHEMA_VERSION } from './schema.js';
import { storeError } from './store-error.js';

const NOTE = 'taking-in.json';
const DATABASE = 'openexec.db';
/** The database last: as long as it is the old one, nothing was promised. */
const MOVED = ['worktrees', 'backups', 'blobs', `${DATABASE}-wal`, DATABASE];

const noteSchema = z.object({
  v: z.literal(1),
  from: z.string(),
  aside: z.string(),
  names: z.array(z.string()),
  discard: z.boolean(),
});
type Note = z.infer<typeof noteSchema>;

export interface TakeIn {
  /** The root's folder in the data home. */
  dir: string;
  wasm: string;
  root: string;
  now: number;
}

export interface TakenIn {
  /** Where the state was made. */
  from: string;
  /** Folder within `dir` that holds what stood there; '' when there was nothing. */
  aside: string;
}

/**
 * Errors: archive-invalid, store-newer, disk-full, store-unwritable.
 * Until everything is checked nothing of what stands there is touched.
 */
export async function restoreArchive(into: TakeIn, file: string, signal: AbortSignal): Promise<TakenIn> {
  const staging = path.join(into.dir, `restoring-${process.pid}`);
  try {
    await rm(staging, { recursive: true, force: true });
    const manifest = await readArchive(file, staging, { schema: SCHEMA_VERSION }, signal);
    await rebase(
      path.join(staging, DATABASE),
      into.wasm,
      { [manifest.root]: into.root },
      () => new OpenExecError('archive-invalid', { file, problem: 'its database is damaged' }),
    );
    // The copies that stand there go aside with what they are of.
    await createBackups(path.join(staging, 'backups')).keepRolling(path.join(staging, DATABASE), into.now);
    signal.throwIfAborted();
    const aside = await takeIn(into, staging, true);
    return { from: manifest.root, aside };
  } catch (error) {
    if (!existsSync(path.join(into.dir, NOTE))) await rm(staging, { recursive: true, force: true });
    signal.throwIfAborted();
    throw storeError(error, into.dir);
  }
}

/**
 * `from` is the data folder of the folder that moved; its lock must be held, too.
 * Errors: store-newer, store-lost, store-unwritable.
 */
export async function adoptState(into: TakeIn, from: { dir: string; root: string }): Promise<TakenIn> {
  try {
    await finishTakingIn(from.dir);
    await rebase(
      path.join(from.dir, DATABASE),
      into.wasm,
      { [from.root]: into.root, [from.dir]: into.dir },
      () => new OpenExecError('store-lost', {}, `${from.dir} holds no whole database`),
    );
    const empty = await isEmpty(path.join(into.dir, DATABASE), into.wasm);
    const aside = await takeIn(into, from.dir, false);
    await clearCaches(from.dir, 0, new AbortController().signal);
    if (!empty || !aside) return { from: from.root, aside };
    await rm(path.join(into.dir, aside), { recursive: true, force: true });
    return { from: from.root, aside: '' };
  } catch (error) {
    throw storeError(error, into.dir);
  }
}

/** Done before a store is opened: finishes what a process that died had begun. */
export async function finishTakingIn(dir: string): Promise<void> {
  const file = path.join(dir, NOTE);
  if (!existsSync(file)) return;
  // Written whole before anything was moved: one that cannot be read is from a process that died while writing it.
  const note = noteSchema.safeParse(parse(readFileSync(file, 'utf8'))).data;
  if (note) await move(dir, note);
  await rm(file, { force: true });
}

async function takeIn(into: TakeIn, from: string, discard: boolean): Promise<string> {
  const stands = MOVED.filter(
    (name) =>
      existsSync(path.join(into.dir, name)) && (name !== 'blobs' || readdirSync(path.join(into.dir, name)).length > 0),
  );
  const aside = stands.length > 0 ? `set-aside-${new Date(into.now).toISOString().replace(/[:.]/g, '-')}` : '';
  const note: Note = { v: 1, from, aside, names: MOVED.filter((name) => existsSync(path.join(from, name))), discard };
  const temporary = path.join(into.dir, `${NOTE}.tmp`);
  await writeFile(temporary, JSON.stringify(note), { mode: 0o600, flush: true });
  await rename(temporary, path.join(into.dir, NOTE));
  await flushFolder(into.dir);
  await move(into.dir, note);
  await rm(path.join(into.dir, NOTE), { force: true });
  return aside;
}

/** Each step looks at what is still to do, so that it may be begun again anywhere. */
async function move(dir: string, { from, aside, names, discard }: Note): Promise<void> {
  const kept = path.join(dir, aside || `set-aside-empty-${process.pid}`);
  await mkdir(kept, { recursive: true, mode: 0o700 });
  for (const name of MOVED) {
    const [comes, stands, goes] = [path.join(from, name), path.join(dir, name), path.join(kept, name)];
    const waits = names.includes(name) && existsSync(comes);
    // What came in already is not what stood here.
    const arrived = names.includes(name) && !waits;
    if (!arrived && existsSync(stands) && !existsSync(goes)) await rename(stands, goes);
    if (waits) await rename(comes, stands);
  }
  for (const folder of [dir, kept]) await flushFolder(folder);
  if (discard) await rm(from, { recursive: true, force: true });
  if (!aside) await rm(kept, { recursive: true, force: true });
}

/** No plan and no run: made when the folder was opened, and never used. A damaged one is not empty. */
async function isEmpty(file: string, wasm: string): Promise<boolean> {
  if (!existsSync(file)) return true;
  const db = await openSqlFile({ file, wasm });
  try {
    return (
      inspect(db, statSync(file).size).state === 'known' &&
      Number(db.get('SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM plans)')?.[0]) === 0
    );
  } finally {
    db.close();
  }
}

/** Looks whether the database is whole and ours, and gives the rows that name a root its new place. */
async function rebase(
  file: string,
  wasm: string,
  places: Readonly<Record<string, string>>,
  damaged: () => OpenExecError,
): Promise<void> {
  if (!existsSync(file)) throw damaged();
  const db = await openSqlFile({ file, wasm });
  try {
    const found = inspect(db, statSync(file).size);
    if (found.state === 'newer')
      throw new OpenExecError('store-newer', { found: found.version, known: SCHEMA_VERSION });
    if (found.state !== 'known' || String(db.get('PRAGMA quick_check(1)')?.[0]) !== 'ok') throw damaged();
    db.run('BEGIN IMMEDIATE');
    for (const table of ['plans', 'runs', 'change_sets', 'file_images'])
      for (const [before, after] of Object.entries(places)) {
        if (before === after) continue;
        // Worktrees lie below the data folder.
        // One statement for the place and for what is below it: the new place may itself be below the old one.
        db.run(
          `UPDATE ${table}
            SET json = json_set(json, '$.root', ?1 || substr(json_extract(json, '$.root'), length(?2) + 1))
            WHERE json_extract(json, '$.root') = ?2
              OR substr(json_extract(json, '$.root'), 1, length(?2) + 1) = ?2 || '/'`,
          [after, before],
        );
      }
    db.run('COMMIT');
  } finally {
    db.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut off: judged by the caller
  }
}

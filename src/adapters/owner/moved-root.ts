/**
 * A folder that moved is known again by what does not change with its place: its first commit, or the
 * folder itself on the same disk. Every root's data folder names its root; those whose root is gone may
 * be offered to one that has no state yet.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { MovedState } from '../../core/model/storage.js';

const rootFileSchema = z.object({
  v: z.literal(1),
  path: z.string(),
  /** Of the folder itself. */
  identity: z.string().optional(),
  /** Id of the commit that has no parent; the oldest where there are several. */
  firstCommit: z.string().optional(),
  /** Data folders that were offered and not wanted. */
  declined: z.array(z.string()).optional(),
});
export type RootFile = z.infer<typeof rootFileSchema>;

const ROOT_FILE = 'root.json';
const DATABASE = 'openexec.db';

export async function readRootFile(dir: string): Promise<RootFile | undefined> {
  const text = await readFile(path.join(dir, ROOT_FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : rootFileSchema.safeParse(parse(text)).data;
}

/** Says whose state a data folder holds; what was known of it stays. */
export async function nameRoot(
  dir: string,
  root: string,
  more: Partial<Pick<RootFile, 'firstCommit' | 'declined'>> = {},
): Promise<void> {
  const known = await readRootFile(dir);
  const own = known?.path === root ? known : undefined;
  const next: RootFile = { ...own, ...more, v: 1, path: root, identity: await identityOf(root) };
  if (own && JSON.stringify(own) === JSON.stringify(rootFileSchema.parse(next))) return;
  const temporary = path.join(dir, `${ROOT_FILE}.${process.pid}.tmp`);
  await writeFile(temporary, `${JSON.stringify(next)}\n`, { mode: 0o600 });
  await rename(temporary, path.join(dir, ROOT_FILE));
}

/**
 * What may be this root's state from before it moved, newest first. `firstCommit` is asked only when there is something
 * to compare it with. Never more than an offer; the caller looks whether the root has state of its own.
 */
export async function findMoved(
  dir: string,
  root: string,
  firstCommit: () => Promise<string | undefined>,
): Promise<MovedState[]> {
  const top = path.dirname(dir);
  const declined = new Set((await readRootFile(dir))?.declined);
  const identity = await identityOf(root);
  const found: MovedState[] = [];
  let commit: Promise<string | undefined> | undefined;
  for (const name of await readdir(top)) {
    const other = path.join(top, name);
    if (other === dir || declined.has(name) || !existsSync(path.join(other, DATABASE))) continue;
    const file = await readRootFile(other);
    if (!file || existsSync(file.path)) continue; // a copy is another folder
    const same =
      file.identity === identity ||
      (file.firstCommit !== undefined && file.firstCommit === (await (commit ??= firstCommit())));
    if (same) found.push({ path: file.path, dir: other, at: (await stat(path.join(other, DATABASE))).mtimeMs });
  }
  return found.sort((a, b) => b.at - a.at);
}

/** Not offered again to this root. */
export async function declineMoved(dir: string, root: string, offered: readonly MovedState[]): Promise<void> {
  const declined = new Set([
    ...((await readRootFile(dir))?.declined ?? []),
    ...offered.map((one) => path.basename(one.dir)),
  ]);
  await nameRoot(dir, root, { declined: [...declined] });
}

/** The same folder under another name on the same disk. Numbers are used again; its birth is not. */
async function identityOf(root: string): Promise<string> {
  const { dev, ino, birthtimeMs } = await stat(root);
  return `${dev}/${ino}/${Math.round(birthtimeMs)}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // cut off by a crash: written again
  }
}

/**
 * What a run that ended half way left in the tree: files that stand as it wrote them, by hash, and are in no commit. They
 * are OpenExec's, not the person's: a run that follows would meet them as changes that stand beside its own.
 */
import type { FileImage } from '../../model/records.js';
import type { Leftover } from '../../model/leftover.js';
import type { RunRecord } from '../../model/run.js';
import { holdsImage, standingImages } from '../../engine/rollback/rollback-scope.js';
import { requireRun, type Environment } from '../environment.js';
import { isOpenExecError } from '../../errors.js';

/** Runs that are looked through, newest first: what older ones left has long been seen. */
const LOOKED_AT = 20;
/** A file that is larger is not read, and then not recognised. */
const FILE_BYTES = 20 * 1024 * 1024;

/** Newest run first. `run`: of that one alone. Reads the files that such runs wrote, and no others. */
export async function leftoversOf(env: Environment, run?: string): Promise<Leftover[]> {
  const { store } = env.ports;
  const records = run === undefined ? await store.runs(LOOKED_AT) : [await requireRun(env, run)];
  const claimed = new Set<string>();
  const found: Leftover[] = [];
  for (const record of records) {
    const images = await standingImages(store, env.root, record.id);
    // What a newer run wrote over is that one's.
    const own = images.filter((image) => !claimed.has(image.path));
    for (const image of images) claimed.add(image.path);
    if (endedHalfWay(env, record)) found.push(...(await leftBy(env, record, own)));
  }
  return await notInHead(env, found);
}

const endedHalfWay = (env: Environment, { id, status, config }: RunRecord): boolean =>
  !env.live.has(id) && config.commits && (status === 'cancelled' || status === 'failed');

async function leftBy(env: Environment, record: RunRecord, images: readonly FileImage[]): Promise<Leftover[]> {
  const { store } = env.ports;
  const commits = await Promise.all((await store.commits(record.id)).map((commit) => holdsImage(store, commit)));
  const last = new Map<string, FileImage>();
  for (const image of images) {
    if (image.from !== undefined) last.delete(image.from);
    last.set(image.path, image);
  }
  const byTask = new Map<string, string[]>();
  for (const [path, image] of last) {
    if (commits.some((holds) => holds(image))) continue;
    const wanted = image.written === undefined ? image.after : image.written;
    if (wanted === image.before || (await hashNow(env, path)) !== wanted) continue;
    byTask.set(image.task, [...(byTask.get(image.task) ?? []), path]);
  }
  return [...byTask].map(([task, paths]) => ({ run: record.id, title: record.title, task, paths: paths.sort() }));
}

/** null = no file; undefined = it cannot be told. */
async function hashNow({ ports, root }: Environment, path: string): Promise<string | null | undefined> {
  try {
    const bytes = await ports.workspace.read(root, path, FILE_BYTES);
    return bytes === undefined ? null : ports.hasher.sha256(bytes);
  } catch (error) {
    if (isOpenExecError(error) && /^(file|path)-/.test(error.code)) return undefined; // something else stands there now
    throw error;
  }
}

/** Without what the person has committed since. */
async function notInHead(env: Environment, found: readonly Leftover[]): Promise<Leftover[]> {
  if (found.length === 0) return [];
  const { git, clock, hasher } = env.ports;
  const signal = clock.timeout(20_000);
  const state = await git.stateOfHead(env.root, signal);
  if (state.kind !== 'ok' || state.head === null) return [...found];
  const all = found.flatMap((one) => one.paths);
  const committed = await git.committed(env.root, state.head, all, FILE_BYTES, signal);
  const left: Leftover[] = [];
  for (const one of found) {
    const paths: string[] = [];
    for (const path of one.paths) {
      const there = committed.get(path);
      const inHead = there === undefined ? null : there.bytes === undefined ? undefined : hasher.sha256(there.bytes);
      if (inHead !== (await hashNow(env, path))) paths.push(path);
    }
    if (paths.length > 0) left.push({ ...one, paths });
  }
  return left;
}

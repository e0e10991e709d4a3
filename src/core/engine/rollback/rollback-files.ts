/**
 * What taking back a run's writes would do to each file: newest write first, by three-way merge with what
 * the run wrote as the base, so that whatever the person or a later run changed since stays. Reads the
 * files named by the images and nothing else.
 */
import { decodeUtf8, equalBytes, type Bytes } from '../../../base/bytes.js';
import { isOpenExecError } from '../../errors.js';
import type { Hash, Root } from '../../model/primitives.js';
import type { FileImage } from '../../model/records.js';
import { blocksRollback } from '../../model/plain/blocks-rollback.js';
import type { RollbackFile, RollbackOutcome, RollbackWrite } from '../../model/rollback.js';
import { countChanges, unifiedDiff } from '../../patch/hunks.js';
import { mergeThree } from '../../patch/merge.js';
import type { Ports } from '../../ports/ports.js';

export interface FilePlan {
  file: RollbackFile;
  images: readonly FileImage[];
  /** Contents of `file.writes`, in the same order. */
  contents: readonly { now: Bytes | null; then: Bytes | null }[];
}

const SHOWN_CONFLICTS = 5;
const SHOWN_SIDE = 600;
const SHOWN_DIFF = 100_000;

/** One entry per file with all its names, in order of path. `images` are in order of writing. */
export async function planFiles(
  ports: Pick<Ports, 'workspace' | 'store' | 'hasher'>,
  root: Root,
  images: readonly FileImage[],
  options: { leave: ReadonlySet<string>; diff: boolean },
  signal: AbortSignal,
): Promise<FilePlan[]> {
  const plans: FilePlan[] = [];
  for (const group of groupsOf(images)) {
    signal.throwIfAborted();
    plans.push(await planFile(ports, root, group, options));
  }
  return plans.sort((a, b) => (a.file.path < b.file.path ? -1 : 1));
}

/** Images that belong together because a rename joins their paths. */
function groupsOf(images: readonly FileImage[]): FileImage[][] {
  const parent = new Map<string, string>();
  const top = (path: string): string => {
    let at = path;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  for (const { path, from } of images) {
    if (!parent.has(path)) parent.set(path, path);
    if (from !== undefined) parent.set(top(from), top(path));
  }
  const groups = new Map<string, FileImage[]>();
  for (const image of images) {
    const list = groups.get(top(image.path));
    if (list) list.push(image);
    else groups.set(top(image.path), [image]);
  }
  return [...groups.values()];
}

/** A stretch of writes without anybody else's in between. */
export interface Segment {
  path: string;
  from?: string | undefined;
  before: Hash | null;
  after: Hash | null;
  first: number;
  last: number;
  /** Whether it might be run at first, where one of the writes changed that. */
  executableBefore?: boolean | undefined;
  /** Begun, and not known to have reached the disk. */
  unsure: boolean;
}

/** Text that went into the person's unsaved buffer shows later, once they save: it counts as written. */
const writtenOf = (image: FileImage): Hash | null =>
  image.written === undefined || (image.written === image.before && image.after !== image.before)
    ? image.after
    : image.written;

/** `images` in order of writing. */
export function segmentsOf(images: readonly FileImage[]): Segment[] {
  const segments: Segment[] = [];
  const open = new Map<string, Segment>();
  for (const image of images) {
    const unsure = image.written === undefined;
    const known = open.get(image.from ?? image.path);
    if (known && known.after === image.before && known.unsure === unsure) {
      open.delete(known.path);
      known.from = image.from === undefined ? known.from : (known.from ?? image.from);
      known.path = image.path;
      known.after = writtenOf(image);
      known.last = image.order;
      known.executableBefore ??= image.executableBefore;
      open.set(known.path, known);
    } else {
      const fresh: Segment = {
        path: image.path,
        before: image.before,
        after: writtenOf(image),
        first: image.order,
        last: image.order,
        unsure,
        executableBefore: image.executableBefore,
        ...(image.from !== undefined && { from: image.from }),
      };
      segments.push(fresh);
      open.set(fresh.path, fresh);
    }
  }
  return segments.filter((one) => one.before !== one.after || (one.from !== undefined && one.from !== one.path));
}

/** Newest first; where stretches of several names lie across each other, write by write. */
function stretches(images: readonly FileImage[]): Segment[] {
  const segments = segmentsOf(images).sort((a, b) => a.first - b.first);
  const crossing = segments.some((one, index) => index > 0 && one.first <= (segments[index - 1]?.last ?? 0));
  return (crossing ? images.flatMap((image) => segmentsOf([image])) : segments).reverse();
}

class Blocked extends Error {
  constructor(
    readonly outcome: RollbackOutcome,
    readonly problem: string,
    readonly conflicts: RollbackFile['conflicts'] = [],
  ) {
    super(problem);
  }
}

/** The names of one file as they are and as they would be. */
interface View {
  disk: Map<string, Bytes | null>;
  now: Map<string, Bytes | null>;
  /** path → the name under which what stands there lies on the disk. */
  origin: Map<string, string>;
  /** Whether the files on the disk may be run, and whether they shall, where a write changed it. */
  executable: Map<string, boolean>;
  wanted: Map<string, boolean>;
}

async function planFile(
  ports: Pick<Ports, 'workspace' | 'store' | 'hasher'>,
  root: Root,
  images: readonly FileImage[],
  options: { leave: ReadonlySet<string>; diff: boolean },
): Promise<FilePlan> {
  const view: View = { disk: new Map(), now: new Map(), origin: new Map(), executable: new Map(), wanted: new Map() };
  const paths = [
    ...new Set(images.flatMap((image) => (image.from === undefined ? [image.path] : [image.path, image.from]))),
  ].sort();
  const left = paths.some((path) => options.leave.has(path));
  const path = images.at(-1)?.path ?? '';
  const nothing = { path, paths, left, writes: [], conflicts: [] };
  try {
    for (const name of paths) {
      const bytes = (await read(ports, root, name)) ?? null;
      view.disk.set(name, bytes);
      view.now.set(name, bytes);
      if (!bytes) continue;
      view.origin.set(name, name);
      const { executable } = (await ports.workspace.stat(root, name)) ?? {};
      if (executable !== undefined) view.executable.set(name, executable);
    }
    let outcome: RollbackOutcome = 'same';
    for (const one of stretches(images)) outcome = stronger(outcome, await takeBack(ports, view, one));
    const changed = writesOf(ports, view, options.diff);
    if (changed.writes.length === 0 && outcome !== 'gone') outcome = 'same';
    return {
      file: {
        ...nothing,
        outcome,
        writes: left ? [] : changed.writes,
        ...(changed.diff !== '' && {
          diff: changed.diff.length > SHOWN_DIFF ? `${changed.diff.slice(0, SHOWN_DIFF)}\n… (cut)\n` : changed.diff,
        }),
      },
      images,
      contents: left ? [] : changed.contents,
    };
  } catch (error) {
    if (!(error instanceof Blocked)) throw error;
    return {
      file: {
        ...nothing,
        outcome: error.outcome,
        conflicts: error.conflicts.slice(0, SHOWN_CONFLICTS),
        ...(error.problem !== '' && { problem: error.problem }),
      },
      images,
      contents: [],
    };
  }
}

const RANK: readonly RollbackOutcome[] = ['same', 'gone', 'restore', 'merge'];
const stronger = (a: RollbackOutcome, b: RollbackOutcome): RollbackOutcome =>
  RANK.indexOf(b) > RANK.indexOf(a) ? b : a;

async function read(ports: Pick<Ports, 'workspace'>, root: Root, path: string): Promise<Bytes | undefined> {
  try {
    return await ports.workspace.read(root, path);
  } catch (error) {
    // A folder, a link out of the root, a file that grew too large: the person's, and not ours to judge.
    if (
      isOpenExecError(error) &&
      ['path-invalid', 'path-outside', 'file-too-large', 'file-unwritable'].includes(error.code)
    )
      throw new Blocked('unreadable', error.code);
    throw error;
  }
}

async function textBefore(ports: Pick<Ports, 'store'>, hash: Hash | null): Promise<Bytes | null> {
  if (hash === null) return null;
  try {
    return await ports.store.blob(hash);
  } catch (error) {
    if (isOpenExecError(error, 'blob-missing')) throw new Blocked('missing', 'blob-missing');
    throw error;
  }
}

async function takeBack(ports: Pick<Ports, 'store' | 'hasher'>, view: View, one: Segment): Promise<RollbackOutcome> {
  const ours = view.now.get(one.path) ?? null;
  const hash = ours && ports.hasher.sha256(ours);
  const target = one.from ?? one.path;
  const moved = target !== one.path;
  if (one.unsure && hash !== one.after) return 'same'; // it never reached the disk
  if (moved) {
    const there = view.now.get(target) ?? null;
    if (ours === null) return there && ports.hasher.sha256(there) === one.before ? 'same' : 'gone';
    if (there !== null) throw conflict(ours, there);
  } else {
    if (hash === one.before) return 'same';
    if (ours === null && one.after !== null) return 'gone';
  }
  const theirs = await textBefore(ports, one.before);
  if (hash === one.after) {
    put(view, one, target, theirs);
    return 'restore';
  }
  const base = await textBefore(ports, one.after);
  if (base === null || ours === null || theirs === null) throw conflict(ours, theirs);
  const merged = mergeThree(base, ours, theirs);
  if (!merged.clean)
    throw new Blocked(
      'conflict',
      '',
      merged.conflicts.map((place) => ({ line: place.line, ours: clip(place.ours), theirs: clip(place.theirs) })),
    );
  if (!moved && equalBytes(merged.bytes, ours)) return 'same';
  put(view, one, target, merged.bytes);
  return 'merge';
}

function put(view: View, { path, executableBefore }: Segment, target: string, bytes: Bytes | null): void {
  const executable = executableBefore ?? view.wanted.get(path);
  view.wanted.delete(path);
  if (executable !== undefined && bytes !== null) view.wanted.set(target, executable);
  if (target !== path) {
    view.now.set(path, null);
    const origin = view.origin.get(path);
    if (origin !== undefined) view.origin.set(target, origin);
    view.origin.delete(path);
  }
  view.now.set(target, bytes);
}

/** One side has no file, or two files want the same name. */
const conflict = (ours: Bytes | null, theirs: Bytes | null): Blocked =>
  new Blocked('conflict', '', [{ line: 0, ours: shown(ours), theirs: shown(theirs) }]);
const shown = (bytes: Bytes | null): string => clip((bytes && decodeUtf8(bytes)) ?? '');
const clip = (text: string): string => (text.length > SHOWN_SIDE ? `${text.slice(0, SHOWN_SIDE)}…` : text);

function writesOf(
  ports: Pick<Ports, 'hasher'>,
  view: View,
  withDiff: boolean,
): { writes: RollbackWrite[]; contents: { now: Bytes | null; then: Bytes | null }[]; diff: string } {
  const writes: RollbackWrite[] = [];
  const contents: { now: Bytes | null; then: Bytes | null }[] = [];
  const diffs: string[] = [];
  const movedAway = new Set<string>();
  const hashOf = (bytes: Bytes | null) => bytes && ports.hasher.sha256(bytes);
  const add = (write: Pick<RollbackWrite, 'path' | 'from' | 'op'>, now: Bytes | null, then: Bytes | null) => {
    const [old, fresh] = [now ? decodeUtf8(now) : '', then ? decodeUtf8(then) : ''];
    const counts = old === undefined || fresh === undefined ? { added: 0, removed: 0 } : countChanges(old, fresh);
    writes.push({ ...write, now: hashOf(now), then: hashOf(then), ...modesOf(view, write, then !== null), ...counts });
    contents.push({ now, then });
    if (withDiff)
      diffs.push(
        old === undefined || fresh === undefined
          ? `${write.path}: not text\n`
          : unifiedDiff(write.path, now && old, then && fresh, write.from === undefined ? {} : { from: write.from }),
      );
  };
  const names = [...view.now.keys()].sort();
  for (const path of names) {
    const origin = view.origin.get(path);
    const then = view.now.get(path) ?? null;
    const source = origin === undefined ? null : (view.disk.get(origin) ?? null);
    if (
      origin === undefined ||
      origin === path ||
      then === null ||
      source === null ||
      view.disk.get(path) ||
      view.now.get(origin)
    )
      continue;
    add({ path, from: origin, op: 'rename' }, source, then);
    movedAway.add(path).add(origin);
  }
  for (const path of names) {
    if (movedAway.has(path)) continue;
    const [now, then] = [view.disk.get(path) ?? null, view.now.get(path) ?? null];
    if (now === null && then === null) continue;
    if (now && then && equalBytes(now, then)) continue;
    add({ path, op: now === null ? 'create' : then === null ? 'delete' : 'modify' }, now, then);
  }
  return { writes, contents, diff: diffs.join('') };
}

function modesOf(
  { executable: modes, wanted }: View,
  { path, from }: Pick<RollbackWrite, 'path' | 'from'>,
  stays: boolean,
): Pick<RollbackWrite, 'executable' | 'executableNow'> {
  const now = modes.get(from ?? path);
  const then = wanted.get(path);
  const changes = then !== undefined && then !== (now ?? false);
  return {
    ...(changes && { executable: then }),
    ...(now !== undefined && (changes || !stays) && { executableNow: now }),
  };
}

/** As a write of files and one of git name it. */
export const markOf = (write: Pick<RollbackWrite, 'executable'> | undefined): { executable?: boolean } =>
  write?.executable === undefined ? {} : { executable: write.executable };

export const blocking = (plans: readonly FilePlan[]): RollbackFile[] =>
  plans.flatMap(({ file }) => (!file.left && blocksRollback(file.outcome) ? [file] : []));

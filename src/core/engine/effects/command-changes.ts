/**
 * What a command changed: the tree is looked at before and after it, and what is other becomes part of the command's
 * recorded outcome. Replay never looks at the disk: it takes the record.
 */
import { z } from 'zod';
import { decodeUtf8, type Bytes } from '../../../base/bytes.js';
import { isOpenExecError } from '../../errors.js';
import { changeFileSchema, type ChangeFile } from '../../model/change-set.js';
import type { EventBody } from '../../model/event.js';
import { relativePathSchema, type Hash } from '../../model/primitives.js';
import type { FileImage } from '../../model/records.js';
import { countChanges } from '../../patch/hunks.js';
import { decodeText } from '../../patch/text-file.js';
import {
  SMALL_BLOB,
  type CommittedFile,
  type LookAsk,
  type LookEntry,
  type TreeLook,
  type Write,
} from '../../ports/ports.js';
import { leftoverOf } from '../../project/leftovers.js';
import type { LiveRun } from '../../record/live-run.js';
import type { MadeFile, StepContext } from '../../record/step-context.js';

/** Why a file that a command changed is named and not taken: it cannot be put back, or not be committed. */
export const leftWhySchema = z.enum(['link', 'submodule', 'large', 'filtered', 'unwatched', 'other', 'many']);
export type LeftWhy = z.infer<typeof leftWhySchema>;

export const commandChangesSchema = z.object({
  files: z.array(changeFileSchema),
  /** Folders (with `/`) and files that are no work: coverage, caches, build output. */
  leftovers: z.array(z.string()).default([]),
  left: z.array(z.object({ path: relativePathSchema, why: leftWhySchema })).default([]),
  /** The person saved these in an editor while it ran: theirs. */
  yours: z.array(z.string()).default([]),
  /** The person's or the command's, which nobody can tell: asked. */
  unclear: z.array(changeFileSchema).default([]),
});
export type CommandChanges = z.infer<typeof commandChangesSchema>;

/** 20 MB a file, 200 MB together: beyond that a change is named and cannot be put back. */
const LIMITS: LookAsk['limits'] = { files: 20_000, fileBytes: 20_000_000, bytes: 200_000_000 };
/** A command that makes more new files was an installation or a mistake: they are named, and none is taken. */
const MAX_NEW = 2000;
const MAX_LEFT = 100;

export interface TreeBefore {
  look: TreeLook;
  saves: { stop(): Promise<ReadonlyMap<string, Hash | null>> } | undefined;
}

/** What stands now, with the text of all that differs kept. undefined = it could not be seen, which is said. */
export async function lookBefore(ctx: StepContext): Promise<TreeBefore | { unseen: string }> {
  const look = await lookNow(ctx, ctx.signal);
  return 'unseen' in look ? look : { look, saves: ctx.run.ports.saves?.watch(ctx.root) };
}

/** A command that has ended is recorded whole, also while the run is being cancelled: so long the look may take. */
const AFTER_MS = 10_000;

/** Compares. Absent = nothing changed, or nobody can tell. */
export async function lookAfter(
  ctx: StepContext,
  { look: before, saves }: TreeBefore,
): Promise<CommandChanges | { unseen: string } | undefined> {
  const saved = (await saves?.stop()) ?? new Map<string, Hash | null>();
  if (before.kind !== 'ok') return before.kind === 'too-many' ? tooManyDiffer(before) : undefined;
  const signal = ctx.run.ports.clock.timeout(AFTER_MS);
  const after = await lookNow(ctx, signal);
  if ('unseen' in after) return after;
  if (after.kind !== 'ok') return after.kind === 'too-many' ? tooManyDiffer(after) : undefined;
  const changed = differing(before.entries, after.entries);
  if (changed.length === 0) return undefined;
  // The person changed branches or committed meanwhile: whose the rest is cannot be told.
  const moved = after.head !== before.head || after.branch !== before.branch;
  const committed = {
    then: await committedIn(
      ctx,
      before.head,
      changed.filter((one) => !one.before),
      signal,
    ),
    now: await committedIn(
      ctx,
      after.head,
      changed.filter((one) => !one.after),
      signal,
    ),
  };
  // Small texts that were only noted are read below.
  await ctx.run.journal.commit();
  return await sortAll(ctx, changed, { committed, saved, moved });
}

async function sortAll(
  ctx: StepContext,
  changed: readonly Changed[],
  known: { committed: Committed; saved: ReadonlyMap<string, Hash | null>; moved: boolean },
): Promise<CommandChanges | undefined> {
  const found: CommandChanges = { files: [], leftovers: [], left: [], yours: [], unclear: [] };
  const tooMany = changed.filter(isNew).length > MAX_NEW;
  for (const one of changed) {
    const sorted = await sortOf(ctx, one, known.committed, tooMany);
    if (sorted === undefined) continue;
    if ('leftover' in sorted) found.leftovers.push(sorted.leftover);
    else if ('why' in sorted) found.left.push({ path: one.path, why: sorted.why });
    else if (!known.saved.has(one.path)) (known.moved ? found.unclear : found.files).push(sorted);
    else if (known.saved.get(one.path) === sorted.after) found.yours.push(one.path);
    else found.unclear.push(sorted);
  }
  found.leftovers = [...new Set(found.leftovers)].slice(0, MAX_LEFT);
  found.left.splice(MAX_LEFT);
  return Object.values(found).some((list) => list.length > 0) ? found : undefined;
}

const tooManyDiffer = ({ count }: { count: number }) => ({ unseen: `${count} files differ from the last commit` });

interface Committed {
  then: ReadonlyMap<string, CommittedFile>;
  now: ReadonlyMap<string, CommittedFile>;
}

/** What it is: a change, something to name, or nothing. */
async function sortOf(
  ctx: StepContext,
  one: Changed,
  { then, now }: Committed,
  tooMany: boolean,
): Promise<ChangeFile | { leftover: string } | { why: LeftWhy } | undefined> {
  if (one.before?.left || one.after?.left)
    // Told when it comes up, not each time it is written again.
    return one.before ? undefined : { leftover: leftoverOf(one.path, () => false) ?? one.path };
  const old = sideOf(one.before, then.get(one.path));
  // One that is no longer listed is as the commit has it.
  const fresh = sideOf(one.after, now.get(one.path));
  if (old === 'filtered' && one.after?.hash === then.get(one.path)?.sha256) return undefined;
  if (typeof fresh === 'string') return { why: fresh };
  if (typeof old === 'string') return { why: old };
  if (tooMany && isNew(one)) return { why: 'many' };
  return await fileOf(ctx, one.path, old, fresh);
}

const isNew = ({ before, after }: Changed): boolean => !before && after?.tracked === false && !after.left;

async function lookNow(ctx: StepContext, signal: AbortSignal): Promise<TreeLook | { unseen: string }> {
  const { git } = ctx.run.ports;
  const kept = keptBy(ctx.run);
  const ask: LookAsk = {
    limits: LIMITS,
    kept: (hash) => kept.has(hash),
    leave: (path, owned) => leftoverOf(path, owned) !== undefined,
    keep: (bytes) => keep(ctx.run, bytes),
  };
  try {
    return await git.look(ctx.root, ask, signal);
  } catch (error) {
    // What git cannot tell keeps no command from running; that it was not seen is said.
    if (isOpenExecError(error, 'git-ownership')) return { unseen: 'the repository belongs to another user' };
    if (isOpenExecError(error, 'git-failed')) return { unseen: String(error.params.detail) };
    if (signal.aborted && !ctx.signal.aborted) return { unseen: 'the look at the tree took too long' };
    throw error;
  }
}

/** Texts that this process kept for the run. Nothing names them until a command changes such a file. */
const keptOf = new WeakMap<LiveRun['journal'], Set<Hash>>();
const keptBy = ({ journal }: LiveRun): Set<Hash> =>
  keptOf.get(journal) ?? (keptOf.set(journal, new Set()).get(journal) as Set<Hash>);

async function keep(run: LiveRun, bytes: Bytes): Promise<Hash> {
  const { store, hasher } = run.ports;
  let hash: Hash;
  if (bytes.length > SMALL_BLOB) hash = await store.putBlob(bytes);
  else {
    hash = hasher.sha256(bytes);
    if (!keptBy(run).has(hash)) run.journal.note([{ table: 'blobs', row: { hash, bytes } }]);
  }
  keptBy(run).add(hash);
  return hash;
}

interface Changed {
  path: string;
  before: LookEntry | undefined;
  after: LookEntry | undefined;
}

function differing(before: readonly LookEntry[], after: readonly LookEntry[]): Changed[] {
  const then = new Map(before.map((entry) => [entry.path, entry]));
  const changed: Changed[] = [];
  for (const entry of after) {
    const old = then.get(entry.path);
    then.delete(entry.path);
    if (!old || old.kind !== entry.kind || old.mark !== entry.mark || old.executable !== entry.executable)
      changed.push({ path: entry.path, before: old, after: entry });
  }
  for (const [path, old] of then) changed.push({ path, before: old, after: undefined });
  return changed.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What the commit has of files that one of the two looks does not list. */
async function committedIn(
  ctx: StepContext,
  head: string | null,
  changed: readonly Changed[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CommittedFile>> {
  if (head === null || changed.length === 0) return new Map();
  const paths = changed.map(({ path }) => path);
  const found = await ctx.run.ports.git.committed(ctx.root, head, paths, LIMITS.fileBytes, signal);
  for (const { bytes } of found.values()) if (bytes) await keep(ctx.run, bytes);
  return found;
}

interface Side {
  hash: Hash;
  bytes?: Bytes | undefined;
  executable: boolean;
}

/** null = no file. A word = something that can be neither kept nor committed. */
function sideOf(entry: LookEntry | undefined, committed: CommittedFile | undefined): Side | LeftWhy | null {
  if (!entry) {
    if (!committed) return null;
    return committed.bytes
      ? { hash: '', bytes: committed.bytes, executable: committed.executable }
      : (committed.why ?? 'other');
  }
  if (entry.kind === 'gone') return null;
  if (entry.unwatched) return 'unwatched';
  if (entry.filtered) return 'filtered';
  if (entry.kind !== 'file') return entry.kind;
  return entry.hash === undefined ? 'large' : { hash: entry.hash, executable: entry.executable };
}

async function fileOf(
  ctx: StepContext,
  path: string,
  then: Side | null,
  now: Side | null,
): Promise<ChangeFile | undefined> {
  const { hasher } = ctx.run.ports;
  const hashOf = (side: Side | null) => side && (side.bytes ? hasher.sha256(side.bytes) : side.hash);
  const [before, after] = [hashOf(then), hashOf(now)];
  const executable = now && now.executable !== (then?.executable ?? false) ? now.executable : undefined;
  // Written again as it was: nothing changed, whatever its times say.
  if (before === after && executable === undefined) return undefined;
  return {
    path,
    ...(await countsOf(ctx, before, after)),
    before,
    after,
    ...(executable !== undefined && { executable }),
    ...(then && (after === null || executable !== undefined) && { executableBefore: then.executable }),
    found: after,
  };
}

/** From one text of the store to another. */
export async function countsOf(
  { run }: Pick<StepContext, 'run'>,
  before: Hash | null,
  after: Hash | null,
): Promise<Pick<ChangeFile, 'op' | 'text' | 'added' | 'removed'>> {
  const textOf = async (hash: Hash | null) => (hash === null ? null : await run.ports.store.blob(hash));
  const sides = [await textOf(before), await textOf(after)];
  const text = sides.every((bytes) => bytes === null || decodeText(bytes).roundTrips);
  const [old = '', fresh = ''] = sides.map((bytes) => (bytes && decodeUtf8(bytes)) ?? '');
  return {
    op: before === null ? 'create' : after === null ? 'delete' : 'modify',
    text,
    ...(text ? countChanges(old, fresh) : { added: 0, removed: 0 }),
  };
}

/** Its rows: of each file what stood there and what stands there now, in the place of a write of ours. */
export function imagesOf(
  ctx: StepContext,
  call: string,
  order: number,
  at: number,
  files: readonly ChangeFile[],
): Write[] {
  return files.map((file): Write => {
    const image: FileImage = {
      key: `${changesId(call)}:${file.path}`,
      run: ctx.run.id,
      task: ctx.work.task.id,
      changeSet: changesId(call),
      order,
      root: ctx.root,
      path: file.path,
      before: file.before,
      after: file.after,
      written: file.after,
      at,
      ...(file.executable !== undefined && { executable: file.executable }),
      ...(file.executableBefore !== undefined && { executableBefore: file.executableBefore }),
    };
    return { table: 'file_images', row: image };
  });
}

/** Waits for the next flush, on top of what waits of the same file. */
export function takeMade(ctx: StepContext, command: string, files: readonly ChangeFile[]): void {
  for (const file of files) {
    ctx.run.changedIn(ctx.root).add(file.path);
    const earlier = ctx.made.get(file.path);
    const made = earlier ? onTop(earlier, { ...file, command }) : { ...file, command };
    ctx.made.delete(file.path);
    // Back where it was: nothing is left to judge.
    if (made.before !== made.after || made.executable !== made.executableBefore) ctx.made.set(file.path, made);
  }
}

function onTop(earlier: MadeFile, { executable, executableBefore, ...file }: MadeFile): MadeFile {
  const mode = executable ?? (file.after === null ? undefined : earlier.executable);
  const modeBefore = earlier.executableBefore ?? executableBefore;
  return {
    ...file,
    before: earlier.before,
    op: earlier.before === null ? 'create' : file.after === null ? 'delete' : 'modify',
    command: earlier.command === file.command ? file.command : `${earlier.command}, ${file.command}`,
    again: true,
    ...(mode !== undefined && { executable: mode }),
    ...(modeBefore !== undefined && { executableBefore: modeBefore }),
  };
}

export const changesId = (call: string): string => `${call}/changed`;

/** What is told of it, after the command itself. */
export function changesTold(
  ctx: StepContext,
  call: string,
  command: string,
  changes: CommandChanges | { unseen: string } | undefined,
): EventBody[] {
  if (!changes) return [];
  const about = { call, step: ctx.step.key, task: ctx.work.task.id, command };
  if ('unseen' in changes)
    return [
      {
        type: 'warning',
        task: about.task,
        code: 'command-unseen',
        params: { command, problem: changes.unseen },
      },
    ];
  const files = changes.files.map(({ path, op, added, removed, before, after }) => ({
    path,
    op,
    added,
    removed,
    before,
    after,
  }));
  const unclear = changes.unclear.map(({ path }) => ({ path, why: 'unclear' }));
  const { leftovers, yours } = changes;
  const events: EventBody[] = [
    { type: 'command-changed', ...about, files, leftovers, left: [...changes.left, ...unclear], yours },
  ];
  // What was verified has it and the commit has not: that is for the report as well. Of a worktree its merge tells.
  const paths = changes.left.slice(0, 5).map(({ path }) => path);
  if (paths.length > 0 && ctx.root === ctx.run.root)
    events.push({
      type: 'warning',
      task: about.task,
      code: 'command-left',
      params: { command, paths: paths.join(', '), files: changes.left.length },
    });
  return events;
}

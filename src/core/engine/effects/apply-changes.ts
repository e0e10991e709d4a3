/**
 * What was decided of a change set, to the disk: journal → apply → outcome. The journal (decision, before-images,
 * hashes of what will stand) is durable before the first effect; after a crash the hashes on the disk decide what is
 * left to do.
 */
import { z } from 'zod';
import { decodeUtf8 } from '../../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../errors.js';
import type { ApprovalAnswer, AttentionOption } from '../../model/approval.js';
import { changeSetSchema, type ChangeFile, type ChangeSet, type FileAnswer } from '../../model/change-set.js';
import type { EventBody } from '../../model/event.js';
import { hashSchema } from '../../model/primitives.js';
import type { FileImage } from '../../model/records.js';
import { unifiedDiff } from '../../patch/hunks.js';
import type { FileWrite, WriteOutcome, Write } from '../../ports/ports.js';
import { ask } from '../../record/ask.js';
import { keepWritten } from './keep-written.js';
import { callOnce, type StepContext } from '../../record/step-context.js';

const flushSchema = z.object({
  status: z.enum(['none', 'applied', 'partly', 'rejected', 'stale', 'denied']),
  /** For the model: JSON, one entry a file, with what was rejected and why. */
  report: z.string(),
  paths: z.array(z.string()),
});
export type FlushResult = z.infer<typeof flushSchema>;

/** Nothing of it was refused: what comes after it may rely on it. */
export const stands = ({ status }: FlushResult): boolean => status === 'none' || status === 'applied';

interface Decided {
  file: ChangeFile;
  answer: FileAnswer;
}

/** Every file with what the person decided; a file the answer does not name follows the answer as a whole. */
export function decide(changeSet: ChangeSet, answer: ApprovalAnswer): Decided[] {
  const named = new Map(answer.files?.map((file) => [file.path, file]));
  return changeSet.files.map((file) => ({
    file,
    answer: named.get(file.path) ?? {
      path: file.path,
      after: answer.status === 'accepted' ? file.after : file.before,
      edited: false,
      rejected: answer.status === 'accepted' ? [] : [{ header: '', lines: '', comment: answer.comment }],
    },
  }));
}

/** With the text it came with; not of a file that goes. */
const modeOf = (file: ChangeFile, answer: FileAnswer): { executable?: boolean } => {
  const refused = file.found !== undefined && isRefused({ file, answer });
  const executable = refused ? file.executableBefore : file.executable;
  return executable === undefined || answer.after === null ? {} : { executable };
};

/** What stands on the disk before this is applied. */
const onDisk = ({ found, before }: ChangeFile): string | null => (found === undefined ? before : found);
/** The person took nothing of it: what a command made of it goes. */
const isRefused = ({ file, answer }: Decided): boolean => answer.rejected.length > 0 && answer.after === file.before;

const imageKey = (changeSet: ChangeSet, path: string): string => `${changeSet.id}:${path}`;

/**
 * Of each file that goes, or that may be run no longer or only now: whether it could be before.
 * After a crash the journal knows, not the disk.
 */
async function modesBefore(
  ctx: StepContext,
  changeSet: ChangeSet,
  writes: readonly FileWrite[],
): Promise<Map<string, { executableBefore: boolean }>> {
  const { store, workspace } = ctx.run.ports;
  const modes = new Map<string, { executableBefore: boolean }>();
  const asked = writes.filter(
    (write) => write.before !== null && (write.after === null || write.executable !== undefined),
  );
  if (asked.length === 0) return modes;
  const known = new Map(
    (await store.fileImages(ctx.run.id, changeSet.task)).map((image) => [image.key, image.executableBefore]),
  );
  for (const { path, from } of asked) {
    const executable =
      known.get(imageKey(changeSet, path)) ?? (await workspace.stat(ctx.root, from ?? path))?.executable;
    if (executable !== undefined) modes.set(path, { executableBefore: executable });
  }
  return modes;
}

const isToWrite = (one: Decided, { status }: ApprovalAnswer): boolean =>
  one.answer.after !== onDisk(one.file) ||
  (one.file.from !== undefined && one.answer.after !== null && status !== 'rejected') ||
  (one.file.found !== undefined && one.file.executable !== undefined && isRefused(one));

const statusOf = (decided: readonly Decided[]): 'applied' | 'partly' | 'rejected' =>
  decided.every(({ answer }) => answer.rejected.length === 0)
    ? 'applied'
    : decided.every(isRefused)
      ? 'rejected'
      : 'partly';

/** All of it was rejected, or stands already as it was accepted. */
function nothingToWrite(
  { run }: StepContext,
  changeSet: ChangeSet,
  decided: readonly Decided[],
  answer: ApprovalAnswer,
): FlushResult {
  const status = decided.some(({ file }) => file.found !== undefined) ? statusOf(decided) : 'rejected';
  const stored = status === 'rejected' ? 'rejected' : 'applied';
  run.journal.note([{ table: 'change_sets', row: { ...changeSet, status: stored } }]);
  return {
    status,
    report: report(status, decided, answer),
    paths: status === 'rejected' ? [] : decided.map(({ file }) => file.path),
  };
}

export async function applyDecided(
  ctx: StepContext,
  changeSet: ChangeSet,
  decided: readonly Decided[],
  answer: ApprovalAnswer,
): Promise<FlushResult> {
  const todo = decided.filter((one) => isToWrite(one, answer));
  const status = statusOf(decided);
  if (todo.length === 0) return nothingToWrite(ctx, changeSet, decided, answer);
  // First what goes, and for itself: no edit that came too late keeps it in the tree.
  await putBack(ctx, changeSet, todo.filter(goesBack));
  const rest = todo.filter((one) => !goesBack(one));
  if (rest.length === 0) return nothingToWrite(ctx, changeSet, decided, answer);
  const done = await applyOnce(ctx, changeSet, rest);
  if (done.outcome === 'stale')
    return {
      status: 'stale',
      report: JSON.stringify({
        status: 'stale',
        path: done.path,
        what: 'The file changed on disk since you read it. Nothing was written. Read it again and redo the edit.',
      }),
      paths: [],
    };
  for (const { file } of rest) ctx.run.changedIn(ctx.root).add(file.path);
  return {
    status,
    report: report(status, decided, answer),
    paths: todo.map(({ file }) => file.path),
  };
}

/** What a command made of it is on the disk, and was refused. */
const goesBack = (one: Decided): boolean => one.file.found !== undefined && isRefused(one);

/**
 * Puts back what stands as the command left it. A file that has changed since may be the person's:
 * it stays until they say whose it is, and where it is theirs it is no change of the task.
 */
async function putBack(ctx: StepContext, changeSet: ChangeSet, refused: readonly Decided[]): Promise<void> {
  let left = [...refused];
  for (let tries = 1; left.length > 0; tries++) {
    // A change set of its own each time: an outcome is found by its name.
    const back = { ...changeSet, id: `${changeSet.id}/back/${tries}`, files: left.map(({ file }) => file) };
    const done = await applyOnce(ctx, back, left);
    const other = left.find(({ file }) => file.path === done.path);
    if (done.outcome === 'applied') break;
    if (!other) throw new OpenExecError('file-changed', { path: done.path });
    const isTheirs = (await askPutBack(ctx, changeSet, other.file, done.now)) === 'person';
    const now = done.now ?? null;
    left = isTheirs
      ? left.filter((one) => one !== other)
      : left.map((one) => (one === other ? { ...one, file: { ...one.file, found: now } } : one));
    // Theirs: as if it had been put back, so nothing of it is the task's. The command's: what came since as well.
    ctx.run.journal.note([becameImage(ctx, back, other.file, isTheirs ? other.file.before : now)]);
  }
  for (const { file } of refused) ctx.run.changedIn(ctx.root).add(file.path);
}

/** A change that was not written by us, in the line of those that were. */
function becameImage(
  { run, root }: StepContext,
  { id, task }: ChangeSet,
  file: ChangeFile,
  after: string | null,
): Write {
  const row: FileImage = {
    key: `${id}/became:${file.path}`,
    run: run.id,
    task,
    changeSet: id,
    order: run.journal.nextOrder(),
    root,
    path: file.path,
    before: onDisk(file),
    after,
    written: after,
    at: run.ports.clock.now(),
  };
  return { table: 'file_images', row };
}

const appliedSchema = z.object({
  outcome: z.enum(['applied', 'stale']),
  path: z.string().default(''),
  /** What stood there instead, kept as a text; null = no file. */
  now: hashSchema.nullable().optional(),
});
type Applied = z.infer<typeof appliedSchema>;

async function applyOnce(ctx: StepContext, changeSet: ChangeSet, todo: readonly Decided[]): Promise<Applied> {
  ctx.run.passedIn(ctx.root).results.clear();
  const { run } = ctx;
  const writes: FileWrite[] = [];
  for (const { file, answer: own } of todo)
    writes.push({
      path: file.path,
      before: onDisk(file),
      after: own.after === null ? null : await run.ports.store.blob(own.after),
      ...(file.from && { from: file.from }),
      ...modeOf(file, own),
    });
  const order = run.journal.nextOrder();
  const modes = await modesBefore(ctx, changeSet, writes);
  const images: FileImage[] = todo.map(({ file, answer: own }) => ({
    key: imageKey(changeSet, file.path),
    run: run.id,
    task: changeSet.task,
    changeSet: changeSet.id,
    order,
    root: ctx.root,
    path: file.path,
    before: onDisk(file),
    after: own.after,
    at: run.ports.clock.now(),
    ...(file.from && { from: file.from }),
    ...modeOf(file, own),
    ...modes.get(file.path),
  }));
  return await callOnce<Applied>(
    ctx,
    {
      kind: 'apply',
      name: 'apply',
      input: todo.map(({ answer: own }) => [own.path, own.after]),
      result: appliedSchema,
      effect: true,
      journal: [
        { table: 'change_sets', row: { ...changeSet, status: 'applying' } },
        ...images.map((row): Write => ({ table: 'file_images', row })),
      ],
    },
    async ({ inFlight }) => {
      try {
        const outcomes = inFlight
          ? await settle(ctx, writes)
          : await run.ports.workspace.apply(ctx.root, writes, changeSet.title, ctx.signal);
        const kept = await keepWritten(
          run.ports,
          ctx.root,
          outcomes,
          new Map(images.map((image) => [image.path, image.after])),
        );
        return {
          result: { outcome: 'applied' as const, path: '' },
          ...outcomeRows(changeSet, ctx, todo, images, kept),
        };
      } catch (error) {
        if (!isOpenExecError(error, 'file-changed')) throw error;
        const path = String(error.params['path'] ?? '');
        const isBack = todo.every(goesBack);
        return {
          result: { outcome: 'stale' as const, path, ...(isBack && (await standing(ctx, path))) },
          writes: [{ table: 'change_sets', row: { ...changeSet, status: 'failed' } }],
          events: [{ type: 'warning', task: changeSet.task, code: 'file-changed', params: { path } }],
        };
      }
    },
  );
}

/** Absent = a link, a folder or a file too large for it stands there. */
async function standing({ run, root }: StepContext, path: string): Promise<Pick<Applied, 'now'>> {
  const { workspace, store } = run.ports;
  const stat = await workspace.stat(root, path);
  if (!stat) return { now: null };
  if (stat.kind !== 'file' || stat.viaLink || stat.size > MAX_KEPT) return {};
  const bytes = await workspace.read(root, path);
  return { now: bytes ? await store.putBlob(bytes) : null };
}
const MAX_KEPT = 20_000_000;

async function askPutBack(
  ctx: StepContext,
  { commands = [] }: ChangeSet,
  file: ChangeFile,
  now: Applied['now'],
): Promise<'command' | 'person'> {
  const { store, redact } = ctx.run.ports;
  const textOf = async (hash: string | null | undefined) => (hash ? (decodeUtf8(await store.blob(hash)) ?? '') : '');
  const difference =
    file.text && now !== undefined ? unifiedDiff(file.path, await textOf(onDisk(file)), await textOf(now)) : '';
  const params = {
    task: ctx.work.task.id,
    command: commands.join(', '),
    path: file.path,
    difference: redact(difference).slice(0, 4000),
  };
  // Nothing is taken away whose text could not be kept.
  const options: AttentionOption[] = now === undefined ? ['skip'] : ['accept', 'skip'];
  const answer = await ask(ctx.run, {
    id: `${ctx.peekCall()}/put-back`,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: { kind: 'attention', code: 'put-back', params, options },
    wording: { code: 'put-back', params },
  });
  return answer.option === 'accept' ? 'command' : 'person';
}

/**
 * After a crash: what the journal meant to write is compared with the disk.
 * Before → still to do; after → done; anything else is the person's, and stays.
 */
async function settle(ctx: StepContext, writes: readonly FileWrite[]): Promise<WriteOutcome[]> {
  const { workspace, hasher } = ctx.run.ports;
  const left: FileWrite[] = [];
  const outcomes: WriteOutcome[] = [];
  await workspace.tidy(
    ctx.root,
    writes.flatMap((write) => (write.from === undefined ? [write.path] : [write.path, write.from])),
  );
  for (const write of writes) {
    const bytes = await workspace.read(ctx.root, write.path);
    const now = bytes ? hasher.sha256(bytes) : null;
    const wanted = write.after ? hasher.sha256(write.after) : null;
    const source = write.from ? await workspace.read(ctx.root, write.from) : undefined;
    if (now === wanted && !source) outcomes.push({ path: write.path, written: now });
    else if (write.from ? source && hasher.sha256(source) === write.before : now === write.before) left.push(write);
    else throw new OpenExecError('file-changed', { path: write.path });
  }
  return left.length === 0 ? outcomes : [...outcomes, ...(await workspace.apply(ctx.root, left, 'resume', ctx.signal))];
}

/** What a command made and goes again is the change the other way round. */
function shownOf(file: ChangeFile, answer: FileAnswer): Pick<ChangeFile, 'op' | 'added' | 'removed'> {
  const { op, added, removed } = file;
  if (file.found === undefined || answer.after !== file.before) return { op, added, removed };
  return { op: op === 'create' ? 'delete' : op === 'delete' ? 'create' : op, added: removed, removed: added };
}

function outcomeRows(
  changeSet: ChangeSet,
  ctx: StepContext,
  todo: readonly Decided[],
  images: readonly FileImage[],
  outcomes: readonly WriteOutcome[],
) {
  const written = new Map(outcomes.map((one) => [one.path, one]));
  const events: EventBody[] = [
    {
      type: 'changes-applied',
      changeSet: changeSet.id,
      step: ctx.step.key,
      task: changeSet.task,
      files: todo.map(({ file, answer }) => ({
        path: file.path,
        ...shownOf(file, answer),
        before: onDisk(file),
        after: answer.after,
      })),
    },
  ];
  for (const { file, answer } of todo) {
    const own = written.get(file.path);
    if (own?.leftUnsaved)
      events.push({ type: 'warning', task: changeSet.task, code: 'left-unsaved', params: { path: file.path } });
    else if (own && own.written !== null && answer.after !== null && own.written !== answer.after)
      events.push({
        type: 'changed-on-save',
        task: changeSet.task,
        path: file.path,
        approved: answer.after,
        written: own.written,
      });
  }
  const rows: Write[] = [
    { table: 'change_sets', row: changeSetSchema.parse({ ...changeSet, status: 'applied' }) },
    ...images.map(
      (image): Write => ({
        table: 'file_images',
        row: { ...image, written: written.get(image.path)?.written ?? image.after },
      }),
    ),
  ];
  return { events, writes: rows };
}

/** What the model is told: per file whether it stands, and every rejected hunk with the person's words. */
function report(status: string, decided: readonly Decided[], answer: ApprovalAnswer): string {
  return JSON.stringify({
    status,
    ...(answer.comment && { comment: answer.comment }),
    files: decided.map(({ file, answer: own }) => ({
      path: file.path,
      ...(file.found !== undefined && { by: 'a command of yours; what was rejected of it was put back' }),
      status: own.rejected.length === 0 ? 'applied' : own.after === file.before ? 'rejected' : 'partly',
      ...(own.edited && { edited: 'The person changed your proposal; read the file before you go on.' }),
      ...(own.rejected.length > 0 && { rejected: own.rejected.map((hunk) => ({ status: 'rejected', ...hunk })) }),
    })),
  });
}

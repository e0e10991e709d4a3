/**
 * From a stage's overlay to the disk: policy → approval → journal → apply → outcome. The journal
 * (decision, before-images, hashes of what will stand) is durable before the first effect; after a crash
 * the hashes on the disk decide what is left to do.
 */
import { z } from 'zod';
import { decodeUtf8, type Bytes } from '../../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../errors.js';
import { gatePath } from './gate.js';
import type { ApprovalAnswer } from '../../model/approval.js';
import { changeSetSchema, type ChangeFile, type ChangeSet, type FileAnswer } from '../../model/change-set.js';
import type { EventBody } from '../../model/event.js';
import type { Decision } from '../../model/policy.js';
import type { FileImage } from '../../model/records.js';
import { countChanges } from '../../patch/hunks.js';
import { decodeText } from '../../patch/text-file.js';
import type { FileWrite, WriteOutcome, Write } from '../../ports/ports.js';
import { ask } from '../../record/ask.js';
import { keepWritten } from './keep-written.js';
import type { PendingFile } from '../../record/merge-plan.js';
import type { Overlay } from './overlay.js';
import { callOnce, type StepContext } from '../../record/step-context.js';
import { questionText, type Wording } from '../../view/question-text.js';
import { plain } from '../../view/translate.js';

const flushSchema = z.object({
  status: z.enum(['none', 'applied', 'partly', 'rejected', 'stale', 'denied']),
  /** For the model: JSON, one entry a file, with what was rejected and why. */
  report: z.string(),
  paths: z.array(z.string()),
});
export type FlushResult = z.infer<typeof flushSchema>;

/** Nothing of it was refused: what comes after it may rely on it. */
export const stands = ({ status }: FlushResult): boolean => status === 'none' || status === 'applied';

const NOTHING: FlushResult = { status: 'none', report: '{"status":"none"}', paths: [] };

/**
 * Puts everything the overlay holds to the policy and the person, and writes what was agreed.
 * The overlay is empty afterwards.
 */
export async function flushOverlay(
  ctx: StepContext,
  overlay: Pick<Overlay, 'changed' | 'clear' | 'titles'>,
): Promise<FlushResult> {
  const files = overlay.changed();
  if (files.length === 0) return NOTHING;
  const asked = ctx.nextCall();
  const stored = await ctx.run.ports.store.changeSet(asked.key);
  const changeSet = stored ?? (await propose(ctx, asked.key, files, overlay.titles));
  const answer =
    stored && stored.status !== 'pending'
      ? await answerOf(ctx, stored)
      : await gateAndAsk(ctx, changeSet, overlay.titles);
  if ('denied' in answer) {
    overlay.clear();
    return {
      status: 'denied',
      report: JSON.stringify({ status: 'denied', rule: answer.denied.rule, reason: answer.denied.reason }),
      paths: [],
    };
  }
  const decided = decide(changeSet, answer);
  const result = await applyDecided(ctx, changeSet, decided, answer);
  overlay.clear();
  return result;
}

async function gateAndAsk(
  ctx: StepContext,
  changeSet: ChangeSet,
  titles: readonly string[],
): Promise<ApprovalAnswer | { denied: Decision }> {
  const gate = await gateFiles(ctx, changeSet);
  if (gate.effect === 'deny') return { denied: gate };
  if (gate.effect === 'allow') return BY_POLICY;
  return await ask(ctx.run, {
    id: changeSet.id,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: { kind: 'change-set', changeSet: changeSet.id },
    wording: wordingOf(ctx, changeSet.files, titles),
    why: gate.reason,
    files: changeSet.files.map(({ path, op, added, removed }) => ({ path, op, added, removed })),
    writes: [{ table: 'change_sets', row: changeSet }],
  });
}

const BY_POLICY: ApprovalAnswer = { status: 'accepted', by: 'policy', comment: '' };

/**
 * What was agreed before its effect began holds: after a crash it is settled by the hashes on the disk, not judged
 * anew. Half done, a file may look to the policy like something else: a new one has two names while it is put in place.
 */
const answerOf = async (ctx: StepContext, { id }: ChangeSet): Promise<ApprovalAnswer> =>
  (await ctx.run.ports.store.approval(id))?.answer ?? BY_POLICY;

async function propose(
  ctx: StepContext,
  id: string,
  files: readonly PendingFile[],
  titles: readonly string[],
): Promise<ChangeSet> {
  const { store } = ctx.run.ports;
  const changed: ChangeFile[] = [];
  for (const file of files) {
    const before = file.before && (await store.putBlob(file.before));
    const after = file.after && (await store.putBlob(file.after));
    const text = roundTrips(file.before) && roundTrips(file.after);
    const counts = text ? countChanges(textOf(file.before), textOf(file.after)) : { added: 0, removed: 0 };
    changed.push({
      path: file.path,
      before,
      after,
      text,
      ...counts,
      ...(file.from && { from: file.from }),
      ...(file.executable !== undefined && { executable: file.executable }),
      op: file.from ? 'rename' : before === null ? 'create' : after === null ? 'delete' : 'modify',
    });
  }
  return {
    id,
    run: ctx.run.id,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    root: ctx.root,
    title: questionText(wordingOf(ctx, changed, titles), plain).title ?? '',
    files: changed,
    status: 'pending',
  };
}

const roundTrips = (bytes: Bytes | null): boolean => bytes === null || decodeText(bytes).roundTrips;
const textOf = (bytes: Bytes | null): string => (bytes && decodeUtf8(bytes)) ?? '';
/**
 * `fix_lint wants to change 2 files: unused import, missing return type`.
 * Of the stages beside the blueprint's, only the merge changes files.
 */
function wordingOf(ctx: StepContext, files: readonly ChangeFile[], titles: readonly string[]): Wording {
  const what = ctx.run.ports.redact(titles.join('; ')).replace(/\s+/g, ' ').trim().slice(0, 300);
  const about = { files: files.length, path: files[0]?.path ?? '', what };
  const { stage } = ctx.step;
  return stage.startsWith('@')
    ? { code: 'merge-change-set', params: { task: ctx.work.task.id, ...about } }
    : { code: 'change-set', params: { stage, ...about } };
}

async function gateFiles(ctx: StepContext, changeSet: ChangeSet) {
  const decisions = [];
  for (const file of changeSet.files) {
    decisions.push(await gatePath(ctx, file.after === null ? 'delete' : 'write', file.path));
    if (file.from) decisions.push(await gatePath(ctx, 'delete', file.from));
  }
  const strictest =
    decisions.find((one) => one.effect === 'deny') ?? decisions.find((one) => one.effect === 'ask') ?? decisions[0];
  return strictest ?? { effect: 'deny' as const, rule: 'empty', reason: 'There is nothing to decide.' };
}

interface Decided {
  file: ChangeFile;
  answer: FileAnswer;
}

/** Every file with what the person decided; a file the answer does not name follows the answer as a whole. */
function decide(changeSet: ChangeSet, answer: ApprovalAnswer): Decided[] {
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
const modeOf = ({ executable }: ChangeFile, { after }: FileAnswer): { executable?: boolean } =>
  executable === undefined || after === null ? {} : { executable };

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

const appliedSchema = z.object({ outcome: z.enum(['applied', 'stale']), path: z.string().default('') });

async function applyDecided(
  ctx: StepContext,
  changeSet: ChangeSet,
  decided: readonly Decided[],
  answer: ApprovalAnswer,
): Promise<FlushResult> {
  const { run } = ctx;
  const todo = decided.filter(
    ({ file, answer: own }) =>
      own.after !== file.before || (file.from !== undefined && own.after !== null && answer.status !== 'rejected'),
  );
  if (todo.length === 0) {
    run.journal.note([{ table: 'change_sets', row: { ...changeSet, status: 'rejected' } }]);
    return { status: 'rejected', report: report('rejected', decided, answer), paths: [] };
  }
  const writes: FileWrite[] = [];
  for (const { file, answer: own } of todo)
    writes.push({
      path: file.path,
      before: file.before,
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
    before: file.before,
    after: own.after,
    at: run.ports.clock.now(),
    ...(file.from && { from: file.from }),
    ...modeOf(file, own),
    ...modes.get(file.path),
  }));
  const journal: Write[] = [
    { table: 'change_sets', row: { ...changeSet, status: 'applying' } },
    ...images.map((row): Write => ({ table: 'file_images', row })),
  ];
  const done = await callOnce(
    ctx,
    {
      kind: 'apply',
      name: 'apply',
      input: todo.map(({ answer: own }) => [own.path, own.after]),
      result: appliedSchema,
      effect: true,
      journal,
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
        return {
          result: { outcome: 'stale' as const, path: String(error.params['path'] ?? '') },
          writes: [{ table: 'change_sets', row: { ...changeSet, status: 'failed' } }],
          events: [
            {
              type: 'warning',
              task: changeSet.task,
              code: 'file-changed',
              params: { path: String(error.params['path'] ?? '') },
            },
          ],
        };
      }
    },
  );
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
  for (const { file } of todo) run.changedIn(ctx.root).add(file.path);
  const whole = decided.every(({ answer: own }) => own.rejected.length === 0);
  return {
    status: whole ? 'applied' : 'partly',
    report: report(whole ? 'applied' : 'partly', decided, answer),
    paths: todo.map(({ file }) => file.path),
  };
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
        op: file.op,
        added: file.added,
        removed: file.removed,
        before: file.before,
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
      status: own.rejected.length === 0 ? 'applied' : own.after === file.before ? 'rejected' : 'partly',
      ...(own.edited && { edited: 'The person changed your proposal; read the file before you go on.' }),
      ...(own.rejected.length > 0 && { rejected: own.rejected.map((hunk) => ({ status: 'rejected', ...hunk })) }),
    })),
  });
}

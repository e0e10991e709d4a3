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
import { countsOf } from './command-changes.js';
import { keepWritten } from './keep-written.js';
import type { PendingFile } from '../../record/merge-plan.js';
import type { Overlay } from './overlay.js';
import { callOnce, type MadeFile, type StepContext } from '../../record/step-context.js';
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

type Edits = Pick<Overlay, 'changed' | 'clear' | 'titles'>;

/**
 * Puts everything the overlay holds, and what commands changed since the last flush, to the policy and the person in
 * one question, and writes what was agreed. Nothing waits afterwards.
 */
export async function flushOverlay(ctx: StepContext, overlay: Edits): Promise<FlushResult> {
  const refused = await putBackDenied(ctx);
  const done = await flushAll(ctx, overlay);
  if (!refused) return done;
  return {
    status: done.status === 'none' ? 'rejected' : stands(done) ? 'partly' : done.status,
    report: JSON.stringify([JSON.parse(refused.report), JSON.parse(done.report)]),
    paths: done.paths,
  };
}

/** What commands changed, at the end of a stage that edits nothing. */
export const flushMade = (ctx: StepContext): Promise<FlushResult> =>
  flushOverlay(ctx, { changed: () => [], clear: () => undefined, titles: [] });

const deniedSchema = z.object({ denied: z.array(z.string()), reason: z.string() });

/**
 * A command can write what an edit may not: such a file is put back without a question, and said. What the policy
 * finds is recorded as a call of its own, for it looks at the disk, which is another after the file went back.
 */
async function putBackDenied(ctx: StepContext): Promise<FlushResult | undefined> {
  if (ctx.made.size === 0) return undefined;
  const all = [...ctx.made.values()];
  const { denied, reason } = await callOnce(
    ctx,
    {
      kind: 'approval',
      name: 'judge',
      input: all.map(({ path, after }) => [path, after]),
      result: deniedSchema,
      effect: false,
    },
    async () => {
      const found = { denied: [] as string[], reason: '' };
      for (const { path, after } of all) {
        const gate = await gatePath(ctx, after === null ? 'delete' : 'write', path, { quiet: true });
        if (gate.effect !== 'deny') continue;
        found.denied.push(path);
        found.reason ||= gate.reason;
      }
      const params = { paths: found.denied.join(', '), reason: found.reason };
      return {
        result: found,
        events:
          found.denied.length > 0
            ? [{ type: 'warning' as const, task: ctx.work.task.id, code: 'command-denied', params }]
            : [],
      };
    },
  );
  if (denied.length === 0) return undefined;
  const files = denied.flatMap((path) => ctx.made.get(path) ?? []);
  const changeSet = setOf(ctx, ctx.nextCall().key, await madeFiles(ctx, files), '');
  for (const path of denied) ctx.made.delete(path);
  const answer: ApprovalAnswer = { status: 'rejected', by: 'policy', comment: reason };
  return await applyDecided(ctx, changeSet, decide(changeSet, answer), answer);
}

async function flushAll(ctx: StepContext, overlay: Edits): Promise<FlushResult> {
  const files = overlay.changed();
  if (files.length + ctx.made.size === 0) return NOTHING;
  const asked = ctx.nextCall();
  const stored = await ctx.run.ports.store.changeSet(asked.key);
  const changeSet = stored ?? (await propose(ctx, asked.key, files, overlay.titles));
  ctx.made.clear();
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
    wording: wordingOf(ctx, changeSet, titles),
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
  const all = await onMade(ctx, changed);
  const wording = wordingOf(ctx, { files: all, commands: commandsOf(ctx) }, titles);
  return setOf(ctx, id, all, questionText(wording, plain).title ?? '');
}

/** An edit on top of what a command made is one change of the file, from the text before the command. */
async function onMade(ctx: StepContext, edits: readonly ChangeFile[]): Promise<ChangeFile[]> {
  const made = new Map(ctx.made);
  const all: ChangeFile[] = [];
  for (const file of edits) {
    const own = file.from === undefined ? made.get(file.path) : undefined;
    const joined = own && own.before !== file.after;
    all.push(
      joined
        ? {
            ...file,
            ...(await countsOf(ctx, own.before, file.after)),
            before: own.before,
            found: own.after,
            ...modesOf(own),
          }
        : file,
    );
    made.delete(file.path);
    if (file.from !== undefined) made.delete(file.from);
  }
  all.push(...(await madeFiles(ctx, [...made.values()])));
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const setOf = (ctx: StepContext, id: string, files: ChangeFile[], title: string): ChangeSet => ({
  id,
  run: ctx.run.id,
  task: ctx.work.task.id,
  stage: ctx.step.stage,
  root: ctx.root,
  title,
  files,
  status: 'pending',
  ...(files.some((file) => file.found !== undefined) && { commands: commandsOf(ctx) }),
});

const commandsOf = (ctx: StepContext): string[] =>
  [...new Set([...ctx.made.values()].map(({ command }) => command))].slice(0, 20);

const modesOf = ({ executable, executableBefore }: ChangeFile) => ({
  ...(executable !== undefined && { executable }),
  ...(executableBefore !== undefined && { executableBefore }),
});

async function madeFiles(ctx: StepContext, made: readonly MadeFile[]): Promise<ChangeFile[]> {
  const files: ChangeFile[] = [];
  for (const { command: _, again, ...file } of made) {
    if (!again) files.push(file);
    else {
      files.push({ ...file, ...(await countsOf(ctx, file.before, file.after)) });
    }
  }
  return files;
}

const roundTrips = (bytes: Bytes | null): boolean => bytes === null || decodeText(bytes).roundTrips;
const textOf = (bytes: Bytes | null): string => (bytes && decodeUtf8(bytes)) ?? '';
/**
 * `fix_lint wants to change 2 files: unused import, missing return type`.
 * Of the stages beside the blueprint's, only the merge changes files.
 */
function wordingOf(
  ctx: StepContext,
  { files, commands = [] }: Pick<ChangeSet, 'files' | 'commands'>,
  titles: readonly string[],
): Wording {
  if (files.every((file) => file.found !== undefined && file.found === file.after))
    return {
      code: 'commands-changed',
      params: {
        stage: ctx.step.stage,
        files: files.length,
        path: files[0]?.path ?? '',
        command: commands[0] ?? '',
        commands: commands.length,
      },
    };
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

const appliedSchema = z.object({ outcome: z.enum(['applied', 'stale']), path: z.string().default('') });

async function applyDecided(
  ctx: StepContext,
  changeSet: ChangeSet,
  decided: readonly Decided[],
  answer: ApprovalAnswer,
): Promise<FlushResult> {
  const { run } = ctx;
  const todo = decided.filter((one) => isToWrite(one, answer));
  const status = statusOf(decided);
  if (todo.length === 0) return nothingToWrite(ctx, changeSet, decided, answer);
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
  return {
    status,
    report: report(status, decided, answer),
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

/**
 * What waits (edits of an overlay, and what commands changed since the last time) is put to the policy and the person
 * in one question, and what was agreed is applied. Nothing waits afterwards.
 */
import { z } from 'zod';
import type { Bytes } from '../../../base/bytes.js';
import { applyDecided, decide, stands, type FlushResult } from './apply-changes.js';
import { countsOf } from './command-changes.js';
import { gatePath } from './gate.js';
import type { Overlay } from './overlay.js';
import type { ApprovalAnswer } from '../../model/approval.js';
import type { ChangeFile, ChangeSet } from '../../model/change-set.js';
import type { Decision } from '../../model/policy.js';
import { countChanges } from '../../patch/hunks.js';
import { decodeText, readText } from '../../patch/text-file.js';
import { ask } from '../../record/ask.js';
import type { PendingFile } from '../../record/merge-plan.js';
import { callOnce, type MadeFile, type StepContext } from '../../record/step-context.js';
import { questionText, type Wording } from '../../view/question-text.js';
import { plain } from '../../view/translate.js';

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
    because: gate.because,
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
    const counts = countChanges(textOf(file.before), textOf(file.after));
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
/** Counted in every encoding; what is no text counts for nothing. */
const textOf = (bytes: Bytes | null): string => (bytes && readText(bytes)?.text) ?? '';
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

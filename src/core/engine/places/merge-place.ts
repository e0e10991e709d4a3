/**
 * From a worktree to the person's tree: what the task changed becomes one change set there, through the
 * policy, the person's approval and the journal like any other. The task has the tree from here to its end.
 * A conflict pauses with both sides shown.
 */
import { z } from 'zod';
import type { ApprovalSubject } from '../../model/approval.js';
import type { Blueprint, Stage } from '../../model/blueprint.js';
import { approvalLevelSchema } from '../../model/policy.js';
import type { StepRecord } from '../../model/records.js';
import { flushOverlay } from '../effects/flush.js';
import { ask } from '../../record/ask.js';
import { skippedByOperator, type TaskEnd } from '../stages/attention.js';
import { guarded } from '../stages/guarded.js';
import type { Conflict, PendingFile } from '../../record/merge-plan.js';
import { planMerge, UNREAD } from './merge-files.js';

import { FRESH, GIVEN_UP, MERGE, type Lane, type Place } from './place.js';
import { plainStage } from '../stages/plain-stage.js';
import { storeOutput } from '../stages/run-visit.js';
import type { Wording } from '../../view/question-text.js';
import { beginStep } from '../../record/begin-step.js';
import type { LiveRun } from '../../record/live-run.js';
import { createStepContext, type StepContext, type TaskSnapshot } from '../../record/step-context.js';

export interface MergeInput {
  blueprint: Blueprint;
  lane: Lane;
  work: TaskSnapshot;
  attempt: number;
  place: Place;
  /** All of the task so far; the merge's record is added. */
  steps: StepRecord[];
  /** The stage that comes next when it is merged. */
  then: string;
}

/**
 * `rejected`: nothing of it was taken, so the attempt failed; the record says why. `again`: anew, in a fresh worktree.
 */
export type Merged = 'merged' | 'again' | { rejected: StepRecord } | TaskEnd;

export async function mergePlace(run: LiveRun, input: MergeInput): Promise<Merged> {
  const { clock, store } = run.ports;
  const { work, attempt, steps, place } = input;
  await input.lane.enterTree();
  const own = steps.filter((step) => step.stage === MERGE && step.attempt === attempt);
  const cutOff = own.find((step) => step.status === 'running');
  const visit = cutOff?.visit ?? own.length + 1;
  const step = cutOff ?? beginStep(run, { task: work.task.id, attempt, stage: MERGE, visit });
  const named = { step: step.key, task: work.task.id, attempt, stage: MERGE, visit };
  if (!cutOff)
    run.journal.note(
      [{ table: 'steps', row: step }],
      [{ type: 'stage-started', ...named, stageType: 'deterministic' }],
    );
  const ctx = createStepContext(
    { run, step, stage: mergeStage(input), work, attempt, root: run.root, earlier: [], signal: run.signals.signal },
    cutOff ? await store.calls(step.key) : [],
  );
  const started = clock.monotonic();
  const done = await guarded(run, work.task.id, () => merge(ctx, place, cutOff !== undefined));
  const { status, next } = outcomes[done.type];
  const then = done.type === 'merged' ? input.then : done.type === 'rejected' || done.type === 'fresh' ? 'fail' : '';
  const output = done.type === 'merged' || done.type === 'rejected' ? await storeOutput(run, done.report) : undefined;
  const record: StepRecord = {
    ...step,
    status,
    finishedAt: clock.now(),
    tookMs: Math.round(clock.monotonic() - started),
    summary: done.summary,
    ...(output && { output }),
    ...(next && { next }),
    ...(done.type === 'give-up' && { result: { path: done.path } }),
  };
  run.journal.note(
    [{ table: 'steps', row: record }],
    [
      {
        type: 'stage-finished',
        ...named,
        outcome: status,
        durationMs: Math.round(clock.monotonic() - started),
        costUsd: 0,
        summary: done.summary,
        next: then,
      },
    ],
  );
  steps.splice(0, steps.length, ...steps.filter((one) => one !== cutOff), record);
  if (done.type === 'rejected') return { rejected: record };
  if (done.type === 'fresh') return 'again';
  const end = endOfMerge(record);
  if (end) return end;
  place.root = run.root;
  place.worktree = undefined;
  return 'merged';
}

/**
 * How the task ended with its merge, by the person's word;
 * its record may be stored and the end not. undefined = it did not.
 */
export function endOfMerge({ task, status, next, result }: StepRecord): TaskEnd | undefined {
  if (status === 'skipped') return skippedByOperator;
  if (next !== GIVEN_UP) return undefined;
  return {
    status: 'failed',
    reason: { code: 'merge-conflict', params: { task, path: givenUpSchema.safeParse(result).data?.path ?? '' } },
  };
}
const givenUpSchema = z.object({ path: z.string() });

const outcomes = {
  merged: { status: 'succeeded', next: undefined },
  rejected: { status: 'failed', next: undefined },
  fresh: { status: 'failed', next: FRESH },
  skip: { status: 'skipped', next: undefined },
  'give-up': { status: 'failed', next: GIVEN_UP },
} as const;

type Outcome =
  | { type: 'merged' | 'rejected'; summary: string; report: string }
  | { type: 'fresh' | 'skip' | 'give-up'; summary: string; path: string };

/** The blueprint's strictest word on approval holds for what reaches the person's tree. */
function mergeStage({ blueprint, work }: MergeInput): Stage {
  const levels = approvalLevelSchema.options;
  const own = Object.values(blueprint.stages).flatMap((stage) =>
    stage.approval ? [levels.indexOf(stage.approval)] : [],
  );
  return plainStage(MERGE, `The merge of ${work.task.id}`, {
    timeoutMs: 10 * 60_000,
    ...(own.length > 0 && { approval: levels[Math.min(...own)] }),
  });
}

/** `resumed`: its record stood already, and a proposal of it may stand. */
async function merge(ctx: StepContext, place: Place, resumed: boolean): Promise<Outcome> {
  const { run, work } = ctx;
  for (;;) {
    run.signals.safePoint();
    const files = (resumed ? await proposed(ctx) : undefined) ?? (await mergeable(ctx, place, resumed));
    if ('type' in files) return files;
    if (files.length === 0) return { type: 'merged', summary: 'There was nothing to merge.', report: '' };
    const flushed = await flushOverlay(ctx, {
      changed: () => files,
      clear: () => undefined,
      titles: [work.task.title, ...modesText(files)],
    });
    // The tree moved on between reading and writing: merged again on what it is now
    if (flushed.status === 'stale') continue;
    const names = files.length > 5 ? `${files.length} files` : files.map((file) => file.path).join(', ');
    if (flushed.status === 'rejected' || flushed.status === 'denied')
      return { type: 'rejected', summary: `Not merged: ${names}.`, report: flushed.report };
    return flushed.status === 'partly'
      ? { type: 'merged', summary: `Merged in part: ${names}.`, report: flushed.report }
      : { type: 'merged', summary: `Merged into the tree: ${names}.`, report: '' };
  }
}

/** The change set that was put to the person before the run was cut off: its answer belongs to exactly that. */
async function proposed(ctx: StepContext): Promise<PendingFile[] | undefined> {
  const { store } = ctx.run.ports;
  const standing = await store.changeSet(ctx.peekCall());
  if (!standing) return undefined;
  const files: PendingFile[] = [];
  for (const { path, before, after, executable } of standing.files)
    files.push({
      path,
      before: before === null ? null : await store.blob(before),
      after: after === null ? null : await store.blob(after),
      ...(executable !== undefined && { executable }),
    });
  return files;
}

/**
 * Files without a conflict, or how the person wants to go on.
 * A question that is open is asked again before anything is read.
 */
async function mergeable(ctx: StepContext, place: Place, resumed: boolean): Promise<PendingFile[] | Outcome> {
  const { run, work } = ctx;
  for (let n = 1; ; n++) {
    const id = `${ctx.peekCall()}/conflict/${n}`;
    const earlier = resumed ? await run.ports.store.approval(id) : undefined;
    let question: ConflictSubject;
    if (earlier?.subject.kind === 'attention') question = earlier.subject;
    else {
      const {
        files,
        conflicts,
        left,
        unread = [],
        modesOnly = [],
      } = await run.observations.merge(ctx.step, ctx.peekCall(), n, () => planMerge(run, work.task.id, place.root));
      const [first] = conflicts;
      if (!first) {
        if (unread.length > 0)
          run.journal.note(
            [],
            [{ type: 'warning', task: work.task.id, code: 'merge-unread', params: { paths: shortList(unread) } }],
          );
        if (modesOnly.length > 0)
          run.journal.note(
            [],
            [{ type: 'warning', task: work.task.id, code: 'merge-modes', params: { paths: shortList(modesOnly) } }],
          );
        if (left > 0)
          run.journal.note([], [{ type: 'warning', task: work.task.id, code: 'merge-left', params: { files: left } }]);
        return files;
      }
      question = conflictQuestion(ctx, place, first, new Set(conflicts.map((one) => one.path)).size);
    }
    const answer = await ask(run, {
      id,
      task: work.task.id,
      stage: MERGE,
      attempt: ctx.attempt,
      subject: question,
      wording: conflictWording(question.params),
    });
    const path = String(question.params['path'] ?? '');
    if (answer.option === 'retry')
      return { type: 'fresh', path, summary: `In conflict at ${path}: begun anew in a fresh worktree.` };
    if (answer.option === 'skip') return { type: 'skip', path, summary: `In conflict at ${path}: skipped.` };
    if (answer.option === 'give-up') return { type: 'give-up', path, summary: `In conflict at ${path}: given up.` };
    // Mended by hand: the next round looks again.
  }
}

/** Beside the texts there is no place where the person would see it. */
function modesText(files: readonly PendingFile[]): string[] {
  const named = (executable: boolean) => files.filter((file) => file.executable === executable).map(({ path }) => path);
  const [may, mayNot] = [named(true), named(false)];
  return [
    ...(may.length > 0 ? [`made executable: ${shortList(may)}`] : []),
    ...(mayNot.length > 0 ? [`no longer executable: ${shortList(mayNot)}`] : []),
  ];
}

const shortList = (paths: readonly string[]): string =>
  `${paths.slice(0, 5).join(', ')}${paths.length > 5 ? `, … (${paths.length} in all)` : ''}`;

type ConflictSubject = Extract<ApprovalSubject, { kind: 'attention' }>;

const MAX_SHOWN = 1200;
const UNREADABLE: ReadonlySet<unknown> = new Set(Object.values(UNREAD));

function conflictQuestion({ run, work }: StepContext, place: Place, first: Conflict, files: number): ConflictSubject {
  const shown = (text: string) =>
    text.length > MAX_SHOWN ? `${run.ports.redact(text).slice(0, MAX_SHOWN)}…` : run.ports.redact(text);
  const [yours, theirs] = [shown(first.yours), shown(first.theirs)];
  return {
    kind: 'attention',
    code: 'merge-conflict',
    params: { task: work.task.id, path: first.path, line: first.line, yours, theirs, files, worktree: place.root },
    options: ['continue', 'retry', 'skip', 'give-up'],
  };
}

function conflictWording({ task, path, line, yours, theirs }: ConflictSubject['params']): Wording {
  const bothTexts = !UNREADABLE.has(yours) && !UNREADABLE.has(theirs);
  const words = (part: string | number | boolean | undefined): string => String(part ?? '');
  return {
    code: 'merge-conflict',
    params: {
      task: words(task),
      path: words(path),
      line: Number(line),
      yours: words(yours),
      theirs: words(theirs),
      mergeable: bothTexts,
    },
  };
}

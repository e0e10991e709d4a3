/**
 * Where a task works: the person's tree, or a worktree of its own until its work is merged. A worktree has a derived
 * name and a record, so that a resumed run finds it again, or makes it again with the edits that the records hold.
 */
import { z } from 'zod';
import { OpenExecError } from '../../errors.js';
import { rootSchema, type Root } from '../../model/primitives.js';
import type { StepRecord } from '../../model/records.js';
import type { FileWrite } from '../../ports/ports.js';
import { ask } from '../../record/ask.js';
import type { TaskEnd } from '../stages/attention.js';
import { plainStage } from '../stages/plain-stage.js';
import { worktreePrefix } from '../effects/worktree-name.js';
import { runCommand } from '../effects/run-command.js';
import { beginStep } from '../../record/begin-step.js';
import type { LiveRun, RunPart } from '../../record/live-run.js';
import { timeText } from '../../record/stage-time.js';
import { createStepContext, type TaskSnapshot } from '../../record/step-context.js';
import { taskChanges } from '../effects/task-changes.js';

/** What the schedule gives a task that works beside others. */
export interface Lane {
  /** A commit object of the person's tree as it stands between two tasks. */
  base(): Promise<string>;
  /** Resolves when it is this task's turn to have the person's tree; it keeps it until it ends. */
  enterTree(): Promise<void>;
  /** Names of the worktrees it worked in, to be removed when it ends. */
  readonly worktrees: Set<string>;
}

export interface Place {
  root: Root;
  /** The worktree's name; absent in the person's tree. */
  worktree?: string | undefined;
}

/** Pseudo-stages: they stand in the records of an attempt, not in its blueprint. */
export const WORKTREE = '@worktree';
export const MERGE = '@merge';
/** `next` of a merge that was given up: the work begins anew in a fresh worktree. */
export const FRESH = 'fresh';
/** `next` of a merge with which the task was given up; `result` says where they met. */
export const GIVEN_UP = 'given-up';

/** What the record of a worktree says of it. */
export const madeSchema = z.object({ name: z.string(), sha: z.string(), root: rootSchema });

/** The worktree in which the steps so far were done, unless a fresh one was asked for since. */
export function madeWorktree(steps: readonly StepRecord[]): z.infer<typeof madeSchema> | undefined {
  const last = steps.findLast(
    (step) => (step.stage === WORKTREE && step.status === 'succeeded') || (step.stage === MERGE && step.next === FRESH),
  );
  if (last?.stage !== WORKTREE) return undefined;
  const parsed = madeSchema.safeParse(last.result);
  if (!parsed.success) throw new OpenExecError('step-corrupt', { step: last.key });
  return parsed.data;
}

/** From there on it has the person's tree. */
export const isMerged = (steps: readonly StepRecord[]): boolean =>
  steps.some((step) => step.stage === MERGE && step.status === 'succeeded');

/** `steps`: all of the task, in order; a worktree that is made is added. */
export async function takePlace(
  run: LiveRun,
  lane: Lane | undefined,
  about: { work: TaskSnapshot; attempt: number; steps: StepRecord[] },
): Promise<Place | TaskEnd> {
  if (!lane) {
    if (madeWorktree(about.steps) && !isMerged(about.steps))
      throw new OpenExecError('git-state', { state: 'the worktree of this task cannot be reached without it' });
    return { root: run.root };
  }
  for (const step of about.steps) {
    const name = step.stage === WORKTREE ? madeSchema.safeParse(step.result).data?.name : undefined;
    if (name !== undefined) lane.worktrees.add(name);
  }
  if (isMerged(about.steps)) {
    await lane.enterTree();
    return { root: run.root };
  }
  const { git } = run.ports;
  const made = madeWorktree(about.steps);
  if (made && (await git.worktrees(run.root, run.signals.signal)).includes(made.name))
    return {
      root: await git.addWorktree(run.root, made.name, made.sha, run.config.worktree.link, run.signals.signal),
      worktree: made.name,
    };
  const place = await makeWorktree(
    run,
    { ...about, lane },
    made ?? { name: worktreeName(run, about.work.task.id, about.steps), sha: await lane.base() },
  );
  if (made && 'root' in place) await restoreEdits(run, about.work.task.id, place.root);
  return place;
}

/**
 * Letters, digits, `.`, `_` and `-`, at most 120: ids that are other than that, or long, are told apart by their hash.
 */
function worktreeName(run: RunPart<'id', 'hasher'>, task: string, steps: readonly StepRecord[]): string {
  const lane =
    new Set(
      steps.flatMap((step) => (step.stage === WORKTREE ? (madeSchema.safeParse(step.result).data?.name ?? []) : [])),
    ).size + 1;
  const plain = /^[A-Za-z0-9_-]{1,60}$/.test(task)
    ? task
    : `${task.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40)}.${run.ports.hasher.sha256(task).slice(0, 12)}`;
  return `${worktreePrefix(run.id)}${plain}-${lane}`;
}

/** It has no blueprint of its own. */
const worktreeStage = plainStage(WORKTREE, 'Worktree', { timeoutMs: 20 * 60_000 });

async function makeWorktree(
  run: LiveRun,
  about: { work: TaskSnapshot; attempt: number; steps: StepRecord[]; lane: Lane },
  given: { name: string; sha: string },
): Promise<Place | TaskEnd> {
  const { clock, git, store } = run.ports;
  const { work, attempt, steps } = about;
  const earlier = steps.filter((step) => step.stage === WORKTREE && step.attempt === attempt);
  const cutOff = earlier.find((step) => step.status === 'running');
  const begun = cutOff && madeSchema.safeParse(cutOff.result).data;
  const { name, sha } = begun ?? given;
  about.lane.worktrees.add(name);
  const started = clock.monotonic();
  const root = await git.addWorktree(run.root, name, sha, run.config.worktree.link, run.signals.signal);
  const visit = cutOff?.visit ?? earlier.length + 1;
  const step: StepRecord = cutOff ?? {
    ...beginStep(run, { task: work.task.id, attempt, stage: WORKTREE, visit }),
    result: { name, sha, root },
  };
  if (!cutOff) run.journal.note([{ table: 'steps', row: step }]);
  const setup = run.config.worktree.setup;
  if (setup.trim()) {
    const ctx = createStepContext(
      { run, step, stage: worktreeStage, work, attempt, root, earlier: [], signal: run.signals.signal },
      cutOff ? await store.calls(step.key) : [],
    );
    for (let tries = 1; ; tries++) {
      ctx.spent.ms = 0; // each try has its own time: what hung once is not held against what was mended
      // Its own folder, made for this: what was cut off may be run again.
      const done = await runCommand(ctx, {
        script: setup,
        cwd: '',
        purpose: 'stage',
        timeoutMs: worktreeStage.timeoutMs,
        idempotent: true,
        setup: true,
      });
      if (done.status === 'ran' && done.exitCode === 0) break;
      const ended = done.timedOut
        ? `it did not end within ${timeText(worktreeStage.timeoutMs)}`
        : `it exited ${done.exitCode ?? 'by a signal'}`;
      const problem = done.status === 'ran' ? ended : done.reason;
      if (!(await askAboutSetup(run, step, tries, problem)))
        return { status: 'failed', reason: { code: 'worktree-setup', params: { task: work.task.id, problem } } };
    }
  }
  const record: StepRecord = {
    ...step,
    status: 'succeeded',
    finishedAt: clock.now(),
    tookMs: Math.round(clock.monotonic() - started),
    summary: `Worktree of ${sha.slice(0, 7)}.`,
    result: { name, sha, root },
  };
  run.journal.note([{ table: 'steps', row: record }]);
  steps.push(record);
  return { root, worktree: name };
}

/** Whether to try again. Otherwise the task fails: nothing was done yet. */
async function askAboutSetup(run: LiveRun, step: StepRecord, tries: number, problem: string): Promise<boolean> {
  const answer = await ask(run, {
    id: `${step.key}/setup/${tries}`,
    task: step.task,
    stage: WORKTREE,
    attempt: step.attempt,
    subject: {
      kind: 'attention',
      code: 'worktree-setup',
      params: { task: step.task, problem },
      options: ['retry', 'give-up'],
    },
    wording: { code: 'worktree-setup', params: { task: step.task, problem } },
  });
  return answer.option !== 'give-up';
}

/**
 * The worktree was lost and is new: what the records hold is written again.
 * What somebody changed there meanwhile cannot be: it is gone.
 */
async function restoreEdits(
  run: RunPart<'id' | 'signals', 'store' | 'workspace' | 'hasher'>,
  task: string,
  root: Root,
): Promise<void> {
  const { store, workspace, hasher } = run.ports;
  const writes: FileWrite[] = [];
  for (const change of await taskChanges(run, task, root)) {
    for (const path of change.from ? [change.from, change.path] : [change.path]) {
      const wanted = path === change.path ? change.after : null;
      const bytes = await workspace.read(root, path);
      const now = bytes ? hasher.sha256(bytes) : null;
      if (now !== wanted) writes.push({ path, before: now, after: wanted === null ? null : await store.blob(wanted) });
    }
  }
  if (writes.length > 0) await workspace.apply(root, writes, 'restore', run.signals.signal);
}

/**
 * Before the first stage of an attempt:
 * the task as it is now, the question of a manual story, its place, and its check, once.
 */
import { z } from 'zod';
import { OpenExecError } from '../../errors.js';
import type { CommandClass } from '../../model/command-class.js';
import { storySchema, taskSchema } from '../../model/plan.js';
import { stepKey, type StepRecord } from '../../model/records.js';
import { taskState } from '../../model/run.js';
import { ask } from '../../record/ask.js';
import { skippedByOperator, type TaskEnd } from '../stages/attention.js';
import { flushMade } from '../effects/flush.js';
import { clip } from '../effects/run-command.js';
import { guarded } from '../stages/guarded.js';
import { plainStage } from '../stages/plain-stage.js';
import { lastLines } from '../stages/run-lines.js';
import { readOutput, storeOutput } from '../stages/run-visit.js';
import { takePlace, type Lane, type Place } from '../places/place.js';
import { beginStep } from '../../record/begin-step.js';
import type { LiveRun } from '../../record/live-run.js';
import { createStepContext, type TaskSnapshot } from '../../record/step-context.js';
import { checkText, hasCheck, runTaskCheck } from '../stages/task-check.js';

export interface TaskInput {
  id: string;
  manual: boolean;
  /** The newest iteration, read when an attempt starts. */
  snapshot(attempt: number): Promise<TaskSnapshot>;
  /** Told the task as it is worked on: it keeps its text whatever is edited meanwhile. */
  worksOn?(work: TaskSnapshot): void;
  /** Given to a task that works beside others: in a worktree, until it has the person's tree. */
  lane?: Lane | undefined;
}

export interface Started {
  work: TaskSnapshot;
  place: Place;
  /** What its check said before the work. */
  before?: { summary: string; output: string } | undefined;
}

/** The pseudo-stage that stands before the first: snapshot of the task and its check. */
export const CHECK = '@check';
const checkResultSchema = z.object({ story: storySchema, task: taskSchema });

/** `steps`: all of the task so far. */
export async function startAttempt(
  run: LiveRun,
  input: TaskInput,
  attempt: number,
  steps: StepRecord[],
): Promise<Started | TaskEnd | 'again'> {
  const { clock } = run.ports;
  const record = steps.find((step) => step.stage === CHECK && step.attempt === attempt);
  if (record && record.status !== 'running') {
    const parsed = checkResultSchema.safeParse(record.result);
    if (!parsed.success) throw new OpenExecError('step-corrupt', { step: record.key });
    // Where it stood before it was cut off: waiting, or at work.
    if (taskState(run.state, input.id)?.status !== 'running')
      run.journal.note([], [{ type: 'task-changed', task: input.id, status: 'running', attempt }]);
    const place = await guarded(run, input.id, () => takePlace(run, input.lane, { work: parsed.data, attempt, steps }));
    if (!('root' in place)) return place;
    const output = await readOutput(run.ports.store, record);
    return { work: parsed.data, place, ...(output && { before: { summary: record.summary, output } }) };
  }
  const kept = record && (await begunWith(run, record));
  const work = kept ?? withoutOthers(await input.snapshot(attempt));
  const key = stepKey(run.id, input.id, attempt, CHECK, 1);
  const started = clock.monotonic();
  const step = record ?? beginStep(run, { task: input.id, attempt, stage: CHECK, visit: 1 });
  if (!kept) run.journal.note([{ table: 'steps', row: { ...step, result: work } }]);
  if (input.manual && attempt === 1) {
    const answer = await ask(run, {
      id: `${key}/manual`,
      task: input.id,
      stage: '',
      attempt,
      subject: { kind: 'manual-task', task: input.id },
      wording: {
        code: 'manual-task',
        params: { task: input.id, title: work.task.title, story: work.story.id },
      },
    });
    if (answer.status === 'rejected') return skippedByOperator;
  }
  run.journal.note([], [{ type: 'task-changed', task: input.id, status: 'running', attempt }]);
  const place = await guarded(run, input.id, () => takePlace(run, input.lane, { work, attempt, steps }));
  if (!('root' in place)) return place;
  const untouched =
    taskState(run.state, input.id)?.takenBack === true ||
    steps.every((one) => one.attempt === attempt || one.stage.startsWith('@'));
  const red =
    untouched && hasCheck(work.task) && !work.task.pins ? await checkBefore(run, step, work, place) : undefined;
  if (red === 'again' || (red && 'status' in red)) return red;
  if (red?.green) {
    const end = await afterGreenCheck(run, key, input.id, attempt, checkText(work.task));
    if (end) return end;
  }
  const output = await storeOutput(run, red?.output);
  run.journal.note([
    {
      table: 'steps',
      row: {
        ...step,
        status: 'succeeded',
        finishedAt: clock.now(),
        tookMs: Math.round(clock.monotonic() - started),
        summary: red?.summary ?? '',
        result: work,
        ...(output && { output }),
      },
    },
  ]);
  return { work, place, ...(red?.output && { before: { summary: red.summary, output: red.output } }) };
}

const withoutOthers = ({ task, story }: TaskSnapshot): TaskSnapshot => ({ task, story: { ...story, tasks: [] } });

/** Once its check was made, an attempt keeps the text whose check that was, also where it was cut off before its end. */
async function begunWith(run: LiveRun, record: StepRecord): Promise<TaskSnapshot | undefined> {
  if ((await run.ports.store.calls(record.key)).length === 0) return undefined;
  return checkResultSchema.safeParse(record.result).data;
}

/** The stage the check runs in: it has no blueprint of its own. */
const checkStage = plainStage(CHECK, 'Check before the work', { timeoutMs: 10 * 60_000 });

interface CheckedBefore {
  green: boolean;
  summary: string;
  output: string;
}

/** Runs until it is green or red, or a person said what is to be done about a check that is neither. */
async function checkBefore(
  run: LiveRun,
  step: StepRecord,
  work: TaskSnapshot,
  place: Place,
): Promise<CheckedBefore | TaskEnd | 'again'> {
  const calls = await run.ports.store.calls(step.key);
  const task = work.task.id;
  const ctx = createStepContext(
    {
      run,
      step,
      stage: checkStage,
      work,
      attempt: step.attempt,
      root: place.root,
      earlier: [],
      signal: run.signals.signal,
    },
    calls,
  );
  for (let tries = 1; ; tries += 1) {
    ctx.spent.ms = 0; // each try has its own time
    const done = await guarded(run, task, () => runTaskCheck(ctx, 'check-before', checkStage.timeoutMs));
    await guarded(run, task, () => flushMade(ctx));
    if (done.status !== 'ran') return { green: false, summary: done.reason, output: '' };
    const outcome = done.class ?? (done.timedOut ? ({ kind: 'timed-out', why: '', what: '' } as const) : undefined);
    const green = done.exitCode === 0 && outcome === undefined;
    // What was told with its question is not told again on resume.
    const told = outcome && (await run.ports.store.approval(questionOf(step, tries))) !== undefined;
    if (!told)
      run.journal.note(
        [],
        [
          {
            type: 'check-before',
            task,
            exitCode: done.exitCode,
            red: !green,
            durationMs: done.durationMs,
            ...(outcome && { class: outcome }),
          },
        ],
      );
    const checked = { green, summary: `exited ${done.exitCode}`, output: done.output };
    if (!outcome || outcome.kind === 'no-tests' || outcome.kind === 'red') return checked;
    const said = await askAboutCheck(run, step, tries, {
      ...outcome,
      script: checkText(work.task),
      output: done.output,
    });
    if (said === 'accept') return checked;
    if (said !== 'retry') return said;
  }
}

const questionOf = (step: StepRecord, tries: number): string => `${step.key}/check-cannot-run/${tries}`;

/** A check that cannot be run, or never reaches what it is to judge, is evidence of nothing: asked before anything is paid. */
async function askAboutCheck(
  run: LiveRun,
  step: StepRecord,
  tries: number,
  about: CommandClass & { script: string; output: string },
): Promise<TaskEnd | 'again' | 'accept' | 'retry'> {
  const { kind, why, what, script } = about;
  const params = { task: step.task, kind, why, what, script: clip(script, 300), output: lastLines(about.output) };
  const answer = await ask(run, {
    id: questionOf(step, tries),
    task: step.task,
    stage: CHECK,
    attempt: step.attempt,
    subject: {
      kind: 'attention',
      code: 'check-cannot-run',
      params,
      options: ['retry', 'edit', 'accept', 'skip', 'give-up'],
    },
    wording: { code: 'check-cannot-run', params },
  });
  const reason = { code: 'check-cannot-run', params: { task: step.task, script: params.script } };
  if (answer.option === 'edit') return 'again'; // the next attempt checks the newest text
  if (answer.option === 'skip') return { status: 'skipped', reason };
  if (answer.option === 'give-up') return { status: 'failed', reason };
  return answer.option === 'accept' ? 'accept' : 'retry';
}

/** A check that passes before the work proves nothing: strengthen, skip, or accept that. */
async function afterGreenCheck(
  run: LiveRun,
  key: string,
  task: string,
  attempt: number,
  script: string,
): Promise<TaskEnd | 'again' | undefined> {
  const answer = await ask(run, {
    id: `${key}/green`,
    task,
    stage: CHECK,
    attempt,
    subject: {
      kind: 'attention',
      code: 'check-green',
      params: { task, script },
      options: ['accept', 'edit', 'skip', 'give-up'],
    },
    wording: { code: 'check-green', params: { task } },
  });
  if (answer.option === 'edit') return 'again'; // the next attempt checks the newest text
  if (answer.option === 'skip') return { status: 'skipped', reason: { code: 'check-green', params: {} } };
  if (answer.option === 'give-up') return { status: 'failed', reason: { code: 'check-green', params: {} } };
  return undefined;
}

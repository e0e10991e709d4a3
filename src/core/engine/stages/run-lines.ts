/** Shell lines of a deterministic stage: they succeed only by exit code. */
import { failureOf } from '../../project/failure.js';
import type { Hash, Reason } from '../../model/primitives.js';
import type { StageOutcome } from '../../model/status.js';
import { clip, runCommand, type CommandResult } from '../effects/run-command.js';
import type { StepContext } from '../../record/step-context.js';
import { checkText, hasCheck, runTaskCheck } from './task-check.js';

export interface VisitResult {
  status: StageOutcome;
  /** One line for the timeline. */
  summary: string;
  /** Text for the next stage's prompt; stored as a blob. */
  output?: string;
  result?: unknown;
  evidence: boolean;
  route?: string;
  /** Of a command that failed, not for want of time or a program. */
  failedAs?: Hash;
  /** A command of it could not be run: what is asked about that is made of this. */
  cannotRun?: Reason['params'];
}

export const skipped = (reason: string): VisitResult => ({
  status: 'skipped',
  summary: `Skipped: ${reason}.`,
  evidence: false,
});

/** A check that had nothing to run goes on like one that passed, so it is said aloud: it proves nothing. */
export function nothingToRun(ctx: StepContext, reason: string): VisitResult {
  ctx.run.journal.note(
    [],
    [{ type: 'warning', task: ctx.work.task.id, code: 'stage-empty', params: { stage: ctx.step.stage, reason } }],
  );
  return skipped(reason);
}

interface Check {
  /** For people. */
  text: string;
  /** What ran no test proves nothing of the task. */
  decides?: boolean;
  run(): Promise<CommandResult>;
}

/** Shell lines in order; the first that fails ends the stage and is named. */
export async function runLines(
  ctx: StepContext,
  lines: readonly string[],
  purpose: 'lint' | 'test' | 'build' | 'gate' | 'stage',
): Promise<VisitResult> {
  const { timeoutMs } = ctx.stage;
  if (lines.length === 0) return nothingToRun(ctx, 'there is nothing to run');
  return await runEach(
    ctx,
    lines.map((script) => ({
      text: script,
      run: () => runCommand(ctx, { script, cwd: '', purpose, timeoutMs, idempotent: purpose !== 'stage' }),
    })),
  );
}

/** The check that decides the task, or the story. */
export async function runVerify(ctx: StepContext, purpose: 'verify' | 'story-check'): Promise<VisitResult> {
  const { task } = ctx.work;
  if (!hasCheck(task)) return nothingToRun(ctx, 'the task has no verification command');
  return await runEach(ctx, [
    { text: checkText(task), decides: true, run: () => runTaskCheck(ctx, purpose, ctx.stage.timeoutMs) },
  ]);
}

async function runEach(ctx: StepContext, checks: readonly Check[]): Promise<VisitResult> {
  const outputs: string[] = [];
  const before: string[] = [];
  let proves = false;
  for (const { text, decides, run } of checks) {
    ctx.run.signals.safePoint();
    const done = await run();
    outputs.push(`$ ${text}\n${done.output}`);
    if (done.status !== 'ran') return failed(`${text} was not run: ${done.reason}`, outputs);
    if (done.timedOut)
      return failed(`${text} did not end within ${Math.round(ctx.stage.timeoutMs / 1000)} s.`, outputs);
    if (done.class?.kind === 'cannot-run') return couldNotRun(ctx, text, done, outputs);
    if (done.exitCode === 0 && done.class?.kind === 'no-tests' && decides)
      return failed(`${text} ran no test.`, outputs);
    proves ||= done.class === undefined;
    if (done.same !== undefined) before.push(done.same);
    if (done.exitCode !== 0)
      return {
        ...failed(`${text} exited ${done.exitCode ?? 'by a signal'}.`, outputs),
        // What decides the task is never gone past.
        ...(!decides && { failedAs: ctx.run.ports.hasher.sha256(failureOf(text, done)) }),
      };
  }
  return {
    status: 'succeeded',
    summary:
      checks.length === 1
        ? `${checks[0]?.text} exited 0${before[0] === undefined ? '' : ` in ${before[0]}, on the same tree`}.`
        : `${checks.length} commands exited 0.`,
    output: outputs.join('\n'),
    evidence: proves,
  };
}

const failed = (summary: string, outputs: readonly string[]): VisitResult => ({
  status: 'failed',
  summary,
  output: outputs.join('\n'),
  evidence: false,
});

/** Goes to a person: no edit of the code can mend it. */
export function couldNotRun(
  { work, step }: StepContext,
  command: string,
  { class: came, output, exitCode }: CommandResult,
  outputs: readonly string[],
): VisitResult {
  const { why = '', what = '' } = came ?? {};
  return {
    ...failed(`${command} could not be run (exit ${exitCode ?? 'by a signal'}).`, outputs),
    cannotRun: {
      task: work.task.id,
      stage: step.stage,
      command: clip(command, 300),
      why,
      what,
      output: lastLines(output),
    },
  };
}

/** What is shown of an output beside a question. */
export const lastLines = (output: string): string => clip(output.trimEnd().split('\n').slice(-12).join('\n'), 1200);

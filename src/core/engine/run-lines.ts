/** Shell lines of a deterministic stage: they succeed only by exit code. */
import type { StageOutcome } from '../model/status.js';
import { runCommand } from './run-command.js';
import type { StepContext } from './step-context.js';

export interface VisitResult {
  status: StageOutcome;
  /** One line for the timeline. */
  summary: string;
  /** Text for the next stage's prompt; stored as a blob. */
  output?: string;
  result?: unknown;
  evidence: boolean;
  route?: string;
}

export const skipped = (reason: string): VisitResult => ({ status: 'skipped', summary: `Skipped: ${reason}.`, evidence: false });

/** A check that had nothing to run goes on like one that passed, so it is said aloud: it proves nothing. */
export function nothingToRun(ctx: StepContext, reason: string): VisitResult {
  ctx.session.note([], [{ type: 'warning', task: ctx.work.task.id, code: 'stage-empty', params: { stage: ctx.step.stage, reason } }]);
  return skipped(reason);
}

/** Shell lines in order; the first that fails ends the stage and is named. */
export async function runLines(ctx: StepContext, lines: readonly string[], purpose: 'lint' | 'test' | 'build' | 'verify' | 'story-check' | 'gate' | 'stage'): Promise<VisitResult> {
  if (lines.length === 0) return nothingToRun(ctx, 'there is nothing to run');
  const outputs: string[] = [];
  for (const script of lines) {
    ctx.session.safePoint();
    const done = await runCommand(ctx, { script, cwd: '', purpose, timeoutMs: ctx.stage.timeoutMs, idempotent: purpose !== 'stage' });
    outputs.push(`$ ${script}\n${done.output}`);
    if (done.status !== 'ran') return failed(`${script} was not run: ${done.reason}`, outputs);
    if (done.timedOut) return failed(`${script} did not end within ${Math.round(ctx.stage.timeoutMs / 1000)} s.`, outputs);
    if (done.exitCode !== 0) return failed(`${script} exited ${done.exitCode ?? 'by a signal'}.`, outputs);
  }
  return { status: 'succeeded', summary: lines.length === 1 ? `${lines[0]} exited 0.` : `${lines.length} commands exited 0.`, output: outputs.join('\n'), evidence: true };
}

const failed = (summary: string, outputs: readonly string[]): VisitResult => ({ status: 'failed', summary, output: outputs.join('\n'), evidence: false });

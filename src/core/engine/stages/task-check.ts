/**
 * The check that decides a task:
 * its verification script, or, for a fix of a problem an editor shows, that the problem is gone.
 */
import { OpenExecError } from '../../errors.js';
import type { DiagnosticCheck } from '../../model/diagnostic.js';
import { diagnosticName, judgeDiagnostics } from '../../model/plain/judge-diagnostics.js';
import type { Task } from '../../model/plan.js';
import { commandResultSchema, runCommand, type CommandResult, type CommandSpec } from '../effects/run-command.js';
import { callOnce, type StepContext } from '../../record/step-context.js';

export const hasCheck = (task: Task): boolean =>
  task.diagnostic !== undefined || task.verification_script.trim() !== '';

/** For people: the script, or the problem by name. */
export const checkText = (task: Task): string =>
  task.diagnostic ? `no ${diagnosticName(task.diagnostic)}` : task.verification_script;

export async function runTaskCheck(
  ctx: StepContext,
  purpose: CommandSpec['purpose'],
  timeoutMs: number,
): Promise<CommandResult> {
  const { task } = ctx.work;
  if (task.diagnostic) return await checkDiagnostic(ctx, task.diagnostic, purpose);
  return await runCommand(ctx, { script: task.verification_script, cwd: '', purpose, timeoutMs, idempotent: true });
}

/**
 * Recorded as a command is: what the editor said then is what a resume answers from.
 * Errors: diagnostics-missing, outside an editor.
 */
async function checkDiagnostic(
  ctx: StepContext,
  check: DiagnosticCheck,
  purpose: CommandSpec['purpose'],
): Promise<CommandResult> {
  const { run, work, step } = ctx;
  const { clock, diagnostics, redact } = run.ports;
  return await callOnce(
    ctx,
    { kind: 'command', name: purpose, input: check, result: commandResultSchema, effect: false },
    async ({ key }) => {
      if (!diagnostics) throw new OpenExecError('diagnostics-missing', { path: check.path });
      const started = clock.monotonic();
      const judged = judgeDiagnostics(check, await diagnostics.read(ctx.root, check.path, ctx.signal));
      const durationMs = Math.round(clock.monotonic() - started);
      const output = redact(judged.output).slice(0, 6000);
      return {
        result: {
          status: 'ran' as const,
          exitCode: judged.exitCode,
          timedOut: false,
          durationMs,
          bytes: output.length,
          output,
          reason: '',
        },
        events: [
          {
            type: 'command-run',
            call: key,
            step: step.key,
            task: work.task.id,
            purpose,
            command: checkText(work.task),
            exitCode: judged.exitCode,
            timedOut: false,
            cancelled: false,
            durationMs,
            bytes: output.length,
            tail: output.slice(-1000),
          },
        ],
      };
    },
  );
}

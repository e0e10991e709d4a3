/**
 * Runs one command of a stage or of the model through the gate, at most once,
 * with its outcome as a record and an event.
 */
import { z } from 'zod';
import { gateCommand, sandboxOf } from './gate.js';
import { showArgv } from '../../text/harmless.js';
import type { ApprovalAnswer } from '../../model/approval.js';
import type { EventOf } from '../../model/event.js';
import { hashSchema } from '../../model/primitives.js';
import { ask } from '../../record/ask.js';
import { PauseRun } from '../../record/signals.js';
import { timeLeft } from '../../record/stage-time.js';
import { callOnce, type StepContext } from '../../record/step-context.js';
import { writeRow } from '../../record/small-rows.js';

export const commandResultSchema = z.object({
  /** `denied` and `refused`: it was never run. */
  status: z.enum(['ran', 'denied', 'refused']),
  exitCode: z.number().int().nullable(),
  timedOut: z.boolean(),
  durationMs: z.number(),
  bytes: z.number(),
  /** Head and tail as kept, for prompts: at most 64 KiB. */
  output: z.string(),
  log: hashSchema.optional(),
  reason: z.string(),
});
export type CommandResult = z.infer<typeof commandResultSchema>;

export interface CommandSpec {
  argv?: readonly string[];
  script?: string;
  cwd: string;
  purpose: EventOf<'command-run'>['purpose'];
  timeoutMs: number;
  /** May be run again when it was cut off by a crash: lint, test, build, verify, read-only. */
  idempotent: boolean;
}

/** For people: a script as it is, a vector with every word quoted that needs it. */
export const commandText = (spec: Pick<CommandSpec, 'argv' | 'script'>): string =>
  spec.script ?? showArgv(spec.argv ?? []);

const notRun = (status: 'denied' | 'refused', reason: string): CommandResult => ({
  status,
  exitCode: null,
  timedOut: false,
  durationMs: 0,
  bytes: 0,
  output: '',
  reason,
});

export async function runCommand(ctx: StepContext, spec: CommandSpec): Promise<CommandResult> {
  const { run } = ctx;
  const text = commandText(spec);
  const sandbox = sandboxOf(ctx);
  const { decision, hash } = await gateCommand(ctx, spec);
  if (decision.effect === 'deny') return notRun('denied', decision.reason);
  if (decision.effect === 'ask') {
    const answer = await askForCommand(ctx, spec, { text, hash, sandbox, why: decision.reason });
    if (answer.status === 'rejected') return notRun('refused', answer.comment || 'The person refused it.');
  }
  const network = (ctx.work.task.needs ?? []).some((need) => need === 'network' || need === 'docker');
  return await callOnce(
    ctx,
    {
      kind: 'command',
      name: spec.purpose,
      input: { text, cwd: spec.cwd, sandbox, network },
      result: commandResultSchema,
      effect: true,
    },
    async ({ key, inFlight }) => {
      if (inFlight && !spec.idempotent) await askToRepeat(ctx, key, text);
      const started = run.ports.clock.monotonic();
      const outcome = await run.ports.commands.run(
        {
          root: ctx.root,
          cwd: spec.cwd,
          timeoutMs: Math.min(spec.timeoutMs, timeLeft(ctx)),
          sandbox,
          network,
          ...(spec.argv && { argv: spec.argv }),
          ...(spec.script !== undefined && { script: spec.script }),
        },
        (chunk) => run.progress({ task: ctx.work.task.id, stage: ctx.step.stage, kind: 'command', text: chunk }),
        ctx.signal,
      );
      ctx.spent.ms += run.ports.clock.monotonic() - started;
      // Cut off by cancel, pause or crash is no outcome of the command: it stays open and is settled on resume.
      if (outcome.cancelled && run.signals.signal.aborted) throw run.signals.signal.reason;
      const output =
        outcome.bytes > outcome.head.length + outcome.tail.length
          ? `${outcome.head}\n… ${outcome.bytes} bytes in all …\n${outcome.tail}`
          : outcome.head + outcome.tail;
      const result: CommandResult = {
        status: 'ran',
        exitCode: outcome.exitCode,
        timedOut: outcome.timedOut || outcome.cancelled,
        durationMs: outcome.durationMs,
        bytes: outcome.bytes,
        output: clip(output, 6000),
        reason: '',
        ...(outcome.log && { log: outcome.log }),
      };
      return {
        result,
        events: [
          {
            type: 'command-run',
            call: key,
            step: ctx.step.key,
            task: ctx.work.task.id,
            purpose: spec.purpose,
            command: text,
            exitCode: outcome.exitCode,
            timedOut: result.timedOut,
            cancelled: outcome.cancelled,
            durationMs: outcome.durationMs,
            bytes: outcome.bytes,
            tail: output.slice(-1000),
            ...(outcome.log && { log: outcome.log }),
          },
        ],
      };
    },
  );
}

/** Head and tail around a cut, at most `max` characters; what failed is usually said at the end. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = Math.floor(max / 4);
  return `${text.slice(0, head)}\n… ${text.length - max} characters left out …\n${text.slice(text.length - (max - head))}`;
}

async function askForCommand(
  ctx: StepContext,
  spec: CommandSpec,
  about: { text: string; hash: string; sandbox: StepContext['run']['config']['sandbox']; why: string },
): Promise<ApprovalAnswer> {
  const { run } = ctx;
  const answer = await ask(run, {
    id: `${ctx.peekCall()}/ask`,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: {
      kind: 'command',
      cwd: spec.cwd,
      sandbox: about.sandbox,
      hash: about.hash,
      ...(spec.argv && { argv: [...spec.argv] }),
      ...(spec.script !== undefined && { script: spec.script }),
    },
    wording: { code: 'command', params: { stage: ctx.step.stage, command: about.text } },
    why: about.why,
  });
  if (answer.status === 'accepted' && (answer.scope === 'run' || answer.scope === 'always'))
    run.journal.note([
      writeRow('seen-command', [about.hash], {
        run: run.id,
        always: answer.scope === 'always',
        text: about.text,
      }),
    ]);
  if (answer.status === 'accepted') run.changedIn(ctx.root).clear();
  return answer;
}

/** It was running when the process ended, and nobody knows how far it came. */
async function askToRepeat(ctx: StepContext, key: string, text: string): Promise<void> {
  const answer = await ask(ctx.run, {
    id: `${key}/repeat`,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: { kind: 'command', script: text, cwd: '', sandbox: ctx.run.config.sandbox, hash: key },
    wording: { code: 'command-again', params: { command: text } },
  });
  if (answer.status === 'rejected') throw new PauseRun('command-in-flight', { command: text }, ctx.work.task.id);
}

/**
 * Runs one command of a stage or of the model through the gate, at most once,
 * with its outcome as a record and an event.
 */
import { z } from 'zod';
import { gateCommand, sandboxOf } from './gate.js';
import { showArgv } from '../../text/harmless.js';
import type { ApprovalAnswer } from '../../model/approval.js';
import type { EventBody, EventOf } from '../../model/event.js';
import { commandClassSchema } from '../../model/command-class.js';
import type { Decision } from '../../model/policy.js';
import { hashSchema } from '../../model/primitives.js';
import { changesTold, commandChangesSchema, imagesOf, lookAfter, lookBefore, takeMade } from './command-changes.js';
import type { ChangeFile } from '../../model/change-set.js';
import { decodeUtf8, encodeUtf8 } from '../../../base/bytes.js';
import { unifiedDiff } from '../../patch/hunks.js';
import { classOf } from '../../project/class-of.js';
import { notStarted } from './not-started.js';
import { passedHere } from './passed-here.js';
import type { CommandOutcome, CommandRequest } from '../../ports/ports.js';
import { ask } from '../../record/ask.js';
import type { PassedCheck } from '../../record/live-run.js';
import { PauseRun } from '../../record/signals.js';
import { timeLeft } from '../../record/stage-time.js';
import { callOnce, type StepContext } from '../../record/step-context.js';
import { readRow, writeRow } from '../../record/small-rows.js';
import { asksOfEnvironment, environmentsHere, settleEnvironments, unsettled } from '../../record/environments.js';

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
  /** What it changed in the tree; absent = nothing, or an older record, which did not look. */
  changes: commandChangesSchema.optional(),
  /** It was not run again: it passed in that stage, on the same tree. */
  same: z.string().optional(),
  /** Absent where it is what the exit code says: green or red. */
  class: commandClassSchema.optional(),
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
  /** Not compared with the tree before: it sets up a place that is nobody's yet. */
  setup?: true;
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

const changedAgain = {
  result: notRun('refused', 'What the project brings changed again while the question waited.'),
  events: [],
};

export async function runCommand(ctx: StepContext, spec: CommandSpec): Promise<CommandResult> {
  const { run } = ctx;
  const text = commandText(spec);
  const sandbox = sandboxOf(ctx);
  const { decision, hash, installs } = await gateCommand(ctx, spec);
  if (decision.effect === 'deny') return notRun('denied', decision.reason);
  if (decision.effect === 'ask') {
    const answer = await askForCommand(ctx, spec, { text, hash, sandbox, decision });
    if (answer.status === 'rejected') return notRun('refused', answer.comment || 'The person refused it.');
  }
  const askedOf = decision.effect === 'ask' && asksOfEnvironment(decision.rule) ? askId(ctx) : undefined;
  const network = (ctx.work.task.needs ?? []).some((need) => need === 'network' || need === 'docker');
  const order = run.journal.nextOrder();
  const call = ctx.peekCall();
  const done = await callOnce(
    ctx,
    {
      kind: 'command',
      name: spec.purpose,
      input: { text, cwd: spec.cwd, sandbox, network },
      result: commandResultSchema,
      effect: true,
      rows: ({ changes }: CommandResult, { startedAt }) => imagesOf(ctx, call, order, startedAt, changes?.files ?? []),
    },
    async ({ key, inFlight }) => {
      if (inFlight && !spec.idempotent) await askToRepeat(ctx, key, text);
      if (askedOf !== undefined && !(await settleAsked(ctx, askedOf))) return changedAgain;
      const before = spec.setup ? undefined : await lookBefore(ctx);
      const passed = passedHere(ctx, spec, { sandbox, network }, before && 'look' in before ? before.look : undefined);
      if (passed.earlier) {
        await unwatch(before);
        return notAgain(ctx, key, { text, purpose: spec.purpose }, passed.earlier);
      }
      const started = run.ports.clock.monotonic();
      const outcome = await watched(before, () =>
        start(ctx, spec, {
          root: ctx.root,
          cwd: spec.cwd,
          timeoutMs: Math.min(spec.timeoutMs, timeLeft(ctx)),
          sandbox,
          network: network || installs,
          ...(installs && { installation: true }),
          ...(spec.argv && { argv: spec.argv }),
          ...(spec.script !== undefined && { script: spec.script }),
        }),
      );
      ctx.spent.ms += run.ports.clock.monotonic() - started;
      // Cut off by cancel, pause or crash is no outcome of the command: it stays open and is settled on resume.
      if (outcome.cancelled && run.signals.signal.aborted) {
        await unwatch(before);
        throw run.signals.signal.reason;
      }
      const output = outputOf(outcome);
      const ended = { command: text, network: network || installs, outcome };
      // The model reads the output itself.
      const came =
        spec.purpose === 'tool' ? undefined : await classOf(ended, ctx.work.task, ctx.root, run.ports.workspace);
      const kept = { ...(outcome.log && { log: outcome.log }), ...(came && { class: came }) };
      const result: CommandResult = {
        status: 'ran',
        exitCode: outcome.exitCode,
        timedOut: outcome.timedOut || outcome.cancelled,
        durationMs: outcome.durationMs,
        bytes: outcome.bytes,
        output: clip(output, 6000),
        reason: '',
        ...kept,
      };
      const seen = before && ('unseen' in before ? before : await lookAfter(ctx, before));
      if (seen && !('unseen' in seen)) result.changes = seen;
      passed.keep(result, seen !== undefined);
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
            ...kept,
          },
          ...changesTold(ctx, key, text, seen),
        ],
      };
    },
  );
  takeMade(ctx, text, done.changes?.files ?? []);
  const unclear = done.changes?.unclear ?? [];
  if (unclear.length > 0 && (await askWhose(ctx, call, text, unclear)) === 'command') {
    run.journal.note(imagesOf(ctx, call, order, run.ports.clock.now(), unclear));
    takeMade(ctx, text, unclear);
  }
  return done;
}

const outputOf = ({ bytes, head, tail }: CommandOutcome): string =>
  bytes > KEPT ? `${head}\n… ${bytes} bytes in all …\n${tail}` : head + tail;

/** What passed on this tree already is told, and not run. */
const notAgain = (
  { step, work }: StepContext,
  call: string,
  { text, purpose }: { text: string; purpose: CommandSpec['purpose'] },
  { stage: same, bytes, output, log }: PassedCheck,
): { result: CommandResult; events: EventBody[] } => ({
  result: {
    status: 'ran',
    exitCode: 0,
    timedOut: false,
    durationMs: 0,
    bytes,
    output,
    reason: '',
    same,
    ...(log && { log }),
  },
  events: [
    {
      type: 'command-run',
      call,
      step: step.key,
      task: work.task.id,
      purpose,
      command: text,
      exitCode: 0,
      timedOut: false,
      cancelled: false,
      durationMs: 0,
      bytes,
      tail: output.slice(-1000),
      ...(log && { log }),
      same,
    },
  ],
});

/** Bytes of output that a runner keeps whole. Of less nothing is missing, whatever colours and secrets took away. */
const KEPT = (64 + 192) * 1024;

/** What a model named and cannot be started is an outcome; of a check or a setting it is a person's to mend. */
async function start(ctx: StepContext, spec: CommandSpec, request: CommandRequest): Promise<CommandOutcome> {
  const { run } = ctx;
  const shown = (text: string): void =>
    run.progress({ task: ctx.work.task.id, stage: ctx.step.stage, kind: 'command', text });
  try {
    return await run.ports.commands.run(request, shown, ctx.signal);
  } catch (error) {
    const ended =
      spec.purpose === 'tool' && spec.argv
        ? await notStarted(ctx, error, { argv: spec.argv, cwd: spec.cwd })
        : undefined;
    if (!ended) throw error;
    return {
      exitCode: ended.exitCode,
      timedOut: false,
      cancelled: false,
      durationMs: 0,
      bytes: encodeUtf8(ended.text).length,
      head: ended.text,
      tail: '',
      sandboxedBy: 'none',
    };
  }
}

/** The person and a command wrote at the same time: nothing of it is put back or committed until a person says whose. */
async function askWhose(
  ctx: StepContext,
  call: string,
  command: string,
  files: readonly ChangeFile[],
): Promise<'command' | 'person'> {
  const { store, redact } = ctx.run.ports;
  const textOf = async (hash: string | null) => (hash === null ? '' : (decodeUtf8(await store.blob(hash)) ?? ''));
  let difference = '';
  for (const { path, before, after, text } of files.slice(0, 5))
    if (text) difference += unifiedDiff(path, await textOf(before), await textOf(after));
  const params = {
    task: ctx.work.task.id,
    command,
    path: files[0]?.path ?? '',
    files: files.length,
    difference: clip(redact(difference), 4000),
  };
  const answer = await ask(ctx.run, {
    id: `${call}/whose`,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: { kind: 'attention', code: 'whose-change', params, options: ['accept', 'skip'] },
    wording: { code: 'whose-change', params },
  });
  return answer.option === 'accept' ? 'command' : 'person';
}

type Before = Awaited<ReturnType<typeof lookBefore>> | undefined;
const unwatch = async (before: Before): Promise<void> => {
  if (before && 'saves' in before) await before.saves?.stop();
};
/** Whoever does not come to the look after it watches no longer. */
async function watched<T>(before: Before, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await unwatch(before);
    throw error;
  }
}

/** Head and tail around a cut, at most `max` characters; what failed is usually said at the end. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = Math.floor(max / 4);
  return `${text.slice(0, head)}\n… ${text.length - max} characters left out …\n${text.slice(text.length - (max - head))}`;
}

const askId = (ctx: StepContext): string => `${ctx.peekCall()}/ask`;

/** What the person was shown is approved; false = there is something else now. */
async function settleAsked({ run, root }: StepContext, question: string): Promise<boolean> {
  run.passedIn(root).results.clear(); // what passed did with other programs
  const shown = (await readRow(run.ports, 'environment-asked', [run.id, question])) ?? [];
  await settleEnvironments(run.ports, run.root, shown, true);
  return unsettled(await environmentsHere(run.ports, run.root)).length === 0;
}

async function askForCommand(
  ctx: StepContext,
  spec: CommandSpec,
  about: { text: string; hash: string; sandbox: StepContext['run']['config']['sandbox']; decision: Decision },
): Promise<ApprovalAnswer> {
  const { run } = ctx;
  const environments = asksOfEnvironment(about.decision.rule)
    ? unsettled(await environmentsHere(run.ports, run.root))
    : [];
  const id = askId(ctx);
  const answer = await ask(run, {
    id,
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
    why: about.decision.reason,
    because: about.decision.because,
    ...(environments.length > 0 && {
      writes: [
        writeRow(
          'environment-asked',
          [run.id, id],
          environments.map(({ hash }) => hash),
        ),
      ],
    }),
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

/** It was running when the process ended, and nobody knows how far it came. A run that is resumed after a no asks anew. */
async function askToRepeat(ctx: StepContext, key: string, text: string): Promise<void> {
  const { state, ports } = ctx.run;
  let id = `${key}/repeat`;
  for (let n = 2; (await ports.store.approval(id))?.answer?.status === 'rejected' && !state.pending.has(id); n += 1)
    id = `${key}/repeat/${n}`;
  const answer = await ask(ctx.run, {
    id,
    task: ctx.work.task.id,
    stage: ctx.step.stage,
    attempt: ctx.attempt,
    subject: { kind: 'command', script: text, cwd: '', sandbox: ctx.run.config.sandbox, hash: key },
    wording: { code: 'command-again', params: { command: text } },
  });
  if (answer.status === 'rejected') throw new PauseRun('command-in-flight', { command: text }, ctx.work.task.id);
}

/**
 * An agentic stage: model turn → tool calls → results, until the model submits a result of the stage's schema. Its claim decides
 * nothing; the next deterministic stage does. Turns, calls and money are bounded, and every call has a record.
 */
import { z } from 'zod';
import { canonicalJson } from '../../../base/canonical.js';
import { decodeLossy } from '../../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../errors.js';
import { hashSchema } from '../../model/primitives.js';
import { estimateTokens } from '../../models/tokens.js';
import type { ModelBlock, ModelMessage, ModelRequest, ModelTool } from '../../ports/ports.js';
import { isToolName, reviewResultSchema, tools, toolSchemas, toolsets } from '../../tools/contracts.js';
import { flushOverlay, stands } from '../effects/apply-changes.js';
import { ask } from '../../record/ask.js';
import type { Exceeded, Room } from '../../record/budget.js';
import { keepText } from '../../record/keep.js';
import { createOverlay, type Overlay } from '../effects/overlay.js';
import { partExceeded, type BudgetPart } from '../../record/part-budget.js';
import { systemPrompt } from './prompts.js';
import { PauseRun } from '../../record/signals.js';
import { StageTimeUp, withinStageTime } from '../../record/stage-time.js';
import { callOnce, type StepContext } from '../../record/step-context.js';
import { runTool, type ToolOutcome } from './run-tool.js';

export interface AgentResult {
  status: 'succeeded' | 'failed';
  summary: string;
  result?: unknown;
  route?: string;
}

const MAX_OUTPUT_TOKENS = 16_000;
/** The same call with the same result so often in a row is no progress. */
const SAME_CALL_LIMIT = 3;
/** Answers in a row that neither call a tool nor submit. */
const IDLE_LIMIT = 3;

export async function runAgent(ctx: StepContext, prompt: string): Promise<AgentResult> {
  const { run, stage } = ctx;
  const names = toolsets[stage.toolset ?? 'read_only'] ?? [];
  const submit = stage.schema === 'verdict' ? reviewResultSchema : tools.submit_result.input;
  const toolList = toolSchemas(names, submit);
  const overlay = createOverlay(run.ports.workspace, ctx.root);
  const messages: ModelMessage[] = [{ role: 'user', content: [{ type: 'text', text: run.ports.redact(prompt) }] }];
  const progress = createProgressWatch();
  let idle = 0;

  for (let turnNumber = 1; turnNumber <= run.config.maxTurns; turnNumber++) {
    run.signals.safePoint();
    ctx.signal.throwIfAborted();
    const turn = await modelTurn(ctx, { system: systemPrompt(names), messages, tools: toolList });
    if (turn.stop === 'refused') throw new OpenExecError('model-refused', {});
    messages.push({ role: 'assistant', content: turn.content });
    const calls = turn.content.filter((block) => block.type === 'tool-use');
    if (calls.length === 0) {
      idle += 1;
      if (idle >= IDLE_LIMIT)
        return { status: 'failed', summary: 'The model neither used a tool nor handed in a result.' };
      const what =
        turn.stop === 'max-tokens'
          ? 'Your answer was cut off. Go on in smaller steps.'
          : 'Use a tool, or call submit_result when the goal is reached.';
      messages.push({ role: 'user', content: [{ type: 'text', text: what }] });
      continue;
    }
    idle = 0;
    const results: ModelBlock[] = [];
    let end: AgentResult | undefined;
    let editFailed = false;
    for (const [index, call] of calls.entries()) {
      const refused = end
        ? 'Not done: the stage had ended with the call before.'
        : editFailed && endsStage(call)
          ? 'Not handed in: an edit or command in the same answer failed. Look at its result first.'
          : turn.stop === 'max-tokens' && index === calls.length - 1
            ? 'Not done: your answer was cut off inside this call. Send it again, in smaller parts.'
            : undefined;
      const done: ToolOutcome = refused === undefined ? await oneCall(ctx, overlay, submit, call) : told(refused, true);
      results.push({
        type: 'tool-result',
        id: call.id,
        content: run.ports.redact(done.content),
        isError: done.isError,
      });
      end ??= done.end;
      editFailed ||= done.isError && isToolName(call.name) && tools[call.name].changes;
      if (!end && progress.stuck(call, done))
        return {
          status: 'failed',
          summary: `No progress: ${call.name} was called ${SAME_CALL_LIMIT} times with the same result.`,
        };
    }
    if (end) return end;
    messages.push({ role: 'user', content: results });
  }
  return { status: 'failed', summary: `No result after ${run.config.maxTurns} model turns.` };
}

const endsStage = ({ name, input }: { name: string; input: unknown }): boolean =>
  name === 'submit_result' || (name === 'signal' && (input as { kind?: unknown } | null)?.kind === 'route');

const told = (content: string, isError: boolean): ToolOutcome => ({ content, isError });

async function oneCall(
  ctx: StepContext,
  overlay: Overlay,
  submit: z.ZodType,
  call: Extract<ModelBlock, { type: 'tool-use' }>,
): Promise<ToolOutcome> {
  if (call.name !== 'submit_result') return await runTool(ctx, overlay, call);
  const parsed = submit.safeParse(call.input);
  if (!parsed.success) return told(`The result was not accepted: ${z.prettifyError(parsed.error)}`, true);
  const summary = String((parsed.data as { summary: string }).summary);
  const flushed = await flushOverlay(ctx, overlay);
  if (!stands(flushed)) return told(flushed.report, true);
  if (ctx.stage.schema === 'verdict') {
    const { verdict } = reviewResultSchema.parse(parsed.data);
    const blockers = verdict.filter((finding) => finding.severity === 'blocker');
    const lines = verdict
      .map((finding) => `${finding.severity} ${finding.file}:${finding.line} ${finding.what}`)
      .join('\n');
    return {
      content: 'ok',
      isError: false,
      end: { status: blockers.length > 0 ? 'failed' : 'succeeded', summary: lines || summary, result: parsed.data },
    };
  }
  return { content: 'ok', isError: false, end: { status: 'succeeded', summary, result: parsed.data } };
}

/** `timedOut`: the stage's time was up before the answer. */
const turnResultSchema = z.union([z.object({ response: hashSchema }), z.object({ timedOut: z.literal(true) })]);
const blockSchema: z.ZodType<ModelBlock> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool-use'), id: z.string(), name: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('tool-result'), id: z.string(), content: z.string(), isError: z.boolean() }),
  z.object({ type: z.literal('opaque'), value: z.unknown() }),
]);
const turnSchema = z.object({
  content: z.array(blockSchema),
  stop: z.enum(['end', 'tool-use', 'max-tokens', 'refused']),
});

/** A stage names a role or a model of its own; without one the run's model works. */
function stageModel({ stage, run: { config } }: StepContext): string {
  if (stage.model === 'reviewer') return config.reviewer || config.model;
  return stage.model || config.model;
}

/** The provider took nothing: it said so, or was never asked. */
const notTaken = (error: unknown): boolean =>
  isOpenExecError(error) &&
  [
    'model-none',
    'model-auth',
    'model-rate-limited',
    'model-overloaded',
    'model-context',
    'model-unknown',
    'recording-missing',
  ].includes(error.code);

/** One model turn, budgeted before and booked after. A recorded one is read back from its blob. */
async function modelTurn(
  ctx: StepContext,
  asked: { system: string; messages: readonly ModelMessage[]; tools: readonly ModelTool[] },
): Promise<z.infer<typeof turnSchema>> {
  const { run, stage } = ctx;
  const { models, store, clock } = run.ports;
  const model = stageModel(ctx);
  const info = models.info(model);
  const body = {
    model,
    system: asked.system,
    messages: asked.messages,
    tools: asked.tools,
    maxTokens: Math.min(info.maxOutput, MAX_OUTPUT_TOKENS),
  };
  const text = canonicalJson(body);
  const inputTokens = estimateTokens(text);
  const estimate = {
    tokens: inputTokens + body.maxTokens,
    usd: info.price ? (inputTokens * info.price.input + body.maxTokens * info.price.output) / 1_000_000 : null,
  };
  let room: Room | undefined;
  const takeRoom = async (key: string): Promise<void> => {
    const over = await partExceeded(ctx, estimate);
    if (over) return await overBudget(ctx, `${key}/${over.suffix}`, over, over.part);
    const taken = await run.budget.take(
      estimate,
      () => clock.now() - run.state.createdAt,
      (wait) => run.signals.interruptible(wait),
    );
    if ('what' in taken) return await overBudget(ctx, `${key}/budget/${run.budget.grants}`, taken, 'run');
    room = taken;
  };
  const result = await callOnce(
    ctx,
    {
      kind: 'model',
      name: info.id,
      input: body,
      result: turnResultSchema,
      effect: true,
      reserved: estimate,
      before: takeRoom,
      undone: notTaken,
    },
    async ({ key }) => {
      const started = clock.monotonic();
      const request = await keepText(run, text);
      const turn = await withinStageTime(ctx, (signal) =>
        models.turn(
          { ...body, key } satisfies ModelRequest,
          (delta) =>
            run.progress({
              task: ctx.work.task.id,
              stage: stage.id,
              kind: 'model',
              text: run.ports.redact(delta),
            }),
          signal,
        ),
      );
      if (!turn) {
        // What it cost is not known: at most what was set aside for it.
        room?.release({ ...estimate, calls: 1 });
        const params = { stage: stage.id, seconds: Math.round(stage.timeoutMs / 1000) };
        return {
          result: { timedOut: true as const },
          atMost: estimate,
          events: [{ type: 'warning', task: ctx.work.task.id, code: 'stage-time-up', params, atMost: estimate }],
        };
      }
      const answer = await keepText(run, JSON.stringify({ content: turn.content, stop: turn.stop }));
      const tokens = turn.usage.input + turn.usage.output + turn.usage.cacheRead + turn.usage.cacheWrite;
      room?.release({ usd: turn.costUsd, tokens, calls: 1 });
      const said = turn.content
        .flatMap((block) => (block.type === 'text' ? [block.text] : []))
        .join(' ')
        .trim();
      return {
        result: { response: answer },
        usage: turn.usage,
        costUsd: turn.costUsd,
        events: [
          {
            type: 'model-called',
            call: key,
            step: ctx.step.key,
            task: ctx.work.task.id,
            stage: stage.id,
            model: turn.model,
            stop: turn.stop,
            usage: turn.usage,
            costUsd: turn.costUsd,
            durationMs: Math.round(clock.monotonic() - started),
            text: run.ports.redact(said.split('\n')[0] ?? '').slice(0, 200),
            tools: turn.content.flatMap((block) => (block.type === 'tool-use' ? [block.name] : [])),
            request,
            response: answer,
          },
        ],
      };
    },
  ).finally(() => room?.release({ usd: 0, tokens: 0, calls: 0 }));
  if ('timedOut' in result) throw new StageTimeUp();
  return turnSchema.parse(JSON.parse(decodeLossy(await store.blob(result.response))));
}

const OVER = { run: 'budget-exceeded', task: 'task-budget-exceeded', stage: 'stage-budget-exceeded' } as const;

/** The hard stop: the run pauses and asks; `continue` grants the same again from the next time the run is loaded. */
async function overBudget(ctx: StepContext, id: string, over: Exceeded, of: BudgetPart | 'run'): Promise<never> {
  const params = { what: over.what, spent: over.spent, limit: over.limit };
  const answer = await ask(ctx.run, {
    id,
    task: ctx.work.task.id,
    stage: ctx.stage.id,
    attempt: ctx.attempt,
    subject: { kind: 'attention', code: OVER[of], params, options: ['continue', 'give-up'] },
    wording: { code: OVER[of], params: { task: ctx.work.task.id, stage: ctx.stage.id, ...params } },
  });
  if (answer.option === 'give-up') ctx.run.signals.cancel();
  ctx.run.signals.signal.throwIfAborted();
  throw new PauseRun(OVER[of], params, ctx.work.task.id);
}

/** Notices the same call giving the same result over and over. */
function createProgressWatch() {
  let last = '';
  let times = 0;
  return {
    stuck(call: { name: string; input: unknown }, done: { content: string }): boolean {
      const now = `${call.name} ${canonicalJson(call.input)} ${done.content}`;
      times = now === last ? times + 1 : 1;
      last = now;
      return times >= SAME_CALL_LIMIT;
    },
  };
}

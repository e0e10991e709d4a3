/**
 * An agentic stage: model turn → tool calls → results, until the model submits a result of the
 * stage's schema. Its claim decides nothing; the next deterministic stage does. Turns, calls and
 * money are bounded, and every call has a record.
 */
import { z } from 'zod';
import { canonicalJson } from '../../../base/canonical.js';
import { OpenExecError } from '../../errors.js';
import type { AtMost } from '../../model/event.js';
import { askModel, type Answer, type Asker } from '../../models/ask-model.js';
import { Conversation, type ToolResult } from '../../models/conversation.js';
import type { ModelBlock, ModelTool } from '../../ports/ports.js';
import { isToolName, reviewResultSchema, tools, toolSchemas, toolsets } from '../../tools/contracts.js';
import { stands } from '../effects/apply-changes.js';
import { flushOverlay } from '../effects/flush.js';
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

/** Answers in a row that the model or its service declined to give. */
const DECLINED_LIMIT = 3;

export async function runAgent(ctx: StepContext, prompt: string): Promise<AgentResult> {
  const { run, stage } = ctx;
  const names = toolsets[stage.toolset ?? 'read_only'] ?? [];
  const submit = stage.schema === 'verdict' ? reviewResultSchema : tools.submit_result.input;
  const toolList = toolSchemas(names, submit);
  const overlay = createOverlay(run.ports.workspace, ctx.root);
  const conversation = new Conversation(run.ports.redact, systemPrompt(names));
  conversation.say(prompt);
  const progress = createProgressWatch();
  let idle = 0;
  let declined = 0;

  for (let turnNumber = 1; turnNumber <= run.config.maxTurns; turnNumber++) {
    run.signals.safePoint();
    ctx.signal.throwIfAborted();
    const known = ctx.recorded(ctx.peekCall())?.status === 'finished';
    const turn = await modelTurn(ctx, { conversation, tools: toolList });
    if (turn.stop === 'refused') {
      declined += 1;
      // What was declined stays out: a service declines whatever follows it. A person looks at it before the third time;
      // a run that is resumed behind that, or was by an older version behind its first, goes on from here.
      if (!known && (!turn.leftOut || declined % DECLINED_LIMIT === 0)) throw new OpenExecError('model-refused', {});
      continue;
    }
    declined = 0;
    conversation.heard(turn.content);
    const calls = turn.content.filter((block) => block.type === 'tool-use');
    if (calls.length === 0) {
      idle += 1;
      if (idle >= IDLE_LIMIT)
        return { status: 'failed', summary: 'The model neither used a tool nor handed in a result.' };
      const what =
        turn.stop === 'max-tokens'
          ? 'Your answer was cut off. Go on in smaller steps.'
          : 'Use a tool, or call submit_result when the goal is reached.';
      conversation.say(what);
      continue;
    }
    idle = 0;
    const results: ToolResult[] = [];
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
      results.push({ id: call.id, content: done.content, isError: done.isError });
      end ??= done.end;
      editFailed ||= done.isError && isToolName(call.name) && tools[call.name].changes;
      if (!end && progress.stuck(call, done))
        return {
          status: 'failed',
          summary: `No progress: ${call.name} was called ${SAME_CALL_LIMIT} times with the same result.`,
        };
    }
    if (end) return end;
    conversation.answer(results);
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

/** A stage names a role or a model of its own; without one the run's model works. */
function stageModel({ stage, run: { config } }: StepContext): string {
  if (stage.model === 'reviewer') return config.reviewer || config.model;
  return stage.model || config.model;
}

/** One model turn, recorded as a call of the step. */
async function modelTurn(
  ctx: StepContext,
  asked: { conversation: Conversation; tools: readonly ModelTool[] },
): Promise<Answer> {
  const { run, stage } = ctx;
  const task = ctx.work.task.id;
  const asker: Asker = {
    ports: run.ports,
    keep: (text) => keepText(run, text),
    record: (spec, perform) =>
      callOnce(ctx, { kind: 'model', effect: true, ...spec }, async ({ key }) => {
        const done = await perform(key);
        if ('called' in done) {
          const { call, ...called } = done.called;
          return {
            result: done.result,
            usage: called.usage,
            costUsd: called.costUsd,
            events: [{ type: 'model-called', call, step: ctx.step.key, task, stage: stage.id, ...called }],
          };
        }
        const params = { stage: stage.id, seconds: Math.round(stage.timeoutMs / 1000) };
        return { ...done, events: [{ type: 'warning', task, code: 'stage-time-up', params, atMost: done.atMost }] };
      }),
    room: (estimate, key) => takeRoom(ctx, estimate, key),
    inTime: (turn) => withinStageTime(ctx, turn),
    onText: (text) => run.progress({ task, stage: stage.id, kind: 'model', text }),
  };
  const answer = await askModel(asker, { ...asked, model: stageModel(ctx), maxTokens: MAX_OUTPUT_TOKENS });
  if (!answer) throw new StageTimeUp();
  return answer;
}

/** Of the visit, the task and the run; where one has none left, the run stops and asks. */
async function takeRoom(ctx: StepContext, estimate: AtMost, key: string): Promise<Room> {
  const { run } = ctx;
  const over = await partExceeded(ctx, estimate);
  if (over) return await overBudget(ctx, `${key}/${over.suffix}`, over, over.part);
  const taken = await run.budget.take(
    estimate,
    () => run.journal.ran(),
    (wait) => run.signals.interruptible(wait),
  );
  if ('what' in taken) return await overBudget(ctx, `${key}/budget/${run.budget.grants}`, taken, 'run');
  return taken;
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

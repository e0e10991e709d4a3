/**
 * One visit of a stage: deterministic ones succeed only by exit code, agentic ones
 * hand in a result that the next stage judges.
 */
import { decodeLossy } from '../../../base/bytes.js';
import { OpenExecError } from '../../errors.js';
import type { Blueprint } from '../../model/blueprint.js';
import type { StepRecord } from '../../model/records.js';
import { runAction } from './actions.js';
import { runAgent, type AgentResult } from '../agent/agent-loop.js';
import type { Store } from '../../ports/ports.js';
import { keepText } from '../../record/keep.js';
import type { RunPart } from '../../record/live-run.js';
import { stagePrompt } from '../agent/prompts.js';
import { stands } from '../effects/apply-changes.js';
import { flushMade } from '../effects/flush.js';
import { clip } from '../effects/run-command.js';
import { runLines, skipped, type VisitResult } from './run-lines.js';
import { StageTimeUp, timeUpSummary } from '../../record/stage-time.js';
import type { StepContext } from '../../record/step-context.js';
import { taskDiff } from '../effects/task-changes.js';

/** What is told of the time before the first stage. */
export interface Before {
  formerAttempt: string;
  /** What the task's check said before the work; absent in older records, and where there was none. */
  before?: { summary: string; output: string } | undefined;
}

export async function runVisit(ctx: StepContext, blueprint: Blueprint, before: Before): Promise<VisitResult> {
  const done = await visit(ctx, blueprint, before);
  // What its commands changed is put to the person once, when all of it is known.
  const kept = await flushMade(ctx);
  if (stands(kept)) return done;
  // It went back, so whatever passed passed on another tree: the checks run again.
  return {
    ...done,
    status: 'failed',
    summary: 'What a command changed was not kept, and was put back.',
    output: [done.output, `What a command changed was not kept: ${kept.report}`].filter(Boolean).join('\n\n'),
    evidence: false,
  };
}

async function visit(ctx: StepContext, blueprint: Blueprint, before: Before): Promise<VisitResult> {
  const { stage } = ctx;
  // Reviewing wants a second model; until one is set the stage says so.
  if (stage.requires === 'reviewer' && !ctx.run.config.reviewer) return skipped('no reviewer model is set');
  if (stage.type === 'agentic') return await agentic(ctx, blueprint, before);
  if (stage.action) return await runAction(ctx, stage.action);
  return await runLines(ctx, stage.commands, 'stage');
}

async function agentic(
  ctx: StepContext,
  blueprint: Blueprint,
  { formerAttempt, before }: Before,
): Promise<VisitResult> {
  const lastContext = ctx.earlier.findLast(
    (step) => step.output && blueprint.stages[step.stage]?.action === 'build_context',
  );
  const failure = ctx.earlier.findLast((step) => step.status === 'failed');
  // Only the failure that led here: a stage that healed since is no news.
  const led = ctx.earlier.at(-1)?.status === 'failed' ? failure : undefined;
  // A stage that names its inputs gets those; what failed is told in any case.
  const { inputs } = ctx.stage;
  const diffWanted = inputs.length === 0 ? led !== undefined : inputs.includes('diff');
  const contextWanted = inputs.length === 0 || inputs.includes('context');
  const prompt = stagePrompt(ctx, {
    blueprint,
    formerAttempt,
    // Later stages have what failed since.
    before: ctx.earlier.some((step) => blueprint.stages[step.stage]?.type === 'agentic') ? undefined : before,
    context: lastContext && contextWanted ? await readOutput(ctx.run.ports.store, lastContext) : '',
    failure: led
      ? {
          stage: led.stage,
          output: clip((led.output ? await readOutput(ctx.run.ports.store, led) : '') || led.summary, 16_000),
        }
      : undefined,
    diff: diffWanted ? clip(await taskDiff(ctx.run, ctx.work.task.id, ctx.root), 16_000) : '',
  });
  const done = await runAgent(ctx, prompt).catch((error: unknown): AgentResult => {
    if (error instanceof StageTimeUp) return { status: 'failed', summary: timeUpSummary(ctx.stage.timeoutMs) };
    throw error;
  });
  if (done.route && !ctx.stage.routes.includes(done.route))
    throw new OpenExecError('internal', { detail: `route to ${done.route} was not refused` });
  return {
    status: done.status,
    summary: done.summary.split('\n')[0]?.slice(0, 300) ?? '',
    output: done.summary,
    evidence: false,
    ...(done.result !== undefined && { result: done.result }),
    ...(done.route && { route: done.route }),
  };
}

export async function readOutput(store: Store, step: StepRecord): Promise<string> {
  return step.output ? decodeLossy(await store.blob(step.output)) : '';
}

export const storeOutput = async (
  run: RunPart<'journal', 'store' | 'hasher' | 'redact'>,
  text: string | undefined,
): Promise<string | undefined> => (text ? await keepText(run, run.ports.redact(text)) : undefined);

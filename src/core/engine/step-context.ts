/** What runs inside one visit of a stage: its record, its task, and its calls, numbered in the order they are made. */
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical.js';
import { OpenExecError } from '../errors.js';
import type { Stage as BlueprintStage } from '../model/blueprint.js';
import type { EventBody, Usage } from '../model/event.js';
import type { Story, Task } from '../model/plan.js';
import type { Root } from '../model/primitives.js';
import { callKey, type CallRecord, type StepRecord } from '../model/records.js';
import { totalTokens } from '../model/run.js';
import type { Write } from '../ports.js';
import type { RecordedCall } from './recorded-answers.js';
import type { Session } from './session.js';

export interface TaskSnapshot {
  story: Story;
  task: Task;
}

export interface StepContext {
  readonly session: Session;
  readonly step: StepRecord;
  readonly stage: BlueprintStage;
  readonly work: TaskSnapshot;
  /** Where it reads, writes and runs: the run's folder, or the worktree the task works in. */
  readonly root: Root;
  readonly attempt: number;
  /** Steps of this attempt that are finished, oldest first. */
  readonly earlier: readonly StepRecord[];
  /** Aborts with the run. The stage's own time is in stage-time.ts. */
  readonly signal: AbortSignal;
  /** The next call's key; the same sequence every time the step is executed. */
  nextCall(): { key: string; n: number };
  /** The key the next call will have. A question about it hangs its id on this, and takes no number: it may not be asked again on resume. */
  peekCall(): string;
  recorded(key: string): CallRecord | undefined;
  /** What its calls cost, recorded ones included; null once one of unknown price was made. Counted here: other tasks spend at the same time. */
  readonly cost: { usd: number | null; tokens: number };
  /** What its model turns and commands took, recorded ones included. */
  readonly spent: { ms: number };
}

export function createStepContext(input: Omit<StepContext, 'nextCall' | 'peekCall' | 'recorded' | 'cost' | 'spent'>, recorded: readonly CallRecord[]): StepContext {
  const byKey = new Map(recorded.map((call) => [call.key, call]));
  let n = 0;
  return {
    ...input,
    nextCall() {
      n += 1;
      return { key: callKey(input.step.key, n), n };
    },
    peekCall: () => callKey(input.step.key, n + 1),
    recorded: (key) => byKey.get(key),
    cost: { usd: 0, tokens: 0 },
    spent: { ms: 0 },
  };
}

export interface CallSpec<T> {
  kind: CallRecord['kind'];
  name: string;
  /** Canonicalised and hashed: exact replay compares it. */
  input: unknown;
  result: z.ZodType<T>;
  /** The start must be durable before the effect. */
  effect: boolean;
  /** The journal of the effect, durable with its start; not written again for a call that has its record. */
  journal?: readonly Write[];
  reservedUsd?: number | null;
}
export interface CallDone<T> {
  result: T;
  events?: EventBody[];
  writes?: Write[];
  usage?: Usage;
  costUsd?: number | null;
}

/**
 * Makes a call at most once: one that has a record returns it. `inFlight` tells that it had been started before a crash without
 * an outcome; the caller settles what that means for its kind.
 */
export async function callOnce<T>(
  ctx: StepContext,
  spec: CallSpec<T>,
  perform: (call: { key: string; n: number; inFlight: boolean }) => Promise<CallDone<T>>,
): Promise<T> {
  const { session } = ctx;
  const { clock, hasher } = session.ports;
  const { key, n } = ctx.nextCall();
  const earlier = ctx.recorded(key);
  if (earlier?.status === 'finished') {
    const parsed = spec.result.safeParse(earlier.result);
    if (!parsed.success || earlier.kind !== spec.kind) throw new OpenExecError('step-corrupt', { step: key });
    addCost(ctx, earlier);
    ctx.spent.ms += spentOf(earlier);
    return parsed.data;
  }
  const record: CallRecord = {
    key, n, run: session.run, step: ctx.step.key, kind: spec.kind, name: spec.name, status: 'started',
    input: hasher.sha256(canonicalJson(spec.input)), startedAt: clock.now(),
    ...(spec.reservedUsd !== undefined && { reservedUsd: spec.reservedUsd }),
  };
  const told = await session.replay?.call(ctx.step, record, spec.journal ?? []);
  if (told) return await takeRecorded(ctx, spec, told);
  if (spec.effect) await session.commit([...(spec.journal ?? []), { table: 'calls', row: record }]);
  const spentBefore = ctx.spent.ms;
  const done = await perform({ key, n, inFlight: earlier?.status === 'started' });
  addCost(ctx, done);
  const finished: CallRecord = {
    ...record, status: 'finished', finishedAt: clock.now(), result: done.result,
    ...(done.usage && { usage: done.usage }), ...(done.costUsd !== undefined && { costUsd: done.costUsd }), events: done.events?.length ?? 0,
    ...((spec.kind === 'model' || spec.kind === 'command') && { spentMs: Math.round(ctx.spent.ms - spentBefore) }),
  };
  const writes: Write[] = [...(done.writes ?? []), { table: 'calls', row: finished }];
  if (spec.effect) await session.commit(writes, done.events);
  else session.note(writes, done.events);
  return done.result;
}

/** Exact replay: the call is taken from the record whole, with what it told the timeline and what it left in the store. */
async function takeRecorded<T>(ctx: StepContext, spec: CallSpec<T>, { call, events, rows }: RecordedCall): Promise<T> {
  const parsed = spec.result.safeParse(call.result);
  if (!parsed.success) throw new OpenExecError('step-corrupt', { step: call.key });
  addCost(ctx, call);
  const writes: Write[] = [...(spec.journal ?? []), ...rows, { table: 'calls', row: call }];
  if (spec.effect) await ctx.session.commit(writes, events);
  else ctx.session.note(writes, events);
  return parsed.data;
}

/** Records of older versions say what a command took, and of a model turn only when it began and ended. */
function spentOf({ kind, result, spentMs, startedAt, finishedAt = startedAt }: CallRecord): number {
  if (spentMs !== undefined) return spentMs;
  if (kind === 'model') return Math.max(0, finishedAt - startedAt);
  if (kind !== 'command') return 0;
  const { durationMs } = (result ?? {}) as { durationMs?: unknown };
  return typeof durationMs === 'number' ? durationMs : 0;
}

function addCost({ cost }: StepContext, { costUsd, usage }: { costUsd?: number | null | undefined; usage?: Usage | undefined }): void {
  if (costUsd !== undefined) cost.usd = costUsd === null || cost.usd === null ? null : cost.usd + costUsd;
  if (usage) cost.tokens += totalTokens(usage);
}

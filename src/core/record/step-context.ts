/** What runs inside one visit of a stage: its record, its task, and its calls, numbered in the order they are made. */
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical.js';
import { OpenExecError } from '../errors.js';
import type { Stage as BlueprintStage } from '../model/blueprint.js';
import type { ChangeFile } from '../model/change-set.js';
import type { AtMost, EventBody, Usage } from '../model/event.js';
import type { Story, Task } from '../model/plan.js';
import type { Root } from '../model/primitives.js';
import { callKey, type CallRecord, type StepRecord } from '../model/records.js';
import { totalTokens } from '../model/run.js';
import type { Write } from '../ports/ports.js';
import type { RecordedCall } from './observations.js';
import type { LiveRun } from './live-run.js';

export interface TaskSnapshot {
  story: Story;
  task: Task;
}

export interface StepContext {
  readonly run: LiveRun;
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
  /**
   * The key the next call will have.
   * A question about it hangs its id on this, and takes no number: it may not be asked again on resume.
   */
  peekCall(): string;
  recorded(key: string): CallRecord | undefined;
  /** Whether the record holds a call after this number. */
  wentOn(n: number): boolean;
  /**
   * What its calls cost, recorded ones included; null once one of unknown price was made.
   * Counted here: other tasks spend at the same time.
   */
  readonly cost: { usd: number | null; tokens: number };
  /** What its model turns and commands took, recorded ones included. */
  readonly spent: { ms: number };
  /** What its commands changed and nobody has judged yet, by path; filled from their records, so a resume has it. */
  readonly made: Map<string, MadeFile>;
}

/** A file that a command changed already. */
export interface MadeFile extends ChangeFile {
  /** As shown to people. */
  command: string;
  /** More than one command changed it: its lines are to be counted anew. */
  again?: true;
}

export function createStepContext(
  input: Omit<StepContext, 'nextCall' | 'peekCall' | 'recorded' | 'wentOn' | 'cost' | 'spent' | 'made'>,
  recorded: readonly CallRecord[],
): StepContext {
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
    wentOn: (after) => recorded.some((call) => call.n > after),
    cost: { usd: 0, tokens: 0 },
    spent: { ms: 0 },
    made: new Map(),
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
  /** What it can cost at most: booked for a try that was lost, and told as such. */
  reserved?: AtMost;
  /** Before its start is recorded, unless the record has its outcome: what may ask, refuse or wait. */
  before?(key: string): Promise<void>;
  /** Rows that follow from the outcome alone: written with it, and the same by a replay. */
  rows?(result: T, call: CallRecord): Write[];
  /** What a failure is known to have cost: nothing where nothing was done. undefined = not known. */
  spentBy?(error: unknown): AtMost | undefined;
}
export interface CallDone<T> {
  result: T;
  events?: EventBody[];
  writes?: Write[];
  usage?: Usage;
  costUsd?: number | null;
  /** In the place of both, where it was cut off. */
  atMost?: AtMost;
}

/**
 * Makes a call at most once: one that has a record returns it. `inFlight` tells that it had been started before a crash
 * without an outcome; the caller settles what that means for its kind.
 */
export async function callOnce<T>(
  ctx: StepContext,
  spec: CallSpec<T>,
  perform: (call: { key: string; n: number; inFlight: boolean }) => Promise<CallDone<T>>,
): Promise<T> {
  const { run } = ctx;
  const { clock, hasher } = run.ports;
  const { key, n } = ctx.nextCall();
  const earlier = ctx.recorded(key);
  if (earlier?.status === 'finished') {
    const parsed = spec.result.safeParse(earlier.result);
    if (!parsed.success || earlier.kind !== spec.kind) throw new OpenExecError('step-corrupt', { step: key });
    addCost(ctx, earlier);
    ctx.spent.ms += spentOf(earlier);
    return parsed.data;
  }
  const asked = clock.monotonic();
  const record: CallRecord = {
    key,
    n,
    run: run.id,
    step: ctx.step.key,
    kind: spec.kind,
    name: spec.name,
    status: 'started',
    input: hasher.sha256(canonicalJson(spec.input)),
    startedAt: clock.now(),
    ...(spec.reserved && { reservedUsd: spec.reserved.usd }),
    ...(earlier?.atMost && { atMost: earlier.atMost }),
  };
  const told = await run.observations.call(ctx.step, record, spec.journal ?? []);
  if (told) return await takeRecorded(ctx, spec, told);
  addCost(ctx, record);
  const inFlight = earlier !== undefined && earlier.settled === undefined;
  if (inFlight && spec.reserved) {
    const lost = earlier.broke ?? spec.reserved;
    record.atMost = sumOf(record.atMost, lost);
    addCost(ctx, { atMost: lost });
    run.budget.book({ ...lost, calls: 1 });
    // Durable before it is tried again: one that is lost each time counts each time.
    await run.journal.commit(
      [{ table: 'calls', row: { ...record, settled: true } }],
      [
        {
          type: 'warning',
          task: ctx.work.task.id,
          code: earlier.broke ? 'call-broke' : 'call-lost',
          params: { call: key, atMostUsd: lost.usd ?? -1 },
          atMost: lost,
        },
      ],
    );
  }
  await spec.before?.(key);
  if (spec.effect) await run.journal.commit([...(spec.journal ?? []), { table: 'calls', row: record }]);
  const spentBefore = ctx.spent.ms;
  const done = await perform({ key, n, inFlight }).catch((error: unknown) => {
    const spent = spec.spentBy?.(error);
    if (spent) {
      const row: CallRecord = isNothing(spent) ? { ...record, settled: true } : { ...record, broke: spent };
      run.journal.note([{ table: 'calls', row }]);
    }
    throw error;
  });
  addCost(ctx, done);
  const finished: CallRecord = {
    ...record,
    status: 'finished',
    finishedAt: clock.now(),
    tookMs: Math.round(clock.monotonic() - asked),
    result: done.result,
    ...(done.usage && { usage: done.usage }),
    ...(done.costUsd !== undefined && { costUsd: done.costUsd }),
    events: done.events?.length ?? 0,
    ...(done.atMost && { atMost: sumOf(record.atMost, done.atMost) }),
    ...((spec.kind === 'model' || spec.kind === 'command') && { spentMs: Math.round(ctx.spent.ms - spentBefore) }),
  };
  const writes: Write[] = [
    ...(done.writes ?? []),
    ...(spec.rows?.(done.result, finished) ?? []),
    { table: 'calls', row: finished },
  ];
  if (spec.effect) await run.journal.commit(writes, done.events);
  else run.journal.note(writes, done.events);
  return done.result;
}

/**
 * Exact replay: the call is taken from the record whole, with what it told the timeline and what it left in the store.
 */
async function takeRecorded<T>(ctx: StepContext, spec: CallSpec<T>, { call, events, rows }: RecordedCall): Promise<T> {
  const parsed = spec.result.safeParse(call.result);
  if (!parsed.success) throw new OpenExecError('step-corrupt', { step: call.key });
  addCost(ctx, call);
  const own = spec.rows?.(parsed.data, call) ?? [];
  const writes: Write[] = [...(spec.journal ?? []), ...rows, ...own, { table: 'calls', row: call }];
  if (spec.effect) await ctx.run.journal.commit(writes, events);
  else ctx.run.journal.note(writes, events);
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

const isNothing = ({ usd, tokens }: AtMost): boolean => usd === 0 && tokens === 0;
const plus = (sum: number | null, more: number | null): number | null =>
  sum === null || more === null ? null : sum + more;
const sumOf = (sum: AtMost | undefined, more: AtMost): AtMost =>
  sum ? { usd: plus(sum.usd, more.usd), tokens: sum.tokens + more.tokens } : more;

function addCost(
  { cost }: StepContext,
  { costUsd, usage, atMost }: Pick<CallRecord, 'costUsd' | 'usage' | 'atMost'>,
): void {
  if (costUsd !== undefined) cost.usd = plus(cost.usd, costUsd);
  if (usage) cost.tokens += totalTokens(usage);
  if (!atMost) return;
  cost.usd = plus(cost.usd, atMost.usd);
  cost.tokens += atMost.tokens;
}

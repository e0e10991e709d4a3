/**
 * The time of one visit: what its model turns and commands take together, those before a crash included.
 * Waiting for a person and standing paused do not count, so that an approval may take a night.
 */
import type { Clock } from '../ports/ports.js';
import type { StepContext } from './step-context.js';

/** Unwinds an agentic stage whose time is up; the visit has failed. */
export class StageTimeUp extends Error {
  override readonly name = 'StageTimeUp';
}

/**
 * ms, at least 1: a call that comes too late is still made, cut off at once and
 * recorded, so that a replay meets it again.
 */
export const timeLeft = (ctx: Pick<StepContext, 'stage' | 'spent'>): number =>
  Math.max(1, ctx.stage.timeoutMs - ctx.spent.ms);

/** undefined = the stage's time was up first; what ran was told to stop. */
export async function withinStageTime<T>(
  ctx: StepContext,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { clock } = ctx.run.ports;
  const started = clock.monotonic();
  try {
    return await inTime(clock, timeLeft(ctx), run, ctx.signal);
  } finally {
    ctx.spent.ms += clock.monotonic() - started;
  }
}

/** undefined = `ms` were up first; what ran was told to stop. */
export async function inTime<T>(
  clock: Pick<Clock, 'sleep'>,
  ms: number,
  run: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const up = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, done.signal).then(
    () => up.abort(new DOMException('its time is up', 'AbortError')),
    () => undefined, // it ended in time
  );
  try {
    return await run(AbortSignal.any([signal, up.signal]));
  } catch (error) {
    if (!up.signal.aborted || signal.aborted) throw error;
    return undefined;
  } finally {
    done.abort();
  }
}

export const timeText = (ms: number): string =>
  ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`;
export const timeUpSummary = (ms: number): string => `It did not end within ${timeText(ms)}.`;

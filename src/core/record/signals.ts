/**
 * What reaches a run that goes from outside: a pause, a cancel, a stop.
 * It heeds them at its safe points and wherever it waits.
 */
import type { Reason } from '../model/primitives.js';

/** Unwinds the engine to the run loop at a safe point. Records carry the position, so resuming re-enters there. */
export class PauseRun extends Error {
  override readonly name = 'PauseRun';
  constructor(
    readonly code: string,
    readonly params: Record<string, string | number | boolean> = {},
    readonly task = '',
    readonly asks?: Reason,
  ) {
    super(code);
  }
}

export const isPause = (error: unknown): error is PauseRun => error instanceof PauseRun;

export interface Signals {
  /** Aborts at cancel, and at Stop Now. */
  readonly signal: AbortSignal;
  isCancelled(): boolean;
  /**
   * Throws PauseRun when a pause was asked for;
   * the signal's reason when cancelled; before both, what a commit failed with.
   */
  safePoint(): void;
  requestPause(code: string): void;
  cancel(): void;
  /** Ends what runs now and pauses for `code`: the command or call in flight is not waited for. */
  stopNow(code: string): void;
  /** Waits inside the run: a pause or a cancel ends the wait. */
  interruptible<T>(wait: Promise<T>): Promise<T>;
}

/** `before` and `after` look, at each safe point, for what else may stop the run there; they throw it. */
export function createSignals({ before, after }: { before(): void; after?(): void }): Signals {
  const abort = new AbortController();
  const waits = new Set<(reason: unknown) => void>();
  let pause: string | undefined;
  let cancelled = false;
  const stopWaiting = (reason: unknown) => {
    for (const stop of waits) stop(reason);
  };
  const safePoint = () => {
    before();
    abort.signal.throwIfAborted();
    if (pause !== undefined) throw new PauseRun(pause);
    after?.();
  };

  return {
    signal: abort.signal,
    isCancelled: () => cancelled,
    safePoint,
    requestPause(code) {
      pause ??= code;
      // Whoever waits is at a safe point already.
      stopWaiting(new PauseRun(pause));
    },
    cancel() {
      cancelled = true;
      abort.abort(new DOMException('cancelled', 'AbortError'));
      stopWaiting(abort.signal.reason);
    },
    stopNow(code) {
      pause = code;
      abort.abort(new PauseRun(pause));
      stopWaiting(abort.signal.reason);
    },
    async interruptible(wait) {
      safePoint();
      let stop: (reason: unknown) => void = () => undefined;
      const stopped = new Promise<never>((_, reject) => (stop = reject));
      waits.add(stop);
      try {
        return await Promise.race([wait, stopped]);
      } finally {
        waits.delete(stop);
      }
    },
  };
}

/** Failures of the world pause the run with the step open; the rest of what a stage may throw is its failure. */
import { asOpenExecError, isAbort } from '../../errors.js';
import { pausesRun } from '../../record/ask.js';
import type { RunPart } from '../../record/live-run.js';
import { isPause, PauseRun } from '../../record/signals.js';

export async function guarded<T>(
  { signals, ports }: RunPart<'signals', 'log'>,
  task: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isPause(error) || signals.signal.aborted || isAbort(error)) throw error;
    if (pausesRun(error)) {
      const known = asOpenExecError(error);
      // Foreseen, and told to the person as the run's reason: no stack for the terminal.
      ports.log.warn(`${task} stands still`, { code: known.code, detail: known.message });
      throw new PauseRun(known.code, { ...known.params }, task);
    }
    throw error;
  }
}

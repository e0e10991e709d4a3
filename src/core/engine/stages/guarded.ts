/** Failures of the world pause the run with the step open; the rest of what a stage may throw is its failure. */
import { asOpenExecError, isAbort } from '../../errors.js';
import { isPause, pausesRun } from '../../record/ask.js';
import { PauseRun, type Session } from '../../record/session.js';

export async function guarded<T>(session: Session, task: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isPause(error) || session.signal.aborted || isAbort(error)) throw error;
    if (pausesRun(error)) {
      const known = asOpenExecError(error);
      session.ports.log.error(`${task} stands still`, error);
      throw new PauseRun(known.code, { ...known.params }, task);
    }
    throw error;
  }
}

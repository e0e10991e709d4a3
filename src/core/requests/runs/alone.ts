/** One thing at a time works in the person's tree: a run, a rollback, a plan's checks. */
import { OpenExecError } from '../../errors.js';
import type { Environment } from '../environment.js';

/**
 * The tree to itself: nothing else that works in it begins meanwhile, and it refuses while something does.
 * Errors: run-active, verify-active. `verifies`: it is the checks of a plan of that name. `instead`: a run
 * that may be going, for it is to be ended.
 */
export type Alone = <T>(
  title: string,
  action: () => Promise<T>,
  as?: { verifies?: boolean; instead?: string },
) => Promise<T>;

export function createAlone({ live }: Pick<Environment, 'live'>): Alone {
  /**
   * A run on its way to its first record, a rollback, a plan's checks:
   * a second start in that moment must not slip in beside it.
   */
  let busy: OpenExecError | undefined;
  return async (title, action, { verifies, instead } = {}) => {
    if (busy) throw new OpenExecError(busy.code, busy.params);
    const other = [...live].find(([run]) => run !== instead)?.[1].run.record.title;
    if (other !== undefined) throw new OpenExecError('run-active', { title: other });
    busy = verifies ? new OpenExecError('verify-active', { name: title }) : new OpenExecError('run-active', { title });
    try {
      return await action();
    } finally {
      busy = undefined;
    }
  };
}

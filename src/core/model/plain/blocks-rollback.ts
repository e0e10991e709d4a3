/** What stands against rolling a file back. Free of schemas, so that the extension asks it before it loads any. */
import type { RollbackOutcome } from '../rollback.js';

export const blocksRollback = (outcome: RollbackOutcome): boolean =>
  outcome === 'conflict' || outcome === 'missing' || outcome === 'unreadable';

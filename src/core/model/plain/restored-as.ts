/** How a restored file ends. Free of schemas, so that the extension asks it before it loads any. */
import type { RollbackFile } from '../rollback.js';

/** A restored file that goes, because the run made it, or that comes back, because the run deleted it. */
export const restoredAs = (file: Pick<RollbackFile, 'outcome' | 'writes'>): 'removed' | 'returned' | 'restored' => {
  const [only, ...more] = file.writes;
  return more.length > 0 || !only
    ? 'restored'
    : only.op === 'delete'
      ? 'removed'
      : only.op === 'create'
        ? 'returned'
        : 'restored';
};

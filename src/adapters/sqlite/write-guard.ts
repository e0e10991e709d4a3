/**
 * Whether this process may still write to the database and its texts:
 * it holds the owner's lock, and what the disk holds is known.
 */
import { OpenExecError } from '../../core/errors.js';

export interface WriteGuard {
  /**
   * Asked right before everything that writes, in the same turn of the event loop.
   * Throws store-lost, or what made writing end.
   */
  expect(): void;
  holds(): boolean;
  /**
   * After this nothing more is written:
   * what the disk holds is no longer known, or is no longer ours. The first reason stays.
   */
  end(why: OpenExecError): void;
}

export function createWriteGuard(stillOwner: () => boolean): WriteGuard {
  let ended: OpenExecError | undefined;
  return {
    expect() {
      if (ended) throw ended;
      if (!stillOwner()) throw new OpenExecError('store-lost', {}, 'another process holds the lock of this database');
    },
    holds: () => ended === undefined && stillOwner(),
    end(why) {
      ended ??= why;
    },
  };
}

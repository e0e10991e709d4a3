/** `run_00001`, `step_00002`, …: one counter, so that order shows. */
import type { Ids } from '../../src/core/ports/ports.js';

export function createFakeIds(): Ids {
  let count = 0;
  return { next: (prefix) => `${prefix}_${String(++count).padStart(5, '0')}` };
}

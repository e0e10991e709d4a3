/** Which rollback of a run can be taken back: the newest that still counts, as the command finds it. */
import type { RunEvent } from '../../src/core/model/event.js';

export function redoable(events: readonly RunEvent[], rollback: string): boolean {
  const undone = new Set<string>();
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at];
    if (event?.type === 'redone') undone.add(event.of);
    if (event?.type === 'rolled-back' && !undone.has(event.rollback)) return event.rollback === rollback;
  }
  return false;
}

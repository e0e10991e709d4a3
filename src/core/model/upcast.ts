/**
 * Old events on their way in: what a former version stored becomes what this one folds.
 * Stored rows are never rewritten, so a step stays here for ever.
 */
import { EVENT_VERSION } from './event.js';

export type StoredEvent = Readonly<Record<string, unknown>>;
/** Upcast n makes an event of version n + 1 from one of version n; `v` is set by the caller. */
export type Upcasts = Readonly<Record<number, (old: StoredEvent) => StoredEvent>>;

export const eventUpcasts: Upcasts = {};

/** A version nobody knows stays as it is: its schema refuses it. */
export function upcastEvent(
  stored: StoredEvent,
  upcasts: Upcasts = eventUpcasts,
  newest: number = EVENT_VERSION,
): StoredEvent {
  let event = stored;
  for (let v = Number(event['v']); v < newest; v++) {
    const upcast = upcasts[v];
    if (!upcast) return event;
    event = { ...upcast(event), v: v + 1 };
  }
  return event;
}

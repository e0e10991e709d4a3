/** Holding what is said now against what was said then: equal but for what clocks and defaults make of it. Pure. */
import { canonicalJson } from '../../../base/canonical.js';
import { eventBodySchema, type EventBody, type RunEvent } from '../../model/event.js';
import type { Write } from '../../ports/ports.js';
import { lineOf } from './replay-record.js';

export const where = (given: EventBody | RunEvent) => {
  const { step, task, call } = given as { step?: unknown; task?: unknown; call?: unknown };
  return {
    ...(typeof step === 'string' && { step }),
    ...(typeof task === 'string' && { task }),
    ...(typeof call === 'string' && { call }),
  };
};

export const bodyOf = (event: RunEvent): EventBody => {
  const { v: _v, run: _run, seq: _seq, at: _at, ...body } = event;
  return body as EventBody;
};

/** Whose line events or rows belong to, as far as they say. */
export function lineOfRows(bodies: readonly EventBody[], writes: readonly Write[]): string | undefined {
  if (bodies.length > 0) return bodies.map(lineOf).find(Boolean) ?? '';
  for (const write of writes) {
    if (write.table === 'calls') return write.row.step.split('/')[1];
    if (write.table === 'steps' && 'row' in write) return write.row.task;
  }
  return undefined;
}

/** Fields that a clock fills: they come from ports, not from the machine. */
const timed = new Set(['stage-finished', 'model-called', 'tool-called']);

/** Equal but for times, the last bits of sums of money, and defaults that are not written out. */
export function same(body: EventBody, recorded: RunEvent): boolean {
  if (body.type !== recorded.type) return false;
  const then = bodyOf(recorded) as unknown as Record<string, unknown>;
  const now = { ...body } as unknown as Record<string, unknown>;
  if (timed.has(body.type)) now['durationMs'] = then['durationMs'];
  if (
    typeof now['costUsd'] === 'number' &&
    typeof then['costUsd'] === 'number' &&
    Math.abs(now['costUsd'] - then['costUsd']) < 1e-9
  )
    now['costUsd'] = then['costUsd'];
  // Records of older versions do not count what was lost.
  if (body.type === 'warning' && then['atMost'] === undefined) delete now['atMost'];
  // Nor do they say by which code a question was worded.
  if (body.type === 'approval-requested' && then['wording'] === undefined) delete now['wording'];
  // Nor why a decision fell, but in English.
  if ((body.type === 'decision-made' || body.type === 'approval-requested') && then['because'] === undefined)
    delete now['because'];
  if (body.type === 'run-paused' && recorded.type === 'run-paused' && recorded.reason.asks === undefined)
    now['reason'] = { ...body.reason, asks: undefined };
  if (body.type === 'run-interrupted') return true;
  if (canonicalJson(now) === canonicalJson(then)) return true;
  const [one, other] = [eventBodySchema.safeParse(now), eventBodySchema.safeParse(then)];
  return one.success && other.success && canonicalJson(one.data) === canonicalJson(other.data);
}

/** Both texts around the first character in which they differ. */
export function firstDifference(then: string, now: string): { then: string; now: string } {
  let at = 0;
  while (at < then.length && then[at] === now[at]) at += 1;
  const from = Math.max(0, at - 40);
  const cutAt = (text: string) =>
    `${from > 0 ? '…' : ''}${text.slice(from, from + 200)}${text.length > from + 200 ? '…' : ''}`;
  return { then: cutAt(then), now: cutAt(now) };
}

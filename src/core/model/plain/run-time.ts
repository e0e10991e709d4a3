/**
 * How long things of a run took. A clock can be set back or forward while a run goes or waits, so lengths come from
 * `ran`, which each event carries: what processes measured of the run up to it, without what lay between them. Events
 * of older versions carry none: there the clock stands in for it, and where it went back the length is not known.
 */
export interface RunTime {
  /** By the clock. */
  at: number;
  /** ms that the run went, up to here. */
  ran: number;
  /** How often nobody knows what lay between two events. */
  unsure: number;
  /** How often it stood still, or its process was gone. */
  gaps: number;
  /** `ran` was measured, not taken from the clock. */
  measured: boolean;
  standing: boolean;
}

interface Timed {
  type: string;
  at: number;
  ran?: number | undefined;
  /** Of `run-interrupted`: by whom came later. */
  found?: boolean | undefined;
}

export const noTime: RunTime = { at: 0, ran: 0, unsure: 0, gaps: 0, measured: false, standing: true };

const STANDS = new Set(['run-paused', 'run-interrupted', 'run-finished']);
const GOES = new Set(['run-created', 'run-started', 'run-resumed']);

/** The time at this event, given the time at the one before it. */
export function timeAt(before: RunTime, event: Timed): RunTime {
  const apart = before.standing || event.found === true;
  const passed = event.at - before.at;
  const back = event.ran === undefined && !apart && passed < 0;
  return {
    at: event.at,
    ran: event.ran === undefined ? before.ran + (apart || back ? 0 : passed) : Math.max(before.ran, event.ran),
    unsure: before.unsure + (back ? 1 : 0),
    gaps: before.gaps + (apart ? 1 : 0),
    measured: event.ran !== undefined,
    standing: STANDS.has(event.type) || (before.standing && !GOES.has(event.type)),
  };
}

/** ms that the run went between the two, or undefined: it is not known. */
export const tookMs = (from: RunTime | undefined, to: RunTime | undefined): number | undefined =>
  from === undefined || to === undefined || from.unsure !== to.unsure || to.ran < from.ran
    ? undefined
    : to.ran - from.ran;

/** ms from one to the other whether the run went or not; undefined where no process was there to measure it. */
export function waitedMs(from: RunTime, to: RunTime): number | undefined {
  if (from.gaps === to.gaps) return tookMs(from, to);
  return !from.measured && !to.measured && to.at >= from.at && from.unsure === to.unsure ? to.at - from.at : undefined;
}

/** ms between two readings of the clock, of records that hold nothing better; undefined where it went back. */
export const betweenMs = (from: number, to: number): number | undefined => (to >= from ? to - from : undefined);

/** ms that a run went that has ended, by its row alone; undefined = it is not known. */
export const rowTookMs = (row: {
  createdAt: number;
  finishedAt?: number | undefined;
  tookMs?: number | undefined;
}): number | undefined =>
  row.tookMs ?? (row.finishedAt === undefined ? undefined : betweenMs(row.createdAt, row.finishedAt));

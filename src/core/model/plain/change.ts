/** What doors are told besides a run's events, so that a view that cares asks again. */
export type Change =
  | { type: 'plans' } // any plan, or which is current
  | { type: 'runs' } // the list of runs
  | { type: 'approvals' } // what waits
  | { type: 'owner'; connected: boolean }; // the owner's socket closed, or is there again

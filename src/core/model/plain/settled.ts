/**
 * The two questions everyone asks of a status. Free of schemas, so that the extension answers them before it loads any.
 */
export const finishedRun = (status: string): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';
export const settledTask = (status: string): boolean => status === 'done' || status === 'skipped';

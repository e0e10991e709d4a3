import { once } from './once.js';

const collator = once(() => new Intl.Collator('en', { numeric: true }));

/** T2 before T10; equal under collation falls back to code units, so the order is total and the same everywhere. */
export function naturalOrder(a: string, b: string): number {
  return collator().compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Time, money and statuses as a report says them. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 950) return `${Math.round(ms)} ms`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** null = a call whose price is not known was among them. */
export const money = (usd: number | null): string => (usd === null ? 'price unknown' : `$${usd.toFixed(2)}`);
export const count = (value: number): string => value.toLocaleString('en-US');
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
/** `2025-01-31 14:02:07 UTC`: a report is read elsewhere. */
export const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

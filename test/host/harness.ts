/** A small runner for what runs inside the extension host: named checks one after the other, results as data. */
export interface Result {
  name: string;
  ms: number;
  error?: string;
}
type Check = () => Promise<void> | void;

const checks: { name: string; check: Check }[] = [];

export const test = (name: string, check: Check): void => void checks.push({ name, check });

const LIMIT_MS = 60_000;

export async function runAll(): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, check } of checks) {
    const started = performance.now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${LIMIT_MS} ms`)), LIMIT_MS);
    });
    const error = await Promise.race([Promise.resolve().then(check), late]).then(
      () => undefined,
      (thrown: unknown) => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)),
    );
    clearTimeout(timer);
    const ms = Math.round(performance.now() - started);
    results.push(error === undefined ? { name, ms } : { name, ms, error });
  }
  return results;
}

/** Asks again until `ready` gives something, and says what it waited for when it never does. */
export async function until<T>(
  what: string,
  ready: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await ready();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

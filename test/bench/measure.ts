/** What a benchmark gives: named numbers, each with its unit, the target it is held to, and what it was measured on. */
export interface Result {
  name: string;
  value: number;
  unit: 's' | 'ms' | 'µs' | 'ratio' | 'bytes' | 'MB' | 'MB/s' | '/s';
  /** At most (or, for what should be high, at least) this. */
  target?: { atMost: number } | { atLeast: number };
  note?: string;
}

/** `only` is a prefix of names: a group that has none of them is not run. */
export interface Group {
  names: readonly string[];
  run(log: (line: string) => void): Promise<Result[]>;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest rank; of an even number of values the median is the mean of the two in the middle. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  if (q === 0.5 && sorted.length % 2 === 0)
    return ((sorted[sorted.length / 2 - 1] ?? 0) + (sorted[sorted.length / 2] ?? 0)) / 2;
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** Runs the groups that `only` asks for and writes their results for the parent, one JSON line. */
export async function runGroups(groups: readonly Group[], only: string): Promise<void> {
  for (const group of groups) {
    if (!group.names.some((name) => name.startsWith(only))) continue;
    const results = await group.run((line) => process.stderr.write(`${line}\n`));
    for (const result of results) if (result.name.startsWith(only)) process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

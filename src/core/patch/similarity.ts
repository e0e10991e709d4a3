/**
 * Edit distance of two strings (Levenshtein), given up as soon as it exceeds `limit`;
 * and the work it took, so that callers can bound a search.
 */
export function boundedDistance(a: string, b: string, limit: number): { distance: number; work: number } {
  const over = { distance: limit + 1, work: 1 };
  if (Math.abs(a.length - b.length) > limit) return over;
  let start = 0;
  const shorter = Math.min(a.length, b.length);
  while (start < shorter && a.charCodeAt(start) === b.charCodeAt(start)) start += 1;
  let [aEnd, bEnd] = [a.length, b.length];
  while (aEnd > start && bEnd > start && a.charCodeAt(aEnd - 1) === b.charCodeAt(bEnd - 1)) {
    aEnd -= 1;
    bEnd -= 1;
  }
  const [rows, columns] = [aEnd - start, bEnd - start];
  if (!rows || !columns) return { distance: Math.max(rows, columns), work: 1 };
  if (!limit) return over;

  let previous = new Uint32Array(columns + 1);
  let current = new Uint32Array(columns + 1);
  for (let j = 0; j <= columns; j++) previous[j] = j;
  let work = 0;
  for (let i = 1; i <= rows; i++) {
    // Only a band around the diagonal can stay within the limit.
    const from = Math.max(1, i - limit);
    const to = Math.min(columns, i + limit);
    current[from - 1] = from === 1 ? i : limit + 1;
    let best = current[from - 1] as number;
    const char = a.charCodeAt(start + i - 1);
    for (let j = from; j <= to; j++) {
      const above = j === i + limit ? limit + 1 : (previous[j] as number);
      const cost =
        char === b.charCodeAt(start + j - 1)
          ? (previous[j - 1] as number)
          : 1 + Math.min(previous[j - 1] as number, above, current[j - 1] as number);
      current[j] = cost;
      if (cost < best) best = cost;
    }
    work += to - from + 1;
    if (best > limit) return { distance: limit + 1, work };
    [previous, current] = [current, previous];
  }
  return { distance: Math.min(previous[columns] as number, limit + 1), work };
}

/** Many changes, few refreshes: the first shows after `ms`, everything that came in between with it. */
export interface Coalescer<T> {
  add(change: T): void;
  dispose(): void;
}

export function coalesce<T>(ms: number, flush: (changes: T[]) => void): Coalescer<T> {
  let waiting: T[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    add(change) {
      waiting.push(change);
      timer ??= setTimeout(() => {
        timer = undefined;
        const changes = waiting;
        waiting = [];
        flush(changes);
      }, ms);
    },
    dispose() {
      clearTimeout(timer);
      timer = undefined;
      waiting = [];
    },
  };
}

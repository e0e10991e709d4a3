/** Two who read the same row before either of them writes: the race that only the store can decide. */
import type { Store } from '../../../src/core/ports/ports.js';

export interface Meeting {
  store: Store;
  /** The next `count` reads wait for one another. */
  together(count: number): void;
}

export function meeting(store: Store, method: 'approval' | 'plan' | 'run' | 'setting' | 'settings'): Meeting {
  let wanted = 0;
  let met: (() => void)[] = [];
  const meet = async <T>(reading: Promise<T>): Promise<T> => {
    const read = await reading;
    if (wanted === 0) return read;
    await new Promise<void>((resolve) => {
      met.push(resolve);
      if (met.length < wanted) return;
      wanted = 0;
      for (const go of met) go();
      met = [];
    });
    return read;
  };
  return {
    store: { ...store, [method]: (key: string) => meet<unknown>(store[method](key)) },
    together: (count) => void (wanted = count),
  };
}

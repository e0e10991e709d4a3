import type { Disposable } from './disposable.js';

export type Listen<T> = (listener: (value: T) => void) => Disposable;

export interface Emitter<T> extends Disposable {
  readonly on: Listen<T>;
  /**
   * Calls every listener in the order of subscription.
   * A listener that throws is reported to `onError`; the others still hear.
   */
  fire(value: T): void;
  readonly size: number;
}

export function createEmitter<T>(onError: (error: unknown) => void): Emitter<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    on(listener) {
      const own = (value: T) => listener(value); // the same function subscribed twice is two subscriptions
      listeners.add(own);
      return { dispose: () => void listeners.delete(own) };
    },
    fire(value) {
      for (const listener of [...listeners]) {
        try {
          listener(value);
        } catch (error) {
          onError(error);
        }
      }
    },
    get size() {
      return listeners.size;
    },
    dispose: () => listeners.clear(),
  };
}

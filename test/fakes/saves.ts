/** An editor in which `save` is a person's. */
import { createHash } from 'node:crypto';
import type { Saves } from '../../src/core/ports/ports.js';

export interface FakeSaves extends Saves {
  /** Tells every watcher that the person saved this text. */
  save(path: string, text: string): void;
}

export function createFakeSaves(): FakeSaves {
  const watchers = new Set<Map<string, string>>();
  return {
    save: (path, text) => {
      for (const saved of watchers) saved.set(path, createHash('sha256').update(text).digest('hex'));
    },
    watch() {
      const saved = new Map<string, string>();
      watchers.add(saved);
      return {
        async stop() {
          watchers.delete(saved);
          return saved;
        },
      };
    },
  };
}

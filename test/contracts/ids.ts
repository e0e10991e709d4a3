import { describe, expect, it } from 'vitest';
import type { Ids } from '../../src/core/ports/ports.js';

export function idsContract(name: string, make: () => Ids): void {
  describe(`ids: ${name}`, () => {
    it('start with their prefix, never repeat, and sort in the order they were made', () => {
      const ids = make();
      const made = Array.from({ length: 5_000 }, () => ids.next('run'));
      expect(made.every((id) => /^run_[0-9a-z]+$/.test(id))).toBe(true);
      expect(new Set(made).size).toBe(made.length);
      expect([...made].sort()).toEqual(made);
    });
  });
}

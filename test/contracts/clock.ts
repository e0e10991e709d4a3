/** What every Clock keeps. `pass` lets time go by: a fake is moved, a real one waited for. */
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/ports/ports.js';

export function clockContract(name: string, make: () => { clock: Clock; pass(ms: number): Promise<void> }): void {
  describe(`clock: ${name}`, () => {
    const signal = new AbortController().signal;

    it('counts in whole milliseconds and never backwards', async () => {
      const { clock, pass } = make();
      const [wall, start] = [clock.now(), clock.monotonic()];
      await pass(20);
      expect(Number.isInteger(clock.now())).toBe(true);
      expect(clock.now() - wall).toBeGreaterThanOrEqual(15);
      expect(clock.monotonic() - start).toBeGreaterThanOrEqual(15);
    });

    it('wakes a sleeper when its time has come, not before', async () => {
      const { clock, pass } = make();
      const start = clock.monotonic();
      let slept = -1;
      const sleeper = clock.sleep(30, signal).then(() => void (slept = clock.monotonic() - start));
      await Promise.resolve();
      expect(slept).toBe(-1);
      await pass(40);
      await sleeper;
      expect(slept).toBeGreaterThanOrEqual(28);
    });

    it('ends a sleep with the reason of the abort', async () => {
      const { clock } = make();
      const reason = new Error('stop');
      const controller = new AbortController();
      const sleeper = clock.sleep(60_000, controller.signal);
      controller.abort(reason);
      await expect(sleeper).rejects.toBe(reason);
      await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
    });

    it('gives a signal that aborts when its time has come, not before', async () => {
      const { clock, pass } = make();
      const [soon, later] = [clock.timeout(30), clock.timeout(60_000)];
      expect(soon.aborted).toBe(false);
      await pass(60);
      expect(soon.aborted).toBe(true);
      expect(soon.reason).toMatchObject({ name: 'TimeoutError' });
      expect(later.aborted).toBe(false);
    });
  });
}

import { expect, it } from 'vitest';
import { createEmitter } from '../../src/base/emitter.js';
import type { Progress } from '../../src/core/model/event.js';
import { withOwnProgress } from '../../src/core/own-progress.js';

it('a request shows what it tells itself: nothing of a run that goes beside it, nor of another door', async () => {
  const progress = createEmitter<Progress>(() => undefined);
  const told: string[] = [];
  const one = (text: string, more: Partial<Progress>): void =>
    progress.fire({ run: '', task: '', stage: 'plan', kind: 'message', text, ...more });
  const request = async (token: string) => {
    one('mine', { token });
    one('of a run', { run: 'run_1', stage: 'implement', kind: 'model' });
    one('of another door', { token: 'theirs' });
    one('of nobody', {});
    return await Promise.reject(new Error('it failed'));
  };
  await expect(
    withOwnProgress({ onProgress: progress.on }, 'mine', (text) => told.push(text), request),
  ).rejects.toThrow();
  one('late', { token: 'mine' });
  expect(told).toEqual(['mine']);
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEmitter } from '../../../src/base/emitter.js';
import { untilQuiet } from '../../../src/vscode/editor/quiet.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function waiting(spoke: boolean) {
  const words = createEmitter<void>((error) => {
    throw error;
  });
  const abort = new AbortController();
  const told: string[] = [];
  untilQuiet({ spoke, onWord: words.on, quietMs: 1500, longestMs: 20_000 }, abort.signal).then(
    (how) => told.push(how),
    (error: Error) => told.push(error.message),
  );
  const after = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    return told;
  };
  return { words, abort, after };
}

describe('waiting for the language servers', () => {
  it('takes silence for an answer only from one that spoke before', async () => {
    const warm = waiting(true);
    expect(await warm.after(1499)).toEqual([]);
    expect(await warm.after(1)).toEqual(['quiet']);
    const cold = waiting(false);
    expect(await cold.after(19_999)).toEqual([]);
    expect(await cold.after(1)).toEqual(['unheard']);
    expect(cold.words.size).toBe(0);
  });
  it('waits for the first word of a cold one, and from then on for calm', async () => {
    const { words, after } = waiting(false);
    await after(9000);
    words.fire();
    expect(await after(1000)).toEqual([]);
    words.fire();
    expect(await after(1499)).toEqual([]);
    expect(await after(1)).toEqual(['quiet']);
  });
  it('does not wait for ever for one that goes on talking', async () => {
    const { words, after } = waiting(true);
    for (let each = 0; each < 20; each++) {
      words.fire();
      await after(1000);
    }
    expect(await after(0)).toEqual(['quiet']);
  });
  it('ends with the signal and listens no more', async () => {
    const { words, abort, after } = waiting(false);
    abort.abort(new Error('stop'));
    expect(await after(0)).toEqual(['stop']);
    expect(words.size).toBe(0);
  });
});

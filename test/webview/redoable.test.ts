import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/model/event.js';
import { redoable } from '../../webview-ui/run/redoable.js';

const log = (...said: string[]): RunEvent[] =>
  said.map((one) => {
    const [type, rollback, of] = one.split(' ');
    return { type, rollback, ...(of !== undefined && { of }) } as unknown as RunEvent;
  });

describe('a rollback in the timeline', () => {
  it.each([
    ['the only one can be taken back', ['rolled-back A', 'run-paused'], 'A', true],
    ['of two the newer', ['rolled-back A', 'rolled-back B'], 'B', true],
    ['not the older meanwhile', ['rolled-back A', 'rolled-back B'], 'A', false],
    ['the older once the newer was brought back', ['rolled-back A', 'rolled-back B', 'redone C B'], 'A', true],
    ['none twice', ['rolled-back A', 'redone B A'], 'A', false],
  ])('%s', (_, said, rollback, can) => expect(redoable(log(...said), rollback)).toBe(can));
});

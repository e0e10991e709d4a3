import { expect, it } from 'vitest';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { createIds } from '../../src/adapters/node/ids.js';
import { createFakeIds } from '../fakes/ids.js';
import { idsContract } from './ids.js';

idsContract('time-ordered', () => createIds(createSystemClock()));
idsContract('fake', createFakeIds);

it('ids keep their order when the clock stands still, is set back, and the chance part runs over', () => {
  const times = [1000, 1000, 900, 900, 1001];
  const ids = createIds({ now: () => times.shift() ?? 1001 }, (size) => new Uint8Array(size).fill(31));
  const made = Array.from({ length: 8 }, () => ids.next('x'));
  expect([...made].sort()).toEqual(made);
  expect(new Set(made).size).toBe(8);
});

import { setTimeout as wait } from 'node:timers/promises';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { createFakeClock } from '../fakes/clock.js';
import { clockContract } from './clock.js';

clockContract('system', () => ({ clock: createSystemClock(), pass: async (ms) => void (await wait(ms)) }));
clockContract('fake', () => {
  const clock = createFakeClock();
  return { clock, pass: (ms) => clock.advance(ms) };
});

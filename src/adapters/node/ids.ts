/**
 * Time-ordered ids in the layout of ULID: 10 characters of time, 16 of chance;
 * within a millisecond the chance part counts up.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Ids } from '../../core/ports/ports.js';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32
const timeLength = 10;
const chanceLength = 16;

export function createIds(clock: Pick<Clock, 'now'>, random: (size: number) => Uint8Array = randomBytes): Ids {
  let time = -1;
  let chance: number[] = [];
  return {
    next(prefix) {
      const now = clock.now();
      if (now > time) {
        time = now;
        chance = [...random(chanceLength)].map((byte) => byte & 31);
        chance[0] = (chance[0] ?? 0) & 15; // room to count up without running over
      } else {
        // the same millisecond, or a clock that was set back: later ids must sort after earlier ones all the same
        countUp(chance);
      }
      return `${prefix}_${base32(time, timeLength)}${chance.map((digit) => alphabet[digit]).join('')}`;
    },
  };
}

function countUp(digits: number[]): void {
  for (let i = digits.length - 1; i >= 0; i--) {
    const digit = digits[i] ?? 0;
    if (digit < 31) {
      digits[i] = digit + 1;
      return;
    }
    digits[i] = 0;
  }
}

function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value, i = 0; i < length; i++, rest = Math.floor(rest / 32)) text = alphabet[rest % 32] + text;
  return text;
}

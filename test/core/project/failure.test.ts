/** The same failure is the same text, whatever passes from run to run. */
import { expect, it } from 'vitest';
import { failureOf } from '../../../src/core/project/failure.js';

const failure = (output: string, exitCode = 1): string => failureOf('npm test', { exitCode, output });

it.each([
  ['durations', '1 failed in 0.51s', '1 failed in 12.3s'],
  ['times and dates', 'at 2026-01-01T10:00:00.123Z x 10:00:01', 'at 2026-02-03T11:12:13Z x 11:12:14'],
  ['addresses', '<C object at 0x7f00aa11>', '<C object at 0x7fff0012>'],
  ['temporary folders', 'no file /tmp/pytest-1/a', 'no file /tmp/pytest-22/a'],
  ['colours', '\u001b[31mFAIL\u001b[0m a', 'FAIL a'],
  ['blank lines and columns', 'a  (3 ms)\n\nb', 'a (14 ms)\nb'],
])('%s do not count', (_name, one, other) => {
  expect(failure(one)).toBe(failure(other));
});

it.each([
  ['a test more', '1 failed, 3 passed', '2 failed, 3 passed'],
  ['another test', 'FAILED a::b', 'FAILED a::c'],
  ['another value', 'expected 3 to be 4', 'expected 5 to be 4'],
])('%s is another failure', (_name, one, other) => {
  expect(failure(one)).not.toBe(failure(other));
  expect(failure(one)).not.toBe(failure(one, 2));
});

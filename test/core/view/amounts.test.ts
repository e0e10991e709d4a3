import { describe, expect, it } from 'vitest';
import {
  bytes,
  changed,
  cost,
  count,
  counted,
  duration,
  instant,
  money,
  moneyOf,
  plural,
  spentOf,
  tokensOf,
} from '../../../src/core/view/amounts.js';
import { plain } from '../../../src/core/view/translate.js';
import * as panel from '../../../webview-ui/format.js';
import { setTexts } from '../../../webview-ui/l10n.js';

it.each([
  [0, '0 ms'],
  [300, '300 ms'],
  [949, '949 ms'],
  [950, '1 s'],
  [41_000, '41 s'],
  [59_600, '1 min'],
  [192_000, '3 min 12 s'],
  [725_000, '12 min 5 s'],
  [1_200_000, '20 min'],
  [7_200_000, '2 h'],
  [7_500_000, '2 h 5 min'],
])('%i ms is %s, in every door', (ms, said) => {
  expect(duration(ms)).toBe(said);
  expect(panel.duration(ms)).toBe(said);
});

describe('money', () => {
  it.each([
    [0, '$0.00'],
    [0.001, '<$0.01'],
    [0.007, '$0.01'],
    [0.42, '$0.42'],
    [null, 'price unknown'],
  ])('%s is %s', (usd, said) => {
    expect(money(usd)).toBe(said);
    expect(panel.money(usd)).toBe(said);
  });
  it('stands against its budget, and an unknown price gives the tokens', () => {
    expect(moneyOf(0.42, 5)).toBe('$0.42 of $5.00');
    expect(cost(0.42, 10, plain, 5)).toBe('$0.42 of $5.00');
    expect(cost(0.42, 10)).toBe('$0.42');
    expect(cost(null, 18_204, plain, 5)).toBe('price unknown · 18,204 tokens');
  });
});

it('counts with separators, in the way of writing of the reader where a door knows it', () => {
  expect(count(18_204)).toBe('18,204');
  expect(count(18_204, 'de')).toBe('18.204');
  expect(count(18_204, 'fr')).toBe('18 204'); // its own blank is a no-break one, which would show as a hidden sign
  expect(tokensOf(18_204, 50_000)).toBe('18,204 of 50,000 tokens');
  expect([counted(1, 'task'), counted(1200, 'task'), counted(2, 'story', 'stories')]).toEqual([
    '1 task',
    '1,200 tasks',
    '2 stories',
  ]);
  expect(plural(0, '{n} file', '{n} files')).toBe('0 files');
  expect(changed(12, 3)).toBe('+12 −3');
});

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1234, '1.2 KB'],
  [340 * 1024 * 1024, '340 MB'],
])('%i bytes are %s', (size, said) => {
  expect(bytes(size)).toBe(said);
  expect(panel.bytes(size)).toBe(said);
});

it('says everything in the language of the panel', () => {
  setTexts({ '{minutes} min {seconds} s': '{minutes} Min. {seconds} Sek.', 'price unknown': 'Preis unbekannt' }, 'de');
  expect([panel.duration(192_000), panel.money(null), panel.count(18_204)]).toEqual([
    '3 Min. 12 Sek.',
    'Preis unbekannt',
    '18.204',
  ]);
  setTexts({}, 'en');
});

it('gives an instant that means the same everywhere', () => {
  expect(instant(0)).toBe('1970-01-01 00:00:00 UTC');
});

it.each([
  [{ usd: 0.12, tokens: 900 }, { usd: 0.52, tokens: 4000 }, ['$0.64 spent', '$0.12 of it planning']],
  [{ usd: 0, tokens: 0 }, { usd: 0.52, tokens: 4000 }, ['$0.52 spent']],
  [{ usd: 0, tokens: 0 }, { usd: 0, tokens: 0 }, []],
  [
    { usd: null, tokens: 900 },
    { usd: 0.5, tokens: 100 },
    ['price unknown · 1,000 tokens spent', 'price unknown · 900 tokens of it planning'],
  ],
])('says what a plan cost: planning %j, runs %j', (planning, runs, said) =>
  expect(spentOf({ planning, runs })).toEqual(said),
);

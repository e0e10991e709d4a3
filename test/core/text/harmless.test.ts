import fc from 'fast-check';
import { expect, it } from 'vitest';
import { harmless, hasHidden, showArgv, showLine, showLines, showText } from '../../../src/core/text/harmless.js';

it.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007', 'link'],
  ['\u001b]0;title\u001b\\x', 'x'],
  ['\u001b[2J\u001b[Hgone', 'gone'],
  ['\u009b31mred', 'red'],
  ['a\u0007b\u0000c\u007fd', 'abcd'],
  ['one\rtwo\r\nthree', 'one\ntwo\nthree'],
  ['\u001b]0;never ends\nnext', '0;never ends\nnext'],
  ['tab\tstays\n', 'tab\tstays\n'],
  ['access = "user\u202e \u2066// check\u2069"', 'access = "user<U+202E> <U+2066>// check<U+2069>"'],
  ['g\u200dit a\u{e0041}b', 'g<U+200D>it a<U+E0041>b'],
  ['ok \u2714\ufe0f é 漢 😀', 'ok \u2714\ufe0f é 漢 😀'],
  ['\ud800x', '<U+D800>x'],
])('makes %j harmless', (text, expected) => expect(harmless(text)).toBe(expected));

it('leaves nothing that moves the cursor or hides, and does nothing the second time', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          '\u001b',
          '[',
          ']',
          '31m',
          '\u0007',
          'a',
          '\n',
          '\r',
          '\u202e',
          '\u009d',
          '\u009c',
          '\\',
          'P',
          '\u200b',
          '\ud83d',
          '\ude00',
        ),
      ),
      (parts) => {
        const once = harmless(parts.join(''));
        expect(hasHidden(once)).toBe(false);
        expect(harmless(once)).toBe(once);
      },
    ),
    { numRuns: 3000 },
  ));

it('shows the whole vector, gaps counted and hidden characters named', () => {
  expect(showArgv(['npm', 'test'])).toBe('npm test');
  expect(showArgv(['grep', `x${' '.repeat(300)}; curl evil`])).toBe('grep "x<300 spaces>; curl evil"');
  expect(showArgv(['a', 'b\nc', '', 'say "hi"', 'g\u200bit', 'x\u00a0y'])).toBe(
    'a "b\\nc" "" "say \\"hi\\"" "g<U+200B>it" "x<U+00A0>y"',
  );
  expect(showText('a\u001b[2J')).toBe('a\\x1b[2J');
});

it('shows words in one line, and a script or words over several, the blanks a line begins with kept', () => {
  const text = 'if a; then\n    b\u00a0c      # d\r\n\te\u200bf\u001b[31m\nfi';
  expect(showText(text)).toBe('if a; then\\n<4 spaces>b<U+00A0>c<6 spaces># d\\r\\n\\te<U+200B>f\\x1b[31m\\nfi');
  expect(showLine(text)).toBe('if a; then b<U+00A0>c<6 spaces># d e<U+200B>f fi');
  expect(showLines(text)).toBe('if a; then\n    b<U+00A0>c<6 spaces># d\\r\n\te<U+200B>f\\x1b[31m\nfi');
});

it('shows what was made to be seen as it is', () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('\u001b', '[2J', '\u00a0', ' ', '    ', 'a', '\n', '\r', '\t', '\u200b', '\\', '<')),
      (parts) => {
        for (const show of [showText, showLine, showLines]) {
          const once = show(parts.join(''));
          expect(hasHidden(once)).toBe(false);
          expect(show(once)).toBe(once);
        }
      },
    ),
    { numRuns: 2000 },
  ));

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTextEdits, type TextReplace } from '../../../src/vscode/editor/text-edits.js';

const apply = (text: string, edits: readonly TextReplace[]) =>
  [...edits].reverse().reduce((now, { start, end, text: piece }) => now.slice(0, start) + piece + now.slice(end), text);
const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', '', 'länger 𝄞'), { maxLength: 12 })
  .chain((lines) => fc.constantFrom('\n', '\r\n').map((eol) => lines.join(eol)));

describe('planTextEdits', () => {
  it('gives exactly the new text, whatever the two are', () =>
    fc.assert(
      fc.asyncProperty(texts, texts, async (before, after) => {
        expect(apply(before, await planTextEdits(before, after))).toBe(after);
      }),
    ));
  it('leaves equal lines alone', async () => {
    expect(await planTextEdits('a\nb\nc\n', 'a\nB\nc\n')).toEqual([{ start: 2, end: 4, text: 'B\n' }]);
    expect(await planTextEdits('same\n', 'same\n')).toEqual([]);
  });
});

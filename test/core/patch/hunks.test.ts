import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../../src/base/bytes.js';
import { applyPatch } from '../../../src/core/patch/apply.js';
import { countChanges, diffHunks, unifiedDiff } from '../../../src/core/patch/hunks.js';
import { parsePatch } from '../../../src/core/patch/parse.js';
import { timed } from '../timed.js';

const hasher = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };
const hunksOf = (before: string, after: string) => diffHunks('a.ts', before, after, hasher);
const show = (before: string, after: string) =>
  hunksOf(before, after).map(({ oldStart, oldLines, newStart, newLines, oldText, newText }) =>
    [
      `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
      ...oldText.map((one) => `-${one.trimEnd()}`),
      ...newText.map((one) => `+${one.trimEnd()}`),
    ].join(' '),
  );

const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'd d\n', '-- e\n');
const text = fc
  .tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('', 'end'))
  .map(([lines, end]) => lines.join('') + end);

describe('hunks', () => {
  it('are numbered as in a unified diff without context', () => {
    expect(show('1\n2\n3\n4\n', '1\ntwo\n3\n4\nfive\n')).toEqual(['@@ -2,1 +2,1 @@ -2 +two', '@@ -4,0 +5,1 @@ +five']);
    expect(show('1\n2\n3\n', '2\n3\n')).toEqual(['@@ -1,1 +0,0 @@ -1']);
    expect(show('x', 'x\n')).toEqual(['@@ -1,1 +1,1 @@ -x +x']);
    expect(show('', 'x\n')).toEqual(['@@ -0,0 +1,1 @@ +x']);
    expect(show('same\n', 'same\n')).toEqual([]);
  });
  it('have ids that stay while the hunk says the same, also where it moves, and that differ within a file', () => {
    const [first, second] = hunksOf('x\n1\nx\n', 'y\n1\ny\n');
    const [moved] = hunksOf('0\nx\n1\n', '0\ny\n1\n');
    expect(first?.id).toBe(moved?.id);
    expect(first?.id).not.toBe(second?.id);
    expect(first?.id).toMatch(/^[0-9a-f]{16}$/);
  });
  it('within a file have a name each', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const ids = hunksOf(before, after).map((hunk) => hunk.id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 1000 },
    );
  });
  it('count what is added and removed', () =>
    expect(countChanges('1\n2\n3\n', '1\ntwo\nmore\n')).toEqual({ added: 2, removed: 2 }));
  it('of 15,000 lines with 5,000 changes are found within two seconds', async () => {
    const before = Array.from({ length: 15_000 }, (_, i) => `line ${i}\n`);
    const after = before.map((l, i) => (i % 3 ? l : `changed ${i}\n`));
    const { ms, value } = await timed(() => hunksOf(before.join(''), after.join('')));
    expect(value.length).toBe(5000);
    expect(ms).toBeLessThan(2000);
  });
  it('of two long texts with nothing in common are one hunk, within two seconds', async () => {
    const lines = (word: string) => Array.from({ length: 50_000 }, (_, i) => `${word} ${i}\n`).join('');
    const { ms, value } = await timed(() => hunksOf(lines('old'), lines('new')));
    expect(value.length).toBe(1);
    expect(ms).toBeLessThan(2000);
  });
});

describe('unified diff', () => {
  it('reads as git writes it', () => {
    expect(unifiedDiff('a.ts', '1\n2\n3\n4\n5\n6\n7\n8\n9', '1\n2\n3\n4\nfive\n6\n7\n8\nnine')).toBe(
      '--- a/a.ts\n+++ b/a.ts\n@@ -2,8 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n-9\n\\ No newline at end of file\n+nine\n\\ No newline at end of file\n',
    );
    expect(unifiedDiff('n', null, 'x\n')).toBe('--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n');
    expect(unifiedDiff('n', null, '')).toBe('diff --git a/n b/n\nnew file mode 100644\n');
    expect(unifiedDiff('n', 'x\n', null)).toBe('--- a/n\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n');
    expect(unifiedDiff('b', 'x\n', 'x\n', { from: 'a' })).toBe('diff --git a/a b/b\nrename from a\nrename to b\n');
    expect(unifiedDiff('a', 'x\n', 'x\n')).toBe('');
  });
  it('is read back and applied to exactly the text it was made for', () => {
    fc.assert(
      fc.property(text, text, fc.nat({ max: 4 }), (before, after, context) => {
        fc.pre(before !== after);
        const patch = parsePatch(unifiedDiff('a', before, after, { context: context + 1 }));
        const result = applyPatch(patch, () => encodeUtf8(before));
        expect(result.ok && result.files[0]?.after).toEqual(encodeUtf8(after));
      }),
      { numRuns: 1000 },
    );
  });
});

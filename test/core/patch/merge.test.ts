import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8, type Bytes } from '../../../src/base/bytes.js';
import { mergeThree } from '../../../src/core/patch/merge.js';
import { decodeText, encodeText, eolOf } from '../../../src/core/patch/text-file.js';

const merge = (base: string, ours: string, theirs: string) => {
  const result = mergeThree(encodeUtf8(base), encodeUtf8(ours), encodeUtf8(theirs));
  return result.clean ? decodeUtf8(result.bytes) : result.conflicts;
};

it('takes both sides where they do not touch', () => {
  expect(merge('1\n2\n3\n4\n', 'one\n2\n3\n4\n', '1\n2\n3\nfour\n')).toBe('one\n2\n3\nfour\n');
  expect(merge('1\n2\n3\n', '1\n3\n', '1\n2\n3\n4\n')).toBe('1\n3\n4\n');
});
it('takes the same change once', () => expect(merge('1\n2\n3\n', '1\nx\n3\n', '1\nx\n3\n4\n')).toBe('1\nx\n3\n4\n'));
it('names the conflict where they touch', () => {
  expect(merge('1\n2\n3\n', '1\nx\n3\n', '1\ny\n3\n')).toEqual([{ line: 2, base: '2\n', ours: 'x\n', theirs: 'y\n' }]);
  expect(merge('1\n2\n', '1\na\n2\n', '1\nb\n2\n')).toEqual([{ line: 2, base: '', ours: 'a\n', theirs: 'b\n' }]);
  expect(merge('1\n2\n3\n4\n', '1\n3\n4\n', '1\n2\nx\n4\n')).toEqual([
    { line: 2, base: '2\n3\n', ours: '3\n', theirs: '2\nx\n' },
  ]);
});
it('keeps line endings and byte order mark of ours', () => {
  expect(merge('1\n2\n3\n4\n', '\uFEFFone\r\n2\r\n3\r\n4\r\n', '1\n2\n3\nfour\n')).toBe(
    '\uFEFFone\r\n2\r\n3\r\nfour\r\n',
  );
  expect(merge('1\n2\r\n3\n4\n', '1\n2\r\n3\nx', '0\n2\r\n3\n4\n')).toBe('0\n2\r\n3\nx');
});
it('takes the changed side of bytes that are not text, and calls two changed sides a conflict', () => {
  const bytes = (...values: number[]): Bytes => Uint8Array.from([0, ...values]);
  expect(mergeThree(bytes(255), bytes(255), bytes(254))).toEqual({ clean: true, bytes: bytes(254) });
  expect(mergeThree(bytes(255), bytes(253), bytes(254))).toEqual({
    clean: false,
    conflicts: [{ line: 0, base: '', ours: '', theirs: '' }],
  });
});

const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n'), { maxLength: 20 }).map((lines) => lines.join(''));
it('gives the other side where one side changed nothing, and the same conflicts seen from either side', () => {
  fc.assert(
    fc.property(text, text, text, (base, ours, theirs) => {
      expect(merge(base, ours, base)).toBe(ours);
      expect(merge(base, base, theirs)).toBe(theirs);
      expect(merge(base, ours, ours)).toBe(ours);
      const [one, two] = [merge(base, ours, theirs), merge(base, theirs, ours)];
      if (typeof one === 'string') expect(two).toBe(one);
      else
        expect(two).toMatchObject(
          (one ?? []).map(({ base: b, ours: o, theirs: t }) => ({ base: b, ours: t, theirs: o })),
        );
    }),
    { numRuns: 1000 },
  );
});

it('tells the facts of a text and gives its bytes back', () => {
  expect(decodeText(encodeUtf8('\uFEFFa\r\nb'))).toEqual({ text: 'a\r\nb', bom: true, roundTrips: true });
  expect(eolOf('a\r\nb')).toBe('crlf');
  expect(eolOf('a\nb\n')).toBe('lf');
  expect(eolOf('a\r\nb\n')).toBe('mixed');
  expect(eolOf('a\rb\n')).toBe('mixed');
  expect(eolOf('a')).toBe('none');
  expect(decodeText(Uint8Array.of(0xff)).roundTrips).toBe(false);
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' }).map(encodeUtf8)), (bytes) => {
      const facts = decodeText(bytes);
      return !facts.roundTrips || Buffer.from(encodeText(facts.text, facts.bom)).equals(Buffer.from(bytes));
    }),
  );
});

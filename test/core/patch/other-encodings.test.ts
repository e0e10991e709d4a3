/** Files that are not UTF-8: every byte outside of an edit stays, or the edit is refused in words. */
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../../src/base/bytes.js';
import { applyPatch, reportText } from '../../../src/core/patch/apply.js';
import { mergeThree } from '../../../src/core/patch/merge.js';
import { readOther } from '../../../src/core/patch/other-encodings.js';
import { parsePatch } from '../../../src/core/patch/parse.js';

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const utf16 = (text: string, little = true) => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return new Uint8Array(little ? bytes : bytes.swap16());
};
const edited = (before: Uint8Array, edits: object[]) => {
  const result = applyPatch(parsePatch(JSON.stringify(edits)), () => before);
  return result.ok ? result.files[0]?.after : reportText(result.report);
};
const change = (search: string, replace: string) => [{ path: 'f.txt', search, replace }];

describe('an edit of a file that is not UTF-8', () => {
  it.each<[string, Uint8Array, Uint8Array]>([
    ['Latin-1', latin1('gr\xfc\xdfe\nlevel = 1\n'), latin1('gr\xfc\xdfe\nlevel = 2\n')],
    ['Windows-1252 with all its high bytes', latin1(`${all()}\nlevel = 1\r\n`), latin1(`${all()}\nlevel = 2\r\n`)],
    ['GBK', latin1('name = "\xd6\xd0\xce\xc4"\nlevel = 1\n'), latin1('name = "\xd6\xd0\xce\xc4"\nlevel = 2\n')],
    ['UTF-16LE', utf16('größe 中\r\nlevel = 1\r\n'), utf16('größe 中\r\nlevel = 2\r\n')],
    ['UTF-16BE', utf16('größe 中\nlevel = 1\r\n', false), utf16('größe 中\nlevel = 2\r\n', false)],
    ['UTF-16 with half a character', utf16('\ud800\nlevel = 1\n'), utf16('\ud800\nlevel = 2\n')],
    ['a byte order mark and mixed endings', bom('a\r\nlevel = 1\nb\r\n'), bom('a\r\nlevel = 2\nb\r\n')],
  ])('keeps every other byte: %s', (_, before, after) => {
    expect(edited(before, change('level = 1', 'level = 2'))).toEqual(after);
  });

  it('takes what the encoding can say', () => {
    expect(edited(utf16('a\n'), change('a', 'ü中'))).toEqual(utf16('ü中\n'));
    expect(edited(latin1('gr\xfc\xdfe\na\n'), change('a', 'grüße'))).toEqual(latin1('gr\xfc\xdfe\ngr\xfc\xdfe\n'));
    expect(edited(utf16('a\n'), [{ path: 'f.txt', content: 'whole\n' }])).toEqual(utf16('whole\n'));
  });

  it('refuses the rest in words', () => {
    expect(edited(latin1('gr\xfc\xdfe\na\n'), change('a', 'é'))).toMatch(/not UTF-8, so an edit may add ASCII/);
    expect(edited(latin1('gr\xfc\xdfe\n'), [{ path: 'f.txt', content: '中' }])).toMatch(/not UTF-8/);
    for (const bytes of [
      new Uint8Array([0, 1, 2, 200]),
      new Uint8Array([255, 254, 0]),
      new Uint8Array([255, 254, 0, 0]),
    ]) {
      expect(readOther(bytes)).toBeUndefined();
      expect(edited(bytes, [{ path: 'f.txt', content: 'x' }])).toMatch(/not text that can be edited safely/);
    }
  });

  it('is merged with what the person changed beside it', () => {
    const text = (first: string, last: string) => latin1(`${first}\xfc\n2\n3\n4\n5\n${last}\xdf\n`);
    expect(mergeThree(text('a', 'b'), text('A', 'b'), text('a', 'B'))).toEqual({ clean: true, bytes: text('A', 'B') });
    const wide = (first: string, last: string) => utf16(`${first}\n2\n3\n4\n5\n${last}\n`);
    expect(mergeThree(wide('a', 'b'), wide('中', 'b'), wide('a', 'B'))).toEqual({
      clean: true,
      bytes: wide('中', 'B'),
    });
    expect(mergeThree(text('a', 'b'), encodeUtf8('a\n'), text('a', 'B')).clean).toBe(false);
  });
});

function all(): string {
  return String.fromCharCode(...Array.from({ length: 128 }, (_, at) => 128 + at));
}
function bom(text: string): Uint8Array {
  return encodeUtf8(`\uFEFF${text}`);
}

import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8, equalBytes, decodeUtf8, type Bytes } from '../../../src/base/bytes.js';
import { applyPatch, reportText } from '../../../src/core/patch/apply.js';
import { parsePatch } from '../../../src/core/patch/parse.js';
import { timed } from '../timed.js';

type Files = Record<string, string>;

function run(before: Files, patch: string) {
  const bytes = new Map(Object.entries(before).map(([path, text]) => [path, encodeUtf8(text)]));
  const result = applyPatch(parsePatch(patch), (path) => bytes.get(path));
  const after: Files = { ...before };
  if (result.ok)
    for (const file of result.files) {
      if (file.from !== undefined) delete after[file.from];
      if (file.after === null) delete after[file.path];
      else after[file.path] = decodeUtf8(file.after) ?? '(bytes)';
    }
  const rungs = result.report.hunks.map((hunk) => hunk.code ?? hunk.rung ?? 'whole').join(' ');
  return { result, after, rungs };
}

/** Files before, patch, files after, and on which rung each hunk was found. */
function check(c: { before: Files; patch: string; after: Files; rungs?: string }): void {
  const done = run(c.before, c.patch);
  expect(done.after, reportText(done.result.report)).toEqual(c.after);
  expect(done.result.ok, reportText(done.result.report)).toBe(true);
  if (c.rungs !== undefined) expect(done.rungs).toBe(c.rungs);
}
function refuse(c: { before: Files; patch: string; rungs?: string; says?: RegExp }): void {
  const done = run(c.before, c.patch);
  expect(done.result.ok).toBe(false);
  if (c.rungs !== undefined) expect(done.rungs).toBe(c.rungs);
  if (c.says) expect(reportText(done.result.report)).toMatch(c.says);
  expect(reportText(done.result.report)).toContain('Nothing was changed');
}
const unified = (path: string, ...hunks: string[]) => `--- a/${path}\n+++ b/${path}\n${hunks.join('')}`;
const replace = (search: string, replacement: string, all = false) =>
  JSON.stringify([{ path: 'a', search, replace: replacement, ...(all ? { replace_all: true } : {}) }]);
const block = (search: string, replacement: string) =>
  `a\n<<<<<<< SEARCH\n${search}=======\n${replacement}>>>>>>> REPLACE\n`;

describe('rungs', () => {
  const nine = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';
  it('exactly at its place', () =>
    check({
      before: { a: nine },
      patch: unified('a', '@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n'),
      after: { a: nine.replace('5', 'five') },
      rungs: 'exact',
    }));
  it('the place decides between equal lines', () =>
    check({
      before: { a: 'x\ny\nx\n' },
      patch: unified('a', '@@ -3 +3 @@\n-x\n+z\n'),
      after: { a: 'x\ny\nz\n' },
      rungs: 'exact',
    }));
  it('exactly elsewhere, when there is one such place', () =>
    check({
      before: { a: `0\n0\n${nine}` },
      patch: unified('a', '@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n'),
      after: { a: `0\n0\n${nine.replace('5', 'five')}` },
      rungs: 'moved',
    }));
  it('elsewhere by as much as the hunk before it', () =>
    check({
      before: { a: '0\n0\nhead\n}\n1\n}\n2\n}\n' },
      patch: unified('a', '@@ -1 +1 @@\n-head\n+HEAD\n', '@@ -4 +4 @@\n-}\n+};\n'),
      after: { a: '0\n0\nHEAD\n}\n1\n};\n2\n}\n' },
      rungs: 'moved moved',
    }));
  it('refuses two places, and names them', () =>
    refuse({
      before: { a: 'b\nx\nc\nx\n' },
      patch: unified('a', '@@ -1 +1 @@\n-x\n+z\n'),
      rungs: 'hunk-ambiguous',
      says: /lines 2, 4/,
    }));
  it('line endings', () =>
    check({
      before: { a: '1\r\n2\r\n3\r\n' },
      patch: unified('a', '@@ -1,3 +1,4 @@\n 1\n-2\n+two\n+more\n 3\n'),
      after: { a: '1\r\ntwo\r\nmore\r\n3\r\n' },
      rungs: 'line-endings',
    }));
  it('trailing space', () =>
    check({
      before: { a: '1  \n2\n' },
      patch: unified('a', '@@ -1,2 +1,2 @@\n 1\n-2\n+two\n'),
      after: { a: '1  \ntwo\n' },
      rungs: 'trailing-space',
    }));
  it('indentation, with the new lines as deep as the file has them', () =>
    check({
      before: { a: 'class A {\n    f() {\n        return 1;\n    }\n}\n' },
      patch: block('f() {\n    return 1;\n}\n', 'f() {\n    if (x) {\n        return 2;\n    }\n    return 1;\n}\n'),
      after: {
        a: 'class A {\n    f() {\n        if (x) {\n            return 2;\n        }\n        return 1;\n    }\n}\n',
      },
      rungs: 'indentation',
    }));
  it('indentation, with tabs for spaces', () =>
    check({
      before: { a: 'f() {\n\tif (x) {\n\t\ty();\n\t}\n}\n' },
      patch: block('  if (x) {\n    y();\n', '  if (x) {\n    y();\n    while (z) {\n      y();\n    }\n'),
      after: { a: 'f() {\n\tif (x) {\n\t\ty();\n\t\twhile (z) {\n\t\t\ty();\n\t\t}\n\t}\n}\n' },
      rungs: 'indentation',
    }));
  it('indentation, in a line one step less deep than any that was matched', () =>
    check({
      before: { a: 'if x:\n        a\n        b\nend\n' },
      patch: block('    a\n    b\n', '    a\nelse:\n    b\n'),
      after: { a: 'if x:\n        a\n    else:\n        b\nend\n' },
      rungs: 'indentation',
    }));
  it('refuses lines whose depth the patch mixes up', () =>
    refuse({
      before: { a: 'if x:\n    a = 1\n    if y:\n        b = 2\n' },
      patch: block('if x:\na = 1\nif y:\nb = 2\n', 'if x:\na = 1\nif y:\nb = 3\n'),
      rungs: 'hunk-not-found',
      says: /Near line 1 the file says:\n {4}1 \| if x:\n/,
    }));
  it('look-alike punctuation, keeping the file’s', () => {
    check({
      before: { a: 'say("hi") - now\n' },
      patch: block('say(“hi”) – now\n', 'say(“bye”) – now\n'),
      after: { a: 'say("bye") - now\n' },
      rungs: 'punctuation',
    });
    check({
      before: { a: 'title: “Hi” — all\nx\n' },
      patch: block('title: "Hi" - all\n', 'title: "Hi" - you\n'),
      after: { a: 'title: “Hi” — you\nx\n' },
      rungs: 'punctuation',
    });
    check({ before: { a: 'a\u00A0b\n' }, patch: block('a b\n', 'c\n'), after: { a: 'c\n' }, rungs: 'punctuation' });
  });
  it('the one place that is at least 0.9 alike', () => {
    const line = 'const total = items.reduce((sum, item) => sum + item.price, 0);\n';
    check({
      before: { a: `x\n${line}y\n` },
      patch: block(line.replace('price', 'prize'), 'const total = 0;\n'),
      after: { a: 'x\nconst total = 0;\ny\n' },
      rungs: 'fuzzy',
    });
    refuse({
      before: { a: `${line}${line.replace('total', 'totel')}` },
      patch: block(line.replace('price', 'prize'), 'z\n'),
      rungs: 'hunk-ambiguous',
    });
    refuse({
      before: { a: `x\n${line}` },
      patch: block(line.replace('items.reduce', 'list.fold'), 'z\n'),
      rungs: 'hunk-not-found',
    });
  });
  it('says when the change is there already', () =>
    refuse({
      before: { a: '1\ntwo\n' },
      patch: block('1\n2\n', '1\ntwo\n'),
      rungs: 'already-applied',
      says: /stands at line 1 already/,
    }));
  it('shows what stands there instead', () =>
    refuse({
      before: { a: 'alpha\nbeta changed\ngamma\n' },
      patch: unified('a', '@@ -1,3 +1,3 @@\n alpha\n-beta as it was\n+x\n gamma\n'),
      says: /Near line 1 the file says:\n {4}1 \| alpha\n {4}2 \| beta changed\n {4}3 \| gamma/,
    }));
});

describe('*** Begin Patch', () => {
  const patch = (body: string) => `*** Begin Patch\n*** Update File: a\n${body}*** End Patch\n`;
  const file = 'class A:\n    def f():\n        pass\nclass B:\n    def f():\n        pass\n';
  it('looks below its anchors', () =>
    check({
      before: { a: file },
      patch: patch('@@ class B:\n     def f():\n-        pass\n+        return 1\n'),
      after: { a: file.replace(/pass\n$/, 'return 1\n') },
      rungs: 'exact',
    }));
  it('takes the first place below an anchor', () =>
    check({
      before: { a: file },
      patch: patch('@@ class A:\n-        pass\n+        return 1\n'),
      after: { a: file.replace('pass', 'return 1') },
    }));
  it('refuses two places without an anchor, and an anchor that is not there', () => {
    refuse({ before: { a: file }, patch: patch('@@\n-        pass\n+        x\n'), rungs: 'hunk-ambiguous' });
    refuse({
      before: { a: file },
      patch: patch('@@ class C:\n-        pass\n+        x\n'),
      rungs: 'anchor-not-found',
    });
  });
  it('puts lines without context at the end, and lines marked so at the end', () => {
    check({ before: { a: 'x\n' }, patch: patch('@@\n+y\n'), after: { a: 'x\ny\n' } });
    check({ before: { a: 'x\ny\nx\n' }, patch: patch('@@\n-x\n+z\n*** End of File\n'), after: { a: 'x\ny\nz\n' } });
  });
  it('adds, moves and deletes files', () =>
    check({
      before: { a: '1\n2\n', d: 'x' },
      patch:
        '*** Begin Patch\n*** Update File: a\n*** Move to: b/c\n@@\n-1\n+one\n*** Delete File: d\n*** Add File: n\n+hi\n*** End Patch\n',
      after: { 'b/c': 'one\n2\n', n: 'hi\n' },
    }));
});

describe('search and replace', () => {
  it('part of a line', () =>
    check({
      before: { a: 'x = foo(1);\r\n' },
      patch: replace('foo(1)', 'bar(2)'),
      after: { a: 'x = bar(2);\r\n' },
      rungs: 'exact',
    }));
  it('new lines end as their neighbours do', () =>
    check({
      before: { a: 'x = 1;\r\ny\n' },
      patch: replace('x = 1;', 'x = 1;\nz = 2;'),
      after: { a: 'x = 1;\r\nz = 2;\r\ny\n' },
    }));
  it('over line endings', () =>
    check({
      before: { a: 'f(\r\n  1,\r\n  2)\r\n' },
      patch: replace('(\n  1', '(\n  0,\n  1'),
      after: { a: 'f(\r\n  0,\r\n  1,\r\n  2)\r\n' },
      rungs: 'line-endings',
    }));
  it('refuses two places unless all are meant', () => {
    refuse({ before: { a: 'x\ny\nx\n' }, patch: replace('x', 'z'), rungs: 'hunk-ambiguous', says: /lines 1, 3/ });
    check({ before: { a: 'xx\ny\nx\n' }, patch: replace('x', 'z', true), after: { a: 'zz\ny\nz\n' } });
    refuse({ before: { a: 'aaa\n' }, patch: replace('aa', 'b'), rungs: 'hunk-ambiguous' });
  });
  it('by lines where the text as it is does not stand there', () => {
    check({
      before: { a: '  if (x) {\n    y();\n  }\n' },
      patch: replace('if (x) {\n  y();\n}', 'if (x) {\n  z();\n}'),
      after: { a: '  if (x) {\n    z();\n  }\n' },
      rungs: 'indentation',
    });
    check({
      before: { a: ' a \n b\n a\n b\n' },
      patch: replace('a\nb', 'c', true),
      after: { a: ' c\n c\n' },
      rungs: 'indentation',
    });
  });
  it('part of a line with other quotes', () =>
    check({
      before: { a: 'x = say("hi", 1);\n' },
      patch: replace('say(“hi”', 'shout(“hi”'),
      after: { a: 'x = shout("hi", 1);\n' },
      rungs: 'punctuation',
    }));
  it('an empty search is a new or an empty file', () => {
    check({ before: {}, patch: replace('', 'hi\n'), after: { a: 'hi\n' } });
    check({ before: { a: '' }, patch: replace('', 'hi\n'), after: { a: 'hi\n' } });
    refuse({ before: { a: 'x' }, patch: replace('', 'hi\n'), rungs: 'search-empty' });
  });
  it('text is put in as it is, whatever it says', () =>
    check({ before: { a: 'x' }, patch: replace('x', "$& $1 $'"), after: { a: "$& $1 $'" } }));
});

describe('whole files, new, renamed and deleted', () => {
  it('writes, keeping byte order mark and CRLF', () => {
    check({
      before: { a: '\uFEFFx\r\ny\r\n' },
      patch: '{"path":"a","content":"1\\n2\\n"}',
      after: { a: '\uFEFF1\r\n2\r\n' },
    });
    check({ before: {}, patch: '{"path":"b","content":"1\\n"}', after: { b: '1\n' } });
  });
  it('refuses to create what is there, and to change or delete what is not', () => {
    refuse({ before: { a: '' }, patch: '--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n', rungs: 'file-exists' });
    refuse({ before: {}, patch: block('x\n', 'y\n'), rungs: 'file-missing' });
    refuse({ before: {}, patch: '*** Begin Patch\n*** Delete File: a\n*** End Patch', rungs: 'file-missing' });
  });
  it('deletes a file only when the patch knows all of it', () => {
    check({ before: { a: 'x\ny\n' }, patch: '--- a/a\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n', after: {} });
    refuse({
      before: { a: 'x\ny\nz\n' },
      patch: '--- a/a\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n',
      rungs: 'delete-leaves-text',
    });
  });
  it('renames, but never onto another file', () => {
    const rename = 'diff --git a/a b/b\nrename from a\nrename to b\n';
    check({ before: { a: 'x\n' }, patch: rename, after: { b: 'x\n' } });
    check({ before: { a: 'x\n' }, patch: `${rename}--- a/a\n+++ b/b\n@@ -1 +1 @@\n-x\n+y\n`, after: { b: 'y\n' } });
    refuse({ before: { a: 'x\n', b: '' }, patch: rename, rungs: 'file-exists' });
  });
});

describe('bytes that stay', () => {
  it('byte order mark', () =>
    check({
      before: { a: '\uFEFFx\n' },
      patch: unified('a', '@@ -1 +1 @@\n-x\n+y\n'),
      after: { a: '\uFEFFy\n' },
      rungs: 'exact',
    }));
  it('mixed line endings, each line its own, new lines as their neighbours', () =>
    check({
      before: { a: '1\r\n2\n3\r\n4\n' },
      patch: unified('a', '@@ -1,4 +1,5 @@\n 1\n-2\n+two\n 3\n+new\n 4\n'),
      after: { a: '1\r\ntwo\n3\r\nnew\r\n4\n' },
      rungs: 'line-endings',
    }));
  it('no final newline', () => {
    check({ before: { a: 'x\ny' }, patch: unified('a', '@@ -1,2 +1,2 @@\n x\n-y\n+z\n'), after: { a: 'x\nz' } });
    check({ before: { a: 'x' }, patch: unified('a', '@@ -1 +1,2 @@\n x\n+y\n'), after: { a: 'x\ny' } });
    check({ before: { a: 'x' }, patch: block('x\n', 'x\ny\n'), after: { a: 'x\ny' } });
  });
  it('a final newline that the patch itself takes or gives', () => {
    check({
      before: { a: 'x\n' },
      patch: unified('a', '@@ -1 +1 @@\n-x\n+x\n\\ No newline at end of file\n'),
      after: { a: 'x' },
      rungs: 'exact',
    });
    check({
      before: { a: 'x' },
      patch: unified('a', '@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n'),
      after: { a: 'x\n' },
      rungs: 'exact',
    });
  });
  it('refuses what is not text', () => {
    const damaged = Uint8Array.of(0x63, 0xe9, 0x01, 0x0a);
    for (const bytes of [damaged, Uint8Array.of(97, 0, 10)]) {
      const result = applyPatch(parsePatch(block('c\n', 'd\n')), () => bytes);
      expect(result.ok).toBe(false);
      expect(result.report.hunks).toEqual([{ path: 'a', hunk: 0, code: 'file-not-text' }]);
    }
  });
});

describe('several hunks', () => {
  const file = { a: '1\n2\n3\n4\n5\n' };
  it('in any order', () =>
    check({
      before: file,
      patch: unified('a', '@@ -5 +5 @@\n-5\n+five\n', '@@ -1 +1 @@\n-1\n+one\n'),
      after: { a: 'one\n2\n3\n4\nfive\n' },
    }));
  it('may share context, but not what one of them changes', () => {
    check({
      before: file,
      patch: unified('a', '@@ -1,3 +1,3 @@\n-1\n+one\n 2\n 3\n', '@@ -2,3 +2,3 @@\n 2\n 3\n-4\n+four\n'),
      after: { a: 'one\n2\n3\nfour\n5\n' },
    });
    refuse({
      before: file,
      patch: unified('a', '@@ -1,2 +1,2 @@\n 1\n-2\n+two\n', '@@ -2,2 +2,2 @@\n-2\n+zwei\n 3\n'),
      rungs: 'hunk-overlap hunk-overlap',
    });
    refuse({
      before: file,
      patch: unified('a', '@@ -1,2 +1,2 @@\n 1\n-2\n+two\n', '@@ -2,2 +2,3 @@\n 2\n+x\n 3\n'),
      rungs: 'hunk-overlap hunk-overlap',
    });
  });
  it('may not insert at one and the same point', () =>
    refuse({
      before: file,
      patch: unified('a', '@@ -1,2 +1,3 @@\n 1\n+a\n 2\n', '@@ -1,2 +1,3 @@\n 1\n+b\n 2\n'),
      rungs: 'hunk-overlap hunk-overlap',
    }));
  it('all files or none', () =>
    refuse({
      before: { a: 'x\n', b: 'y\n' },
      patch: unified('a', '@@ -1 +1 @@\n-x\n+z\n') + unified('b', '@@ -1 +1 @@\n-no\n+z\n'),
      rungs: 'exact hunk-not-found',
    }));
  it('a hunk of context alone changes nothing', () => {
    const { result } = run({ a: 'x\n' }, unified('a', '@@ -1 +1 @@\n x\n'));
    expect(result).toMatchObject({ ok: true, files: [] });
    expect(reportText(result.report)).toContain('changes nothing');
  });
});

describe('properties', () => {
  const line = fc.constantFrom(
    'a',
    'b',
    '',
    '  c',
    '\td',
    '-- e',
    '++ f',
    '@@ g',
    'a\rb',
    'é',
    '“h”',
    '\\ i',
    'long line that has several words in it',
  );
  const text = fc
    .tuple(
      fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 30 }),
      fc.constantFrom('', '', 'end'),
    )
    .map(([lines, last]) => lines.map((l) => l.join('')).join('') + last);
  /** A second text that shares most lines with the first. */
  const pair = fc
    .tuple(text, text, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5 }))
    .map(([one, two, at, cut]) => {
      const lines = one.split(/(?<=\n)/);
      return [one, [...lines.slice(0, at), two.slice(0, 12), ...lines.slice(at + cut)].join('')] as const;
    });

  it('a unified diff of two texts gives exactly the second', () => {
    fc.assert(
      fc.property(fc.oneof(pair, fc.tuple(text, text)), ([before, after]) => {
        fc.pre(before !== after);
        const done = run({ a: before }, createTwoFilesPatch('a', 'a', before, after));
        expect(done.after, reportText(done.result.report)).toEqual({ a: after });
      }),
      { numRuns: 2000 },
    );
  });

  it('a patch that fails leaves every byte of every file as it was, and gives no file', () => {
    fc.assert(
      fc.property(text, pair, fc.constantFrom('unified', 'begin', 'block', 'json'), (other, [before, after], form) => {
        const bytes = new Map<string, Bytes>([
          ['a', encodeUtf8(before)],
          ['b', encodeUtf8(other)],
        ]);
        const images = [...bytes].map(([path, content]) => [path, content.slice()] as const);
        const bad = {
          unified: unified('b', '@@ -1 +1 @@\n-nowhere to be found\n+x\n'),
          begin: '',
          block: 'b\n<<<<<<< SEARCH\nnowhere to be found\n=======\n>>>>>>> REPLACE\n',
          json: '',
        }[form];
        const patch =
          form === 'begin'
            ? `*** Begin Patch\n*** Add File: n\n+${JSON.stringify(after)}\n*** Update File: b\n@@\n-nowhere to be found\n+x\n*** End Patch\n`
            : form === 'json'
              ? JSON.stringify([
                  { path: 'a', content: after },
                  { path: 'b', search: 'nowhere to be found', replace: '' },
                ])
              : form === 'block'
                ? `n\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE\n${bad}`
                : createTwoFilesPatch('a', 'a', before, after) + bad;
        const result = applyPatch(parsePatch(patch), (path) => bytes.get(path));
        expect(result.ok).toBe(false);
        expect('files' in result).toBe(false);
        for (const [path, image] of images) expect(equalBytes(bytes.get(path) as Bytes, image)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

it('finds exact hunks in a file of 100,000 lines in less than 100 ms', async () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 40)}\n`);
  const before = encodeUtf8(lines.join(''));
  const hunks = [10, 50_000, 99_990].map((i) => `@@ -${i} +${i},2 @@\n ${lines[i - 1]}+new\n`).join('');
  const patch = parsePatch(unified('a', hunks));
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { ms, value } = await timed(() => applyPatch(patch, () => before));
    expect(value.ok).toBe(true);
    times.push(ms);
  }
  expect(Math.min(...times)).toBeLessThan(100);
});

it('gives up a search for something alike in a huge file within seconds', async () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i % 977} of the file with some words ${i}\n`);
  const { ms } = await timed(() =>
    refuse({
      before: { a: lines.join('') },
      patch: block(Array.from({ length: 40 }, (_, i) => `line ${i} of a file with other words ${i}\n`).join(''), 'x\n'),
    }),
  );
  expect(ms).toBeLessThan(5000);
});

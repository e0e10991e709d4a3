import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patchPaths, type FileEdit } from '../../../src/core/patch/edits.js';
import { parseEdits, parsePatch } from '../../../src/core/patch/parse.js';

/** One line per file, then one per problem. */
function outline(text: string): string[] {
  const { form, files, problems } = parsePatch(text);
  return [
    form,
    ...files.map(fileLine),
    ...problems.map((p) => `${p.severity} ${p.code}${p.line ? ` @${p.line}` : ''}`),
  ];
}
function fileLine(file: FileEdit): string {
  switch (file.op) {
    case 'create':
    case 'write':
      return `${file.op} ${file.path} ${JSON.stringify(file.content)}`;
    case 'modify':
    case 'delete':
      return `${file.op} ${file.op === 'modify' && file.from ? `${file.from} -> ` : ''}${file.path}${file.hunks
        .map((hunk) =>
          hunk.type === 'text'
            ? ` [${hunk.search}=>${hunk.replace}${hunk.all ? ' all' : ''}]`
            : ` [${hunk.line ?? '-'}${hunk.anchors.map((a) => ` @${a}`).join('')} ${hunk.lines.map((l) => l.sign + l.raw).join('|')}]`,
        )
        .join('')}`;
  }
}
const check = (text: string, expected: string[]) => expect(outline(text)).toEqual(expected);

describe('unified diff', () => {
  it('reads headers with prefixes, timestamps and section headings', () =>
    check(
      'noise\n--- a/src/a.ts\t2024-01-01 10:00\n+++ b/src/a.ts\t2024-01-02\n@@ -1,2 +1,2 @@ class A\n x\n-y\n+z\n',
      ['unified', 'modify src/a.ts [1  x\n|-y\n|+z\n]'],
    ));
  it('keeps names without prefixes, and takes the new one', () =>
    check('--- x.orig\n+++ x\n@@ -1 +1 @@\n-a\n+b\n', ['unified', 'modify x [1 -a\n|+b\n]']));
  it('reads "@@ -5 +5 @@" as one line on either side', () =>
    check('--- a/x\n+++ b/x\n@@ -5 +5 @@\n-a\n+b\n', ['unified', 'modify x [5 -a\n|+b\n]']));
  it('does not take a removed "-- x" line for a header', () =>
    check('--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1 @@\n a\n--- comment\n', [
      'unified',
      'modify x.sql [1  a\n|--- comment\n]',
    ]));
  it('reads several files, renames, new and deleted files', () =>
    check(
      [
        'diff --git a/old name.ts b/new name.ts',
        'similarity index 100%',
        'rename from old name.ts',
        'rename to new name.ts',
        'diff --git a/n.ts b/n.ts',
        'new file mode 100644',
        'index 0000000..1',
        '--- /dev/null',
        '+++ b/n.ts',
        '@@ -0,0 +1,2 @@',
        '+a',
        '+b',
        '\\ No newline at end of file',
        'diff --git a/d.ts b/d.ts',
        'deleted file mode 100644',
        '--- a/d.ts',
        '+++ /dev/null',
        '@@ -1 +0,0 @@',
        '-gone',
        'diff --git a/empty b/empty',
        'new file mode 100644',
        '',
      ].join('\n'),
      [
        'unified',
        'modify old name.ts -> new name.ts',
        'create n.ts "a\\nb"',
        'delete d.ts [1 -gone\n]',
        'create empty ""',
      ],
    ));
  it('never lists /dev/null, and each path once', () => {
    const { files } = parsePatch(
      '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/x\n+++ b/x\n@@ -9 +9 @@\n-c\n+d\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+e\n',
    );
    expect(patchPaths(files)).toEqual(['x', 'y']);
  });
  it('decodes names that git quotes', () =>
    check('--- "a/caf\\303\\251.txt"\n+++ "b/caf\\303\\251.txt"\n@@ -1 +1 @@\n-a\n+b\n', [
      'unified',
      'modify café.txt [1 -a\n|+b\n]',
    ]));
  it('refuses binary files, and changes of nothing but the mode', () => {
    check('diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n', [
      'unified',
      'error binary @1',
    ]);
    check('diff --git a/i.png b/i.png\nindex 1..2\nGIT binary patch\nliteral 3\nabc\n\n', [
      'unified',
      'error binary @1',
    ]);
    check('diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n', ['unified', 'error mode @1']);
    check('diff --git a/r b/r\nold mode 100644\nnew mode 100755\n--- a/r\n+++ b/r\n@@ -1 +1 @@\n-a\n+b\n', [
      'unified',
      'modify r [1 -a\n|+b\n]',
      'warning mode @1',
    ]);
  });
  it('says which count is wrong', () => {
    check('--- a/x\n+++ b/x\n@@ -1,5 +1,4 @@\n a\n-b\n c\n', ['unified', 'modify x', 'error old-count @3']);
    check('--- a/x\n+++ b/x\n@@ -1,2 +1,9 @@\n a\n-b\n+c\n', ['unified', 'modify x', 'error new-count @3']);
    check('--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c\n', ['unified', 'modify x', 'error new-count @3']);
    expect(parsePatch('--- a/x\n+++ b/x\n@@ -1,5 +1,4 @@\n a\n').problems[0]?.message).toBe(
      'Hunk 1: old line count mismatch: the header says 5, there are 1.',
    );
  });
  it('says which header is missing', () => {
    check('+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', ['unified', 'error missing-old-header @1']);
    check('--- a/x\n@@ -1 +1 @@\n-a\n+b\n', ['unified', 'error missing-new-header @2']);
    check('@@ -1 +1 @@\n-a\n+b\n', ['unified', 'error missing-file-header @1']);
    check('diff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n', [
      'unified',
      'modify x [1 -a\n|+b\n]',
      'error missing-old-header @2',
    ]);
    check('--- a/x\n+++ b/x\n', ['unified', 'modify x', 'error hunk-missing @1']);
    check('--- a/x\n+++ b/x\n@@ lines 3 to 5 @@\n-a\n', ['unified', 'modify x', 'error hunk-header @3']);
  });
  it('warns of hunks that change nothing and of deletions that add', () => {
    check('--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n', ['unified', 'modify x [1  a\n]', 'warning context-only @3']);
    check('--- a/x\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n', [
      'unified',
      'delete x [1 -a\n|+b\n]',
      'warning delete-adds @1',
    ]);
  });
  it('stops at a mail signature and at a fence', () => {
    check('--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39.0\n', ['unified', 'modify x [1 -a\n|+b\n]']);
    check('```diff\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n```\n', ['unified', 'modify x [1 -a\n|+b\n]']);
  });
  it('takes CRLF at every line for the transport, not the text', () =>
    check('--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n', ['unified', 'modify x [1 -a\n|+b\n]']));
});

describe('paths', () => {
  it.each(['./a/x', 'a//x', 'a/./x', 'b/../a/x', '/app/a/x'])('takes %s for a/x in every form', (path) => {
    const forms = [
      `--- ${path}\n+++ ${path}\n@@ -1 +1 @@\n-a\n+b\n`,
      `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch\n`,
      JSON.stringify([{ path, content: '' }]),
      `${path}\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n`,
    ];
    for (const text of forms) expect(parsePatch(text, ['/app']).files.map((file) => file.path)).toEqual(['a/x']);
  });

  for (const path of ['/etc/passwd', '../x', 'a/../../x', 'C:/x', '..\\x', 'a\\b', 'a/\0', '.'])
    it(`refuses ${JSON.stringify(path)} in every form`, () => {
      const forms = [
        `--- ${path}\n+++ ${path}\n@@ -1 +1 @@\n-a\n+b\n`,
        `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch\n`,
        JSON.stringify([{ path, content: '' }]),
        `${path}\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n`,
      ];
      for (const text of forms) {
        const { files, problems } = parsePatch(text);
        expect(files).toEqual([]);
        expect(problems.map((p) => p.code)).toContain('path-invalid');
      }
    });
});

describe('*** Begin Patch', () => {
  it('reads every section', () =>
    check(
      '*** Begin Patch\n*** Add File: n.ts\n+a\n+\n+b\n*** Update File: o.ts\n*** Move to: m.ts\n@@ class A\n@@ def f():\n x\n-y\n+z\n*** End of File\n\n*** Delete File: d.ts\n*** End Patch\n',
      [
        'begin-patch',
        'create n.ts "a\\n\\nb\\n"',
        'modify o.ts -> m.ts [- @class A @def f():  x\n|-y\n|+z\n]',
        'delete d.ts',
      ],
    ));
  it('refuses a patch that is cut off', () =>
    check('*** Begin Patch\n*** Delete File: d.ts\n', ['begin-patch', 'delete d.ts', 'error patch-unclosed @2']));
  it('says which line it cannot place', () => {
    check('*** Begin Patch\nhello\n*** End Patch', ['begin-patch', 'error section-unknown @2']);
    check('*** Begin Patch\n*** Update File: a\nhello\n*** End Patch', [
      'begin-patch',
      'modify a',
      'error hunk-line @3',
      'error hunk-missing @2',
    ]);
    check('*** Begin Patch\n*** End Patch', ['begin-patch', 'error patch-empty']);
  });
});

describe('search and replace', () => {
  it('reads JSON, and joins edits of one file', () =>
    check('[{"path":"a","search":"x","replace":"y"},{"path":"./a","search":"z","replace":"","replace_all":true}]', [
      'search-replace',
      'modify a [x=>y] [z=> all]',
    ]));
  it('reads whole files', () => check('{"path":"a.ts","content":"hi\\n"}', ['whole-file', 'write a.ts "hi\\n"']));
  it('refuses a file that is both written and edited', () =>
    check('[{"path":"a","content":""},{"path":"a","search":"x","replace":"y"}]', [
      'whole-file',
      'write a ""',
      'error path-twice',
    ]));
  it('refuses JSON that is no list of edits', () => {
    check('[{"path":"a"}]', ['search-replace', 'error json-invalid']);
    check('[', ['search-replace', 'error json-invalid']);
    check('[]', ['search-replace', 'error patch-empty']);
    expect(parseEdits('no').problems[0]?.code).toBe('json-invalid');
  });
  it('reads blocks, with the path above, also decorated, also once for several', () =>
    check(
      'Here it is:\n\n**`src/a.ts`**:\n```ts\n<<<<<<< SEARCH\nx\nkeep\n=======\ny\nkeep\n>>>>>>> REPLACE\n```\n<<<<<<< SEARCH\nu\n=======\n>>>>>>> REPLACE\nb.ts\n<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE\n',
      ['search-replace', 'modify src/a.ts [- -x\n|+y\n| keep\n] [- -u\n]', 'create b.ts "new\\n"'],
    ));
  it('refuses blocks whose parts are unclear', () => {
    check('a\n<<<<<<< SEARCH\nx\n=======\ny\n', ['search-replace', 'error block-unclosed @2']);
    check('a\n<<<<<<< SEARCH\nx\n=======\ny\n=======\nz\n>>>>>>> REPLACE\n', [
      'search-replace',
      'error block-divider @6',
    ]);
    check('<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n', ['search-replace', 'error block-path @1']);
  });
});

it('says that nothing, and prose, are no patch', () => {
  check('  \n', ['unknown', 'error patch-empty']);
  check('change the colour to red', ['unknown', 'error form-unknown']);
});

it('never throws, whatever it is given', () => {
  const piece = fc.constantFrom(
    '--- a/x',
    '+++ b/x',
    '@@ -1,2 +1 @@',
    '@@ -1 +1 @@',
    '@@',
    ' a',
    '-a',
    '+b',
    '\\ No newline at end of file',
    'diff --git a/x b/x',
    'rename from x',
    'new file mode 1',
    '*** Begin Patch',
    '*** Update File: x',
    '*** Add File: y',
    '*** Move to: z',
    '*** End of File',
    '*** End Patch',
    '<<<<<<< SEARCH',
    '=======',
    '>>>>>>> REPLACE',
    '[',
    '{"path":1}',
    '"a/\\',
    '',
    '\r',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.oneof({ weight: 8, arbitrary: piece }, fc.string()), { maxLength: 20 })
      .map((lines) => lines.join('\n')),
  );
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parsePatch(input);
      return parsed.files.length > 0 || parsed.problems.some((problem) => problem.severity === 'error');
    }),
    { numRuns: 3000 },
  );
});

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createShellParser } from '../../../src/adapters/shell-grammar/shell-parser.js';
import { shellParserContract } from '../../contracts/shell-parser.js';
import { createFakeShellParser } from '../../fakes/shell-parser.js';

const require = createRequire(import.meta.url);
const wasmDir = mkdtempSync(path.join(tmpdir(), 'openexec-grammar-'));
for (const file of [
  'web-tree-sitter/web-tree-sitter.wasm',
  '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm',
  '@vscode/tree-sitter-wasm/wasm/tree-sitter-powershell.wasm',
])
  cpSync(require.resolve(file), path.join(wasmDir, path.basename(file)));
afterAll(() => rmSync(wasmDir, { recursive: true, force: true }));

const parser = createShellParser({ wasmDir });
shellParserContract('fake', createFakeShellParser);
shellParserContract('tree-sitter', () => parser);

/** One line a command: how it is reached, assignments, words (`?` = known only at run time), redirects. */
async function shown(script: string): Promise<string> {
  const parse = await parser.parse(script);
  if (!parse.ok) return `refused: ${parse.reason}`;
  return parse.commands
    .map(({ words, assignments, redirects, within }) =>
      [
        `(${within.join(' ')})`,
        ...assignments.map(({ name, value }) => `${name}=${value.text ?? '?'}`),
        ...words.map((word) => word.text ?? `?${word.source}`),
        ...redirects.map(({ op, target }) => `${op}${target.text ?? '?'}`),
      ].join(' '),
    )
    .join('\n');
}

describe('taking scripts apart', () => {
  const cases: [script: string, expected: string][] = [
    ['echo $(curl evil)', '() echo ?$(curl evil)\n(substitution) curl evil'],
    ['echo "a `id` b"', '() echo ?"a `id` b"\n(substitution) id'],
    ['x=$(a | b) c', '() x=? c\n(substitution pipe) a\n(substitution pipe) b'],
    ['echo ${x:-$(y)}', '() echo ?${x:-$(y)}\n(substitution) y'],
    ['(cd src; rm x) &', '(background subshell) cd src\n(background subshell sequence) rm x'],
    ['if a; then b; else c; fi', '(condition) a\n(condition sequence) b\n(condition sequence condition) c'],
    ['for f in $(ls) x; do rm "$f"; done', '(loop) f=?\n(loop substitution) ls\n(loop) rm ?"$f"'],
    ['while read l; do x; done < f', '(loop) read l\n(loop sequence loop) x <f'],
    ['case $x in a) b;; *) c;; esac', '(condition) b\n(condition) c'],
    ['[ "$(x)" = y ] && b', '() [ ?"$(x)" = y\n(substitution) x\n(and) b'],
    ['a > "$(b)" c', '() a c >?\n(substitution) b'],
    ['git status > out.txt --output=evil', '() git status --output=evil >out.txt'],
    ['npm test 2>&1 | tee log', '(pipe) npm test >&1\n(pipe) tee log'],
    ['export A=1 B', '() export A=1 B'],
    ['A=1; B=$(x)', '() A=1\n(sequence substitution) x\n(sequence) B=?'],
    ['! grep -q x y', '() grep -q x y'],
    ['npm test \\\n  --run', '() npm test --run'],
    ['cat <<"EOF" > x\nhi $(y)\nEOF\nz', '() cat <<hi $(y)\n >x\n(sequence) z'],
    ["echo é😀 'ü'", '() echo é😀 ü'],
    ['echo é "$(x)"; y', '() echo é ?"$(x)"\n(substitution) x\n(sequence) y'],
    ['a # b; c', '() a'],
    ['> x', '() >x'],
  ];
  it.each(cases)('%j', async (script, expected) => expect(await shown(script)).toBe(expected));

  it.each([
    'a\\\nb c',
    '${x@P}',
    'echo ${x@P}',
    'echo ${!x}',
    'a |& b',
    'a &> b',
    'cat <<< x',
    'cat <(x)',
    '[[ a == b ]]',
    '((a=1))',
    'for ((;;)); do x; done',
    'select x in a; do b; done',
    'function g { x; }',
    'x=(a b)',
    'a+=b',
    'declare -x A=b',
    'trap "rm x" EXIT',
    'alias ls=rm',
    'source x',
    'coproc x',
    'echo `a \\`b\\``',
    'echo $((a[$(x)]))',
    'cat <<EOF\n$(x)\nEOF',
    'cat <<A <<B\nA\nB',
    'echo "$(',
    'a; ; b',
    'a\n\\\n;',
    'a\n;',
    'a\n\\\n& b',
    '{ a\n\\\n; }',
    'echo \u00a0x',
    'a#b',
    'git\u200b status',
    'a\tb\u001b[2J',
    'x'.repeat(20_001),
    'echo $"x"',
    'cat <<EOF',
  ])('refuses %j', async (script) => expect(await shown(script)).toMatch(/^refused: ./));
});

it.runIf(process.platform !== 'win32')(
  'gives constant words exactly as sh makes them',
  async () => {
    const piece = fc.constantFrom(
      'a',
      'b ',
      "'x y'",
      '"p q"',
      '\\ ',
      '\\n',
      "'",
      '"',
      '\\',
      '\n',
      ' ',
      '$',
      '$x',
      '=',
      '*',
      '~',
      '#',
      '-',
      '\\\n',
      '{a,b}',
      ';',
      '$(:)',
      '${x}',
      '`:`',
      '"$x"',
      '""',
      "''",
      'é',
    );
    const compared = { same: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 9 }), async (pieces) => {
        const script = `printf '%s\\0' ${pieces.join('')}`;
        const parse = await parser.parse(script);
        if (!parse.ok || parse.commands.length !== 1) return;
        const texts = parse.commands[0]?.words.slice(2).map((word) => word.text) ?? [];
        if (texts.length === 0 || texts.includes(undefined)) return;
        const run = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: {} });
        expect([run.status, run.stdout]).toEqual([0, texts.map((text) => `${text}\0`).join('')]);
        compared.same += 1;
      }),
      { numRuns: 3000 },
    );
    expect(compared.same).toBeGreaterThan(100);
  },
  120_000,
);

it('never throws, whatever the text', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'binary-ascii' }),
        fc
          .array(
            fc.constantFrom(
              '$(',
              ')',
              '`',
              '"',
              "'",
              'a',
              ' ',
              '|',
              '&',
              ';',
              '<',
              '>',
              '\n',
              'if',
              'fi',
              '{',
              '}',
              '<<E',
              '\nE\n',
              '((',
              'case',
              'in',
              'esac',
              '#',
            ),
          )
          .map((all) => all.join('')),
      ),
      async (text) => {
        expect(typeof (await parser.parse(text)).ok).toBe('boolean');
      },
    ),
    { numRuns: 3000 },
  );
}, 60_000);

it('fails when the grammar is not there, and reads it once it is', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'openexec-grammar-'));
  try {
    const late = createShellParser({ wasmDir: dir });
    await expect(late.parse('ls')).rejects.toThrow(/ENOENT/);
    cpSync(wasmDir, dir, { recursive: true });
    expect(await late.parse('ls')).toMatchObject({ ok: true });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

it('works from a CommonJS bundle with its files beside it', async () => {
  const { build } = await import('esbuild');
  const dir = mkdtempSync(path.join(tmpdir(), 'openexec-bundle-'));
  try {
    cpSync(wasmDir, dir, { recursive: true });
    await build({
      stdin: {
        contents: `import { createShellParser } from './src/adapters/shell-grammar/shell-parser.ts'; createShellParser({ wasmDir: __dirname }).parse('a && b').then((p) => console.log(p.commands.length));`,
        resolveDir: process.cwd(),
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: path.join(dir, 'x.js'),
      alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
      logLevel: 'error',
    });
    expect(execFileSync(process.execPath, [path.join(dir, 'x.js')], { encoding: 'utf8' })).toBe('2\n');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);

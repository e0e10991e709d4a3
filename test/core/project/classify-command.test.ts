/** What real tools said when they passed, failed, or could not be run: kept as they said it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifyCommand, type FinishedCommand } from '../../../src/core/project/classify-command.js';
import { isMadeBy } from '../../../src/core/project/made-by-task.js';
import vectors from './finished-commands.json' with { type: 'json' };

const done = (over: Partial<FinishedCommand>): FinishedCommand => ({
  exitCode: 1,
  timedOut: false,
  output: '',
  command: 'prog --check',
  sandboxed: false,
  network: false,
  ...over,
});
const short = (over: Partial<FinishedCommand>): string => {
  const { kind, why, what } = classifyCommand(done(over));
  return [kind, why, what].filter(Boolean).join(' ');
};

describe('a finished command is green, red, or no evidence', () => {
  it.each(vectors)('$case', ({ exitCode, output, expected }) => {
    expect(classifyCommand(done({ exitCode, output }))).toEqual(expected);
  });

  it.each<[string, Partial<FinishedCommand>, string]>([
    ['exit 0 is green', { exitCode: 0, output: 'sh: 1: x: not found' }, 'green'],
    ['any other exit is red', { exitCode: 7 }, 'red'],
    ['a signal is red', { exitCode: null }, 'red'],
    ['a time limit is its own word', { exitCode: null, timedOut: true }, 'timed-out'],
    ['127 without a word names the program', { exitCode: 127, command: 'A=1 prog x' }, 'cannot-run program prog'],
    ['an assertion about a shell is red', { output: "expected 'sh: 1: x: not found' to be ''" }, 'red'],
    [
      'no network, where it was kept from it',
      { output: 'npm error code EAI_AGAIN', sandboxed: true },
      'cannot-run network',
    ],
    ['no network of the machine’s own', { output: 'npm error code EAI_AGAIN' }, 'red'],
    ['no network, where it had it', { output: 'npm error code EAI_AGAIN', sandboxed: true, network: true }, 'red'],
    [
      'a read-only file system, in the sandbox',
      { output: 'failed to initialize build cache at /h/.cache: read-only file system', sandboxed: true },
      'cannot-run sandbox',
    ],
    [
      'a test that failed beside one that does not load',
      {
        output:
          "E   ModuleNotFoundError: No module named 'x'\nFAILED tests/a.py::b - assert 1\n1 failed, 1 error in 0.1s",
      },
      'red',
    ],
    [
      'colours of a terminal',
      { exitCode: 2, output: "\u001b[1m\u001b[31mE   ModuleNotFoundError: No module named 'x'\u001b[0m" },
      'broken import x',
    ],
    ['a quoted error of python', { output: "SyntaxError: a\nModuleNotFoundError: No module named 'x'" }, 'red'],
    [
      'what a program parses is no file',
      { output: 'Traceback (most recent call last):\n  File "<unknown>", line 1\n    bad(\n       ^\nSyntaxError: x' },
      'red',
    ],
    [
      'a JSON that cannot be parsed',
      {
        output:
          'undefined:1\n{bad\n ^\n\nSyntaxError: Expected x\n    at JSON.parse (<anonymous>)\n    at f (/w/a.js:1:6)',
      },
      'red',
    ],
    [
      'a failed test in whose output a shell misses a program',
      { output: 'sh: 1: x: not found\n--- FAIL: TestA (0.00s)' },
      'red',
    ],
    [
      'a failed test that wanted the network',
      { output: 'Error: getaddrinfo ENOTFOUND example.com\nFAILED tests/a.py::b - x', sandboxed: true },
      'red network',
    ],
    [
      'a warning of a cache that cannot be written',
      { output: 'npm warn EROFS: read-only file system, open x\nno', sandboxed: true },
      'red',
    ],
    [
      'a program in a pipe that passes',
      { exitCode: 0, output: 'sh: 1: x: not found', command: 'x . | cat' },
      'cannot-run program x',
    ],
    [
      'not a program that is missing',
      { exitCode: 0, output: 'sh: 1: x: not found', command: '! x .' },
      'cannot-run program x',
    ],
    ['a program that has a stand-in', { exitCode: 0, output: 'sh: 1: x: not found', command: 'x . || y .' }, 'green'],
    [
      'a program that is asked for',
      { exitCode: 0, output: 'sh: 1: x: not found', command: 'if x; then y; fi' },
      'green',
    ],
    [
      'what timeout cannot start',
      {
        exitCode: 127,
        output: 'timeout: failed to run command ‘x’: No such file or directory',
        command: 'timeout 5 x',
      },
      'cannot-run program x',
    ],
    [
      'no tests, beside a command that proves something',
      { exitCode: 0, output: 'running 0 tests', command: 'cargo test && grep x y' },
      'green',
    ],
    ['no tests, in a folder', { exitCode: 0, output: 'running 0 tests', command: 'cd a && cargo test' }, 'no-tests'],
    [
      'a test of cargo that asks for a name',
      {
        exitCode: 101,
        output:
          'error[E0432]: unresolved import `c::parse`\n --> tests/a.rs:1:5\nerror: could not compile `c` (test "a") due to 1 previous error',
      },
      'red name c::parse',
    ],
    [
      'a test of go that calls it otherwise',
      { exitCode: 2, output: 'FAIL\tm [build failed]\n./a_test.go:3:29: too many arguments in call to F' },
      'red name',
    ],
    [
      'one package of go without tests',
      { exitCode: 0, output: 'ok  \tm/a\t0.1s [no tests to run]\nok  \tm/b\t0.2s' },
      'green',
    ],
    ['one target of cargo without tests', { exitCode: 0, output: 'running 0 tests\nrunning 3 tests' }, 'green'],
  ])('%s', (_name, over, expected) => {
    expect(short(over)).toBe(expected);
  });

  it('looks at a large output in bounded time', () => {
    const output = `${'a'.repeat(100_000)}\n`.repeat(50);
    const started = performance.now();
    short({ output });
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('what a task is to make is red, not broken', () => {
  const task = (title: string) => ({ title, description: '', technical_strategy: '' });
  const there = new Set(['pkg', 'pkg/old.py', 'src', 'src/lib', 'src/lib/mod.py', 'old.sh']);
  const made = (why: 'program' | 'import' | 'file' | 'script' | 'build', what: string, title = 'Do it') =>
    isMadeBy({ kind: 'broken', why, what }, task(title), '/w', {
      exists: async (file) => there.has(file),
      read: async (file) => (file === 'go.mod' ? 'module example.com/m\n\ngo 1.19\n' : undefined),
    });

  it.each<[Parameters<typeof made>, boolean]>([
    [['program', './tool.sh'], true],
    [['program', 'bin/tool'], true],
    [['program', './old.sh'], false],
    [['program', '/opt/other/tool'], false],
    [['program', 'nosuchlinter', 'Check it with nosuchlinter'], false],
    [['program', 'eslint', 'Add eslint as a dependency'], true],
    [['file', 'tests/test_new.py'], true],
    [['file', '/w/tests/test_new.py'], true],
    [['import', 'pkg.new'], true],
    [['import', 'pkg.old'], false],
    [['import', 'lib.mod'], false],
    [['import', 'nosuchdep'], false],
    [['import', 'newmod', 'Create newmod with a class'], true],
    [['import', 'lxml', 'Parse the feed with lxml'], false],
    [['import', './new'], true],
    [['import', '/w/src/new.js'], true],
    [['import', 'left-pad'], false],
    [['import', 'lodash/fp'], false],
    [['import', 'src/new'], true],
    [['import', 'pkg'], false],
    [['import', 'example.com/m/new'], true],
    [['import', 'example.com/m/src'], false],
    [['import', 'example.com/other/x'], false],
    [['script', 'check', 'Check that it fails early'], false],
    [['script', 'check', 'A check script in package.json'], true],
    [['script', 'lint'], false],
    [['build', 'Nope', 'Add Nope()'], true],
    [['build', 'Nope'], false],
  ])('%j: %s', async (input, expected) => {
    expect(await made(...input)).toBe(expected);
  });
});

describe('as the tools of this machine say it today', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'finished-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
  const run = (script: string): string => {
    const ended = spawnSync('/bin/sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
    return short({ exitCode: ended.status, output: ended.stdout + ended.stderr, command: script });
  };
  const rows: [program: string, script: string, expected: string][] = [
    ['sh', 'nosuchlinter --check .', 'cannot-run program nosuchlinter'],
    ['sh', 'nosuchlinter --check . | cat && test -f x', 'cannot-run program nosuchlinter'],
    ['sh', './tool.sh', 'cannot-run program ./tool.sh'],
    ['sh', 'echo "exit 0" > t.sh; ./t.sh', 'cannot-run not-executable ./t.sh'],
    ['sh', 'echo "nosuchlinter" > u.sh; chmod +x u.sh; ./u.sh', 'cannot-run program nosuchlinter'],
    ['sh', 'test -f hello.txt', 'red'],
    ['bash', "bash -c 'nosuchlinter .'", 'cannot-run program nosuchlinter'],
    ['dash', "dash -c 'set -o nosuchoption'", 'broken shell-syntax'],
    ['node', 'node -e \'require("nosuchdep")\'', 'broken import nosuchdep'],
    ['node', 'node missing.js', `broken import ${'FOLDER'}/missing.js`],
    [
      'node',
      `printf "import t from 'node:test'; t('y', () => { JSON.parse('{bad') })" > a.test.mjs; node --test a.test.mjs`,
      'red',
    ],
    [
      'node',
      `printf "import t from 'node:test'; t('y', () => { const ( })" > b.test.mjs; node --test b.test.mjs`,
      'broken syntax',
    ],
    ['node', `printf "const (" > b.cjs; node b.cjs`, 'broken syntax'],
    ['node', `printf "console.error('SyntaxError: x'); process.exit(1)" > c.cjs; node c.cjs`, 'red'],
    ['python3', `printf 'import ast\nast.parse("bad(")\n' > p.py; python3 p.py`, 'red'],
    ['python3', `printf 'bad(\n' > q.py; python3 q.py`, 'broken syntax'],
    ['python3', `printf 'bad(\n' > q.py; python3 -c 'import q'`, 'broken syntax'],
    ['python3', "python3 -c 'bad('", 'broken syntax'],
    [
      'python3',
      `printf 'import unittest\nclass T(unittest.TestCase):\n  def test_a(self): open("no")\n' > test_u.py; python3 -m unittest test_u`,
      'red',
    ],
    ['python3', `printf 'import nosuchdep\n' > test_v.py; python3 -m unittest test_v`, 'broken import nosuchdep'],
    ['node', "node -e 'const ('", 'broken syntax'],
    ['node', 'node -e \'throw new Error("no")\'', 'red'],
    ['npm', 'echo "{}" > package.json; npm run nosuchscript', 'cannot-run script nosuchscript'],
    ['python3', 'python3 -m nosuchtool', 'cannot-run program nosuchtool'],
    ['python3', 'python3 -c "import nosuchdep"', 'broken import nosuchdep'],
    ['python3', 'python3 -c "assert False"', 'red'],
    ['pytest', 'echo "import nosuchdep" > test_a.py; pytest -q test_a.py', 'broken import nosuchdep'],
    ['pytest', 'echo "def test_b(): assert False" > test_b.py; pytest -q test_b.py', 'red'],
    ['pytest', 'echo "def test_c(): pass" > test_c.py; pytest -q test_c.py -k zzz', 'no-tests'],
    ['cargo', 'cargo nosuchcommand', 'cannot-run program nosuchcommand'],
  ];
  for (const [program, script, expected] of rows)
    it.skipIf(program !== 'sh' && !has(program))(`${script}: ${expected}`, () => {
      expect(run(script).replaceAll(folder, 'FOLDER')).toBe(expected);
    });
});

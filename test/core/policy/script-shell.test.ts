/** Which shell runs a script: as bash and dash themselves read it. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellOf } from '../../../src/core/policy/script-shell.js';

const name = (script: string): string => {
  const shell = shellOf(script);
  return shell.name === 'sh' ? 'sh' : `bash ${shell.because}`;
};

describe('a script runs in bash where it needs it', () => {
  it.each([
    ['[[ -f hello.txt ]]', '[['],
    ['test -f a && [[ $x == y* ]]', '[['],
    ['if [[ -f a ]]; then exit 0; fi', '[['],
    ['! [[ -f a ]]', '[['],
    ['set -euo pipefail; cat hello.txt | grep -q hi', 'set -euo pipefail'],
    ['set -e -o pipefail\ntrue', 'set -e -o pipefail'],
    ['#!/usr/bin/env bash\ntrue', '#!/usr/bin/env bash'],
    ['#!/bin/bash -e\ntrue', '#!/bin/bash -e'],
    ['a=(hello.txt)\ntest -f "${a[0]}"', 'a=('],
    ['test "${a[0]}" = x', '${a[0]'],
    ['test "${x^^}" = X', '${x^^'],
    ['test "${x//a/b}" = X', '${x/'],
    ['test "${x:1:2}" = X', '${x:1'],
    ['test "${!x}" = X', '${!x'],
    ['grep a <<< "$x"', '<<<'],
    ['diff <(sort a) <(sort b)', '<('],
    ['npm test &> log', '&>'],
    ['npm test |& grep ok', '|&'],
    ['for i in {1..5}; do true; done', '{1..5}'],
    ['for ((i=0;i<3;i++)); do true; done', 'for (('],
    ['(( x > 1 ))', '(('],
    ['source .venv/bin/activate && pytest', 'source'],
    ['function f { true; }; f', 'function f'],
    ['[ "$a" == b ]', '[     =='],
    ["printf %s $'a\\n'", "$'"],
    ['mapfile -t x < a', 'mapfile'],
    ['echo "$(for x in {a..c}; do echo $x; done)"', '{a..c}'],
  ])('%j', (script, because) => {
    expect(name(script).replace(/\s+/g, ' ')).toBe(`bash ${because}`.replace(/\s+/g, ' '));
  });

  it.each([
    'test -f hello.txt',
    '#!/bin/sh\n[[ -f a ]]',
    "grep -q '[[ a ]]' x",
    'grep -q "[[:space:]]" x',
    'grep -q [[:space:]] x',
    "node -e 'const a=(1); [[1]]; x=>{1..2}'",
    'test "$(echo hi)" = hi',
    'test "${x:-5}" = 5 && test "${x:+y}" = "" && test "${x#a}" = "" && test "${x%%b*}" = ""',
    'echo a # [[ b ]]',
    "cat <<'END'\n[[ a ]]\na=(b)\nEND\ntrue",
    'cat <<-END\n\tdiff <(a) <(b)\n\tEND\ntrue',
    'echo "set -o pipefail" > x',
    'echo $((1 + 2))',
    'f() { local x=1; test $x = 1; }; f',
    '(cd a; (ls))',
    'sh -c "a=(b)"',
    'echo \\$\\{a[0]\\}',
    'test $# -eq 0 && echo ${#x}',
    'read -r x < a',
    'trap "rm -f x" EXIT',
  ])('%j is left to sh', (script) => {
    expect(name(script)).toBe('sh');
  });

  it('takes the flags of the first line that make it stricter', () => {
    expect(shellOf('#!/usr/bin/env -S bash -eu\ntrue')).toMatchObject({ flags: ['-eu'] });
    expect(shellOf('#!/bin/bash --init-file x\ntrue')).toMatchObject({ flags: [] });
    expect(shellOf('#!/bin/bash -c x\ntrue')).toMatchObject({ flags: [] });
  });

  it('reads a long script in bounded time', () => {
    const started = performance.now();
    for (const piece of ['"', "'", '$(', '((', 'a=b\n', '[ ', '${a', '<<a\n', '{1..', 'in ', 'trap '])
      shellOf(piece.repeat(20_000 / piece.length));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;
describe.skipIf(!has('dash') || !has('bash'))('as the shells themselves say', () => {
  it.each([
    ['set -euo pipefail; true | true'],
    ['[[ -n a ]]'],
    ['a=(b c); test "${a[1]}" = c'],
    ['x=abc; test "${x:1:1}" = b'],
    ['grep -q a <<< a'],
    ['x=a; [ "$x" == a ]'],
  ])('%j passes in bash alone', (script) => {
    expect([spawnSync('dash', ['-c', script]).status === 0, spawnSync('bash', ['-c', script]).status]).toEqual([
      false,
      0,
    ]);
    expect(shellOf(script).name).toBe('bash');
  });
});

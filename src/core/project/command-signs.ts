/**
 * What shells, package managers, test runners and compilers say when they cannot do what they were asked: data.
 * Each pattern is one whole line as the program itself prints it, so that text in somebody's assertion does not match.
 */
import type { CommandWhy } from '../model/command-class.js';

export interface Sign {
  /** `red`: a name that a test asks for and the project's own code does not have yet. */
  kind: 'broken' | 'cannot-run' | 'red';
  why: Exclude<CommandWhy, ''>;
  /** Group `what`: what is missing. */
  line: RegExp;
  /** Counts with these exit codes alone. */
  exits?: readonly number[];
  /** Counts where the command was kept from the network, or from the machine. */
  where?: 'offline' | 'sandboxed';
  /** Counts where one of the lines just before it, or just after it, is this one. */
  after?: RegExp;
  before?: RegExp;
}

const sign = (
  kind: Sign['kind'],
  why: Sign['why'],
  line: RegExp,
  more: Pick<Sign, 'exits' | 'where' | 'after' | 'before'> = {},
): Sign => ({
  kind,
  why,
  line,
  ...more,
});

/** Of a traceback: what only quotes an error has none. */
const FRAME = /^\s*File "[^"]+", line \d+/;
/** Of the file that cannot be parsed itself; a text that the code parsed has no file. */
const UNPARSED = /^(?:E\s+)?\s*File "(?!<unknown>)[^"]+", line \d+$/;
/** The loader of node's modules; what JSON.parse and the like throw has none. */
const LOADER = /^\s+at .*\(node:internal\/(?:modules|vm|process)\//;

const SHELL = String.raw`^(?:\S*\/)?(?:sh|dash|ash|bash|zsh)(?:\.exe)?: (?:-c: )?(?:line )?\d+: `;

/** In the order in which they are asked: what could not even be started comes first. */
export const signs: readonly Sign[] = [
  // shells: of the line as a whole, and of a program in the middle of it
  sign(
    'broken',
    'shell-syntax',
    new RegExp(`${SHELL}(?<what>\\[\\[|declare|shopt|mapfile|readarray|source|local|function): not found$`),
  ),
  sign('cannot-run', 'program', new RegExp(`${SHELL}(?<what>[^:]+): (?:not found|command not found)$`)),
  sign('cannot-run', 'program', new RegExp(`${SHELL}(?<what>[^:]+): No such file or directory$`), {
    exits: [126, 127],
  }),
  sign('cannot-run', 'program', new RegExp(`${SHELL}(?<what>[^:]+): cannot execute: required file not found$`)),
  sign(
    'cannot-run',
    'not-executable',
    new RegExp(`${SHELL}(?<what>[^:]+): (?:Permission denied|Is a directory|cannot execute.*|Exec format error)$`),
    {
      exits: [126],
    },
  ),
  sign('cannot-run', 'program', /^(?:\S*\/)?env: [‘'"]?(?<what>[^’'":]+)[’'"]?: No such file or directory$/, {
    exits: [126, 127],
  }),
  sign(
    'cannot-run',
    'program',
    /^(?:timeout|nohup|nice|ionice|stdbuf|setsid|xargs|time|sudo): (?:failed to run command |cannot run command |failed to execute )?[‘'"]?(?<what>[^’'":]+)[’'"]?: (?:No such file or directory|command not found)$/,
  ),
  sign('broken', 'shell-syntax', new RegExp(`${SHELL}(?:[Ss]yntax error|set: Illegal option|Bad substitution)`)),
  sign('broken', 'shell-syntax', new RegExp(`${SHELL}.*(?:unexpected token|[Bb]ad substitution|unexpected EOF)`)),
  // of a script that a shell runs
  sign('cannot-run', 'program', /^\S+: (?:line )?\d+: (?<what>[^:]+): (?:command )?not found$/, { exits: [127] }),
  // runners of programs
  sign('cannot-run', 'program', /^\S*python[\d.]*(?:\.exe)?: No module named (?<what>\S+)$/),
  sign('cannot-run', 'program', /^\S*python[\d.]*(?:\.exe)?: No module named (?<what>\S+)\.__main__;/),
  sign('cannot-run', 'script', /^npm (?:error|ERR!) Missing script: "(?<what>[^"]+)"/),
  sign('cannot-run', 'script', /^error Command "(?<what>[^"]+)" not found\.$/),
  sign('cannot-run', 'script', /^(?:Usage Error: )?Couldn't find a script named "(?<what>[^"]+)"/),
  sign('cannot-run', 'script', /^ ?ERR_PNPM_NO_SCRIPT\s+Missing script: (?<what>\S+)/),
  sign('cannot-run', 'program', /^ ?ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL\s+Command "(?<what>[^"]+)" not found/),
  sign('cannot-run', 'program', /^npm (?:error|ERR!) npx canceled due to missing packages.*?\["(?<what>@?[^"@]+)/),
  sign('cannot-run', 'program', /^npm (?:error|ERR!) could not determine executable to run/),
  sign(
    'cannot-run',
    'program',
    /^npm (?:error|ERR!) 404\s+(?:The requested resource )?'(?<what>@?[^'@]+)@[^']*' (?:could not be found|is not in this registry)/,
  ),
  sign(
    'cannot-run',
    'program',
    /^npm (?:error|ERR!) request to \S+\/(?<what>[^/\s]+) failed: cache mode is 'only-if-cached'/,
  ),
  sign('cannot-run', 'program', /^error: no such command: `(?<what>[^`]+)`$/),
  sign('cannot-run', 'program', /^go: no such tool "(?<what>[^"]+)"$/),
  sign('cannot-run', 'program', /^go (?<what>\S+): unknown command$/),
  sign('cannot-run', 'program', /^bundler: command not found: (?<what>\S+)$/),
  sign('cannot-run', 'program', /^pyenv: (?<what>\S+): command not found$/),
  sign(
    'cannot-run',
    'script',
    /^(?:g?make)(?:\[\d+\])?: \*\*\* No rule to make target [`'‘](?<what>[^'’]+)['’].*Stop\.$/,
  ),
  sign('cannot-run', 'file', /^(?:g?make)(?:\[\d+\])?: \*\*\* No targets specified and no makefile found\.\s+Stop\.$/),
  // the sandbox and the network it keeps away
  sign('cannot-run', 'sandbox', /^(?!.*\b[Ww]arn).*(?:\bEROFS\b|[Rr]ead-only file system)/, { where: 'sandboxed' }),
  sign('cannot-run', 'sandbox', /^(?:bwrap|sandbox-exec): /, { where: 'sandboxed' }),
  sign(
    'cannot-run',
    'network',
    /^(?!.*\b[Ww]arn).*(?:\bEAI_AGAIN\b|\bgetaddrinfo ENOTFOUND\b|Temporary failure in name resolution|Name or service not known|Could not resolve host|nodename nor servname provided|Network is unreachable|\bENETUNREACH\b|dial tcp: lookup |module lookup disabled by GOPROXY=off|failed to lookup address information|Could not resolve proxy)/,
    { where: 'offline' },
  ),
  // python, pytest, unittest
  sign('broken', 'file', /^\S*python[\d.]*(?:\.exe)?: can't open file '(?<what>[^']+)'/),
  sign('broken', 'file', /^ERROR: file or directory not found: (?<what>\S+)$/, { exits: [4] }),
  sign('broken', 'usage', /^(?:pytest|__main__\.py): error: (?<what>.*)$/, { exits: [4] }),
  sign('broken', 'usage', /^INTERNALERROR> /, { exits: [3] }),
  sign('broken', 'import', /^E {3,}ModuleNotFoundError: No module named '(?<what>[^']+)'/),
  sign('broken', 'import', /^ModuleNotFoundError: No module named '(?<what>[^']+)'/, { after: FRAME }),
  sign(
    'broken',
    'import',
    /^(?:E {3,})?ImportError: cannot import name '[^']+' from '(?<what>[^']+)' \(.*\b(?:site|dist)-packages\b.*\)$/,
  ),
  sign('red', 'name', /^(?:E {3,})?ImportError: cannot import name '(?<what>[^']+)' from /),
  sign('broken', 'import', /^E {3,}ImportError: /),
  sign('broken', 'import', /^ImportError: /, { after: FRAME }),
  sign(
    'broken',
    'import',
    /^(?:\S*\/)?python[\d.]*(?:\.exe)?: Error while finding module specification for '(?<what>[^']+)'/,
  ),
  sign('broken', 'syntax', /^(?:E {3,})?(?:SyntaxError|IndentationError|TabError): /, { after: UNPARSED }),
  sign('broken', 'collection', /^!+ Interrupted: \d+ errors? during collection !+$/, { exits: [2] }),
  // node, jest, vitest, mocha
  sign(
    'broken',
    'import',
    /^(?:\s*(?:● .*)?)?(?:\w*Error(?: \[\w+\])?: )?Cannot find (?:module|package) '(?<what>[^']+)'(?: (?:imported )?from .*)?$/,
  ),
  sign(
    'red',
    'name',
    /^\s*SyntaxError: The requested module '\.{1,2}\/.*' does not provide an export named '(?<what>[^']+)'/,
  ),
  sign(
    'broken',
    'import',
    /^\s*SyntaxError: The requested module '.*' does not provide an export named '(?<what>[^']+)'/,
  ),
  sign('broken', 'import', /^\s*SyntaxError: Named export '(?<what>[^']+)' not found/),
  sign('broken', 'syntax', /^\s*SyntaxError: /, { before: LOADER }),
  sign('broken', 'syntax', /^\s*SyntaxError: (?:\/|[A-Za-z]:[\\/])\S*: .*\(\d+:\d+\)$/), // babel, in jest
  sign('broken', 'syntax', /^\s*Error: (?:Transform failed with|Parse failure|Failed to parse source)/),
  sign('broken', 'syntax', /^\s*Jest encountered an unexpected token/),
  sign('broken', 'import', /^\s*(?:\w*Error: )?Failed to resolve import "(?<what>[^"]+)"/), // vite
  sign('broken', 'collection', /^\s*● Test suite failed to run$/),
  sign('broken', 'file', /^Could not find '(?<what>[^']+)'$/),
  sign('broken', 'usage', /^ESLint couldn't find (?:an|a|the) /, { exits: [2] }),
  sign('broken', 'usage', /^Oops! Something went wrong! :\($/, { exits: [2] }),
  // go
  sign(
    'broken',
    'import',
    /^\S+\.go:\d+:\d+: (?:cannot find module providing package|no required module provides package) (?<what>[^\s:;]+)/,
  ),
  sign('broken', 'import', /^(?:\S+\.go:\d+:\d+: )?package (?<what>\S+) is not in (?:GOROOT|std)\b/),
  sign('red', 'name', /^(?:vet: )?\S+_test\.go:\d+:\d+: (?:undefined: |undeclared name: )(?<what>[\w.]+)/),
  sign(
    'red',
    'name',
    /^\S+_test\.go:\d+:\d+: .* undefined \(type .* has no (?:field or method|method|field) (?<what>\w+)/,
  ),
  sign('broken', 'build', /^(?:vet: )?\S+\.go:\d+:\d+: (?:undefined: |undeclared name: )(?<what>[\w.]+)/),
  sign(
    'broken',
    'build',
    /^\S+\.go:\d+:\d+: .* undefined \(type .* has no (?:field or method|method|field) (?<what>\w+)/,
  ),
  // a test that calls what is there in a way that is not: only what cannot be parsed is broken
  sign('red', 'name', /^(?:vet: )?\S+_test\.go:\d+:\d+: (?!syntax error|expected |.*\bpackage\b)/),
  sign('broken', 'build', /^FAIL\s+\S+ \[(?:build|setup) failed\]$/),
  sign('broken', 'file', /^stat (?<what>\S+): directory not found$/),
  // cargo; what a test of its own in tests/ asks for may be what is to be made
  sign('red', 'name', /^error\[E\d+\]: .*?(?:`(?<what>[^`]+)`|$)/, { before: /^\s*--> (?:\S*\/)?tests\// }),
  sign('broken', 'build', /^error\[E\d+\]: (?:cannot find|no) [\w -]+ (?:named )?`(?<what>[^`]+)`/),
  sign('broken', 'build', /^error\[E\d+\]: unresolved (?:import|module|name)s? `(?<what>[^`]+)`/),
  sign('broken', 'build', /^error: could not compile `/),
  sign('broken', 'file', /^error: no (?:test|bench|bin|example) target named `(?<what>[^`]+)`/),
  // java
  sign('red', 'name', /^\[ERROR\] \S*\/src\/test\/\S+:\[\d+,\d+\] (?:error: )?cannot find symbol/),
  sign('red', 'name', /^\S*\/src\/test\/\S+:\d+: error: cannot find symbol/),
  sign('broken', 'build', /^\[ERROR\] COMPILATION ERROR\s*:/),
  sign('broken', 'build', /^> Compilation failed; see the compiler/),
];

/** A test that ran and failed: whatever else did not load, that is red. */
export const failedTests: readonly Pick<Sign, 'line' | 'before'>[] = [
  { line: /^(?:E {3,})?\s*(?:Uncaught )?AssertionError\b/ },
  { line: /^FAILED \S+::/ }, // pytest
  { line: /^=*\s*\d+ failed\b/ },
  { line: /^\s*Tests:?\s+(?:.*\s)?[1-9]\d* failed\b/ }, // jest, vitest
  { line: /^--- FAIL: / }, // go
  { line: /^test result: FAILED\. / }, // cargo
  { line: /^\s*[1-9]\d* failing$/ }, // mocha
  { line: /^FAILED \(failures=/ }, // unittest, which counts a file that does not load as a test that ends in an error
  { line: /^ERROR: \S+ \((?!unittest\.loader\._FailedTest)[\w.]+\)$/ },
  // node, which counts a file that does not load as a test of the file's name
  { line: /^test at \S.*:\d+:\d+$/, before: /^✖ (?!\S+\.[cm]?[jt]sx? \()/ },
  { line: /^\s*not ok \d+ - (?!\S+\.[cm]?[jt]sx?$)(?!.*# (?:TODO|SKIP)\b)\S/ },
];

/** What a runner says when it ran no test at all; `one` = of one package among several, so that all must say it. */
export const emptyRuns: readonly { line: RegExp; others?: RegExp }[] = [
  {
    line: /^(?:=+ )?(?:no tests ran|\d+ deselected)(?:, .*)? in [\d.]+s\b/,
    others: /\b(?:passed|failed)\b.* in [\d.]+s/,
  },
  { line: /^ERROR: not found: \S+::/ },
  { line: /^Ran 0 tests in /, others: /^Ran [1-9]\d* tests? in / },
  { line: /^NO TESTS RAN\b/ },
  { line: /^ok\s+\S+\s+.*\[no tests to run\]$/, others: /^(?:ok|FAIL)\s+\S+\s+(?!.*\[no tests to run\])\S/ },
  { line: /^running 0 tests$/, others: /^running [1-9]\d* tests?$/ },
  { line: /^No tests found(?:,|$| related to)/ },
  { line: /^Your test suite must contain at least one test\.$/ },
  { line: /^No test files found(?:,|$)/ },
  { line: /^\s*Error: No test files found: / },
  { line: /^(?:# |ℹ )tests 0$/, others: /^(?:# |ℹ )tests [1-9]/ },
  { line: /^\s*0 passing\b/, others: /^\s*[1-9]\d* (?:passing|failing)\b/ },
  { line: /^0 examples, 0 failures\b/ },
  { line: /^No tests executed!$/ },
  { line: /^> No tests found for given includes: / },
  { line: /^No test matches the given testcase filter / },
];

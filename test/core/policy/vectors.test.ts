import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/policy/decide.js';
import { childEnvironment } from '../../../src/core/policy/child-environment.js';
import { argvHash, explainMay, scriptHash } from '../../../src/core/policy/script.js';
import { parseRules } from '../../../src/core/policy/user-rules.js';
import { createHasher } from '../../../src/adapters/node/hasher.js';
import { DEFAULTS, argv, line, onPath, parser, script } from './check.js';

const rules = (...list: object[]) => {
  const { rules: compiled, problems } = parseRules(list);
  expect(problems).toEqual([]);
  return compiled;
};
const rule = (more: object) => ({ id: 'r', type: 'path', operator: 'prefix', decision: 'deny', ...more });

describe('rules of the user and the workspace', () => {
  it('matches prefixes, suffixes with exceptions, globs, sets and regular expressions', () => {
    const effect = (path: string, list: object[]) => onPath('read', path, { userRules: rules(...list) }).effect;
    expect(effect('secret/data', [rule({ value: '/secret/' })])).toBe('deny');
    expect(effect('public/data', [rule({ value: '/secret/' })])).toBe('allow');
    expect(effect('SECRET/data', [rule({ value: '/secret/' })])).toBe('deny');
    const suffix = rule({ operator: 'suffix', value: '.sql', exceptions: ['seed.sql'] });
    expect([effect('a.sql', [suffix]), effect('db/seed.sql', [suffix])]).toEqual(['deny', 'allow']);
    expect(effect('a/b/c.snap', [rule({ operator: 'glob', value: '**/*.snap' })])).toBe('deny');
    expect(effect('x', [rule({ operator: 'in', values: ['x', 'y'] })])).toBe('deny');
    expect(effect('gen-12', [rule({ operator: 'regex', value: '^gen-\\d+$' })])).toBe('deny');
    expect(effect('a/../secret/x', [rule({ value: 'secret/' })])).toBe('deny');
    expect(effect('a.env', [])).toBe('deny');
    expect(effect('a.env.example', [])).toBe('allow');
  });

  it('lets the higher priority win, and the strictest among equals, named by the first in the file', () => {
    const low = { id: 'low', type: 'command', operator: 'prefix', value: 'docker', decision: 'deny' };
    const high = {
      id: 'high',
      type: 'command',
      operator: 'exact',
      value: 'docker ps',
      decision: 'allow',
      priority: 10,
    };
    expect(argv(line('docker ps'), { userRules: rules(low, high) })).toMatchObject({
      effect: 'allow',
      rule: 'user.high',
    });
    expect(argv(line('docker run x'), { userRules: rules(low, high) })).toMatchObject({
      effect: 'deny',
      rule: 'user.low',
    });
    const twin = (id: string, decision: string) => ({
      id,
      type: 'command',
      operator: 'prefix',
      value: 'make',
      decision,
    });
    expect(
      argv(line('make test'), {
        userRules: rules(twin('a', 'allow'), twin('b', 'ask'), twin('c', 'deny'), twin('d', 'deny')),
      }).rule,
    ).toBe('user.c');
  });

  it('says at load what is wrong with a rule', () => {
    const wrong: [object | string, RegExp][] = [
      [rule({ value: 'x', decision: 'maybe' }), /decision/],
      [rule({ value: 'x', type: 'thing' }), /type/],
      [rule({ value: 'x', operator: 'like' }), /operator/],
      [rule({ operator: 'in' }), /values/],
      [{ ...rule({ value: 'x' }), id: undefined }, /id/],
      [rule({ operator: 'regex', value: '(' }), /value/],
      [rule({ operator: 'regex', value: '(a+)+$' }), /for ever|forever/],
      [rule({}), /value/],
      [rule({ value: 'x', colour: 'red' }), /colour|nrecognized/],
      ['x', /./],
      [rule({ value: 'x', type: 'command', ops: ['read'] }), /ops/],
    ];
    for (const [entry, problem] of wrong) {
      const { rules: none, problems } = parseRules([entry]);
      expect(none).toEqual([]);
      expect(problems[0]?.problem).toMatch(problem);
    }
    expect(parseRules({}).problems).toHaveLength(1);
    expect(parseRules([rule({ value: 'x' }), rule({ value: 'y' })]).problems[0]?.problem).toMatch(/twice/);
  });

  it('lets a user’s yes lift an ordinary ask, never the floor, and never by half a word', () => {
    const userRules = rules(
      { id: 'd', type: 'command', operator: 'prefix', value: 'docker compose', decision: 'allow' },
      { id: 'all', type: 'command', operator: 'glob', value: '*', decision: 'allow', priority: -1 },
      { id: 'p', type: 'path', operator: 'glob', value: '**', decision: 'allow' },
    );
    expect(argv(line('docker compose up'), { userRules }).effect).toBe('allow');
    expect(argv(line('docker composex'), { userRules: userRules.slice(0, 1) }).effect).toBe('ask');
    expect(argv(['docker', 'compose up\nx'], { userRules }).effect).toBe('ask');
    expect(argv(line('rm -rf /'), { userRules }).effect).toBe('deny');
    expect(argv(line('sudo ls'), { userRules }).effect).toBe('ask');
    expect(onPath('write', '.git/config', { userRules }).effect).toBe('deny');
    expect(onPath('write', '.vscode/settings.json', { userRules }).effect).toBe('ask');
    expect(onPath('write', 'src/a.ts', { userRules }).effect).toBe('allow');
    expect(onPath('write', 'src/a.ts', { userRules, approval: 'always' }).effect).toBe('ask');
  });

  it('lets a workspace only tighten', async () => {
    const open = rules({ id: 'w', type: 'command', operator: 'glob', value: '*', decision: 'allow' });
    expect(argv(line('docker ps'), { workspaceRules: open }).effect).toBe('ask');
    const tight = rules({ id: 'w', type: 'command', operator: 'prefix', value: 'npm', decision: 'ask' });
    const user = rules({ id: 'u', type: 'command', operator: 'prefix', value: 'npm', decision: 'allow' });
    expect(argv(line('npm test'), { workspaceRules: tight, userRules: user, approval: 'never' })).toMatchObject({
      effect: 'ask',
      rule: 'workspace.w',
    });
    expect(await script('ls && npm test', { workspaceRules: tight })).toMatchObject({
      effect: 'ask',
      rule: 'workspace.w',
    });
  });
});

describe('defaults', () => {
  it.each([
    ['git push --force', 'ask'],
    ['git branch -D main', 'ask'],
    ['rm -rf /', 'deny'],
    ['rm -fr /', 'deny'],
    ['rm -r -f /', 'deny'],
    ['rm -rf / --no-preserve-root', 'deny'],
  ])('%s → %s', (text, effect) => expect(argv(line(text)).effect).toBe(effect));
  it.each([
    ['write', '/etc/passwd', 'deny'],
    ['write', '/tmp/test.txt', 'deny'],
    ['write', '.env', 'deny'],
    ['read', 'x.pem', 'deny'],
    ['read', '/h/.aws/c', 'deny'],
    ['read', 'secrets-manager.ts', 'allow'],
    ['read', '.env.example', 'allow'],
    ['read', '../../etc/passwd', 'deny'],
    ['read', 'subdir/../../../etc/passwd', 'deny'],
    ['read', '', 'deny'],
    ['read', 'a\0b', 'deny'],
    ['read', '/p/app/INTENT.md', 'allow'],
    ['write', 'new/deep/file.ts', 'ask'],
  ] as const)('%s %s → %s', (op, path, effect) => expect(onPath(op, path).effect).toBe(effect));

  it('follows sandbox modes and approval levels for commands', () => {
    const table = (text: string) =>
      [
        {},
        { approval: 'always' },
        { approval: 'risky' },
        { approval: 'never' },
        { sandbox: 'read-only' },
        { sandbox: 'full-access' },
        { trusted: false },
      ]
        .map((policy) => argv(line(text), policy as object).effect)
        .join(' ');
    expect(table('cat src/a.ts')).toBe('allow ask allow allow allow allow deny');
    expect(table('npm test')).toBe('allow ask allow allow ask allow deny');
    expect(table('docker ps')).toBe('ask ask ask allow ask allow deny');
    expect(table('sudo ls')).toBe('ask ask ask ask ask ask deny');
    expect(table('rm -rf /')).toBe('deny deny deny deny deny deny deny');
  });

  it('enforces toolsets, lets control tools through, and knows a patch that is only tried', () => {
    const tool = (name: string, toolset: string[], more: object = {}, policy: object = {}) =>
      decide({ kind: 'tool', tool: name, toolset, ...more }, { ...DEFAULTS, ...policy }).effect;
    expect(tool('write_file', ['read_file'])).toBe('deny');
    expect(tool('submit_result', [])).toBe('allow');
    expect(tool('read_file', ['read_file'])).toBe('allow');
    expect(tool('apply_patch', ['apply_patch'], {}, { sandbox: 'read-only' })).toBe('deny');
    expect(tool('apply_patch', ['apply_patch'], { checkOnly: true }, { sandbox: 'read-only' })).toBe('allow');
    expect(tool('run_command', ['run_command'], {}, { trusted: false })).toBe('deny');
    expect(tool('toString', ['constructor'])).toBe('deny');
    // 34: what a model says about itself is no part of the request
    expect(tool('write_file', ['read_file'], { approved: true, requires_approval: false })).toBe('deny');
  });
});

describe('what an approval is bound to', () => {
  const { sha256 } = createHasher();
  it('changes with the text, the folder and the sandbox', () => {
    const hashes = [
      scriptHash('npm test', '', 'workspace-write', sha256),
      scriptHash('npm  test', '', 'workspace-write', sha256),
      scriptHash('npm test', 'sub', 'workspace-write', sha256),
      scriptHash('npm test', '', 'full-access', sha256),
      argvHash(['npm', 'test'], '', 'workspace-write', sha256),
      argvHash(['npm test'], '', 'workspace-write', sha256),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(scriptHash('npm test', '.', 'workspace-write', sha256)).toBe(hashes[0]);
  });

  it('explains what a script may do', async () => {
    expect(explainMay(await parser.parse('npm test > out.txt && curl "$X" 2>/dev/null; [ -f a ] && rm b'))).toEqual([
      'runs npm, curl, rm',
      'writes to out.txt',
      'changes files: rm b',
      'depends on values known only at run time',
      'wants the network, which is off',
      'network: off',
    ]);
    expect(explainMay(await parser.parse('npm test'), true)).toEqual(['runs npm', 'network: on']);
    expect(explainMay(await parser.parse('eval x'))[0]).toMatch(/^cannot be taken apart/);
  });
});

it('gives children an environment without secrets and without what loads code', () => {
  const removed = [
    'ANTHROPIC_API_KEY',
    'OPENAI_API_KEY',
    'GITHUB_TOKEN',
    'npm_token',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'DB_PASSWORD',
    'DATABASE_URL',
    'STRIPE_SECRET',
    'NODE_OPTIONS',
    'Node_Options',
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'GIT_DIR',
    'GIT_SSH_COMMAND',
    'PYTHONSTARTUP',
    'PYTHONPATH',
    'VSCODE_IPC_HOOK',
    'BASH_ENV',
    'ENV',
    'PERL5OPT',
    'RUBYOPT',
    'JAVA_TOOL_OPTIONS',
    'ANTHROPIC_BASE_URL',
    'ELECTRON_RUN_AS_NODE',
    'SSH_AUTH_SOCK',
    'npm_config__authToken',
    'NPM_CONFIG_SCRIPT_SHELL',
    'BASH_FUNC_ls%%',
    'OPENEXEC_HOME',
    'RUSTC_WRAPPER',
    'CDPATH',
    'MY_PASSPHRASE',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'SESSION_COOKIE',
    'EDITOR',
  ];
  const kept = [
    'PATH',
    'HOME',
    'LANG',
    'LC_ALL',
    'TERM',
    'USER',
    'SHELL',
    'TMPDIR',
    'CI',
    'NODE_ENV',
    'JAVA_HOME',
    'GOPATH',
    'CARGO_HOME',
    'PWD',
    'XDG_DATA_HOME',
    'http_proxy',
    'PYTHONUNBUFFERED',
    'KEYBOARD',
    'MONKEY',
    'APPDATA',
    'SystemRoot',
    'PROCESSOR_ARCHITECTURE',
    'npm_config_cache',
    'COLUMNS',
    'DISPLAY',
  ];
  const env = childEnvironment({
    ...Object.fromEntries([...removed, ...kept].map((name) => [name, 'x'])),
    SHELLSHOCK: '() { :; }; x',
    GONE: undefined,
  });
  expect(removed.filter((name) => env[name] === 'x')).toEqual([]);
  expect(kept.filter((name) => env[name] !== 'x')).toEqual([]);
  expect(env).toMatchObject({ GIT_TERMINAL_PROMPT: '0' });
  expect(env).not.toHaveProperty('SHELLSHOCK');
  expect(env).not.toHaveProperty('GONE');
});

it.each([
  ['-mod=mod', '-mod=mod'],
  ['-mod=vendor  -tags=integration,e2e -count=1', '-mod=vendor -tags=integration,e2e -count=1'],
  ['-toolexec=./x -mod=mod -exec=./y', '-mod=mod'],
  ['-mod=mod -modfile=../evil.mod -overlay=o.json -ldflags=-X', '-mod=mod'],
  ['-toolexec=./x', undefined],
  ["'-ldflags=-extld=./x -mod=mod'", undefined],
  ['-mod=../x', undefined],
  ['', undefined],
])('of GOFLAGS %j a child gets %j', (given, kept) =>
  expect(childEnvironment({ GOFLAGS: given })['GOFLAGS']).toBe(kept),
);

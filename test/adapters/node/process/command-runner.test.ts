import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { npmCli } from '../../../../src/adapters/node/process/resolve-command.js';
import { findProgram } from '../../../../src/adapters/node/process/programs.js';
import { childEnvironment } from '../../../../src/core/policy/child-environment.js';
import { codeOf } from '../../../contracts/workspace.js';
import { createRunnerHarness } from '../harness.js';

let harness: ReturnType<typeof createRunnerHarness>;
beforeEach(() => void (harness = createRunnerHarness()));
afterEach(() => harness.dispose());

const isAlive = (pid: number) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z');
  } catch {
    return false;
  }
};
const pidsIn = async (count: number): Promise<number[]> => {
  for (let tries = 0; tries < 200; tries++) {
    const pids = existsSync(join(harness.root, 'pids'))
      ? readFileSync(join(harness.root, 'pids'), 'utf8').trim().split('\n').map(Number)
      : [];
    if (pids.length >= count) return pids;
    await wait(20);
  }
  throw new Error('the processes did not start');
};

describe.skipIf(process.platform === 'win32')('the shell of a script', () => {
  const run = async (script: string) => {
    const { exitCode, head } = await harness.runner.run(
      { root: harness.root, script, cwd: '', timeoutMs: 10_000, sandbox: 'full-access', network: false },
      () => {},
      new AbortController().signal,
    );
    return `${exitCode} ${head}`.trim();
  };

  it.each([
    ['[[ -f hello.txt ]]'],
    ['set -euo pipefail; cat hello.txt | grep -q hi'],
    ['#!/usr/bin/env bash\nset -euo pipefail\na=(hello.txt)\n[[ -f ${a[0]} ]]\n'],
  ])('%j runs in bash', async (script) => {
    expect(await run(script)).toMatch(/^1/);
    writeFileSync(join(harness.root, 'hello.txt'), 'hi\n');
    expect(await run(script)).toBe('0');
  });

  it('has the flags of its first line, and sh stays sh', async () => {
    expect(await run('#!/bin/bash -e\nfalse\ntrue')).toBe('1');
    expect(await run('test "$0" = /bin/sh')).toBe('0');
  });

  it('is never a bash of the workspace', async () => {
    const bin = join(harness.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'bash'), '#!/bin/sh\necho planted\n');
    chmodSync(join(bin, 'bash'), 0o755);
    expect(await run('[[ -d bin ]] && echo real')).toBe('0 real');
  });
});

describe('ending a process tree', () => {
  it.each([
    ['a process that ignores SIGTERM', `trap '' TERM; echo $$ >> pids; while :; do sleep 1; done`, 1],
    [
      'grandchildren',
      `sh -c 'echo $$ >> pids; sh -c "echo \\$\\$ >> pids; sleep 60; true"; true' & echo $$ >> pids; wait`,
      3,
    ],
    [
      'a child in a session of its own, that ignores SIGTERM',
      `setsid sh -c 'trap "" TERM; echo $$ >> pids; while :; do sleep 1; done' & echo $$ >> pids; wait`,
      2,
    ],
    [
      'a daemon that nobody waits for',
      `(setsid sh -c 'echo $$ >> pids; sleep 60; true' </dev/null >/dev/null 2>&1 &); echo $$ >> pids; sleep 60; true`,
      2,
    ],
  ])('ends %s within a second of an abort', async (_what, script, count) => {
    const controller = new AbortController();
    const running = harness.run(script, {}, undefined, controller.signal);
    const pids = await pidsIn(count);
    expect(pids.every(isAlive)).toBe(true);
    const start = performance.now();
    controller.abort();
    expect(await running).toMatchObject({ cancelled: true, exitCode: null });
    expect(performance.now() - start).toBeLessThan(1000);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('lets a process that obeys SIGTERM clean up', async () => {
    const controller = new AbortController();
    const running = harness.run(
      `trap 'echo cleaned; exit 0' TERM; echo $$ >> pids; while :; do sleep 0.05; done`,
      {},
      undefined,
      controller.signal,
    );
    await pidsIn(1);
    controller.abort();
    expect(await running).toMatchObject({
      cancelled: true,
      exitCode: null,
      head: expect.stringContaining('cleaned\n'),
    });
  });

  it('ends what a command leaves running in the background, and does not wait for its pipes', {
    timeout: 5000,
  }, async () => {
    const outcome = await harness.run(`sleep 60 & echo $! >> pids; (setsid sleep 60 & echo $! >> pids); echo done`);
    expect(outcome).toMatchObject({ exitCode: 0, head: 'done\n' });
    expect((await pidsIn(2)).filter(isAlive)).toEqual([]);
  });

  it('ends what takes too long, and keeps what it said until then', async () => {
    const outcome = await harness.run(`echo started; trap '' TERM; while :; do sleep 1; done`, { timeoutMs: 1000 });
    expect(outcome).toMatchObject({ timedOut: true, cancelled: false, exitCode: null, head: 'started\n' });
    expect(outcome.durationMs).toBeLessThan(2300);
  });
});

describe('output', () => {
  it('keeps the head and the tail, and the whole in a blob, redacted and without control characters', async () => {
    const outcome = await harness.run(['seq', '1', '200000']);
    expect(outcome.bytes).toBe(1288895);
    expect(outcome.head.startsWith('1\n2\n3\n')).toBe(true);
    expect(Buffer.byteLength(outcome.head)).toBeLessThanOrEqual(64 * 1024);
    expect(outcome.tail.endsWith('199999\n200000\n')).toBe(true);
    expect(Buffer.byteLength(outcome.tail)).toBeLessThanOrEqual(192 * 1024);
    expect(harness.blobs.get(outcome.log!)!.toString().split('\n')).toHaveLength(200001);
    const dirty = await harness.run(`printf 'a\\033[2Jb SECRET\\n'`);
    expect(dirty.head).toBe('a[2Jb •••\n');
    expect(harness.blobs.get(dirty.log!)!.toString()).toBe('a[2Jb •••\n');
  });

  it('has head and tail that are the whole when nothing was left out, with no secret cut in two', async () => {
    const outcome = await harness.run(`i=0; while [ $i -lt 12000 ]; do echo "SECRET line"; i=$((i+1)); done`);
    expect(outcome.bytes).toBe(144000);
    expect(outcome.head + outcome.tail).toBe('••• line\n'.repeat(12000));
  });

  it('leaves no log for no output, and no file behind', async () => {
    const outcome = await harness.run('true');
    expect(outcome).toMatchObject({ exitCode: 0, bytes: 0, head: '', tail: '' });
    expect(outcome.log).toBeUndefined();
    await harness.run('echo x');
    expect(readdirSync(join(harness.base, 'spool'))).toEqual([]);
  });

  it('does not grow with endless output or a line without end, and stores at most 64 MiB', {
    timeout: 60_000,
  }, async () => {
    const pieces: number[] = [];
    const other = createRunnerHarness({
      putBlobFrom: async (chunks) => {
        for await (const chunk of chunks) pieces.push(chunk.length);
        return 'stored';
      },
    });
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const told: string[] = [];
    const yes = await other.run(['yes'], { timeoutMs: 1500 }, (text) => told.push(text));
    const line = await other.run(`head -c 16000000 /dev/zero | tr '\\0' x`);
    clearInterval(watch);
    expect(yes.bytes).toBeGreaterThan(10_000_000);
    expect(yes.log).toBe('stored');
    expect(told.length).toBeLessThanOrEqual(30); // ten a second
    expect(Math.max(...told.map((text) => text.length))).toBeLessThanOrEqual(16 * 1024);
    expect(line).toMatchObject({ exitCode: 0, bytes: 16_000_000 });
    expect(line.head.length + line.tail.length).toBeLessThanOrEqual(256 * 1024);
    expect(Math.max(...pieces)).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect((most - before) / 1024 / 1024).toBeLessThan(100); // rss of the whole test process after a gigabyte, garbage included
    other.dispose();
  });

  it('is told while it comes', async () => {
    const told: string[] = [];
    await harness.run(
      'echo first; until [ -e heard ]; do sleep 0.02; done; echo second',
      { timeoutMs: 20_000 },
      (text) => {
        told.push(text);
        writeFileSync(join(harness.root, 'heard'), '');
      },
    );
    expect(told).toEqual(['first\n', 'second\n']);
  });
});

describe('what is spawned', () => {
  it('has no standard input, the cleaned environment and the folder asked for', async () => {
    const other = createRunnerHarness({
      env: { PATH: process.env['PATH'], KEEP: 'yes', API_TOKEN: 'no' },
      childEnvironment: ({ API_TOKEN: _dropped, ...kept }) => kept,
    });
    mkdirSync(join(other.root, 'sub'));
    const outcome = await other.run('cat; pwd; echo "$KEEP,$API_TOKEN"', { cwd: 'sub' });
    expect(outcome.head).toBe(`${join(other.root, 'sub')}\nyes,\n`);
    other.dispose();
  });

  it('is never a program planted in the workspace, nor one from the current folder', async () => {
    for (const folder of ['', 'bin']) {
      mkdirSync(join(harness.root, folder), { recursive: true });
      writeFileSync(join(harness.root, folder, 'planted'), '#!/bin/sh\necho planted\n');
      chmodSync(join(harness.root, folder, 'planted'), 0o755);
    }
    const other = createRunnerHarness({ env: { PATH: `.::bin:${join(harness.root, 'bin')}:/usr/bin:/bin` } });
    const inHarness = { root: harness.root };
    expect(await codeOf(other.run(['planted'], inHarness))).toBe('command-not-found');
    expect((await other.run('planted || echo "not found"', inHarness)).head).toContain('not found');
    // A path that is written out is what it says: judging it is the policy's business.
    expect((await other.run(['./planted'], inHarness)).head).toBe('planted\n');
    other.dispose();
  });

  it('refuses a folder that is a link to the outside, and what is neither one command nor one script', async () => {
    symlinkSync('/', join(harness.root, 'out'));
    expect(await codeOf(harness.run('true', { cwd: 'out' }))).toBe('path-outside');
    expect(await codeOf(harness.run([]))).toBe('request-invalid');
    expect(await codeOf(harness.run(['echo', 'a\0b']))).toBe('request-invalid');
    expect(await codeOf(harness.run('true', { argv: ['true'] }))).toBe('request-invalid');
  });

  it('gives a `node` where the PATH has none, and prefers one that is there', async () => {
    const folder = join(harness.base, "it's here");
    mkdirSync(folder);
    symlinkSync(process.execPath, join(folder, 'code'));
    const fallbackNode = { execPath: join(folder, 'code'), electron: true };
    const none = createRunnerHarness({ env: { PATH: '/bin' }, fallbackNode });
    const script = 'node -p "process.env.ELECTRON_RUN_AS_NODE + process.argv[1]" x';
    if (findProgram('node', { env: { PATH: '/bin' }, platform: 'linux', root: '' }) === undefined) {
      expect((await none.run(script)).head).toBe('1x\n');
      expect((await none.run(['node', '-p', '1+1'])).head).toBe('2\n');
    }
    const bin = join(harness.base, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'node'), '#!/bin/sh\necho own\n');
    chmodSync(join(bin, 'node'), 0o755);
    const own = createRunnerHarness({ env: { PATH: `${bin}:/bin` }, fallbackNode });
    expect((await own.run(script)).head).toBe('own\n');
    none.dispose();
    own.dispose();
  });

  it('runs npm on Windows through node, never a batch file', () => {
    const there = new Set([
      'C:\\node\\npm.cmd',
      'C:\\node\\node.exe',
      'C:\\node\\node_modules\\npm\\bin\\npm-cli.js',
      'C:\\node\\node_modules\\npm\\bin\\npx-cli.js',
      'C:\\node\\npx.cmd',
      'C:\\work\\npm.cmd',
      'C:\\tools\\lint.cmd',
    ]);
    const isThere = (path: string) => there.has(path);
    const env = { Path: '.;C:\\work;C:\\tools;C:\\node' };
    expect(npmCli('npm', env, 'C:\\work', isThere)).toEqual([
      'C:\\node\\node.exe',
      'C:\\node\\node_modules\\npm\\bin\\npm-cli.js',
    ]);
    expect(npmCli('npx', env, 'C:\\work', isThere)).toEqual([
      'C:\\node\\node.exe',
      'C:\\node\\node_modules\\npm\\bin\\npx-cli.js',
    ]);
    expect(findProgram('lint', { env, platform: 'win32', root: 'C:\\work', isProgram: isThere })).toBeUndefined();
    expect(findProgram('node', { env, platform: 'win32', root: 'C:\\WORK', isProgram: isThere })).toBe(
      'C:\\node\\node.exe',
    );
  });
});

describe('programs of the project', () => {
  it('run only where they are given, before those of the PATH, and with what they are told', async () => {
    const folder = join(harness.root, '.venv/bin');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'ls'), '#!/bin/sh\necho "of the project: $VIRTUAL_ENV"\n', { mode: 0o755 });
    const environments = [{ folders: [folder], variables: { VIRTUAL_ENV: join(harness.root, '.venv') } }];
    const said = `of the project: ${join(harness.root, '.venv')}\n`;
    expect((await harness.run(['ls'], { environments })).head).toBe(said);
    expect((await harness.run('ls', { environments })).head).toBe(said);
    expect((await harness.run(['ls'])).head).not.toBe(said);
    expect(await harness.runner.locate(harness.root, 'ls', environments)).toEqual({
      path: join(folder, 'ls'),
      workspacePath: '.venv/bin/ls',
    });
    expect((await harness.runner.locate(harness.root, 'ls'))?.workspacePath).toBeUndefined();
  });
});

it('tells an installation, and nothing else, which certificates the person trusts beside the known ones', async () => {
  const told = async (file: string, installation: boolean) => {
    const own = createRunnerHarness({
      env: { ...process.env, NODE_EXTRA_CA_CERTS: file.replace('ROOT', harness.root) },
      childEnvironment,
    });
    const script = 'echo "$NODE_EXTRA_CA_CERTS"';
    const outcome = await own.runner.run(
      {
        root: harness.root,
        cwd: '',
        timeoutMs: 20_000,
        sandbox: 'workspace-write',
        network: true,
        script,
        installation,
      },
      () => undefined,
      new AbortController().signal,
    );
    own.dispose();
    return outcome.head.trim();
  };
  expect(await told('/etc/ssl/certs/own.crt', true)).toBe('/etc/ssl/certs/own.crt');
  expect(await told('/etc/ssl/certs/own.crt', false)).toBe('');
  expect(await told('ROOT/evil.crt', true)).toBe('');
  expect(await told('evil.crt', true)).toBe('');
});

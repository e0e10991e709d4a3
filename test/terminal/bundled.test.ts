/** The command line as it is shipped: bundled, on the real store, the recorded model, real git and real commands. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyDemo } from '../../src/adapters/node/demo.js';
import { bundleProduct, top } from './product.js';

const started = new Set<ChildProcess>();
let place: string;

beforeAll(async () => {
  place = await realpath(await mkdtemp(path.join(os.tmpdir(), 'openexec-bundled-')));
  await bundleProduct(place);
}, 60_000);
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(place, { recursive: true, force: true });
});

interface Demo {
  folder: string;
  env: NodeJS.ProcessEnv;
}
async function demo(name: string, speed: number): Promise<Demo> {
  const folder = path.join(place, name);
  await copyDemo(path.join(top, 'demo', 'workspace'), folder);
  const { NODE_OPTIONS: _, ...env } = process.env;
  return {
    folder,
    env: {
      ...env,
      OPENEXEC_HOME: path.join(place, `home-${name}`),
      OPENEXEC_MODEL: 'recorded',
      OPENEXEC_RECORDED_SPEED: String(speed),
    },
  };
}
const cli = (): string => path.join(place, 'product', 'dist', 'cli.js');

function openexec(at: Demo, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli(), ...args],
      { cwd: at.folder, env: at.env, timeout: 120_000, maxBuffer: 64e6 },
      (error, out, err) => {
        started.delete(child);
        resolve({ code: error ? Number(error.code ?? -1) : 0, out, err });
      },
    );
    started.add(child);
    child.stdin?.end();
  });
}
/** A process that stays, with what it has written so far. */
function begin(at: Demo, ...args: string[]) {
  const child = spawn(process.execPath, [cli(), ...args], { cwd: at.folder, env: at.env, stdio: 'pipe' });
  started.add(child);
  const state = { out: '', err: '' };
  child.stdout.on('data', (part: Buffer) => (state.out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (state.err += part.toString()));
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      started.delete(child);
      resolve(code);
    }),
  );
  return {
    child,
    state,
    ended,
    until: (text: string) => waitFor(() => state.out.includes(text)),
    untilSaid: (text: string) => waitFor(() => state.err.includes(text)),
  };
}
async function waitFor(holds: () => boolean): Promise<void> {
  const start = Date.now();
  while (!holds()) {
    if (Date.now() - start > 60_000) throw new Error('waited a minute for nothing');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
/** The factor by which the recorded model is slower than it was. */
const slowed = (at: Demo, factor: number): Demo => ({
  ...at,
  env: { ...at.env, OPENEXEC_RECORDED_SPEED: String(factor) },
});
const approved = async (at: Demo): Promise<void> => {
  expect((await openexec(slowed(at, 0), 'generate')).code).toBe(0);
  expect((await openexec(at, 'plan', 'approve', '--yes')).code).toBe(0);
};

it('says its version without the engine: nothing is opened and no folder is made', async () => {
  const home = path.join(place, 'home-alone');
  const said = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, [cli(), 'version'], { env: { ...process.env, OPENEXEC_HOME: home } }, (error, out) =>
      error ? reject(error as Error) : resolve(out),
    ),
  );
  expect(said).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(existsSync(home)).toBe(false);
});

it.each([
  ...(process.platform === 'linux' ? ([['/proc/none/deep', 1, 'file-unwritable']] as const) : []),
  ['state', 2, 'usage'],
] as const)('says what is wrong with the data home %s, and ends', async (home, code, error) => {
  const folder = path.join(place, 'elsewhere');
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [cli(), 'config', 'set', 'model', 'recorded', '--json'], {
    cwd: folder,
    env: { ...process.env, OPENEXEC_HOME: home },
    timeout: 20_000,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(code);
  expect(said).toContain(error);
  expect(readdirSync(folder)).toEqual([]);
});

const hello = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { processId: null, rootUri: null, capabilities: {} },
});
it.each([
  {
    does: 'answers questions from its input',
    args: ['policy', 'explain', '--stdin'],
    input: '{"cmd":"ls"}\n',
    says: '"effect":',
  },
  {
    does: 'is a language server',
    args: ['lsp', '--stdio'],
    input: `Content-Length: ${hello.length}\r\n\r\n${hello}`,
    says: '"serverInfo"',
  },
  // As much as a pipe holds: what is written has been read, in part.
  { does: 'reads a plan from its input', args: ['patch', 'apply', '-'], input: 'x'.repeat(1_000_000), says: '' },
])(
  'ends at a signal while it $does',
  async ({ args, input, says }) => {
    const at = await demo(`signal-${args[0] ?? ''}`, 0);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const { child, ended, until } = begin(at, ...args);
      await new Promise((resolve) => child.stdin?.write(input, resolve));
      await until(says);
      child.kill(name);
      expect(await ended, name).toBe(130);
    }
  },
  60_000,
);

it('puts everything in one file and back, follows a folder that moved, and says what it finds damaged', async () => {
  const at = await demo('stored', 0);
  await approved(at);
  const usage = JSON.parse((await openexec(at, 'storage', '--json')).out) as {
    path: string;
    parts: { part: string; bytes: number }[];
  };
  expect(usage.parts.find(({ part }) => part === 'database')?.bytes).toBeGreaterThan(10_000);
  const file = path.join(place, 'all.openexec');
  expect((await openexec(at, 'export', '--all', '-o', file)).code).toBe(0);
  expect(await openexec(at, 'export', '--all', '-o', file)).toMatchObject({
    code: 1,
    err: expect.stringContaining('file-unwritable'),
  });

  // Under another name, on the same disk.
  const moved: Demo = { ...at, folder: path.join(place, 'stored-moved') };
  await rename(at.folder, moved.folder);
  expect((await openexec(moved, 'plan', 'list')).err).toContain(
    `The runs made in ${at.folder}, which is no longer there, seem to belong to this folder.`,
  );
  expect(await openexec(moved, 'storage', 'adopt')).toMatchObject({
    code: 0,
    out: expect.stringContaining('are this folder’s now'),
  });
  expect(JSON.parse((await openexec(moved, 'status', '--json')).out)).toMatchObject({
    root: moved.folder,
    plan: { approved: true },
  });
  expect((await openexec(moved, 'storage', 'adopt')).code).toBe(2);

  const other = await demo('stored-other', 0);
  expect((await openexec(other, 'restore', file)).code).toBe(3); // nobody was asked
  expect(await openexec(other, 'restore', file, '--yes')).toMatchObject({
    code: 0,
    out: expect.stringContaining(`from ${at.folder}`),
  });
  const restored = JSON.parse((await openexec(other, 'status', '--json')).out) as object;
  expect(restored).toMatchObject({ root: other.folder, plan: { approved: true } });

  const { path: data } = JSON.parse((await openexec(other, 'storage', '--json')).out) as { path: string };
  await writeFile(path.join(data, 'openexec.db'), 'no database');
  expect((await openexec(other, 'status')).err).toMatch(
    /The run database is damaged\. It was set aside as .*the copy of/,
  );
}, 240_000);

it('plans, asks, is answered from another command, runs, verifies and commits', async () => {
  const at = await demo('main', 0);
  await approved(at);
  const paused = await openexec(at, 'run', '--task', 'T-US-001-001');
  expect(paused.code, paused.err).toBe(3);
  expect(paused.err).toContain('implement wants to change docs/api.md');
  const done = await openexec(at, 'approve');
  expect(done.code, done.out + done.err).toBe(0);
  expect(done.out).toMatch(/commit [0-9a-f]{7} {2}T-US-001-001: /);
  expect(JSON.parse((await openexec(at, 'status', '--json')).out)).toMatchObject({
    recorded: true,
    pending: 0,
    active: null,
  });
  expect((await openexec(at, 'show', '--audit')).out).toMatch(/accepted {2}\S+ {2}by you, in the terminal/);
}, 240_000);

it('two processes on one root: one owns, the other follows and pauses through it', async () => {
  const at = await demo('two', 3);
  await approved(at);
  const running = begin(at, 'run', '--approve', 'all', '--json');
  await running.until('"type":"stage-started"');
  expect(JSON.parse((await openexec(at, 'status', '--json')).out)).toMatchObject({
    owner: { pid: running.child.pid, door: 'terminal' },
    active: { status: 'running' },
  });
  const follower = begin(at, 'show', '--follow', '--json');
  await follower.until('"type":"run-created"');
  expect((await openexec(at, 'pause', '--now')).code).toBe(0);
  expect(await running.ended).toBe(3);
  // The follower sees the pause, or that its owner closed right after it.
  expect([3, 4]).toContain(await follower.ended);
  expect(follower.state.out).toContain('"type":"stage-started"');
}, 240_000);

it('killed in the middle of a stage, it stands as interrupted and goes on where it was', async () => {
  const at = await demo('killed', 3);
  await approved(at);
  const running = begin(at, 'run', '--approve', 'all', '--json', '--task', 'T-US-001-001');
  await running.until('"type":"model-called"');
  running.child.kill('SIGKILL');
  await running.ended;
  expect(JSON.parse((await openexec(at, 'show', '--json')).out)).toMatchObject({ run: { status: 'interrupted' } });
  const done = await openexec(slowed(at, 0), 'resume', '--approve', 'all');
  expect(done.code, done.out + done.err).toBe(0);
  const events = (
    JSON.parse((await openexec(at, 'show', '--events', '--json')).out) as { events: { type: string; call?: string }[] }
  ).events;
  const calls = events.filter((event) => event.type === 'model-called').map((event) => event.call);
  expect(new Set(calls).size).toBe(calls.length);
  expect(events.filter((event) => event.type === 'commit-made')).toHaveLength(1);
}, 240_000);

it('Ctrl-C twice in the middle of a model’s turn cancels at once', async () => {
  const at = await demo('cancelled', 10);
  await approved(at);
  const running = begin(at, 'run', '--approve', 'all');
  await running.until('I read the routes as they are.');
  running.child.kill('SIGINT');
  await running.untilSaid('Ctrl-C again cancels the run.');
  const start = Date.now();
  running.child.kill('SIGINT');
  expect(await running.ended).toBe(130);
  expect(Date.now() - start).toBeLessThan(3000);
  expect(running.state.out).toMatch(/^cancelled · 0 of 8 tasks/m);
}, 240_000);

/** The main job on the demo workspace, through the host and every real adapter: plan, approve, run, commits. Only the model is recorded. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { copyDemo } from '../../src/adapters/node/demo.js';
import { createFakeLog } from '../fakes/log.js';
import type { OpenExec } from '../../src/core/facade.js';
import type { RunEvent } from '../../src/core/model/event.js';
import { openRoot, type HostSettings } from '../../src/host.js';

const top = path.resolve(import.meta.dirname, '../..');
const settings: HostSettings = {
  model: 'recorded',
  sandbox: 'workspace-write',
  approval: 'changes',
  budget: { usd: 5, tokens: null, wallMs: null, calls: null },
  commands: { lint: [], test: [], build: [] },
  commits: true,
};
const folders: string[] = [];
const open: OpenExec[] = [];
let productDir = '';

beforeAll(() => {
  // The product's folder as it is installed: dist with the grammars and SQLite, blueprints, demo.
  productDir = mkdtempSync(path.join(tmpdir(), 'openexec-product-'));
  folders.push(productDir);
  for (const [from, to] of [
    ['node_modules/sql.js/dist/sql-wasm.wasm', 'dist/sql-wasm.wasm'],
    ['node_modules/web-tree-sitter/web-tree-sitter.wasm', 'dist/web-tree-sitter.wasm'],
    ['node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm', 'dist/tree-sitter-bash.wasm'],
    ['blueprints', 'blueprints'],
    ['demo/cassette.json', 'demo/cassette.json'],
  ] as const)
    cpSync(path.join(top, from), path.join(productDir, to), { recursive: true });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  for (const folder of folders.splice(1)) rmSync(folder, { recursive: true, force: true });
});

async function demo() {
  const base = mkdtempSync(path.join(tmpdir(), 'openexec-demo-'));
  folders.push(base);
  const root = path.join(base, 'quotes');
  await copyDemo(path.join(top, 'demo/workspace'), root);
  const connect = async () => {
    const openexec = await openRoot({
      root,
      door: 'terminal',
      productDir,
      home: path.join(base, 'home'),
      env: { ...process.env, OPENEXEC_RECORDED_SPEED: '0' },
      log: createFakeLog(),
      settings: async () => settings,
      apiKey: async () => undefined,
    });
    open.push(openexec);
    return openexec;
  };
  return { root, connect, git: (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }) };
}

async function planned(openexec: OpenExec): Promise<string> {
  const { plan } = await openexec.request('plan/generate', { intent: 'Let people add quotes and find them again.' });
  expect(plan.document.stories).toHaveLength(3);
  const scripts = await openexec.request('plan/scripts', { plan: plan.id });
  await openexec.request('plan/approve', {
    plan: plan.id,
    iteration: plan.iteration,
    hashes: scripts.map((script) => script.hash),
  });
  return plan.id;
}

const ended = (openexec: OpenExec, events: RunEvent[]) =>
  new Promise<RunEvent>((resolve) =>
    openexec.onEvent((event) => {
      events.push(event);
      if (event.type === 'run-finished' || event.type === 'run-paused') resolve(event);
    }),
  );

it('plans, runs, heals a lint failure and a failing test, verifies and commits every task', {
  timeout: 240_000,
}, async () => {
  const { root, connect, git } = await demo();
  const openexec = await connect();
  const plan = await planned(openexec);
  const events: RunEvent[] = [];
  const end = ended(openexec, events);
  await openexec.request('run/start', { plan, onAsk: 'accept' });
  const last = await end;
  const trace = events.flatMap((event) =>
    event.type === 'stage-finished' && event.outcome === 'failed'
      ? [`${event.task} ${event.stage}: ${event.summary}`]
      : event.type === 'run-paused'
        ? [JSON.stringify(event.reason)]
        : [],
  );
  expect([last.type === 'run-finished' ? last.status : last.type, trace]).toEqual(['completed', expect.any(Array)]);
  const stages = events.flatMap((event) =>
    event.type === 'stage-finished' ? [`${event.stage} ${event.outcome}`] : [],
  );
  expect(stages).toContain('lint failed');
  expect(stages).toContain('fix_lint succeeded');
  expect(stages).toContain('test failed');
  expect(stages).toContain('fix_tests succeeded');
  const log = git('log', '--format=%s%n%b');
  expect(log.match(/OpenExec-Task: /g)).toHaveLength(8);
  expect(git('status', '--porcelain')).toBe('');
  expect(execFileSync('npm', ['test'], { cwd: root, encoding: 'utf8' })).toContain('pass');
});

/** Opening a folder through the host, with every real adapter but the model. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createSandbox } from '../src/adapters/sandbox/bubblewrap.js';
import type { OpenExec } from '../src/core/facade.js';
import { openRoot, type HostOptions } from '../src/host.js';
import { planOf } from './core/engine/harness.js';
import { createFakeLog } from './fakes/log.js';

const top = path.resolve(import.meta.dirname, '..');
const bubblewrap = await createSandbox({ path: process.env['PATH'], platform: process.platform }).detect();
let base = '';
let productDir = '';
const opened: OpenExec[] = [];

beforeAll(() => {
  // Not in /tmp, which is a command's own in the sandbox.
  mkdirSync(path.join(top, 'test-results'), { recursive: true });
  base = realpathSync(mkdtempSync(path.join(top, 'test-results', 'open-root-')));
  productDir = path.join(base, 'product');
  for (const [from, to] of [
    ['node_modules/sql.js/dist/sql-wasm.wasm', 'dist/sql-wasm.wasm'],
    ['node_modules/web-tree-sitter/web-tree-sitter.wasm', 'dist/web-tree-sitter.wasm'],
    ['node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm', 'dist/tree-sitter-bash.wasm'],
    ['blueprints', 'blueprints'],
  ] as const)
    cpSync(path.join(top, from), path.join(productDir, to), { recursive: true });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const log = createFakeLog();
const optionsOf = (name: string, over: Partial<HostOptions> = {}): HostOptions => {
  const root = path.join(base, name);
  mkdirSync(root, { recursive: true });
  return {
    root,
    door: 'terminal',
    productDir,
    home: path.join(base, 'home'),
    env: process.env,
    log,
    apiKey: async () => undefined,
    settings: async () => ({
      model: 'recorded',
      sandbox: 'workspace-write',
      approval: 'changes',
      budget: { usd: 5, tokens: null, wallMs: null, calls: null },
      commands: { lint: [], test: [], build: [] },
      commits: true,
    }),
    ...over,
  };
};
const open = async (name: string, over: Partial<HostOptions> = {}) => {
  const openexec = await openRoot(optionsOf(name, over));
  opened.push(openexec);
  return openexec;
};

it('leaves nothing open when it fails: the next try opens the same folder', async () => {
  await expect(open('failing', { apiKey: () => Promise.reject(new Error('no keychain')) })).rejects.toThrow(
    'no keychain',
  );
  const folder = readdirSync(path.join(base, 'home/roots')).find((name) => name.startsWith('failing-'));
  // Closed, the log is in the file and gone.
  expect(readdirSync(path.join(base, 'home/roots', folder!)).filter((name) => name.endsWith('-wal'))).toEqual([]);
  expect(await (await open('failing')).request('plan/list', {})).toEqual([]);
});

it('opens a folder also where it cannot be told whether it moved', async () => {
  // Another folder's state that cannot be read.
  const other = path.join(base, 'home/roots/other-0123456789abcdef');
  mkdirSync(path.join(other, 'root.json'), { recursive: true });
  writeFileSync(path.join(other, 'openexec.db'), '');
  const warned = log.lines.length;
  expect(await (await open('unknown')).request('plan/list', {})).toEqual([]);
  expect(JSON.stringify(log.lines.slice(warned))).toContain('could not be looked for');
  rmSync(other, { recursive: true });
});

it.skipIf(!bubblewrap.works).each(['home', 'mine/.state/openexec'])(
  `lets no command read what another folder's runs left in the data home (bubblewrap ${bubblewrap.works ? 'works' : 'does not work'} here): %s`,
  async (place) => {
    const home = path.join(base, place);
    mkdirSync(home, { recursive: true });
    await (await open('other', { home })).close();
    const openexec = await open('mine', { home });
    const files = readdirSync(path.join(home, 'roots')).map((name) => path.join(home, 'roots', name, 'openexec.db'));
    expect(files.length).toBeGreaterThan(1);
    // Of the folder's own place nothing shows but the way to its caches; of others' not even the name.
    writeFileSync(
      path.join(base, 'mine/look.js'),
      `const fs = require('fs');
       const seen = (folder) => (fs.existsSync(folder) ? fs.readdirSync(folder) : []);
       const roots = ${JSON.stringify(path.join(home, 'roots'))};
       const others = seen(roots).filter((name) => !name.startsWith('mine-'));
       const own = seen(roots).flatMap((name) => seen(roots + '/' + name)).filter((name) => name !== 'caches');
       const files = ${JSON.stringify(files)}.filter((file) => fs.existsSync(file));
       console.log(JSON.stringify({ others, own, files }));
       process.exitCode = others.length + own.length + files.length > 0 ? 1 : 0;`,
    );
    const { plan } = await openexec.request('plan/import', {
      json: JSON.stringify(planOf({ 'T-1': { check: 'node look.js' } })),
      name: 'Look',
    });
    const scripts = await openexec.request('plan/scripts', { plan: plan.id });
    await openexec.request('plan/approve', {
      plan: plan.id,
      iteration: 1,
      hashes: scripts.map((script) => script.hash),
    });
    expect((await openexec.request('plan/verify', { plan: plan.id })).checks).toMatchObject([
      { subject: 'T-1', outcome: 'green' },
    ]);
  },
);

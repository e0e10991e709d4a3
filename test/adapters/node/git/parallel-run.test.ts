/** Tasks side by side with nothing in between: real repository, real worktrees, real commands in the real sandbox where there is one. The model is scripted, the database in memory. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../../src/adapters/node/clock.js';
import { createCommandRunner } from '../../../../src/adapters/node/process/command-runner.js';
import { createGitCommand } from '../../../../src/adapters/node/git/git-command.js';
import { createHasher } from '../../../../src/adapters/node/hasher.js';
import { createIds } from '../../../../src/adapters/node/ids.js';
import { createDiskWorkspace } from '../../../../src/adapters/node/files/workspace.js';
import { createSandbox } from '../../../../src/adapters/sandbox/bubblewrap.js';
import { createShellParser } from '../../../../src/adapters/shell-grammar/shell-parser.js';
import type { OpenExec } from '../../../../src/core/facade.js';
import { harmless } from '../../../../src/core/text/harmless.js';
import type { RunEvent } from '../../../../src/core/model/event.js';
import { createOpenExec } from '../../../../src/core/openexec.js';
import { childEnvironment } from '../../../../src/core/policy/child-environment.js';
import { implementVerifyCommit } from '../../../core/engine/fixtures.js';
import { planOf } from '../../../core/engine/harness.js';
import { createFakeLog } from '../../../fakes/log.js';
import { createMemoryStore } from '../../../fakes/memory-store.js';
import { createFakeModel, edits } from '../../../fakes/model.js';
import { createRepository } from './repository.js';

const require = createRequire(import.meta.url);
const { platform } = process;
const signal = new AbortController().signal;
let repo: ReturnType<typeof createRepository>;
let openexec: OpenExec;
let events: RunEvent[];
beforeEach(() => void (repo = createRepository()));
afterEach(async () => {
  await openexec.close();
  repo.dispose();
});

async function open(model: Parameters<typeof createFakeModel>[0]): Promise<void> {
  const home = dirname(repo.worktrees);
  const wasm = join(home, 'wasm');
  mkdirSync(wasm, { recursive: true });
  const grammars = dirname(require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm'));
  for (const name of ['tree-sitter-bash.wasm', 'tree-sitter-powershell.wasm'])
    copyFileSync(join(grammars, name), join(wasm, name));
  copyFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm'), join(wasm, 'web-tree-sitter.wasm'));
  const env = {
    ...process.env,
    HOME: join(repo.base, 'home'),
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  };
  const clock = createSystemClock();
  const store = createMemoryStore();
  const log = createFakeLog();
  const command = createGitCommand({ env, platform });
  events = [];
  openexec = await createOpenExec(
    {
      clock,
      store,
      log,
      ids: createIds(clock),
      hasher: createHasher(),
      git: repo.git,
      models: createFakeModel(model),
      redact: (text) => text,
      workspace: createDiskWorkspace({ git: command, worktrees: repo.worktrees }),
      shell: createShellParser({ wasmDir: wasm }),
      commands: createCommandRunner({
        env,
        platform,
        childEnvironment,
        spoolDir: join(home, 'spool'),
        worktrees: repo.worktrees,
        putBlobFrom: (pieces) => store.putBlobFrom(pieces),
        redact: (text) => text,
        harmless,
        log,
        sandbox: createSandbox({ path: env.PATH, platform, hidden: [home] }),
      }),
    },
    {
      root: repo.root,
      shippedBlueprints: ['standard_task'],
      owner: { pid: process.pid, door: 'test', since: 0 },
      blueprint: async (id) => ({ id, file: `${id}.yaml`, text: implementVerifyCommit }),
      settings: async () => ({
        model: 'scripted',
        sandbox: 'workspace-write',
        approval: 'changes',
        budget: { usd: null, tokens: null, wallMs: null, calls: null },
        commands: { lint: [], test: [], build: [] },
        commits: true,
        maxParallel: 3,
      }),
    },
  );
  openexec.onEvent((event) => events.push(event));
}

async function runToEnd(document: Parameters<typeof JSON.stringify>[0]): Promise<string> {
  const { plan } = await openexec.request('plan/import', { json: JSON.stringify(document), name: 'Plan' });
  const scripts = await openexec.request('plan/scripts', { plan: plan.id });
  await openexec.request('plan/approve', {
    plan: plan.id,
    iteration: plan.iteration,
    hashes: scripts.map((script) => script.hash),
  });
  const { run } = await openexec.request('run/start', { plan: plan.id, onAsk: 'accept' });
  while (!['completed', 'failed', 'paused', 'cancelled'].includes((await openexec.request('run/get', { run })).status))
    await new Promise((resolve) => setTimeout(resolve, 20));
  return (await openexec.request('run/get', { run })).status;
}

describe('a parallel story on a real repository', () => {
  it('gives one commit a task in plan order, with the person’s own work untouched and no worktree left', async () => {
    const files = {
      '.gitignore': 'node_modules/\n',
      'package.json': '{ "type": "commonjs" }\n',
      'a.js': 'exports.value = "one";\n\n\n\n\n\nexports.mine = 1;\n',
      'b.js': 'exports.value = "one";\n',
      'packages/lib/index.js': 'module.exports = "lib";\n',
    };
    for (const [path, text] of Object.entries(files)) repo.put(path, text);
    repo.call('add', '.');
    repo.call('commit', '-qm', 'First');
    repo.put(
      'node_modules/dep/index.js',
      'module.exports = (value, word) => { if (value !== word) throw new Error(`${value}`); };\n',
    );
    repo.put('a.js', files['a.js'].replace('mine = 1', 'mine = 2'));
    repo.put('notes.txt', 'mine\n');
    repo.put('staged.txt', 'staged\n');
    repo.call('add', 'staged.txt');
    const check = (file: string, word: string) => `node -e 'require("dep")(require("./${file}").value, "${word}")'`;
    await open({
      'T1/implement': edits('a.js', '"one"', '"ONE"'),
      'T2/implement': edits('b.js', '"one"', '"TWO"'),
      'T3/implement': edits('packages/lib/index.js', 'module.exports = "lib"', 'exports.value = "LIB"'),
    });
    const status = await runToEnd(
      planOf(
        {
          T1: { check: check('a.js', 'ONE') },
          T2: { check: `${check('b.js', 'TWO')} && { [ -e run.sh ] || { printf x > run.sh && chmod +x run.sh; }; }` },
          T3: { check: check('packages/lib', 'LIB') },
        },
        { mode: 'parallel' },
      ),
    );
    expect([status, events.filter((event) => event.type === 'run-paused')]).toEqual(['completed', []]);
    expect(repo.call('log', '--format=%s', '--reverse').trim().split('\n')).toEqual([
      'First',
      'T1: Do T1',
      'T2: Do T2',
      'T3: Do T3',
    ]);
    expect(repo.call('ls-tree', 'HEAD', 'run.sh')).toMatch(/^100755 /); // made in the worktree, to be run in the tree
    expect(repo.call('show', 'HEAD:a.js')).toBe(files['a.js'].replace('one', 'ONE'));
    expect(repo.text('a.js')).toBe(files['a.js'].replace('one', 'ONE').replace('mine = 1', 'mine = 2'));
    expect(repo.call('status', '--porcelain').split('\n').filter(Boolean)).toEqual([
      ' M a.js',
      'A  staged.txt',
      '?? notes.txt',
    ]);
    expect([
      await repo.git.worktrees(repo.root, signal),
      readdirSync(repo.worktrees),
      existsSync(join(repo.root, 'node_modules/dep/index.js')),
    ]).toEqual([[], [], true]);
    expect(repo.call('worktree', 'list').trim().split('\n')).toHaveLength(1);
  }, 60_000);
});

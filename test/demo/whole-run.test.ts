/** The whole demo through the real engine on a real folder: real files, real git, real commands, the recorded model. Only the database is in memory. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { createCommandRunner } from '../../src/adapters/node/process/command-runner.js';
import { createGitCommand } from '../../src/adapters/node/git/git-command.js';
import { createGit } from '../../src/adapters/node/git/git.js';
import { createHasher } from '../../src/adapters/node/hasher.js';
import { createIds } from '../../src/adapters/node/ids.js';
import { createDiskWorkspace } from '../../src/adapters/node/files/workspace.js';
import { createSandbox } from '../../src/adapters/sandbox/bubblewrap.js';
import { createShellParser } from '../../src/adapters/shell-grammar/shell-parser.js';
import type { OpenExec } from '../../src/core/facade.js';
import { harmless } from '../../src/core/text/harmless.js';
import type { RunEvent } from '../../src/core/model/event.js';
import { asRoot } from '../../src/core/model/primitives.js';
import { createOpenExec } from '../../src/core/openexec.js';
import { childEnvironment } from '../../src/core/policy/child-environment.js';
import { createFakeLog } from '../fakes/log.js';
import { createMemoryStore } from '../fakes/memory-store.js';
import { model, openCopy, tasks, type Copy } from './player.js';

const top = path.resolve(import.meta.dirname, '..', '..');
const require = createRequire(import.meta.url);
let copy: Copy;
let openexec: OpenExec;
afterEach(async () => {
  await openexec.close();
  copy.remove();
});

async function open(): Promise<RunEvent[]> {
  copy = await openCopy();
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
  };
  const { platform } = process;
  const log = createFakeLog();
  const clock = createSystemClock();
  const store = createMemoryStore();
  const git = createGitCommand({ env, platform });
  const spool = mkdtempSync(path.join(os.tmpdir(), 'openexec-demo-spool-'));
  const wasm = path.join(spool, 'wasm');
  mkdirSync(wasm);
  openexec = await createOpenExec(
    {
      clock,
      log,
      store,
      models: model,
      redact: (text) => text,
      ids: createIds(clock),
      hasher: createHasher(),
      workspace: createDiskWorkspace({ git }),
      git: createGit({ command: git, harmless, worktrees: path.join(spool, 'worktrees') }),
      shell: createShellParser({ wasmDir: grammarFolder(wasm) }),
      commands: createCommandRunner({
        env,
        platform,
        childEnvironment,
        spoolDir: spool,
        putBlobFrom: (pieces) => store.putBlobFrom(pieces),
        redact: (text) => text,
        harmless,
        log,
        sandbox: createSandbox({ path: env.PATH, platform, hidden: [spool] }),
        fallbackNode: { execPath: process.execPath, electron: false },
      }),
    },
    {
      root: asRoot(copy.folder),
      shippedBlueprints: ['standard_task'],
      owner: { pid: process.pid, door: 'test', since: 0 },
      settings: async () => ({
        model: 'recorded',
        sandbox: 'workspace-write',
        approval: 'changes',
        budget: { usd: null, tokens: null, wallMs: null, calls: null },
        commands: { lint: [], test: [], build: [] },
        commits: true,
      }),
      blueprint: async (id) => ({
        id,
        file: `${id}.yaml`,
        text: readFileSync(path.join(top, 'blueprints', `${id}.yaml`), 'utf8'),
      }),
    },
  );
  const events: RunEvent[] = [];
  openexec.onEvent((event) => events.push(event));
  const { close } = openexec;
  openexec = { ...openexec, close: () => close().finally(() => rmSync(spool, { recursive: true, force: true })) };
  return events;
}

/** Both grammars in one folder, as the build puts them. */
function grammarFolder(folder: string): string {
  copyFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm'), path.join(folder, 'web-tree-sitter.wasm'));
  copyFileSync(
    require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm'),
    path.join(folder, 'tree-sitter-bash.wasm'),
  );
  return folder;
}

async function startDemo(onAsk: 'accept' | 'wait'): Promise<string> {
  const { plan, problems } = await openexec.request('plan/generate', {
    intent: 'People can add, find and search quotes.',
  });
  expect(problems.filter((problem) => problem.severity !== 'info')).toEqual([]);
  const scripts = await openexec.request('plan/scripts', { plan: plan.id });
  await openexec.request('plan/approve', {
    plan: plan.id,
    iteration: plan.iteration,
    hashes: scripts.map((script) => script.hash),
  });
  return (await openexec.request('run/start', { plan: plan.id, onAsk })).run;
}

const ended = (events: readonly RunEvent[]) =>
  new Promise<RunEvent>((resolve) => {
    const done = events.find((event) => event.type === 'run-finished' || event.type === 'run-paused');
    if (done) resolve(done);
    openexec.onEvent((event) => {
      if (event.type === 'run-finished' || event.type === 'run-paused') resolve(event);
    });
  });

describe('the whole demo', () => {
  it('ends completed, with one commit a task, every check red before and green after, a lint and a test failure healed', async () => {
    const events = await open();
    await startDemo('accept');
    const last = await ended(events);
    expect(last).toMatchObject({ type: 'run-finished', status: 'completed' });
    expect(events.filter((event) => event.type === 'check-before').map((event) => [event.task, event.red])).toEqual(
      tasks.map((task) => [task.id, true]),
    );
    expect(
      events.flatMap((event) =>
        event.type === 'stage-finished' && event.outcome === 'failed' ? [`${event.task} ${event.stage}`] : [],
      ),
    ).toEqual(['T-US-002-001 lint', 'T-US-002-003 test']);
    expect(events.flatMap((event) => (event.type === 'commit-made' ? [event.task] : []))).toEqual(
      tasks.map((task) => task.id),
    );
    expect(
      events
        .flatMap((event) => (event.type === 'approval-requested' ? [event.kind] : []))
        .filter((kind) => kind !== 'change-set'),
    ).toEqual([]);
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.code] : []))).toEqual([]);
    expect(copy.git('status', '--porcelain')).toBe('');
  }, 240_000);

  it('ends the same with every story in parallel: worktrees with the installed packages, merged in plan order and checked again', async () => {
    const events = await open();
    const { plan } = await openexec.request('plan/generate', { intent: 'People can add, find and search quotes.' });
    const document = {
      ...plan.document,
      stories: plan.document.stories.map((story) => ({ ...story, mode: 'parallel' as const })),
    };
    const edited = await openexec.request('plan/edit', {
      plan: plan.id,
      iteration: plan.iteration,
      document,
      summary: 'Parallel',
    });
    const scripts = await openexec.request('plan/scripts', { plan: plan.id });
    await openexec.request('plan/approve', {
      plan: plan.id,
      iteration: edited.plan.iteration,
      hashes: scripts.map((script) => script.hash),
    });
    await openexec.request('run/start', { plan: plan.id, onAsk: 'accept' });
    const last = await ended(events);
    expect(last).toMatchObject({ type: 'run-finished', status: 'completed' });
    // One question a task: its merge.
    expect(
      events
        .flatMap((event) => (event.type === 'approval-requested' ? [`${event.task} ${event.stage} ${event.kind}`] : []))
        .sort(),
    ).toEqual(tasks.map((task) => `${task.id} @merge change-set`).sort());
    expect(events.flatMap((event) => (event.type === 'commit-made' ? [event.task] : [])).sort()).toEqual(
      tasks.map((task) => task.id).sort(),
    );
    expect(copy.git('status', '--porcelain')).toBe('');
    expect(copy.git('worktree', 'list').trim().split('\n')).toHaveLength(1);
  }, 240_000);

  it('goes on with another proposal when every first proposal is rejected', async () => {
    const events = await open();
    const run = await startDemo('wait');
    const rejected = new Set<string>();
    openexec.onEvent((event) => {
      if (event.type !== 'approval-requested') return;
      const first = !rejected.has(event.task);
      rejected.add(event.task);
      void openexec.request('approval/answer', {
        approval: event.approval,
        answer: { status: first ? 'rejected' : 'accepted', by: 'editor', comment: first ? 'In another way.' : '' },
      });
    });
    const waiting = await openexec.request('approval/list', {});
    for (const approval of waiting)
      if (!rejected.has(approval.task)) {
        rejected.add(approval.task);
        await openexec.request('approval/answer', {
          approval: approval.id,
          answer: { status: 'rejected', by: 'editor', comment: 'In another way.' },
        });
      }
    expect(await ended(events)).toMatchObject({ type: 'run-finished', status: 'completed' });
    expect(rejected.size).toBe(tasks.length);
    expect(
      events.flatMap((event) =>
        event.type === 'stage-finished' && event.outcome === 'failed' ? [`${event.task} ${event.stage}`] : [],
      ),
    ).toEqual([]);
    expect((await openexec.request('run/get', { run })).commits).toBe(tasks.length);
  }, 240_000);
});

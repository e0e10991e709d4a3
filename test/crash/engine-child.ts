/**
 * A small plan with healing, approvals and commits, run through the façade with the real store, files, commands and git. Every event
 * that is told is noted in a side file. Started again after it was killed, it goes on where its records end.
 */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { canonicalJson } from '../../src/base/canonical.js';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { createCommandRunner } from '../../src/adapters/node/command-runner.js';
import { createGitCommand } from '../../src/adapters/node/git-command.js';
import { createGit } from '../../src/adapters/node/git.js';
import { createHasher } from '../../src/adapters/node/hasher.js';
import { createIds } from '../../src/adapters/node/ids.js';
import { createDiskWorkspace } from '../../src/adapters/node/workspace.js';
import { createShellParser } from '../../src/adapters/shell-grammar/shell-parser.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { harmless } from '../../src/core/harmless.js';
import { asRoot } from '../../src/core/model/primitives.js';
import { createOpenExec } from '../../src/core/openexec.js';
import { childEnvironment } from '../../src/core/policy/index.js';
import { createRedactor } from '../../src/core/redact.js';
import type { Log } from '../../src/core/ports.js';
import { createFakeModel } from '../fakes/model.js';
import { blueprint, plan, script } from './engine-plan.js';

const [, , root = '', data = '', told = '', dist = '', killAt = '0'] = process.argv;

const say = (text: string): void => void writeSync(2, `${text}\n`);
const log: Log = { debug() {}, info() {}, warn: (message, params) => say(`${message} ${JSON.stringify(params ?? {})}`), error: (message, error) => say(`${message} ${String(error)}`) };

let left = Number(killAt);
/** Kills this process at the given crossing into or out of the world: between an effect and its record, between a record and its telling. */
const crossing = (): void => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
};
const crossed =
  <A extends unknown[], R>(effect: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    crossing();
    const result = await effect(...args);
    crossing();
    return result;
  };

async function main(): Promise<void> {
  mkdirSync(data, { recursive: true });
  const clock = createSystemClock();
  const hasher = createHasher();
  const { redact } = createRedactor();
  const { store: opened, notices } = await openSqliteStore({ dir: data, wasm: path.join(dist, 'sql-wasm.wasm'), clock, log, idleMs: 20 });
  if (notices.length > 0) throw new Error(`a killed process left ${JSON.stringify(notices)}`);
  const store = { ...opened, commit: crossed(opened.commit) };
  const platform = process.platform;
  const command = createGitCommand({ env: process.env, platform });
  const git = createGit({ command, harmless });
  const disk = createDiskWorkspace({ git: command });
  const commands = createCommandRunner({
    env: process.env, childEnvironment, platform, spoolDir: path.join(data, 'spool'), putBlob: (bytes) => store.putBlob(bytes), redact, harmless, log,
    sandbox: { wrap: async (_request, argv) => ({ by: 'none', argv }) },
  });
  const openexec = await createOpenExec(
    {
      clock, store, hasher, log, redact, ids: createIds(clock), workspace: { ...disk, apply: crossed(disk.apply) }, git: { ...git, commit: crossed(git.commit) }, shell: createShellParser({ wasmDir: dist }), models: createFakeModel(script),
      commands: { run: crossed(commands.run) },
    },
    {
      root: asRoot(root), shippedBlueprints: ['standard_task'], owner: { pid: process.pid, door: 'test', since: clock.now() }, blueprint: async (id) => ({ id, text: blueprint, file: `${id}.yaml` }),
      settings: async () => ({
        model: 'scripted', sandbox: 'workspace-write', approval: 'changes', budget: { usd: null, tokens: null, wallMs: null, calls: null }, commands: { lint: ['grep -q . README.md'], test: [], build: [] }, commits: true,
      }),
    },
  );
  const side = openSync(told, 'a');
  const ended = new Promise<number>((resolve) => {
    openexec.onEvent((event) => {
      crossing();
      writeSync(side, `${event.seq} ${hasher.sha256(canonicalJson(event))}\n`);
      if (event.type === 'run-finished') resolve(event.status === 'completed' ? 0 : 4);
      if (event.type !== 'run-paused') return;
      say(`paused: ${JSON.stringify(event.reason)}`);
      resolve(3);
    });
  });
  writeSync(1, 'ready\n');

  const [known] = await openexec.request('run/list', {});
  if (known?.status === 'completed') return await openexec.close();
  if (known) await openexec.request('run/resume', { run: known.id });
  else await openexec.request('run/start', { plan: await approvedPlan(), onAsk: 'accept' });
  process.exitCode = await ended;
  await openexec.close();
  if (left < 0) writeSync(1, `crossings ${Number(killAt) - left}\n`);

  async function approvedPlan(): Promise<string> {
    const [listed] = await openexec.request('plan/list', {});
    const id = listed?.id ?? (await openexec.request('plan/import', { json: JSON.stringify(plan), name: 'Crash' })).plan.id;
    const scripts = await openexec.request('plan/scripts', { plan: id });
    await openexec.request('plan/approve', { plan: id, iteration: 1, hashes: scripts.map((one) => one.hash) });
    return id;
  }
}

main().catch((error: unknown) => {
  say(String(error instanceof Error ? error.stack : error));
  process.exit(1);
});

/**
 * A plan run through the façade with the real store, files, commands and git, by a process that kills itself at a given crossing into
 * the world: before or after an operation on a file, before or after an effect, between two words of the model, before an event is
 * noted. What it is doing stands in a side file, one letter; every event that is told in another. Started again, it goes on where its
 * records end.
 */
import fs, { mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { canonicalJson } from '../../src/base/canonical.js';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { createCommandRunner } from '../../src/adapters/node/process/command-runner.js';
import { createGitCommand } from '../../src/adapters/node/git/git-command.js';
import { createGit } from '../../src/adapters/node/git/git.js';
import { createHasher } from '../../src/adapters/node/hasher.js';
import { createIds } from '../../src/adapters/node/ids.js';
import { createDiskWorkspace } from '../../src/adapters/node/files/workspace.js';
import { createShellParser } from '../../src/adapters/shell-grammar/shell-parser.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import type { FileOps } from '../../src/adapters/sqlite/system-calls.js';
import { harmless } from '../../src/core/text/harmless.js';
import { asRoot } from '../../src/core/model/primitives.js';
import { createOpenExec } from '../../src/core/openexec.js';
import { childEnvironment } from '../../src/core/policy/index.js';
import { createRedactor } from '../../src/core/text/redact.js';
import type { Log, ModelClient } from '../../src/core/ports/ports.js';
import { createFakeModel } from '../fakes/model.js';
import { blueprint, makeJob } from './engine-plan.js';
import type { Place, Phase } from './engine-places.js';

const { place, dist, tasks, at, group } = JSON.parse(process.argv[2] ?? '') as {
  place: Place;
  dist: string;
  tasks: number;
  at?: { phase: Phase; crossing: number };
  group: boolean;
};

const note = fs.writeSync.bind(fs); // before it is watched
const say = (text: string): void => void note(2, `${text}\n`);
const log: Log = {
  debug() {},
  info() {},
  warn: (message, params) => say(`${message} ${JSON.stringify(params ?? {})}`),
  error: (message, error) => say(`${message} ${String(error)}`),
};

const doing = openSync(place.phase, 'w');
let phase: Phase = 'step';
const enter = (next: Phase): Phase => {
  const before = phase;
  phase = next;
  note(doing, next[0] ?? '', 0);
  return before;
};

const crossings: Record<Phase, number> = { step: 0, commit: 0, apply: 0, git: 0, model: 0 };
const crossing = (): void => {
  crossings[phase] += 1;
  // With its children, as when the machine ends; or alone, and what it started goes on beside its successor.
  if (phase === at?.phase && crossings[phase] === at.crossing)
    process.kill(group ? -process.pid : process.pid, 'SIGKILL');
};
const during =
  <A extends unknown[], R>(where: Phase, effect: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    const before = enter(where);
    crossing();
    try {
      return await effect(...args);
    } finally {
      crossing();
      enter(before);
    }
  };

/** Every operation that changes a file is a crossing on both sides. */
function watchFiles(): void {
  const watch = (table: Record<string, unknown>, names: readonly string[]) => {
    for (const name of names) {
      const original = table[name] as (...args: unknown[]) => unknown;
      table[name] = (...args: unknown[]) => {
        crossing();
        const result = original.apply(table, args);
        crossing();
        return result;
      };
    }
  };
  watch(fs as unknown as Record<string, unknown>, [
    'writeFileSync',
    'renameSync',
    'rmSync',
    'unlinkSync',
    'linkSync',
    'copyFileSync',
    'fsyncSync',
    'mkdirSync',
  ]);
  watch(fs.promises as unknown as Record<string, unknown>, ['open', 'rename', 'rm', 'writeFile', 'copyFile', 'unlink']);
}

/** A transaction reaches from its first write to its flush. */
function storeFiles(): FileOps {
  let before: Phase | undefined;
  return {
    ...fs,
    writeSync: ((...args: Parameters<typeof fs.writeSync>) => {
      before ??= enter('commit');
      crossing();
      return note(...args);
    }) as FileOps['writeSync'],
    fdatasyncSync: (fd: number) => {
      crossing();
      fs.fdatasyncSync(fd);
      crossing();
      if (before) enter(before);
      before = undefined;
    },
  };
}

/** Its answer comes word by word. */
function streaming(model: ModelClient): ModelClient {
  return {
    info: model.info,
    turn: during('model', async (request, onText, signal) => {
      const turn = await model.turn(request, () => undefined, signal);
      for (const word of turn.content.flatMap((block) => (block.type === 'text' ? block.text.split(' ') : []))) {
        onText(`${word} `);
        crossing();
        await wait(1);
      }
      return turn;
    }),
  };
}

async function main(): Promise<void> {
  const job = makeJob(tasks);
  mkdirSync(place.data, { recursive: true });
  enter('step');
  watchFiles();
  const clock = createSystemClock();
  const hasher = createHasher();
  const { redact } = createRedactor();
  const { store, notices } = await openSqliteStore({
    dir: place.data,
    wasm: path.join(dist, 'sql-wasm.wasm'),
    clock,
    log,
    idleMs: 20,
    files: storeFiles(),
  });
  if (notices.length > 0) throw new Error(`a killed process left ${JSON.stringify(notices)}`);
  const platform = process.platform;
  const command = createGitCommand({ env: process.env, platform });
  const git = createGit({ command, harmless, worktrees: path.join(place.data, 'worktrees') });
  const disk = createDiskWorkspace({ git: command });
  const commands = createCommandRunner({
    env: process.env,
    childEnvironment,
    platform,
    spoolDir: path.join(place.data, 'spool'),
    putBlobFrom: (pieces) => store.putBlobFrom(pieces),
    redact,
    harmless,
    log,
    sandbox: { wrap: async (_request, argv) => ({ by: 'none', argv }) },
  });
  const openexec = await createOpenExec(
    {
      clock,
      store,
      hasher,
      log,
      redact,
      ids: createIds(clock),
      workspace: { ...disk, apply: during('apply', disk.apply) },
      git: { ...git, commit: during('git', git.commit) },
      shell: createShellParser({ wasmDir: dist }),
      models: streaming(createFakeModel(job.script)),
      commands: { ...commands, run: during('step', commands.run) },
    },
    {
      root: asRoot(place.root),
      shippedBlueprints: ['standard_task'],
      owner: { pid: process.pid, door: 'test', since: clock.now() },
      blueprint: async (id) => ({ id, text: blueprint, file: `${id}.yaml` }),
      settings: async () => ({
        model: 'scripted',
        sandbox: 'workspace-write',
        approval: 'changes',
        budget: { usd: null, tokens: null, wallMs: null, calls: null },
        commands: { lint: [], test: [], build: [] },
        commits: true,
      }),
    },
  );
  const told = openSync(place.told, 'a');
  const ended = new Promise<number>((resolve) => {
    openexec.onEvent((event) => {
      crossing();
      note(told, `${event.seq} ${hasher.sha256(canonicalJson(event))}\n`);
      if (event.type === 'run-finished') resolve(event.status === 'completed' ? 0 : 4);
      if (event.type !== 'run-paused') return;
      say(`paused: ${JSON.stringify(event.reason)}`);
      resolve(3);
    });
  });

  const [known] = await openexec.request('run/list', {});
  if (known?.status === 'completed') return await openexec.close();
  if (known) await openexec.request('run/resume', { run: known.id });
  else await openexec.request('run/start', { plan: await approvedPlan(), onAsk: 'accept' });
  process.exitCode = await ended;
  await openexec.close();
  writeSync(1, JSON.stringify(crossings));

  async function approvedPlan(): Promise<string> {
    const [listed] = await openexec.request('plan/list', {});
    const id =
      listed?.id ?? (await openexec.request('plan/import', { json: JSON.stringify(job.plan), name: 'Crash' })).plan.id;
    const scripts = await openexec.request('plan/scripts', { plan: id });
    await openexec.request('plan/approve', { plan: id, iteration: 1, hashes: scripts.map((one) => one.hash) });
    return id;
  }
}

main().catch((error: unknown) => {
  say(String(error instanceof Error ? error.stack : error));
  process.exit(1);
});

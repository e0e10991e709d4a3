/**
 * A whole engine on a real disk for the benchmarks: blueprint, plan, façade, SQLite store, files. Its stages are deterministic and
 * start no process, and no model is asked, so that what is measured is the engine and its store alone.
 */
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { createHasher } from '../../src/adapters/node/hasher.js';
import { createIds } from '../../src/adapters/node/ids.js';
import { createDiskWorkspace } from '../../src/adapters/node/files/workspace.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import type { OpenExec } from '../../src/core/facade.js';
import type { RunEvent } from '../../src/core/model/event.js';
import type { PlanDocument } from '../../src/core/model/plan.js';
import { asRoot } from '../../src/core/model/primitives.js';
import { createOpenExec } from '../../src/core/openexec.js';
import type { Log } from '../../src/core/ports/ports.js';
import { createFakeCommandRunner } from '../fakes/command-runner.js';
import { createFakeGit } from '../fakes/git.js';
import { createFakeModel } from '../fakes/model.js';
import { createFakeShellParser } from '../fakes/shell-parser.js';

export interface Chain {
  /** One after the other … */
  tasks: number;
  /** … or layers of so many, each depending on two of the layer before, so many at once. */
  layers?: { of: number; atOnce: number };
  /** Actions of the stages of every task, in order; at most 100. */
  actions: readonly ('diff_report' | 'summarize_run' | 'review_bundle')[];
}

export interface ChainRun {
  steps: number;
  events: number;
  /** From the start to the run's end told to a subscriber, less `limitMs`. */
  ms: number;
  /** What as many commits of SQLite itself took, one after each step. */
  limitMs: number;
  /** When each step was told, in the engine's own ms from the start. */
  told: number[];
  /** ms of the commit of SQLite itself after each step. */
  limits: number[];
  /** Bytes that the run added on disk, after closing: database and blobs. */
  bytes: number;
}

export const quiet: Log = {
  debug() {},
  info() {},
  warn() {},
  error(message, error) {
    process.stderr.write(`${message} ${String(error)}\n`);
  },
};

/** Stage ids are padded, so that a summary of a hundred stages is a few KB, as a test's output would be. */
function blueprintOf(actions: Chain['actions']): string {
  const id = (n: number) => `stage_${String(n).padStart(3, '0')}`;
  const lines = actions.map(
    (action, n) =>
      `  ${id(n)}: { type: deterministic, action: ${action}, on_success: ${n + 1 < actions.length ? id(n + 1) : 'done'} }`,
  );
  return `version: 1\nid: standard_task\nname: Chain\nstart: ${id(0)}\nstages:\n${lines.join('\n')}\n`;
}

export function planOf({ tasks, layers }: Pick<Chain, 'tasks' | 'layers'>): PlanDocument {
  const id = (n: number) => `T-${String(n + 1).padStart(4, '0')}`;
  const before = (n: number) => {
    if (!layers) return n === 0 ? [] : [id(n - 1)];
    const start = (Math.floor(n / layers.of) - 1) * layers.of;
    return start < 0 ? [] : [id(start + (n % layers.of)), id(start + ((n + 1) % layers.of))];
  };
  return {
    schema_version: '1.1',
    goals: [{ id: 'G-001', title: 'Goal', description: '', success_criteria: '', verification_method: '' }],
    stories: [
      {
        id: 'US-001',
        title: 'Story',
        description: '',
        requirement_id: '',
        goal_id: 'G-001',
        depends_on: [],
        acceptance_criteria: [],
        verification_script: '',
        contract: '',
        ...(layers && { mode: 'parallel' as const }),
        tasks: Array.from({ length: tasks }, (_, n) => ({
          id: id(n),
          title: `Task ${n + 1}`,
          description: 'A task of the benchmark.',
          technical_strategy: 'none',
          depends_on: before(n),
          verification_script: 'npm test',
          pins: true,
        })),
      },
    ],
  };
}

export async function runChain(chain: Chain): Promise<ChainRun> {
  const top = await mkdtemp(path.join(os.tmpdir(), 'openexec-bench-'));
  try {
    const [root, data] = [path.join(top, 'root'), path.join(top, 'data')];
    await mkdir(root);
    await mkdir(data);
    await writeFile(path.join(root, 'a.txt'), 'one\n');
    const { openexec, close } = await openEngine(root, data, blueprintOf(chain.actions), chain.layers?.atOnce);
    const { plan } = await openexec.request('plan/import', { json: JSON.stringify(planOf(chain)), name: 'Chain' });
    const scripts = await openexec.request('plan/scripts', { plan: plan.id });
    await openexec.request('plan/approve', {
      plan: plan.id,
      iteration: plan.iteration,
      hashes: scripts.map((script) => script.hash),
    });
    const before = await sizeOf(data);
    const beside = openLimit(top);
    const measured = await followed(openexec, beside.commit, () => openexec.request('run/start', { plan: plan.id }));
    beside.close();
    await close();
    return { ...measured, bytes: (await sizeOf(data)) - before };
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

/** `atOnce`: tasks in worktrees at once; the worktrees are stand-ins, as git is. */
export async function openEngine(
  root: string,
  data: string,
  blueprint: string,
  atOnce = 0,
): Promise<{ openexec: OpenExec; close(): Promise<void> }> {
  const clock = createSystemClock();
  const { store } = await openSqliteStore({
    dir: data,
    wasm: process.env['OPENEXEC_BENCH_WASM'] ?? '',
    clock,
    log: quiet,
  });
  const openexec = await createOpenExec(
    {
      clock,
      store,
      ids: createIds(clock),
      log: quiet,
      hasher: createHasher(),
      workspace: createDiskWorkspace(),
      commands: createFakeCommandRunner(() => {
        throw new Error('no command is run here');
      }),
      git: createFakeGit({ files: { 'a.txt': 'one\n' } }),
      shell: createFakeShellParser(),
      models: createFakeModel({}),
      redact: (text) => text,
    },
    {
      root: asRoot(root),
      shippedBlueprints: ['standard_task'],
      owner: { pid: process.pid, door: 'bench', since: clock.now() },
      blueprint: async (id) => ({ id, text: blueprint, file: `${id}.yaml` }),
      settings: async () => ({
        model: 'none',
        sandbox: 'workspace-write',
        approval: 'changes',
        budget: { usd: null, tokens: null, wallMs: null, calls: null },
        commands: { lint: ['true'], test: [], build: [] },
        commits: atOnce > 0,
        maxParallel: Math.max(1, atOnce),
      }),
    },
  );
  return { openexec, close: async () => (await openexec.close(), openexec.dispose()) };
}

function followed(
  openexec: OpenExec,
  commit: () => number,
  start: () => Promise<unknown>,
): Promise<Omit<ChainRun, 'bytes'>> {
  return new Promise((resolve, reject) => {
    const told: number[] = [];
    const limits: number[] = [];
    let events = 0;
    let began = 0;
    let limitMs = 0;
    const now = () => performance.now() - began - limitMs;
    openexec.onEvent((event: RunEvent) => {
      events += 1;
      if (event.type === 'run-started') began = performance.now();
      if (event.type === 'stage-finished') {
        told.push(now());
        const took = commit();
        limits.push(took);
        limitMs += took;
      }
      if (event.type === 'run-paused') reject(new Error(`the run paused: ${event.reason.code}`));
      if (event.type !== 'run-finished') return;
      if (event.status === 'completed') resolve({ steps: told.length, events, ms: now(), limitMs, told, limits });
      else reject(new Error(`the run ended ${event.status}`));
    });
    start().catch(reject);
  });
}

/**
 * The limit: what SQLite itself needs to make one commit durable, with one row of 1 KB. No engine, no events. It is made after each
 * step of the engine, in the same process on the same disk, so that whatever else the machine does slows both alike.
 */
function openLimit(folder: string): { commit(): number; close(): void } {
  const db = new DatabaseSync(path.join(folder, 'limit.db'));
  db.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE steps(key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;',
  );
  const insert = db.prepare('INSERT INTO steps(key, json) VALUES (?, ?)');
  const text = 'x'.repeat(1024);
  let n = 0;
  return {
    commit() {
      const began = performance.now();
      insert.run(`run/T-1/1/stage/${++n}`, text);
      return performance.now() - began;
    },
    close: () => db.close(),
  };
}

export async function sizeOf(dir: string): Promise<number> {
  let sum = 0;
  // Copies of the database are kept beside it, a bounded number of them: they do not grow with the steps.
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true }))
    if (entry.isFile() && !entry.parentPath.includes(`${path.sep}backups`))
      sum += (await stat(path.join(entry.parentPath, entry.name))).size;
  return sum;
}

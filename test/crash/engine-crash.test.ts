/**
 * The whole engine in a process that is killed at random moments, and started again until its run is completed. CRASH_ROUNDS runs;
 * each is killed one to four times, by the clock or exactly between an effect and its record. `npm run test:crash` is the long form.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.js';
import { createHasher } from '../../src/adapters/node/hasher.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { nativeRows, WASM } from '../adapters/sqlite/support.js';
import { createFakeLog } from '../fakes/log.js';
import { after, before, plan } from './engine-plan.js';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 5);
const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const tasks = plan.stories.flatMap((story) => story.tasks.map((task) => task.id));

let top = '';
let dist = '';
/** How long a run takes that nobody kills: moments are chosen within it. */
let whole = 0;
/** How often such a run crosses into the world or back: a kill can be put at each. */
let crossings = 0;

type Kill = { afterMs: number } | { atCrossing: number };

beforeAll(async () => {
  top = mkdtempSync(path.join(tmpdir(), 'openexec-crash-'));
  dist = path.join(top, 'dist');
  mkdirSync(dist);
  const wasm = ['sql.js/dist/sql-wasm.wasm', 'web-tree-sitter/web-tree-sitter.wasm', '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm'];
  for (const file of wasm) writeFileSync(path.join(dist, path.basename(file)), readFileSync(require.resolve(file)));
  await esbuild.build({
    entryPoints: [path.join(here, 'engine-child.ts')], outfile: path.join(dist, 'child.cjs'), bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent',
    alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
  });
}, 60_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

const gitIn = (root: string, ...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });

interface Place {
  root: string;
  data: string;
  told: string;
}

function makePlace(name: string): Place {
  const folder = path.join(top, name);
  const place = { root: path.join(folder, 'root'), data: path.join(folder, 'data'), told: path.join(folder, 'told') };
  mkdirSync(place.root, { recursive: true });
  for (const [file, text] of Object.entries(before)) writeFileSync(path.join(place.root, file), text);
  gitIn(place.root, 'init', '-q', '-b', 'main');
  gitIn(place.root, 'config', 'user.name', 'Ada');
  gitIn(place.root, 'config', 'user.email', 'ada@example.org');
  gitIn(place.root, 'add', '.');
  gitIn(place.root, 'commit', '-q', '-m', 'Begin');
  return place;
}

function runChild(place: Place, kill?: Kill): Promise<{ code: number | null; killed: boolean; errors: string; output: string; ms: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(dist, 'child.cjs'), place.root, place.data, place.told, dist, String(kill && 'atCrossing' in kill ? kill.atCrossing : 0)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    let output = '';
    let ready = 0;
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stdout.once('data', () => {
      ready = performance.now();
      if (kill && 'afterMs' in kill) setTimeout(() => child.kill('SIGKILL'), kill.afterMs);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, killed: signal === 'SIGKILL', errors, output, ms: performance.now() - ready }));
  });
}

/** Everything that must hold once the run is completed, however often it was killed. */
async function check(place: Place, how: string): Promise<void> {
  expect(nativeRows(path.join(place.data, 'openexec.db'), 'PRAGMA integrity_check'), how).toEqual([{ integrity_check: 'ok' }]);
  const { store, notices } = await openSqliteStore({ dir: place.data, wasm: WASM, clock: Date, log: createFakeLog() });
  try {
    expect(notices).toEqual([]);
    const runs = await store.runs(10);
    expect(runs.map((run) => run.status), how).toEqual(['completed']);
    const run = runs[0]!.id;
    const events = await store.events(run, 0, 100_000);

    // Numbered without a gap, and what was told stands as it was told.
    expect(events.map((event) => event.seq), how).toEqual(events.map((_, index) => index + 1));
    const { sha256 } = createHasher();
    const stored = new Map(events.map((event) => [event.seq, event]));
    for (const line of readFileSync(place.told, 'utf8').trim().split('\n')) {
      const [seq, hash] = line.split(' ');
      const event = stored.get(Number(seq));
      expect(event, `${how}: event ${seq} was told and is lost`).toBeDefined();
      expect(sha256(canonicalJson(event)), `${how}: event ${seq} is another than was told`).toBe(hash);
    }

    // Nothing twice.
    const keysOf = (pick: (event: (typeof events)[number]) => string | undefined) => events.flatMap((event) => pick(event) ?? []);
    for (const keys of [
      keysOf((event) => (event.type === 'stage-finished' ? event.step : undefined)), keysOf((event) => (event.type === 'stage-started' ? event.step : undefined)),
      keysOf((event) => (event.type === 'model-called' || event.type === 'tool-called' || event.type === 'command-run' ? event.call : undefined)),
      keysOf((event) => (event.type === 'changes-applied' ? event.changeSet : undefined)), keysOf((event) => (event.type === 'approval-requested' ? event.approval : undefined)),
      keysOf((event) => (event.type === 'commit-made' ? event.step : undefined)),
    ])
      expect(keys.filter((key, index) => keys.indexOf(key) !== index), how).toEqual([]);
    expect((await store.steps(run)).filter((step) => step.status === 'running'), how).toEqual([]);
    expect(await store.pendingApprovals(), how).toEqual([]);

    // One commit a task, each with its own trailer, and the records agree with git.
    const log = gitIn(place.root, 'log', '--format=%H %(trailers:key=OpenExec-Task,valueonly,separator=%x2C) %(trailers:key=OpenExec-Step,valueonly,separator=%x2C)').trim().split('\n').slice(0, -1).map((line) => line.split(' '));
    expect(log.map(([, task]) => task).sort(), how).toEqual(tasks);
    expect(new Set(log.map(([, , step]) => step)).size, how).toBe(tasks.length);
    expect((await store.commits(run)).map((commit) => commit.sha).sort(), how).toEqual(log.map(([sha]) => sha).sort());

    // The tree, and nothing left over in it.
    for (const [file, text] of Object.entries(after)) expect(readFileSync(path.join(place.root, file), 'utf8'), `${how}: ${file}`).toBe(text);
    for (const file of Object.keys(before)) expect(existsSync(path.join(place.root, file)), `${how}: ${file}`).toBe(file in after);
    expect(gitIn(place.root, 'status', '--porcelain', '--ignored'), how).toBe('');
  } finally {
    await store.close();
  }
}

describe('a run in a process that is killed', () => {
  it('ends as expected when nobody kills it', { timeout: 120_000 }, async () => {
    const place = makePlace('whole');
    const done = await runChild(place);
    expect(done).toMatchObject({ code: 0 });
    whole = done.ms;
    crossings = Number(/crossings (\d+)/.exec(done.output)?.[1]);
    expect(crossings).toBeGreaterThan(100);
    await check(place, 'not killed');
  });

  it(`ends the same when it is killed at random moments and resumed, over ${ROUNDS} rounds`, { timeout: 60_000 + ROUNDS * 60_000 }, async () => {
    let kills = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      const place = makePlace(`round-${round}`);
      const moments = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, (): Kill =>
        Math.random() < 0.3 ? { afterMs: Math.round(Math.random() * whole * 0.8) } : { atCrossing: 1 + Math.floor(Math.random() * crossings * 0.8) });
      const how = `round ${round}, killed at ${JSON.stringify(moments)}`;
      for (const moment of moments) {
        const one = await runChild(place, moment);
        if (one.killed) kills += 1;
        else expect([one.code, one.errors], how).toEqual([0, '']);
      }
      const last = await runChild(place);
      expect([last.code, last.errors], how).toEqual([0, '']);
      await check(place, how);
      rmSync(path.dirname(place.root), { recursive: true, force: true });
    }
    expect(kills, 'rounds in which something was killed').toBeGreaterThan(0);
  });
});

/**
 * What the engine and its durable store add to a stage: tasks of deterministic stages whose commands answer at once, on the real database.
 * Compared with one durable transaction of node:sqlite (WAL, synchronous=FULL) in the same folder.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { createWorld, planOf, startPlan } from '../core/engine/harness.js';
import { createFakeLog } from '../fakes/log.js';

const TASKS = 20;
const ROUNDS = 5;
const BLUEPRINT = `
version: 1
id: standard_task
name: Stages
start: lint
stages:
  lint: { type: deterministic, action: lint, on_success: test }
  test: { type: deterministic, action: test, on_success: build }
  build: { type: deterministic, action: build, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }
`;

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** ms per stage, and per transaction of node:sqlite. */
export async function engineStep(wasm: string): Promise<{ step: number; transaction: number; steps: number }> {
  const perStep: number[] = [];
  const perTransaction: number[] = [];
  let steps = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'openexec-bench-'));
    try {
      const { store } = await openSqliteStore({ dir, wasm, clock: createSystemClock(), log: createFakeLog() });
      const checked = new Set<string>();
      const world = await createWorld({
        blueprint: BLUEPRINT, store,
        // Red before the work, green after it.
        run: async (script) => ({ exitCode: script.startsWith('check') && !checked.has(script) ? Number(Boolean(checked.add(script))) : 0 }),
      });
      const plan = planOf(Object.fromEntries(Array.from({ length: TASKS }, (_, index) => [`T-${index + 1}`, {}])));
      const started = performance.now();
      const ended = new Promise<string>((resolve) => world.openexec.onEvent((event) => {
        if (event.type === 'run-finished') resolve(event.status);
        if (event.type === 'run-paused') resolve(`paused: ${event.reason.code}`);
      }));
      await startPlan(world, plan);
      const status = await ended;
      const took = performance.now() - started;
      if (status !== 'completed') throw new Error(`the run ended ${status}`);
      steps = world.events.filter((event) => event.type === 'stage-finished').length;
      perStep.push(took / steps);
      await world.openexec.close();
      perTransaction.push(oneTransaction(dir));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
  return { step: median(perStep), transaction: median(perTransaction), steps };
}

function oneTransaction(dir: string): number {
  const db = new DatabaseSync(path.join(dir, 'reference.db'));
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE events(run TEXT, seq INTEGER, body TEXT)');
  const insert = db.prepare('INSERT INTO events VALUES (?, ?, ?)');
  const body = JSON.stringify({ type: 'stage-finished', summary: 'x'.repeat(300) });
  const times: number[] = [];
  for (let seq = 0; seq < 200; seq++) {
    const started = performance.now();
    db.exec('BEGIN');
    insert.run('run', seq, body);
    db.exec('COMMIT');
    times.push(performance.now() - started);
  }
  db.close();
  return median(times);
}

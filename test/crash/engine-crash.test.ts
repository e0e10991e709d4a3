/**
 * The whole engine in a process that is killed with SIGKILL and started again, many times while one plan runs to its end: by the
 * clock, or at a random crossing into the world. CRASH_KILLS says how often in all, CRASH_SEED which; `npm run test:crash` is the
 * long form. Where each kill fell is counted and shown.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { random } from './chance.js';
import { checkCompleted, checkKilled, makePlace, phaseOf, phases, type Phase, type Place } from './engine-places.js';
import { makeJob } from './engine-plan.js';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 25);
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
/** Tasks of a plan: as long as some fifty lives. */
const TASKS = Math.min(20, Math.max(4, Math.round(KILLS / 3)));
const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const job = makeJob(TASKS);
const chance = random(SEED);

let top = '';
let dist = '';
/** How often a task crosses into the world or back in each phase when nobody kills it, and the ms it takes. */
const perTask: Record<Phase, number> = { step: 0, commit: 0, apply: 0, git: 0, model: 0 };
let msPerTask = 0;

beforeAll(async () => {
  top = mkdtempSync(path.join(tmpdir(), 'openexec-crash-'));
  dist = path.join(top, 'dist');
  mkdirSync(dist);
  const wasm = [
    'sql.js/dist/sql-wasm.wasm',
    'web-tree-sitter/web-tree-sitter.wasm',
    '@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm',
  ];
  for (const file of wasm) writeFileSync(path.join(dist, path.basename(file)), readFileSync(require.resolve(file)));
  await esbuild.build({
    entryPoints: [path.join(here, 'engine-child.ts')],
    outfile: path.join(dist, 'child.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
    alias: { 'web-tree-sitter': require.resolve('web-tree-sitter') },
  });
}, 60_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

interface Kill {
  at?: { phase: Phase; crossing: number };
  afterMs?: number;
  /** With the processes it started. */
  group: boolean;
}

interface Life {
  code: number | null;
  killed: boolean;
  errors: string;
  output: string;
}

function live(place: Place, kill: Kill = { group: false }): Promise<Life> {
  return new Promise((resolve, reject) => {
    const given = JSON.stringify({ place, dist, tasks: TASKS, at: kill.at, group: kill.group });
    // A group of its own, so that it can be killed with what it started. Compiled code is kept: a life is short.
    const child = spawn(process.execPath, ['--no-warnings', path.join(dist, 'child.cjs'), given], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, NODE_COMPILE_CACHE: path.join(top, 'compiled') },
    });
    let errors = '';
    let output = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    const timer =
      kill.afterMs === undefined
        ? undefined
        : setTimeout(
            () =>
              child.pid !== undefined &&
              child.exitCode === null &&
              process.kill(kill.group ? -child.pid : child.pid, 'SIGKILL'),
            kill.afterMs,
          );
    child.once('error', reject);
    child.once('exit', () => clearTimeout(timer));
    child.once('close', (code, signal) => resolve({ code, killed: signal === 'SIGKILL', errors, output }));
  });
}

function chooseKill(): Kill {
  const group = chance() < 0.5;
  if (chance() < 0.25) return { afterMs: Math.round(chance() * (200 + msPerTask * 2)), group };
  const phase = phases[Math.floor(chance() * phases.length)] ?? 'step';
  return { at: { phase, crossing: 1 + Math.floor(chance() * perTask[phase] * 2) }, group };
}

it('ends as expected when nobody kills it', { timeout: 120_000 }, async () => {
  const place = makePlace(path.join(top, 'whole'), job);
  const started = performance.now();
  const done = await live(place);
  msPerTask = (performance.now() - started) / TASKS;
  expect([done.code, done.errors]).toEqual([0, '']);
  const crossings = JSON.parse(done.output) as Record<Phase, number>;
  for (const phase of phases) {
    perTask[phase] = crossings[phase] / TASKS;
    expect(perTask[phase], phase).toBeGreaterThan(1);
  }
  await checkCompleted(place, job, 'not killed');
});

it(`ends the same however often it is killed, over ${KILLS} kills`, { timeout: 120_000 + KILLS * 5000 }, async () => {
  const where: Record<Phase, number> = { step: 0, commit: 0, apply: 0, git: 0, model: 0 };
  let [kills, plans, half, pauses, events] = [0, 0, 0, 0, 0];
  const started = performance.now();
  while (kills < KILLS) {
    plans += 1;
    const place = makePlace(path.join(top, `plan-${plans}`), job);
    for (let lives = 1; ; lives++) {
      const kill = kills < KILLS ? chooseKill() : undefined;
      const how = `seed ${SEED}, plan ${plans}, life ${lives}, ${JSON.stringify(kill ?? 'not killed')}`;
      const life = await live(place, kill);
      if (life.killed) {
        kills += 1;
        where[phaseOf(place)] += 1;
        half += checkKilled(place, job, how).length;
      } else if (life.code === 3 && /paused: \{"code":"git-/.test(life.errors)) {
        // git of a life before, which nobody killed, was still at it: the run says so and is resumed.
        pauses += 1;
        expect(pauses, `${how}: ${life.errors}`).toBeLessThanOrEqual(kills);
      } else {
        expect([life.code, life.errors], how).toEqual([0, '']);
        break;
      }
    }
    events += (await checkCompleted(place, job, `seed ${SEED}, plan ${plans}`)).events;
    rmSync(path.dirname(place.root), { recursive: true, force: true });
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `seed ${SEED}: ${kills} kills in ${seconds} s over ${plans} plans of ${TASKS} tasks and ${events} events: ${phases.map((phase) => `${phase} ${where[phase]}`).join(', ')}; ${half} with a change half on the disk, ${pauses} runs paused because git was busy`,
  );
  if (KILLS < 100) return;
  for (const phase of phases) expect(where[phase], `kills in ${phase}`).toBeGreaterThanOrEqual(KILLS / 20);
  expect(half, 'changes half on the disk').toBeGreaterThan(0);
});

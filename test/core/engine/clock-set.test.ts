/** Somebody sets the clock, back or forward, while a run goes or waits: no length of time is made of it. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planOf, settled, startPlan, createWorld, answer, nextApproval } from './harness.js';
import { createFakeClock } from '../../fakes/clock.js';
import { edits } from '../../fakes/model.js';
import { runTookMs, taskTookMs, applyEvent, emptyRun } from '../../../src/core/model/run.js';
import { timeAt, noTime, tookMs } from '../../../src/core/model/plain/run-time.js';

const blueprint = readFileSync('blueprints/quick_fix.yaml', 'utf8');
const DAY = 24 * 3_600_000;
const red = { exitCode: 1, output: 'red\n' };

async function runAcross(by: number, again: boolean) {
  const clock = createFakeClock();
  let world = await createWorld({
    clock,
    blueprint,
    model: { implement: edits('a.txt', 'one', 'ONE') },
    commands: { 'check T-1': [red, { exitCode: 0 }] },
    settings: { budget: { usd: null, tokens: null, wallMs: 60_000, calls: null } },
    run: async (script) => {
      if (!script.startsWith('check')) await clock.advance(1000);
      return {};
    },
  });
  const run = await startPlan(world, planOf({ 'T-1': {} }), { onAsk: again ? 'pause' : 'wait' });
  if (again) {
    await settled(world, run);
    clock.setBy(by);
    world = await world.restart();
    const [asked] = await world.openexec.request('approval/list', {});
    await world.openexec.request('approval/answer', {
      approval: asked!.id,
      answer: { by: 'terminal', status: 'accepted', comment: '' },
    });
  } else {
    await nextApproval(world);
    clock.setBy(by);
    await answer(world, { status: 'accepted' });
  }
  await settled(world, run);
  const events = await world.store.events(run, 0, 1000);
  return { world, run, events, state: events.reduce(applyEvent, emptyRun(run)) };
}

it.each([
  ['back by a day', -DAY, false],
  ['forward by a day', DAY, false],
  ['back by a day while it was paused', -DAY, true],
  ['forward by a day while it was paused', DAY, true],
])('is not misled by a clock that is set %s', async (_, by, again) => {
  const { world, run, events, state } = await runAcross(by, again);
  expect(state.status).toBe('completed');
  const took = runTookMs(state)!;
  expect(took).toBeGreaterThanOrEqual(0);
  expect(took).toBeLessThan(60_000);
  expect(taskTookMs(state, state.tasks.get('T-1')!)).toBeLessThanOrEqual(took);
  const row = (await world.store.run(run))!;
  expect(row.tookMs).toBe(took);
  for (const event of events) if ('durationMs' in event) expect(event.durationMs).toBeGreaterThanOrEqual(0);
  const report = await world.openexec.request('run/report', { run, format: 'json' });
  expect(JSON.stringify(report)).not.toMatch(/Ms\\?":-/);
  const replayed = await world.openexec.request('run/replay', { run });
  expect(replayed).toMatchObject({ equal: true });
});

it('says of older records that a length is not known where their clock went back', () => {
  const at = (times: number[]) =>
    times.map((time, n) => ({ type: n === 0 ? 'run-created' : 'stage-started', at: time })).reduce(timeAt, noTime);
  const start = at([1000]);
  expect(tookMs(start, at([1000, 1500]))).toBe(500);
  expect(tookMs(start, at([1000, 1500, 200, 300]))).toBeUndefined();
});

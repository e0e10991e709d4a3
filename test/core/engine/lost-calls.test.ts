/** Model calls whose outcome nobody knows: what they can have cost at most counts for every budget, after a crash too. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/model/event.js';
import { OpenExecError } from '../../../src/core/errors.js';
import type { FakeClock } from '../../fakes/clock.js';
import { createFakeModel, submits } from '../../fakes/model.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { blueprintOf } from './fixtures.js';
import { answer, asText, createWorld, planOf, settled, startPlan, type World } from './harness.js';

const blueprint = blueprintOf(
  `
  think: { type: agentic, toolset: read_only, goal: think, timeout: 30s, on_success: verify, on_failure: think, max_retries: 3 }
  verify: { type: deterministic, action: verify, on_success: done }`,
  'think',
);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const until = async (ready: () => boolean): Promise<void> => {
  while (!ready()) await turn();
};
const clockOf = (world: World) => world.ports.clock as FakeClock;
const plan = planOf({ T1: { pins: true } });
/** Two calls fit, a third does not: each can take about 2,700 tokens, or 0.027 USD. */
const tokens = 7000;
const none = { usd: null, tokens: null, wallMs: null, calls: null };
const atMost = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' && event.atMost ? [event.atMost] : []));
const replayed = async (world: World, run: string) =>
  expect((await world.openexec.request('run/replay', { run })).divergence).toBeUndefined();

/** The model hangs, and the stage's time passes. */
async function timeUp(world: World, turns: number): Promise<void> {
  await until(() => world.model.asked.length === turns && clockOf(world).sleeping > 0);
  await clockOf(world).advance(30_000);
}

describe('a turn that was cut off', () => {
  it('counts for the budget of its task, visit by visit, until it stops', async () => {
    const world = await createWorld({
      blueprint,
      model: { think: [{ hangs: true }] },
      settings: { taskBudget: { usd: null, tokens } },
    });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    await timeUp(world, 1);
    await timeUp(world, 2);
    expect(await settled(world, run)).toBe('paused');
    expect(world.events.at(-1)).toMatchObject({ type: 'run-paused', reason: { code: 'task-budget-exceeded' } });
    const booked = atMost(world.events);
    expect(booked).toHaveLength(2);
    expect((await world.openexec.request('run/get', { run })).tokens).toBe(
      booked.reduce((sum, one) => sum + one.tokens, 0),
    );
    await replayed(world, run);
  });

  it('is known to a run that is resumed as it was to the one that was cut off', async () => {
    const world = await createWorld({
      blueprint,
      model: { think: [{ hangs: true }] },
      settings: { budget: { ...none, tokens } },
    });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    await timeUp(world, 1);
    await until(() => world.model.asked.length === 2);
    await world.openexec.request('run/pause', { run, now: true });
    expect(await settled(world, run)).toBe('paused');
    const next = await world.restart();
    await next.openexec.request('run/resume', { run });
    expect(await settled(next, run)).toBe('paused');
    expect(next.model.asked).toEqual([]);
    expect(next.events.at(-1)).toMatchObject({
      type: 'run-paused',
      reason: { code: 'budget-exceeded', params: { what: 'tokens' } },
    });
    await replayed(next, run);
  });
});

describe('a call that was lost in a crash', () => {
  /** Dies in its first turn, again and again, until something stops it. */
  async function crashLoop(
    settings: Parameters<typeof createWorld>[0]['settings'],
  ): Promise<{ world: World; run: string; crashes: number }> {
    const dying = {
      blueprint,
      settings: settings ?? {},
      client: createFakeModel({ think: [{ hangs: true }] }, { price: 10 }),
      store: createMemoryStore(),
    };
    let world = await createWorld(dying);
    const asked = dying.client.asked;
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    for (let crashes = 1; crashes < 9; crashes++) {
      const before = asked.length;
      if (crashes === 1) await until(() => asked.length === 1);
      world = await world.restart();
      await world.openexec.request('run/resume', { run });
      const stopped = () => world.events.some((event) => event.type === 'run-paused');
      await until(() => asked.length > Math.max(1, before) || stopped());
      if (stopped()) return { world, run, crashes };
      await turn();
    }
    throw new Error('nothing stopped it');
  }

  for (const [name, settings, code] of [
    ['the run', { budget: { ...none, usd: 0.07 } }, 'budget-exceeded'],
    ['its task', { taskBudget: { usd: 0.07, tokens: null } }, 'task-budget-exceeded'],
    ['its stage', { stageBudget: { usd: 0.07, tokens: null } }, 'stage-budget-exceeded'],
  ] as const)
    it(`counts for the budget of ${name} each time, so that a crash loop ends`, async () => {
      const { world, run, crashes } = await crashLoop(settings);
      expect(crashes).toBe(2);
      expect(await settled(world, run)).toBe('paused');
      expect(world.events.at(-1)).toMatchObject({ type: 'run-paused', reason: { code } });
      const lost = (await world.store.events(run, 0, 1000)).filter(
        (event) => event.type === 'warning' && event.code === 'call-lost',
      );
      expect(lost).toHaveLength(2);
      const record = await world.openexec.request('run/get', { run });
      expect(record.costUsd).toBeCloseTo(atMost(lost).reduce((sum, one) => sum + (one.usd ?? 0), 0));
      await replayed(world, run);
      // Nothing was in flight when the question was put: nothing is counted for it.
      await answer(world, { status: 'accepted', option: 'continue' });
      await until(
        () =>
          world.events.at(-1)?.type === 'run-resumed' ||
          world.events.filter((event) => event.type === 'run-resumed').length > 1,
      );
      await turn();
      await world.openexec.request('run/pause', { run, now: true });
      await settled(world, run);
      expect(
        (await world.store.events(run, 0, 1000)).filter(
          (event) => event.type === 'warning' && event.code === 'call-lost',
        ),
      ).toHaveLength(2);
      await replayed(world, run);
    });

  it('is not what a provider refused', async () => {
    const world = await createWorld({
      blueprint,
      model: { think: [{ fails: new OpenExecError('model-rate-limited', { seconds: 0 }) }, ...submits()] },
      run: async () => ({}),
    });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('paused');
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).not.toContain('call-lost');
    await replayed(world, run);
  });

  it('is replayed from records that do not say what it can have cost', async () => {
    const store = createMemoryStore();
    const world = await createWorld({
      blueprint,
      store,
      model: { think: [{ hangs: true }, ...submits()] },
      run: async () => ({}),
    });
    const run = await startPlan(world, plan);
    await until(() => world.model.asked.length === 1);
    await world.openexec.request('run/pause', { run, now: true });
    await settled(world, run);
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(atMost(await store.events(run, 0, 1000))).toHaveLength(1);
    await replayed(world, run);
    const old = (event: RunEvent): RunEvent => {
      if (event.type === 'stage-finished' && event.stage === 'think') return { ...event, costUsd: 0.01 };
      if (event.type !== 'warning') return event;
      const { atMost: _, ...rest } = event;
      return rest;
    };
    const before = await world.restart({
      ...store,
      events: async (...asked) => (await store.events(...asked)).map(old),
      calls: async (step) => (await store.calls(step)).map(({ atMost: _atMost, spentMs: _spentMs, ...call }) => call),
    });
    await replayed(before, run);
  });
});

describe('a turn that failed', () => {
  const failing = (used?: { usd: number | null; tokens: number }) => {
    const error = new OpenExecError('model-network', { detail: 'ECONNRESET' });
    if (used) error.used = used;
    return error;
  };
  const brokenThenDone = async (error: OpenExecError) => {
    const world = await createWorld({ blueprint, model: { think: [{ fails: error }, ...submits()] } });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('paused');
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    await replayed(world, run);
    return { world, record: await world.openexec.request('run/get', { run }) };
  };

  it('costs what it had used, and the timeline says which of the two it was', async () => {
    const { world, record } = await brokenThenDone(failing({ usd: 0.004, tokens: 900 }));
    expect(atMost(world.events)).toEqual([{ usd: 0.004, tokens: 900 }]);
    expect(asText(world.events)).toContain('warning call-broke');
    expect(record.costUsd).toBeCloseTo(0.014, 6);
  });

  it('costs nothing where the provider had not begun', async () => {
    const { world, record } = await brokenThenDone(failing({ usd: 0, tokens: 0 }));
    expect(atMost(world.events)).toEqual([]);
    expect(record.costUsd).toBeCloseTo(0.01, 6);
  });

  it('costs at most what was held for it where nobody knows', async () => {
    const { world } = await brokenThenDone(failing());
    expect(asText(world.events)).toContain('warning call-lost');
  });

  it.each([
    'model-request',
    'model-auth',
    'model-billing',
    'model-unknown',
    'model-context',
    'model-rate-limited',
  ] as const)('costs nothing where it was refused: %s', async (code) => {
    const error = new OpenExecError('model-request', { detail: 'no' });
    const { world } = await brokenThenDone(Object.assign(error, { code }));
    expect(atMost(world.events)).toEqual([]);
  });
});

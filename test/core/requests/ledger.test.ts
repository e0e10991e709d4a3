/** What a plan cost, over its planning and its runs: each call once. */
import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../../src/core/errors.js';
import { planRow, runRow } from '../../fakes/rows.js';
import { createFakeLog } from '../../fakes/log.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { createLedger } from '../../../src/core/record/ledger.js';
import type { ScriptedTurn } from '../../fakes/model.js';
import { blueprintOf } from '../engine/fixtures.js';
import { createWorld, planOf, settled, type World } from '../engine/harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }`,
  'implement',
);
const done = (costUsd: number | null): ScriptedTurn[] => [
  { tools: [{ name: 'submit_result', input: { summary: 'done' } }], costUsd },
];
const document = planOf({ T1: {}, T2: { after: ['T1'] } });

/** Planned for 0.5, run for 0.1 and 0.2 (each call 110 tokens). */
async function spent() {
  const checks = new Map<string, number>();
  const world = await createWorld({
    blueprint,
    settings: { commits: false },
    model: {
      'generate/1': [{ tools: [{ name: 'submit_plan', input: document }], costUsd: 0.5, tokens: 1000 }],
      'T1/implement': done(0.1),
      'T2/implement': done(0.2),
    },
    // red before the work, green after it
    run: async (script) => {
      const times = (checks.get(script) ?? 0) + 1;
      checks.set(script, times);
      return { exitCode: times === 1 ? 1 : 0 };
    },
  });
  const { plan } = await world.openexec.request('plan/generate', { intent: 'Add quotes.' });
  const scripts = await world.openexec.request('plan/scripts', { plan: plan.id });
  await world.openexec.request('plan/approve', {
    plan: plan.id,
    iteration: plan.iteration,
    hashes: scripts.map((script) => script.hash),
  });
  const { run } = await world.openexec.request('run/start', { plan: plan.id, onAsk: 'accept' });
  expect(await settled(world, run)).toBe('completed');
  return { world, plan: plan.id, run };
}
const told = async (world: World, plan: string) => {
  const { spent: sum } = await world.openexec.request('plan/get', { plan });
  const round = (usd: number | null | undefined) => (typeof usd === 'number' ? Math.round(usd * 1000) / 1000 : usd);
  return sum && [round(sum.planning.usd), sum.planning.tokens, round(sum.runs.usd), sum.runs.tokens];
};

describe('what a plan cost', () => {
  it('counts nothing twice of a re-run that has not begun, nor of a re-run of a re-run whose record is old', async () => {
    const { world, plan, run } = await spent();
    const again = async (of: string, task: string) => {
      const step = `${of}/${task}/1/implement/1`;
      const { run: fresh } = await world.openexec.request('run/rerun', {
        run: of,
        step,
        anyway: true,
        onAsk: 'accept',
      });
      return fresh;
    };
    const second = await again(run, 'T2');
    await settled(world, second);
    const third = await again(second, 'T2');
    await settled(world, third);
    const before = await told(world, plan);
    // As a version wrote it that did not note what is shared, and as it stands before it goes on.
    const record = await world.openexec.request('run/get', { run: third });
    await world.store.commit([{ table: 'runs', row: { ...record, rerunOf: { run: second, step: '' } } }]);
    expect(await told(world, plan)).toEqual(before);
  });

  it('lets a run go whose plan cannot be read', async () => {
    const { world, run } = await spent();
    const unreadable = {
      ...world.store,
      plan: () => Promise.reject(new OpenExecError('record-invalid', { table: 'plans', key: 'p' })),
    };
    const ledger = createLedger({ store: unreadable, log: createFakeLog() });
    const record = await world.openexec.request('run/get', { run });
    expect(await ledger.keepSpentBy(record)).toEqual({ writes: [], conditions: [] });
  });

  it('is its planning and its runs', async () => {
    const { world, plan } = await spent();
    expect(await told(world, plan)).toEqual([0.5, 1010, 0.3, 220]);
  });

  it('counts what a re-run shares with another run once, whatever becomes of either', async () => {
    const { world, plan, run } = await spent();
    const step = `${run}/T2/1/implement/1`;
    const { run: fresh } = await world.openexec.request('run/rerun', { run, step, anyway: true, onAsk: 'accept' });
    await settled(world, fresh);
    // The whole of the new run says 0.3; 0.1 of it is the old one's.
    expect((await world.openexec.request('run/get', { run: fresh })).costUsd).toBeCloseTo(0.3);
    expect(await told(world, plan)).toEqual([0.5, 1010, 0.5, 330]);
    await world.openexec.request('run/delete', { run });
    expect(await told(world, plan)).toEqual([0.5, 1010, 0.5, 330]);
    await world.openexec.request('run/delete', { run: fresh });
    expect(await told(world, plan)).toEqual([0.5, 1010, 0.5, 330]);
  });

  it('counts a run once that two remove at once, in one process or two', async () => {
    const { world, plan, run } = await spent();
    const other = await world.restart();
    await Promise.allSettled([world, other, world].map((one) => one.openexec.request('run/delete', { run })));
    expect(await world.store.run(run)).toBeUndefined();
    expect(await told(world, plan)).toEqual([0.5, 1010, 0.3, 220]);
  });

  it('keeps a sum of removed runs that it cannot read', async () => {
    const { world, plan, run } = await spent();
    const row = { key: `plan-spent/${plan}/runs`, value: { v: 2, usd: 'much' } };
    await world.store.commit([{ table: 'settings', row }]);
    await world.openexec.request('run/delete', { run });
    expect(await world.store.setting(row.key)).toEqual(row.value);
    expect(await told(world, plan)).toEqual([0.5, 1010, 0, 0]);
  });

  it('counts a re-run of an older version once as well: what it shares is read from its events', async () => {
    const { world, plan, run } = await spent();
    const step = `${run}/T2/1/implement/1`;
    const { run: fresh } = await world.openexec.request('run/rerun', { run, step, anyway: true, onAsk: 'accept' });
    await settled(world, fresh);
    const record = await world.openexec.request('run/get', { run: fresh });
    await world.store.commit([{ table: 'runs', row: { ...record, rerunOf: { run, step } } }]);
    expect(await told(world, plan)).toEqual([0.5, 1010, 0.5, 330]);
  });

  it('is unknown once one call of unknown price was made', async () => {
    const store = createMemoryStore();
    await store.commit([
      { table: 'plans', row: planRow('p') },
      { table: 'runs', row: runRow('a', { plan: 'p', costUsd: 1, tokens: 5 }) },
      { table: 'runs', row: runRow('b', { plan: 'p', costUsd: null, tokens: 7 }) },
      { table: 'runs', row: runRow('c', { plan: 'other', costUsd: 9, tokens: 9 }) },
    ]);
    expect(await createLedger({ store, log: createFakeLog() }).spentOn('p')).toEqual({
      planning: { usd: 0, tokens: 0 },
      runs: { usd: null, tokens: 12 },
    });
  });

  it('takes what a live run told so far in the place of its row', async () => {
    const store = createMemoryStore();
    await store.commit([{ table: 'runs', row: runRow('a', { plan: 'p', costUsd: 1, tokens: 5 }) }]);
    const live = new Map([['a', { usd: 1.5, tokens: 8 }]]);
    expect((await createLedger({ store, log: createFakeLog() }).spentOn('p', live)).runs).toEqual({
      usd: 1.5,
      tokens: 8,
    });
  });
});

/** A new run from a step of an old one: what came before is shared, the rest is done anew, on the tree as it was. */
import { describe, expect, it } from 'vitest';
import { edits } from '../../../fakes/model.js';
import { fakeRoot } from '../../../fakes/workspace.js';
import { blueprintOf } from '../fixtures.js';
import { asText, createWorld, planOf, settled, startPlan, type World } from '../harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: lint }
  lint: { type: deterministic, action: lint, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: commit }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const read = async (world: World) => new TextDecoder().decode(await world.workspace.read(fakeRoot, 'a.txt'));
const plan = planOf({ T1: {}, T2: { after: ['T1'] } });

async function finished() {
  const world = await createWorld({
    blueprint,
    settings: { approval: 'risky' },
    model: { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('a.txt', 'two', 'TWO') },
    run: async (script, get) => ({
      exitCode: (await get('a.txt')).includes({ 'check T1': 'ONE', 'check T2': 'TWO' }[script] ?? '') ? 0 : 1,
    }),
  });
  const run = await startPlan(world, plan);
  expect(await settled(world, run)).toBe('completed');
  return { world, run };
}

describe('a re-run from a step', () => {
  it('refuses on a tree that moved on, names the file, and does it when the person says so', async () => {
    const { world, run } = await finished();
    const step = `${run}/T2/1/implement/1`;
    await expect(world.openexec.request('run/rerun', { run, step })).rejects.toMatchObject({
      code: 'rerun-tree-changed',
      params: { files: 1, first: 'a.txt' },
    });
    expect(await world.openexec.request('run/list', {})).toHaveLength(1);
    const { run: fresh } = await world.openexec.request('run/rerun', { run, step, anyway: true, onAsk: 'accept' });
    await settled(world, fresh);
    expect(await world.openexec.request('run/get', { run: fresh })).toMatchObject({ rerunOf: { run, step } });
  });

  it('shares what came before, asks no model for it, does the rest anew, and can be replayed itself', async () => {
    const { world, run } = await finished();
    const step = `${run}/T2/1/implement/1`;
    const { token } = await world.openexec.request('rollback/preview', { run, task: 'T2' });
    await world.openexec.request('rollback/apply', { run, task: 'T2', token });
    expect(await read(world)).toBe('ONE\ntwo\n');
    const asked = world.model.asked.length;
    const { run: fresh } = await world.openexec.request('run/rerun', { run, step, onAsk: 'accept' });
    expect(await settled(world, fresh)).toBe('completed');
    expect(world.model.asked.slice(asked).map((request) => request.key)).toEqual([`${fresh}/T2/1/implement/1/1`]);
    expect(await read(world)).toBe('ONE\nTWO\n');
    const events = await world.store.events(fresh, 0, 5000);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(JSON.stringify(events)).not.toContain(`${run}/`);
    expect(asText(events)).toContain('T1 done');
    expect(events.filter((event) => event.type === 'run-interrupted')).toMatchObject([
      { rerunFrom: 'T2/1/implement/1' },
    ]);
    expect((await world.openexec.request('run/replay', { run: fresh })).divergence).toBeUndefined();
    const compared = await world.openexec.request('run/compare', { a: run, b: fresh });
    expect(compared.tasks.find((task) => task.id === 'T1')).toMatchObject({ same: true });
  });

  it('knows no step that was not visited', async () => {
    const { world, run } = await finished();
    await expect(world.openexec.request('run/rerun', { run, step: `${run}/T1/1/nowhere/1` })).rejects.toMatchObject({
      code: 'step-not-found',
    });
  });
});

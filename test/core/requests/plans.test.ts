/** Plans through the façade: what comes at once, what is kept of them, and what is refused. */
import { describe, expect, it } from 'vitest';
import { planIndex, type Environment } from '../../../src/core/requests/environment.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { planRow, runRow, stepRow } from '../../fakes/rows.js';
import { createWorld, planOf, type World } from '../engine/harness.js';

const document = planOf({ T1: {}, T2: {} });

async function imported(world: World) {
  const { plan } = await world.openexec.request('plan/import', { json: JSON.stringify(document), name: 'Plan' });
  return plan;
}
const approve = async (world: World, plan: { id: string; iteration: number }) => {
  const scripts = await world.openexec.request('plan/scripts', { plan: plan.id });
  return await world.openexec.request('plan/approve', {
    plan: plan.id,
    iteration: plan.iteration,
    hashes: scripts.map((script) => script.hash),
  });
};
const edit = (world: World, plan: { id: string; iteration: number }, description: string) => {
  const changed = structuredClone(document);
  changed.stories[0]!.tasks[0]!.description = description;
  return world.openexec.request('plan/edit', {
    plan: plan.id,
    iteration: plan.iteration,
    document: changed,
    summary: description,
  });
};

describe('changes of a plan that come at once', () => {
  it('keeps an edit that comes while the scripts of an approval are looked at, and the plan can be edited on', async () => {
    const world = await createWorld({});
    const plan = await imported(world);
    const hashes = (await world.openexec.request('plan/scripts', { plan: plan.id })).map((script) => script.hash);
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    const { parse } = world.ports.shell;
    world.ports.shell.parse = async (script, language) => (await held, parse(script, language));
    const approved = world.openexec.request('plan/approve', { plan: plan.id, iteration: 1, hashes });
    const edited = edit(world, plan, 'mine');
    for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    go();
    expect((await approved).approval?.iteration).toBe(1);
    expect((await edited).plan.iteration).toBe(2);
    const { plan: now } = await world.openexec.request('plan/get', { plan: plan.id });
    expect([now?.iteration, now?.document.stories[0]?.tasks[0]?.description]).toEqual([2, 'mine']);
    expect((await edit(world, now!, 'again')).plan.iteration).toBe(3);
  });

  it('takes one of two edits of the same version; the other is told that it is stale', async () => {
    const world = await createWorld({});
    const plan = await imported(world);
    const both = await Promise.allSettled([edit(world, plan, 'one'), edit(world, plan, 'other')]);
    expect(
      both.map((one) =>
        one.status === 'fulfilled' ? one.value.plan.iteration : (one.reason as { code: string }).code,
      ),
    ).toEqual([2, 'plan-stale']);
  });

  it('keeps a new name that comes with an approval', async () => {
    const world = await createWorld({});
    const plan = await imported(world);
    await Promise.all([
      approve(world, plan),
      world.openexec.request('plan/rename', { plan: plan.id, name: 'New' }),
      world.openexec.request('plan/archive', { plan: plan.id, archived: true }),
    ]);
    const { plan: now } = await world.openexec.request('plan/get', { plan: plan.id });
    expect([now?.name, now?.archived, now?.approval?.iteration]).toEqual(['New', true, 1]);
  });

  it('reads a plan anew that was changed while it was being read', async () => {
    const store = createMemoryStore();
    await store.commit([{ table: 'plans', row: planRow('p', { name: 'old' }) }]);
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    const env = {
      indexes: new Map(),
      ports: {
        store: {
          ...store,
          plan: async (id: string) => {
            const plan = await store.plan(id);
            await held;
            return plan;
          },
        },
      },
    } as unknown as Environment;
    const first = planIndex(env, 'p');
    await store.commit([{ table: 'plans', row: planRow('p', { name: 'new' }) }]);
    env.indexes.delete('p');
    go();
    await first;
    expect((await planIndex(env, 'p'))?.plan.name).toBe('new');
    expect(await planIndex(env, 'gone')).toBeUndefined();
    expect([...env.indexes.keys()]).toEqual(['p']);
  });
});

describe('a plan that a run rests on', () => {
  it('is neither deleted nor does it lose a begun task, however many runs came after', async () => {
    const world = await createWorld({});
    const plan = await imported(world);
    await world.store.commit([
      { table: 'runs', row: runRow('resting', { plan: plan.id, status: 'paused', tasks: ['T1', 'T2'], createdAt: 1 }) },
      { table: 'steps', row: stepRow('resting', 1, { task: 'T1' }) },
    ]);
    await world.store.commit(
      Array.from({ length: 600 }, (_, n) => ({
        table: 'runs',
        row: runRow(`later-${n}`, { plan: 'other', status: 'completed', createdAt: 1000 + n }),
      })),
    );
    await expect(world.openexec.request('plan/delete', { plan: plan.id })).rejects.toMatchObject({
      code: 'plan-in-use',
    });
    await expect(
      world.openexec.request('task/mark', { plan: plan.id, task: 'T2', as: 'skipped' }),
    ).rejects.toMatchObject({ code: 'task-in-run' });
    const without = (id: string) => ({
      ...document,
      stories: document.stories.map((story) => ({ ...story, tasks: story.tasks.filter((task) => task.id !== id) })),
    });
    await expect(
      world.openexec.request('plan/edit', { plan: plan.id, iteration: 1, document: without('T1'), summary: '' }),
    ).rejects.toMatchObject({ code: 'task-in-run', params: { task: 'T1' } });
    await world.openexec.request('plan/edit', { plan: plan.id, iteration: 1, document: without('T2'), summary: '' });
  });
});

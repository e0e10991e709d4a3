/** One plan, two processes that change it from the same row: both changes count, or one is told. */
import { describe, expect, it } from 'vitest';
import type { World } from '../engine/harness.js';
import { createWorld, planOf } from '../engine/harness.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { AT } from '../../fakes/rows.js';
import { meeting } from './meeting.js';

const document = planOf({ T1: {} });
const codeOf = (one: PromiseSettledResult<unknown>): string =>
  one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code;

async function shared() {
  const { store, together } = meeting(createMemoryStore(), 'plan');
  const one = await createWorld({ store });
  const other = await one.restart();
  const { plan } = await one.openexec.request('plan/import', { json: JSON.stringify(document), name: 'Plan' });
  const now = async () => (await store.plan(plan.id))!;
  return { one, other, store, together, plan, now };
}
const edit = (world: World, plan: string, text: string) =>
  world.openexec.request('plan/edit', {
    plan,
    iteration: 1,
    document: { ...document, goals: [{ ...document.goals[0]!, title: text }] },
    summary: text,
  });
const rename = (world: World, plan: string, name: string) => world.openexec.request('plan/rename', { plan, name });

describe('a plan that two processes change from the same row', () => {
  it('keeps a name, an archive mark and an approval that come at once', async () => {
    const { one, other, together, plan, now } = await shared();
    together(2);
    await Promise.all([
      rename(one, plan.id, 'Renamed'),
      other.openexec.request('plan/archive', { plan: plan.id, archived: true }),
    ]);
    expect(await now()).toMatchObject({ name: 'Renamed', archived: true });
    const hashes = (await one.openexec.request('plan/scripts', { plan: plan.id })).map(({ hash }) => hash);
    together(2);
    await Promise.all([
      rename(other, plan.id, 'Again'),
      one.openexec.request('plan/approve', { plan: plan.id, iteration: 1, hashes }),
    ]);
    expect(await now()).toMatchObject({ name: 'Again', archived: true, approval: { iteration: 1 } });
  });

  it.each([0, 1])('takes one of two edits of the same version, and tells the other (%s first)', async (first) => {
    const { one, other, store, together, plan, now } = await shared();
    together(2);
    const worlds = first === 0 ? [one, other] : [other, one];
    const outcomes = await Promise.allSettled(worlds.map((world, index) => edit(world, plan.id, `by ${index}`)));
    expect(outcomes.map(codeOf)).toEqual(['done', 'plan-stale']);
    expect((await now()).document.goals[0]?.title).toBe('by 0');
    expect((await store.iterations(plan.id)).map(({ summary }) => summary)).toEqual(['Imported from Plan', 'by 0']);
  });

  it('does not come back when it is deleted while it is changed', async () => {
    const { one, other, store, together, plan } = await shared();
    const hashes = (await one.openexec.request('plan/scripts', { plan: plan.id })).map(({ hash }) => hash);
    together(2);
    const outcomes = await Promise.allSettled([
      one.openexec.request('plan/delete', { plan: plan.id }),
      other.openexec.request('plan/approve', { plan: plan.id, iteration: 1, hashes }), // looks at the scripts first
    ]);
    expect(outcomes.map(codeOf)).toEqual(['done', 'plan-not-found']);
    expect(await store.plans()).toEqual([]);
  });

  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('takes one of two answers to a proposal (%s, then %s)', async (first, second) => {
    const { one, other, store, together, plan } = await shared();
    const key = `plan-proposal/${plan.id}/p`;
    const proposal = {
      id: 'p',
      plan: plan.id,
      iteration: 1,
      run: 'run_1',
      task: 'T1',
      kind: 'scope-discovery',
      message: 'More',
      change: { add: [], change: [{ task: 'T1', title: 'New' }] },
      before: { T1: { title: 'Do T1' } },
      status: 'open',
      at: AT,
    };
    await store.commit([{ table: 'settings', row: { key, value: proposal } }]);
    together(2);
    const answer = (world: World, accept: boolean) =>
      world.openexec.request('plan/proposal-answer', { plan: plan.id, proposal: 'p', accept });
    const outcomes = await Promise.allSettled([answer(one, first), answer(other, second)]);
    expect(outcomes.map(codeOf)).toEqual(['done', 'proposal-answered']);
    expect(await store.setting(key)).toMatchObject({ status: first ? 'accepted' : 'declined' });
    expect((await store.plan(plan.id))?.iteration).toBe(first ? 2 : 1);
  });
});

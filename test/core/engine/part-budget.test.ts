/** Budgets of one task and of one visit of a stage: the hard stop comes before the call, going on grants the same again, and the run replays equal. */
import { describe, expect, it } from 'vitest';
import { submits, type ScriptedTurn } from '../../fakes/model.js';
import { blueprintOf } from './fixtures.js';
import { answer, createWorld, planOf, settled, startPlan, type World, type WorldInput } from './harness.js';

const blueprint = blueprintOf(
  `
  think: { type: agentic, toolset: read_only, goal: think, on_success: work }
  work: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done, on_failure: work }`,
  'think',
);
const look: ScriptedTurn = { tools: [{ name: 'list_directory', input: { path: '' } }], tokens: 2000, costUsd: 0.01 };
const twice: ScriptedTurn[] = [look, ...submits()];

async function world(settings: WorldInput['settings']): Promise<World> {
  const red = { exitCode: 1 };
  return await createWorld({
    blueprint,
    settings: { approval: 'risky', ...settings },
    commands: { 'check T1': [red, {}], 'check T2': [red, {}] },
    model: { think: [...twice, ...twice], work: [...submits(), ...submits()] },
  });
}
const asked = (one: World) =>
  one.events.flatMap((event) =>
    event.type === 'approval-requested' ? [`${event.task} ${event.stage}: ${event.title}`] : [],
  );
const plan = planOf({ T1: {}, T2: { after: ['T1'] } });
/** What one call of these prompts may take at most is well below, two calls with what the first one used above. */
const room = { usd: null, tokens: 4000 };

describe('a budget of a part', () => {
  it('stops a stage before the call that would pass it, and the next visit begins anew', async () => {
    const one = await world({ stageBudget: room });
    const run = await startPlan(one, plan, { onAsk: 'wait' });
    expect(await settled(one, run)).toBe('paused');
    expect(one.events.at(-1)).toMatchObject({
      type: 'run-paused',
      reason: { code: 'stage-budget-exceeded', params: { what: 'tokens' } },
      task: 'T1',
    });
    expect(one.model.asked).toHaveLength(1);
    await answer(one, { status: 'accepted', option: 'continue' });
    expect(await settled(one, run)).toBe('paused');
    await answer(one, { status: 'accepted', option: 'continue' });
    expect(await settled(one, run)).toBe('completed');
    expect(asked(one)).toEqual([
      'T1 think: The budget of the stage think is used up at T1',
      'T2 think: The budget of the stage think is used up at T2',
    ]);
    expect(await one.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });
  it('counts all stages of a task, and no other task', async () => {
    const one = await world({ taskBudget: room });
    const run = await startPlan(one, plan, { onAsk: 'wait' });
    let status = await settled(one, run);
    for (let rounds = 0; status === 'paused' && rounds < 6; rounds++) {
      await answer(one, { status: 'accepted', option: 'continue' });
      status = await settled(one, run);
    }
    expect(status).toBe('completed');
    expect(new Set(asked(one).map((line) => line.split(' ')[0]))).toEqual(new Set(['T1', 'T2']));
    expect(asked(one)[0]).toBe('T1 think: The budget of the task is used up at T1');
    expect(await one.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });
  it('ends the run when the person gives up, and asks nothing where nothing is set', async () => {
    const one = await world({ stageBudget: room });
    const run = await startPlan(one, plan, { onAsk: 'wait' });
    await settled(one, run);
    await answer(one, { status: 'rejected', option: 'give-up' });
    expect(await settled(one, run)).toBe('cancelled');
    const other = await world({});
    expect(await settled(other, await startPlan(other, plan))).toBe('completed');
    expect(asked(other)).toEqual([]);
  });
});

describe('a limit in money', () => {
  const limit = (usd: number | null, tokens: number | null) => ({ usd, tokens, wallMs: null, calls: null });

  it('refuses a model whose price is not known, before anything is asked of it; a limit in tokens lets it run, and is named before the run', async () => {
    const one = await world({ budget: limit(5, null) });
    await expect(startPlan(one, plan)).rejects.toMatchObject({
      code: 'price-unknown',
      params: { model: 'Scripted', usd: 5 },
    });
    expect(one.model.asked).toEqual([]);
    expect(await one.openexec.request('run/list', {})).toEqual([]);
    const other = await world({ budget: limit(5, 1_000_000) });
    const run = await startPlan(other, planOf({ T1: {} }));
    expect(await settled(other, run)).toBe('completed');
    const { plan: made } = await other.openexec.request('plan/get', {});
    expect((await other.openexec.request('run/preview', { plan: made!.id, tasks: ['T1'] })).notes).toContainEqual({
      code: 'price-unknown',
      params: { model: 'Scripted', usd: 5, tokens: 1_000_000 },
    });
  });

  it('holds for a task’s and a stage’s limit alike, and asks for nothing where money is not limited', async () => {
    await expect(startPlan(await world({ taskBudget: { usd: 1, tokens: null } }), plan)).rejects.toMatchObject({
      code: 'price-unknown',
    });
    const free = await world({ budget: limit(null, null) });
    expect(await settled(free, await startPlan(free, planOf({ T1: {} })))).toBe('completed');
  });
});

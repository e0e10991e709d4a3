/** A stage that says itself where it goes on: what it had pending goes to the person first, as when it hands in a result. */
import { describe, expect, it } from 'vitest';
import { submits, type ScriptedTurn } from '../../fakes/model.js';
import { blueprintOf } from './fixtures.js';
import { answer, createWorld, planOf, settled, startPlan, type World } from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: do it, routes: [polish], on_success: verify }
  polish: { type: agentic, toolset: coding, goal: polish it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }`,
  'implement',
);
const patch = (search: string, replace: string) => ({
  name: 'apply_patch',
  input: { patch: JSON.stringify([{ path: 'a.txt', search, replace }]) },
});
const route = { name: 'signal', input: { kind: 'route', stage: 'polish', message: 'It wants polish.' } };
const world = async (turns: ScriptedTurn[]): Promise<World> =>
  await createWorld({
    blueprint,
    model: { 'T1/implement': turns, 'T1/polish': submits() },
    run: async (_script, read) => ({ exitCode: (await read('a.txt')).includes('ONE') ? 0 : 1 }),
  });
const stages = (one: World) => one.events.flatMap((event) => (event.type === 'stage-finished' ? [event.stage] : []));

describe('a stage that routes', () => {
  it('keeps its edits', async () => {
    const one = await world([{ tools: [patch('one', 'ONE'), route] }]);
    const run = await startPlan(one, planOf({ T1: {} }));
    expect(await settled(one, run)).toBe('completed');
    expect(one.workspace.text('a.txt')).toBe('ONE\ntwo\n');
    expect(stages(one)).toEqual(['implement', 'polish', 'verify']);
    expect(await one.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });

  it('stays where the person takes an edit back, and hears why', async () => {
    const one = await world([{ tools: [patch('one', 'eins'), route] }, { tools: [patch('one', 'ONE'), route] }]);
    const run = await startPlan(one, planOf({ T1: {} }), { onAsk: 'wait' });
    await answer(one, { status: 'rejected', comment: 'in English' });
    await answer(one, { status: 'accepted' });
    expect(await settled(one, run)).toBe('completed');
    expect(JSON.stringify(one.model.asked[1]?.messages)).toContain('in English');
    expect(stages(one)).toEqual(['implement', 'polish', 'verify']);
  });

  it('does not leave behind an edit of the same answer that failed', async () => {
    const one = await world([{ tools: [patch('nine', 'ONE'), route] }, { tools: [patch('one', 'ONE'), route] }]);
    const run = await startPlan(one, planOf({ T1: {} }));
    expect(await settled(one, run)).toBe('completed');
    expect(one.model.asked).toHaveLength(3);
  });
});

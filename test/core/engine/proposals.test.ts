/** What a model finds about the plan while it works: kept as a proposal, never applied by itself, accepted onto the newest plan or declined. */
import { describe, expect, it } from 'vitest';
import type { PlanDocument } from '../../../src/core/model/plan.js';
import type { ScriptedTurn } from '../../fakes/model.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import type { Store } from '../../../src/core/ports/ports.js';
import { workVerify } from './fixtures.js';
import { asText, createWorld, dedent, planOf, settled, startPlan, type World, type WorldInput } from './harness.js';

const plan = planOf({
  'T-1': { pins: true },
  'T-2': { pins: true, after: ['T-1'] },
  'T-3': { pins: true, after: ['T-2'] },
});
const submit = { name: 'submit_result', input: { summary: 'done' } };
const added = {
  story: 'US-001',
  title: 'Migrate the rows',
  technical_strategy: 'one statement',
  verification_script: 'check rows',
  depends_on: ['T-1'],
};
const signal = (kind: string, proposal: unknown, message = 'The rows have no owner.') => ({
  name: 'signal',
  input: { kind, message, proposal },
});
/** T-1 says this and hands in; the others only hand in. */
const says = (...tools: { name: string; input: unknown }[]): Readonly<Record<string, readonly ScriptedTurn[]>> => ({
  'T-1/1/work/1/1': [{ tools }],
  work: [{ tools: [submit] }],
});
const grows = signal('scope-discovery', {
  add: [added],
  change: [{ task: 'T-3', title: 'Use the rows', depends_on: ['T-2', '#1'] }],
});
const input = (model: WorldInput['model']): WorldInput => ({
  blueprint: workVerify,
  settings: { commits: false, approval: 'risky' },
  ...(model && { model }),
});

async function worked(
  ...tools: { name: string; input: unknown }[]
): Promise<{ world: World; run: string; plan: string; told: string }> {
  const world = await createWorld(input(says(...tools)));
  const run = await startPlan(world, plan, { tasks: ['T-1'] });
  expect(await settled(world, run)).toBe('completed');
  const { plan: now } = await world.openexec.request('plan/get', {});
  return { world, run, plan: now!.id, told: toldTo(world) };
}
/** What the model was told of its calls. */
const toldTo = (world: World): string =>
  world.model.asked
    .flatMap((request) => request.messages.at(-1)?.content ?? [])
    .flatMap((block) => (block.type === 'tool-result' ? [block.content] : []))
    .join('\n');
const documentOf = async (world: World): Promise<PlanDocument> =>
  (await world.openexec.request('plan/get', {})).plan!.document;
const tasksOf = (document: PlanDocument) =>
  document.stories
    .flatMap((story) => story.tasks)
    .map((task) => `${task.id} ${task.title} <- ${task.depends_on.join(' ')}`);

describe('a proposal of a model', () => {
  it('of work the plan does not hold is told to the timeline and kept; the plan stays as it is', async () => {
    const { world, plan: id, told } = await worked(grows);
    expect(asText(world.events)).toBe(
      dedent(`
      T-1 running
        > work 1
          model signal
          signal ok
          proposed +1 ~T-3 by scope-discovery
          model submit_result
        < work 1 succeeded, next verify
        > verify 1
          $ check T-1 -> 0
        < verify 1 succeeded, next done
      T-1 done
      finished: completed`),
    );
    expect(told).toContain('Your own task stays as it is');
    expect(await documentOf(world)).toEqual(plan);
    const [proposal, ...more] = await world.openexec.request('plan/proposals', { plan: id });
    expect(more).toEqual([]);
    expect(proposal).toMatchObject({
      task: 'T-1',
      kind: 'scope-discovery',
      message: 'The rows have no owner.',
      status: 'open',
      iteration: 1,
      problem: null,
    });
    expect(proposal!.changes).toEqual([
      {
        kind: 'changed',
        task: 'T-3',
        title: 'Use the rows',
        story: 'US-001',
        fields: [
          { field: 'title', before: 'Do T-3', after: 'Use the rows' },
          { field: 'depends_on', before: 'T-2', after: 'T-2, T-4' },
        ],
      },
      {
        kind: 'added',
        task: 'T-4',
        title: 'Migrate the rows',
        story: 'US-001',
        fields: [
          { field: 'title', before: '', after: 'Migrate the rows' },
          { field: 'technical_strategy', before: '', after: 'one statement' },
          { field: 'verification_script', before: '', after: 'check rows' },
          { field: 'depends_on', before: '', after: 'T-1' },
        ],
      },
    ]);
    expect((await world.openexec.request('status', {})).proposals).toBe(1);
  });

  it('of a plan that does not fit the code is kept the same way, and replays exactly', async () => {
    const {
      world,
      run,
      plan: id,
    } = await worked(signal('planning-mismatch', { change: [{ task: 'T-2', technical_strategy: 'otherwise' }] }));
    expect(asText(world.events)).toContain('proposed +0 ~T-2 by planning-mismatch');
    expect((await world.openexec.request('plan/proposals', { plan: id }))[0]?.changes[0]?.fields).toEqual([
      { field: 'technical_strategy', before: 'plainly', after: 'otherwise' },
    ]);
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });

  it.each([
    ['without a task in it', { add: [], change: [] }, '1 to 20 tasks'],
    ['without a strategy', { add: [{ ...added, technical_strategy: ' ' }] }, 'technical_strategy'],
    ['of more than 20 tasks', { add: Array.from({ length: 21 }, () => added) }, 'Invalid arguments'],
    [
      'that changes a task twice',
      {
        change: [
          { task: 'T-2', title: 'a' },
          { task: 'T-2', title: 'b' },
        ],
      },
      'each task is changed once',
    ],
    ['for a story that is not there', { add: [{ ...added, story: 'US-009' }] }, 'The plan has no story US-009.'],
    [
      'for a task that is not there',
      { change: [{ task: 'T-9', title: 'x' }] },
      'The plan has no task T-9.\nUS-001 Story\n  T-1 Do T-1 (begun)\n  T-2 Do T-2\n  T-3 Do T-3',
    ],
    [
      'for its own task',
      { change: [{ task: 'T-1', title: 'easier', verification_script: 'check less' }] },
      'T-1 has begun or is done',
    ],
    ['that changes nothing', { change: [{ task: 'T-2', title: 'Do T-2' }] }, 'The plan says so already.'],
    ['that makes a ring', { change: [{ task: 'T-2', depends_on: ['T-3'] }] }, 'could never start'],
    ['that depends on what is not there', { add: [{ ...added, depends_on: ['#7'] }] }, '#7'],
  ])('%s is told back and not kept', async (_, proposal, told) => {
    const done = await worked(signal('scope-discovery', proposal));
    expect(done.told).toContain(told);
    expect(asText(done.world.events)).not.toContain('proposed');
    expect(await done.world.openexec.request('plan/proposals', { plan: done.plan, answered: true })).toEqual([]);
  });

  it('made again is kept once, and one that was declined does not come again', async () => {
    const { world, plan: id, told } = await worked(grows, grows);
    expect(told).toContain('noted already');
    const [only, ...more] = await world.openexec.request('plan/proposals', { plan: id });
    expect(more).toEqual([]);
    await world.openexec.request('plan/proposal-answer', { plan: id, proposal: only!.id, accept: false });
    const again = await world.openexec.request('run/start', { plan: id, tasks: ['T-1'], again: true });
    await settled(world, again.run);
    expect(toldTo(world)).toContain('declined exactly that');
    expect(await world.openexec.request('plan/proposals', { plan: id })).toEqual([]);
  });

  it('is kept once, whichever commit the process died after', async () => {
    let died = 0;
    for (let n = 4; n < 30; n++) {
      const store = createMemoryStore();
      let left = n;
      const dying: Store = {
        ...store,
        commit: (...given) => (left-- > 0 ? store.commit(...given) : new Promise(() => undefined)),
      };
      const world = await createWorld({ ...input(says(grows)), store: dying });
      void startPlan(world, plan, { tasks: ['T-1'] }).catch(() => undefined);
      for (let turns = 0; turns < 60; turns++) await new Promise((resolve) => setImmediate(resolve));
      const next = await world.restart(store);
      const [run] = await next.openexec.request('run/list', {});
      if (!run || run.status !== 'interrupted') continue;
      died += 1;
      await next.openexec.request('run/resume', { run: run.id });
      await settled(next, run.id);
      const proposals = await next.openexec.request('plan/proposals', { plan: run.plan! });
      const events = await next.store.events(run.id, 0, 500);
      expect([n, proposals.length, events.filter((event) => event.type === 'plan-proposed').length]).toEqual([n, 1, 1]);
      expect((await next.openexec.request('run/replay', { run: run.id })).divergence).toBeUndefined();
    }
    expect(died).toBeGreaterThan(5);
  });
});

describe('the answer to a proposal', () => {
  const answer = (world: World, id: string, proposal: string, accept: boolean, iteration?: number) =>
    world.openexec.request('plan/proposal-answer', {
      plan: id,
      proposal,
      accept,
      ...(iteration !== undefined && { iteration }),
    });
  const proposed = async (...tools: { name: string; input: unknown }[]) => {
    const done = await worked(...tools);
    return {
      ...done,
      proposals: (await done.world.openexec.request('plan/proposals', { plan: done.plan })).map((one) => one.id),
    };
  };
  const edit = async (world: World, change: (document: PlanDocument) => void) => {
    const { plan: now } = await world.openexec.request('plan/get', {});
    const document = structuredClone(now!.document);
    change(document);
    await world.openexec.request('plan/edit', {
      plan: now!.id,
      iteration: now!.iteration,
      document,
      summary: 'edited',
    });
  };
  const taskOf = (document: PlanDocument, id: string) => document.stories[0]!.tasks.find((task) => task.id === id)!;

  it('yes makes a new version of the newest plan, which is not approved and can be run once it is', async () => {
    const { world, plan: id, proposals } = await proposed(grows);
    await edit(world, (document) => void (taskOf(document, 'T-2').description = 'Mine.'));
    const done = await answer(world, id, proposals[0]!, true, 2);
    expect(done.plan).toMatchObject({ iteration: 3, author: 'refine' });
    expect(tasksOf(done.plan.document)).toEqual([
      'T-1 Do T-1 <- ',
      'T-2 Do T-2 <- T-1',
      'T-3 Use the rows <- T-2 T-4',
      'T-4 Migrate the rows <- T-1',
    ]);
    expect(taskOf(done.plan.document, 'T-2').description).toBe('Mine.');
    expect((await world.openexec.request('plan/iterations', { plan: id })).at(-1)).toMatchObject({
      iteration: 3,
      author: 'refine',
      summary: 'Proposed by T-1: The rows have no owner.',
    });
    expect((await world.openexec.request('plan/list', {}))[0]).toMatchObject({ approved: false, tasks: 4 });
    await expect(world.openexec.request('run/start', { plan: id })).rejects.toMatchObject({
      code: 'plan-not-approved',
    });
    expect(await world.openexec.request('plan/proposals', { plan: id })).toEqual([]);
    expect((await world.openexec.request('plan/proposals', { plan: id, answered: true }))[0]).toMatchObject({
      status: 'accepted',
      changes: [{ task: 'T-3' }, { task: 'T-4' }],
    });
  });

  it('no leaves the plan as it is, approved; nothing is answered twice', async () => {
    const { world, plan: id, proposals } = await proposed(grows);
    await answer(world, id, proposals[0]!, false);
    expect(await documentOf(world)).toEqual(plan);
    expect((await world.openexec.request('plan/list', {}))[0]).toMatchObject({ approved: true, iteration: 1 });
    await expect(answer(world, id, proposals[0]!, true)).rejects.toMatchObject({
      code: 'proposal-answered',
      params: { status: 'declined' },
    });
    await expect(answer(world, id, 'none', true)).rejects.toMatchObject({ code: 'proposal-not-found' });
  });

  it('is kept for the newest hundred, and an open one always', async () => {
    const {
      world,
      plan: id,
      proposals,
    } = await proposed(grows, signal('scope-discovery', { add: [{ ...added, title: 'Another' }] }));
    const key = (name: string) => `plan-proposal/${id}/${name}`;
    const row = (await world.store.setting(key(proposals[0]!))) as object;
    await world.store.commit(
      Array.from({ length: 130 }, (_, n) => ({
        table: 'settings',
        row: { key: key(`old-${n}`), value: { ...row, id: `old-${n}`, status: 'declined', answeredAt: 1000 + n } },
      })),
    );
    await answer(world, id, proposals[0]!, false);
    const all = await world.openexec.request('plan/proposals', { plan: id, answered: true });
    expect(all.filter((one) => one.status === 'open').map((one) => one.id)).toEqual([proposals[1]]);
    const answered = all.filter((one) => one.status !== 'open').map((one) => one.id);
    expect(answered).toHaveLength(100);
    expect([answered.includes(proposals[0]!), answered.includes('old-31'), answered.includes('old-30')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('two that come at once are taken in one after the other, the ids made anew', async () => {
    const {
      world,
      plan: id,
      proposals,
    } = await proposed(grows, signal('scope-discovery', { add: [{ ...added, title: 'Another' }] }));
    await Promise.all(proposals.map((proposal) => answer(world, id, proposal, true)));
    expect(tasksOf(await documentOf(world)).slice(-2)).toEqual(['T-4 Migrate the rows <- T-1', 'T-5 Another <- T-1']);
    expect((await world.openexec.request('plan/iterations', { plan: id })).map((one) => one.iteration)).toEqual([
      1, 2, 3,
    ]);
  });

  it.each<[string, string, (document: PlanDocument) => void]>([
    [
      'a task was edited since in the same field',
      'proposal-edited',
      (document) => void (taskOf(document, 'T-3').title = 'My title'),
    ],
    ['a task is gone', 'task-not-found', (document) => void document.stories[0]!.tasks.pop()],
    [
      'its dependency is gone',
      'proposal-invalid',
      (document) => {
        document.stories[0]!.tasks.shift();
        taskOf(document, 'T-2').depends_on = [];
      },
    ],
  ])('is refused when %s, said beforehand, and changes nothing', async (_, code, change) => {
    const { world, plan: id, proposals } = await proposed(grows);
    await edit(world, change);
    const before = await documentOf(world);
    expect((await world.openexec.request('plan/proposals', { plan: id }))[0]?.problem?.code).toBe(code);
    await expect(answer(world, id, proposals[0]!, true)).rejects.toMatchObject({ code });
    expect(await documentOf(world)).toEqual(before);
    expect((await world.openexec.request('status', {})).proposals).toBe(1);
  });

  it('is refused when it was given on an older version of the plan', async () => {
    const { world, plan: id, proposals } = await proposed(grows);
    await edit(world, (document) => void (taskOf(document, 'T-2').description = 'Mine.'));
    await expect(answer(world, id, proposals[0]!, true, 1)).rejects.toMatchObject({ code: 'plan-stale' });
  });

  it('is refused when its task was done meanwhile', async () => {
    const { world, plan: id, proposals } = await proposed(grows);
    const { run } = await world.openexec.request('run/start', { plan: id, onAsk: 'accept' });
    expect(await settled(world, run)).toBe('completed');
    await expect(answer(world, id, proposals[0]!, true)).rejects.toMatchObject({
      code: 'proposal-begun',
      params: { task: 'T-3' },
    });
  });

  it('given while the run goes does not touch it, but for tasks it has not begun', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    const world = await createWorld({
      ...input(
        says(
          signal('planning-mismatch', {
            add: [added],
            change: [{ task: 'T-3', verification_script: 'check T-3 harder' }],
          }),
        ),
      ),
      run: async (script) => (script === 'check T-2' && (await held), {}),
    });
    const run = await startPlan(world, plan);
    while (!world.commands.asked.some((request) => request.script === 'check T-2'))
      await new Promise((resolve) => setImmediate(resolve));
    const { plan: now } = await world.openexec.request('plan/get', {});
    const [proposal] = await world.openexec.request('plan/proposals', { plan: now!.id });
    await answer(world, now!.id, proposal!.id, true);
    go();
    expect(await settled(world, run)).toBe('completed');
    expect(world.commands.asked.map((request) => request.script)).toEqual([
      'check T-1',
      'check T-2',
      'check T-3 harder',
    ]);
    const { progress } = await world.openexec.request('plan/get', {});
    expect(Object.keys(progress)).toEqual(['T-1', 'T-2', 'T-3']);
  });

  it('goes with its plan when that is deleted', async () => {
    const { world, plan: id } = await proposed(grows);
    await world.openexec.request('plan/delete', { plan: id });
    expect(await world.store.settings('plan-proposal/')).toEqual([]);
  });
});

/** A check that cannot be run is neither red nor green: a person is asked, before the work and after it, and no model is paid. */
import { describe, expect, it } from 'vitest';
import { submits } from '../../fakes/model.js';
import { blueprintOf, red } from './fixtures.js';
import { answer, asText, createWorld, nextApproval, planOf, settled, startPlan, type World } from './harness.js';

const missing = { exitCode: 127, output: 'sh: 1: nosuchlinter: not found\n' };
const plan = planOf({ T1: { check: 'nosuchlinter --check .' } });
const pinned = planOf({ T1: { check: 'check T1', pins: true } });
const work = { implement: submits() };
const simple = blueprintOf(
  `  implement: { type: agentic, toolset: coding, goal: do it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done, on_failure: implement }`,
  'implement',
);
const worldOf = (answers: readonly object[], check = 'nosuchlinter --check .'): Promise<World> =>
  createWorld({ blueprint: simple, model: work, commands: { [check]: answers } });
const turns = (world: World): number => world.events.filter((event) => event.type === 'model-called').length;

describe('before the work', () => {
  it('stops the run with the name of what is missing, for nothing', async () => {
    const world = await worldOf([missing]);
    expect(await settled(world, await startPlan(world, plan))).toBe('paused');
    const asked = await nextApproval(world);
    expect(asked.title).toBe('T1: its check cannot be run here');
    expect(asked.why).toContain('The program “nosuchlinter” is missing.');
    expect(asked.why).toContain('sh: 1: nosuchlinter: not found');
    expect(asked.subject).toMatchObject({ options: ['retry', 'edit', 'accept', 'skip', 'give-up'] });
    expect(turns(world)).toBe(0);
  });

  it('runs the check again once it was put right, as often as it takes', async () => {
    const world = await worldOf([missing, missing, red, {}]);
    const run = await startPlan(world, plan);
    for (const _ of [1, 2]) {
      expect(await settled(world, run)).toBe('paused');
      await answer(world, { status: 'accepted', option: 'retry' });
    }
    expect(await settled(world, run)).toBe('completed');
    expect(
      world.events.flatMap((event) => (event.type === 'check-before' ? [event.class?.what ?? 'red'] : [])),
    ).toEqual(['nosuchlinter', 'nosuchlinter', 'red']);
  });

  it('goes on anyway where the person says so', async () => {
    const world = await worldOf([missing, {}]);
    const run = await startPlan(world, plan);
    await settled(world, run);
    await answer(world, { status: 'accepted', option: 'accept' });
    expect(await settled(world, run)).toBe('completed');
    expect(turns(world)).toBe(1);
  });

  it.each([
    ['skip', 'skipped'],
    ['give-up', 'failed'],
  ] as const)('%s: the task is %s', async (option, status) => {
    const world = await worldOf([missing]);
    const run = await startPlan(world, plan);
    await settled(world, run);
    await answer(world, { status: option === 'give-up' ? 'rejected' : 'accepted', option });
    await settled(world, run);
    expect(world.events.findLast((event) => event.type === 'task-changed')).toMatchObject({
      status,
      reason: { code: 'check-cannot-run' },
    });
  });

  it('asks about tests that do not load, with the name of what they cannot import', async () => {
    const world = await worldOf([{ exitCode: 2, output: "E   ModuleNotFoundError: No module named 'yaml'\n" }]);
    await settled(world, await startPlan(world, plan));
    const asked = await nextApproval(world);
    expect(asked.title).toBe('T1: its check does not get as far as the work');
    expect(asked.why).toContain('“yaml” cannot be imported.');
  });

  it('takes a program that the task is to make for red', async () => {
    const world = await createWorld({
      blueprint: simple,
      model: work,
      commands: { './tool.sh': [{ exitCode: 127, output: 'sh: 1: ./tool.sh: not found' }, {}] },
    });
    expect(await settled(world, await startPlan(world, planOf({ T1: { check: './tool.sh' } })))).toBe('completed');
  });

  it('takes a check that ran no test for red before the work, and for no evidence after it', async () => {
    const none = { exitCode: 0, output: 'ok  \tm\t0.1s [no tests to run]' };
    const world = await worldOf([none, none, {}]);
    expect(await settled(world, await startPlan(world, plan))).toBe('completed');
    expect(asText(world.events)).toMatch(/< verify 1 failed/);
  });

  it('gives the output of a red check to the model in its first request, and not again', async () => {
    const world = await worldOf([
      { exitCode: 1, output: 'expected three, got one' },
      { exitCode: 1, output: 'now four' },
      {},
    ]);
    expect(await settled(world, await startPlan(world, plan))).toBe('completed');
    const firsts = world.model.asked
      .filter(({ messages }) => messages.length === 1)
      .map((one) => JSON.stringify(one.messages));
    expect(firsts[0]).toContain('expected three, got one');
    expect(firsts[1]).toContain('now four');
    expect(firsts[1]).not.toContain('expected three, got one');
  });
});

describe('a failure that a person lets pass', () => {
  const fails = (text: string) => ({ exitCode: 1, output: text });
  const suite = blueprintOf(
    `  test: { type: deterministic, action: test, max_retries: 0, on_success: verify, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: test }
  verify: { type: deterministic, action: verify, on_success: done, on_failure: fix }`,
    'test',
  );
  const suiteWorld = (answers: readonly object[]): Promise<World> =>
    createWorld({ blueprint: suite, model: { fix: submits() }, commands: { test: answers } });

  it('is gone past where it is exactly as before, without a model', async () => {
    const world = await suiteWorld([fails('1 failed in 0.5s'), fails('1 failed in 0.7s')]);
    const run = await startPlan(world, pinned);
    expect(await settled(world, run)).toBe('paused');
    const next = await world.restart();
    await answer(next, { status: 'accepted', option: 'continue' });
    expect(await settled(next, run)).toBe('completed');
    expect(asText(next.events)).toMatch(/< test 2 failed[^]*> verify 1/);
    expect(turns(next)).toBe(0);
  });

  it('is never the task’s own check', async () => {
    const world = await createWorld({
      blueprint: suite,
      model: { fix: submits() },
      commands: { 'check T1': [fails('no')] },
    });
    const run = await startPlan(world, pinned);
    expect(await settled(world, run)).toBe('paused');
    await answer(world, { status: 'accepted', option: 'continue' });
    expect(await settled(world, run)).toBe('paused');
    expect(asText(world.events)).not.toContain('commit');
  });

  it('asks again where it is another', async () => {
    const world = await suiteWorld([fails('1 failed in 0.5s'), fails('2 failed in 0.7s')]);
    const run = await startPlan(world, pinned);
    await settled(world, run);
    await answer(world, { status: 'accepted', option: 'continue' });
    expect(await settled(world, run)).toBe('paused');
  });
});

describe('after the work', () => {
  const lint = blueprintOf(
    `  lint: { type: deterministic, action: lint, on_success: verify, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: lint }
  verify: { type: deterministic, action: verify, on_success: done, on_failure: fix }`,
    'lint',
  );
  const lintWorld = (answers: readonly object[]): Promise<World> =>
    createWorld({ blueprint: lint, model: { fix: submits() }, commands: { lint: answers } });

  it('a missing program goes to the person, not to a stage that costs', async () => {
    const world = await lintWorld([missing]);
    expect(await settled(world, await startPlan(world, pinned))).toBe('paused');
    const asked = await nextApproval(world);
    expect(asked.title).toBe('T1: lint cannot be run here');
    expect(asked.why).toContain('The program “nosuchlinter” is missing.');
    expect(turns(world)).toBe(0);
  });

  it.each([
    ['retry', [missing, {}], /< lint 2 succeeded/, 0],
    ['continue', [missing], /> verify 1/, 0],
    ['accept', [missing, {}], /> fix 1/, 1],
  ] as const)('%s does what it says', async (option, answers, seen, paid) => {
    const world = await lintWorld(answers);
    const run = await startPlan(world, pinned);
    await settled(world, run);
    await answer(world, { status: 'accepted', option });
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).toMatch(seen);
    expect(turns(world)).toBe(paid);
  });

  it('a process that ended in between meets the same question', async () => {
    const world = await lintWorld([missing, {}]);
    const run = await startPlan(world, pinned);
    await settled(world, run);
    const next = await world.restart();
    await answer(next, { status: 'accepted', option: 'continue' });
    expect(await settled(next, run)).toBe('completed');
  });
});

/** What one stage does and where it leads: counting, skipping, several commands, and the three buttons of a run. */
import { describe, expect, it } from 'vitest';
import { submits } from '../../fakes/model.js';
import { blueprintOf, red } from './fixtures.js';
import { answer, asText, createWorld, planOf, settled, startPlan, type World } from './harness.js';

const plan = planOf({ T1: { pins: true } });
const count = (world: World, pattern: RegExp) => asText(world.events).match(pattern)?.length ?? 0;

describe('counting failures', () => {
  const healing = (retries: number) =>
    blueprintOf(`  work: { type: deterministic, action: lint, max_retries: ${retries}, on_success: done, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: work }`);

  it('pauses after max_retries + 1 failures of a stage, and names the cap', async () => {
    const world = await createWorld({ blueprint: healing(2), model: { fix: submits() }, commands: { lint: [red] } });
    expect(await settled(world, await startPlan(world, plan))).toBe('paused');
    expect(count(world, /< work \d failed/g)).toBe(3);
    expect(asText(world.events)).toContain('paused: retries-exhausted');
  });

  it('fails the attempt at the first failure of a stage without on_failure, whatever its max_retries', async () => {
    const world = await createWorld({
      blueprint: blueprintOf('  work: { type: deterministic, action: lint, max_retries: 5, on_success: done }'),
      commands: { lint: [red] },
    });
    expect(await settled(world, await startPlan(world, plan))).toBe('paused');
    expect(count(world, /< work 1 failed, next fail/g)).toBe(3);
    expect(count(world, /> work 2/g)).toBe(0);
    expect(asText(world.events)).toContain('paused: attempts-exhausted');
  });

  it('pauses with a reason of its own after more than ten failures in one attempt', async () => {
    const blueprint =
      blueprintOf(`  work: { type: deterministic, action: lint, max_retries: 10, on_success: test, on_failure: fix }
  test: { type: deterministic, action: test, max_retries: 10, on_success: done, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: work }`);
    // Lint heals every time, so that its own count starts again: only the sum is over.
    const world = await createWorld({
      blueprint,
      model: { fix: submits() },
      commands: { lint: [red, {}, red, {}, red, {}, red, {}, red, {}, red, {}, red], test: [red] },
    });
    expect(await settled(world, await startPlan(world, plan))).toBe('paused');
    expect(count(world, /< \w+ \d+ failed/g)).toBe(11);
    expect(asText(world.events)).toContain('paused: total-retries-exhausted');
    await answer(world, { status: 'accepted', option: 'give-up' });
    expect(await settled(world, world.events[0]?.run ?? '')).toBe('failed');
  });

  it('marks a checkpoint where the blueprint says so, and only where the stage succeeded', async () => {
    const blueprint =
      blueprintOf(`  work: { type: deterministic, action: lint, checkpoint: true, on_success: test, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: work }
  test: { type: deterministic, action: test, on_success: done }`);
    const world = await createWorld({ blueprint, model: { fix: submits() }, commands: { lint: [red, {}] } });
    expect(await settled(world, await startPlan(world, plan))).toBe('completed');
    expect(
      world.events.flatMap((event) =>
        event.type === 'stage-finished' ? [`${event.stage} ${event.outcome} ${event.checkpoint ?? false}`] : [],
      ),
    ).toEqual(['work failed false', 'fix succeeded false', 'work succeeded true', 'test succeeded false']);
  });

  it('says each visit once, and the end of the run once', async () => {
    const world = await createWorld({
      blueprint: healing(2),
      model: { fix: submits() },
      commands: { lint: [red, {}] },
    });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('completed');
    const finished = world.events.flatMap((event) => (event.type === 'stage-finished' ? [event.step] : []));
    expect(finished).toEqual([`${run}/T1/1/work/1`, `${run}/T1/1/fix/1`, `${run}/T1/1/work/2`]);
    expect(world.events.filter((event) => event.type === 'run-finished')).toHaveLength(1);
    // Every step of the record stands, and only those.
    const steps = await world.store.steps(run, 'T1');
    expect(steps.map((step) => [step.stage, step.status])).toEqual([
      ['@check', 'succeeded'],
      ['work', 'failed'],
      ['fix', 'succeeded'],
      ['work', 'succeeded'],
    ]);
  });
});

describe('a deterministic stage', () => {
  it('stops at the first of several commands that fails, names it, and keeps what was printed', async () => {
    const world = await createWorld({
      blueprint: blueprintOf('  work: { type: deterministic, commands: [one, two, three], on_success: done }'),
      commands: { one: [{ output: 'first is well' }], two: [{ exitCode: 7, output: 'second is ill' }] },
    });
    const run = await startPlan(world, plan);
    await settled(world, run);
    expect(world.commands.asked.slice(0, 2).map((request) => request.script)).toEqual(['one', 'two']);
    expect(world.commands.asked.some((request) => request.script === 'three')).toBe(false);
    const [step] = (await world.store.steps(run, 'T1')).filter((one) => one.stage === 'work');
    expect(step).toMatchObject({ status: 'failed', summary: 'two exited 7.', evidence: false });
    const output = new TextDecoder().decode(await world.store.blob(step?.output ?? ''));
    expect(output).toContain('first is well');
    expect(output).toContain('second is ill');
  });

  it('keeps the real output of commands that succeed, and counts them as evidence', async () => {
    const world = await createWorld({
      blueprint: blueprintOf('  work: { type: deterministic, commands: [one], on_success: done }'),
      commands: { one: [{ output: '12 checks held' }] },
    });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('completed');
    expect(world.events.find((event) => event.type === 'task-changed' && event.status === 'done')).toMatchObject({
      unverified: false,
    });
    const step = (await world.store.steps(run, 'T1')).find((one) => one.stage === 'work');
    expect(new TextDecoder().decode(await world.store.blob(step?.output ?? ''))).toContain('12 checks held');
  });

  it('is skipped with its reason when there is nothing to run, goes on as if it had succeeded, warns, and proves nothing', async () => {
    const world = await createWorld({
      blueprint: blueprintOf(`  work: { type: deterministic, action: lint, on_success: gates, on_failure: fix }
  gates: { type: deterministic, action: run_gates, on_success: done, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: work }`),
      settings: { commands: { lint: [], test: [], build: [] } },
      files: { 'a.txt': 'x' },
    });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('completed');
    const text = asText(world.events);
    expect(text).toContain('< work 1 skipped, next gates');
    expect(text).toContain('< gates 1 skipped, next done');
    expect(text).toContain('T1 done, unverified');
    expect(count(world, /warning stage-empty/g)).toBe(2);
    const finished = world.events.find((event) => event.type === 'stage-finished');
    expect(finished).toMatchObject({ summary: 'Skipped: no lint command is known.' });
    expect(world.commands.asked).toEqual([]);
  });

  it('refuses a blueprint with an action that does not exist, and says where', async () => {
    const world = await createWorld({
      blueprint: blueprintOf('  work: { type: deterministic, action: frobnicate, on_success: done }'),
    });
    await expect(startPlan(world, plan)).rejects.toMatchObject({
      code: 'blueprint-invalid',
      params: { line: 7, problem: expect.stringContaining('frobnicate') as unknown },
    });
    expect(world.events).toEqual([]);
  });
});

describe('pause, resume and cancel', () => {
  const blueprint = blueprintOf(`  work: { type: deterministic, action: lint, on_success: test }
  test: { type: deterministic, action: test, on_success: done }`);

  it('are refused where they make no sense, with how the run stands', async () => {
    const world = await createWorld({ blueprint });
    const run = await startPlan(world, plan);
    await expect(world.openexec.request('run/resume', { run })).rejects.toMatchObject({
      code: 'run-state',
      params: { status: 'running' },
    });
    expect(await settled(world, run)).toBe('completed');
    for (const method of ['run/pause', 'run/resume', 'run/cancel'] as const)
      await expect(world.openexec.request(method, { run })).rejects.toMatchObject({
        code: 'run-state',
        params: { status: 'completed' },
      });
    await expect(world.openexec.request('run/pause', { run: 'run_none' })).rejects.toMatchObject({
      code: 'run-not-found',
    });
  });

  it('stop a paused run before its next stage, and a second pause is refused', async () => {
    const world = await createWorld({ blueprint });
    world.openexec.onEvent((event) => {
      if (event.type === 'stage-started' && event.stage === 'work')
        void world.openexec.request('run/pause', { run: event.run });
    });
    // The stage is begun when the run is told; the pause comes while it works.
    world.commands.on('lint', { output: 'x' });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('paused');
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(asText(world.events)).not.toContain('> test');
    await expect(world.openexec.request('run/pause', { run })).rejects.toMatchObject({
      code: 'run-state',
      params: { status: 'paused' },
    });
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(count(world, /> work 1/g)).toBe(1);
  });

  it('cancel a paused run for good', async () => {
    const world = await createWorld({ blueprint, commands: { lint: [red] } });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('paused');
    await world.openexec.request('run/cancel', { run });
    expect((await world.openexec.request('run/get', { run })).status).toBe('cancelled');
    expect(asText(world.events).split('\n').at(-1)).toBe('finished: cancelled');
    expect(await world.openexec.request('approval/list', {})).toEqual([]);
    await expect(world.openexec.request('run/resume', { run })).rejects.toMatchObject({ code: 'run-state' });
  });
});

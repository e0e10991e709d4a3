/** Golden runs: a blueprint, a scripted model and commands in, the timeline out. What happens when healing is over, when time is up, and at the gates. */
import { describe, expect, it } from 'vitest';
import type { AttentionOption } from '../../../src/core/model/approval.js';
import type { FakeClock } from '../../fakes/clock.js';
import { deferred } from '../../../src/base/deferred.js';
import type { ModelClient } from '../../../src/core/ports/ports.js';
import { createFakeModel, edits, submits } from '../../fakes/model.js';
import { blueprintOf, red } from './fixtures.js';
import {
  answer,
  asText,
  createWorld,
  dedent,
  nextApproval,
  planOf,
  settled,
  startPlan,
  type World,
  type WorldInput,
} from './harness.js';

const plan = planOf({ T1: { pins: true } });
const clockOf = (world: World) => world.ports.clock as FakeClock;
const tick = () => new Promise((resolve) => setImmediate(resolve));
async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await tick();
}

describe('when a stage failed more often than its retries allow', () => {
  const healing =
    blueprintOf(`  work: { type: deterministic, action: lint, max_retries: 1, on_success: done, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, on_success: work }`);
  const goesOn: Readonly<
    Record<AttentionOption, { status: 'accepted' | 'rejected'; lint: WorldInput['commands']; then: string } | undefined>
  > = {
    retry: {
      status: 'accepted',
      lint: { lint: [red, red, {}] },
      then: `
        resumed
        T1 running
            answered accepted retry
          > fix 2
            model submit_result
          < fix 2 succeeded, next work
          > work 3
            $ lint -> 0
          < work 3 succeeded, next done
        T1 done
        finished: completed`,
    },
    continue: {
      status: 'accepted',
      lint: { lint: [red, red, {}] },
      then: `
        resumed
        T1 running
            answered accepted continue
          > work 3
            $ lint -> 0
          < work 3 succeeded, next done
        T1 done
        finished: completed`,
    },
    edit: {
      status: 'accepted',
      lint: { lint: [red, red, {}] },
      then: `
        resumed
        T1 running
            answered accepted edit
        T1 running attempt 2
          > work 1
            $ lint -> 0
          < work 1 succeeded, next done
        T1 done attempt 2
        finished: completed`,
    },
    skip: {
      status: 'accepted',
      lint: { lint: [red] },
      then: `
        resumed
        T1 running
            answered accepted skip
        T1 skipped: skipped-by-operator
        finished: completed`,
    },
    'give-up': {
      status: 'rejected',
      lint: { lint: [red] },
      then: `
        resumed
        T1 running
            answered rejected give-up
        T1 failed: retries-exhausted
        finished: failed`,
    },
    accept: undefined,
  };
  for (const [option, given] of Object.entries(goesOn)) {
    if (!given) continue;
    it(`the person may say “${option}”`, async () => {
      const world = await createWorld({ blueprint: healing, model: { fix: submits() }, commands: given.lint ?? {} });
      const run = await startPlan(world, plan);
      expect(await settled(world, run)).toBe('paused');
      expect(asText(world.events)).toBe(
        dedent(`
        T1 running
          > work 1
            $ lint -> 1
          < work 1 failed, next fix
          > fix 1
            model submit_result
          < fix 1 succeeded, next work
          > work 2
            $ lint -> 1
          < work 2 failed, next paused
        T1 waiting(operator)
            ask attention
        paused: retries-exhausted`),
      );
      world.events.length = 0;
      const asked = await answer(world, { status: given.status, option: option as AttentionOption });
      expect(asked.subject).toMatchObject({
        kind: 'attention',
        options: ['retry', 'continue', 'edit', 'skip', 'give-up'],
      });
      await settled(world, run);
      expect(asText(world.events)).toBe(dedent(given.then));
    });
  }
});

describe('gates of openexec.yaml', () => {
  const blueprint = blueprintOf(`  work: { type: deterministic, action: run_gates, on_success: done, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: fix it, inputs: [task, failure], on_success: work }`);
  const config = `version: 1
gates:
  - { name: style, command: npm run lint, mode: warning }
  - { name: unit, command: npm test, fix_hint: Look at the fixture first. }
  - { name: size, command: npm run check-size }
`;

  it('that only warn are told and fail nothing; one that blocks fails the stage, by name, with its hint for the model', async () => {
    const world = await createWorld({
      blueprint,
      files: { 'a.txt': 'x', 'openexec.yaml': config },
      settings: { commands: { lint: [], test: [], build: [] } },
      model: { fix: submits() },
      commands: { lint: [red], test: [red, {}] },
    });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).toBe(
      dedent(`
        T1 running
          > work 1
            $ lint -> 1
            warning gate-warning
            $ test -> 1
            $ npm run check-size -> 0
          < work 1 failed, next fix
          > fix 1
            model submit_result
          < fix 1 succeeded, next work
          > work 2
            $ lint -> 1
            warning gate-warning
            $ test -> 0
            $ npm run check-size -> 0
          < work 2 succeeded, next done
        T1 done
        finished: completed`),
    );
    const failed = world.events.find((event) => event.type === 'stage-finished');
    expect(failed).toMatchObject({ summary: '1/3 gates failed: unit.' });
    expect(JSON.stringify(world.model.asked[0]?.messages)).toContain('Look at the fixture first.');
  });
});

describe('the time of a stage', () => {
  const agentic = blueprintOf(
    '  work: { type: agentic, toolset: coding, goal: do it, timeout: 30s, on_success: done }',
  );

  it('ends a model turn that takes longer, fails the visit, and says what it was', async () => {
    const world = await createWorld({
      blueprint: agentic,
      settings: { approval: 'risky' },
      model: { 'T1/1/work/1/1': [{ hangs: true }], work: submits() },
    });
    const run = await startPlan(world, plan);
    await until(() => world.model.asked.length === 1 && clockOf(world).sleeping > 0);
    await clockOf(world).advance(29_999);
    expect(asText(world.events)).not.toContain('work 1 failed');
    await clockOf(world).advance(1);
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).toBe(
      dedent(`
        T1 running
          > work 1
            warning stage-time-up
          < work 1 failed, next fail
        T1 running attempt 2
          > work 1
            model submit_result
          < work 1 succeeded, next done
        T1 done, unverified attempt 2
        finished: completed`),
    );
    expect(world.events.find((event) => event.type === 'stage-finished')).toMatchObject({
      summary: 'It did not end within 30 s.',
    });
    // The next attempt is told what the last one came to.
    expect(JSON.stringify(world.model.asked[1]?.messages[0])).toContain('It did not end within 30 s.');
    expect(clockOf(world).sleeping).toBe(0);
  });

  it('does not run while a person is waited for', async () => {
    const world = await createWorld({ blueprint: agentic, model: { work: edits('a.txt', 'one', 'ONE') } });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    await nextApproval(world);
    await clockOf(world).advance(12 * 3_600_000);
    await answer(world, { status: 'accepted' });
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).not.toContain('stage-time-up');
  });

  it('counts the turns before a pause; one that the pause cut off never came to an end, and is asked again', async () => {
    const script = createFakeModel({
      'T1/1/work/1/1': [{ tools: [{ name: 'list_directory', input: { path: '' } }] }],
      'T1/1/work/1/3': [{ hangs: true }],
      work: submits(),
    });
    const slow = deferred<void>();
    const client: ModelClient = {
      info: script.info,
      turn: async (request, onText, signal) => {
        const answered = script.turn(request, onText, signal);
        if (script.asked.length === 1) await slow.promise;
        return answered;
      },
    };
    const world = await createWorld({ blueprint: agentic, settings: { approval: 'risky' }, client });
    const run = await startPlan(world, plan);
    const waits = (turns: number) => until(() => script.asked.length === turns && clockOf(world).sleeping > 0);
    await waits(1);
    await clockOf(world).advance(20_000);
    slow.resolve();
    await waits(2);
    await clockOf(world).advance(9000);
    await world.openexec.request('run/pause', { run, now: true });
    expect(await settled(world, run)).toBe('paused');
    await clockOf(world).advance(3_600_000);
    await world.openexec.request('run/resume', { run });
    await waits(3);
    await clockOf(world).advance(9999);
    expect(asText(world.events)).not.toContain('stage-time-up');
    await clockOf(world).advance(1);
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events).match(/stage-time-up/g)).toHaveLength(1);
    // What was cut off is in the record, so that the run can be said again from it.
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });

  it('does not count, on resume, how long the person took to say that a command may run again', async () => {
    const world = await createWorld({
      blueprint: agentic,
      settings: { approval: 'risky' },
      commands: { 'node x.js': [{ hangs: true }, {}] },
      model: {
        'T1/1/work/1/1': [{ tools: [{ name: 'run_command', input: { argv: ['node', 'x.js'] } }] }],
        work: [{ hangs: true }],
      },
    });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    const yes = () => answer(world, { status: 'accepted' });
    const stopAndGoOn = async () => {
      await world.openexec.request('run/pause', { run, now: true });
      expect(await settled(world, run)).toBe('paused');
      await world.openexec.request('run/resume', { run });
    };
    await yes();
    await until(() => world.commands.asked.length === 1);
    await stopAndGoOn();
    expect((await nextApproval(world)).title).toBe('Run node x.js again?');
    await clockOf(world).advance(12 * 3_600_000);
    await yes();
    await until(() => world.model.asked.length === 2 && clockOf(world).sleeping > 0);
    await stopAndGoOn();
    await until(() => world.model.asked.length === 3 && clockOf(world).sleeping > 0);
    await clockOf(world).advance(29_000);
    expect(asText(world.events)).not.toContain('stage-time-up');
    await world.openexec.request('run/cancel', { run });
  });

  it('is the time of all its commands together', async () => {
    const world = await createWorld({
      blueprint: blueprintOf(
        '  work: { type: deterministic, commands: [one, two, three], timeout: 10m, on_success: done }',
      ),
      commands: { one: [{}], two: [{ timedOut: true }] },
      run: async () => ({}),
    });
    const run = await startPlan(world, plan);
    await settled(world, run);
    expect(world.commands.asked.slice(0, 2).map((request) => [request.script, request.timeoutMs])).toEqual([
      ['one', 600_000],
      ['two', 600_000],
    ]);
    expect(world.commands.asked.some((request) => request.script === 'three')).toBe(false);
    expect(world.events.find((event) => event.type === 'stage-finished')).toMatchObject({
      outcome: 'failed',
      summary: 'two did not end within 600 s.',
    });
  });
});

describe('cancelling', () => {
  it('ends a command that runs, and leaves nothing to be asked', async () => {
    const world = await createWorld({
      blueprint: blueprintOf('  work: { type: deterministic, action: test, on_success: done }'),
      commands: { test: [{ hangs: true }] },
    });
    const run = await startPlan(world, plan);
    await until(() => world.commands.asked.length === 1);
    await world.openexec.request('run/cancel', { run });
    expect((await world.openexec.request('run/get', { run })).status).toBe('cancelled');
    expect(asText(world.events).split('\n').slice(-2)).toEqual(['T1 cancelled', 'finished: cancelled']);
    expect(await world.openexec.request('approval/list', {})).toEqual([]);
  });
});

describe('the prompt of a stage', () => {
  it('names the stage, the task and the story, gives the context’s contents, and earlier results in at most 500 characters each', async () => {
    const world = await createWorld({
      blueprint: blueprintOf(
        `  gather: { type: deterministic, action: build_context, outputs: [context], on_success: work }
  work: { type: agentic, toolset: coding, goal: Make the words loud., inputs: [task, story, context], on_success: again }
  again: { type: agentic, toolset: coding, goal: Look once more., on_success: done }`,
        'gather',
      ),
      settings: { approval: 'risky' },
      files: { 'a.txt': 'one\n', 'AGENTS.md': 'Always use tabs.\n' },
      model: { work: submits('x'.repeat(2000)), again: submits() },
    });
    const document = planOf(
      { T1: { pins: true } },
      { title: 'Loud words', acceptance_criteria: ['Every word is loud'] },
    );
    expect(await settled(world, await startPlan(world, document))).toBe('completed');
    const [first, second] = world.model.asked.map(
      (request) => (request.messages[0]?.content[0] as { text: string }).text,
    );
    for (const part of [
      '# Stage: Work',
      'Make the words loud.',
      '# Task T1: Do T1',
      'Strategy: plainly',
      'check T1',
      'Part of story US-001: Loud words',
      '- Every word is loud',
      '# Context',
      'Always use tabs.',
    ])
      expect(first).toContain(part);
    const earlier = second?.split('\n').filter((line) => line.startsWith('- work (visit 1)')) ?? [];
    expect(earlier).toHaveLength(1);
    expect(earlier[0]?.length).toBeLessThanOrEqual(500);
  });
});

/** A command that was in flight when the process ended: a no pauses the run, and is no dead end. */
import { expect, it } from 'vitest';
import { submits } from '../../fakes/model.js';
import { implementVerifyCommit } from './fixtures.js';
import { answer, createWorld, nextApproval, planOf, settled, startPlan } from './harness.js';

it('asks anew after a no, each time the run is resumed, and goes on with a yes', async () => {
  const world = await createWorld({
    blueprint: implementVerifyCommit,
    commands: { 'node build.js': [{ hangs: true }, { exitCode: 0 }], 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
    model: {
      'T1/1/implement/1/1': [{ tools: [{ name: 'run_command', input: { argv: ['node', 'build.js'] } }] }],
      'T1/implement': submits(),
    },
  });
  const run = await startPlan(world, planOf({ T1: {} }));
  while (world.commands.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  let next = await world.restart();
  const asked: string[] = [];
  for (const status of ['rejected', 'rejected', 'accepted'] as const) {
    next = await next.restart();
    await next.openexec.request('run/resume', { run, onAsk: 'wait' });
    asked.push((await nextApproval(next)).id);
    await answer(next, { status });
    expect(await settled(next, run)).toBe(status === 'accepted' ? 'completed' : 'paused');
  }
  expect(asked.map((id) => id.replace(/.*\/repeat/, 'repeat'))).toEqual(['repeat', 'repeat/2', 'repeat/3']);
  expect((await next.openexec.request('run/replay', { run })).divergence).toBeUndefined();
});

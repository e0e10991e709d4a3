/** Starting a run over: the old one is given up only when nothing stands against the new one. */
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../../src/core/ports/ports.js';
import { verifyOnly } from '../engine/fixtures.js';
import { createWorld, planOf, settled, startPlan, type World } from '../engine/harness.js';

const plan = planOf({ T1: { pins: true }, T2: { pins: true, after: ['T1'] }, T3: { pins: true, after: ['T2'] } });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const statusOf = async (world: World, run: string) => (await world.openexec.request('run/get', { run })).status;

/** A plan whose second check waits: a run of it goes until `go` lets that check end. */
async function waiting(given: Partial<Settings> = {}) {
  const held: (() => void)[] = [];
  const world = await createWorld({
    blueprint: verifyOnly,
    settings: { approval: 'risky', commits: false, ...given },
    run: async (script) => (script === 'check T2' && (await new Promise<void>((resolve) => held.push(resolve))), {}),
  });
  const atT2 = async () => {
    while (held.length === 0) await turn();
  };
  const go = () => held.splice(0).forEach((resolve) => resolve());
  const run = await startPlan(world, plan);
  await atT2();
  const pause = async () => {
    await world.openexec.request('run/pause', { run, now: true });
    go();
    return await settled(world, run);
  };
  return { world, run, atT2, go, pause };
}

describe('starting a run over', () => {
  it('leaves it as it is while another run goes', async () => {
    const { world, run, pause, atT2, go } = await waiting();
    expect(await pause()).toBe('paused');
    const other = await startPlan(world, plan);
    await atT2();
    await expect(world.openexec.request('run/start-over', { run })).rejects.toMatchObject({ code: 'run-active' });
    expect([await statusOf(world, run), await statusOf(world, other)]).toEqual(['paused', 'running']);
    const cancelled = world.openexec.request('run/cancel', { run: other });
    go();
    await cancelled;
    const { run: next } = await world.openexec.request('run/start-over', { run });
    expect([await statusOf(world, run), (await world.openexec.request('run/get', { run: next })).tasks]).toEqual([
      'cancelled',
      ['T3'],
    ]);
  });

  it('leaves it as it is when the rules of the workspace cannot be read, or git has no room for a branch', async () => {
    const { world, run, pause } = await waiting({ commits: true, commitBranch: 'own' });
    await pause();
    world.workspace.set('.openexec/policy.yaml', 'rules: 7\n');
    await expect(world.openexec.request('run/start-over', { run })).rejects.toMatchObject({ code: 'policy-invalid' });
    expect(await statusOf(world, run)).toBe('paused');
    world.workspace.set('.openexec/policy.yaml', null);
    world.git.become({ inProgress: 'rebase' });
    await expect(world.openexec.request('run/start-over', { run })).rejects.toMatchObject({ code: 'git-state' });
    expect(await statusOf(world, run)).toBe('paused');
  });

  it('ends one that goes, and does not do again what it had done', async () => {
    const { world, run, go } = await waiting();
    const over = world.openexec.request('run/start-over', { run });
    for (let turns = 0; turns < 50; turns++) await turn();
    go();
    const { run: next } = await over;
    expect(await settled(world, next)).toBe('completed');
    expect(await statusOf(world, run)).toBe('cancelled');
    expect((await world.openexec.request('run/get', { run: next })).tasks).toEqual(['T3']);
    await expect(world.openexec.request('run/start-over', { run: next })).rejects.toMatchObject({ code: 'run-state' });
  });
});

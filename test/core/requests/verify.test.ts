/** Verify Plan: its scripts have the tree to themselves, run in the sandbox they were judged for, and end with the folder. */
import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../../src/core/errors.js';
import type { Settings } from '../../../src/core/ports/ports.js';
import { verifyOnly } from '../engine/fixtures.js';
import { createWorld, planOf, settled, type World, type WorldInput } from '../engine/harness.js';

const twoTasks = planOf({ T1: { pins: true }, T2: { pins: true } });
const turns = async (count = 30) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

async function approved({
  document = twoTasks,
  ...input
}: WorldInput & { document?: ReturnType<typeof planOf> } = {}): Promise<{ world: World; plan: string }> {
  const world = await createWorld({ blueprint: verifyOnly, ...input });
  const { plan } = await world.openexec.request('plan/import', { json: JSON.stringify(document), name: 'Plan' });
  const scripts = await world.openexec.request('plan/scripts', { plan: plan.id });
  await world.openexec.request('plan/approve', {
    plan: plan.id,
    iteration: 1,
    hashes: scripts.map((script) => script.hash),
  });
  return { world, plan: plan.id };
}

describe('verifying a plan', () => {
  it('says in its own words what is evidence of nothing', async () => {
    const { world, plan } = await approved({
      commands: {
        'check T1': [{ exitCode: 127, output: 'sh: 1: nosuchlinter: not found' }],
        'check T2': [{ exitCode: 2, output: "E   ModuleNotFoundError: No module named 'yaml'" }],
      },
    });
    const { checks } = await world.openexec.request('plan/verify', { plan });
    expect(checks.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['cannot-run', 'exited 127: The program “nosuchlinter” is missing.'],
      ['broken', 'exited 2: “yaml” cannot be imported.'],
    ]);
  });

  it('knows a script that needs a bash that is not here before anything starts: when verified, previewed and run', async () => {
    const { world, plan } = await approved({
      document: planOf({ T1: { pins: true, check: '[[ -f a ]]' }, T2: { pins: true } }),
    });
    expect(await world.openexec.request('plan/scripts', { plan })).toMatchObject([
      { may: expect.arrayContaining(['runs in bash, which it is written for ([[)']) as string[] },
      {},
    ]);
    expect(await world.openexec.request('run/preview', { plan })).toMatchObject({ stops: [] });
    const missing = new OpenExecError('shell-bash-missing', { command: '[[ -f a ]]', because: '[[' });
    world.commands.locate = async () => undefined;
    world.commands.on('[[ -f a ]]', { throws: missing });
    const { checks } = await world.openexec.request('plan/verify', { plan });
    expect(checks[0]).toMatchObject({ outcome: 'cannot-run', reason: expect.stringContaining('needs bash ([[)') });
    expect(await world.openexec.request('run/preview', { plan })).toMatchObject({
      stops: [{ code: missing.code, params: missing.params }],
    });
    await expect(world.openexec.request('run/start', { plan })).rejects.toMatchObject({ code: missing.code });
    expect(await world.openexec.request('run/preview', { plan, tasks: ['T2'] })).toMatchObject({ stops: [] });
  });

  it('waits for nobody and begins in nobody’s work: neither beside a run on its way nor the other way round', async () => {
    const { world, plan } = await approved({ settings: { approval: 'risky', commitBranch: 'own' } });
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    const { startBranch } = world.git;
    world.git.startBranch = async (...given) => (await held, startBranch(...given));
    const started = world.openexec.request('run/start', { plan });
    await turns();
    await expect(world.openexec.request('plan/verify', { plan })).rejects.toMatchObject({
      code: 'run-active',
      params: { title: 'Plan' },
    });
    await expect(world.openexec.request('task/mark', { plan, task: 'T1', as: 'fixed' })).rejects.toMatchObject({
      code: 'run-active',
    });
    expect(world.commands.asked).toEqual([]);
    go();
    await settled(world, (await started).run);

    world.commands.on('check T1', { hangs: true });
    const stop = new AbortController();
    const verified = world.openexec.request('plan/verify', { plan }, stop.signal).catch(() => 'stopped');
    await turns();
    await expect(world.openexec.request('run/start', { plan, again: true })).rejects.toMatchObject({
      code: 'verify-active',
      params: { name: 'Plan' },
    });
    await expect(world.openexec.request('plan/verify', { plan })).rejects.toMatchObject({ code: 'verify-active' });
    stop.abort();
    expect(await verified).toBe('stopped');
    world.commands.on('check T1', {});
    expect((await world.openexec.request('plan/verify', { plan })).checks.map((check) => check.outcome)).toEqual([
      'green',
      'green',
    ]);
  });

  it('is ended before the store is closed', async () => {
    const { world, plan } = await approved();
    world.commands.on('check T1', { hangs: true });
    const verified = world.openexec.request('plan/verify', { plan }).then(
      () => 'done',
      (error: { code: string }) => error.code,
    );
    await turns();
    expect(world.commands.asked).toHaveLength(1);
    await world.openexec.close();
    expect(await verified).toBe('not-owner');
    expect(world.commands.asked).toHaveLength(1);
  });

  it('runs each script in the sandbox it was judged for, also when the setting changes meanwhile', async () => {
    const settings: Partial<Settings> = { sandbox: 'workspace-write' };
    const { world, plan } = await approved({
      settings,
      run: async () => ((settings.sandbox = 'full-access'), {}),
    });
    await world.openexec.request('plan/verify', { plan });
    expect(world.commands.asked.map((request) => request.sandbox)).toEqual(['workspace-write', 'workspace-write']);
  });

  it('says of a script that was edited since nothing any more', async () => {
    const { world, plan } = await approved();
    await world.openexec.request('plan/verify', { plan });
    const changed = structuredClone(twoTasks);
    changed.stories[0]!.tasks[0]!.verification_script = 'check T1 harder';
    await world.openexec.request('plan/edit', { plan, iteration: 1, document: changed, summary: 'harder' });
    expect(Object.keys((await world.openexec.request('plan/get', { plan })).checks)).toEqual(['T2']);
    await world.openexec.request('plan/edit', { plan, iteration: 2, document: twoTasks, summary: 'back' });
    expect(Object.keys((await world.openexec.request('plan/get', { plan })).checks)).toEqual(['T1', 'T2']);
  });
});

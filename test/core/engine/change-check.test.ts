/** A wrong check is put right where the run asks about it: the plan gets a new version, and keeps what it had. */
import { describe, expect, it } from 'vitest';
import { edits, submits } from '../../fakes/model.js';
import { implementVerifyCommit } from './fixtures.js';
import { answer, asText, createWorld, nextApproval, planOf, settled, startPlan } from './harness.js';

const run = async (script: string, read: (path: string) => Promise<string>) => {
  const text = await read('a.txt');
  if (script === 'check T1') return { exitCode: text.includes('ONE') ? 0 : 1 };
  return { exitCode: script === 'check two' ? (text.includes('TWO') ? 0 : 1) : 0 };
};
const model = { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('a.txt', 'two', 'TWO') };
const given = { status: 'accepted' as const, by: 'terminal' as const, comment: '', option: 'edit' as const };

describe('a check that is given in place of a wrong one', () => {
  it('is the next attempt’s, and what was done, approved and begun stays', async () => {
    const world = await createWorld({ blueprint: implementVerifyCommit, run, model });
    const id = await startPlan(world, planOf({ T1: {}, T2: { after: ['T1'], check: 'true' } }));
    expect(await settled(world, id)).toBe('paused');
    const asked = await nextApproval(world);
    expect(asked).toMatchObject({ task: 'T2', subject: { code: 'check-green' } });

    const next = await world.restart();
    await next.openexec.request('approval/answer', { approval: asked.id, answer: given, script: 'check two' });
    expect(await settled(next, id)).toBe('completed');
    expect(asText(next.events)).toContain('T2 check before: red');
    const { plan, progress } = await next.openexec.request('plan/get', {});
    expect(plan).toMatchObject({ iteration: 2, approval: { iteration: 2 } });
    expect(plan?.document.stories[0]?.tasks[1]?.verification_script).toBe('check two');
    expect(progress).toMatchObject({ T1: { status: 'done', edited: false }, T2: { status: 'done', edited: false } });
    expect((await next.openexec.request('run/replay', { run: id })).divergence).toBeUndefined();
  });

  it('is taken by a quick fix, too', async () => {
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      run,
      model: { implement: edits('a.txt', 'two', 'TWO') },
    });
    const { run: id } = await world.openexec.request('run/quick-fix', {
      request: 'two',
      check: 'true',
      onAsk: 'accept',
    });
    expect(await settled(world, id)).toBe('paused');
    const asked = await nextApproval(world);
    await world.openexec.request('approval/answer', { approval: asked.id, answer: given, script: 'check two' });
    expect(await settled(world, id)).toBe('completed');
    expect((await world.openexec.request('run/replay', { run: id })).divergence).toBeUndefined();
  });

  it('comes with its option alone, and not where the policy denies it: the question waits on', async () => {
    const world = await createWorld({ blueprint: implementVerifyCommit, run, model: { implement: submits() } });
    await startPlan(world, planOf({ T1: { check: 'true' } }));
    const { id: approval } = await nextApproval(world);
    const tried = (option: 'edit' | 'accept', script: string) =>
      world.openexec.request('approval/answer', { approval, answer: { ...given, option }, script });
    await expect(tried('accept', 'check two')).rejects.toMatchObject({ code: 'request-invalid' });
    await expect(tried('edit', 'sudo rm -rf /')).rejects.toMatchObject({ code: 'command-denied' });
    expect((await world.openexec.request('plan/get', {})).plan?.iteration).toBe(1);
    await answer(world, { status: 'accepted', option: 'accept' });
  });
});

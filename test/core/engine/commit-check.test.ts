/** Before a commit: held against the tree that was verified, and its check run without what is the person's own. */
import { describe, expect, it } from 'vitest';
import { asRoot } from '../../../src/core/model/primitives.js';
import { createFakeSaves } from '../../fakes/saves.js';
import { blueprintOf } from './fixtures.js';
import { answer, asText, createWorld, nextApproval, planOf, settled, startPlan, type World } from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: lint, on_failure: implement }
  lint: { type: deterministic, action: lint, on_success: commit }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const edit = {
  name: 'apply_patch',
  input: { title: 'Change a', patch: JSON.stringify([{ path: 'a.txt', search: 'one', replace: 'ONE' }]) },
};
const submit = { name: 'submit_result', input: { summary: 'made' } };
const files = { 'a.txt': 'one\ntwo\n', 'b.txt': 'b\n', 'package.json': '{}\n' };

/** `saved`: what the person saves while the lint runs. `apart`: how the check ends in a worktree, time after time. */
async function make(saved: Readonly<Record<string, string>>, apart: number[]): Promise<World & { ran: string[] }> {
  let checks = 0;
  const saves = createFakeSaves();
  const ran: string[] = [];
  const world: World = await createWorld({
    blueprint,
    files,
    saves,
    model: { implement: [{ tools: [edit, submit] }, { tools: [submit] }] },
    run: async (text, _read, root) => {
      const isApart = root.startsWith('/data/worktrees');
      ran.push(isApart ? `${text} apart` : text);
      if (text === 'npm run lint')
        for (const [path, content] of Object.entries(saved)) {
          world.workspace.set(path, content);
          saves.save(path, content);
        }
      if (isApart) return { exitCode: apart.shift() ?? 0, output: 'not ok 1\n' };
      return { exitCode: text.startsWith('check') && checks++ === 0 ? 1 : 0 };
    },
  });
  return Object.assign(world, { ran });
}
const isEqual = async (world: World, run: string) => {
  const result = await world.openexec.request('run/replay', { run });
  expect(result.divergence).toBeUndefined();
  expect(result.equal).toBe(true);
};
const madeOf = (world: World) => world.events.find((event) => event.type === 'commit-made');

describe('a commit', () => {
  it('names the tree it has and the tree that was verified, which are the same', async () => {
    const world = await make({}, []);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    const made = madeOf(world)!;
    expect(made.tree).toMatch(/^[0-9a-f]{40}$/);
    expect(made.verified).toBe(made.tree);
    expect(world.ran.filter((text) => text.endsWith('apart'))).toEqual([]);
    await isEqual(world, run);
  });

  it('is not checked again where the person’s own work lies in other files', async () => {
    const world = await make({ 'b.txt': 'mine\n' }, []);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(madeOf(world)!.verified).not.toBe(madeOf(world)!.tree);
    expect(world.ran.filter((text) => text.endsWith('apart'))).toEqual([]);
    await isEqual(world, run);
  });

  it('is checked in a worktree of its own where that work lies in a file of the task', async () => {
    const world = await make({ 'a.txt': 'ONE\ntwo\nmine\n' }, [0]);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(world.ran.at(-1)).toBe('check T1 apart');
    expect(asText(world.events)).toContain('warning commit-checked-mine');
    expect(await world.git.worktrees(asRoot('/work'), new AbortController().signal)).toEqual([]);
    await isEqual(world, run);
  });

  it('is checked so in any case where that is asked for', async () => {
    const world = await make({}, [0]);
    const run = await startPlan(world, planOf({ T1: {} }), { verifyCommit: true });
    expect(await settled(world, run)).toBe('completed');
    expect(world.ran.at(-1)).toBe('check T1 apart');
    await isEqual(world, run);
  });

  it.each([
    ['accept', [1], 'completed', 1],
    ['retry', [1, 0], 'completed', 2],
    ['give-up', [1, 0], 'completed', 2],
  ] as const)(
    'whose check passes only with the person’s own work waits for them: %s',
    async (option, apart, end, times) => {
      const world = await make({ 'a.txt': 'ONE\ntwo\nmine\n' }, [...apart]);
      const run = await startPlan(world, planOf({ T1: {} }));
      expect(await settled(world, run)).toBe('paused');
      expect(world.git.commits).toEqual([]);
      const asked = await nextApproval(world);
      expect(asked.title).toBe('T1: its check passes only with your uncommitted changes in a.txt');
      expect(asked.why).toContain('not ok 1');
      await answer(world, { status: 'accepted', option });
      expect(await settled(world, run)).toBe(end);
      expect(world.ran.filter((text) => text.endsWith('apart'))).toHaveLength(times);
      expect(world.git.commits).toHaveLength(1);
      await isEqual(world, run);
    },
  );

  it('is checked once, whichever commit of the store the process died after', async () => {
    const world = await make({ 'a.txt': 'ONE\ntwo\nmine\n' }, [1, 0]);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    const later = await world.restart();
    await answer(later, { status: 'accepted', option: 'retry' });
    expect(await settled(later, run)).toBe('completed');
    expect(later.git.commits).toHaveLength(1);
    await isEqual(later, run);
  });
});

describe('with another branch checked out since', () => {
  const begin = async () => {
    const world: World = await createWorld({
      blueprint,
      files,
      model: { implement: [{ tools: [edit, submit] }] },
      commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
      run: async (text) => {
        if (text === 'npm run lint') world.git.become({ branch: 'feature' });
        return {};
      },
    });
    return world;
  };

  it('asks before the commit, and commits where it is told to, without asking again', async () => {
    const world = await begin();
    const run = await startPlan(world, planOf({ T1: {} }));
    const asked = await nextApproval(world);
    expect(asked.subject).toMatchObject({ code: 'branch-switched', params: { now: 'feature', then: 'main' } });
    expect(world.git.commits).toEqual([]);
    await answer(world, { status: 'accepted', option: 'accept' });
    expect(await settled(world, run)).toBe('completed');
    expect(madeOf(world)).toMatchObject({ branch: 'feature' });
    expect(world.git.commits).toHaveLength(1);
    await isEqual(world, run);
  });

  it('looks again, and commits on its own branch when that is back', async () => {
    const world = await begin();
    const run = await startPlan(world, planOf({ T1: {} }));
    await nextApproval(world);
    await answer(world, { status: 'accepted', option: 'retry' });
    await nextApproval(world);
    world.git.become({ branch: 'main' });
    await answer(world, { status: 'accepted', option: 'retry' });
    expect(await settled(world, run)).toBe('completed');
    expect(madeOf(world)?.branch).toBeUndefined();
    await isEqual(world, run);
  });
});

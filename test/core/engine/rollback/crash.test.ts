/** A process that dies in the middle of a rollback: at the next open it ends whole or not at all, and that is said. */
import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../../../src/core/errors.js';
import type { Root } from '../../../../src/core/model/primitives.js';
import type { Store, Workspace } from '../../../../src/core/ports/ports.js';
import { createMemoryStore } from '../../../fakes/memory-store.js';
import type { ScriptedTurn } from '../../../fakes/model.js';
import { implementVerifyCommit } from '../fixtures.js';
import { createWorld, planOf, settled, startPlan, type World } from '../harness.js';

const BEFORE = { 'a.txt': 'one\n2\n3\n4\n5\nlast\n', 'old.txt': 'old\n' };
const AFTER = { 'a.txt': 'ONE\n2\n3\n4\n5\nlast\n', 'moved/b.txt': 'b\n', 'new.txt': 'new\n' };
const SCRIPT = '/work/old.txt';
const model: Record<string, ScriptedTurn[]> = {
  implement: [
    {
      tools: [
        { name: 'write_file', input: { path: 'a.txt', content: AFTER['a.txt'] } },
        { name: 'write_file', input: { path: 'new.txt', content: 'new\n' } },
        { name: 'delete_file', input: { path: 'old.txt' } },
        { name: 'write_file', input: { path: 'moved/b.txt', content: 'b\n' } },
        { name: 'submit_result', input: { summary: 'x' } },
      ],
    },
  ],
};

/** One file that the run removes may be run. */
async function made(store: Store): Promise<World> {
  const world = await createWorld({
    blueprint: implementVerifyCommit,
    model,
    commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
    files: BEFORE,
    store,
  });
  world.workspace.executable.add(SCRIPT);
  return world;
}

async function finished(store: Store): Promise<{ world: World; run: string }> {
  const world = await made(store);
  const run = await startPlan(world, planOf({ T1: {} }));
  expect(await settled(world, run)).toBe('completed');
  expect(world.workspace.dump()).toEqual(AFTER);
  // The person's own edit in the file since: it must stand however this ends.
  world.workspace.set('a.txt', AFTER['a.txt'].replace('last', 'LAST'));
  return { world, run };
}

const mine = (tree: Record<string, string>): Record<string, string> => ({
  ...tree,
  'a.txt': tree['a.txt']?.replace('last', 'LAST') ?? '',
});
const forever = () => new Promise<never>(() => undefined);

/** Its process dies before commit n + 1, or right after it. */
function dying(store: Store, n: number, after: boolean): Store & { died(): boolean } {
  let left = n;
  let died = false;
  return {
    ...store,
    died: () => died,
    async commit(...given) {
      left -= 1;
      if (died || left < 0) {
        if (!died && after) await store.commit(...given);
        died = true;
        return await forever();
      }
      return await store.commit(...given);
    },
  };
}

async function attempt(world: World, run: string, redo: boolean): Promise<'done' | 'cut off'> {
  const doIt = async () => {
    if (redo) return await world.openexec.request('rollback/redo', { run });
    const { token } = await world.openexec.request('rollback/preview', { run });
    return await world.openexec.request('rollback/apply', { run, token });
  };
  const whole = doIt().then(() => 'done' as const);
  const idle = async (): Promise<'cut off'> => {
    for (let i = 0; i < 400; i++) await new Promise((resolve) => setImmediate(resolve));
    return 'cut off';
  };
  return await Promise.race([whole, idle()]);
}

/** Whole or not at all: files, commits, tasks and records agree. */
async function check(world: World, run: string, redo: boolean, how: string): Promise<'whole' | 'nothing'> {
  const records = await world.openexec.request('rollback/list', { run });
  expect([...world.workspace.executable], how).toEqual(world.workspace.text('old.txt') === undefined ? [] : [SCRIPT]);
  const events = await world.openexec.request('run/events', { run, after: 0, limit: 5000 });
  expect(
    events.map((event) => event.seq),
    how,
  ).toEqual(events.map((_, index) => index + 1));
  const wanted = redo ? 'redone' : 'rolled-back';
  const told = events.filter((event) => event.type === wanted).length;
  const tree = world.workspace.dump();
  const { plan } = await world.openexec.request('run/get', { run });
  const status = (await world.openexec.request('plan/get', { plan })).progress['T1']?.status;
  const newest = records.find((one) => (one.of !== undefined) === redo);
  expect(
    records.every((one) => one.status !== 'applying'),
    how,
  ).toBe(true);
  const base = redo ? 2 : 1;
  if (told === 1) {
    expect(tree, how).toEqual(mine(redo ? AFTER : BEFORE));
    expect([status, newest?.status, world.git.commits.length], how).toEqual([
      redo ? 'done' : 'rolled-back',
      'done',
      base + 1,
    ]);
    expect(newest?.commit, how).toBe(world.git.commits.at(-1)?.sha);
    return 'whole';
  }
  expect(told, how).toBe(0);
  expect(tree, how).toEqual(mine(redo ? BEFORE : AFTER));
  expect([status, world.git.commits.length], how).toEqual([redo ? 'rolled-back' : 'done', base]);
  // Begun and cut off: the timeline says that nothing came of it.
  if (newest)
    expect(
      [newest.status, events.some((event) => event.type === 'warning' && event.code === 'rollback-abandoned')],
      how,
    ).toEqual(['abandoned', true]);
  return 'nothing';
}

it('gives a removed script back as one also where the run was cut off in the middle of removing it', async () => {
  const store = createMemoryStore();
  const world = await made(store);
  const apply = world.workspace.apply.bind(world.workspace);
  const removed = new Promise<void>((resolve) => {
    world.workspace.apply = async (...given) => {
      await apply(...given);
      resolve();
      return await forever();
    };
  });
  const run = await startPlan(world, planOf({ T1: {} }));
  await removed;
  expect([...world.workspace.executable]).toEqual([]);
  world.workspace.apply = apply;
  const second = await world.restart();
  await second.openexec.request('run/resume', { run });
  expect(await settled(second, run)).toBe('completed');
  expect(await attempt(second, run, false)).toBe('done');
  expect([second.workspace.dump(), [...second.workspace.executable]]).toEqual([BEFORE, [SCRIPT]]);
});

describe('a rollback that is cut off', () => {
  for (const redo of [false, true])
    it(`${redo ? 'redoing' : 'rolling back'}: at any commit of the store it ends whole or not at all`, async () => {
      const ends = new Set<string>();
      let uncut = 0;
      for (let n = 0; uncut === 0 && n < 20; n++)
        for (const after of [false, true]) {
          const how = `dies ${after ? 'after' : 'before'} commit ${n + 1}`;
          const store = createMemoryStore();
          const { world, run } = await finished(store);
          if (redo) expect(await attempt(world, run, false)).toBe('done');
          const cut = dying(store, n, after);
          const second = await world.restart(cut);
          const outcome = await attempt(second, run, redo);
          if (outcome === 'done') uncut += 1;
          const third = await world.restart(store);
          ends.add(`${outcome}: ${await check(third, run, redo, how)}`);
          // Whatever it was, it can be done, or done the other way, afterwards.
          expect(await attempt(third, run, third.workspace.text('new.txt') === undefined), how).toBe('done');
        }
      expect(ends).toEqual(new Set(['cut off: nothing', 'cut off: whole', 'done: whole']));
    });

  it('between two files: the rest is written at the next open, and the person’s edit since is left and named', async () => {
    const store = createMemoryStore();
    const { world, run } = await finished(store);
    const apply = world.workspace.apply.bind(world.workspace);
    const half: Workspace['apply'] = async (root, writes, label, signal) => {
      await apply(root, writes.slice(0, 2), label, signal);
      return await forever();
    };
    world.workspace.apply = half;
    const second = await world.restart();
    expect(await attempt(second, run, false)).toBe('cut off');
    world.workspace.apply = apply;
    world.workspace.set('new.txt', 'mine now\n');
    const third = await world.restart();
    expect(third.workspace.dump()).toEqual({ ...mine(BEFORE), 'new.txt': 'mine now\n' });
    const events = await third.openexec.request('run/events', { run, after: 0, limit: 5000 });
    expect(
      events.flatMap((event) => (event.type === 'warning' ? [event.code, ...Object.values(event.params)] : [])),
    ).toEqual(expect.arrayContaining(['rollback-settled', 'rollback-left', 'new.txt']));
    expect((await third.openexec.request('rollback/list', { run }))[0]).toMatchObject({ status: 'done' });
    expect(third.git.commits).toHaveLength(2);
  });

  it('with its commit made: that commit is found, not made again', async () => {
    const store = createMemoryStore();
    const { world, run } = await finished(store);
    const commit = world.git.commit.bind(world.git);
    world.git.commit = async (...args) => {
      await commit(...args);
      return await forever();
    };
    const second = await world.restart();
    expect(await attempt(second, run, false)).toBe('cut off');
    world.git.commit = commit;
    const third = await world.restart();
    expect(await check(third, run, false, 'killed in git')).toBe('whole');
  });

  it('before its first file: none of it is done, also where the person has edited one of the files since', async () => {
    const store = createMemoryStore();
    const { world, run } = await finished(store);
    const apply = world.workspace.apply.bind(world.workspace);
    world.workspace.apply = async () => await forever();
    const second = await world.restart();
    expect(await attempt(second, run, false)).toBe('cut off');
    world.workspace.apply = apply;
    world.workspace.set('new.txt', 'mine now\n');
    const third = await world.restart();
    expect(third.workspace.dump()).toEqual({ ...mine(AFTER), 'new.txt': 'mine now\n' });
    expect((await third.openexec.request('rollback/list', { run }))[0]).toMatchObject({ status: 'abandoned' });
    expect(third.git.commits).toHaveLength(1);
  });

  it('in a move: what it left beside the old name is cleared away too', async () => {
    const store = createMemoryStore();
    const moves = [
      {
        name: 'apply_patch',
        input: {
          patch: '*** Begin Patch\n*** Update File: a.txt\n*** Move to: moved/a.txt\n@@\n-one\n+ONE\n*** End Patch\n',
        },
      },
      { name: 'submit_result', input: { summary: 'x' } },
    ];
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      model: { implement: [{ tools: moves }] },
      commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
      files: BEFORE,
      store,
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    const { apply, tidy } = world.workspace;
    world.workspace.apply = async () => await forever();
    const second = await world.restart();
    expect(await attempt(second, run, false)).toBe('cut off');
    const tidied: string[] = [];
    Object.assign(world.workspace, {
      apply,
      tidy: async (root: Root, paths: readonly string[]) => (tidied.push(...paths), await tidy(root, paths)),
    });
    await world.restart();
    expect(tidied.sort()).toEqual(['a.txt', 'moved/a.txt']);
  });
});

describe('a rollback whose commit failed, nobody knows how far', () => {
  it('is not put back while git cannot tell whether it made the commit, and is brought to its end when it can', async () => {
    const { world, run } = await finished(createMemoryStore());
    const { commit, findTrailer } = world.git;
    Object.assign(world.git, {
      commit: async (...given: Parameters<typeof commit>) => {
        await commit.apply(world.git, given);
        throw new OpenExecError('git-failed', { detail: 'the disk went away' });
      },
      findTrailer: async () => {
        throw new OpenExecError('git-failed', { detail: 'the disk went away' });
      },
    });
    const { token } = await world.openexec.request('rollback/preview', { run });
    await expect(world.openexec.request('rollback/apply', { run, token })).rejects.toMatchObject({
      code: 'git-failed',
    });
    expect(world.workspace.dump()).toEqual(mine(BEFORE));
    expect((await world.openexec.request('rollback/list', { run }))[0]).toMatchObject({ status: 'applying' });
    Object.assign(world.git, { commit, findTrailer });
    // The next look at it ends it.
    await world.openexec.request('rollback/preview', { run }).catch(() => undefined);
    expect(await check(world, run, false, 'found again')).toBe('whole');
  });
});

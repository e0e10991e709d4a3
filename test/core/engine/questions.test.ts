/** What a model asks a person: stored before the run stands still, answered from any door, and never by a yes to all. */
import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../src/core/model/run.js';
import type { Store, Write } from '../../../src/core/ports/ports.js';
import { edits, type ScriptedTurn } from '../../fakes/model.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { blueprintOf, green, implementVerifyCommit, red } from './fixtures.js';
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
} from './harness.js';

const asks = (question: string, options: string[] = []): ScriptedTurn => ({
  tools: [{ name: 'ask_operator', input: { question, options } }],
});
const signals = (kind: string, message: string): ScriptedTurn => ({
  tools: [{ name: 'signal', input: { kind, message } }],
});
const input = (turns: readonly ScriptedTurn[]) => ({
  blueprint: implementVerifyCommit,
  commands: { 'check T1': [red, green] },
  model: {
    // By the key of the call, so that another process goes on where the script stood: each turn makes one call.
    ...Object.fromEntries(turns.map((turn, index) => [`T1/1/implement/1/${index * 2 + 1}`, [turn]])),
    'T1/implement': edits('a.txt', 'one', 'ONE'),
  },
});

async function isReplayed(world: World, run: string): Promise<void> {
  const { divergence } = await world.openexec.request('run/replay', { run });
  expect(divergence).toBeUndefined();
}

/** What the model was told when it asked, as its last request holds it. */
const heard = (world: World): string => JSON.stringify(world.model.asked.at(-1)?.messages);

describe('a question of the model', () => {
  it.each<[RunConfig['onAsk'], ScriptedTurn]>([
    ['pause', asks('npm or pnpm?')],
    ['accept', asks('npm or pnpm?')],
    ['refuse', asks('npm or pnpm?')],
    ['pause', signals('blocked', 'npm or pnpm?')],
    ['accept', signals('decision-point', 'npm or pnpm?')],
  ])('is stored, pauses a run that is to %s, and goes on with the answer of another process', async (onAsk, turn) => {
    const world = await createWorld(input([turn]));
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk });
    expect(await settled(world, run)).toBe('paused');
    expect(asText(world.events).split('\n').slice(-3).join('\n')).toBe(
      dedent(`
        T1 waiting(operator)
            ask question
        paused: needs-operator`),
    );
    expect(await world.openexec.request('approval/list', {})).toMatchObject([
      { run, task: 'T1', status: 'pending', subject: { kind: 'question', question: 'npm or pnpm?' } },
    ]);
    await isReplayed(world, run);

    const next = await world.restart();
    const { id } = await nextApproval(next);
    const told = await next.openexec.request('approval/answer', {
      approval: id,
      answer: { status: 'accepted', by: 'terminal', comment: 'pnpm, always' },
      onAsk: 'accept',
    });
    expect(told).toEqual({ goesOn: true, left: 0 });
    expect(await settled(next, run)).toBe('completed');
    expect(heard(next)).toContain('pnpm, always');
    await isReplayed(next, run);
  });

  it('is answered by what the run was given beforehand, in order; one more pauses', async () => {
    const world = await createWorld(input([asks('npm or pnpm?'), asks('Which port?'), asks('Which host?')]));
    const run = await startPlan(world, planOf({ T1: {} }), { answers: ['pnpm', '8080'] });
    expect(await settled(world, run)).toBe('paused');
    expect(heard(world)).toMatch(/pnpm.*8080/);
    expect((await world.store.approvals(run)).map((one) => [one.title, one.status, one.answer])).toEqual([
      ['npm or pnpm?', 'accepted', { status: 'accepted', by: 'flag', comment: 'pnpm' }],
      ['Which port?', 'accepted', { status: 'accepted', by: 'flag', comment: '8080' }],
      ['Which host?', 'pending', undefined],
    ]);
    const next = await world.restart();
    await next.openexec.request('run/resume', { run, answers: ['localhost'] });
    expect(await settled(next, run)).toBe('completed');
    expect(heard(next)).toContain('localhost');
    await isReplayed(next, run);
  });

  it('keeps a run until the last of its questions is answered', async () => {
    const world = await createWorld({
      blueprint: blueprintOf('  work: { type: agentic, toolset: coding, goal: make it, on_success: done }'),
      model: {
        'T1/work': [asks('one?'), ...edits('a.txt', 'one', 'ONE')],
        'T2/work': [asks('two?'), ...edits('b.txt', 'b', 'B')],
      },
      files: { 'a.txt': 'one\n', 'b.txt': 'b\n' },
      settings: { commits: false, maxParallel: 2 },
    });
    const run = await startPlan(world, planOf({ T1: { pins: true }, T2: { pins: true } }, { mode: 'parallel' }));
    expect(await settled(world, run)).toBe('paused');
    for (let left = (await world.openexec.request('approval/list', {})).length; left > 0; left--) {
      const { id } = await nextApproval(world);
      const given = { status: 'accepted' as const, by: 'editor' as const, comment: 'yes' };
      const told = await world.openexec.request('approval/answer', { approval: id, answer: given });
      expect(told).toEqual({ goesOn: left === 1, left: left - 1 });
    }
    while ((await settled(world, run)) === 'paused') await answer(world, { status: 'accepted', comment: 'yes' });
    expect((await world.openexec.request('run/get', { run })).status).toBe('completed');
    await isReplayed(world, run);
  });
});

describe('a change set or a command that paused a run', () => {
  it('goes on with its answer by itself', async () => {
    const world = await createWorld(input([]));
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'pause' });
    expect(await settled(world, run)).toBe('paused');
    const next = await world.restart();
    await answer(next, { status: 'accepted' });
    expect(await settled(next, run)).toBe('completed');
    await isReplayed(next, run);
  });

  it('waits for resume where a person paused the run', async () => {
    const world = await createWorld(input([]));
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    const { id } = await nextApproval(world);
    await world.openexec.request('run/pause', { run });
    await settled(world, run);
    const given = { status: 'accepted' as const, by: 'editor' as const, comment: '' };
    expect(await world.openexec.request('approval/answer', { approval: id, answer: given })).toEqual({
      goesOn: false,
      left: 0,
    });
  });
});

/** Keeps what versions before this one kept: of a question with `--approve all`, nothing. */
function storeOfThen(store: Store): Store {
  let dropped = 0;
  let after = 0;
  const isQuestion = (write: Write): boolean => {
    if (write.table === 'approvals') return 'row' in write && write.row.subject.kind === 'question';
    if (write.table !== 'events' || !('row' in write)) return false;
    const event = write.row;
    if (event.type === 'approval-requested' || event.type === 'approval-answered') return true;
    if (event.type !== 'task-changed') return false;
    const waits = event.status === 'waiting' || (event.status === 'running' && after > 0);
    after = event.status === 'waiting' ? 1 : 0;
    return waits;
  };
  return {
    ...store,
    commit: (writes, conditions) => {
      const kept = writes.flatMap((write): Write[] => {
        if (isQuestion(write)) {
          if (write.table === 'events') dropped += 1;
          return [];
        }
        if (write.table === 'events' && 'row' in write)
          return [{ ...write, row: { ...write.row, seq: write.row.seq - dropped } } as Write];
        return [write];
      });
      const real = (conditions ?? []).filter((one) => one.table !== 'approvals');
      return kept.length ? store.commit(kept, real) : Promise.resolve(undefined);
    },
  };
}

it('a record of a version that asked nobody replays as it was, and goes on as it was', async () => {
  const store = createMemoryStore();
  const nobody = 'Nobody is there to answer. Decide yourself and say what you assumed.';
  const world = await createWorld({
    ...input([asks('npm or pnpm?'), { hangs: true }]),
    store: storeOfThen(store),
  });
  const run = await startPlan(world, planOf({ T1: {} }), { answers: [nobody] });
  while (world.model.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await world.openexec.request('run/pause', { run, now: true });
  await settled(world, run);
  expect(await store.approvals(run)).toEqual([]);
  expect((await store.events(run, 0, 999)).map((event) => event.type)).not.toContain('approval-requested');
  const next = await world.restart(store);
  await isReplayed(next, run);
  await next.openexec.request('run/resume', { run });
  while (next.model.asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
  expect(heard(next)).toContain(nobody);
  await next.openexec.request('run/pause', { run, now: true });
  await settled(next, run);
  expect(await store.approvals(run)).toEqual([]);
  await isReplayed(next, run);
});

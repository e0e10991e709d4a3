/** Who may write for a run: of two that begin, end or remove it at once one is first, and who has lost it stores nothing more. */
import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../../src/core/errors.js';
import type { Store } from '../../../src/core/ports/ports.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { edits } from '../../fakes/model.js';
import { implementVerifyCommit } from '../engine/fixtures.js';
import { answer, createWorld, nextApproval, planOf, settled, startPlan, type World } from '../engine/harness.js';
import { meeting } from './meeting.js';

const codeOf = (one: PromiseSettledResult<unknown>): string =>
  one.status === 'fulfilled' ? 'done' : (one.reason as { code: string }).code;
const turn = () => new Promise((resolve) => setImmediate(resolve));

const world = (store: Store) =>
  createWorld({
    blueprint: implementVerifyCommit,
    store,
    model: { 'T1/implement': edits('a.txt', 'one', 'ONE') },
    run: async (_script, read) => ({ exitCode: (await read('a.txt')).includes('ONE') ? 0 : 1 }),
    files: { 'a.txt': 'one\n' },
  });
const resumed = async (store: Store, run: string) =>
  (await store.events(run, 0, 1000)).filter((event) => event.type === 'run-resumed').length;
const owners = (store: Store) => store.settings('run-owner/');

/** A run that rests at a question, and two processes that know it. */
async function resting() {
  const { store, together } = meeting(createMemoryStore(), 'setting');
  const one = await world(store);
  const other = await one.restart();
  const run = await startPlan(one, planOf({ T1: {} }), { onAsk: 'wait' });
  await nextApproval(one);
  await one.openexec.request('run/pause', { run, now: false });
  expect(await settled(one, run)).toBe('paused');
  while ((await owners(store)).length > 0) await turn();
  const resume = (by: World) => by.openexec.request('run/resume', { run, onAsk: 'wait' });
  const cancel = (by: World) => by.openexec.request('run/cancel', { run });
  return { one, other, store, together, run, resume, cancel };
}

describe('a run that rests', () => {
  it.each([0, 1])('is resumed by one of two processes, and the other is told (%s first)', async (first) => {
    const { one, other, store, together, run, resume } = await resting();
    const [winner, loser] = first === 0 ? [one, other] : [other, one];
    together(2);
    const outcomes = await Promise.allSettled([resume(winner), resume(loser)]);
    expect(outcomes.map(codeOf)).toEqual(['done', 'run-state']);
    expect(await resumed(store, run)).toBe(1);
    await answer(winner, { status: 'accepted' });
    expect(await settled(winner, run)).toBe('completed');
    expect(await owners(store)).toEqual([]);
  });

  it.each([1, 2])('is resumed or cancelled, whichever comes first, by %s processes', async (processes) => {
    for (const first of ['resume', 'cancel'] as const) {
      const { one, other, store, together, run, resume, cancel } = await resting();
      const second = processes === 1 ? one : other;
      together(2);
      const outcomes = await Promise.allSettled(
        first === 'resume' ? [resume(one), cancel(second)] : [cancel(one), resume(second)],
      );
      expect(outcomes.map(codeOf)).toContain('run-state');
      const done = outcomes.findIndex((outcome) => codeOf(outcome) === 'done');
      const did = done === 0 ? first : first === 'resume' ? 'cancel' : 'resume';
      const types = (await store.events(run, 0, 1000)).map(({ type }) => type);
      expect([did, types.includes('run-resumed'), types.includes('run-finished')]).toEqual([
        did,
        did === 'resume',
        did === 'cancel',
      ]);
    }
  });

  it('can be ended by another process than the one that ran it', async () => {
    const { other, store, run, cancel } = await resting();
    await cancel(other);
    expect((await store.run(run))?.status).toBe('cancelled');
    expect(await owners(store)).toEqual([]);
  });
});

describe('a run that goes', () => {
  it('is left alone by every other process', async () => {
    const { one, other, store, run, resume, cancel } = await resting();
    await resume(one);
    for (const attempt of [
      resume(other),
      cancel(other),
      other.openexec.request('run/delete', { run }),
      other.openexec.request('run/start-over', { run }),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'run-state', params: { status: 'running' } });
    await answer(one, { status: 'accepted' });
    expect(await settled(one, run)).toBe('completed');
    expect(await resumed(store, run)).toBe(1);
  });

  it('stores nothing more once a process that came after has taken it', async () => {
    const store = createMemoryStore();
    const one = await world(store);
    const run = await startPlan(one, planOf({ T1: {} }), { onAsk: 'wait' });
    await nextApproval(one);
    const next = await one.restart();
    const taken = await store.events(run, 0, 1000);
    expect(taken.at(-1)).toMatchObject({ type: 'run-interrupted', found: true });

    const { id } = await nextApproval(next);
    await store.commit([{ table: 'approvals', row: { ...(await store.approval(id))!, draft: { files: [] } } }]);
    await one.openexec.request('run/cancel', { run }); // the old engine goes on a little, and comes to nothing
    expect(await store.events(run, 0, 1000)).toEqual(taken);
    expect((await store.run(run))?.status).toBe('interrupted');
    expect((await store.approval(id))?.status).toBe('pending');

    await next.openexec.request('run/resume', { run, onAsk: 'wait' });
    await answer(next, { status: 'accepted' });
    expect(await settled(next, run)).toBe('completed');
    expect(next.workspace.text('a.txt')).toBe('ONE\n');
  });

  it('lets go when it completes, pauses or is cancelled', async () => {
    for (const end of ['completed', 'paused', 'cancelled'] as const) {
      const store = createMemoryStore();
      const one = await world(store);
      const run = await startPlan(one, planOf({ T1: {} }), { onAsk: 'wait' });
      await nextApproval(one);
      expect(await owners(store)).toHaveLength(1);
      if (end === 'completed') await answer(one, { status: 'accepted' });
      if (end === 'paused') await one.openexec.request('run/pause', { run, now: true });
      if (end === 'cancelled') await one.openexec.request('run/cancel', { run });
      expect(await settled(one, run)).toBe(end);
      expect(await owners(store)).toEqual([]);
    }
  });

  it('and could not record how it ended can be gone on with where it stands, in the same process', async () => {
    const memory = createMemoryStore();
    let full = false;
    const store: Store = {
      ...memory,
      commit: (...given) => (full ? Promise.reject(new OpenExecError('store-full', {})) : memory.commit(...given)),
    };
    const one = await world(store);
    const run = await startPlan(one, planOf({ T1: {} }), { onAsk: 'wait' });
    await nextApproval(one);
    full = true;
    await one.openexec.request('run/cancel', { run });
    expect((await memory.run(run))?.status).toBe('running');
    expect(await owners(memory)).toHaveLength(1);
    full = false;
    await one.openexec.request('run/resume', { run, onAsk: 'wait' });
    await answer(one, { status: 'accepted' });
    expect(await settled(one, run)).toBe('completed');
    expect(await owners(memory)).toEqual([]);
  });
});

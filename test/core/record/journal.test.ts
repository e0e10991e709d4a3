/** What a journal promises about its rows: durable when a commit resolves, or nothing more is stored behind what was lost. */
import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../../src/core/errors.js';
import { deferred, type Deferred } from '../../../src/base/deferred.js';
import { createEmitter } from '../../../src/base/emitter.js';
import { createBudgetMeter } from '../../../src/core/record/budget.js';
import { createLiveRun } from '../../../src/core/record/live-run.js';
import { emptyRun } from '../../../src/core/model/run.js';
import type { Condition, Store, Write } from '../../../src/core/ports/ports.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { edits } from '../../fakes/model.js';
import { stepRow } from '../../fakes/rows.js';
import { implementVerifyCommit } from '../engine/fixtures.js';
import { asText, createWorld, planOf, settled, startPlan, type World } from '../engine/harness.js';

type Conditions = readonly Condition[] | undefined;
const full = () => new OpenExecError('store-full', {});

/** Refuses the nth commit, and has room again after it. */
function fullOnce(store: Store, n: number): Store {
  let left = n;
  return {
    ...store,
    commit: async (...given) => (left-- === 0 ? Promise.reject(full()) : await store.commit(...given)),
  };
}

const created = async (world: World, store: Store) => {
  const run = await startPlan(world, planOf({ T1: {} }));
  await settled(world, run);
  const record = (await world.store.run(run))!;
  const id = 'run_other';
  return createLiveRun({
    ports: { ...world.ports, store },
    record: { ...record, id },
    state: emptyRun(id),
    order: 0,
    budget: createBudgetMeter(record.config.budget, { usd: 0, tokens: 0, calls: 0 }),
    sinks: {
      events: createEmitter(() => undefined),
      progress: createEmitter(() => undefined),
      changes: createEmitter(() => undefined),
    },
  });
};
const row = (key: string): Write => ({ table: 'settings', row: { key, value: key } });
const warning = (code: string) => ({ type: 'warning' as const, code, params: {} });
const model = { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('b.txt', 'b', 'B') };
const checks = async (script: string, read: (path: string) => Promise<string>) => ({
  exitCode: (await read(script === 'check T1' ? 'a.txt' : 'b.txt')).includes(script === 'check T1' ? 'ONE' : 'B')
    ? 0
    : 1,
});
const files = { 'a.txt': 'one\n', 'b.txt': 'b\n' };

describe('a commit', () => {
  it('that carried another’s rows and failed fails for both, and so does every one behind it', async () => {
    const store = createMemoryStore();
    const run = await created(
      await createWorld({ blueprint: implementVerifyCommit, model, files, run: checks }),
      fullOnce(store, 0),
    );
    run.journal.note([row('mine')], [warning('mine')]);
    const others = run.journal.commit([row('others')]);
    const mine = run.journal.commit();
    await expect(others).rejects.toMatchObject({ code: 'store-full' });
    await expect(mine).rejects.toMatchObject({ code: 'store-full' });
    await expect(run.journal.commit([row('later')], [warning('later')])).rejects.toMatchObject({ code: 'store-full' });
    expect(() => run.signals.safePoint()).toThrow(expect.objectContaining({ code: 'store-full' }) as Error);
    expect(await store.setting('later')).toBeUndefined();
    await run.journal.close([row('last')], [warning('last')]);
    expect(
      (await store.events(run.id, 0, 9)).map((event) => [event.seq, event.type === 'warning' && event.code]),
    ).toEqual([[1, 'last']]);
    expect(await store.setting('mine')).toBeUndefined();
    expect(await store.setting('last')).toBe('last');
  });

  it('writes a step once, as it stands at the end of it, and again at the next', async () => {
    const store = createMemoryStore();
    const batches: Write[][] = [];
    const run = await created(await createWorld({ blueprint: implementVerifyCommit, model, files, run: checks }), {
      ...store,
      commit: async (...given) => (batches.push([...given[0]]), await store.commit(...given)),
    });
    const step = (key: string, summary: string): Write => ({
      table: 'steps',
      row: stepRow(run.id, Number(key), { key: `${run.id}/${key}`, summary }),
    });
    run.journal.note([step('1', 'begun'), row('mine'), step('2', 'begun')]);
    run.journal.note([step('1', 'ended')]);
    await run.journal.commit([step('2', 'going on')]);
    await run.journal.commit([step('2', 'ended')]);
    const told = batches.map((batch) =>
      batch.map((write) => (write.table === 'steps' ? write.row.summary : write.table)),
    );
    expect(told).toEqual([['ended', 'settings', 'going on'], ['ended']]);
    expect((await store.steps(run.id)).map(({ summary }) => summary)).toEqual(['ended', 'ended']);
  });

  it('fails for who noted a row that an earlier one lost, also when its own rows were stored', async () => {
    const store = createMemoryStore();
    const run = await created(
      await createWorld({ blueprint: implementVerifyCommit, model, files, run: checks }),
      fullOnce(store, 0),
    );
    run.journal.note([row('mine')]);
    const others = run.journal.commit([row('others')]);
    const mine = run.journal.commit([row('own')]);
    await expect(others).rejects.toMatchObject({ code: 'store-full' });
    await expect(mine).rejects.toMatchObject({ code: 'store-full' });
  });
});

/** What comes together shares a flush and its failure, as in the real store; the nth group with an event finds no room. */
function grouping(store: Store, n: number): Store {
  let groups = 0;
  let group: { batch: readonly Write[]; conditions: Conditions; done: Deferred<Condition | undefined> }[] = [];
  const flush = async () => {
    const now = group;
    group = [];
    const fails = now.some(({ batch }) => batch.some((write) => write.table === 'events')) && groups++ === n;
    for (const { batch, conditions, done } of now) {
      if (fails) done.reject(full());
      else done.resolve(await store.commit(batch, conditions));
    }
  };
  return {
    ...store,
    commit(batch, conditions) {
      if (group.length === 0) setImmediate(() => void flush());
      const done = deferred<Condition | undefined>();
      group.push({ batch, conditions, done });
      return done.promise;
    },
  };
}

it('a store that is full once, at any commit, pauses the run without a gap, and the run goes on from there to the same end', async () => {
  for (const mode of ['sequential', 'parallel'] as const) {
    // The first two make the run and start it.
    for (let n = 2; ; n++) {
      const inner = createMemoryStore();
      const world = await createWorld({
        blueprint: implementVerifyCommit,
        model,
        files,
        run: checks,
        store: grouping(inner, n),
        settings: { approval: 'risky' },
      });
      const run = await startPlan(world, planOf({ T1: {}, T2: {} }, { mode }));
      const status = await settled(world, run);
      const seqs = (await inner.events(run, 0, 1000)).map((event) => event.seq);
      expect([mode, n, seqs]).toEqual([mode, n, seqs.map((_, index) => index + 1)]);
      if (!asText(world.events).includes('paused')) break;
      expect([mode, n, status, asText(world.events).split('\n').at(-1)]).toEqual([
        mode,
        n,
        'paused',
        'paused: store-full',
      ]);
      await world.openexec.request('run/resume', { run });
      expect([mode, n, await settled(world, run)]).toEqual([mode, n, 'completed']);
      expect(world.workspace.dump()).toEqual({ 'a.txt': 'ONE\n', 'b.txt': 'B\n' });
      expect(world.git.commits.map((commit) => commit.message.split('\n')[0])).toEqual(['T1: Do T1', 'T2: Do T2']);
    }
  }
}, 60_000);

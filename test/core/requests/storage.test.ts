/** Retention through the façade, on the real store: what is removed, what never is, and when it happens by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHasher } from '../../../src/adapters/node/hasher.js';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.js';
import type { RunRecord } from '../../../src/core/model/run.js';
import { createOpenExec } from '../../../src/core/openexec.js';
import type { Clock, Settings } from '../../../src/core/ports/ports.js';
import { createFakeCommandRunner } from '../../fakes/command-runner.js';
import { createFakeGit } from '../../fakes/git.js';
import { createFakeIds } from '../../fakes/ids.js';
import { createFakeLog } from '../../fakes/log.js';
import { createFakeModel } from '../../fakes/model.js';
import { AT, eventRow, runRow, stepRow } from '../../fakes/rows.js';
import { createFakeShellParser } from '../../fakes/shell-parser.js';
import { createFakeWorkspace, fakeRoot } from '../../fakes/workspace.js';
import { WASM } from '../../adapters/sqlite/support.js';

const DAY = 86_400_000;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** A clock whose sleepers wait until they are woken. */
function sleepingClock(now: () => number) {
  const sleepers: (() => void)[] = [];
  const clock: Clock = {
    now,
    monotonic: () => 0,
    timeout: () => new AbortController().signal,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  return { clock, wake: () => sleepers.splice(0).forEach((resolve) => resolve()) };
}

const run = (id: string, daysAgo: number, given: Partial<RunRecord> = {}): RunRecord =>
  runRow(id, {
    title: id,
    status: 'completed',
    createdAt: AT - daysAgo * DAY,
    finishedAt: AT - daysAgo * DAY + 1000,
    ...given,
  });

async function world(runs: readonly RunRecord[], settings: Partial<Settings> = {}, door = 'test') {
  const dir = mkdtempSync(path.join(tmpdir(), 'openexec-retention-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  // The ages of texts are the disk's own: both clocks move together.
  let ahead = 0;
  const real = Date.now.bind(Date);
  const disk = vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead);
  const measured = performance.now.bind(performance);
  const counter = vi.spyOn(performance, 'now').mockImplementation(() => measured() + ahead);
  undo.push(() => (disk.mockRestore(), counter.mockRestore()));
  const { clock, wake } = sleepingClock(() => AT + ahead);
  const later = (ms: number) => void (ahead += ms);
  const log = createFakeLog();
  const { store, storage } = await openSqliteStore({ dir, wasm: WASM, clock, log });
  for (const row of runs) {
    const output = await store.putBlob(new TextEncoder().encode(row.id.repeat(20_000)));
    await store.commit([
      { table: 'runs', row },
      {
        table: 'events',
        row: {
          ...eventRow(row.id, 1),
          type: 'run-created',
          title: row.title,
          kind: 'plan',
          planName: '',
          blueprint: 'b',
          blueprintHash: 'b'.repeat(64),
          model: 'm',
          recorded: false,
          tasks: [],
          stories: [],
          budgetUsd: null,
          budgetTokens: null,
          branch: null,
          commits: false,
        },
      },
      { table: 'steps', row: stepRow(row.id, 1, { output }) },
    ]);
  }
  const openexec = await createOpenExec(
    {
      clock,
      log,
      store,
      storage,
      ids: createFakeIds(),
      hasher: createHasher(),
      workspace: createFakeWorkspace({}),
      commands: createFakeCommandRunner(() => ({})),
      git: createFakeGit(),
      shell: createFakeShellParser(),
      models: createFakeModel({}),
      redact: (text) => text,
    },
    {
      root: fakeRoot,
      shippedBlueprints: [],
      blueprint: async () => undefined,
      owner: { pid: 1, door, since: 0 },
      settings: async () => ({
        model: '',
        sandbox: 'workspace-write',
        approval: 'changes',
        budget: { usd: null, tokens: null, wallMs: null, calls: null },
        commands: { lint: [], test: [], build: [] },
        commits: true,
        ...settings,
      }),
    },
  );
  undo.push(() => openexec.close());
  const left = async () => (await openexec.request('run/list', {})).map((one) => one.id).sort();
  return { openexec, store, storage, wake, left, log, later };
}

describe('how long runs are kept', () => {
  const old = [
    run('interrupted', 400, { status: 'interrupted' }),
    run('paused', 300, { status: 'paused' }),
    run('cancelled', 202, { status: 'cancelled' }),
    run('failed', 201, { status: 'failed' }),
    run('finished', 200),
    run('recent', 10),
  ];

  it('removes what finished long ago, and never what could still go on', async () => {
    const { openexec, left } = await world(old);
    const shown = await openexec.request('storage/clean', { dryRun: true });
    expect(shown.runs.map((one) => one.run)).toEqual(['cancelled', 'failed', 'finished']);
    expect(await left()).toHaveLength(6);
    expect((await openexec.request('storage/clean', {})).runs).toEqual(shown.runs);
    expect(await left()).toEqual(['interrupted', 'paused', 'recent']);
  });

  it('never removes a pinned run, until it is pinned no more', async () => {
    const { openexec, left } = await world(old);
    await openexec.request('storage/pin', { run: 'failed', pinned: true });
    expect((await openexec.request('storage/usage', {})).runs).toMatchObject({
      count: 6,
      finished: 4,
      pinned: ['failed'],
      oldest: { run: 'interrupted' },
    });
    await openexec.request('storage/clean', {});
    expect(await left()).toContain('failed');
    await openexec.request('storage/pin', { run: 'failed', pinned: false });
    await openexec.request('storage/clean', {});
    expect(await left()).not.toContain('failed');
    await expect(openexec.request('storage/pin', { run: 'nobody', pinned: true })).rejects.toMatchObject({
      code: 'run-not-found',
    });
  });

  it('counts a run that was found running among those that could go on', async () => {
    const { openexec, left } = await world([run('left', 500, { status: 'running' })]);
    await openexec.request('storage/clean', {});
    expect(await left()).toEqual(['left']);
  });

  it('keeps everything where nothing is set to go', async () => {
    const { openexec, left } = await world(old, { retention: { days: null, maxBytes: null } });
    expect((await openexec.request('storage/clean', {})).runs).toEqual([]);
    expect(await left()).toHaveLength(6);
  });

  const twenty = Array.from({ length: 20 }, (_, n) => run(`run-${String(n).padStart(2, '0')}`, 20 - n));
  const used = async (storage: { usedBytes(signal: AbortSignal): Promise<number> }) =>
    await storage.usedBytes(AbortSignal.timeout(5000));

  it('above the size that is set, removes the oldest that are finished, no more than needed', async () => {
    const size = 2_000_000;
    const { openexec, storage, left, later } = await world([run('paused', 90, { status: 'paused' }), ...twenty], {
      retention: { days: null, maxBytes: size },
    });
    later(2 * 3_600_000);
    expect(await used(storage)).toBeGreaterThan(size);
    await openexec.request('storage/clean', {});
    expect(await used(storage)).toBeLessThanOrEqual(size);
    const kept = await left();
    expect(kept[0]).toBe('paused');
    expect(kept.length).toBeGreaterThan(8);
    expect(kept.slice(1)).toEqual(twenty.map((one) => one.id).slice(-(kept.length - 1)));
  });

  it('does not remove the whole history where that frees nothing', async () => {
    // Texts that were put a moment ago stay for an hour, so the size cannot be reached now.
    const { openexec, storage, left, later } = await world(twenty, { retention: { days: null, maxBytes: 1 } });
    await openexec.request('storage/clean', {});
    expect(await left()).toHaveLength(18);
    later(2 * 3_600_000);
    const before = await used(storage);
    await openexec.request('storage/clean', {});
    expect(await left()).toEqual([]);
    expect(await used(storage)).toBeLessThan(before / 10);
  });

  it('stops as soon as there is room', async () => {
    const { openexec, left, storage } = await world(twenty, { retention: { days: null, maxBytes: 100 * 1024 * 1024 } });
    expect(await storage.usedBytes(AbortSignal.timeout(5000))).toBeLessThan(100 * 1024 * 1024);
    await openexec.request('storage/clean', {});
    expect(await left()).toHaveLength(20);
  });

  it('happens by itself once the folder was open for a while, and not again that day', async () => {
    const { wake, left, store } = await world(old);
    expect(await left()).toHaveLength(6);
    wake();
    await expect.poll(left).toEqual(['interrupted', 'paused', 'recent']);
    expect(await store.setting('retention/last')).toBe(AT);
  });

  it('does not happen by itself when it happened today', async () => {
    const { wake, left, store, openexec } = await world(old, {}, 'terminal');
    await store.commit([{ table: 'settings', row: { key: 'retention/last', value: AT - DAY / 2 } }]);
    wake();
    await openexec.request('status', {});
    expect(await left()).toHaveLength(6);
  });

  it('happens when a terminal leaves, which is seldom open for long', async () => {
    const { openexec, store } = await world(old, {}, 'terminal');
    const removed: string[] = [];
    const commit = store.commit.bind(store);
    store.commit = async (batch, conditions) => {
      for (const write of batch) if ('remove' in write) removed.push(write.remove);
      return await commit(batch, conditions);
    };
    await openexec.close();
    expect(removed.sort()).toEqual(['cancelled', 'failed', 'finished']);
  });

  it('happens again on another day while the folder stays open', async () => {
    const { wake, left, store, later } = await world([run('ageing', 179)], {
      retention: { days: 180, maxBytes: null },
    });
    wake();
    await expect.poll(() => store.setting('retention/last')).toBe(AT);
    later(2 * DAY);
    wake();
    await expect.poll(left).toEqual([]);
  });

  it('frees what a deleted run alone named, once it is old enough that nobody can want it', async () => {
    const { openexec, store, wake, later } = await world([run('recent', 1)]);
    const output = (await store.steps('recent'))[0]!.output!;
    await openexec.request('run/delete', { run: 'recent' });
    expect(await store.setting('retention/sweep')).toBe(AT);
    wake();
    await expect.poll(() => store.setting('retention/last')).toBe(AT);
    expect(await store.setting('retention/sweep')).toBe(AT);
    expect((await store.blob(output)).length).toBeGreaterThan(0);
    later(DAY + 1);
    await expect.poll(async () => (wake(), await store.setting('retention/sweep'))).toBeUndefined();
    await expect(store.blob(output)).rejects.toMatchObject({ code: 'blob-missing' });
  });

  it('takes up a deletion that an earlier version noted without its time', async () => {
    const { openexec, store, later } = await world([run('recent', 1)]);
    await store.commit([{ table: 'settings', row: { key: 'retention/sweep', value: true } }]);
    await openexec.request('storage/clean', {});
    expect(await store.setting('retention/sweep')).toBe(AT);
    later(2 * 3_600_000);
    await openexec.request('storage/clean', {});
    expect(await store.setting('retention/sweep')).toBeUndefined();
  });
});

/** What every Store keeps. `open` gives a fresh, empty one; `reopen` what a process finds that comes after this one was killed. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Condition, Store, Write } from '../../src/core/ports/ports.js';
import {
  approvalRow,
  AT,
  callRow,
  changeSetRow,
  commitRow,
  eventRow,
  imageRow,
  iterationRow,
  planEventRow,
  planRow,
  runRow,
  stepRow,
} from '../fakes/rows.js';

export interface OpenedForTest {
  store: Store;
  reopen(): Promise<Store>;
  done(): Promise<void>;
}

export function storeContract(name: string, open: () => Promise<OpenedForTest>): void {
  describe(`store: ${name}`, () => {
    let done = async () => {};
    let reopen: OpenedForTest['reopen'];
    afterEach(() => done());
    const fresh = async () => {
      const opened = await open();
      ({ done, reopen } = opened);
      return opened.store;
    };
    const events = (run: string, ...seqs: number[]): Write[] =>
      seqs.map((seq) => ({ table: 'events', row: eventRow(run, seq) }));

    it('gives back what was put in, in every table', async () => {
      const store = await fresh();
      const step = stepRow('run_1', 1);
      const rows = {
        plan: planRow('plan_1'),
        iteration: iterationRow('plan_1', 0),
        run: runRow('run_1'),
        event: eventRow('run_1', 1),
        step,
        call: callRow('run_1', step.key, 1, {
          usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
          costUsd: null,
        }),
        approval: approvalRow('ap_1', 'run_1'),
        changeSet: changeSetRow('cs_1', 'run_1'),
        image: imageRow('cs_1/src/quotes.ts', 'run_1'),
        commit: commitRow(step.key, 'run_1'),
      };
      await store.commit([
        { table: 'plans', row: rows.plan },
        { table: 'plan_iterations', row: rows.iteration },
        { table: 'runs', row: rows.run },
        { table: 'events', row: rows.event },
        { table: 'steps', row: rows.step },
        { table: 'calls', row: rows.call },
        { table: 'approvals', row: rows.approval },
        { table: 'change_sets', row: rows.changeSet },
        { table: 'file_images', row: rows.image },
        { table: 'commits', row: rows.commit },
        { table: 'settings', row: { key: 'current-plan', value: { id: 'plan_1', text: 'ä\u0000"\n' } } },
      ]);
      expect(await store.plan('plan_1')).toEqual(rows.plan);
      expect(await store.plans()).toEqual([rows.plan]);
      expect(await store.iterations('plan_1')).toEqual([rows.iteration]);
      expect(await store.run('run_1')).toEqual(rows.run);
      expect(await store.runs(10)).toEqual([rows.run]);
      expect(await store.events('run_1', 0, 10)).toEqual([rows.event]);
      expect(await store.step(step.key)).toEqual(step);
      expect(await store.steps('run_1')).toEqual([step]);
      expect(await store.call(rows.call.key)).toEqual(rows.call);
      expect(await store.calls(step.key)).toEqual([rows.call]);
      expect(await store.approval('ap_1')).toEqual(rows.approval);
      expect(await store.approvals('run_1')).toEqual([rows.approval]);
      expect(await store.changeSet('cs_1')).toEqual(rows.changeSet);
      expect(await store.changeSets('run_1')).toEqual([rows.changeSet]);
      expect(await store.fileImages('run_1')).toEqual([rows.image]);
      expect(await store.commits('run_1')).toEqual([rows.commit]);
      expect(await store.setting('current-plan')).toEqual({ id: 'plan_1', text: 'ä\u0000"\n' });
    });

    it('knows nothing of what was never put in', async () => {
      const store = await fresh();
      const single = [
        store.plan('x'),
        store.run('x'),
        store.step('x/y'),
        store.call('x/y/1'),
        store.approval('x'),
        store.changeSet('x'),
        store.setting('x'),
      ];
      expect(await Promise.all(single)).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      const lists = [
        store.plans(),
        store.iterations('x'),
        store.runs(5),
        store.events('x', 0, 5),
        store.steps('x'),
        store.calls('x'),
        store.pendingApprovals(),
        store.approvals('x'),
        store.changeSets('x'),
        store.fileImages('x'),
        store.commits('x'),
        store.settings('x'),
      ];
      expect((await Promise.all<unknown[]>(lists)).flat()).toEqual([]);
      await store.commit([]);
      await store.commit([
        { table: 'runs', remove: 'x' },
        { table: 'plans', remove: 'x' },
      ]);
    });

    it('replaces a row with the same id or key, and keeps its place', async () => {
      const store = await fresh();
      await store.commit([
        { table: 'change_sets', row: changeSetRow('cs_1', 'r') },
        { table: 'change_sets', row: changeSetRow('cs_2', 'r') },
        { table: 'plans', row: planRow('p') },
        { table: 'runs', row: runRow('r') },
        { table: 'steps', row: stepRow('r', 1, { status: 'running', finishedAt: undefined }) },
      ]);
      await store.commit([
        { table: 'change_sets', row: changeSetRow('cs_1', 'r', { status: 'applied' }) },
        { table: 'plans', row: planRow('p', { name: 'renamed' }) },
        { table: 'runs', row: runRow('r', { status: 'completed', lastSeq: 7, finishedAt: AT + 9 }) },
        { table: 'steps', row: stepRow('r', 1) },
      ]);
      expect((await store.changeSets('r')).map((set) => `${set.id} ${set.status}`)).toEqual([
        'cs_1 applied',
        'cs_2 pending',
      ]);
      expect((await store.plan('p'))?.name).toBe('renamed');
      expect(await store.run('r')).toEqual(runRow('r', { status: 'completed', lastSeq: 7, finishedAt: AT + 9 }));
      expect(await store.steps('r')).toEqual([stepRow('r', 1)]);
    });

    it('keeps a change of a run’s tasks and configuration', async () => {
      const store = await fresh();
      const run = runRow('r');
      await store.commit([{ table: 'runs', row: run }]);
      const widened = runRow('r', { tasks: ['T-1', 'T-2'], config: { ...run.config, onAsk: 'pause' } });
      await store.commit([{ table: 'runs', row: widened }]);
      expect(await store.run('r')).toEqual(widened);
    });

    it('makes a batch whole or absent', async () => {
      const store = await fresh();
      await store.commit([{ table: 'runs', row: runRow('r') }, ...events('r', 1)]);
      const bad: Write[] = [
        { table: 'runs', row: runRow('r', { status: 'failed' }) },
        { table: 'runs', row: runRow('other') },
        ...events('r', 2, 1),
        { table: 'settings', row: { key: 'k', value: 1 } },
      ];
      await expect(store.commit(bad)).rejects.toMatchObject({
        code: 'record-invalid',
        params: { table: 'events', key: 'r/1' },
      });
      expect(await store.run('r')).toEqual(runRow('r'));
      expect(await store.run('other')).toBeUndefined();
      expect((await store.events('r', 0, 10)).map((event) => event.seq)).toEqual([1]);
      expect(await store.setting('k')).toBeUndefined();
      await store.commit(events('r', 2));
      expect((await store.events('r', 0, 10)).map((event) => event.seq)).toEqual([1, 2]);
    });

    it('lets the other batches of a group in when one of them fails', async () => {
      const store = await fresh();
      await store.commit(events('r', 1));
      const settled = await Promise.allSettled([
        store.commit(events('r', 2)),
        store.commit([...events('r', 3), ...events('r', 1)]),
        store.commit(events('r', 4)),
        store.commit(events('r', 4)),
        store.commit(events('r', 5)),
      ]);
      expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
      expect((await store.events('r', 0, 10)).map((event) => event.seq)).toEqual([1, 2, 4, 5]);
    });

    it('refuses a second event of one number and a second iteration of one number', async () => {
      const store = await fresh();
      await store.commit([...events('r', 1), { table: 'plan_iterations', row: iterationRow('p', 1) }]);
      await expect(store.commit(events('r', 1))).rejects.toMatchObject({ code: 'record-invalid' });
      await expect(store.commit([{ table: 'plan_iterations', row: iterationRow('p', 1) }])).rejects.toMatchObject({
        code: 'record-invalid',
      });
    });

    it('refuses steps and calls whose key is not derived from their run and step', async () => {
      const store = await fresh();
      await expect(
        store.commit([{ table: 'steps', row: stepRow('r', 1, { key: 'other/T-1/1/lint/1' }) }]),
      ).rejects.toMatchObject({ code: 'record-invalid' });
      await expect(
        store.commit([{ table: 'calls', row: callRow('r', 'r/T-1/1/lint/1', 1, { key: 'r/T-1/1/lint/1/2' }) }]),
      ).rejects.toMatchObject({ code: 'record-invalid' });
    });

    it('takes rows as they are when committed, whatever is done to them afterwards', async () => {
      const store = await fresh();
      const plan = planRow('p', { document: structuredClone(planRow('x').document) });
      const committed = store.commit([{ table: 'plans', row: plan }]);
      plan.name = 'changed behind its back';
      plan.document.stories.length = 0;
      await committed;
      expect(await store.plan('p')).toEqual(planRow('p'));
      const read = await store.plan('p');
      if (read) read.document.stories.length = 0;
      expect(await store.plan('p')).toEqual(planRow('p'));
    });

    it('lists runs newest first, plans in the order they were written, iterations by number, whatever the clock said', async () => {
      const store = await fresh();
      await store.commit([
        { table: 'runs', row: runRow('run_a', { createdAt: AT + 2 }) },
        { table: 'runs', row: runRow('run_b', { createdAt: AT + 3 }) },
        { table: 'runs', row: runRow('run_c', { createdAt: AT + 1 }) },
        { table: 'plans', row: planRow('plan_2', { createdAt: AT + 3 }) },
        { table: 'plans', row: planRow('plan_1', { createdAt: AT + 5 }) },
        { table: 'plans', row: planRow('plan_3', { createdAt: AT + 4 }) },
        { table: 'plans', row: planRow('plan_2', { createdAt: AT + 3 }) },
        { table: 'plan_iterations', row: iterationRow('plan_1', 10) },
        { table: 'plan_iterations', row: iterationRow('plan_1', 9) },
      ]);
      expect((await store.runs(10)).map((run) => run.id)).toEqual(['run_c', 'run_b', 'run_a']);
      expect((await store.runs(2)).map((run) => run.id)).toEqual(['run_c', 'run_b']);
      await store.commit([{ table: 'runs', row: runRow('run_b', { createdAt: AT + 1, status: 'paused' }) }]);
      expect((await store.runsIn(['running', 'queued'])).map((run) => run.id)).toEqual(['run_c', 'run_a']);
      expect((await store.runsIn(['paused'])).map((run) => run.id)).toEqual(['run_b']);
      expect(await store.runsIn([])).toEqual([]);
      expect((await store.plans()).map((plan) => plan.id)).toEqual(['plan_1', 'plan_3', 'plan_2']);
      expect((await store.iterations('plan_1')).map((row) => row.iteration)).toEqual([9, 10]);
    });

    it('pages through events in order', async () => {
      const store = await fresh();
      await store.commit([...events('r', ...Array.from({ length: 25 }, (_, i) => i + 1)), ...events('r2', 1, 2)]);
      expect((await store.events('r', 0, 10)).map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect((await store.events('r', 20, 10)).map((event) => event.seq)).toEqual([21, 22, 23, 24, 25]);
      expect(await store.events('r', 25, 10)).toEqual([]);
    });

    it('lists steps in order of start, of one task or of all, and calls in order of number', async () => {
      const store = await fresh();
      const inner = stepRow('r', 3, { task: 'T-1/part' });
      const rows = [
        stepRow('r', 12),
        stepRow('r', 2, { task: 'T-2' }),
        inner,
        stepRow('r', 1),
        stepRow('r2', 1),
        stepRow('rr', 1),
      ];
      await store.commit(rows.map((row) => ({ table: 'steps', row })));
      await store.commit([11, 2, 1].map((n) => ({ table: 'calls', row: callRow('r', inner.key, n) })));
      await store.commit([{ table: 'calls', row: callRow('r', `${inner.key}0`, 1) }]);
      expect((await store.steps('r')).map((step) => step.order)).toEqual([1, 2, 3, 12]);
      expect((await store.steps('r', 'T-1')).map((step) => step.order)).toEqual([1, 12]);
      expect((await store.calls(inner.key)).map((call) => call.n)).toEqual([1, 2, 11]);
    });

    it('lists what waits oldest first, until it is answered', async () => {
      const store = await fresh();
      const rows = [
        approvalRow('c', 'r', { createdAt: AT + 3, status: 'accepted' }),
        approvalRow('a', 'r2', { createdAt: AT + 2 }),
        approvalRow('b', 'r', { createdAt: AT + 1 }),
      ];
      await store.commit(rows.map((row) => ({ table: 'approvals', row })));
      expect((await store.pendingApprovals()).map((row) => row.id)).toEqual(['a', 'b']);
      expect((await store.approvals('r')).map((row) => row.id)).toEqual(['c', 'b']);
      await store.commit([
        {
          table: 'approvals',
          row: approvalRow('a', 'r2', {
            createdAt: AT + 2,
            status: 'rejected',
            answer: { status: 'rejected', by: 'terminal', comment: 'no' },
          }),
        },
      ]);
      expect((await store.pendingApprovals()).map((row) => row.id)).toEqual(['b']);
    });

    it('lists file images of a task in the order they were written', async () => {
      const store = await fresh();
      const rows = [
        imageRow('k3', 'r', { order: 3 }),
        imageRow('k1', 'r', { order: 1 }),
        imageRow('k2', 'r', { order: 2, task: 'T-2' }),
        imageRow('k0', 'r2'),
      ];
      await store.commit(rows.map((row) => ({ table: 'file_images', row })));
      expect((await store.fileImages('r')).map((row) => row.key)).toEqual(['k1', 'k2', 'k3']);
      expect((await store.fileImages('r', 'T-1')).map((row) => row.key)).toEqual(['k1', 'k3']);
    });

    it('removes a run with everything that belongs to it, and nothing else', async () => {
      const store = await fresh();
      for (const run of ['run_1', 'run_10']) {
        const step = stepRow(run, 1);
        await store.commit([
          { table: 'runs', row: runRow(run) },
          ...events(run, 1, 2),
          { table: 'steps', row: step },
          { table: 'calls', row: callRow(run, step.key, 1) },
          { table: 'approvals', row: approvalRow(`ap_${run}`, run) },
          { table: 'change_sets', row: changeSetRow(`cs_${run}`, run) },
          { table: 'file_images', row: imageRow(`im_${run}`, run) },
          { table: 'commits', row: commitRow(step.key, run) },
          ...['rollback', 'rollback-open'].map(
            (kind): Write => ({ table: 'settings', row: { key: `${kind}/${run}/@rollback/1`, value: true } }),
          ),
          ...['pinned-run', 'quick-fix'].map(
            (kind): Write => ({ table: 'settings', row: { key: `${kind}/${run}`, value: true } }),
          ),
        ]);
      }
      const settingsOf = async (id: string) =>
        (await store.settings('')).filter(({ key }) => key.split('/')[1] === id).length;
      const count = async (run: string) => [
        [await store.run(run)].filter(Boolean).length,
        (await store.events(run, 0, 9)).length,
        (await store.steps(run)).length,
        (await store.calls(stepRow(run, 1).key)).length,
        (await store.approvals(run)).length,
        (await store.changeSets(run)).length,
        (await store.fileImages(run)).length,
        (await store.commits(run)).length,
        await settingsOf(run),
      ];
      await store.commit([{ table: 'runs', remove: 'run_1' }]);
      expect(await count('run_1')).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
      expect(await count('run_10')).toEqual([1, 2, 1, 1, 1, 1, 1, 1, 4]);
      await store.commit([{ table: 'runs', row: runRow('run_1') }, ...events('run_1', 1)]);
      expect(await store.run('run_1')).toEqual(runRow('run_1'));
    });

    it('keeps how a plan was made in an order of its own, apart from the events of runs', async () => {
      const store = await fresh();
      const called = planEventRow('plan_1', 2, {
        type: 'model-called',
        call: 'plan_1/generate/1',
        model: 'm',
        stop: 'tool-use',
        usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
        costUsd: null,
        durationMs: 5,
        text: '“ä”',
        tools: ['submit_plan'],
        request: 'a'.repeat(64),
        response: 'b'.repeat(64),
      });
      const rows = [planEventRow('plan_1', 1), called, planEventRow('plan_1', 3)];
      await store.commit([
        ...[...rows].reverse().map((row): Write => ({ table: 'plan_events', row })),
        { table: 'plan_events', row: planEventRow('plan_10', 1) },
        ...events('plan_1', 1),
      ]);
      expect(await store.planEvents('plan_1', 0, 10)).toEqual(rows);
      expect(await store.planEvents('plan_1', 1, 1)).toEqual([called]);
      expect(await store.events('plan_1', 0, 10)).toEqual([eventRow('plan_1', 1)]);
      await expect(store.commit([{ table: 'plan_events', row: planEventRow('plan_1', 2) }])).rejects.toMatchObject({
        code: 'record-invalid',
      });
      expect(await store.planEvents('plan_2', 0, 10)).toEqual([]);
    });

    it('knows what was planned and came to nothing, once it is old', async () => {
      const store = await fresh();
      await store.commit([
        { table: 'plans', row: planRow('made') },
        ...['made', 'lost', 'young'].map((id): Write => ({ table: 'plan_events', row: planEventRow(id, 1) })),
        { table: 'plan_events', row: planEventRow('young', 2, undefined, AT + 1000) },
      ]);
      expect(await store.unmadePlans(AT + 1000)).toEqual(['lost']);
      expect(await store.unmadePlans(AT + 1001)).toEqual(['lost', 'young']);
      expect(await store.unmadePlans(AT)).toEqual([]);
    });

    it('tells what each run of a plan cost, and what a re-run shares', async () => {
      const store = await fresh();
      const shared = { run: 'a', step: 'a/T-1/1/implement/1', shared: { usd: null, tokens: 3 } };
      await store.commit([
        { table: 'runs', row: runRow('a', { plan: 'p', costUsd: 0.25, tokens: 7 }) },
        { table: 'runs', row: runRow('b', { plan: 'p', costUsd: null, tokens: 0, rerunOf: shared }) },
        { table: 'runs', row: runRow('c', { plan: 'q' }) },
        { table: 'runs', row: runRow('d') },
      ]);
      expect(await store.runCosts('p')).toEqual([
        { id: 'a', costUsd: 0.25, tokens: 7 },
        { id: 'b', costUsd: null, tokens: 0, rerunOf: shared },
      ]);
      expect(await store.runCosts('none')).toEqual([]);
    });

    it('removes a plan with everything that belongs to it, and keeps the runs made of it', async () => {
      const store = await fresh();
      await store.commit([
        { table: 'plans', row: planRow('plan_1') },
        { table: 'plan_iterations', row: iterationRow('plan_1', 0) },
        { table: 'plan_iterations', row: iterationRow('plan_2', 0) },
        { table: 'runs', row: runRow('r', { plan: 'plan_1' }) },
        ...['plan_1', 'plan_10'].flatMap((plan): Write[] => [
          { table: 'plan_events', row: planEventRow(plan, 1) },
          { table: 'calls', row: callRow(plan, `${plan}/generate`, 1) },
        ]),
      ]);
      const rows = (plan: string) =>
        ['plan-check', 'plan-task', 'plan-proposal', 'plan-spent'].map((kind) => ({
          key: `${kind}/${plan}/T-1`,
          value: true,
        }));
      await store.commit(['plan_1', 'plan_10'].flatMap(rows).map((row) => ({ table: 'settings', row })));
      await store.commit([{ table: 'plans', remove: 'plan_1' }]);
      expect((await store.settings('')).map(({ key }) => key).sort()).toEqual(
        rows('plan_10')
          .map(({ key }) => key)
          .sort(),
      );
      expect(await store.plan('plan_1')).toBeUndefined();
      expect(await store.iterations('plan_1')).toEqual([]);
      expect(await store.iterations('plan_2')).toHaveLength(1);
      for (const [plan, left] of [
        ['plan_1', 0],
        ['plan_10', 1],
      ] as const) {
        expect(await store.planEvents(plan, 0, 10)).toHaveLength(left);
        expect(await store.calls(`${plan}/generate`)).toHaveLength(left);
      }
      expect(await store.run('r')).toBeDefined();
    });

    it('keeps rows of kinds that a newer version wrote, whatever is removed', async () => {
      const store = await fresh();
      const newer = [
        'plan-notes/plan_1/T-1',
        'plan-task-notes/plan_1',
        'run-notes/run_1',
        'rollbacks/run_1/1',
        'later',
      ];
      await store.commit([
        { table: 'plans', row: planRow('plan_1') },
        { table: 'runs', row: runRow('run_1') },
        ...newer.map((key): Write => ({ table: 'settings', row: { key, value: { key } } })),
      ]);
      await store.commit([
        { table: 'plans', remove: 'plan_1' },
        { table: 'runs', remove: 'run_1' },
      ]);
      expect(await store.settings('')).toEqual([...newer].sort().map((key) => ({ key, value: { key } })));
    });

    it('finds settings by the beginning of their key and removes them by null', async () => {
      const store = await fresh();
      await store.commit(
        ['seen-command/b', 'seen-command/a', 'seen-command%', 'current-plan'].map((key) => ({
          table: 'settings',
          row: { key, value: key.length },
        })),
      );
      expect(await store.settings('seen-command/')).toEqual([
        { key: 'seen-command/a', value: 14 },
        { key: 'seen-command/b', value: 14 },
      ]);
      await store.commit([
        { table: 'settings', row: { key: 'seen-command/a', value: null } },
        { table: 'settings', row: { key: 'current-plan', value: false } },
      ]);
      expect((await store.settings('')).map((row) => row.key)).toEqual([
        'current-plan',
        'seen-command%',
        'seen-command/b',
      ]);
      expect(await store.setting('current-plan')).toBe(false);
      expect(await store.setting('seen-command/a')).toBeUndefined();
    });

    it('keeps blobs by their hash, also empty ones, and copies them', async () => {
      const store = await fresh();
      const bytes = new Uint8Array([0, 255, 10, 13, 0]);
      const hash = await store.putBlob(bytes);
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(await store.putBlob(bytes.slice())).toBe(hash);
      bytes[0] = 9;
      const read = await store.blob(hash);
      expect([...read]).toEqual([0, 255, 10, 13, 0]);
      read[0] = 7;
      expect([...(await store.blob(hash))]).toEqual([0, 255, 10, 13, 0]);
      expect(await store.putBlob(new Uint8Array())).toBe(
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      );
      expect((await store.blob('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')).length).toBe(0);
    });

    it('takes a blob in pieces, under the name it has whole', async () => {
      const store = await fresh();
      const pieces = async function* (...texts: string[]) {
        for (const text of texts) yield new TextEncoder().encode(text);
      };
      const hash = await store.putBlobFrom(pieces('one ', '', 'two'));
      expect(hash).toBe(await store.putBlob(new TextEncoder().encode('one two')));
      expect(await store.putBlobFrom(pieces('one two'))).toBe(hash);
      expect(new TextDecoder().decode(await store.blob(hash))).toBe('one two');
      expect((await store.blob(await store.putBlobFrom(pieces()))).length).toBe(0);
      const failing = async function* () {
        yield new TextEncoder().encode('half');
        throw new Error('the command was gone');
      };
      await expect(store.putBlobFrom(failing())).rejects.toThrow('the command was gone');
    });

    it('puts the same bytes from many places at once', async () => {
      const store = await fresh();
      const bytes = new TextEncoder().encode('the same');
      const hashes = await Promise.all(Array.from({ length: 20 }, () => store.putBlob(bytes)));
      expect(new Set(hashes).size).toBe(1);
      expect(await store.blob(hashes[0] ?? '')).toEqual(bytes);
    });

    it('keeps a small blob together with the rows that name it, or neither', async () => {
      const store = await fresh();
      const bytes = new TextEncoder().encode('what the check printed');
      const hash = createHash('sha256').update(bytes).digest('hex');
      await store.commit([
        { table: 'blobs', row: { hash, bytes } },
        { table: 'steps', row: stepRow('run_1', 1) },
      ]);
      await store.commit([{ table: 'blobs', row: { hash, bytes } }]);
      expect(new TextDecoder().decode(await store.blob(hash))).toBe('what the check printed');
      const empty = createHash('sha256').update('').digest('hex');
      await store.commit([{ table: 'blobs', row: { hash: empty, bytes: new Uint8Array() } }]);
      expect((await store.blob(empty)).length).toBe(0);
      const lost = createHash('sha256').update('lost').digest('hex');
      const twice = { table: 'events' as const, row: eventRow('run_1', 1) };
      await expect(
        store.commit([{ table: 'blobs', row: { hash: lost, bytes: new TextEncoder().encode('lost') } }, twice, twice]),
      ).rejects.toMatchObject({ code: 'record-invalid' });
      await expect(store.blob(lost)).rejects.toMatchObject({ code: 'blob-missing' });
    });

    it('says which blob is missing', async () => {
      const store = await fresh();
      await expect(store.blob('f'.repeat(64))).rejects.toMatchObject({
        code: 'blob-missing',
        params: { hash: 'f'.repeat(64) },
      });
    });

    describe('two writers', () => {
      const asked = approvalRow('ap_1', 'r');
      const answered = (comment: string): Write => ({
        table: 'approvals',
        row: { ...asked, status: 'accepted', answer: { status: 'accepted', by: 'editor', comment } },
      });
      const plan = planRow('p', { iteration: 3 });
      const edited = (by: string): Write[] => [
        { table: 'plans', row: { ...plan, name: by, iteration: 4 } },
        { table: 'plan_iterations', row: { ...iterationRow('p', 4), summary: by } },
      ];
      const owned = (by: string): Write => ({ table: 'settings', row: { key: 'owner', value: { by, at: AT } } });
      interface Race {
        before: Write[];
        condition: Condition;
        /** What each of them would write. */
        by(who: string): Write[];
        /** Who it was. */
        winner(store: Store): Promise<string | undefined>;
      }
      const ownerOf = async (store: Store) => ((await store.setting('owner')) as { by: string } | undefined)?.by;
      const races: Record<string, Race> = {
        'a question that waits': {
          before: [{ table: 'approvals', row: asked }],
          condition: { table: 'approvals', pending: 'ap_1' },
          by: (who) => [answered(who)],
          winner: async (store) => (await store.approval('ap_1'))?.answer?.comment,
        },
        'a plan as it was read': {
          before: [{ table: 'plans', row: plan }],
          condition: { table: 'plans', unchanged: plan },
          by: edited,
          winner: async (store) => (await store.plan('p'))?.name,
        },
        'a row that is not there yet': {
          before: [],
          condition: { table: 'settings', key: 'owner', is: null },
          by: (who) => [owned(who)],
          winner: ownerOf,
        },
        'a row with a value': {
          before: [owned('a process that ended')],
          condition: { table: 'settings', key: 'owner', is: { at: AT, by: 'a process that ended' } },
          by: (who) => [owned(who)],
          winner: ownerOf,
        },
      };
      const orders = [
        ['ada', 'bob'],
        ['bob', 'ada'],
      ] as const;
      const cases = Object.keys(races).flatMap((race) => orders.map((order) => [race, ...order] as const));
      const mark = (who: string): Write => ({ table: 'settings', row: { key: `mark/${who}`, value: true } });
      const marks = async (store: Store) => (await store.settings('mark/')).map(({ key }) => key.slice(5));

      it.each(cases)('of %s: %s is first, and %s, who comes with it, writes nothing', async (race, first, second) => {
        const store = await fresh();
        const { before, condition, by, winner } = races[race]!;
        await store.commit(before);
        const outcomes = await Promise.all([
          store.commit([...by(first), mark(first)], [condition]),
          store.commit([mark(second), ...by(second)], [condition]),
          store.commit([mark('somebody else')]),
        ]);
        expect(outcomes).toEqual([undefined, condition, undefined]);
        expect(await winner(store)).toBe(first);
        expect(await marks(store)).toEqual([first, 'somebody else'].sort());
      });

      it.each(cases)('of %s: %s is first, and %s, who comes later, writes nothing', async (race, first, second) => {
        const store = await fresh();
        const { before, condition, by, winner } = races[race]!;
        await store.commit(before);
        expect(await store.commit(by(first), [condition])).toBeUndefined();
        expect(await store.commit([...by(second), mark(second)], [condition])).toEqual(condition);
        expect(await winner(store)).toBe(first);
        expect(await marks(store)).toEqual([]);
      });

      it.each(cases)('of %s: %s stays first when killed then, and %s opens the store', async (race, first, second) => {
        const store = await fresh();
        const { before, condition, by, winner } = races[race]!;
        await store.commit(before);
        await store.commit(by(first), [condition]);
        const next = await reopen();
        expect(await next.commit(by(second), [condition])).toEqual(condition);
        expect(await winner(next)).toBe(first);
      });

      it.each(cases)('of %s: where %s fails of another row, %s is first', async (race, first, second) => {
        const store = await fresh();
        const { before, condition, by, winner } = races[race]!;
        await store.commit([...before, ...events('r', 1)]);
        const [one, other] = await Promise.allSettled([
          store.commit([...by(first), ...events('r', 1)], [condition]),
          store.commit(by(second), [condition]),
        ]);
        expect(one).toMatchObject({ status: 'rejected', reason: { code: 'record-invalid' } });
        expect(other).toEqual({ status: 'fulfilled', value: undefined });
        expect(await winner(store)).toBe(second);
      });

      it('get through where all conditions hold, and hear of the first that does not', async () => {
        const store = await fresh();
        const [pending, free] = [
          { table: 'approvals', pending: 'ap_1' },
          { table: 'settings', key: 'owner', is: null },
        ] as const;
        expect(await store.commit([mark('early')], [free, pending])).toEqual(pending);
        await store.commit([{ table: 'approvals', row: asked }]);
        expect(await store.commit([mark('both'), owned('ada')], [pending, free])).toBeUndefined();
        expect(await store.commit([answered('yes')], [pending, free])).toEqual(free);
        expect(await store.commit([], [free])).toEqual(free);
        expect(await store.commit([], [pending])).toBeUndefined();
        expect(await marks(store)).toEqual(['both']);
      });

      it('see what the batch before them in the same group wrote, and not their own', async () => {
        const store = await fresh();
        const mine: Condition = { table: 'settings', key: 'owner', is: { by: 'ada', at: AT } };
        const outcomes = await Promise.all([
          store.commit([owned('ada')], [mine]),
          store.commit([owned('ada')]),
          store.commit([mark('ada')], [mine]),
        ]);
        expect(outcomes).toEqual([mine, undefined, undefined]);
      });

      it('of a plan: each change counts, also one that makes no iteration', async () => {
        const store = await fresh();
        await store.commit([{ table: 'plans', row: plan }]);
        const read = (await store.plan('p'))!;
        const unchanged: Condition = { table: 'plans', unchanged: read };
        const approved = { ...read, approval: { iteration: 3, at: AT, scripts: [] } };
        expect(await store.commit([{ table: 'plans', row: approved }], [unchanged])).toBeUndefined();
        expect(await store.commit([{ table: 'plans', row: { ...read, name: 'renamed' } }], [unchanged])).toEqual(
          unchanged,
        );
        expect(await store.commit([{ table: 'plans', remove: 'p' }], [unchanged])).toEqual(unchanged);
        const now: Condition = { table: 'plans', unchanged: (await store.plan('p'))! };
        expect(await store.commit([{ table: 'plans', remove: 'p' }], [now])).toBeUndefined();
        expect(await store.commit([{ table: 'plans', row: read }], [now])).toEqual(now);
      });

      it('ask as they were when they came, whatever is done to what they hold afterwards', async () => {
        const store = await fresh();
        await store.commit([{ table: 'plans', row: plan }, owned('ada')]);
        const read = (await store.plan('p'))!;
        const value = { by: 'ada', at: AT };
        const committed = store.commit(
          [mark('ada')],
          [
            { table: 'plans', unchanged: read },
            { table: 'settings', key: 'owner', is: value },
          ],
        );
        read.name = 'changed behind its back';
        value.by = 'bob';
        expect(await committed).toBeUndefined();
      });
    });

    it('writes what waits when it is closed, closes once, and takes nothing afterwards', async () => {
      const store = await fresh();
      const last = store.commit(events('r', 1));
      const closing = [store.close(), store.close()];
      await last;
      await Promise.all(closing);
      await expect(store.commit(events('r', 2))).rejects.toMatchObject({ code: 'store-lost' });
    });
  });
}

/** Small rows: keys and bytes as every version wrote them, one place that spells them, and what becomes of a row that nobody can read. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowKinds, type RowKey, type RowKind, type RowValue } from '../../../src/core/model/small-rows.js';
import type { Write } from '../../../src/core/ports/ports.js';
import { copyRow, findRow, listRows, readRow, removeRow, writeRow } from '../../../src/core/record/small-rows.js';
import { edits } from '../../fakes/model.js';
import { createFakeLog } from '../../fakes/log.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { AT, hashOf, runRow } from '../../fakes/rows.js';
import { implementVerifyCommit } from '../engine/fixtures.js';
import { createWorld, planOf, settled, startPlan } from '../engine/harness.js';

const progress: RowValue<'plan-task'> = {
  status: 'done',
  run: 'run_1',
  at: AT,
  unverified: false,
  commit: 'c0ffee',
  costUsd: null,
  durationMs: 12,
  taskHash: hashOf('a'),
  edited: false,
};
const check: RowValue<'plan-check'> = {
  subject: 'US-1',
  script: 'npm test',
  hash: hashOf('b'),
  exitCode: 1,
  durationMs: 9,
  tail: 'ä',
  at: AT,
  outcome: 'red',
  reason: 'exited 1',
};
const proposal: RowValue<'plan-proposal'> = {
  id: 'run_1/T-1/1/implement/1/3',
  plan: 'plan_1',
  iteration: 2,
  run: 'run_1',
  task: 'T-1',
  kind: 'scope-discovery',
  message: 'More',
  change: { add: [], change: [{ task: 'T-1', title: 'New' }] },
  before: { 'T-1': { title: 'Old' } },
  status: 'open',
  at: AT,
};
const rollback: RowValue<'rollback'> = {
  v: 1,
  id: 'run_1/@rollback/2',
  run: 'run_1',
  status: 'done',
  at: AT,
  kept: [],
  approvals: ['ap_1'],
  task: 'T-1',
  step: '',
  tasks: [{ id: 'T-1', status: 'done', attempt: 1 }],
  files: [],
  left: [],
  images: ['k'],
  reverts: ['abc'],
  commitFiles: [],
  message: 'Revert "Parse"\n',
};

/** As versions wrote it that had no table of kinds. */
const spelled: { [K in RowKind]: [key: RowKey<K>, value: RowValue<K>, was: string, json: string] } = {
  'current-plan': [[], 'plan_1', 'current-plan', '"plan_1"'],
  'plan-spent': [['plan_1', 'runs'], { usd: 0.5, tokens: 12 }, 'plan-spent/plan_1/runs', '{"usd":0.5,"tokens":12}'],
  'seen-command': [
    [hashOf('c')],
    { run: 'run_1', always: true, text: 'curl x' },
    `seen-command/${hashOf('c')}`,
    '{"run":"run_1","always":true,"text":"curl x"}',
  ],
  'seen-blueprint': [
    [hashOf('d')],
    { id: 'mine', file: '.openexec/blueprints/mine.yaml', at: AT },
    `seen-blueprint/${hashOf('d')}`,
    `{"id":"mine","file":".openexec/blueprints/mine.yaml","at":${AT}}`,
  ],
  'retention/last': [[], AT, 'retention/last', String(AT)],
  'retention/sweep': [[], true, 'retention/sweep', 'true'],
  'plan-task': [['plan_1', 'T/1'], progress, 'plan-task/plan_1/T/1', JSON.stringify(progress)],
  'plan-check': [['plan_1', 'US-1'], check, 'plan-check/plan_1/US-1', JSON.stringify(check)],
  'plan-proposal': [['plan_1', proposal.id], proposal, `plan-proposal/plan_1/${proposal.id}`, JSON.stringify(proposal)],
  'quick-fix': [['run_1'], { request: 'Fix', check: '' }, 'quick-fix/run_1', '{"request":"Fix","check":""}'],
  environment: [
    ['venv/.venv'],
    { hash: hashOf('e'), programs: ['pytest'], use: true, at: AT },
    'environment/venv/.venv',
    `{"hash":"${hashOf('e')}","programs":["pytest"],"use":true,"at":${AT}}`,
  ],
  'environment-asked': [
    ['run_1', 'T-1/1/test/1/1/ask'],
    [hashOf('e')],
    'environment-asked/run_1/T-1/1/test/1/1/ask',
    `["${hashOf('e')}"]`,
  ],
  'pinned-run': [['run_1'], true, 'pinned-run/run_1', 'true'],
  'run-owner': [['run_1'], { claim: 'owner_1/2', at: AT }, 'run-owner/run_1', `{"claim":"owner_1/2","at":${AT}}`],
  rollback: [['run_1', '@rollback/2'], rollback, 'rollback/run_1/@rollback/2', JSON.stringify(rollback)],
  'rollback-open': [['run_1', '@rollback/2'], true, 'rollback-open/run_1/@rollback/2', 'true'],
};
const kinds = Object.keys(rowKinds) as RowKind[];
const row = (key: string, value: unknown): Write => ({ table: 'settings', row: { key, value } });
const world = () => ({ store: createMemoryStore(), log: createFakeLog() });

describe('a small row', () => {
  it.each(kinds)('of the kind %s has the key and the bytes it always had', async (kind) => {
    const [key, value, was, json] = spelled[kind] as [never, never, string, string];
    const written = writeRow(kind, key, value);
    expect(written).toEqual(row(was, value));
    expect(JSON.stringify((written as { row: { value: unknown } }).row.value)).toBe(json);
    expect(removeRow(kind, key)).toEqual(row(was, null));

    const here = world();
    await here.store.commit([row(was, JSON.parse(json))]);
    expect(await readRow(here, kind, key)).toEqual(value);
    await here.store.commit([removeRow(kind, key)]);
    expect(await findRow(here, kind, key)).toBeUndefined();
  });

  it('that could not be read back is not written', () => {
    expect(() => writeRow('retention/last', [], Number.NaN)).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('is copied for another owner as it stands, with what a newer version keeps in it', async () => {
    const { store } = world();
    await store.commit([
      row('quick-fix/run_1', { later: 1, request: 'Fix' }),
      row('quick-fix/run_10', { request: '' }),
    ]);
    expect(await copyRow(store, 'quick-fix', ['run_1'], ['run_2'])).toEqual([
      row('quick-fix/run_2', { later: 1, request: 'Fix' }),
    ]);
    expect(await copyRow(store, 'quick-fix', ['run_3'], ['run_4'])).toEqual([]);
  });

  it('that does not fit has no value, hides no other, stays as it is, and is named once', async () => {
    const here = world();
    const broken = { status: 'levitating' };
    await here.store.commit([row('plan-task/p/T-1', broken), row('plan-task/p/T-2', progress)]);
    for (let time = 0; time < 2; time++) {
      const rows = await listRows(here, 'plan-task', 'p');
      expect(rows.map(({ name, value }) => [name, value?.status])).toEqual([
        ['T-1', undefined],
        ['T-2', 'done'],
      ]);
    }
    expect(await findRow(here, 'plan-task', ['p', 'T-1'])).toMatchObject({ value: undefined, stored: broken });
    expect(here.log.lines.filter((line) => JSON.stringify(line).includes('plan-task/p/T-1'))).toHaveLength(1);
    expect(await here.store.setting('plan-task/p/T-1')).toEqual(broken);
  });

  it('is spelled in one place', () => {
    const src = path.join(__dirname, '../../../src');
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const spelling = files.filter((name) => /table: 'settings', row/.test(readFileSync(path.join(src, name), 'utf8')));
    expect(spelling.map((name) => name.split(path.sep).join('/'))).toEqual(['core/record/small-rows.ts']);
  });
});

describe('small rows that cannot be read', () => {
  const model = { 'T1/implement': edits('a.txt', 'one', 'ONE') };
  const run = async (_script: string, read: (path: string) => Promise<string>) => ({
    exitCode: (await read('a.txt')).includes('ONE') ? 0 : 1,
  });

  it('say nothing of a plan: it is shown and run without them, and they are still there', async () => {
    const one = await createWorld({ blueprint: implementVerifyCommit, model, run, files: { 'a.txt': 'one\n' } });
    const plan = await one.openexec.request('plan/new', { name: 'Other' });
    const broken = [
      row('current-plan', { id: plan.id }),
      row(`plan-task/${plan.id}/T1`, 'done'),
      row(`plan-check/${plan.id}/T1`, 7),
      row(`plan-proposal/${plan.id}/x`, { status: 'open' }),
      row(`seen-command/${hashOf('e')}`, []),
      row('retention/last', 'yesterday'),
      row('retention/sweep', { since: 'then' }),
    ];
    await one.store.commit(broken);
    expect(await one.openexec.request('plan/get', {})).toMatchObject({
      plan: { id: plan.id },
      progress: {},
      checks: {},
      proposals: 0,
    });
    expect(await one.openexec.request('plan/proposals', { plan: plan.id })).toEqual([]);
    const id = await startPlan(one, planOf({ T1: {} }));
    expect(await settled(one, id)).toBe('completed');
    const stands = await one.store.settings('');
    for (const { row: was } of broken as { row: { key: string } }[])
      if (was.key !== 'current-plan') expect(stands).toContainEqual(was);
  });

  it('of a quick fix stop it, where its title alone would be another request', async () => {
    const one = await createWorld({ blueprint: implementVerifyCommit, model, run, files: { 'a.txt': 'one\n' } });
    const started = one.store.commit.bind(one.store);
    const { run: id } = await one.openexec.request('run/quick-fix', {
      request: 'Change a',
      check: 'check T1',
      onAsk: 'wait',
    });
    await one.openexec.request('run/pause', { run: id, now: true });
    await settled(one, id);
    await started([row(`quick-fix/${id}`, { request: 7 })]);
    await one.openexec.request('run/resume', { run: id });
    expect(await settled(one, id)).toBe('paused');
    expect(one.events.at(-1)).toMatchObject({
      type: 'run-paused',
      reason: { code: 'record-invalid', params: { table: 'settings', key: `quick-fix/${id}` } },
    });
    expect(await one.store.setting(`quick-fix/${id}`)).toEqual({ request: 7 });
  });

  it('of a rollback are an error with the row’s name, for that run alone', async () => {
    const one = await createWorld({});
    await one.store.commit([
      { table: 'runs', row: runRow('run_1', { status: 'completed' }) },
      { table: 'runs', row: runRow('run_2', { status: 'completed' }) },
      row('rollback/run_1/@rollback/1', { v: 2 }),
      row('rollback-open/run_1/@rollback/1', { v: 2 }),
    ]);
    await expect(one.openexec.request('rollback/list', { run: 'run_1' })).rejects.toMatchObject({
      code: 'record-invalid',
      params: { key: 'rollback/run_1/@rollback/1' },
    });
    expect(await one.openexec.request('rollback/list', { run: 'run_2' })).toEqual([]);
    const next = await one.restart();
    expect(await next.store.settings('rollback')).toHaveLength(2);
  });

  it('keep a run that somebody pinned', async () => {
    const here = world();
    await here.store.commit([row('pinned-run/run_1', { by: 'ada' })]);
    expect((await listRows(here, 'pinned-run')).map(({ name }) => name)).toEqual(['run_1']);
  });
});

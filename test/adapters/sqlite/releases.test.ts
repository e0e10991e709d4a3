/** What a release stored stays readable: a database of each, made by scripts/make-store-fixture.mjs, is opened and folded with the code of today. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqlFile } from '../../../src/adapters/sqlite/durable-sqljs.js';
import { migrate } from '../../../src/adapters/sqlite/schema.js';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.js';
import { listEvents } from '../../../src/adapters/sqlite/tables/events.js';
import { EVENT_VERSION } from '../../../src/core/model/event.js';
import { applyEvent, emptyRun } from '../../../src/core/model/run.js';
import { eventUpcasts } from '../../../src/core/model/upcast.js';
import { rowKinds, type RowKind } from '../../../src/core/model/small-rows.js';
import { writeRow } from '../../../src/core/record/small-rows.js';
import { createFakeLog } from '../../fakes/log.js';
import { AT, planEventRow } from '../../fakes/rows.js';
import { nativeRows, WASM } from './support.js';

const fixtures = path.join(__dirname, 'fixtures');
const releases = readdirSync(fixtures).filter((name) => name.endsWith('.db'));
const made: string[] = [];
const folder = (): string => {
  const dir = mkdtempSync(path.join(tmpdir(), 'openexec-release-'));
  made.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe('what a release stored', () => {
  it('is there to be read', () => expect(releases).toContain('0.1.0.db'));

  it.each(releases)('%s: every row reads and its runs fold to their end', async (name) => {
    const dir = path.join(folder(), 'data');
    mkdirSync(dir);
    copyFileSync(path.join(fixtures, name), path.join(dir, 'openexec.db'));
    const { store, notices, readonly } = await openSqliteStore({ dir, wasm: WASM, clock: Date, log: createFakeLog() });
    expect([notices, readonly]).toEqual([[], false]);
    const [plan] = await store.plans();
    expect(plan?.approval).toBeDefined();
    expect(await store.iterations(plan?.id ?? '')).not.toEqual([]);
    const [run] = await store.runs(10);
    expect(run).toMatchObject({ status: 'completed', tasks: ['T1', 'T2', 'T3', 'T4'] });

    expect(await store.planEvents(plan?.id ?? '', 0, 10)).toEqual([]);
    expect((await store.runCosts(plan?.id ?? '')).map((one) => one.id)).toEqual([run?.id]);
    await store.commit([{ table: 'plan_events', row: planEventRow(plan?.id ?? '', 1) }]);
    expect(await store.planEvents(plan?.id ?? '', 0, 10)).toHaveLength(1);

    const id = run?.id ?? '';
    const events = await store.events(id, 0, 10_000);
    const state = events.reduce(applyEvent, emptyRun(id));
    expect(state).toMatchObject({ status: 'completed', done: 4, seq: events.length });
    expect(state.commits.map((commit) => commit.task)).toEqual(['T1', 'T2', 'T3', 'T4']);
    expect([...state.tasks.values()].map((task) => [task.status, task.unverified])).toEqual(
      Array.from({ length: 4 }, () => ['done', false]),
    );

    const steps = await store.steps(id);
    expect(steps.filter((step) => step.stage === 'fix')).toHaveLength(1);
    for (const step of steps) for (const call of await store.calls(step.key)) expect(call.status).toBe('finished');
    expect((await store.changeSets(id)).map((set) => set.status)).toEqual(Array.from({ length: 5 }, () => 'applied'));
    expect((await store.fileImages(id)).every((image) => image.written === image.after)).toBe(true);
    expect((await store.commits(id)).map((commit) => commit.sha)).toEqual(state.commits.map((commit) => commit.sha));
    expect((await store.approvals(id)).every((approval) => approval.answer !== undefined)).toBe(true);
    for (const event of events)
      if (event.type === 'model-called') expect((await store.blob(event.request)).length).toBeGreaterThan(0);
    await store.close();
  });
});

describe('the small rows of a release', () => {
  it.each(releases)('%s: each is of a kind that is known, fits it, and is written as it was', async (name) => {
    const dir = folder();
    const file = path.join(dir, 'openexec.db');
    copyFileSync(path.join(fixtures, name), file);
    const rows = nativeRows(file, 'SELECT key, json FROM settings') as { key: string; json: string }[];
    expect(rows.map(({ key }) => key.split('/')[0])).toContain('plan-task');
    const kinds = Object.keys(rowKinds) as RowKind[];
    for (const { key, json } of rows) {
      const kind = kinds.find((one) => key === one || key.startsWith(`${one}/`));
      if (!kind) throw new Error(`${key} is of no kind`);
      const rest = key.slice(kind.length + 1);
      const parts = rest === '' ? [] : rowKinds[kind].of === 'folder' ? [rest] : keyParts(rest);
      expect(writeRow(kind, parts as never, JSON.parse(json) as never)).toEqual({
        table: 'settings',
        row: { key, value: JSON.parse(json) as unknown },
      });
      expect(JSON.stringify(rowKinds[kind].value.parse(JSON.parse(json)))).toBe(json);
    }
  });
  const keyParts = (rest: string) => [rest.slice(0, rest.indexOf('/')), rest.slice(rest.indexOf('/') + 1)];
});

describe('an event of a former version', () => {
  const open = async () => {
    const db = await openSqlFile({ file: path.join(folder(), 'openexec.db'), wasm: WASM });
    migrate(db, 0);
    // Version −1 had a name where there is a code, version 0 no task.
    db.run("INSERT INTO events VALUES ('r', 1, ?, -1, 'warning', ?)", [AT, JSON.stringify({ name: 'note' })]);
    db.run("INSERT INTO events VALUES ('r', 2, ?, 0, 'warning', ?)", [AT, JSON.stringify({ code: 'note' })]);
    db.run("INSERT INTO events VALUES ('r', 3, ?, 1, 'warning', ?)", [
      AT,
      JSON.stringify({ code: 'note', task: 'T-9', params: { n: 1 } }),
    ]);
    return db;
  };

  it('is brought up to date step by step as it is read, and the stored row stays as it is', async () => {
    const db = await open();
    const upcasts = {
      [-1]: ({ name, ...rest }: Record<string, unknown>) => ({ ...rest, code: name }),
      0: (old: Record<string, unknown>) => ({ ...old, task: 'T-1' }),
    };
    expect(listEvents(db, 'r', 0, 10, upcasts)).toEqual([
      { v: 1, run: 'r', seq: 1, at: AT, type: 'warning', code: 'note', task: 'T-1', params: {} },
      { v: 1, run: 'r', seq: 2, at: AT, type: 'warning', code: 'note', task: 'T-1', params: {} },
      { v: 1, run: 'r', seq: 3, at: AT, type: 'warning', code: 'note', task: 'T-9', params: { n: 1 } },
    ]);
    expect(db.all('SELECT v, json FROM events WHERE seq = 1')).toEqual([[-1, '{"name":"note"}']]);
    db.close();
  });

  it('that nobody can bring up to date is named, not guessed', async () => {
    const db = await open();
    expect(() => listEvents(db, 'r', 0, 10)).toThrow(
      expect.objectContaining({ code: 'record-invalid', params: { table: 'events', key: 'r/1' } }),
    );
    db.close();
  });

  it('has a way up from every version that was ever stored', () => {
    for (let v = 1; v < EVENT_VERSION; v++) expect(eventUpcasts[v], `version ${v}`).toBeTypeOf('function');
  });
});

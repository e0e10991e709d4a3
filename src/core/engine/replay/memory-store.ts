/**
 * The Store port in memory: the same semantics, rows copied in and out so that nobody shares them.
 * For exact replay, and for tests.
 */
import type { Bytes } from '../../../base/bytes.js';
import { OpenExecError } from '../../errors.js';
import type { Approval } from '../../model/approval.js';
import type { ChangeSet } from '../../model/change-set.js';
import type { RunEvent } from '../../model/event.js';
import type { PlanEvent } from '../../model/plan-event.js';
import type { PlanRecord } from '../../model/plan.js';
import {
  callKey,
  type CallRecord,
  type CommitRecord,
  type FileImage,
  type IterationRecord,
  type StepRecord,
} from '../../model/records.js';
import type { RunRecord } from '../../model/run.js';
import { ownedRows } from '../../model/small-rows.js';
import { samePlan, sameValue } from '../../ports/same-row.js';
import type { Condition, Hasher, Store, Write } from '../../ports/ports.js';

interface Tables {
  plans: Map<string, PlanRecord>;
  iterations: Map<string, IterationRecord[]>;
  planEvents: Map<string, PlanEvent[]>;
  runs: Map<string, RunRecord>;
  events: Map<string, RunEvent[]>;
  steps: Map<string, StepRecord>;
  calls: Map<string, CallRecord>;
  approvals: Map<string, Approval>;
  changeSets: Map<string, ChangeSet>;
  fileImages: Map<string, FileImage>;
  commits: Map<string, CommitRecord>;
  settings: Map<string, unknown>;
  blobs: Map<string, Uint8Array>;
}

const conflict = (table: string, key: string) =>
  new OpenExecError('record-invalid', { table, key }, `${table} already has ${key}`);
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

// eslint-disable-next-line max-lines-per-function -- the port Store over maps, one or two lines a method
export function createMemoryStore(hasher: Hasher): Store {
  const tables: Tables = {
    plans: new Map(),
    iterations: new Map(),
    planEvents: new Map(),
    runs: new Map(),
    events: new Map(),
    steps: new Map(),
    calls: new Map(),
    approvals: new Map(),
    changeSets: new Map(),
    fileImages: new Map(),
    commits: new Map(),
    settings: new Map(),
    blobs: new Map(),
  };
  const { blobs } = tables;
  let closed = false;

  const ofRun = <T extends { run: string }>(table: Map<string, T>, run: string, task?: string): T[] =>
    structuredClone(
      [...table.values()].filter(
        (row) => row.run === run && (task === undefined || (row as { task?: string }).task === task),
      ),
    );
  const one = <T>(table: Map<string, T>, key: string): T | undefined => structuredClone(table.get(key));

  return {
    async commit(batch, conditions = []) {
      if (closed) throw new OpenExecError('store-lost', {}, 'the store is closed');
      const failed = conditions.find((condition) => !holds(tables, condition));
      if (failed) return failed;
      const copies = structuredClone(batch) as Write[];
      const undo: (() => void)[] = [];
      try {
        for (const write of copies) undo.push(apply(tables, write));
      } catch (error) {
        for (const back of undo.reverse()) back();
        throw error;
      }
      return undefined;
    },
    plans: async () => structuredClone([...tables.plans.values()]),
    plan: async (id) => one(tables.plans, id),
    iterations: async (plan) =>
      structuredClone([...(tables.iterations.get(plan) ?? [])].sort((a, b) => a.iteration - b.iteration)),
    planEvents: async (plan, after, limit) =>
      structuredClone((tables.planEvents.get(plan) ?? []).filter((event) => event.seq > after).slice(0, limit)),
    unmadePlans: async (before) =>
      [...tables.planEvents]
        .filter(([plan, events]) => !tables.plans.has(plan) && events.every((event) => event.at < before))
        .map(([plan]) => plan)
        .sort(byText),
    runs: async (limit) => structuredClone([...tables.runs.values()].reverse().slice(0, limit)),
    runsIn: async (statuses) =>
      structuredClone([...tables.runs.values()].filter((run) => statuses.includes(run.status)).reverse()),
    run: async (id) => one(tables.runs, id),
    runCosts: async (plan) =>
      structuredClone(
        [...tables.runs.values()]
          .filter((run) => run.plan === plan)
          .map(({ id, costUsd, tokens, rerunOf }) => ({ id, costUsd, tokens, ...(rerunOf && { rerunOf }) }))
          .sort((a, b) => byText(a.id, b.id)),
      ),
    events: async (run, after, limit) =>
      structuredClone((tables.events.get(run) ?? []).filter((event) => event.seq > after).slice(0, limit)),
    steps: async (run, task) => ofRun(tables.steps, run, task).sort((a, b) => a.order - b.order),
    step: async (key) => one(tables.steps, key),
    calls: async (step) =>
      structuredClone([...tables.calls.values()].filter((row) => row.step === step)).sort((a, b) => a.n - b.n),
    call: async (key) => one(tables.calls, key),
    approval: async (id) => one(tables.approvals, id),
    pendingApprovals: async () =>
      structuredClone([...tables.approvals.values()].filter((row) => row.status === 'pending')),
    approvals: async (run) => ofRun(tables.approvals, run),
    changeSet: async (id) => one(tables.changeSets, id),
    changeSets: async (run) => ofRun(tables.changeSets, run),
    fileImages: async (run, task) => ofRun(tables.fileImages, run, task).sort((a, b) => a.order - b.order),
    commits: async (run) => ofRun(tables.commits, run),
    setting: async (key) => structuredClone(tables.settings.get(key)),
    settings: async (prefix) =>
      structuredClone(
        [...tables.settings]
          .filter(([key]) => key.startsWith(prefix))
          .sort(([a], [b]) => byText(a, b))
          .map(([key, value]) => ({ key, value })),
      ),
    async putBlob(bytes) {
      const hash = hasher.sha256(bytes);
      if (!blobs.has(hash)) blobs.set(hash, bytes.slice());
      return hash;
    },
    async putBlobFrom(pieces) {
      const all: Bytes[] = [];
      for await (const piece of pieces) all.push(piece);
      const whole = new Uint8Array(all.reduce((size, piece) => size + piece.length, 0));
      let at = 0;
      for (const piece of all) {
        whole.set(piece, at);
        at += piece.length;
      }
      return await this.putBlob(whole);
    },
    async blob(hash) {
      const bytes = blobs.get(hash);
      if (!bytes) throw new OpenExecError('blob-missing', { hash });
      return bytes.slice();
    },
    async close() {
      closed = true;
    },
  };
}

function holds(tables: Tables, condition: Condition): boolean {
  switch (condition.table) {
    case 'approvals':
      return tables.approvals.get(condition.pending)?.status === 'pending';
    case 'plans': {
      const stored = tables.plans.get(condition.unchanged.id);
      return stored !== undefined && samePlan(stored, condition.unchanged);
    }
    case 'settings':
      return sameValue(tables.settings.get(condition.key) ?? null, condition.is ?? null);
  }
}

/** Does one write and returns what takes it back. */
function apply(tables: Tables, write: Write): () => void {
  if ('remove' in write)
    return write.table === 'plans' ? removePlan(tables, write.remove) : removeRun(tables, write.remove);
  switch (write.table) {
    case 'plans':
      return putLast(tables.plans, write.row.id, write.row);
    case 'runs':
      return put(tables.runs, write.row.id, write.row);
    case 'steps':
      if (!write.row.key.startsWith(`${write.row.run}/`)) throw conflict('steps', write.row.key);
      return put(tables.steps, write.row.key, write.row);
    case 'calls':
      if (write.row.key !== callKey(write.row.step, write.row.n)) throw conflict('calls', write.row.key);
      return put(tables.calls, write.row.key, write.row);
    case 'approvals':
      return put(tables.approvals, write.row.id, write.row);
    case 'change_sets':
      return put(tables.changeSets, write.row.id, write.row);
    case 'file_images':
      return put(tables.fileImages, write.row.key, write.row);
    case 'commits':
      return put(tables.commits, write.row.key, write.row);
    case 'blobs':
      return put(tables.blobs, write.row.hash, write.row.bytes);
    case 'settings':
      return write.row.value === null
        ? drop(tables.settings, write.row.key)
        : put(tables.settings, write.row.key, write.row.value);
    case 'plan_iterations':
      return append(tables.iterations, write.table, write.row.plan, write.row, (row) => row.iteration);
    case 'plan_events':
      return append(tables.planEvents, write.table, write.row.plan, write.row, (row) => row.seq);
    case 'events':
      return append(tables.events, write.table, write.row.run, write.row, (row) => row.seq);
  }
}

function put<V>(table: Map<string, V>, key: string, value: V): () => void {
  const had = table.has(key);
  const before = table.get(key);
  table.set(key, value);
  return () => void (had ? table.set(key, before as V) : table.delete(key));
}

/** Whatever is written comes to stand last, as in the database. */
function putLast<V>(table: Map<string, V>, key: string, value: V): () => void {
  const undo = [drop(table, key), put(table, key, value)];
  return () => undo.reverse().forEach((back) => back());
}

function drop<V>(table: Map<string, V>, key: string): () => void {
  const before = [...table];
  if (!table.delete(key)) return () => undefined;
  return () => {
    table.clear(); // a row that comes back stands where it stood
    for (const [name, value] of before) table.set(name, value);
  };
}

function append<T>(
  table: Map<string, T[]>,
  name: string,
  owner: string,
  row: T,
  number: (row: T) => number,
): () => void {
  const list = table.get(owner) ?? [];
  const at = number(row);
  let place = list.length;
  while (place > 0 && number(list[place - 1] as T) >= at) place -= 1;
  if (list[place] !== undefined && number(list[place] as T) === at) throw conflict(name, `${owner}/${at}`);
  list.splice(place, 0, row);
  table.set(owner, list);
  return () => void list.splice(list.indexOf(row), 1);
}

function removePlan(tables: Tables, plan: string): () => void {
  const undo = [
    drop(tables.plans, plan),
    drop(tables.iterations, plan),
    drop(tables.planEvents, plan),
    ...[...tables.calls].filter(([, row]) => row.run === plan).map(([key]) => drop(tables.calls, key)),
    ...dropOwned(tables, 'plan', plan),
  ];
  return () => undo.reverse().forEach((back) => back());
}

function removeRun(tables: Tables, run: string): () => void {
  const undo = [drop(tables.runs, run), drop(tables.events, run)];
  for (const table of [
    tables.steps,
    tables.calls,
    tables.approvals,
    tables.changeSets,
    tables.fileImages,
    tables.commits,
  ] as Map<string, { run: string }>[])
    for (const [key, row] of [...table]) if (row.run === run) undo.push(drop(table, key));
  undo.push(...dropOwned(tables, 'run', run));
  return () => undo.reverse().forEach((back) => back());
}

function dropOwned({ settings }: Tables, of: 'plan' | 'run', id: string): (() => void)[] {
  const { keys, below } = ownedRows(of, id);
  return [...settings.keys()]
    .filter((key) => keys.includes(key) || below.some((beginning) => key.startsWith(beginning)))
    .map((key) => drop(settings, key));
}

/**
 * Runs. Their frozen configuration and list of tasks can be many KB and do not change, while the
 * record itself is written with every commit: they stand in a table of their own and are written only
 * when they differ from what was written last.
 */
import { runRecordSchema, type RunRecord } from '../../../core/model/run.js';
import type { SqlFile, SqlValue } from '../durable-sqljs.js';
import type { RunCost } from '../../../core/ports/ports.js';
import { removeOwned } from './settings.js';
import { below, pack, statement, unpack, upsert, type Statement } from './statement.js';

const PUT_RUN = upsert('runs', ['id', 'status', 'created', 'json']);
const PUT_RUN_CONFIG = upsert('run_configs', ['run', 'json']);

const HOT = ['id', 'status', 'createdAt', 'config', 'tasks'];

export function putRun(row: RunRecord): Statement[] {
  const frozen = JSON.stringify({ config: row.config, tasks: row.tasks });
  const record = statement('runs', row.id, PUT_RUN, row.id, row.status, row.createdAt, pack(row, HOT));
  const config = statement('run_configs', row.id, PUT_RUN_CONFIG, row.id, frozen);
  return [record, { ...config, unlessSame: { owner: row.id, text: frozen } }];
}

export function removeRun(id: string): Statement[] {
  const [from, to] = below(id);
  return [
    statement('runs', id, 'DELETE FROM runs WHERE id = ?', id),
    {
      ...statement('run_configs', id, 'DELETE FROM run_configs WHERE run = ?', id),
      unlessSame: { owner: id, text: null },
    },
    statement('events', id, 'DELETE FROM events WHERE run = ?', id),
    statement('steps', id, 'DELETE FROM steps WHERE key >= ? AND key < ?', from, to),
    statement('calls', id, 'DELETE FROM calls WHERE key >= ? AND key < ?', from, to),
    statement('approvals', id, 'DELETE FROM approvals WHERE run = ?', id),
    statement('change_sets', id, 'DELETE FROM change_sets WHERE run = ?', id),
    statement('file_images', id, 'DELETE FROM file_images WHERE run = ?', id),
    statement('commits', id, 'DELETE FROM commits WHERE run = ?', id),
    ...removeOwned('run', id),
  ];
}

// rowid: the order in which runs began here, whatever the clock said.
const SELECT = 'SELECT r.id, r.status, r.created, r.json, c.json FROM runs r LEFT JOIN run_configs c ON c.run = r.id';

function readRun([id, status, created, json, frozen]: SqlValue[]): RunRecord {
  const fixed = unpack(runRecordSchema.pick({ config: true, tasks: true }), 'run_configs', String(id), frozen, {});
  return unpack(runRecordSchema, 'runs', String(id), json, { id, status, createdAt: created, ...fixed });
}

export const findRun = (db: SqlFile, id: string): RunRecord | undefined => {
  const row = db.get(`${SELECT} WHERE r.id = ?`, [id]);
  return row && readRun(row);
};

/** Of the JSON only what is asked for: a run's configuration can be many KB. */
const part = (name: string): string => `'${name}', json_extract(json, '$.${name}')`;
const COSTS = `SELECT id, json_object(${['costUsd', 'tokens', 'rerunOf'].map(part).join(', ')}) FROM runs`;
const costSchema = runRecordSchema
  .pick({ id: true, costUsd: true })
  .extend({ tokens: runRecordSchema.shape.tokens.nullable(), rerunOf: runRecordSchema.shape.rerunOf.nullable() });

export const listRunCosts = (db: SqlFile, plan: string): RunCost[] =>
  db.all(`${COSTS} WHERE json_extract(json, '$.plan') = ? ORDER BY id`, [plan]).map(([id, json]) => {
    const { rerunOf, tokens, ...rest } = unpack(costSchema, 'runs', String(id), json, { id });
    return { ...rest, tokens: tokens ?? 0, ...(rerunOf && { rerunOf }) };
  });

export const listRunsIn = (db: SqlFile, statuses: readonly string[]): RunRecord[] =>
  db
    .all(`${SELECT} WHERE r.status IN (SELECT value FROM json_each(?)) ORDER BY r.rowid DESC`, [
      JSON.stringify(statuses),
    ])
    .map(readRun);

export const listRuns = (db: SqlFile, limit: number): RunRecord[] =>
  db.all(`${SELECT} ORDER BY r.rowid DESC LIMIT ?`, [limit]).map(readRun);

/**
 * Steps and their calls. Keys are derived (run/task/attempt/stage/visit and step/n), so a
 * run's or a step's rows are a range of keys.
 */
import {
  callKey,
  callRecordSchema,
  stepRecordSchema,
  type CallRecord,
  type StepRecord,
} from '../../../core/model/records.js';
import type { SqlFile, SqlValue } from '../durable-sqljs.js';
import { below, invalid, pack, statement, unpack, upsert, type Statement } from './statement.js';

const PUT_STEP = upsert('steps', ['key', 'task', 'ord', 'status', 'at', 'json']);

const STEP_HOT = ['key', 'task', 'order', 'status', 'startedAt', 'run'];
const CALL_HOT = ['key', 'run', 'step', 'n', 'status', 'startedAt'];

/** Errors: record-invalid for a key that is not below its run. */
export function putStep(row: StepRecord): Statement {
  if (!row.key.startsWith(`${row.run}/`)) throw invalid('steps', row.key);
  return statement(
    'steps',
    row.key,
    PUT_STEP,
    row.key,
    row.task,
    row.order,
    row.status,
    row.startedAt,
    pack(row, STEP_HOT),
  );
}

/** Errors: record-invalid for a key that is not step/n. */
export function putCall(row: CallRecord): Statement {
  if (row.key !== callKey(row.step, row.n) || !row.step.startsWith(`${row.run}/`)) throw invalid('calls', row.key);
  return statement(
    'calls',
    row.key,
    'INSERT INTO calls(key, run, status, at, json) VALUES (?, ?, ?, ?, ?) ON CONFLICT(key) ' +
      'DO UPDATE SET status = excluded.status, at = excluded.at, json = excluded.json',
    row.key,
    row.run,
    row.status,
    row.startedAt,
    pack(row, CALL_HOT),
  );
}

const STEP = 'SELECT key, task, ord, status, at, json FROM steps';
const CALL = 'SELECT key, run, status, at, json FROM calls';

function readStep([key, task, order, status, at, json]: SqlValue[]): StepRecord {
  // the run is what stands before /task/attempt/… ; ids of runs hold no slash
  const run = String(key).slice(0, String(key).indexOf('/'));
  return unpack(stepRecordSchema, 'steps', String(key), json, { key, run, task, order, status, startedAt: at });
}

function readCall([key, run, status, at, json]: SqlValue[]): CallRecord {
  const slash = String(key).lastIndexOf('/');
  const [step, n] = [String(key).slice(0, slash), Number(String(key).slice(slash + 1))];
  return unpack(callRecordSchema, 'calls', String(key), json, { key, run, step, n, status, startedAt: at });
}

export const findStep = (db: SqlFile, key: string): StepRecord | undefined => {
  const row = db.get(`${STEP} WHERE key = ?`, [key]);
  return row && readStep(row);
};

export function listSteps(db: SqlFile, run: string, task?: string): StepRecord[] {
  const rows =
    task === undefined
      ? db.all(`${STEP} WHERE key >= ? AND key < ? ORDER BY ord`, below(run))
      : db.all(`${STEP} WHERE key >= ? AND key < ? AND task = ? ORDER BY ord`, [...below(`${run}/${task}`), task]);
  return rows.map(readStep);
}

export const findCall = (db: SqlFile, key: string): CallRecord | undefined => {
  const row = db.get(`${CALL} WHERE key = ?`, [key]);
  return row && readCall(row);
};

/** A task's id may hold slashes, so the range may reach into another step's calls. */
export const listCalls = (db: SqlFile, step: string): CallRecord[] =>
  db
    .all(`${CALL} WHERE key >= ? AND key < ?`, below(step))
    .map(readCall)
    .filter((call) => call.step === step)
    .sort((a, b) => a.n - b.n);

/** What was done to files: change sets, images of the files touched, commits. */
import { changeSetSchema, type ChangeSet } from '../../../core/model/change-set.js';
import { commitRecordSchema, fileImageSchema, type CommitRecord, type FileImage } from '../../../core/model/records.js';
import type { SqlFile, SqlValue } from '../durable-sqljs.js';
import { pack, statement, unpack, upsert, type Statement } from './statement.js';

const PUT_CHANGE_SET = upsert('change_sets', ['id', 'run', 'status', 'json']);
const PUT_FILE_IMAGE = upsert('file_images', ['key', 'run', 'task', 'ord', 'at', 'json']);
const PUT_COMMIT = upsert('commits', ['key', 'run', 'at', 'json']);

export const putChangeSet = (row: ChangeSet): Statement =>
  statement('change_sets', row.id, PUT_CHANGE_SET, row.id, row.run, row.status, pack(row, ['id', 'run', 'status']));

export const putFileImage = (row: FileImage): Statement =>
  statement(
    'file_images',
    row.key,
    PUT_FILE_IMAGE,
    row.key,
    row.run,
    row.task,
    row.order,
    row.at,
    pack(row, ['key', 'run', 'task', 'order', 'at']),
  );

export const putCommit = (row: CommitRecord): Statement =>
  statement('commits', row.key, PUT_COMMIT, row.key, row.run, row.at, pack(row, ['key', 'run', 'at']));

const SET = 'SELECT id, run, status, json FROM change_sets';
const readSet = ([id, run, status, json]: SqlValue[]): ChangeSet =>
  unpack(changeSetSchema, 'change_sets', String(id), json, { id, run, status });

export const findChangeSet = (db: SqlFile, id: string): ChangeSet | undefined => {
  const row = db.get(`${SET} WHERE id = ?`, [id]);
  return row && readSet(row);
};
export const listChangeSets = (db: SqlFile, run: string): ChangeSet[] =>
  db.all(`${SET} WHERE run = ? ORDER BY n`, [run]).map(readSet);

const IMAGE = 'SELECT key, run, task, ord, at, json, n FROM file_images';
const readImage = ([key, run, task, order, at, json]: SqlValue[]): FileImage =>
  unpack(fileImageSchema, 'file_images', String(key), json, { key, run, task, order, at });

/**
 * In order of `ord`, then as they were first written.
 * Sorted here: to say so in SQL makes asking for a task that has none, as most do, ten times as slow.
 */
export function listFileImages(db: SqlFile, run: string, task?: string): FileImage[] {
  const rows =
    task === undefined
      ? db.all(`${IMAGE} WHERE run = ?`, [run])
      : db.all(`${IMAGE} WHERE run = ? AND task = ?`, [run, task]);
  const [order, n] = [3, 6];
  return rows.sort((a, b) => Number(a[order]) - Number(b[order]) || Number(a[n]) - Number(b[n])).map(readImage);
}

export const listCommits = (db: SqlFile, run: string): CommitRecord[] =>
  db
    .all('SELECT key, at, json FROM commits WHERE run = ? ORDER BY n', [run])
    .map(([key, at, json]) => unpack(commitRecordSchema, 'commits', String(key), json, { key, run, at }));

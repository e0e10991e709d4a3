/** Settings: JSON by key; null removes. */
import { ownedRows } from '../../../core/model/small-rows.js';
import type { SqlFile, SqlValue } from '../durable-sqljs.js';
import { invalid, statement, within, type Statement } from './statement.js';

export const putSetting = (key: string, value: unknown): Statement =>
  value === null || value === undefined
    ? statement('settings', key, 'DELETE FROM settings WHERE key = ?', key)
    : statement(
        'settings',
        key,
        'INSERT INTO settings(key, json) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET json = excluded.json',
        key,
        JSON.stringify(value),
      );

/** The rows that go with a plan or a run. */
export function removeOwned(of: 'plan' | 'run', id: string): Statement[] {
  const { keys, below } = ownedRows(of, id);
  return [
    ...keys.map((key) => statement('settings', id, 'DELETE FROM settings WHERE key = ?', key)),
    ...below.map((beginning) =>
      statement('settings', id, 'DELETE FROM settings WHERE key >= ? AND key < ?', ...within(beginning)),
    ),
  ];
}

/** undefined = it is no JSON. */
function read(json: SqlValue | undefined): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(String(json)) };
  } catch {
    return undefined;
  }
}

/** Errors: record-invalid. */
export const findSetting = (db: SqlFile, key: string): unknown => {
  const row = db.get('SELECT json FROM settings WHERE key = ?', [key]);
  if (!row) return undefined;
  const found = read(row[0]);
  if (!found) throw invalid('settings', key);
  return found.value;
};

export const listSettings = (db: SqlFile, prefix: string): { key: string; value: unknown }[] =>
  db
    .all('SELECT key, json FROM settings WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key', [prefix])
    .map(([key, json]) => ({ key: String(key), value: read(json)?.value }));

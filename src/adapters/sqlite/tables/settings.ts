/** Settings: JSON by key; null removes. */
import type { SqlFile, SqlValue } from '../durable-sqljs.js';
import { invalid, statement, type Statement } from './statement.js';

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

function read(key: string, json: SqlValue | undefined): unknown {
  try {
    return JSON.parse(String(json));
  } catch (error) {
    throw invalid('settings', key, error);
  }
}

export const findSetting = (db: SqlFile, key: string): unknown => {
  const row = db.get('SELECT json FROM settings WHERE key = ?', [key]);
  return row && read(key, row[0]);
};

export const listSettings = (db: SqlFile, prefix: string): { key: string; value: unknown }[] =>
  db
    .all('SELECT key, json FROM settings WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 ORDER BY key', [prefix])
    .map(([key, json]) => ({ key: String(key), value: read(String(key), json) }));

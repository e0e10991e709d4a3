/** A row on its way in and out: hot columns beside, the rest in one JSON column, read back through its schema. */
import type { z } from 'zod';
import { OpenExecError } from '../../../core/errors.js';
import type { SqlParams, SqlValue } from '../durable-sqljs.js';

export interface Statement {
  sql: string;
  params: SqlParams;
  /** For the message when it violates a constraint. */
  table: string;
  key: string;
  /** Left out when exactly this was the last thing written for `owner`; null forgets what was. */
  unlessSame?: { owner: string; text: string | null };
}

export const statement = (table: string, key: string, sql: string, ...params: SqlValue[]): Statement => ({
  sql,
  params,
  table,
  key,
});

/** A row that takes the place of the one with its key: the first column. Names are the code's own, never data. */
export const upsert = (table: string, columns: readonly [string, ...string[]]): string => {
  const [key, ...others] = columns;
  const marks = columns.map(() => '?').join(', ');
  const replaced = others.map((name) => `${name} = excluded.${name}`).join(', ');
  return `INSERT INTO ${table}(${columns.join(', ')}) VALUES (${marks}) ON CONFLICT(${key}) DO UPDATE SET ${replaced}`;
};

/** The row's JSON without the columns that stand beside it. */
export function pack(row: object, hot: readonly string[]): string {
  const rest: Record<string, unknown> = { ...row };
  for (const key of hot) rest[key] = undefined;
  return JSON.stringify(rest);
}

/** Errors: record-invalid. */
export function unpack<T>(
  schema: z.ZodType<T>,
  table: string,
  key: string,
  json: SqlValue | undefined,
  hot: Readonly<Record<string, unknown>>,
): T {
  try {
    const parsed: unknown = JSON.parse(String(json));
    return schema.parse(parsed !== null && typeof parsed === 'object' ? { ...parsed, ...hot } : parsed);
  } catch (error) {
    throw invalid(table, key, error);
  }
}

export const invalid = (table: string, key: string, cause?: unknown): OpenExecError =>
  new OpenExecError('record-invalid', { table, key }, `${table} ${key} could not be read`, { cause });

/** Bounds of every text that begins with `beginning`, which ends in a slash: '0' is the character after '/'. */
export const within = (beginning: string): [string, string] => [beginning, `${beginning.slice(0, -1)}0`];
export const below = (prefix: string): [string, string] => within(`${prefix}/`);

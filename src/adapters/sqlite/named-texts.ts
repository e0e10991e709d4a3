/**
 * Which stored texts rows name. Any 64 hexadecimal digits in any text column count: a table or field that came later is
 * then never forgotten, and what looks like a name by chance only keeps a text for longer.
 */
import type { z } from 'zod';
import type { textKindSchema } from '../../core/model/storage.js';
import type { SqlFile, SqlValue } from './durable-sqljs.js';

export type TextKind = z.infer<typeof textKindSchema>;

const ROWS_AT_ONCE = 500;
const NAME = /(?:"(\w+)":\s*)?"?\b([0-9a-f]{64})\b/g;

const kinds: Readonly<Record<string, TextKind>> = {
  log: 'logs',
  request: 'model',
  response: 'model',
  before: 'files',
  after: 'files',
  written: 'files',
  input: 'outputs',
  output: 'outputs',
};

/** Calls `named` for every name in `text`, with what the field it stands in says it is. */
export function namesIn(text: string, named: (hash: string, kind: TextKind) => void): void {
  if (text.length < 64) return;
  for (const [, field = '', hash = ''] of text.matchAll(NAME)) named(hash, kinds[field] ?? 'other');
}

/** All tables but the texts' own, some hundred rows a turn, so that commits get in between. */
export async function eachName(
  db: SqlFile,
  named: (hash: string, kind: TextKind) => void,
  signal: AbortSignal,
): Promise<void> {
  const tables = db
    .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'blobs'")
    .map(([name]) => quoted(String(name)));
  for (const table of tables) {
    const columns = db.all(`SELECT name, type, pk FROM pragma_table_info(${table.replaceAll('"', "'")})`);
    const texts = columns
      .filter(([, type]) => String(type).toUpperCase() === 'TEXT')
      .map(([name]) => quoted(String(name)));
    // Without a key of its own a table has SQLite's.
    const declared = columns
      .filter(([, , pk]) => Number(pk) > 0)
      .sort((a, b) => Number(a[2]) - Number(b[2]))
      .map(([name]) => quoted(String(name)));
    const key = declared.length > 0 ? declared : ['rowid'];
    if (texts.length === 0) continue;
    const order = key.join(', ');
    const select = `SELECT ${[...key, ...texts].join(', ')} FROM ${table}`;
    const portion = `ORDER BY ${order} LIMIT ${ROWS_AT_ONCE}`;
    const first = `${select} ${portion}`;
    const next = `${select} WHERE (${order}) > (${key.map(() => '?').join(', ')}) ${portion}`;
    let last: SqlValue[] | undefined;
    for (;;) {
      signal.throwIfAborted();
      const rows: SqlValue[][] = last ? db.all(next, last) : db.all(first);
      for (const row of rows)
        for (const value of row.slice(key.length)) if (typeof value === 'string') namesIn(value, named);
      if (rows.length < ROWS_AT_ONCE) break;
      last = rows.at(-1)?.slice(0, key.length);
      await new Promise(setImmediate);
    }
  }
}

/** Names of tables and columns come from our own schema. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

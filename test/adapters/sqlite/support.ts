/** Files for tests of the store, and the SQLite that Node brings as an independent reader. */
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

const require = createRequire(import.meta.url);
export const WASM = require.resolve('sql.js/dist/sql-wasm.wasm');

export function nativeRows(file: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(file);
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

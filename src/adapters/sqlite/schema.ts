/** Numbered migrations that only grow, and what is looked at before a file is trusted. */
import type { SqlFile } from './durable-sqljs.js';

/** 'OxEx': a file of another program is never taken for ours. */
export const APPLICATION_ID = 0x4f784578;

/**
 * Migration n brings a file from version n to n + 1. Never edit one that was released: add another.
 * Columns hold what is looked up or sorted by; the rest of a row is JSON, read back through the schemas of core/model.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE plans(id TEXT PRIMARY KEY, created INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE TABLE plan_iterations(plan TEXT NOT NULL, iteration INTEGER NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY(plan, iteration)) STRICT, WITHOUT ROWID;
  CREATE TABLE runs(id TEXT PRIMARY KEY, status TEXT NOT NULL, created INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX runs_by_time ON runs(created, id);
  CREATE TABLE run_configs(run TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE events(run TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, v INTEGER NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY(run, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE steps(key TEXT PRIMARY KEY, task TEXT NOT NULL, ord INTEGER NOT NULL, status TEXT NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE calls(key TEXT PRIMARY KEY, run TEXT NOT NULL, status TEXT NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE approvals(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL, status TEXT NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX approvals_of_run ON approvals(run, at);
  CREATE INDEX approvals_waiting ON approvals(at) WHERE status = 'pending';
  CREATE TABLE change_sets(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL, status TEXT NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX change_sets_of_run ON change_sets(run);
  CREATE TABLE file_images(n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, run TEXT NOT NULL, task TEXT NOT NULL, ord INTEGER NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX file_images_of_run ON file_images(run, ord);
  CREATE TABLE commits(n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, run TEXT NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX commits_of_run ON commits(run);
  CREATE TABLE settings(key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `CREATE TABLE blobs(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;`,
  `
  CREATE TABLE plan_events(
    plan TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    v INTEGER NOT NULL,
    type TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY(plan, seq)
  ) STRICT, WITHOUT ROWID;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

const TABLES = [
  'plans',
  'plan_iterations',
  'runs',
  'run_configs',
  'events',
  'steps',
  'calls',
  'approvals',
  'change_sets',
  'file_images',
  'commits',
  'settings',
  'blobs',
  'plan_events',
];

/**
 * A whole check reads every page;
 * above this only the schema is looked at, and SQLite's own checks stand when a page is read.
 */
const WHOLE_CHECK_BYTES = 16 * 1024 * 1024;

export type Inspection =
  | { state: 'empty' }
  | { state: 'known'; version: number }
  | { state: 'newer'; version: number }
  | { state: 'damaged'; detail: string };

/** Looks at an open file; throws SqliteError where SQLite itself finds it damaged. */
export function inspect(db: SqlFile, sizeInBytes: number): Inspection {
  const version = Number(db.get('PRAGMA user_version')?.[0]);
  const application = Number(db.get('PRAGMA application_id')?.[0]);
  const things = db
    .all('SELECT type, name FROM sqlite_schema')
    .map(([type, name]) => `${String(type)} ${String(name)}`);
  if (version === 0 && application === 0 && things.length === 0) return { state: 'empty' };
  if (application !== APPLICATION_ID) return { state: 'damaged', detail: `application id ${application}` };
  if (version > SCHEMA_VERSION) return { state: 'newer', version };
  const active = things.find((thing) => /^(trigger|view) /.test(thing));
  if (active) return { state: 'damaged', detail: `an unexpected ${active}` };
  const missing = version === SCHEMA_VERSION ? TABLES.find((table) => !things.includes(`table ${table}`)) : undefined;
  if (missing) return { state: 'damaged', detail: `no table ${missing}` };
  if (sizeInBytes <= WHOLE_CHECK_BYTES) {
    const found = String(db.get('PRAGMA quick_check(1)')?.[0]);
    if (found !== 'ok') return { state: 'damaged', detail: found };
  }
  return { state: 'known', version };
}

/** Brings the file to `SCHEMA_VERSION`, each step in a transaction of its own. */
export function migrate(db: SqlFile, from: number): void {
  for (let version = from; version < SCHEMA_VERSION; version++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(MIGRATIONS[version] ?? '');
      if (version === 0) db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      db.exec(`PRAGMA user_version = ${version + 1}; COMMIT`);
    } catch (error) {
      rollback(db);
      throw error;
    }
  }
}

/** After a failure SQLite may have rolled back already; then there is nothing to do. */
export function rollback(db: SqlFile): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // "no transaction is active": the failed statement ended it
  }
}

/** Small blobs, in the transaction of the rows that name them. Large ones are files beside the database. */
import { SMALL_BLOB } from '../../../core/ports/ports.js';
import { sha256 } from '../sha256.js';
import type { SqlFile } from '../durable-sqljs.js';
import { invalid, statement, type Statement } from './statement.js';

/** Errors: record-invalid for one that is too large or has another hash. */
export function putSmallBlob({ hash, bytes }: { hash: string; bytes: Uint8Array }): Statement {
  if (bytes.length > SMALL_BLOB || sha256(bytes) !== hash) throw invalid('blobs', hash);
  return statement(
    'blobs',
    hash,
    'INSERT INTO blobs(hash, bytes) VALUES (?, ?) ON CONFLICT(hash) DO NOTHING',
    hash,
    Uint8Array.from(bytes),
  );
}

export function findSmallBlob(db: SqlFile, hash: string): Uint8Array | undefined {
  const found = db.get('SELECT bytes FROM blobs WHERE hash = ?', [hash])?.[0];
  // SQLite gives an empty blob as null.
  return found instanceof Uint8Array ? found : found === null ? new Uint8Array() : undefined;
}

/** From what the operating system and SQLite say to the error codes of the Store port. */
import { OpenExecError } from '../../core/errors.js';

/** What SQLite answered, with the operating system's own code when one was behind it. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';

  constructor(
    /** Primary result code: sqlite.org/rescode.html. */
    readonly result: number,
    message: string,
    readonly host: string | undefined,
    readonly lost: boolean,
  ) {
    super(host === undefined ? message : `${message} (${host})`);
  }
}

export const SQLITE = {
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  CONSTRAINT: 19,
  NOTADB: 26,
} as const;

/** `ENOSPC` and its like: the code of an error thrown by node:fs. */
export function hostCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** store-full, store-unwritable or store-lost for what the operating system refused; undefined for anything else. */
export function refusedError(code: string | undefined, where: string, cause: unknown): OpenExecError | undefined {
  if (code === undefined) return undefined;
  if (FULL.has(code)) return new OpenExecError('store-full', {}, `${where}: ${code}`, { cause });
  return new OpenExecError('store-unwritable', { path: where, reason: code }, `${where}: ${code}`, { cause });
}

/**
 * Damage found while the file is open counts as lost: nothing more is written, and the next start sets the file aside.
 */
export function storeError(error: unknown, where: string): OpenExecError {
  if (error instanceof OpenExecError) return error;
  if (error instanceof SqliteError) {
    if (error.lost) return new OpenExecError('store-lost', {}, error.message, { cause: error });
    const refused = refusedError(error.host, where, error);
    if (refused) return refused;
    if (error.result === SQLITE.FULL) return new OpenExecError('store-full', {}, error.message, { cause: error });
    if (isDamage(error)) return new OpenExecError('store-lost', {}, error.message, { cause: error });
    if (error.result === SQLITE.READONLY || error.result === SQLITE.IOERR || error.result === SQLITE.CANTOPEN)
      return new OpenExecError('store-unwritable', { path: where, reason: error.message }, error.message, {
        cause: error,
      });
    return new OpenExecError('internal', { detail: error.message }, error.message, { cause: error });
  }
  return (
    refusedError(hostCode(error), where, error) ??
    new OpenExecError('internal', { detail: String(error) }, String(error), { cause: error })
  );
}

export const isDamage = (error: unknown): boolean =>
  error instanceof SqliteError && (error.result === SQLITE.CORRUPT || error.result === SQLITE.NOTADB);

/**
 * Text that a row names by its hash: small ones go into the same transaction as the row, large ones become files first.
 */
import { encodeUtf8 } from '../../base/bytes.js';
import type { Hash } from '../model/primitives.js';
import { SMALL_BLOB, type Ports } from '../ports/ports.js';
import type { Journal } from './journal.js';

/** Whoever writes: a run, or a planning. */
export interface Keeper {
  readonly journal: Pick<Journal, 'note'>;
  readonly ports: Pick<Ports, 'store' | 'hasher'>;
}

/** Readable once the journal's next commit is durable. */
export async function keepText({ ports, journal }: Keeper, text: string): Promise<Hash> {
  const { store, hasher } = ports;
  const bytes = encodeUtf8(text);
  if (bytes.length > SMALL_BLOB) return await store.putBlob(bytes);
  const hash = hasher.sha256(bytes);
  journal.note([{ table: 'blobs', row: { hash, bytes } }]);
  return hash;
}

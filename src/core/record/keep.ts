/** Text that a row names by its hash: small ones go into the same transaction as the row, large ones become files first. */
import { encodeUtf8 } from '../../base/bytes.js';
import type { Hash } from '../model/primitives.js';
import { SMALL_BLOB } from '../ports/ports.js';
import type { RunPart } from './live-run.js';

/** Readable once the journal's next commit is durable. */
export async function keepText(run: RunPart<'journal', 'store' | 'hasher'>, text: string): Promise<Hash> {
  const { store, hasher } = run.ports;
  const bytes = encodeUtf8(text);
  if (bytes.length > SMALL_BLOB) return await store.putBlob(bytes);
  const hash = hasher.sha256(bytes);
  run.journal.note([{ table: 'blobs', row: { hash, bytes } }]);
  return hash;
}

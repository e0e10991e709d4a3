/**
 * What a save participant made of a file stands on the disk only:
 * it is kept as a text, since commits and rollbacks start from it.
 */
import type { Hash, Root } from '../../model/primitives.js';
import type { Ports, WriteOutcome } from '../../ports/ports.js';

/**
 * `expected`: the text each path was to get, stored already.
 * A file that changed yet again since it was read back counts as it is now.
 */
export async function keepWritten(
  ports: Pick<Ports, 'workspace' | 'store'>,
  root: Root,
  outcomes: readonly WriteOutcome[],
  expected: ReadonlyMap<string, Hash | null>,
): Promise<WriteOutcome[]> {
  const kept: WriteOutcome[] = [];
  for (const outcome of outcomes) {
    const other = outcome.written !== null && outcome.written !== expected.get(outcome.path) && !outcome.leftUnsaved;
    const bytes = other ? await ports.workspace.read(root, outcome.path) : undefined;
    kept.push(other ? { ...outcome, written: bytes ? await ports.store.putBlob(bytes) : null } : outcome);
  }
  return kept;
}

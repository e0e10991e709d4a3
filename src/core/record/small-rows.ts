/**
 * Reading and writing small rows: every one goes through the schema of its kind, both ways. A row that does not fit was
 * written by another version, or by hand: it has no value, stays as it is, and is named once in the log.
 */
import { isOpenExecError, OpenExecError } from '../errors.js';
import { rowKey, rowKinds, type RowKey, type RowKind, type RowValue } from '../model/small-rows.js';
import type { Condition, Ports, Store, Write } from '../ports/ports.js';

type World = Pick<Ports, 'store' | 'log'>;

export interface FoundRow<K extends RowKind> {
  key: string;
  /** What follows the kind, and the part of the key that was asked for. */
  name: string;
  /** undefined = it does not fit. */
  value: RowValue<K> | undefined;
  /** As it stands in the store: what a condition compares. */
  stored: unknown;
}

/** The value is stored as it is given. Errors: internal, for one that could not be read back. */
export function writeRow<K extends RowKind>(kind: K, key: RowKey<K>, value: RowValue<K>): Write {
  const { success, error } = rowKinds[kind].value.safeParse(value);
  if (!success) throw new OpenExecError('internal', { detail: `no ${kind} row: ${error.message}` });
  return { table: 'settings', row: { key: rowKey(kind, key), value } };
}

export const removeRow = <K extends RowKind>(kind: K, key: RowKey<K>): Write => ({
  table: 'settings',
  row: { key: rowKey(kind, key), value: null },
});

/** Holds while the row is as it was found; undefined = while there is none. */
export const unchangedRow = <K extends RowKind>(
  kind: K,
  key: RowKey<K>,
  found: Pick<FoundRow<K>, 'stored'> | undefined,
): Condition => ({ table: 'settings', key: rowKey(kind, key), is: found ? found.stored : null });

/** undefined = there is no such row. */
export async function findRow<K extends RowKind>(
  world: World,
  kind: K,
  key: RowKey<K>,
): Promise<FoundRow<K> | undefined> {
  const full = rowKey(kind, key);
  let stored: unknown;
  try {
    stored = await world.store.setting(full);
  } catch (error) {
    if (!isOpenExecError(error, 'record-invalid')) throw error;
    return read(world, kind, full, '', undefined);
  }
  return stored === undefined ? undefined : read(world, kind, full, '', stored);
}

/** undefined = there is no such row, or it does not fit: what that means is the same here. */
export const readRow = async <K extends RowKind>(
  world: World,
  kind: K,
  key: RowKey<K>,
): Promise<RowValue<K> | undefined> => (await findRow(world, kind, key))?.value;

/** Rows of a kind, by key; `of`: those of one plan or run. */
export async function listRows<K extends RowKind>(world: World, kind: K, of?: string): Promise<FoundRow<K>[]> {
  const beginning = `${rowKey(kind, of === undefined ? [] : [of])}/`;
  const rows = await world.store.settings(beginning);
  return rows.map(({ key, value }) => read(world, kind, key, key.slice(beginning.length), value));
}

/** The row of another owner under this one's key, unread and as it stands. */
export async function copyRow<K extends RowKind>(
  store: Store,
  kind: K,
  from: RowKey<K>,
  to: RowKey<K>,
): Promise<Write[]> {
  const value = await store.setting(rowKey(kind, from));
  return value === undefined ? [] : [{ table: 'settings', row: { key: rowKey(kind, to), value } }];
}

/** For a row without which it cannot go on. Errors: record-invalid. */
export function valueOf<K extends RowKind>({ key, value }: FoundRow<K>): RowValue<K> {
  if (value === undefined) throw new OpenExecError('record-invalid', { table: 'settings', key });
  return value;
}

function read<K extends RowKind>(world: World, kind: K, key: string, name: string, stored: unknown): FoundRow<K> {
  const parsed = rowKinds[kind].value.safeParse(stored);
  if (!parsed.success) nameOnce(world, key);
  return { key, name, value: parsed.data as RowValue<K> | undefined, stored };
}

const named = new WeakMap<Store, Set<string>>();

function nameOnce({ store, log }: World, key: string): void {
  const known = named.get(store) ?? new Set();
  named.set(store, known);
  if (known.has(key)) return;
  known.add(key);
  log.warn('A stored row could not be read; it counts for nothing and stays as it is', { key });
}

/**
 * Events: append-only, numbered within their run, versioned.
 * Those of a former version are brought up to date as they are read.
 */
import { z } from 'zod';
import { EVENT_VERSION, runEventSchema, type RunEvent } from '../../../core/model/event.js';
import { eventUpcasts, upcastEvent, type StoredEvent, type Upcasts } from '../../../core/model/upcast.js';
import type { SqlFile } from '../durable-sqljs.js';
import { pack, statement, unpack, type Statement } from './statement.js';

const HOT = ['run', 'seq', 'at', 'v', 'type'];

export const addEvent = (row: RunEvent): Statement =>
  statement(
    'events',
    `${row.run}/${row.seq}`,
    'INSERT INTO events(run, seq, at, v, type, json) VALUES (?, ?, ?, ?, ?, ?)',
    row.run,
    row.seq,
    row.at,
    row.v,
    row.type,
    pack(row, HOT),
  );

export function listEvents(
  db: SqlFile,
  run: string,
  afterSeq: number,
  limit: number,
  upcasts: Upcasts = eventUpcasts,
): RunEvent[] {
  const older = z.preprocess((stored) => upcastEvent(stored as StoredEvent, upcasts), runEventSchema);
  return db
    .all('SELECT seq, at, v, type, json FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?', [
      run,
      afterSeq,
      limit,
    ])
    .map(([seq, at, v, type, json]) =>
      unpack(v === EVENT_VERSION ? runEventSchema : older, 'events', `${run}/${String(seq)}`, json, {
        run,
        seq,
        at,
        v,
        type,
      }),
    );
}

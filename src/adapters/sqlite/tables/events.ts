/** Events: append-only, numbered within their run, versioned. */
import { runEventSchema, type RunEvent } from '../../../core/model/event.js';
import type { SqlFile } from '../durable-sqljs.js';
import { pack, statement, unpack, type Statement } from './statement.js';

const HOT = ['run', 'seq', 'at', 'v', 'type'];

export const addEvent = (row: RunEvent): Statement =>
  statement('events', `${row.run}/${row.seq}`, 'INSERT INTO events(run, seq, at, v, type, json) VALUES (?, ?, ?, ?, ?, ?)', row.run, row.seq, row.at, row.v, row.type, pack(row, HOT));

export const listEvents = (db: SqlFile, run: string, afterSeq: number, limit: number): RunEvent[] =>
  db
    .all('SELECT seq, at, v, type, json FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?', [run, afterSeq, limit])
    .map(([seq, at, v, type, json]) => unpack(runEventSchema, 'events', `${run}/${String(seq)}`, json, { run, seq, at, v, type }));

/** How plans were made: append-only, numbered within the plan. */
import { planEventSchema, type PlanEvent } from '../../../core/model/plan-event.js';
import type { SqlFile } from '../durable-sqljs.js';
import { pack, statement, unpack, type Statement } from './statement.js';

export const addPlanEvent = (row: PlanEvent): Statement =>
  statement(
    'plan_events',
    `${row.plan}/${row.seq}`,
    'INSERT INTO plan_events(plan, seq, at, v, type, json) VALUES (?, ?, ?, ?, ?, ?)',
    row.plan,
    row.seq,
    row.at,
    row.v,
    row.type,
    pack(row, ['plan', 'seq', 'at', 'v', 'type']),
  );

export const listPlanEvents = (db: SqlFile, plan: string, afterSeq: number, limit: number): PlanEvent[] =>
  db
    .all('SELECT seq, at, v, type, json FROM plan_events WHERE plan = ? AND seq > ? ORDER BY seq LIMIT ?', [
      plan,
      afterSeq,
      limit,
    ])
    .map(([seq, at, v, type, json]) =>
      unpack(planEventSchema, 'plan_events', `${plan}/${String(seq)}`, json, { plan, seq, at, v, type }),
    );

const UNMADE = 'SELECT plan FROM plan_events WHERE plan NOT IN (SELECT id FROM plans)';

export const listUnmade = (db: SqlFile, before: number): string[] =>
  db.all(`${UNMADE} GROUP BY plan HAVING max(at) < ? ORDER BY plan`, [before]).map(([plan]) => String(plan));

/** Plans and their iterations. */
import { planRecordSchema, type PlanRecord } from '../../../core/model/plan.js';
import { iterationRecordSchema, type IterationRecord } from '../../../core/model/records.js';
import type { SqlFile, SqlValue } from '../durable-sqljs.js';
import { removeOwned } from './settings.js';
import { below, pack, statement, unpack, type Statement } from './statement.js';

/** Replaced, not updated: it then stands last, in the order in which plans were written, whatever the clock says. */
const PUT_PLAN = 'INSERT OR REPLACE INTO plans(id, created, json) VALUES (?, ?, ?)';

export const putPlan = (row: PlanRecord): Statement =>
  statement('plans', row.id, PUT_PLAN, row.id, row.createdAt, pack(row, ['id', 'createdAt']));

export const addIteration = (row: IterationRecord): Statement =>
  statement(
    'plan_iterations',
    `${row.plan}/${row.iteration}`,
    'INSERT INTO plan_iterations(plan, iteration, at, json) VALUES (?, ?, ?, ?)',
    row.plan,
    row.iteration,
    row.at,
    pack(row, ['plan', 'iteration', 'at']),
  );

export const removePlan = (id: string): Statement[] => [
  statement('plans', id, 'DELETE FROM plans WHERE id = ?', id),
  statement('plan_iterations', id, 'DELETE FROM plan_iterations WHERE plan = ?', id),
  statement('plan_events', id, 'DELETE FROM plan_events WHERE plan = ?', id),
  statement('calls', id, 'DELETE FROM calls WHERE key >= ? AND key < ?', ...below(id)),
  ...removeOwned('plan', id),
];

const readPlan = ([id, created, json]: SqlValue[]): PlanRecord =>
  unpack(planRecordSchema, 'plans', String(id), json, { id, createdAt: created });

export const findPlan = (db: SqlFile, id: string): PlanRecord | undefined => {
  const row = db.get('SELECT id, created, json FROM plans WHERE id = ?', [id]);
  return row && readPlan(row);
};

const headSchema = planRecordSchema.omit({ document: true });

/** The plan without its document, which is by far the most of it. */
export const findPlanHead = (db: SqlFile, id: string): Omit<PlanRecord, 'document'> | undefined => {
  const row = db.get("SELECT created, json_remove(json, '$.document') FROM plans WHERE id = ?", [id]);
  return row && unpack(headSchema, 'plans', id, row[1], { id, createdAt: row[0] });
};

export const listPlans = (db: SqlFile): PlanRecord[] =>
  db.all('SELECT id, created, json FROM plans ORDER BY rowid').map(readPlan);

export const listIterations = (db: SqlFile, plan: string): IterationRecord[] =>
  db
    .all('SELECT iteration, at, json FROM plan_iterations WHERE plan = ? ORDER BY iteration', [plan])
    .map(([iteration, at, json]) =>
      unpack(iterationRecordSchema, 'plan_iterations', `${plan}/${String(iteration)}`, json, { plan, iteration, at }),
    );

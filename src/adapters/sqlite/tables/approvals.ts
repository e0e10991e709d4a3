/** Questions to the operator and their answers. */
import { approvalSchema, type Approval } from '../../../core/model/approval.js';
import type { SqlFile, SqlValue } from '../durable-sqljs.js';
import { pack, statement, unpack, upsert, type Statement } from './statement.js';

const PUT_APPROVAL = upsert('approvals', ['id', 'run', 'status', 'at', 'json']);

const HOT = ['id', 'run', 'status', 'createdAt'];

export const putApproval = (row: Approval): Statement =>
  statement('approvals', row.id, PUT_APPROVAL, row.id, row.run, row.status, row.createdAt, pack(row, HOT));

const SELECT = 'SELECT id, run, status, at, json FROM approvals';
const read = ([id, run, status, at, json]: SqlValue[]): Approval =>
  unpack(approvalSchema, 'approvals', String(id), json, { id, run, status, createdAt: at });

export const findApproval = (db: SqlFile, id: string): Approval | undefined => {
  const row = db.get(`${SELECT} WHERE id = ?`, [id]);
  return row && read(row);
};
export const listPending = (db: SqlFile): Approval[] =>
  db.all(`${SELECT} WHERE status = 'pending' ORDER BY n`).map(read);
export const listApprovals = (db: SqlFile, run: string): Approval[] =>
  db.all(`${SELECT} WHERE run = ? ORDER BY n`, [run]).map(read);

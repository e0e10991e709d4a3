/** Conditions of a batch: encoded when it is handed in, asked inside its transaction. */
import { assertNever } from '../../../base/assert-never.js';
import type { Condition } from '../../../core/ports/ports.js';
import { sameValue, withoutDocument } from '../../../core/ports/same-row.js';
import type { SqlFile } from '../durable-sqljs.js';
import { findPlanHead } from './plans.js';

export interface Check {
  condition: Condition;
  /** Errors: record-invalid, for a row that cannot be read. */
  holds(db: SqlFile): boolean;
}

export function checkOf(condition: Condition): Check {
  switch (condition.table) {
    case 'approvals': {
      const { pending } = condition;
      return {
        condition,
        holds: (db) => db.get("SELECT 1 FROM approvals WHERE id = ? AND status = 'pending'", [pending]) !== undefined,
      };
    }
    case 'plans': {
      const head = structuredClone(withoutDocument(condition.unchanged));
      return { condition, holds: (db) => sameValue(findPlanHead(db, head.id), head) };
    }
    case 'settings': {
      const { key } = condition;
      const text = JSON.stringify(condition.is ?? null);
      return { condition, holds: (db) => isText(db.get('SELECT json FROM settings WHERE key = ?', [key])?.[0], text) };
    }
    default:
      return assertNever(condition, 'condition');
  }
}

/** A row that is no JSON is like no value. */
function isText(stored: unknown, text: string): boolean {
  if (stored === undefined) return text === 'null';
  if (stored === text) return true;
  try {
    return sameValue(JSON.parse(String(stored)), JSON.parse(text));
  } catch {
    return false;
  }
}

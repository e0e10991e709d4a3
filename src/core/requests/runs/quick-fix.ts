/** A one-off request as a plan of one task: what the engine runs is always a task of a story. */
import type { PlanDocument } from '../../model/plan.js';
import type { RunRecord } from '../../model/run.js';
import type { RowValue } from '../../model/small-rows.js';
import type { Write } from '../../ports/ports.js';
import { findRow, valueOf, writeRow } from '../../record/small-rows.js';
import type { Environment } from '../environment.js';

export const QUICK_FIX_TASK = 'QF-1';

export type QuickFix = RowValue<'quick-fix'>;

export const quickFixTitle = (fix: Pick<QuickFix, 'request'>): string => fix.request.split('\n')[0]?.slice(0, 80) ?? '';

export function quickFixDocument(fix: QuickFix): PlanDocument {
  return {
    schema_version: '1.1',
    goals: [],
    stories: [
      {
        id: 'QF',
        title: 'Quick fix',
        description: '',
        requirement_id: '',
        goal_id: '',
        depends_on: [],
        acceptance_criteria: [],
        verification_script: '',
        contract: '',
        tasks: [
          {
            id: QUICK_FIX_TASK,
            title: quickFixTitle(fix),
            description: fix.request,
            technical_strategy: '',
            depends_on: [],
            verification_script: fix.check,
            ...(fix.diagnostic && { diagnostic: fix.diagnostic }),
          },
        ],
      },
    ],
  };
}

export const quickFixRow = (run: string, { request, check, diagnostic }: QuickFix): Write =>
  writeRow('quick-fix', [run], { request, check, ...(diagnostic && { diagnostic }) });

/** Errors: record-invalid: its title alone, without its check, would be another request than the person's. */
export async function quickFixOf(env: Pick<Environment, 'ports'>, record: RunRecord): Promise<QuickFix> {
  const saved = await findRow(env.ports, 'quick-fix', [record.id]);
  return saved ? valueOf(saved) : { request: record.title, check: '' };
}

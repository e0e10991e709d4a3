/** A one-off request as a plan of one task: what the engine runs is always a task of a story. */
import { z } from 'zod';
import { diagnosticCheckSchema } from '../model/diagnostic.js';
import type { PlanDocument } from '../model/plan.js';
import type { RunRecord } from '../model/run.js';
import type { Write } from '../ports/ports.js';
import type { Environment } from './environment.js';

export const QUICK_FIX_TASK = 'QF-1';

const quickFixSchema = z.object({
  request: z.string(),
  check: z.string(),
  diagnostic: diagnosticCheckSchema.optional(),
});
export type QuickFix = z.infer<typeof quickFixSchema>;

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

const key = (run: string): string => `quick-fix/${run}`;

export const quickFixRow = (run: string, { request, check, diagnostic }: QuickFix): Write => ({
  table: 'settings',
  row: { key: key(run), value: { request, check, ...(diagnostic && { diagnostic }) } },
});

export async function quickFixOf(env: Pick<Environment, 'ports'>, record: RunRecord): Promise<QuickFix> {
  const saved = quickFixSchema.safeParse(await env.ports.store.setting(key(record.id)));
  return saved.success ? saved.data : { request: record.title, check: '' };
}

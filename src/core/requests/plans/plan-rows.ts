/** What is stored of a plan. */
import type { PlanRecord } from '../../model/plan.js';
import type { Write } from '../../ports/ports.js';

/** The plan, and an iteration of it where there is a summary. */
export const planRows = (plan: PlanRecord, summary?: string): Write[] => [
  { table: 'plans', row: plan },
  ...(summary === undefined
    ? []
    : [
        {
          table: 'plan_iterations' as const,
          row: {
            plan: plan.id,
            iteration: plan.iteration,
            author: plan.author,
            summary,
            document: plan.document,
            ...(plan.notes && { notes: plan.notes }),
            at: plan.updatedAt,
          },
        },
      ]),
];

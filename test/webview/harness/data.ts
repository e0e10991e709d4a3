/** A plan and its runs as the demo makes them: what the panel is shown with in tests. */
import type { Approval } from '../../../src/core/model/approval.js';
import type { EventBody, RunEvent } from '../../../src/core/model/event.js';
import { planRecordSchema, type PlanRecord, type Problem } from '../../../src/core/model/plan.js';
import type { TaskProgress } from '../../../src/core/model/requests.js';
import type { StepRecord } from '../../../src/core/model/records.js';
import { gantt } from '../../../src/core/plan/gantt.js';
import { runRecordSchema, type RunRecord } from '../../../src/core/model/run.js';
import type { PlanSpending } from '../../../src/core/model/spending.js';

export const ROOT = '/home/ada/quotes-api';
export const START = Date.UTC(2026, 4, 12, 14, 2, 0);

export interface World {
  plan: PlanRecord | null;
  problems: Problem[];
  spent?: PlanSpending;
  runs: { record: RunRecord; events: RunEvent[] }[];
  blobs: Map<string, string>;
  approvals: Approval[];
  /** How the plan's tasks stand over all its runs. */
  progress?: Record<string, TaskProgress>;
  /** Records of stages, by their key. */
  steps?: Map<string, StepRecord>;
}

export function blobStore() {
  const blobs = new Map<string, string>();
  return {
    blobs,
    put(text: string): string {
      const hash = (blobs.size + 1).toString(16).padStart(64, 'a');
      blobs.set(hash, text);
      return hash;
    },
  };
}

const task = (
  id: string,
  title: string,
  depends_on: string[],
  verification_script: string,
  technical_strategy: string,
) => ({ id, title, depends_on, verification_script, technical_strategy });

export const plan = (): PlanRecord =>
  planRecordSchema.parse({
    id: 'plan_01',
    root: ROOT,
    name: 'Quotes can be created and listed',
    iteration: 3,
    author: 'user',
    source: {
      kind: 'intent',
      text: 'Let clients create quotes over HTTP and list them by author.\nReject bad input with a message that names the field. Keep the response of GET /quotes as it is.',
    },
    model: 'recorded',
    createdAt: START - 600_000,
    updatedAt: START - 60_000,
    approval: { iteration: 3, at: START - 30_000, scripts: [] },
    document: {
      goals: [
        {
          id: 'G-001',
          title: 'Quotes can be created and listed',
          success_criteria: 'POST /quotes stores a quote; GET /quotes?author= filters',
          verification_method: 'npm test',
        },
        {
          id: 'G-002',
          title: 'Bad input is refused with a reason',
          success_criteria: 'Every missing or malformed field gives 400 and names the field',
          verification_method: 'npm test -- validation',
        },
      ],
      stories: [
        {
          id: 'US-001',
          title: 'Discovery: map the current routes',
          goal_id: 'G-001',
          tasks: [
            task(
              'T-US-001-001',
              'List routes and their shapes',
              [],
              'node --test test/routes.test.ts',
              'Read src/server.ts and write docs/routes.md with each route, its method, its parameters and its response.',
            ),
          ],
        },
        {
          id: 'US-002',
          title: 'POST /quotes with validation',
          goal_id: 'G-001',
          depends_on: ['US-001'],
          mode: 'parallel',
          tasks: [
            task(
              'T-US-002-001',
              'Add schema and handler',
              [],
              'node --test test/create.test.ts',
              'A plain validator in src/quotes.ts; the handler answers 201 with the stored quote.',
            ),
            task(
              'T-US-002-002',
              'Tests for bad input',
              ['T-US-002-001'],
              'node --test test/validation.test.ts',
              'Table-driven tests: one row per malformed body.',
            ),
            task(
              'T-US-002-003',
              'Rate limit per client',
              ['T-US-002-001'],
              'node --test test/rate.test.ts',
              'A sliding window in memory, 20 requests a minute, 429 with Retry-After.',
            ),
            task(
              'T-US-002-004',
              'Error body names the field',
              ['T-US-002-002'],
              'node --test test/errors.test.ts',
              'One error shape for all handlers: {error, field}.',
            ),
          ],
        },
        {
          id: 'US-003',
          title: 'List quotes by author',
          goal_id: 'G-002',
          depends_on: ['US-001'],
          pause_after: true,
          tasks: [
            task(
              'T-US-003-001',
              'Filter by author',
              [],
              'node --test test/filter.test.ts',
              'Read the query parameter in the list handler; compare without case.',
            ),
            task(
              'T-US-003-002',
              'Paginate',
              ['T-US-003-001'],
              'node --test test/pages.test.ts',
              'limit and offset with bounds; Link header for the next page.',
            ),
            task(
              'T-US-003-003',
              'Describe the API',
              ['T-US-003-002', 'T-US-002-004'],
              'node scripts/check-docs.ts',
              'docs/api.md: one example per route, checked by the script.',
            ),
          ],
        },
      ],
    },
  });

export const schedule = {
  order: [
    'T-US-001-001',
    'T-US-002-001',
    'T-US-003-001',
    'T-US-002-002',
    'T-US-002-003',
    'T-US-003-002',
    'T-US-002-004',
    'T-US-003-003',
  ],
  waves: [
    ['T-US-001-001'],
    ['T-US-002-001', 'T-US-003-001'],
    ['T-US-002-002', 'T-US-002-003', 'T-US-003-002'],
    ['T-US-002-004'],
    ['T-US-003-003'],
  ],
  critical: ['T-US-001-001', 'T-US-002-001', 'T-US-002-002', 'T-US-002-004', 'T-US-003-003'],
  hours: 8,
  spanHours: 5,
  estimates: {},
  problems: [],
  gantt: gantt(plan().document, 2),
};

export const problems: Problem[] = [
  {
    code: 'verification-fixed-sleep',
    severity: 'warning',
    path: 'stories[1].tasks[2].verification_script',
    subject: 'T-US-002-003',
    params: {},
    message: 'The verification waits a fixed time; wait for the thing itself instead.',
  },
  {
    code: 'many-requirements',
    severity: 'info',
    path: 'stories[1]',
    subject: 'US-002',
    params: {},
    message: 'US-002 and US-003 serve the same requirement.',
  },
];

/** Writes a run's events with growing numbers and times. */
export function recorder(run: string, start: number) {
  const events: RunEvent[] = [];
  let at = start;
  return {
    events,
    add(body: EventBody, ms = 400): void {
      at += ms;
      events.push({ ...body, v: 1, run, seq: events.length + 1, at } as RunEvent);
    },
  };
}

export function record(run: string, given: Partial<RunRecord> & { tasks: string[] }): RunRecord {
  return runRecordSchema.parse({
    id: run,
    root: ROOT,
    kind: 'plan',
    plan: 'plan_01',
    iteration: 3,
    title: 'Quotes can be created and listed',
    status: 'running',
    createdAt: START,
    config: {
      blueprint: { id: 'standard_task', text: '', hash: 'b'.repeat(64) },
      model: 'recorded',
      recorded: true,
      sandbox: 'workspace-write',
      approval: 'changes',
      onAsk: 'wait',
      commands: {},
      budget: { usd: 5, tokens: null, wallMs: null, calls: null },
      commits: true,
      maxTurns: 20,
      maxAttempts: 3,
      maxTotalRetries: 10,
      approvedScripts: [],
    },
    ...given,
  });
}

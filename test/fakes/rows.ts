/** Whole rows of every table for tests of stores; what a test is about is given, the rest stands. */
import { asRoot } from '../../src/core/model/primitives.js';
import type { Approval } from '../../src/core/model/approval.js';
import type { ChangeSet } from '../../src/core/model/change-set.js';
import type { RunEvent } from '../../src/core/model/event.js';
import type { PlanEvent, PlanEventBody } from '../../src/core/model/plan-event.js';
import type { PlanRecord } from '../../src/core/model/plan.js';
import {
  callKey,
  stepKey,
  type CallRecord,
  type CommitRecord,
  type FileImage,
  type IterationRecord,
  type StepRecord,
} from '../../src/core/model/records.js';
import type { RunRecord } from '../../src/core/model/run.js';

export const AT = 1_735_689_600_000;
export const ROOT = asRoot('/home/ada/quotes');
export const hashOf = (digit: string): string => digit.repeat(64);

const document = {
  schema_version: '1.1',
  goals: [],
  stories: [
    {
      id: 'US-001',
      title: 'Quotes',
      description: '',
      requirement_id: '',
      goal_id: '',
      depends_on: [],
      acceptance_criteria: ['“naïve” → ✓'],
      verification_script: '',
      contract: '',
      tasks: [
        {
          id: 'T-1',
          title: 'Parse',
          description: '',
          technical_strategy: 'a parser',
          depends_on: [],
          verification_script: 'node --test',
        },
      ],
    },
  ],
};

export const planEventRow = (
  plan: string,
  seq: number,
  body: PlanEventBody = { type: 'planning-failed', code: 'model-auth' },
  at = AT + seq,
): PlanEvent => ({ v: 1, plan, seq, at, ...body });

export const planRow = (id: string, given: Partial<PlanRecord> = {}): PlanRecord => ({
  id,
  root: ROOT,
  name: id,
  iteration: 0,
  author: 'user',
  document,
  source: { kind: 'intent', text: 'quotes' },
  degraded: false,
  model: '',
  archived: false,
  createdAt: AT,
  updatedAt: AT,
  ...given,
});

export const iterationRow = (plan: string, iteration: number): IterationRecord => ({
  plan,
  iteration,
  author: 'user',
  summary: `change ${iteration}`,
  document,
  at: AT + iteration,
});

export const runRow = (id: string, given: Partial<RunRecord> = {}): RunRecord => ({
  id,
  root: ROOT,
  kind: 'plan',
  plan: 'plan_1',
  iteration: 0,
  title: 'Quotes',
  tasks: ['T-1'],
  status: 'running',
  createdAt: AT,
  done: 0,
  costUsd: 0,
  tokens: 0,
  commits: 0,
  lastSeq: 0,
  config: {
    blueprint: { id: 'quick_fix', text: 'version: 1\nid: quick_fix\n', hash: hashOf('b') },
    model: 'recorded',
    reviewer: '',
    recorded: true,
    sandbox: 'workspace-write',
    approval: 'changes',
    onAsk: 'wait',
    commands: { lint: [], test: ['node --test'], build: [] },
    gates: [],
    budget: { usd: null, tokens: null, wallMs: null, calls: null },
    commits: true,
    branch: '',
    maxTurns: 20,
    maxAttempts: 3,
    maxTotalRetries: 12,
    maxParallel: 2,
    worktree: { link: [], setup: '' },
    approvedScripts: [],
  },
  ...given,
});

export const eventRow = (run: string, seq: number): RunEvent => ({
  v: 1,
  run,
  seq,
  at: AT + seq,
  type: 'warning',
  task: 'T-1',
  code: 'note',
  params: { seq },
});

export const stepRow = (run: string, order: number, given: Partial<StepRecord> = {}): StepRecord => {
  const task = given.task ?? 'T-1';
  return {
    key: stepKey(run, task, 1, given.stage ?? 'lint', given.visit ?? order),
    run,
    task,
    attempt: 1,
    stage: 'lint',
    visit: order,
    order,
    status: 'succeeded',
    startedAt: AT + order,
    finishedAt: AT + order + 5,
    summary: `step ${order}`,
    result: { findings: [1, 'two', null] },
    evidence: true,
    next: 'test',
    ...given,
  };
};

export const callRow = (run: string, step: string, n: number, given: Partial<CallRecord> = {}): CallRecord => ({
  key: callKey(step, n),
  run,
  step,
  n,
  kind: 'tool',
  name: 'read_file',
  status: 'started',
  input: hashOf('c'),
  startedAt: AT,
  ...given,
});

export const approvalRow = (id: string, run: string, given: Partial<Approval> = {}): Approval => ({
  id,
  run,
  task: 'T-1',
  stage: 'implement',
  status: 'pending',
  subject: { kind: 'change-set', changeSet: 'cs_1' },
  title: 'Change src/quotes.ts',
  why: 'changes are asked',
  createdAt: AT,
  ...given,
});

export const changeSetRow = (id: string, run: string, given: Partial<ChangeSet> = {}): ChangeSet => ({
  id,
  run,
  task: 'T-1',
  stage: 'implement',
  root: ROOT,
  title: 'Parse quotes',
  status: 'pending',
  files: [{ path: 'src/quotes.ts', op: 'create', before: null, after: hashOf('d'), added: 3, removed: 0, text: true }],
  ...given,
});

export const imageRow = (key: string, run: string, given: Partial<FileImage> = {}): FileImage => ({
  key,
  run,
  task: 'T-1',
  changeSet: 'cs_1',
  order: 0,
  root: ROOT,
  path: 'src/quotes.ts',
  before: null,
  after: hashOf('d'),
  at: AT,
  ...given,
});

export const commitRow = (key: string, run: string): CommitRecord => ({
  key,
  run,
  task: 'T-1',
  sha: 'a'.repeat(40),
  subject: 'Parse quotes',
  at: AT,
});

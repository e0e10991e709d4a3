/** A run's record, its frozen configuration, and the state that every view folds from its events. */
import { z } from 'zod';
import { assertNever } from '../../base/assert-never.js';
import type { AtMost, EventOf, RunEvent, Usage } from './event.js';
import { approvalLevelSchema, frozenRulesSchema, sandboxSchema } from './policy.js';
import { hashSchema, rootSchema, timeSchema, type Reason } from './primitives.js';
import { RUN_LIMITS } from './plain/run-limits.js';
import { noTime, timeAt, tookMs, type RunTime } from './plain/run-time.js';
import { spendSchema } from './spending.js';
import { storyCheckId } from './plain/story-check.js';
import {
  onAskSchema,
  runStatusSchema,
  settledTask,
  type RunStatus,
  type StageOutcome,
  type TaskStatus,
} from './status.js';

export const budgetSchema = z.object({
  usd: z.number().positive().nullable(),
  tokens: z.number().int().positive().nullable(),
  /** Wall time in ms. */
  wallMs: z.number().int().positive().nullable(),
  /** Model calls. */
  calls: z.number().int().positive().nullable(),
});
export type Budget = z.infer<typeof budgetSchema>;

/** Of a part of a run: its time is bounded by the stages' timeouts, its calls by their turns. */
export const partBudgetSchema = budgetSchema.pick({ usd: true, tokens: true });
export type PartBudget = z.infer<typeof partBudgetSchema>;

export const commandsSchema = z.object({
  lint: z.array(z.string()).default([]),
  test: z.array(z.string()).default([]),
  build: z.array(z.string()).default([]),
});
export type Commands = z.infer<typeof commandsSchema>;

/** A named check of the project, from its openexec.yaml. */
export const gateSchema = z.object({
  name: z.string(),
  command: z.string(),
  /** One that only warns never fails a stage. */
  mode: z.enum(['blocking', 'warning']),
  timeoutMs: z.number().int().positive(),
  /** Told to the model and the person when it fails. */
  fixHint: z.string(),
});
export type Gate = z.infer<typeof gateSchema>;

/** How the worktrees of parallel tasks are made ready. */
export const worktreeConfigSchema = z.object({
  /** Ignored folders of the root that are linked into each, where they exist. */
  link: z.array(z.string()).default([]),
  /** A shell line run once in each. */
  setup: z.string().default(''),
});
export type WorktreeConfig = z.infer<typeof worktreeConfigSchema>;

export { onAskSchema };

/** Answers in words that a run is given beforehand, in the order in which its questions come. */
export const givenAnswersSchema = z.array(z.string().trim().min(1).max(10_000)).max(100);

/** A run freezes this at the start; keys excepted, which are never here. */
export const runConfigSchema = z.object({
  blueprint: z.object({ id: z.string(), text: z.string(), hash: hashSchema }),
  model: z.string(),
  /** Model of stages with the role `reviewer`; '' = none, and those that require one are skipped. */
  reviewer: z.string().default(''),
  recorded: z.boolean(),
  sandbox: sandboxSchema,
  approval: approvalLevelSchema,
  onAsk: onAskSchema,
  /** Told beforehand to questions in words, in the order in which they come. */
  answers: givenAnswersSchema.optional(),
  commands: commandsSchema,
  gates: z.array(gateSchema).default([]),
  budget: budgetSchema,
  /** Of one task, and of one visit of a stage, within the run's; absent = no limit of their own. */
  taskBudget: partBudgetSchema.optional(),
  stageBudget: partBudgetSchema.optional(),
  commits: z.boolean(),
  /** Signed where git signs the person's own; absent = never. */
  signCommits: z.boolean().optional(),
  /**
   * Whether the check also runs in a worktree of what is to be committed: always, or where the person has uncommitted
   * changes in files of the task. Absent in runs of older versions: never.
   */
  verifyCommit: z.enum(['mixed', 'always']).optional(),
  /** Branch of the run's own, checked out when it starts; '' = whatever is checked out. */
  branch: z.string().default(''),
  /** Model turns in one visit of an agentic stage. */
  maxTurns: z.number().int().positive(),
  maxAttempts: z.number().int().positive(),
  maxTotalRetries: z.number().int().positive(),
  /**
   * Tasks at once in worktrees. The default is for runs of versions that froze none:
   * it stays, whatever new runs begin with.
   */
  maxParallel: z.number().int().min(RUN_LIMITS.parallelTasks.min).max(RUN_LIMITS.parallelTasks.max).default(2),
  worktree: worktreeConfigSchema.default({ link: [], setup: '' }),
  /** By name, as they were when the run began: what a call may cost, and how long an answer may be. */
  models: z
    .record(
      z.string(),
      z.object({
        maxOutput: z.number(),
        price: z
          .object({ input: z.number(), output: z.number(), cacheRead: z.number(), cacheWrite: z.number() })
          .nullable(),
      }),
    )
    .optional(),
  /** Scripts the person approved, as sha256(text \n folder \n sandbox). */
  approvedScripts: z.array(hashSchema),
  /** A model's tools take paths as people write them; absent in runs of older versions, which refused them. */
  everydayPaths: z.literal(true).optional(),
  /** The person's and the workspace's own rules; absent in runs of older versions: none. */
  rules: frozenRulesSchema.optional(),
});
export type RunConfig = z.infer<typeof runConfigSchema>;

export const runRecordSchema = z.object({
  id: z.string(),
  root: rootSchema,
  kind: z.enum(['plan', 'story', 'task', 'quick-fix']),
  plan: z.string().optional(),
  iteration: z.number().int().optional(),
  title: z.string(),
  /** Ids of the tasks of this run, in schedule order. */
  tasks: z.array(z.string()),
  status: runStatusSchema,
  config: runConfigSchema,
  /**
   * Hash of the blueprint as it stood when the run was last told that it differs from the frozen one:
   * said once, not at every resume.
   */
  blueprintSeen: hashSchema.optional(),
  createdAt: timeSchema,
  finishedAt: timeSchema.optional(),
  /** ms that it went, as far as processes measured it; absent before it ended, and in records of older versions. */
  tookMs: z.number().nonnegative().optional(),
  /** It shares the records of that run up to that step, and did the rest anew. */
  rerunOf: z
    .object({
      run: z.string(),
      step: z.string(),
      /** What the shared calls cost: the other run paid for them. Absent in records of older versions. */
      shared: spendSchema.optional(),
    })
    .optional(),
  /** For lists, kept true with every commit. */
  done: z.number().int().default(0),
  /** Tasks that were taken back and not done anew. */
  rolledBack: z.number().int().optional(),
  costUsd: z.number().nullable().default(0),
  tokens: z.number().int().default(0),
  commits: z.number().int().default(0),
  lastSeq: z.number().int().default(0),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

export interface TaskState {
  readonly id: string;
  readonly title: string;
  readonly story: string;
  readonly storyTitle: string;
  readonly dependsOn: readonly string[];
  status: TaskStatus;
  attempt: number;
  /** Stage the machine is in, '' before and after. */
  stage: string;
  visit: number;
  waitingFor?: 'approval' | 'operator' | undefined;
  blockedBy?: string | undefined;
  unverified?: boolean | undefined;
  /** Its work was rolled back, and none was begun since. */
  takenBack?: boolean | undefined;
  reason?: Reason | undefined;
  startedAt?: number | undefined;
  finishedAt?: number | undefined;
  /** Of the two: lengths come from these. */
  began?: RunTime | undefined;
  ended?: RunTime | undefined;
  costUsd: number | null;
  tokens: number;
  commit?: string | undefined;
  lastOutcome?: StageOutcome | undefined;
}

export interface RunState {
  readonly run: string;
  title: string;
  status: RunStatus;
  reason?: Reason | undefined;
  plan?: string | undefined;
  planName: string;
  blueprint: string;
  model: string;
  recorded: boolean;
  budgetUsd: number | null;
  budgetTokens: number | null;
  branch: string | null;
  commitsEnabled: boolean;
  createdAt: number;
  startedAt?: number | undefined;
  finishedAt?: number | undefined;
  /** Of the two, and of the last event: lengths come from these. */
  began?: RunTime | undefined;
  ended?: RunTime | undefined;
  time: RunTime;
  /** Insertion order = schedule order. */
  readonly tasks: Map<string, TaskState>;
  /** Checks of stories, by their own ids (`story-check.ts`): shown like tasks, counted as none. */
  readonly checks: Map<string, TaskState>;
  /** The task being worked on, '' when none. */
  current: string;
  /** Approvals that wait, oldest first. */
  readonly pending: Map<string, EventOf<'approval-requested'>>;
  readonly commits: { task: string; sha: string; subject: string }[];
  done: number;
  /** null once a call of unknown price was made. */
  costUsd: number | null;
  tokens: number;
  calls: number;
  warnings: number;
  /** Number of the last event folded in. */
  seq: number;
  lastAt: number;
}

export function emptyRun(run: string): RunState {
  return {
    run,
    title: '',
    status: 'queued',
    planName: '',
    blueprint: '',
    model: '',
    recorded: false,
    budgetUsd: null,
    budgetTokens: null,
    branch: null,
    commitsEnabled: false,
    createdAt: 0,
    tasks: new Map(),
    checks: new Map(),
    current: '',
    pending: new Map(),
    commits: [],
    done: 0,
    costUsd: 0,
    tokens: 0,
    calls: 0,
    warnings: 0,
    seq: 0,
    lastAt: 0,
    time: noTime,
  };
}

/** ms that the run went so far, or up to its end; undefined = it has not begun, or it is not known. */
export const runTookMs = (state: RunState): number | undefined => tookMs(state.began, state.ended ?? state.time);

/** ms that the run went while the task was worked on, up to its end or so far. */
export const taskTookMs = (state: RunState, task: TaskState): number | undefined =>
  tookMs(task.began, task.ended ?? state.time);

/** Of a task, or of a story's check. */
export const taskState = (state: RunState, id: string): TaskState | undefined =>
  state.tasks.get(id) ?? state.checks.get(id);

const untouched = () => ({ status: 'pending' as const, attempt: 1, stage: '', visit: 0, costUsd: 0, tokens: 0 });

export const totalTokens = (usage: Usage): number => usage.input + usage.output + usage.cacheRead + usage.cacheWrite;

const addCost = (sum: number | null, cost: number | null): number | null =>
  sum === null || cost === null ? null : sum + cost;

/**
 * Folds one event into the state, **in place**, and returns it: folding n events costs O(n), whatever the number of
 * tasks. Views compare `seq`, not identity. An event that was folded already (seq ≤ state.seq) changes nothing.
 */
// eslint-disable-next-line max-lines-per-function -- one row for each kind of event; a switch that must be complete
export function applyEvent(state: RunState, event: RunEvent): RunState {
  if (event.seq <= state.seq) return state;
  state.seq = event.seq;
  state.lastAt = event.at;
  state.time = timeAt(state.time, event);
  switch (event.type) {
    case 'run-created': {
      Object.assign(state, {
        title: event.title,
        plan: event.plan,
        planName: event.planName,
        blueprint: event.blueprint,
        model: event.model,
        recorded: event.recorded,
        budgetUsd: event.budgetUsd,
        budgetTokens: event.budgetTokens,
        branch: event.branch,
        commitsEnabled: event.commits,
        createdAt: event.at,
      });
      for (const task of event.tasks) state.tasks.set(task.id, { ...task, ...untouched() });
      for (const story of event.stories) {
        const id = storyCheckId(story.id);
        if (story.check)
          state.checks.set(id, {
            id,
            title: story.title,
            story: story.id,
            storyTitle: story.title,
            dependsOn: [],
            ...untouched(),
          });
      }
      return state;
    }
    case 'run-started':
      state.status = 'running';
      state.startedAt ??= event.at;
      state.began ??= state.time;
      return state;
    case 'run-paused':
      state.status = 'paused';
      state.reason = event.reason;
      return state;
    case 'run-resumed':
      state.status = 'running';
      state.reason = undefined;
      return state;
    case 'run-interrupted':
      state.status = 'interrupted';
      return state;
    case 'run-finished':
      state.status = event.status;
      state.reason = event.reason;
      state.finishedAt = event.at;
      state.ended = state.time;
      state.current = '';
      state.pending.clear();
      return state;
    case 'task-changed':
      changeTask(state, event);
      return state;
    case 'stage-started': {
      const task = taskState(state, event.task);
      if (task)
        Object.assign(task, { stage: event.stage, visit: event.visit, attempt: event.attempt, takenBack: undefined });
      state.current = event.task;
      return state;
    }
    case 'stage-finished': {
      const task = taskState(state, event.task);
      if (task) task.lastOutcome = event.outcome;
      return state;
    }
    case 'model-called':
      spend(state, event.task, { usd: event.costUsd, tokens: totalTokens(event.usage) });
      return state;
    case 'approval-requested':
      state.pending.set(event.approval, event);
      return state;
    case 'approval-answered':
      state.pending.delete(event.approval);
      return state;
    case 'commit-made': {
      state.commits.push({ task: event.task, sha: event.sha, subject: event.subject });
      state.branch = event.branch ?? state.branch;
      const task = taskState(state, event.task);
      if (task) task.commit = event.sha;
      return state;
    }
    case 'rolled-back':
      for (const id of event.approvals) state.pending.delete(id);
      for (const id of event.tasks) {
        const task = taskState(state, id);
        if (!task) continue;
        task.commit = undefined;
        task.takenBack = true;
      }
      if (event.commit !== undefined)
        state.commits.push({ task: event.task, sha: event.commit, subject: event.subject ?? '' });
      return state;
    case 'redone':
      for (const id of event.tasks) {
        const task = taskState(state, id);
        if (!task) continue;
        task.takenBack = undefined;
        if (event.commit !== undefined) task.commit = event.commit;
      }
      if (event.commit !== undefined)
        state.commits.push({ task: event.task, sha: event.commit, subject: event.subject ?? '' });
      return state;
    case 'warning':
      state.warnings += 1;
      if (event.atMost) spend(state, event.task ?? '', event.atMost);
      return state;
    case 'check-before':
    case 'tool-called':
    case 'command-run':
    case 'command-changed':
    case 'decision-made':
    case 'changes-applied':
    case 'changed-on-save':
    case 'plan-proposed':
      return state;
    default:
      return assertNever(event, 'event');
  }
}

function spend(state: RunState, id: string, { usd, tokens }: AtMost): void {
  state.costUsd = addCost(state.costUsd, usd);
  state.tokens += tokens;
  state.calls += 1;
  const task = taskState(state, id);
  if (!task) return;
  task.costUsd = addCost(task.costUsd, usd);
  task.tokens += tokens;
}

function changeTask(state: RunState, event: EventOf<'task-changed'>): void {
  const task = taskState(state, event.task);
  if (!task) return;
  const was = settledTask(task.status);
  // Taken back or brought back: the work itself took as long as it took.
  const worked = task.status === 'rolled-back' || event.status === 'rolled-back';
  task.status = event.status;
  task.attempt = event.attempt;
  task.waitingFor = event.waitingFor;
  task.blockedBy = event.blockedBy;
  task.unverified = event.unverified;
  task.reason = event.reason;
  if (event.status === 'running') {
    task.startedAt ??= event.at;
    task.began ??= state.time;
    task.finishedAt = undefined;
    task.ended = undefined;
    state.current = task.id;
  }
  const is = settledTask(event.status);
  if (is || event.status === 'failed' || event.status === 'cancelled' || event.status === 'rolled-back') {
    task.finishedAt = worked ? (task.finishedAt ?? event.at) : event.at;
    task.ended = worked ? (task.ended ?? state.time) : state.time;
    task.stage = '';
    if (state.current === task.id) state.current = '';
  }
  if (is !== was && state.tasks.has(task.id)) state.done += is ? 1 : -1;
}

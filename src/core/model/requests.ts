/**
 * The façade as data: one row a request, with schemas for what goes in and out.
 * The extension, the command line, the panel and the owner's socket all speak it; a missing handler does not compile.
 */
import { z } from 'zod';
import { approvalAnswerSchema, approvalSchema, reviewDraftSchema } from './approval.js';
import { blueprintSchema, fileProblemSchema, stageSchema } from './blueprint.js';
import { changeSetSchema } from './change-set.js';
import { comparisonSchema } from './compare.js';
import { diagnosticCheckSchema } from './diagnostic.js';
import { environmentHereSchema } from './environment.js';
import { runEventSchema } from './event.js';
import { planDocumentSchema, planRecordSchema, planSummarySchema, problemSchema } from './plan.js';
import { planEventSchema } from './plan-event.js';
import { proposalViewSchema } from './plan-proposal.js';
import { leftoverSchema } from './leftover.js';
import { hashSchema, reasonSchema, timeSchema } from './primitives.js';
import { approvalLevelSchema, decisionSchema, policyRuleSchema, questionSchema, sandboxSchema } from './policy.js';
import { callRecordSchema, iterationRecordSchema, stepRecordSchema } from './records.js';
import { rollbackPreviewSchema, rollbackSummarySchema, rollbackTargetSchema } from './rollback.js';
import { problemFactsSchema } from './problem.js';
import { givenAnswersSchema, onAskSchema, runRecordSchema } from './run.js';
import { planSpendingSchema } from './spending.js';
import { storageUsageSchema, storedRunSchema } from './storage.js';
import { taskStatusSchema } from './status.js';

export const scriptReviewSchema = z.object({
  /** Task, story or 'goal' id the script belongs to. */
  subject: z.string(),
  script: z.string(),
  cwd: z.string(),
  sandbox: sandboxSchema,
  hash: hashSchema,
  decision: decisionSchema,
  /** What it may touch, one line each: e.g. 'runs npm', 'writes dist/', 'network: off'. */
  may: z.array(z.string()),
});
export type ScriptReview = z.infer<typeof scriptReviewSchema>;

/** How a task of a plan stands, over all its runs. */
export const taskProgressSchema = z.object({
  status: taskStatusSchema,
  run: z.string(),
  at: timeSchema,
  unverified: z.boolean().default(false),
  commit: z.string().default(''),
  costUsd: z.number().nullable().default(0),
  durationMs: z.number().default(0),
  /** sha256 of the task as it was worked on: another hash now means "done (edited since)". */
  taskHash: hashSchema,
  edited: z.boolean().default(false),
  /** Why it failed or was skipped; rows of older versions have none. */
  reason: reasonSchema.optional(),
});
export type TaskProgress = z.infer<typeof taskProgressSchema>;

/** What a script of the plan said when it was last run by Verify Plan. */
export const planCheckSchema = z.object({
  /** Task or story. */
  subject: z.string(),
  script: z.string(),
  /** Of the script with its folder and sandbox. */
  hash: hashSchema,
  /**
   * `green` exited 0. `not-run`: the policy or its approval did not allow it, or it could not be started.
   * `cannot-run`, `broken`: as of a CommandClass; evidence of nothing.
   */
  outcome: z.enum(['green', 'red', 'not-run', 'cannot-run', 'broken']),
  exitCode: z.number().int().nullable(),
  durationMs: z.number(),
  /** Last lines, redacted, at most 2,000 characters. */
  tail: z.string(),
  reason: z.string(),
  at: timeSchema,
});
export type PlanCheck = z.infer<typeof planCheckSchema>;

/** One line in a list of blueprints. */
export const blueprintEntrySchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  origin: z.enum(['shipped', 'workspace']),
  file: z.string(),
  hash: hashSchema,
  stages: z.number().int(),
  /** Shell lines of its own. */
  commands: z.number().int(),
  /** Shipped, or a person said yes to exactly this text. */
  seen: z.boolean(),
});
export type BlueprintEntry = z.infer<typeof blueprintEntrySchema>;

/** A shell line that a stage would run, and what the policy says of it. */
export const stageLineSchema = z.object({
  script: z.string(),
  from: z.enum(['blueprint', 'commands', 'gate', 'task']),
  warnsOnly: z.boolean(),
  sandbox: sandboxSchema,
  decision: decisionSchema,
  may: z.array(z.string()),
});
export const stagePreviewSchema = z.object({
  stage: stageSchema,
  /** On the way a task takes when nothing fails; else reached only from a failure or a route. */
  main: z.boolean(),
  lines: z.array(stageLineSchema),
  /** It would have nothing to run, so it is skipped and proves nothing. */
  empty: z.boolean(),
});
export type StagePreview = z.infer<typeof stagePreviewSchema>;

/** The first difference between a run and its replay, with both values. */
export const divergenceSchema = z.object({
  kind: z.enum(['event', 'call', 'step', 'state', 'blob', 'blueprint']),
  /** Number of the event at which it shows. */
  seq: z.number().int(),
  step: z.string().optional(),
  task: z.string().optional(),
  call: z.string().optional(),
  what: z.string(),
  then: z.string(),
  now: z.string(),
});
export type Divergence = z.infer<typeof divergenceSchema>;

export const replayResultSchema = z.object({
  equal: z.boolean(),
  /** Stage visits after which the folded state was compared. */
  steps: z.number().int(),
  /** Events that were said again; with a divergence, those before it. */
  events: z.number().int(),
  /** sha256 of the folded state where it ended. */
  stateHash: z.string(),
  divergence: divergenceSchema.optional(),
});
export type ReplayResult = z.infer<typeof replayResultSchema>;

/**
 * Made up by whoever asks: what the request tells while it works carries it, so
 * that others' is not taken for one's own.
 */
const progressTokenSchema = z.string().max(100).optional();
const planId = z.object({ plan: z.string() });
const runId = z.object({ run: z.string() });
/** How a run that goes on deals with its questions; absent = as before. */
const asking = { onAsk: onAskSchema.optional(), answers: givenAnswersSchema.optional() };
const nothing = z.object({});

export const requests = {
  'plan/list': { params: nothing, result: z.array(planSummarySchema) },
  /** Absent plan = the current one. */
  'plan/get': {
    params: z.object({ plan: z.string().optional() }),
    result: z.object({
      plan: planRecordSchema.nullable(),
      problems: z.array(problemSchema),
      /** By task id; absent = not started in any run. A live run's events are newer. */
      progress: z.record(z.string(), taskProgressSchema).default({}),
      /** By task or story id: what Verify Plan saw last. */
      checks: z.record(z.string(), planCheckSchema).default({}),
      /**
       * By goal id: whether all its stories are done, their own checks included.
       * Its verification method is for a person to look at.
       */
      goals: z.record(z.string(), z.boolean()).optional(),
      /** Changes of it that a model proposed and nobody has answered. */
      proposals: z.number().int().optional(),
      /** What it cost so far, each call once. */
      spent: planSpendingSchema.optional(),
    }),
  },
  /** Errors: intent-empty, price-unknown, planning-budget, model-…, recording-missing. */
  'plan/generate': {
    params: z.object({
      intent: z.string(),
      name: z.string().optional(),
      kind: z.enum(['intent', 'intent-file']).default('intent'),
      progressToken: progressTokenSchema,
    }),
    result: z.object({ plan: planRecordSchema, problems: z.array(problemSchema) }),
  },
  /**
   * A plan of its own; or, `over` one that is there, a new version of that, which keeps its name, its runs, what is done
   * and what was approved of it. Nothing changes where it says so already. Errors: plan-invalid, plan-not-found, task-in-run.
   */
  'plan/import': {
    params: z.object({ json: z.string(), name: z.string(), over: z.string().optional() }),
    result: z.object({ plan: planRecordSchema, problems: z.array(problemSchema) }),
  },
  'plan/new': { params: z.object({ name: z.string() }), result: planRecordSchema },
  'plan/use': { params: planId, result: nothing },
  'plan/rename': { params: planId.extend({ name: z.string().min(1) }), result: nothing },
  'plan/duplicate': { params: planId, result: planRecordSchema },
  'plan/archive': { params: planId.extend({ archived: z.boolean() }), result: nothing },
  'plan/delete': { params: planId, result: nothing },
  /**
   * Replaces the document: a new iteration by the user.
   * Refused with plan-stale when `iteration` is no longer the newest.
   */
  'plan/edit': {
    params: planId.extend({ iteration: z.number().int(), document: planDocumentSchema, summary: z.string() }),
    result: z.object({ plan: planRecordSchema, problems: z.array(problemSchema) }),
  },
  /** How it was made, in order, after `after`: a stream of its own, beside those of runs. */
  'plan/events': {
    params: planId.extend({ after: z.number().int().nonnegative(), limit: z.number().int().positive().max(5000) }),
    result: z.array(planEventSchema),
  },
  'plan/iterations': { params: planId, result: z.array(iterationRecordSchema.omit({ document: true })) },
  'plan/scripts': { params: planId, result: z.array(scriptReviewSchema) },
  /** `hashes` are those the person saw; any other refuses with approval-stale. */
  'plan/approve': {
    params: planId.extend({ iteration: z.number().int(), hashes: z.array(hashSchema) }),
    result: planRecordSchema,
  },
  'plan/export': {
    params: planId.extend({ format: z.enum(['json', 'mermaid', 'markdown']) }),
    result: z.object({ text: z.string() }),
  },
  'plan/schedule': {
    params: planId,
    result: z.object({
      order: z.array(z.string()),
      waves: z.array(z.array(z.string())),
      critical: z.array(z.string()),
      hours: z.number(),
      spanHours: z.number(),
      estimates: z.record(z.string(), z.number()),
      problems: z.array(problemSchema),
      /** What will run when, with the execution modes: see core/planner/gantt.ts. */
      gantt: z
        .object({
          bars: z.array(
            z.object({
              task: z.string(),
              lane: z.number().int().nonnegative(),
              start: z.number(),
              end: z.number(),
              manual: z.boolean(),
            }),
          ),
          hours: z.number(),
          pauses: z.array(z.object({ story: z.string(), at: z.number() })),
          lanes: z.number().int(),
        })
        .optional(),
    }),
  },

  /** What models proposed while they worked, oldest first; what was answered with `answered`. */
  'plan/proposals': {
    params: planId.extend({ answered: z.boolean().default(false) }),
    result: z.array(proposalViewSchema),
  },
  /**
   * Accepting makes a new iteration of the newest document, which is not approved; declining only closes it.
   * `iteration`: the version it was shown against, else plan-stale. Errors, with nothing changed: proposal-not-found,
   * -answered, -begun, -edited, -empty, -invalid, story-not-found, task-not-found.
   */
  'plan/proposal-answer': {
    params: planId.extend({ proposal: z.string(), accept: z.boolean(), iteration: z.number().int().optional() }),
    result: z.object({ proposal: proposalViewSchema, plan: planRecordSchema, problems: z.array(problemSchema) }),
  },

  /** Runs every script once, one after the other, without a model. Refused while a run goes: run-active. */
  'plan/verify': {
    params: planId.extend({ subjects: z.array(z.string()).optional(), progressToken: progressTokenSchema }),
    result: z.object({ checks: z.array(planCheckSchema) }),
  },

  /**
   * Outside a run. `fixed`: done by hand, which its check must confirm (check-not-green);
   * `open`: as if no run had begun it. Refused with task-in-run.
   */
  'task/mark': {
    params: planId.extend({ task: z.string(), as: z.enum(['skipped', 'fixed', 'open']) }),
    /** null = nothing was run: there was no check, or none was needed. */
    result: z.object({ check: planCheckSchema.nullable() }),
  },

  'blueprint/list': {
    params: nothing,
    result: z.object({ blueprints: z.array(blueprintEntrySchema), problems: z.array(fileProblemSchema) }),
  },
  /**
   * With the lines of its own and what each may do: what a person sees before `blueprint/approve`.
   * Errors: blueprint-not-found, blueprint-invalid.
   */
  'blueprint/get': {
    params: z.object({ id: z.string() }),
    result: blueprintEntrySchema.extend({
      text: z.string(),
      blueprint: blueprintSchema,
      lines: z.array(stageLineSchema.extend({ stage: z.string() })),
    }),
  },
  /** Absent files = those of the workspace. Nothing is stored or run. */
  'blueprint/check': {
    params: z.object({
      files: z
        .array(z.object({ file: z.string().max(4096), text: z.string().max(4_000_000) }))
        .max(100)
        .optional(),
    }),
    result: z.object({ files: z.array(z.string()), problems: z.array(fileProblemSchema) }),
  },
  /**
   * What each stage would run here for a task of a plan (absent: any), and what the policy says of it. Nothing is done.
   */
  'blueprint/dry-run': {
    params: z.object({ id: z.string(), plan: z.string().optional(), task: z.string().optional() }),
    result: blueprintEntrySchema.extend({ path: z.array(stagePreviewSchema), commandsFrom: z.string() }),
  },
  /** `hash` is of the text the person saw; another one refuses with approval-stale. */
  'blueprint/approve': { params: z.object({ id: z.string(), hash: hashSchema }), result: nothing },

  /** What would happen, nothing done: the sheet before a run. */
  'run/preview': {
    params: z.object({ plan: z.string(), tasks: z.array(z.string()).optional(), blueprint: z.string().optional() }),
    result: z.object({
      blueprint: blueprintEntrySchema.optional(),
      tasks: z.array(z.object({ id: z.string(), title: z.string() })),
      branch: z.string().nullable(),
      commits: z.boolean(),
      unasked: z.array(z.string()),
      asks: z.array(z.string()),
      model: z.string(),
      recorded: z.boolean(),
      budgetUsd: z.number().nullable(),
      budgetTokens: z.number().nullable(),
      notes: z.array(reasonSchema),
      /** What runs that ended half way left in the tree. */
      leftovers: z.array(leftoverSchema),
      /** Why it would not start as things are. */
      stops: z.array(reasonSchema),
      /** What the project brings of its own. Absent from older owners. */
      environments: z.array(environmentHereSchema).default([]),
    }),
  },
  'run/start': {
    params: z.object({
      plan: z.string(),
      /** Hashes of the environments that the person was shown: starting approves them. */
      environments: z.array(hashSchema).default([]),
      /** Absent = all that are not done yet. */
      tasks: z.array(z.string()).optional(),
      onAsk: onAskSchema.default('wait'),
      answers: givenAnswersSchema.optional(),
      /** Start over tasks that are done already. */
      again: z.boolean().default(false),
      /** The check also runs in a worktree of each commit, whatever openexec.yaml says. */
      verifyCommit: z.boolean().default(false),
      /** One of the workspace's own must have been seen: blueprint-unseen. */
      blueprint: z.string().default('standard_task'),
    }),
    result: z.object({ run: z.string() }),
  },
  'run/quick-fix': {
    params: z.object({
      request: z.string().min(1),
      check: z.string().default(''),
      diagnostic: diagnosticCheckSchema.optional(),
      onAsk: onAskSchema.default('wait'),
      answers: givenAnswersSchema.optional(),
      blueprint: z.string().default('quick_fix'),
    }),
    result: z.object({ run: z.string() }),
  },
  /** How the run's blueprint stands now, against the text it froze at its start. */
  'run/blueprint': {
    params: runId,
    result: z.object({
      id: z.string(),
      hash: hashSchema,
      now: z.object({ hash: hashSchema, file: z.string() }).nullable(),
      state: z.enum(['same', 'changed', 'gone', 'unusable']),
    }),
  },
  /**
   * Cancels a run that is not finished and starts what it left with its blueprint
   * as it stands now. What was applied stays.
   */
  'run/start-over': { params: runId.extend(asking), result: z.object({ run: z.string() }) },
  /** At the next safe point; `now` ends what is running. */
  'run/pause': { params: runId.extend({ now: z.boolean().default(false) }), result: nothing },
  /** With `answers`, those it was given before and has not used are dropped. */
  'run/resume': { params: runId.extend(asking), result: nothing },
  /** Files that runs which ended half way left as they wrote them, uncommitted. `run`: of that one alone. */
  'run/leftovers': { params: z.object({ run: z.string().optional() }), result: z.array(leftoverSchema) },
  'run/cancel': { params: runId, result: nothing },
  'run/list': {
    params: z.object({ limit: z.number().int().positive().max(1000).default(50) }),
    result: z.array(runRecordSchema),
  },
  'run/get': { params: runId, result: runRecordSchema },
  'run/delete': { params: runId, result: nothing },
  /** In order, after `after`; ask again from the last until fewer than `limit` come. */
  'run/events': {
    params: runId.extend({ after: z.number().int().nonnegative(), limit: z.number().int().positive().max(5000) }),
    result: z.array(runEventSchema),
  },
  /** Exact replay: the same engine on the record alone. Nothing outside memory is touched. */
  'run/replay': { params: runId, result: replayResultSchema },
  /**
   * A new run that shares the records before that step, and does the step and all after it anew.
   * `anyway`: on the tree as it is now.
   */
  'run/rerun': {
    params: runId.extend({ step: z.string(), anyway: z.boolean().default(false), onAsk: onAskSchema.optional() }),
    result: z.object({ run: z.string() }),
  },
  /**
   * HTML and Markdown come whole, bounded, and say in `left` what did not fit.
   * JSON comes in pieces that are joined: ask again with `from` until `next` is null.
   */
  'run/report': {
    params: runId.extend({ format: z.enum(['html', 'json', 'markdown']), from: z.string().optional() }),
    result: z.object({ text: z.string(), next: z.string().nullable(), left: z.array(z.string()) }),
  },
  'run/compare': { params: z.object({ a: z.string(), b: z.string() }), result: comparisonSchema },
  'run/step': {
    params: z.object({ step: z.string() }),
    result: z.object({ step: stepRecordSchema.nullable(), calls: z.array(callRecordSchema) }),
  },

  /**
   * What would happen, nothing done; `diff`: with a unified diff per file.
   * Errors: rollback-live, nothing-to-roll-back, rollback-over.
   */
  'rollback/preview': {
    params: rollbackTargetSchema.extend({ diff: z.boolean().default(false) }),
    result: rollbackPreviewSchema,
  },
  /**
   * `token` of the preview the person saw: rollback-stale when anything of it changed.
   * All files or none. Errors: rollback-conflict, rollback-missing, rollback-unreadable, git-state.
   */
  'rollback/apply': { params: rollbackTargetSchema.extend({ token: hashSchema }), result: rollbackSummarySchema },
  /** Takes a rollback back; absent = the newest of the run that stands. */
  'rollback/redo': { params: runId.extend({ rollback: z.string().optional() }), result: rollbackSummarySchema },
  /** Newest first. */
  'rollback/list': { params: runId, result: z.array(rollbackSummarySchema) },

  /**
   * What the policy would decide; nothing is done.
   * One of `cmd` (a shell line), `argv` and `path`. Error: policy-invalid.
   */
  'policy/explain': { params: questionSchema.extend({ mode: sandboxSchema.optional() }), result: decisionSchema },
  /**
   * The decision, and rules of the person's own that would change it, each with what
   * would then be decided. Nothing is written.
   */
  'policy/suggest': {
    params: questionSchema,
    result: z.object({
      decision: decisionSchema,
      suggestions: z.array(z.object({ rule: policyRuleSchema, after: decisionSchema })),
    }),
  },
  'policy/rules': {
    params: nothing,
    result: z.object({
      sandbox: sandboxSchema,
      approval: approvalLevelSchema,
      user: z.array(policyRuleSchema),
      workspace: z.array(policyRuleSchema),
      /** Rules of the workspace that would loosen something: they count for nothing. */
      ignored: z.array(
        z.object({ file: z.string(), line: z.number().int(), column: z.number().int(), id: z.string() }),
      ),
    }),
  },

  'approval/list': { params: nothing, result: z.array(approvalSchema) },
  'approval/get': {
    params: z.object({ approval: z.string() }),
    result: z.object({ approval: approvalSchema, changeSet: changeSetSchema.nullable() }),
  },
  'approval/draft': { params: z.object({ approval: z.string(), draft: reviewDraftSchema }), result: nothing },
  /** First answer wins; a later one gets approval-resolved. */
  /**
   * The first answer holds. A run that rests goes on with it, unless another of its questions keeps it, too.
   * `onAsk`: what it does with later questions; absent = as before.
   */
  'approval/answer': {
    params: z.object({
      approval: z.string(),
      answer: approvalAnswerSchema,
      onAsk: onAskSchema.optional(),
      /** With the option `edit`: the task's new check, taken into the plan and approved by who answers. */
      script: z.string().trim().min(1).max(100_000).optional(),
    }),
    result: z.object({
      /** Whether the run goes on by itself: it went, or rested and was resumed. */
      goesOn: z.boolean(),
      /** Other questions of the run that wait. */
      left: z.number().int(),
    }),
  },

  /** Text of a blob; `binary` when it is not UTF-8; cut at `max` bytes. */
  'blob/text': {
    params: z.object({ hash: hashSchema, max: z.number().int().positive().max(8_000_000).default(1_000_000) }),
    result: z.object({ text: z.string(), bytes: z.number().int(), binary: z.boolean(), cut: z.boolean() }),
  },
  /** Puts text in the store: a proposal edited in a review. */
  'blob/put': { params: z.object({ text: z.string() }), result: z.object({ hash: hashSchema }) },

  'storage/usage': { params: nothing, result: storageUsageSchema },
  /**
   * Removes finished runs past their time, the texts that nobody names any more and, while nothing runs, the caches
   * of build tools; `dryRun` only lists the runs. `bytes` are of texts, `caches` those of caches.
   */
  'storage/clean': {
    params: z.object({ dryRun: z.boolean().default(false) }),
    result: z.object({
      runs: z.array(storedRunSchema),
      texts: z.number().int(),
      bytes: z.number().int(),
      caches: z.number().int(),
    }),
  },
  'storage/compact': { params: nothing, result: z.object({ before: z.number().int(), after: z.number().int() }) },
  /** `file` is an absolute path where nothing is. */
  'storage/export': {
    params: z.object({ file: z.string().min(1) }),
    result: z.object({ file: z.string(), bytes: z.number().int(), texts: z.number().int() }),
  },
  /** A pinned run is never removed by itself. */
  'storage/pin': { params: runId.extend({ pinned: z.boolean() }), result: nothing },

  /** The project's own programs: what is there, and whether commands use it. Runs nothing. */
  'environment/list': { params: nothing, result: z.object({ environments: z.array(environmentHereSchema) }) },
  /** `hashes` of what the person was shown; what has changed meanwhile stays as it was. */
  'environment/settle': { params: z.object({ hashes: z.array(hashSchema), use: z.boolean() }), result: nothing },

  /** For the report of a problem. */
  'problem/facts': { params: nothing, result: problemFactsSchema },

  status: {
    params: nothing,
    result: z.object({
      root: z.string(),
      owner: z.object({ pid: z.number().int(), door: z.string(), since: z.number() }),
      model: z.string(),
      recorded: z.boolean(),
      active: runRecordSchema.nullable(),
      pending: z.number().int(),
      plan: planSummarySchema.nullable(),
      /** Open proposals for that plan. */
      proposals: z.number().int().optional(),
      /** What the project brings of its own. */
      environments: z.array(environmentHereSchema).optional(),
      /** The folder's openexec.yaml: why it cannot be used, and the kinds for which it says that nothing is run. */
      config: z
        .object({
          file: z.string(),
          problems: z.array(
            z.object({
              file: z.string(),
              line: z.number().int(),
              column: z.number().int(),
              message: z.string(),
              /** Nothing runs until it is mended; else only worth knowing. */
              broken: z.boolean(),
            }),
          ),
          empty: z.array(z.enum(['lint', 'test', 'build'])),
        })
        .optional(),
    }),
  },
} as const;

export type Requests = typeof requests;
export type Method = keyof Requests;
export type Params<M extends Method> = z.infer<Requests[M]['params']>;
export type ParamsInput<M extends Method> = z.input<Requests[M]['params']>;
export type Result<M extends Method> = z.infer<Requests[M]['result']>;
export type Handlers = { [M in Method]: (params: Params<M>, signal: AbortSignal) => Promise<Result<M>> };
export const methods = Object.keys(requests) as Method[];

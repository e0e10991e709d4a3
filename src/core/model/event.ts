/**
 * The stored, numbered, versioned lines of a run's timeline. Stored first, then told. Progress (model deltas, command
 * output as it comes) is not an event: see `Progress` below.
 */
import { z } from 'zod';
import { commandClassSchema } from './command-class.js';
import { answeredBySchema } from './approval.js';
import { hashSchema, paramsSchema, reasonSchema, relativePathSchema, timeSchema } from './primitives.js';
import { effectSchema, saidSchema } from './policy.js';
import { modeSchema } from './plan.js';
import { proposalKindSchema } from './plan-proposal.js';
import { approvalStatusSchema, onAskSchema, stageOutcomeSchema, taskStatusSchema, waitingForSchema } from './status.js';

export const EVENT_VERSION = 1;

export const usageSchema = z.object({
  input: z.number().int().nonnegative(),
  output: z.number().int().nonnegative(),
  cacheRead: z.number().int().nonnegative().default(0),
  cacheWrite: z.number().int().nonnegative().default(0),
});
export type Usage = z.infer<typeof usageSchema>;

/**
 * What a model call can have cost at most, where nobody knows what it did cost: USD (null = unknown price) and tokens.
 */
export const atMostSchema = z.object({ usd: z.number().nullable(), tokens: z.number().int().nonnegative() });
export type AtMost = z.infer<typeof atMostSchema>;

export const runTaskSchema = z.object({
  id: z.string(),
  title: z.string(),
  story: z.string(),
  storyTitle: z.string(),
  dependsOn: z.array(z.string()),
  mode: modeSchema,
});

const changedFileSchema = z.object({
  path: relativePathSchema,
  op: z.enum(['create', 'modify', 'delete', 'rename']),
  added: z.number().int(),
  removed: z.number().int(),
});

/** One answer of a model, of a stage or of planning. */
export const modelAnswer = {
  model: z.string(),
  stop: z.string(),
  usage: usageSchema,
  costUsd: z.number().nullable(),
  durationMs: z.number(),
  /** First line of what it said. */
  text: z.string(),
  tools: z.array(z.string()),
  /** Blobs: the request as sent, the answer as received (JSON). */
  request: hashSchema,
  response: hashSchema,
};

/** `task` and `step` are '' for a whole run. */
const rollbackBody = {
  rollback: z.string(),
  task: z.string().default(''),
  step: z.string().default(''),
  tasks: z.array(z.string()),
  files: z.array(changedFileSchema.extend({ before: hashSchema.nullable(), after: hashSchema.nullable() })),
  /** Files that were left as they are. */
  left: z.array(relativePathSchema).default([]),
  reverts: z.array(z.string()).default([]),
  commit: z.string().optional(),
  subject: z.string().optional(),
};

const bodies = [
  z.object({
    type: z.literal('run-created'),
    title: z.string(),
    kind: z.enum(['plan', 'story', 'task', 'quick-fix']),
    plan: z.string().optional(),
    planName: z.string().default(''),
    iteration: z.number().int().optional(),
    blueprint: z.string(),
    blueprintHash: hashSchema,
    model: z.string(),
    recorded: z.boolean(),
    tasks: z.array(runTaskSchema),
    stories: z
      .array(
        z.object({
          id: z.string(),
          title: z.string(),
          dependsOn: z.array(z.string()),
          pauseAfter: z.boolean(),
          check: z.boolean().optional(),
        }),
      )
      .default([]),
    budgetUsd: z.number().nullable(),
    budgetTokens: z.number().nullable(),
    branch: z.string().nullable(),
    commits: z.boolean(),
  }),
  z.object({ type: z.literal('run-started'), onAsk: onAskSchema.optional() }),
  z.object({ type: z.literal('run-paused'), reason: reasonSchema, task: z.string().optional() }),
  z.object({ type: z.literal('run-resumed'), onAsk: onAskSchema.optional() }),
  /**
   * `found`: without a living engine, so that what had only been noted was lost.
   * Otherwise it was stopped in order, as a window closes.
   * `rerunFrom`: nothing ended; what stands before it is shared with another run, up to this step
   * (task/attempt/stage/visit), which is done anew.
   */
  z.object({ type: z.literal('run-interrupted'), found: z.boolean().optional(), rerunFrom: z.string().optional() }),
  z.object({
    type: z.literal('run-finished'),
    status: z.enum(['completed', 'failed', 'cancelled']),
    reason: reasonSchema.optional(),
  }),

  z.object({
    type: z.literal('task-changed'),
    task: z.string(),
    status: taskStatusSchema,
    attempt: z.number().int().default(1),
    waitingFor: waitingForSchema.optional(),
    blockedBy: z.string().optional(),
    /** `done` without a single check that exited 0. */
    unverified: z.boolean().optional(),
    reason: reasonSchema.optional(),
  }),
  /** The task's script, run once before the work. `red` is what a check that proves something looks like. */
  z.object({
    type: z.literal('check-before'),
    task: z.string(),
    exitCode: z.number().int().nullable(),
    red: z.boolean(),
    durationMs: z.number(),
    /** Where it is neither: it could not be run, or ran nothing. Absent in older records. */
    class: commandClassSchema.optional(),
  }),

  z.object({
    type: z.literal('stage-started'),
    step: z.string(),
    task: z.string(),
    attempt: z.number().int(),
    stage: z.string(),
    visit: z.number().int(),
    stageType: z.enum(['deterministic', 'agentic']),
  }),
  z.object({
    type: z.literal('stage-finished'),
    step: z.string(),
    task: z.string(),
    attempt: z.number().int(),
    stage: z.string(),
    visit: z.number().int(),
    outcome: stageOutcomeSchema,
    durationMs: z.number(),
    costUsd: z.number().nullable(),
    /** One line: what happened. */
    summary: z.string(),
    /** Stage or terminal the machine goes to. */
    next: z.string(),
    /** The blueprint marks this as a point to come back to; only where the stage succeeded. */
    checkpoint: z.literal(true).optional(),
  }),

  z.object({
    type: z.literal('model-called'),
    call: z.string(),
    step: z.string(),
    task: z.string(),
    stage: z.string(),
    ...modelAnswer,
  }),
  z.object({
    type: z.literal('tool-called'),
    call: z.string(),
    step: z.string(),
    task: z.string(),
    tool: z.string(),
    /** e.g. `read_file src/quotes.ts` */
    title: z.string(),
    outcome: z.enum(['ok', 'failed', 'denied', 'rejected']),
    summary: z.string(),
    durationMs: z.number(),
    /** Blobs: input as given, full result as text. */
    input: hashSchema.optional(),
    output: hashSchema.optional(),
    /**
     * Of the policy, that allowed it: of the path it names, else of the tool.
     * Absent in older records, and where a decision of its own was told.
     */
    rule: z.string().optional(),
  }),
  z.object({
    type: z.literal('command-run'),
    call: z.string(),
    step: z.string(),
    task: z.string(),
    purpose: z.enum([
      'lint',
      'test',
      'build',
      'verify',
      'check-before',
      'gate',
      'tool',
      'stage',
      'story-check',
      'goal',
    ]),
    command: z.string(),
    exitCode: z.number().int().nullable(),
    timedOut: z.boolean(),
    cancelled: z.boolean(),
    durationMs: z.number(),
    bytes: z.number().int(),
    /** Last lines, redacted, at most 2,000 characters. */
    tail: z.string(),
    log: hashSchema.optional(),
    /** Where it is not what the exit code says. Absent in older records. */
    class: commandClassSchema.optional(),
    /** It was not run again: it passed in that stage, on the same tree. */
    same: z.string().optional(),
  }),
  /** What a command changed in the tree, told after it; `files` are judged as edits are. */
  z.object({
    type: z.literal('command-changed'),
    call: z.string(),
    step: z.string(),
    task: z.string(),
    command: z.string(),
    files: z.array(changedFileSchema.extend({ before: hashSchema.nullable(), after: hashSchema.nullable() })),
    /** Folders (with `/`) and files that nobody commits: named, and left as they are. */
    leftovers: z.array(z.string()).default([]),
    /** Changed, and neither to be put back nor committed. */
    left: z.array(z.object({ path: z.string(), why: z.string() })).default([]),
    /** Saved by the person in an editor while it ran. */
    yours: z.array(z.string()).default([]),
  }),
  z.object({
    type: z.literal('decision-made'),
    step: z.string(),
    task: z.string(),
    subject: z.string(),
    effect: effectSchema,
    rule: z.string(),
    reason: z.string(),
    because: saidSchema.optional(),
    /** Of the exact command, with its folder and sandbox, that was judged. */
    hash: z.string().optional(),
  }),

  z.object({
    type: z.literal('approval-requested'),
    approval: z.string(),
    task: z.string(),
    stage: z.string(),
    kind: z.enum(['change-set', 'command', 'manual-task', 'attention', 'question']),
    title: z.string(),
    why: z.string(),
    /** Of title and why, as in the approval's row; absent in older records. */
    wording: reasonSchema.optional(),
    because: saidSchema.optional(),
    files: z.array(changedFileSchema).default([]),
    /**
     * What the answer is bound to: of the command with its folder and sandbox, or of the change set
     * (each path with its hashes before and after).
     */
    hash: z.string().optional(),
  }),
  z.object({
    type: z.literal('approval-answered'),
    approval: z.string(),
    task: z.string(),
    status: approvalStatusSchema,
    by: answeredBySchema,
    option: z.string().optional(),
    comment: z.string().default(''),
    /** What was agreed to: as it was asked, or of the files as the person decided them. */
    hash: z.string().optional(),
  }),
  z.object({
    type: z.literal('changes-applied'),
    changeSet: z.string(),
    step: z.string(),
    task: z.string(),
    files: z.array(changedFileSchema.extend({ before: hashSchema.nullable(), after: hashSchema.nullable() })),
  }),
  /** A save participant (formatter, trim) wrote something other than what was approved. */
  z.object({
    type: z.literal('changed-on-save'),
    task: z.string(),
    path: relativePathSchema,
    approved: hashSchema,
    written: hashSchema,
  }),
  z.object({
    type: z.literal('commit-made'),
    task: z.string(),
    step: z.string(),
    sha: z.string(),
    subject: z.string(),
    files: z.array(relativePathSchema),
    /** Git's names of the tree that was committed and of the one that was verified: the same, but for work of the person. */
    tree: z.string().optional(),
    verified: z.string().optional(),
    /** The branch the person chose for it, other than the run's so far: the run's from here on. */
    branch: z.string().optional(),
  }),
  /** A step, a task or the whole run was taken back. `files` say what stood there before and what stands there now. */
  z.object({
    type: z.literal('rolled-back'),
    ...rollbackBody,
    kept: z.array(z.string()).default([]),
    /** Questions that became void. */
    approvals: z.array(z.string()).default([]),
  }),
  z.object({ type: z.literal('redone'), ...rollbackBody, of: z.string() }),
  /** A change of the plan was proposed: a row of its own, which waits for the person and holds up nothing. */
  z.object({
    type: z.literal('plan-proposed'),
    call: z.string(),
    step: z.string(),
    task: z.string(),
    plan: z.string(),
    proposal: z.string(),
    kind: proposalKindSchema,
    message: z.string(),
    added: z.array(z.string()),
    changed: z.array(z.string()),
  }),
  z.object({
    type: z.literal('warning'),
    task: z.string().optional(),
    code: z.string(),
    params: paramsSchema.default({}),
    /** Of a model call that was lost or came too late: counted like the cost of one that was answered. */
    atMost: atMostSchema.optional(),
  }),
] as const;

const base = {
  v: z.literal(EVENT_VERSION),
  run: z.string(),
  seq: z.number().int().positive(),
  at: timeSchema,
  /** ms that processes measured of the run up to here (`plain/run-time.ts`); absent in older records. */
  ran: z.number().int().nonnegative().optional(),
};

export const eventBodySchema = z.discriminatedUnion('type', bodies as never) as unknown as z.ZodType<EventBody>;
export type EventBody = z.infer<(typeof bodies)[number]>;
export type EventType = EventBody['type'];
export type RunEvent = EventBody & {
  v: typeof EVENT_VERSION;
  run: string;
  seq: number;
  at: number;
  ran?: number | undefined;
};
export type EventOf<T extends EventType> = Extract<RunEvent, { type: T }>;

export const runEventSchema = z.discriminatedUnion(
  'type',
  bodies.map((body) => body.extend(base)) as never,
) as unknown as z.ZodType<RunEvent>;

/** Not stored, not numbered, droppable, coalesced to at most 10 a second per view. */
export const progressSchema = z.object({
  /** '' where it belongs to no run. */
  run: z.string(),
  /** Of the request it belongs to, where whoever asked gave one. */
  token: z.string().optional(),
  task: z.string(),
  stage: z.string(),
  kind: z.enum(['model', 'command', 'message']),
  /** What came since the last one, redacted and free of control characters. */
  text: z.string(),
});
export type Progress = z.infer<typeof progressSchema>;

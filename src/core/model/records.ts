/**
 * Rows of the store that are not shown as they are: steps, calls, images, commits.
 * Read back through these schemas: an old row is input from outside.
 */
import { z } from 'zod';
import { authorSchema, planDocumentSchema, problemSchema } from './plan.js';
import { atMostSchema, usageSchema } from './event.js';
import { hashSchema, paramsSchema, relativePathSchema, rootSchema, timeSchema } from './primitives.js';
import { betweenMs } from './plain/run-time.js';
import { stageOutcomeSchema } from './status.js';

/** step key = run/task/attempt/stage/visit: derived, never random; a resumed run meets its own records. */
export const stepKey = (run: string, task: string, attempt: number, stage: string, visit: number): string =>
  `${run}/${task}/${attempt}/${stage}/${visit}`;
/** call key = step key/n, n from 1. */
export const callKey = (step: string, n: number): string => `${step}/${n}`;

/** From its start in the process that ended it, where one measured that: the clock's two readings may lie about it. */
const tookMs = { tookMs: z.number().nonnegative().optional() };

/** ms it took, or undefined: it has not ended, or it is not known. */
export const recordTookMs = (row: Pick<StepRecord, 'startedAt' | 'finishedAt' | 'tookMs'>): number | undefined =>
  row.tookMs ?? (row.finishedAt === undefined ? undefined : betweenMs(row.startedAt, row.finishedAt));

export const stepRecordSchema = z.object({
  key: z.string(),
  run: z.string(),
  task: z.string(),
  attempt: z.number().int().positive(),
  stage: z.string(),
  visit: z.number().int().positive(),
  /** Order of start within the run, from 1. */
  order: z.number().int().positive(),
  status: z.union([z.literal('running'), stageOutcomeSchema]),
  startedAt: timeSchema,
  finishedAt: timeSchema.optional(),
  ...tookMs,
  /** What later stages may read: a short text, and the submitted result of an agentic stage. */
  summary: z.string().default(''),
  /** Full output for the next stage's prompt: a blob. */
  output: hashSchema.optional(),
  result: z.unknown().optional(),
  /** A check that exited 0 ran in it. */
  evidence: z.boolean().default(false),
  next: z.string().optional(),
  /** How its checks failed (`failureOf`); equal for the same failure. Absent in older records. */
  failedAs: hashSchema.optional(),
  error: z.object({ code: z.string(), params: paramsSchema }).optional(),
});
export type StepRecord = z.infer<typeof stepRecordSchema>;

/**
 * A model, tool or command call, of a step of a run or of planning: then `run` is the plan's id and `step` the
 * plan's id and what was done (`plan_…/generate`). `started` is durable before anything with an effect outside;
 * `finished` is what a resume answers from.
 */
export const callRecordSchema = z.object({
  key: z.string(),
  run: z.string(),
  step: z.string(),
  n: z.number().int().positive(),
  kind: z.enum(['model', 'tool', 'command', 'approval', 'apply', 'commit']),
  /** Tool or model name. */
  name: z.string(),
  status: z.enum(['started', 'finished']),
  /** sha256 of the canonical input: exact replay compares it. */
  input: hashSchema,
  /** The answer, small and structured; large parts are blobs named in it. */
  result: z.unknown().optional(),
  startedAt: timeSchema,
  finishedAt: timeSchema.optional(),
  ...tookMs,
  usage: usageSchema.optional(),
  costUsd: z.number().nullable().optional(),
  /** Reserved against the budget while it is in flight. */
  reservedUsd: z.number().nullable().optional(),
  /** Tries that were lost, and an answer that came too late: what they can have cost at most, beside `costUsd`. */
  atMost: atMostSchema.optional(),
  /** Only while `started`: the try broke off, and had used this as far as the provider had told. */
  broke: atMostSchema.optional(),
  /** Only while `started`: nothing of it is in flight any more, what may have been lost is in `atMost`. */
  settled: z.literal(true).optional(),
  /** What it took of its stage's time: without waiting for a person, or for room in the budget. */
  spentMs: z.number().nonnegative().optional(),
  /** How many events told its outcome; exact replay takes so many with it. */
  events: z.number().int().nonnegative().optional(),
});
export type CallRecord = z.infer<typeof callRecordSchema>;

export const fileImageSchema = z.object({
  /** change set id + path */
  key: z.string(),
  run: z.string(),
  task: z.string(),
  changeSet: z.string(),
  /** Order of the writes within the run. */
  order: z.number().int().default(0),
  root: rootSchema,
  path: relativePathSchema,
  from: relativePathSchema.optional(),
  /** Blobs; null = no file. */
  before: hashSchema.nullable(),
  after: hashSchema.nullable(),
  /** Whether it may be run afterwards, where the write said so. */
  executable: z.boolean().optional(),
  /** Whether it might be run before, where the write takes the file away or changes that. */
  executableBefore: z.boolean().optional(),
  /** What was read back from the disk, once it was. */
  written: hashSchema.nullable().optional(),
  /** Id of the rollback that took this write back; absent while it stands. */
  undone: z.string().optional(),
  at: timeSchema,
});
export type FileImage = z.infer<typeof fileImageSchema>;

export const commitRecordSchema = z.object({
  /** The step key: the idempotency key, also a trailer of the commit. */
  key: z.string(),
  run: z.string(),
  task: z.string(),
  sha: z.string(),
  subject: z.string(),
  at: timeSchema,
});
export type CommitRecord = z.infer<typeof commitRecordSchema>;

export const iterationRecordSchema = z.object({
  plan: z.string(),
  iteration: z.number().int().nonnegative(),
  author: authorSchema,
  summary: z.string(),
  document: planDocumentSchema,
  /** What there was to say of it when it was made: how it came to be, what was mended or added. */
  notes: z.array(problemSchema).optional(),
  at: timeSchema,
});
export type IterationRecord = z.infer<typeof iterationRecordSchema>;

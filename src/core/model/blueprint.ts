/**
 * A blueprint as plain values: what its YAML says, with defaults merged in. The file form is read in core/blueprint.
 */
import { z } from 'zod';
import { approvalLevelSchema, sandboxSchema } from './policy.js';

export const stageTypeSchema = z.enum(['deterministic', 'agentic']);
export type StageType = z.infer<typeof stageTypeSchema>;

export const actionSchema = z.enum([
  'build_context',
  'lint',
  'test',
  'build',
  'verify',
  'run_gates',
  'apply_patch',
  'diff_report',
  'review_bundle',
  'commit',
  'summarize_run',
]);
export type Action = z.infer<typeof actionSchema>;

export const toolsetSchema = z.enum(['read_only', 'coding', 'debug_ci', 'docs', 'release']);
export type ToolsetName = z.infer<typeof toolsetSchema>;

/** What an agentic stage submits: a plain result, or a review verdict whose blockers fail the stage. */
export const resultShapeSchema = z.enum(['result', 'verdict']);
export type ResultShape = z.infer<typeof resultShapeSchema>;

export const terminalSchema = z.enum(['done', 'fail', 'paused']);
export type Terminal = z.infer<typeof terminalSchema>;
export const isTerminal = (target: string): target is Terminal => terminalSchema.safeParse(target).success;

/**
 * What any stage may name in `inputs` without another stage producing it.
 * `failure` is what failed last; `diff` the task's edits so far.
 */
export const builtInInputs = ['task', 'story', 'plan', 'context', 'failure', 'diff', 'results'] as const;

export const stageSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().default(''),
  type: stageTypeSchema,
  /** Deterministic: one of `action` and `commands`. */
  action: actionSchema.optional(),
  /** Shell lines, run in order; the first that fails ends the stage. */
  commands: z.array(z.string()).default([]),
  /** Agentic: what the model is asked to do. */
  goal: z.string().default(''),
  toolset: toolsetSchema.optional(),
  schema: resultShapeSchema.default('result'),
  inputs: z.array(z.string()).default([]),
  outputs: z.array(z.string()).default([]),
  /** A role (`reviewer`) or a model id; '' = the run's own model. */
  model: z.string().default(''),
  /** The stage is skipped, with that reason, when this is not configured. */
  requires: z.enum(['reviewer']).optional(),
  /** Toolset `docs`: the one folder, relative to the root, whose *.md files it may write. */
  outputFolder: z.string().optional(),
  maxRetries: z.number().int().nonnegative(),
  /** Of one visit. */
  timeoutMs: z.number().int().positive(),
  /** Absent: the run's own. A blueprint can only tighten it; the policy sees to that. */
  approval: approvalLevelSchema.optional(),
  sandbox: sandboxSchema.optional(),
  checkpoint: z.boolean().default(false),
  fresh: z.boolean().optional(),
  /** Stages the model may choose to go to. */
  routes: z.array(z.string()).default([]),
  onSuccess: z.string(),
  /** Absent: a failure of this stage fails the attempt. */
  onFailure: z.string().optional(),
});
export type Stage = z.infer<typeof stageSchema>;

export const blueprintSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  description: z.string().default(''),
  start: z.string(),
  /** In the order of the file. */
  stages: z.record(z.string(), stageSchema),
});
export type Blueprint = z.infer<typeof blueprintSchema>;

/** Where a problem stands: lines and columns from 1, the end exclusive. */
const spanSchema = z.object({
  line: z.number().int(),
  column: z.number().int(),
  endLine: z.number().int(),
  endColumn: z.number().int(),
});
export type Span = z.infer<typeof spanSchema>;

export const blueprintProblemCodes = [
  'file-too-large',
  'file-unreadable',
  'too-many-files',
  'yaml-syntax',
  'not-a-map',
  'unsupported-version',
  'missing-field',
  'unknown-field',
  'wrong-type',
  'bad-value',
  'bad-name',
  'too-many-stages',
  'duplicate-stage',
  'duplicate-id',
  'unknown-stage',
  'unknown-action',
  'unknown-toolset',
  'unknown-input',
  'bad-terminal',
  'field-mismatch',
  'unreachable-stage',
  'unbounded-loop',
  'missing-terminal',
  'alias',
] as const;
export type BlueprintProblemCode = (typeof blueprintProblemCodes)[number];

export const blueprintProblemSchema = spanSchema.extend({
  code: z.enum(blueprintProblemCodes),
  severity: z.enum(['error', 'warning', 'hint']),
  message: z.string(),
  /** What to write instead. */
  hint: z.string(),
});
export type BlueprintProblem = z.infer<typeof blueprintProblemSchema>;

export const fileProblemSchema = blueprintProblemSchema.extend({ file: z.string() });
export type FileProblem = z.infer<typeof fileProblemSchema>;

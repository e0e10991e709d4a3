/** Values of the policy; the deciding is in core/policy. */
import { z } from 'zod';
import type { Said } from './plain/said.js';
import { SETTINGS } from './plain/settings.js';

export const effectSchema = z.enum(['allow', 'ask', 'deny']);
export type Effect = z.infer<typeof effectSchema>;

export const sandboxSchema = z.enum(SETTINGS.sandbox.of);
export type Sandbox = z.infer<typeof sandboxSchema>;

export const approvalLevelSchema = z.enum(SETTINGS.approval.of);
export type ApprovalLevel = z.infer<typeof approvalLevelSchema>;

export const saidSchema: z.ZodType<Said> = z.object({
  text: z.string(),
  values: z.array(z.union([z.string(), z.lazy(() => saidSchema)])),
});

/**
 * `allow`, `ask` or `deny`, always with the rule that decided and a sentence why. `because` is the same sentence for
 * other languages; absent in older records.
 */
export const decisionSchema = z.object({
  effect: effectSchema,
  rule: z.string(),
  reason: z.string(),
  because: saidSchema.optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

/** A blueprint or a workspace can only tighten what the person set. */
export const tighterSandbox = (own: Sandbox | undefined, run: Sandbox): Sandbox =>
  tighter(sandboxSchema.options, own, run);
export const tighterApproval = (own: ApprovalLevel | undefined, run: ApprovalLevel): ApprovalLevel =>
  tighter(approvalLevelSchema.options, own, run);

/** `strictFirst`: the values from the strictest on. */
const tighter = <T>(strictFirst: readonly T[], own: T | undefined, run: T): T =>
  own !== undefined && strictFirst.indexOf(own) < strictFirst.indexOf(run) ? own : run;

/** A rule as a person writes it, in their settings or in `.openexec/policy.yaml`. */
export const policyRuleSchema = z.strictObject({
  id: z.string().min(1).max(100),
  decision: effectSchema,
  /** What is compared: the path from the root, the command's words joined by one blank each, the tool's name. */
  type: z.enum(['path', 'command', 'tool']),
  operator: z.enum(['exact', 'prefix', 'suffix', 'glob', 'regex', 'in']),
  value: z.string().min(1).max(1000).optional(),
  /** For `in`; for the others any of them may match. */
  values: z.array(z.string().min(1).max(1000)).max(1000).optional(),
  /** Compared in the same way (for `in`: equal); what matches one of them is not covered. */
  exceptions: z.array(z.string().min(1).max(1000)).max(1000).default([]),
  /** The highest that matches decides; among equals the strictest, named by the first in the file. */
  priority: z.number().int().min(-1_000_000).max(1_000_000).default(0),
  /** For paths: only these. */
  ops: z.array(z.enum(['read', 'write', 'delete'])).optional(),
  reason: z.string().max(500).default(''),
});
export type PolicyRule = z.infer<typeof policyRuleSchema>;

/** What a run froze of them at its start. */
export const frozenRulesSchema = z.object({ user: z.array(policyRuleSchema), workspace: z.array(policyRuleSchema) });
export type FrozenRules = z.infer<typeof frozenRulesSchema>;

/** One question to the policy: exactly one of `cmd`, `argv` and `path`. */
export const questionSchema = z.object({
  /** A shell line. */
  cmd: z.string().optional(),
  argv: z.array(z.string()).optional(),
  path: z.string().optional(),
  /** For paths. */
  op: z.enum(['read', 'write', 'delete']).default('read'),
  /** Folder in the root the command starts in; '' = the root. */
  cwd: z.string().default(''),
  /** As Node names it; `win32` also reads the line as PowerShell would. */
  platform: z.string().max(20).default(''),
});
export type Question = z.infer<typeof questionSchema>;

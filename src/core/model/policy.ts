/** Values of the policy; the deciding is in core/policy. */
import { z } from 'zod';

export const effectSchema = z.enum(['allow', 'ask', 'deny']);
export type Effect = z.infer<typeof effectSchema>;

export const sandboxSchema = z.enum(['read-only', 'workspace-write', 'full-access']);
export type Sandbox = z.infer<typeof sandboxSchema>;

export const approvalLevelSchema = z.enum(['always', 'changes', 'risky', 'never']);
export type ApprovalLevel = z.infer<typeof approvalLevelSchema>;

/** `allow`, `ask` or `deny`, always with the rule that decided and a sentence why. */
export const decisionSchema = z.object({ effect: effectSchema, rule: z.string(), reason: z.string() });
export type Decision = z.infer<typeof decisionSchema>;

/** A blueprint or a workspace can only tighten what the person set. */
export const tighterSandbox = (own: Sandbox | undefined, run: Sandbox): Sandbox => tighter(sandboxSchema.options, own, run);
export const tighterApproval = (own: ApprovalLevel | undefined, run: ApprovalLevel): ApprovalLevel => tighter(approvalLevelSchema.options, own, run);

/** `strictFirst`: the values from the strictest on. */
const tighter = <T>(strictFirst: readonly T[], own: T | undefined, run: T): T => (own !== undefined && strictFirst.indexOf(own) < strictFirst.indexOf(run) ? own : run);

/**
 * A pending question to the operator and its answer: a row, so it survives a reload. It never times out in the editor.
 */
import { z } from 'zod';
import { fileAnswerSchema } from './change-set.js';
import { paramsSchema, reasonSchema, relativePathSchema, timeSchema } from './primitives.js';
import { sandboxSchema, saidSchema } from './policy.js';
import { approvalStatusSchema } from './status.js';

export const attentionOptionSchema = z.enum(['retry', 'edit', 'continue', 'skip', 'accept', 'give-up']);
export type AttentionOption = z.infer<typeof attentionOptionSchema>;

export const approvalSubjectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('change-set'), changeSet: z.string() }),
  z.object({
    kind: z.literal('command'),
    /** What is spawned: a vector without a shell, or the exact text given to the shell. */
    argv: z.array(z.string()).optional(),
    script: z.string().optional(),
    cwd: z.string(),
    sandbox: sandboxSchema,
    /** sha256(text + folder + sandbox): the answer is bound to it. */
    hash: z.string(),
  }),
  z.object({ kind: z.literal('manual-task'), task: z.string() }),
  /** Operator attention: the run is paused and asks how to go on. */
  z.object({
    kind: z.literal('attention'),
    code: z.string(),
    params: paramsSchema,
    options: z.array(attentionOptionSchema),
  }),
  /** `ask_operator`: the model's own question, free text back. */
  z.object({ kind: z.literal('question'), question: z.string(), options: z.array(z.string()) }),
]);
export type ApprovalSubject = z.infer<typeof approvalSubjectSchema>;

/** Who answered: the door it came through. */
export const answeredBySchema = z.enum(['editor', 'terminal', 'policy', 'flag']);

export const approvalAnswerSchema = z.object({
  status: z.enum(['accepted', 'partly', 'rejected']),
  by: answeredBySchema,
  comment: z.string().max(10_000).default(''),
  /** change-set only; absent = every file as proposed (accepted) or as it was (rejected). */
  files: z.array(fileAnswerSchema).optional(),
  /** attention only. */
  option: attentionOptionSchema.optional(),
  /** command only: how long the yes lasts. */
  scope: z.enum(['once', 'run', 'always']).optional(),
});
export type ApprovalAnswer = z.infer<typeof approvalAnswerSchema>;

/** Decisions made so far in a review that is not finished, remembered over a reload. Hunks by content id. */
export const reviewDraftSchema = z.object({
  files: z.array(
    z.object({
      path: relativePathSchema,
      /** Blob of the proposal as it stands after the person's edits and rejections. */
      proposal: z.string().nullable(),
      hunks: z.record(
        z.string(),
        z.object({ decision: z.enum(['accepted', 'rejected']), comment: z.string().default('') }),
      ),
      /** Rejected hunks are no longer in the proposal; kept so that they can be restored and told to the model. */
      rejected: z.array(z.object({ id: z.string(), header: z.string(), lines: z.string(), comment: z.string() })),
      decision: z.enum(['pending', 'accepted', 'rejected']),
    }),
  ),
});
export type ReviewDraft = z.infer<typeof reviewDraftSchema>;

export const approvalSchema = z.object({
  id: z.string(),
  run: z.string(),
  task: z.string().default(''),
  stage: z.string().default(''),
  status: approvalStatusSchema,
  subject: approvalSubjectSchema,
  /** One line in English: who wants what. */
  title: z.string(),
  /** One line in English: why it is asked; names the rule for commands. */
  why: z.string(),
  /** Of both, as a code and parameters: the sentence is made at the door. Absent in older rows. */
  wording: reasonSchema.optional(),
  /** Of `why`, where it is a decision's reason: as `Decision`. */
  because: saidSchema.optional(),
  createdAt: timeSchema,
  answer: approvalAnswerSchema.optional(),
  draft: reviewDraftSchema.optional(),
});
export type Approval = z.infer<typeof approvalSchema>;

/**
 * A plan in its exchange form (`stories.json`, schema 1.1, with our optional
 * fields), and the record that holds its versions.
 */
import { z } from 'zod';
import { diagnosticCheckSchema } from './diagnostic.js';
import { hashSchema, rootSchema, timeSchema } from './primitives.js';

export const goalSchema = z.object({
  id: z.string().min(1),
  title: z.string(),
  description: z.string().default(''),
  success_criteria: z.string().default(''),
  verification_method: z.string().default(''),
});
export type Goal = z.infer<typeof goalSchema>;

export const needSchema = z.enum(['network', 'docker', 'ports']);

export const taskSchema = z.object({
  id: z.string().min(1),
  title: z.string(),
  description: z.string().default(''),
  technical_strategy: z.string().default(''),
  depends_on: z.array(z.string()).default([]),
  verification_script: z.string().default(''),
  /** Hours of work, for the schedule only. */
  estimate: z.number().positive().optional(),
  needs: z.array(needSchema).optional(),
  /**
   * A problem an editor shows, to be gone: the check in place of a script.
   * Of quick fixes, never of a plan's exchange form.
   */
  diagnostic: diagnosticCheckSchema.optional(),
  /** The check is expected to pass already: it pins behaviour (discovery, refactor). */
  pins: z.boolean().optional(),
});
export type Task = z.infer<typeof taskSchema>;

export const modeSchema = z.enum(['sequential', 'parallel', 'manual']);
export type Mode = z.infer<typeof modeSchema>;

export const storySchema = z.object({
  id: z.string().min(1),
  title: z.string(),
  description: z.string().default(''),
  requirement_id: z.string().default(''),
  goal_id: z.string().default(''),
  depends_on: z.array(z.string()).default([]),
  acceptance_criteria: z.array(z.string()).default([]),
  verification_script: z.string().default(''),
  contract: z.string().default(''),
  mode: modeSchema.optional(),
  pause_after: z.boolean().optional(),
  tasks: z.array(taskSchema).default([]),
});
export type Story = z.infer<typeof storySchema>;

export const planDocumentSchema = z.object({
  schema_version: z.string().default('1.1'),
  goals: z.array(goalSchema).default([]),
  stories: z.array(storySchema).default([]),
});
export type PlanDocument = z.infer<typeof planDocumentSchema>;

export const severitySchema = z.enum(['error', 'warning', 'info']);

/** Something wrong with a document: `path` leads to the place, e.g. `stories[2].tasks[0].verification_script`. */
export const problemSchema = z.object({
  code: z.string(),
  severity: severitySchema,
  path: z.string(),
  /** Story, task or goal id the problem belongs to, when there is one; views jump to it. */
  subject: z.string().optional(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  /** English sentence; the code and params are there to translate it. */
  message: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

export const authorSchema = z.enum(['generation', 'import', 'review', 'refine', 'user', 'chat']);
export type Author = z.infer<typeof authorSchema>;

/**
 * What the person agreed to: each script with the folder and sandbox it runs in.
 * `hash` = sha256(text \n folder \n sandbox).
 */
export const approvedScriptSchema = z.object({ subject: z.string(), hash: hashSchema });
export const planApprovalSchema = z.object({
  iteration: z.number().int(),
  at: timeSchema,
  scripts: z.array(approvedScriptSchema),
});

export const planSourceSchema = z.object({
  kind: z.enum(['intent', 'intent-file', 'stories-file', 'empty', 'duplicate']),
  /** The intent's text or the file's path. */
  text: z.string().default(''),
  hash: hashSchema.optional(),
});

export const planRecordSchema = z.object({
  id: z.string(),
  root: rootSchema,
  name: z.string(),
  iteration: z.number().int().nonnegative(),
  author: authorSchema,
  document: planDocumentSchema,
  source: planSourceSchema,
  /** Made by rules because no model answered. */
  degraded: z.boolean().default(false),
  /** Model label that made this iteration, '' when none did. */
  model: z.string().default(''),
  archived: z.boolean().default(false),
  approval: planApprovalSchema.optional(),
  /** What there was to say of this iteration when it was made; what is wrong with its document now is found anew. */
  notes: z.array(problemSchema).optional(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type PlanRecord = z.infer<typeof planRecordSchema>;

export const planSummarySchema = planRecordSchema
  .pick({ id: true, name: true, iteration: true, degraded: true, archived: true, createdAt: true, updatedAt: true })
  .extend({ stories: z.number().int(), tasks: z.number().int(), approved: z.boolean(), current: z.boolean() });
export type PlanSummary = z.infer<typeof planSummarySchema>;

/** What the tasks of a story need together: its own check runs with that. */
export const storyNeeds = (story: Story): NonNullable<Task['needs']> => [
  ...new Set(story.tasks.flatMap((task) => task.needs ?? [])),
];

/** Every task with the story it belongs to, in file order. */
export function* eachTask(document: PlanDocument): Generator<{ story: Story; task: Task }> {
  for (const story of document.stories) for (const task of story.tasks) yield { story, task };
}

export function findTask(document: PlanDocument, id: string): { story: Story; task: Task } | undefined {
  for (const found of eachTask(document)) if (found.task.id === id) return found;
  return undefined;
}

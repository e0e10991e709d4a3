/** The edits a stage proposes. Texts are blobs named by hash; before-hashes are what the edit expects to find. */
import { z } from 'zod';
import { hashSchema, relativePathSchema, rootSchema } from './primitives.js';

export const fileOpSchema = z.enum(['create', 'modify', 'delete', 'rename']);

export const hunkSchema = z.object({
  /** sha256 of path, old lines and new lines, first 16 digits: stable while the hunk says the same. */
  id: z.string(),
  /** 1-based first line and count, as in a unified diff header. */
  oldStart: z.number().int(),
  oldLines: z.number().int(),
  newStart: z.number().int(),
  newLines: z.number().int(),
});
export type Hunk = z.infer<typeof hunkSchema>;

export const changeFileSchema = z.object({
  path: relativePathSchema,
  op: fileOpSchema,
  /** The old path of a rename. */
  from: relativePathSchema.optional(),
  /** sha256 of the bytes expected on disk; null where no file may be. Also the blob of the before-image. */
  before: hashSchema.nullable(),
  /** sha256 of the proposed bytes; null for a deletion. Also a blob. */
  after: hashSchema.nullable(),
  added: z.number().int(),
  removed: z.number().int(),
  /** False for bytes that are not text we can re-encode exactly: decided as a whole, written beside the editor. */
  text: z.boolean(),
  /** Whether it may be run afterwards, where that changes. */
  executable: z.boolean().optional(),
  /** Whether it might be run before, where that changes or the file goes. */
  executableBefore: z.boolean().optional(),
  /**
   * What stands on the disk already, made by a command: sha256, null = no file.
   * Absent = `before` stands there. To reject the change is to put `before` back.
   */
  found: hashSchema.nullable().optional(),
});
export type ChangeFile = z.infer<typeof changeFileSchema>;

export const changeSetSchema = z.object({
  id: z.string(),
  run: z.string(),
  task: z.string(),
  stage: z.string(),
  root: rootSchema,
  /** What the stage wants, in one line from the model, else from the stage. */
  title: z.string(),
  files: z.array(changeFileSchema).min(1),
  /** Commands that made the files with `found`, as shown to people. */
  commands: z.array(z.string()).optional(),
  status: z.enum(['pending', 'applying', 'applied', 'rejected', 'failed']),
});
export type ChangeSet = z.infer<typeof changeSetSchema>;

export const rejectedHunkSchema = z.object({
  /** `@@ -12,3 +12,4 @@` */
  header: z.string(),
  /** The lines as shown, with their sign. */
  lines: z.string(),
  comment: z.string().default(''),
});

/**
 * What the person decided for one file:
 * the bytes to write, which may be the proposal, the proposal less rejected hunks, or edited by hand.
 */
export const fileAnswerSchema = z.object({
  path: relativePathSchema,
  /** Blob to write; null deletes; equal to the file's `before` when everything in it was rejected. */
  after: hashSchema.nullable(),
  rejected: z.array(rejectedHunkSchema).default([]),
  /** Changed by the person's own typing in the review. */
  edited: z.boolean().default(false),
});
export type FileAnswer = z.infer<typeof fileAnswerSchema>;

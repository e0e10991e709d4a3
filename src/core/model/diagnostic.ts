/** A problem an editor shows in a file, and the check that it is gone. */
import { z } from 'zod';
import { relativePathSchema } from './primitives.js';

export const diagnosticSchema = z.object({
  path: relativePathSchema,
  /** Who says it, e.g. `ts`, `eslint`; '' when it does not say. */
  source: z.string().max(200).default(''),
  code: z.string().max(200).default(''),
  message: z.string().max(10_000),
  /** From 1. */
  line: z.number().int().positive(),
  severity: z.enum(['error', 'warning', 'information', 'hint']),
});
export type Diagnostic = z.infer<typeof diagnosticSchema>;

/** The problem to be gone, with how the file stood when it was picked. */
export const diagnosticCheckSchema = diagnosticSchema.extend({
  /** How many of the same source, code and message the file had, this one included. */
  same: z.number().int().positive(),
  /** How many errors the file had. */
  errors: z.number().int().nonnegative(),
});
export type DiagnosticCheck = z.infer<typeof diagnosticCheckSchema>;

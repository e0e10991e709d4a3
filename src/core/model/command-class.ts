/** What a finished command came to, beyond its exit code: what proves nothing is neither green nor red. */
import { z } from 'zod';

export const commandKindSchema = z.enum(['green', 'red', 'broken', 'cannot-run', 'no-tests', 'timed-out']);

/**
 * `cannot-run`: a program, an npm script or the like is missing, may not be executed, or sandbox or network are in the way.
 * `broken`: what would be judged is never reached: the script, the tests or the code do not load.
 */
export const commandWhySchema = z.enum([
  '',
  'program',
  'not-executable',
  'script',
  'sandbox',
  'network',
  'shell-syntax',
  'import',
  'name',
  'syntax',
  'build',
  'collection',
  'usage',
  'file',
]);
export type CommandWhy = z.infer<typeof commandWhySchema>;

export const commandClassSchema = z.object({
  kind: commandKindSchema,
  why: commandWhySchema.default(''),
  /** The program, module, name or file that is missing; '' where the output names none. */
  what: z.string().default(''),
});
export type CommandClass = z.infer<typeof commandClassSchema>;

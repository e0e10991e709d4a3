import { z } from 'zod';

/** An absolute, real path of a folder on this machine: a workspace folder or a worktree of one. Every path has one. */
export const rootSchema = z.string().min(1).brand<'Root'>();
export type Root = z.infer<typeof rootSchema>;
export const asRoot = (path: string): Root => path as Root;

/** Relative to its root, `/`-separated, never empty, never absolute, never with `.` or `..` segments. */
export const relativePathSchema = z
  .string()
  .min(1)
  .max(4096)
  .refine(
    (path) =>
      !path.startsWith('/') &&
      !path.includes('\0') &&
      !path.split('/').some((part) => part === '' || part === '.' || part === '..'),
    {
      error: 'a path inside the root, with forward slashes',
    },
  );

/** Lower-case hexadecimal SHA-256. */
export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);
export type Hash = z.infer<typeof hashSchema>;

/** Milliseconds since the epoch, from the Clock port. */
export const timeSchema = z.number().int().nonnegative();

export const paramsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** A reason with a code and parameters; the sentence is made at the door. */
const codedSchema = z.object({ code: z.string(), params: paramsSchema.default({}) });
/** `asks`: by its own code, the question that is the reason; records of older versions have only its English title. */
export const reasonSchema = codedSchema.extend({ asks: codedSchema.optional() });
export type Reason = z.infer<typeof reasonSchema>;

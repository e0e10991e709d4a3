/** Files that a task of a run that ended half way left as it wrote them, uncommitted. */
import { z } from 'zod';

export const leftoverSchema = z.object({
  run: z.string(),
  title: z.string(),
  task: z.string(),
  paths: z.array(z.string()),
});
export type Leftover = z.infer<typeof leftoverSchema>;

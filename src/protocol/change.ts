/** What the socket and the panel are told besides a run's events. */
import { z } from 'zod';
import type { Change } from '../core/facade.js';

export const changeSchema: z.ZodType<Change> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('plans') }),
  z.object({ type: z.literal('runs') }),
  z.object({ type: z.literal('approvals') }),
  z.object({ type: z.literal('owner'), connected: z.boolean() }),
]);

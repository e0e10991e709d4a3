/** The only message of the start line's page. Checked with a schema, like everything from outside. */
import { z } from 'zod';

export const startMessageSchema = z.strictObject({ type: z.literal('plan'), intent: z.string().max(20_000) });

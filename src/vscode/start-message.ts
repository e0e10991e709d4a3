/** The only message of the start line's page. Loaded with its first message, so that activation loads no schemas. */
import { z } from 'zod';

export const startMessageSchema = z.strictObject({ type: z.literal('plan'), intent: z.string().max(20_000) });

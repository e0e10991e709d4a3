/** A recording of a model's answers: what it is made of, and how it is read. */
import { z } from 'zod';
import { OpenExecError } from '../../core/errors.js';
import { usageSchema } from '../../core/model/event.js';

export const entrySchema = z.object({
  /**
   * `plan/generate/<turn>`, or `<task>/<attempt>/<stage>/<visit>/<turn>` where `*` stands for any. The
   * turn counts the model's own answers in the conversation, from 1: call numbers also count tools, so
   * they shift with what the person decides.
   */
  key: z.string().min(1),
  /**
   * Absent: the plain sequence. `rejected`:
   * the person turned the changes down, wholly or partly (several are taken in turn).
   * `otherwise`: a tool failed, or the machine came here by a way that was not recorded.
   */
  when: z.enum(['rejected', 'otherwise']).optional(),
  text: z.string().default(''),
  toolCalls: z.array(z.object({ name: z.string().min(1), input: z.unknown() })).default([]),
  stop: z.enum(['end', 'tool-use', 'max-tokens', 'refused']).default('tool-use'),
  /** Absent where nobody counted: then it is estimated when played. */
  usage: usageSchema.optional(),
  latencyMs: z.number().nonnegative().default(0),
});
export type Entry = z.infer<typeof entrySchema>;

export const cassetteSchema = z.object({
  version: z.literal(1),
  label: z.string().min(1),
  entries: z.array(entrySchema),
});
export type Cassette = z.infer<typeof cassetteSchema>;

/** Fails with record-invalid when the text is not a cassette. */
export function readCassette(text: string, name = 'cassette.json'): Cassette {
  try {
    return cassetteSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new OpenExecError('record-invalid', { table: 'cassette', key: name }, undefined, { cause: error });
  }
}

/** What goes over the owner's local socket: one JSON object a line, both ways, checked on both sides. */
import { z } from 'zod';
import { progressSchema, runEventSchema } from '../core/model/event.js';
import { methods, type Method } from '../core/model/requests.js';
import { paramsSchema } from '../core/model/primitives.js';
import { changeSchema } from './change.js';

/** A door of another version is refused: rows and requests may mean something else. */
export const SOCKET_VERSION = 1;

/** Bytes of one line. What a door asks is small; what it is told may hold a page of events or a blob's text. */
export const MAX_CLIENT_FRAME = 16 * 1024 * 1024;
export const MAX_OWNER_FRAME = 64 * 1024 * 1024;
/** Before a door has shown the token. */
export const MAX_HELLO = 4096;

export const doorSchema = z.enum(['editor', 'terminal']);
export type Door = z.infer<typeof doorSchema>;

export const holderSchema = z.object({ pid: z.number().int().positive(), door: doorSchema, since: z.number().int() });
/** Who owns the root: process, the door it stands behind, since when (ms since the epoch). */
export type Holder = z.infer<typeof holderSchema>;

const id = z.number().int().positive();

export const helloSchema = z.object({
  type: z.literal('hello'),
  version: z.number().int(),
  token: z.string(),
  door: doorSchema,
  pid: z.number().int(),
});

export const clientFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('request'), id, method: z.enum(methods as [Method, ...Method[]]), params: z.unknown() }),
  z.object({ type: z.literal('cancel'), id }),
  /** Asks the owner to pause at the next safe point, close and release the lock; answered by `released`. */
  z.object({ type: z.literal('take-over'), id }),
]);
export type ClientFrame = z.infer<typeof helloSchema> | z.infer<typeof clientFrameSchema>;

export const ownerFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('welcome'), version: z.number().int(), holder: holderSchema }),
  z.object({ type: z.literal('refused'), reason: z.enum(['token', 'version', 'busy']) }),
  z.object({ type: z.literal('response'), id, result: z.unknown() }),
  z.object({ type: z.literal('error'), id, code: z.string(), params: paramsSchema }),
  z.object({ type: z.literal('event'), event: runEventSchema }),
  z.object({ type: z.literal('progress'), progress: progressSchema }),
  z.object({ type: z.literal('change'), change: changeSchema }),
  z.object({ type: z.literal('released'), id }),
]);
export type OwnerFrame = z.infer<typeof ownerFrameSchema>;

/**
 * The one way to ask a model, for planning and for stages. What it keeps:
 * - what leaves has passed the redaction sink (see conversation.ts);
 * - the call has a row before the provider is asked, with the hash of what it is asked;
 * its answer, tokens, cost and time are in the
 *   row before anybody acts on them, and a call that has its answer there is not made again;
 * - room in the budget is held for the most it can cost before it is made, and settled whatever becomes of it;
 * - it ends in the time it is given, and at once when the signal aborts, whatever the client makes of it.
 * Tries and back-off are the client's: what comes out of it is final, an OpenExecError of a model- code.
 */
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical.js';
import { decodeLossy } from '../../base/bytes.js';
import { untilAborted } from '../../base/until-aborted.js';
import { isOpenExecError } from '../errors.js';
import type { AtMost, Usage } from '../model/event.js';
import { hashSchema, type Hash } from '../model/primitives.js';
import type { Ports } from '../ports/ports.js';
import type { ModelBlock, ModelTool, ModelTurn } from '../ports/model.js';
import type { Room } from '../record/budget.js';
import { acceptable } from './acceptable.js';
import type { Conversation } from './conversation.js';
import { estimateTokens } from './tokens.js';

export interface Question {
  model: string;
  conversation: Conversation;
  tools: readonly ModelTool[];
  /** The model must answer by calling this tool. */
  forceTool?: string;
  /** The longest answer that is wanted; the model's own limit holds as well. */
  maxTokens: number;
}

/** One answer, as it is told to a timeline. */
export interface ModelCalled {
  call: string;
  model: string;
  stop: ModelTurn['stop'];
  usage: Usage;
  costUsd: number | null;
  /** From the call to the answer, tries and waits of the client included. */
  durationMs: number;
  /** First line of what it said. */
  text: string;
  tools: string[];
  /** Blobs: the request as it was said, sent as acceptable.ts makes it; the answer as received (JSON). */
  request: Hash;
  response: Hash;
}

/** What became of the call: its row keeps `result`. */
export type ModelCallDone =
  /** `leftOut`: it was declined, and whoever asks goes on without it. Versions before this stopped at one. */
  | { result: { response: Hash; leftOut?: true | undefined }; called: ModelCalled }
  /** What it cost is not known: at most `atMost`. */
  | { result: { timedOut: true }; atMost: AtMost };
export type ModelCallResult = ModelCallDone['result'];

export interface ModelCallSpec {
  name: string;
  /** Hashed into the row. */
  input: unknown;
  result: z.ZodType<ModelCallResult>;
  reserved: AtMost;
  /** Holds the room; may ask, refuse or wait. Not made for a call that has its answer. */
  before(key: string): Promise<void>;
  /** What a failure is known to have cost; undefined = not known. */
  spentBy(error: unknown): AtMost | undefined;
}

/** Who asks: where the call is recorded, what it may spend, how long it may take. */
export interface Asker {
  ports: Pick<Ports, 'models' | 'store' | 'clock' | 'redact'>;
  /** Stores a text with the next commit of the record. */
  keep(text: string): Promise<Hash>;
  /** Makes the call at most once under a key of its own, its row durable before and after. */
  record(spec: ModelCallSpec, perform: (key: string) => Promise<ModelCallDone>): Promise<ModelCallResult>;
  /** Holds room for the most the call can cost, or throws. */
  room(estimate: AtMost, key: string): Promise<Room>;
  /** undefined = the time was up first, and what ran was told to stop. */
  inTime<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T | undefined>;
  /** What the model says, as it comes, redacted. */
  onText?(text: string): void;
}

const resultSchema: z.ZodType<ModelCallResult> = z.union([
  z.object({ response: hashSchema, leftOut: z.literal(true).optional() }),
  z.object({ timedOut: z.literal(true) }),
]);
const blockSchema: z.ZodType<ModelBlock> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool-use'), id: z.string(), name: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('tool-result'), id: z.string(), content: z.string(), isError: z.boolean() }),
  z.object({ type: z.literal('opaque'), value: z.unknown() }),
]);
const answerSchema = z.object({
  content: z.array(blockSchema),
  stop: z.enum(['end', 'tool-use', 'max-tokens', 'refused']),
});
export type Answer = z.infer<typeof answerSchema> & { leftOut: boolean };

/**
 * The answer; undefined = its time was up first.
 * Rejects with such an error, what `room` throws, or the signal's reason.
 */
export async function askModel(asker: Asker, question: Question): Promise<Answer | undefined> {
  const { models, store, clock, redact } = asker.ports;
  const { conversation } = question;
  const info = models.info(question.model);
  const body = {
    model: question.model,
    system: conversation.system,
    messages: conversation.messages,
    tools: question.tools,
    ...(question.forceTool !== undefined && { forceTool: question.forceTool }),
    maxTokens: Math.min(info.maxOutput, question.maxTokens),
  };
  const text = canonicalJson(body);
  // Put right where it is sent, not where it is kept: the record holds what was said as it came, also of older versions.
  const sent = { ...body, ...acceptable(body) };
  const inputTokens = estimateTokens(text);
  const estimate: AtMost = {
    tokens: inputTokens + body.maxTokens,
    usd: info.price ? (inputTokens * info.price.input + body.maxTokens * info.price.output) / 1_000_000 : null,
  };
  let room: Room | undefined;
  const spec: ModelCallSpec = {
    name: info.id,
    input: body,
    result: resultSchema,
    reserved: estimate,
    before: async (key) => void (room = await asker.room(estimate, key)),
    spentBy,
  };
  const perform = async (key: string): Promise<ModelCallDone> => {
    const started = clock.monotonic();
    const request = await asker.keep(text);
    const turn = await asker.inTime((signal) =>
      untilAborted(
        models.turn({ ...sent, key }, (delta) => signal.aborted || asker.onText?.(redact(delta)), signal),
        signal,
      ),
    );
    if (!turn) {
      room?.release({ ...estimate, calls: 1 });
      return { result: { timedOut: true }, atMost: estimate };
    }
    const response = await asker.keep(JSON.stringify({ content: turn.content, stop: turn.stop }));
    const tokens = turn.usage.input + turn.usage.output + turn.usage.cacheRead + turn.usage.cacheWrite;
    room?.release({ usd: turn.costUsd, tokens, calls: 1 });
    return {
      result: { response, ...(turn.stop === 'refused' && { leftOut: true }) },
      called: {
        call: key,
        model: turn.model,
        stop: turn.stop,
        usage: turn.usage,
        costUsd: turn.costUsd,
        durationMs: Math.round(clock.monotonic() - started),
        text: redact(firstLine(turn.content)).slice(0, 200),
        tools: turn.content.flatMap((block) => (block.type === 'tool-use' ? [block.name] : [])),
        request,
        response,
      },
    };
  };
  const result = await asker.record(spec, perform).finally(() => room?.release({ usd: 0, tokens: 0, calls: 0 }));
  if ('timedOut' in result) return undefined;
  const answer = answerSchema.parse(JSON.parse(decodeLossy(await store.blob(result.response))));
  return { ...answer, leftOut: result.leftOut === true };
}

function firstLine(content: readonly ModelBlock[]): string {
  const said = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(' ');
  return said.trim().split('\n')[0] ?? '';
}

/** Nothing where the provider took nothing (it said so, or was never asked); else what the tries had used, where that is known. */
function spentBy(error: unknown): AtMost | undefined {
  if (!isOpenExecError(error)) return undefined;
  return error.used ?? (notTaken.has(error.code) ? { usd: 0, tokens: 0 } : undefined);
}

const notTaken: ReadonlySet<string> = new Set([
  'model-none',
  'model-auth',
  'model-billing',
  'model-request',
  'model-rate-limited',
  'model-overloaded',
  'model-context',
  'model-unknown',
  'recording-missing',
]);

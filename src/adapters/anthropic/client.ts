/**
 * The Anthropic API through the official SDK: streamed turns with tools, tried again with back-off, watched
 * for stalls. Base URL, key and headers are passed explicitly: the SDK would otherwise take them from
 * variables that a workspace may have set.
 */
import Anthropic from '@anthropic-ai/sdk';
import { isSafeAddress } from '../../base/safe-address.js';
import { untilAborted } from '../../base/until-aborted.js';
import { isAbort, OpenExecError } from '../../core/errors.js';
import type { Clock, ModelBlock, ModelClient, ModelMessage, ModelRequest, ModelTurn } from '../../core/ports/ports.js';
import { failureOf } from './failures.js';
import { createMeter, noUsage, sumOf, usedBy, type Meter } from './meter.js';
import { anthropicModel, costOf } from './models.js';

export interface AnthropicOptions {
  /** Read at every turn: a key set while a run is paused is used at once. */
  apiKey(): Promise<string | undefined>;
  /** https, or http on loopback only. */
  baseUrl?: string;
  clock: Clock;
  /** 0 to 1, for jitter. */
  random(): number;
  /** Silence after which a stream is ended, ms. */
  stallMs?: number;
  maxTries?: number;
  /** First wait, ms; doubles, with jitter. */
  backoffMs?: number;
  /** Longest wait between two tries, and the longest retry-after that is honoured, ms. */
  maxWaitMs?: number;
}

const DEFAULT_BASE = 'https://api.anthropic.com';
/**
 * Headers that may leave beside the key:
 * the SDK adds whatever ANTHROPIC_CUSTOM_HEADERS holds, even in place of the key.
 */
const allowedHeader = /^(anthropic-version|anthropic-beta|content-type|accept|user-agent|x-stainless-[\w-]+)$/i;

export function createAnthropicClient(options: AnthropicOptions): ModelClient {
  const { clock } = options;
  const base = checkBaseUrl(options.baseUrl ?? DEFAULT_BASE);
  const stallMs = options.stallMs ?? 90_000;
  const maxTries = options.maxTries ?? 5;
  const backoffMs = options.backoffMs ?? 1000;
  const maxWaitMs = options.maxWaitMs ?? 60_000;

  return {
    info: anthropicModel,
    async turn(request, onText, signal) {
      const apiKey = await options.apiKey();
      if (!apiKey) throw new OpenExecError('model-auth', { detail: 'no key is set' });
      const sdk = new Anthropic({
        apiKey,
        authToken: null,
        baseURL: base.href,
        webhookKey: null,
        maxRetries: 0,
        logLevel: 'off',
        openTelemetry: false,
        fetch: guardedFetch(base, apiKey),
      });
      const info = anthropicModel(request.model);
      let lost = noUsage;
      for (let tries = 1; ; tries++) {
        signal.throwIfAborted();
        const meter = createMeter();
        try {
          const turn = await once(sdk, request, onText, signal, { clock, stallMs, meter });
          const usage = sumOf(lost, turn.usage);
          return { ...turn, usage, costUsd: costOf(info, usage) };
        } catch (error) {
          signal.throwIfAborted();
          lost = sumOf(lost, meter.used());
          const failure = failureOf(error, request.model);
          const wait =
            failure.retryAfterMs ?? Math.min(maxWaitMs, backoffMs * 2 ** (tries - 1) * (0.5 + options.random() / 2));
          if (!failure.retry || tries >= maxTries || wait > maxWaitMs) {
            const final = finalError(failure.error, tries, wait);
            final.used = usedBy(lost, costOf(info, lost));
            throw final;
          }
          await clock.sleep(wait, signal);
        }
      }
    },
  };
}

/** What the person is told names how often, or how long. */
function finalError(error: OpenExecError, tries: number, waitMs: number): OpenExecError {
  if (error.code === 'model-overloaded') return new OpenExecError(error.code, { tries }, undefined, { cause: error });
  if (error.code === 'model-rate-limited')
    return new OpenExecError(error.code, { seconds: Math.round(waitMs / 1000) }, undefined, { cause: error });
  return error;
}

export function checkBaseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new OpenExecError('usage', { problem: `The base URL ${text} is not a URL.` }, undefined, { cause });
  }
  if (!isSafeAddress(url))
    throw new OpenExecError('usage', { problem: `The base URL ${text} must use https, or http on this machine only.` });
  if (url.username || url.password)
    throw new OpenExecError('usage', { problem: 'The base URL must not hold a user name or password.' });
  return url;
}

/** Only to the base's own origin, only our headers, never after a redirect. */
const guardedFetch =
  (base: URL, apiKey: string): typeof fetch =>
  async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== base.origin)
      throw new OpenExecError('model-network', { detail: `refused to call ${url.origin}` });
    const headers = new Headers({ 'x-api-key': apiKey });
    new Headers(init?.headers).forEach((value, name) => {
      if (allowedHeader.test(name)) headers.set(name, value);
    });
    const { signal } = init ?? {};
    const asked = fetch(url, { ...init, headers, redirect: 'error' });
    if (!signal) return await asked;
    try {
      return endedBy(await untilAborted(asked, signal), signal);
    } catch (error) {
      if (signal.aborted)
        asked.then(
          (late) => late.body?.cancel(),
          () => undefined, // it ended by itself
        );
      throw error;
    }
  };

/**
 * The response, its body read and cancelled by hand: Node holds the signal of a request only weakly, so that after a
 * garbage collection an abort reaches neither the reader nor the connection.
 */
function endedBy(response: Response, signal: AbortSignal): Response {
  const source = response.body?.getReader();
  if (!source) return response;
  let onAbort = (): void => undefined;
  const release = () => signal.removeEventListener('abort', onAbort);
  const body = new ReadableStream<Uint8Array>({
    start(to) {
      onAbort = () => {
        to.error(signal.reason);
        source.cancel(signal.reason).catch(() => undefined); // the connection is gone already
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort(); // between its head and now
    },
    async pull(to) {
      try {
        const { done, value } = await source.read();
        if (signal.aborted) return;
        if (!done) {
          to.enqueue(value);
          return;
        }
        release();
        to.close();
      } catch (error) {
        release();
        if (!signal.aborted) to.error(error);
      }
    },
    async cancel(reason) {
      release();
      await source.cancel(reason);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

async function once(
  sdk: Anthropic,
  request: ModelRequest,
  onText: (text: string) => void,
  signal: AbortSignal,
  watch: { clock: Clock; stallMs: number; meter: Meter },
): Promise<ModelTurn> {
  const info = anthropicModel(request.model);
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  let last = watch.clock.monotonic();
  let stalled = false;
  const stream = sdk.messages.stream(
    {
      model: info.id,
      max_tokens: request.maxTokens,
      messages: request.messages.map(toParam),
      // The stable head of every turn of a stage: cached by the provider.
      system: [{ type: 'text', text: request.system, cache_control: { type: 'ephemeral' } }],
      tools: request.tools.map((tool) => ({
        name: tool.name,
        description: tool.description,
        input_schema: { ...tool.inputSchema, type: 'object' as const },
      })),
      ...(request.forceTool && { tool_choice: { type: 'tool' as const, name: request.forceTool } }),
    },
    { signal: stop.signal },
  );
  stream.on('streamEvent', (event) => {
    last = watch.clock.monotonic();
    watch.meter.heard(event);
  });
  stream.on('text', (delta) => {
    // A chunk that came before the abort may hold more of the answer: whoever stopped it has no use for that.
    if (!stop.signal.aborted) onText(delta);
  });
  const watchdog = async () => {
    while (!stop.signal.aborted) {
      const left = watch.stallMs - (watch.clock.monotonic() - last);
      if (left <= 0) {
        stalled = true;
        stop.abort(new DOMException('stalled', 'AbortError'));
        return;
      }
      await watch.clock.sleep(left, stop.signal);
    }
  };
  const watching = watchdog().catch((error: unknown) => {
    if (!isAbort(error) && error !== stop.signal.reason) throw error;
  });
  try {
    const message = await untilAborted(stream.finalMessage(), stop.signal);
    return toTurn(message, info);
  } catch (error) {
    if (stalled)
      throw new OpenExecError('model-stalled', { seconds: Math.round(watch.stallMs / 1000) }, undefined, {
        cause: error,
      });
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop.abort(new DOMException('done', 'AbortError'));
    await watching;
  }
}

const toParam = (message: ModelMessage): Anthropic.MessageParam => ({
  role: message.role,
  content: message.content.map(toBlockParam),
});

function toBlockParam(block: ModelBlock): Anthropic.ContentBlockParam {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'tool-use':
      return { type: 'tool_use', id: block.id, name: block.name, input: block.input as Record<string, unknown> };
    case 'tool-result':
      return { type: 'tool_result', tool_use_id: block.id, content: block.content, is_error: block.isError };
    case 'opaque':
      return block.value as Anthropic.ContentBlockParam;
  }
}

function toTurn(message: Anthropic.Message, info: ReturnType<typeof anthropicModel>): ModelTurn {
  const usage = {
    input: message.usage.input_tokens,
    output: message.usage.output_tokens,
    cacheRead: message.usage.cache_read_input_tokens ?? 0,
    cacheWrite: message.usage.cache_creation_input_tokens ?? 0,
  };
  if (message.stop_reason === 'model_context_window_exceeded')
    throw new OpenExecError('model-context', { model: info.id });
  const stop =
    message.stop_reason === 'tool_use'
      ? 'tool-use'
      : message.stop_reason === 'max_tokens'
        ? 'max-tokens'
        : message.stop_reason === 'refusal'
          ? 'refused'
          : 'end';
  const content = message.content.map((block): ModelBlock => {
    if (block.type === 'text') return { type: 'text', text: block.text };
    if (block.type === 'tool_use') return { type: 'tool-use', id: block.id, name: block.name, input: block.input };
    return { type: 'opaque', value: block };
  });
  return { content, stop, usage, model: message.model, costUsd: costOf(info, usage) };
}

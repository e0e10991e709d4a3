/** The real SDK against a loopback server. */
import { afterEach, describe, expect, it } from 'vitest';
import { createAnthropicClient, checkBaseUrl } from '../../../src/adapters/anthropic/client.js';
import { createSystemClock } from '../../../src/adapters/node/clock.js';
import type { ModelRequest } from '../../../src/core/ports/ports.js';
import { startMessagesApi, type MessagesApi, type Reply } from '../../fakes/messages-api.js';

const open: MessagesApi[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()));
});

const request: ModelRequest = {
  key: 'run/T/1/implement/1/1',
  model: 'claude-sonnet-4-6',
  system: 'be brief',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
  tools: [
    {
      name: 'read_file',
      description: 'reads',
      inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
    },
  ],
  maxTokens: 100,
};
const hello: Reply = { kind: 'message', content: [{ type: 'text', text: 'Good day to you.' }] };

async function client(
  script: Parameters<typeof startMessagesApi>[0],
  more: Partial<Parameters<typeof createAnthropicClient>[0]> = {},
) {
  const api = await startMessagesApi(script);
  open.push(api);
  const texts: string[] = [];
  const model = createAnthropicClient({
    apiKey: async () => 'sk-test-key',
    baseUrl: api.url,
    clock: createSystemClock(),
    random: () => 0.5,
    backoffMs: 5,
    maxWaitMs: 300,
    ...more,
  });
  return {
    api,
    texts,
    turn: (asked: Partial<ModelRequest> = {}, signal = new AbortController().signal) =>
      model.turn({ ...request, ...asked }, (text) => texts.push(text), signal),
  };
}
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: { code?: unknown; name?: string }) => (typeof error.code === 'string' ? error.code : error.name),
  );

describe('the Anthropic adapter', () => {
  it('streams text as it comes and gives usage and cost', async () => {
    const { turn, texts, api } = await client([
      { ...hello, usage: { input_tokens: 1000, output_tokens: 100, cache_read_input_tokens: 2000 } },
    ]);
    const done = await turn();
    expect(done.content).toEqual([{ type: 'text', text: 'Good day to you.' }]);
    expect(texts.join('')).toBe('Good day to you.');
    expect(texts.length).toBeGreaterThan(1);
    expect(done.usage).toEqual({ input: 1000, output: 100, cacheRead: 2000, cacheWrite: 0 });
    expect(done.costUsd).toBeCloseTo(0.003 + 0.0015 + 0.0006, 6);
    expect(api.requests[0]?.headers['x-api-key']).toBe('sk-test-key');
  });

  it('hands over tool calls with their parsed input, and sends results back in the form the API wants', async () => {
    const { turn, api } = await client([
      {
        kind: 'message',
        content: [
          { type: 'text', text: 'Reading.' },
          { type: 'tool_use', id: 't1', name: 'read_file', input: { path: 'src/ä.ts' } },
        ],
      },
    ]);
    const done = await turn();
    expect(done.stop).toBe('tool-use');
    expect(done.content[1]).toEqual({ type: 'tool-use', id: 't1', name: 'read_file', input: { path: 'src/ä.ts' } });
    expect(api.requests[0]?.body['tools']).toMatchObject([{ name: 'read_file', input_schema: { type: 'object' } }]);
  });

  it('binds the answer to a tool, and never sends the key of the call', async () => {
    const { api, turn } = await client([hello]);
    await turn({ forceTool: 'read_file' });
    expect(api.requests[0]?.body['tool_choice']).toEqual({ type: 'tool', name: 'read_file' });
    expect(JSON.stringify(api.requests[0])).not.toContain(request.key);
  });

  it('tries again after 429, 529 and 500, and honours retry-after', async () => {
    const started = performance.now();
    const { turn, api } = await client([
      {
        kind: 'error',
        status: 429,
        type: 'rate_limit_error',
        message: 'slow down',
        headers: { 'retry-after': '0.15' },
      },
      { kind: 'error', status: 529, type: 'overloaded_error', message: 'busy' },
      { kind: 'error', status: 500, type: 'api_error', message: 'oh' },
      hello,
    ]);
    expect((await turn()).stop).toBe('end');
    expect(api.requests).toHaveLength(4);
    expect(performance.now() - started).toBeGreaterThanOrEqual(150);
  });

  it('gives up at once when retry-after is over the cap, and says how long it would be', async () => {
    const { turn, api } = await client([
      {
        kind: 'error',
        status: 429,
        type: 'rate_limit_error',
        message: 'slow down',
        headers: { 'retry-after': '3600' },
      },
    ]);
    await expect(turn()).rejects.toMatchObject({ code: 'model-rate-limited', params: { seconds: 3600 } });
    expect(api.requests).toHaveLength(1);
  });

  it('is bounded: an overloaded provider is named after the last try', async () => {
    const { turn, api } = await client([{ kind: 'error', status: 529, type: 'overloaded_error', message: 'busy' }], {
      maxTries: 3,
    });
    await expect(turn()).rejects.toMatchObject({ code: 'model-overloaded', params: { tries: 3 } });
    expect(api.requests).toHaveLength(3);
  });

  it.each<[string, Reply, string, number]>([
    [
      'a wrong key',
      { kind: 'error', status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
      'model-auth',
      1,
    ],
    [
      'an unknown model',
      { kind: 'error', status: 404, type: 'not_found_error', message: 'model: x' },
      'model-unknown',
      1,
    ],
    [
      'a prompt over the window',
      { kind: 'error', status: 400, type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens' },
      'model-context',
      1,
    ],
    [
      'a request it does not accept',
      { kind: 'error', status: 400, type: 'invalid_request_error', message: 'messages: roles must alternate' },
      'model-request',
      1,
    ],
    ['a reset in mid-stream', { kind: 'reset-mid-stream' }, 'model-network', 2],
    ['a malformed event', { kind: 'malformed-event' }, 'model-malformed', 2],
    [
      'an error event in mid-stream',
      { kind: 'error-event', type: 'overloaded_error', message: 'busy' },
      'model-overloaded',
      2,
    ],
    ['a redirect', { kind: 'redirect', to: 'https://elsewhere.invalid/' }, 'model-network', 2],
  ])('turns %s into its own code', async (_name, reply, expected, calls) => {
    const { turn, api } = await client([reply], { maxTries: 2 });
    expect(await code(turn())).toBe(expected);
    expect(api.requests).toHaveLength(calls);
  });

  it('recovers from a reset in mid-stream', async () => {
    const { turn } = await client([{ kind: 'reset-mid-stream' }, hello]);
    expect((await turn()).content).toEqual([{ type: 'text', text: 'Good day to you.' }]);
  });

  it('ends a stream that stands still', async () => {
    const { turn, api } = await client([{ kind: 'stall' }], { stallMs: 60, maxTries: 2 });
    expect(await code(turn())).toBe('model-stalled');
    expect(api.requests).toHaveLength(2);
  });

  it('says max-tokens when a tool call was cut off', async () => {
    const { turn } = await client([{ kind: 'cut-tool-json', name: 'read_file', json: '{"path": "src/' }], {
      maxTries: 1,
    });
    const done = await turn().catch((error: { code: string }) => error);
    expect('stop' in done ? done.stop : done.code).toMatch(/max-tokens|model-malformed/);
  });

  it('says refused, and knows an empty answer', async () => {
    const refused = await client([{ kind: 'message', content: [], stop: 'refusal' }]);
    expect((await refused.turn()).stop).toBe('refused');
  });

  it('tells what tries that broke off had used, in an answer and in a failure', async () => {
    const usage = { input_tokens: 1000, output_tokens: 100 };
    const after = await client([{ kind: 'reset-mid-stream' }, { ...hello, usage }]);
    expect((await after.turn()).usage).toEqual({ input: 1010, output: 101, cacheRead: 0, cacheWrite: 0 });
    const broken = await client([{ kind: 'reset-mid-stream' }], { maxTries: 2 });
    await expect(broken.turn()).rejects.toMatchObject({ code: 'model-network', used: { tokens: 22 } });
    const refused = await client([{ kind: 'error', status: 500, type: 'api_error', message: 'no' }], { maxTries: 2 });
    await expect(refused.turn()).rejects.toMatchObject({ code: 'model-overloaded', used: { usd: 0, tokens: 0 } });
    await refused.api.close();
    await expect(refused.turn()).rejects.toMatchObject({ code: 'model-network', used: { usd: 0, tokens: 0 } });
  });

  it('stops within a second of being cancelled, and does not try again', async () => {
    const { turn, api } = await client([{ kind: 'stall' }]);
    const abort = new AbortController();
    let cancelled = 0;
    const watch = setInterval(() => {
      if (api.requests.length === 0) return;
      clearInterval(watch);
      cancelled = performance.now();
      abort.abort(new DOMException('cancelled', 'AbortError'));
    }, 5);
    expect(await code(turn({}, abort.signal))).toBe('AbortError');
    expect(performance.now() - cancelled).toBeLessThan(1000);
    expect(api.requests).toHaveLength(1);
  });

  it('takes neither base URL, key nor headers from the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
      ANTHROPIC_API_KEY: 'sk-env',
      ANTHROPIC_AUTH_TOKEN: 'token-env',
      ANTHROPIC_CUSTOM_HEADERS: 'x-evil: 1\nx-api-key: stolen',
    });
    try {
      const { turn, api } = await client([hello]);
      await turn();
      expect(api.requests[0]?.headers).toMatchObject({ 'x-api-key': 'sk-test-key' });
      expect(api.requests[0]?.headers['x-evil']).toBeUndefined();
      expect(api.requests[0]?.headers['authorization']).toBeUndefined();
      const without = await client([hello], { apiKey: async () => undefined });
      expect(await code(without.turn())).toBe('model-auth');
      expect(without.api.requests).toHaveLength(0);
    } finally {
      process.env = before;
    }
  });

  it.each([
    ['http://example.com'],
    ['ftp://127.0.0.1'],
    ['https://user:pw@example.com'],
    ['not a url'],
    ['http://127.0.0.1.evil.tld'],
  ])('refuses the base URL %s', (url) => {
    expect(() => checkBaseUrl(url)).toThrow();
  });
});

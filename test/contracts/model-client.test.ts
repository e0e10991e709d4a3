import { createAnthropicClient } from '../../src/adapters/anthropic/client.js';
import { createSystemClock } from '../../src/adapters/node/clock.js';
import { readCassette } from '../../src/adapters/recorded/cassette.js';
import { createRecordedModel } from '../../src/adapters/recorded/recorded-model.js';
import { OpenExecError } from '../../src/core/errors.js';
import { startMessagesApi, type Reply } from '../fakes/messages-api.js';
import { createFakeModel, type ScriptedTurn } from '../fakes/model.js';
import { describeModelClient, type Answer } from './model-client.js';

const failures: Partial<Record<string, Reply>> = {
  'model-overloaded': { kind: 'error', status: 529, type: 'overloaded_error', message: 'busy' },
  'model-context': {
    kind: 'error',
    status: 400,
    type: 'invalid_request_error',
    message: 'prompt is too long: 210000 tokens',
  },
  'model-auth': { kind: 'error', status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
  'model-unknown': { kind: 'error', status: 404, type: 'not_found_error', message: 'model: x' },
  'model-network': { kind: 'reset-mid-stream' },
  'model-malformed': { kind: 'malformed-event' },
};
const stops = { end: 'end_turn', 'tool-use': 'tool_use', 'max-tokens': 'max_tokens', refused: 'refusal' } as const;

function toReply(answer: Answer): Reply {
  if ('begins' in answer) return { kind: 'begins', text: answer.begins };
  if ('fails' in answer) {
    if (answer.fails === 'model-rate-limited')
      return {
        kind: 'error',
        status: 429,
        type: 'rate_limit_error',
        message: 'slow down',
        headers: { 'retry-after': String(answer.retryAfterSeconds) },
      };
    const reply = failures[answer.fails];
    if (!reply) throw new Error(`the loopback cannot fail with ${answer.fails}`);
    return reply;
  }
  return {
    kind: 'message',
    content: [
      ...(answer.say ? [{ type: 'text' as const, text: answer.say }] : []),
      ...(answer.tools ?? []).map((tool, index) => ({ type: 'tool_use' as const, id: `toolu_${index}`, ...tool })),
    ],
    ...(answer.stop && { stop: stops[answer.stop] }),
    ...(answer.usage && {
      usage: {
        input_tokens: answer.usage.input,
        output_tokens: answer.usage.output,
        cache_read_input_tokens: answer.usage.cacheRead,
        cache_creation_input_tokens: answer.usage.cacheWrite,
      },
    }),
  };
}

describeModelClient({
  name: 'Anthropic, the official SDK against a loopback server',
  create: async (answers) => {
    const api = await startMessagesApi(answers.map(toReply));
    return {
      client: createAnthropicClient({
        apiKey: async () => 'sk-test-key',
        baseUrl: api.url,
        clock: createSystemClock(),
        random: () => 0.5,
        backoffMs: 40,
        maxWaitMs: 300,
        maxTries: 2,
      }),
      models: { priced: 'claude-sonnet-4-6', unpriced: 'my-model' },
      dispose: () => api.close(),
    };
  },
});

const noProvider = 'a recording has no provider that could fail';
describeModelClient({
  name: 'recorded',
  create: async (answers) => {
    const entries = answers.flatMap((answer, index): object[] => {
      if ('fails' in answer) return [];
      const key = `T-1/1/implement/1/${index + 1}`;
      if ('begins' in answer) return [{ key, text: answer.begins, latencyMs: 60_000 }];
      const { say, tools, stop = tools ? 'tool-use' : 'end', usage } = answer;
      return [{ key, text: say, toolCalls: tools, stop, usage }];
    });
    return {
      client: createRecordedModel(readCassette(JSON.stringify({ version: 1, label: 'Recorded', entries })), {
        speed: 0.05,
      }),
      models: { priced: 'recorded', unpriced: 'recorded' },
      dispose: async () => undefined,
    };
  },
  skip: {
    'says that a cost is unknown where the price is': 'playing a recording costs nothing',
    'stops while it waits to try again': noProvider,
    'rejects with a code of its own for a provider that is overloaded': noProvider,
    'rejects with a code of its own for a prompt over the window': noProvider,
    'rejects with a code of its own for a key that is refused': noProvider,
    'rejects with a code of its own for a model nobody knows': noProvider,
    'rejects with a code of its own for a line that breaks': noProvider,
    'rejects with a code of its own for an answer that cannot be read': noProvider,
    'rejects with how long to wait where the provider says it': noProvider,
  },
});

const PRICE = 3;
function toTurn(answer: Answer): ScriptedTurn {
  if ('begins' in answer) return { hangs: true, say: answer.begins };
  if ('fails' in answer) return { fails: new OpenExecError(answer.fails, { seconds: answer.retryAfterSeconds ?? 0 }) };
  return answer;
}
describeModelClient({
  name: 'fake',
  create: async (answers) => ({
    client: createFakeModel({ implement: answers.map(toTurn) }, { price: PRICE, unpriced: 'unpriced', counts: true }),
    models: { priced: 'scripted', unpriced: 'unpriced' },
    dispose: async () => undefined,
  }),
  skip: { 'stops while it waits to try again': 'the fake fails at once: its script says what is final' },
});

/**
 * What ends a model call ends it however often the garbage collector runs: Node's fetch holds its signal weakly. Every
 * 50 ms there is a collection here, and the server sends nothing, its head only, or pings for ever.
 */
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAnthropicClient } from '../../../src/adapters/anthropic/client.js';
import { createSystemClock } from '../../../src/adapters/node/clock.js';
import { askModel } from '../../../src/core/models/ask-model.js';
import { Conversation } from '../../../src/core/models/conversation.js';
import { inTime } from '../../../src/core/record/stage-time.js';
import { createWorld, planOf, settled, startPlan } from '../../core/engine/harness.js';
import { startMessagesApi, type MessagesApi, type Reply } from '../../fakes/messages-api.js';

const clock = createSystemClock();
let api: MessagesApi | undefined;
let collecting: NodeJS.Timeout | undefined;

beforeEach(() => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collecting = setInterval(() => collect(), 50);
});
afterEach(async () => {
  clearInterval(collecting);
  await api?.close();
});

async function client(kind: 'silent' | 'stall' | 'pings', stallMs = 60_000) {
  api = await startMessagesApi([{ kind } satisfies Reply]);
  return createAnthropicClient({
    apiKey: async () => 'sk-test-key',
    baseUrl: api.url,
    clock,
    random: () => 0.5,
    stallMs,
    maxTries: 1,
  });
}

/** The call is under way, and there were some collections since. */
async function underWay(): Promise<void> {
  while (!api?.requests.length) await clock.sleep(5, new AbortController().signal);
  await clock.sleep(300, new AbortController().signal);
}

/** How long it took, ms. */
async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

describe.each(['silent', 'stall', 'pings'] as const)('under garbage collection, of a stream that is %s', (kind) => {
  const turn = {
    key: 'k',
    model: 'claude-sonnet-4-6',
    system: '',
    messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Begin.' }] }],
    tools: [],
    maxTokens: 10,
  };

  it('a cancel ends the call within a second, and the connection with it', async () => {
    const models = await client(kind);
    const abort = new AbortController();
    const asked = models.turn(turn, () => undefined, abort.signal).catch((error: unknown) => error);
    await underWay();
    const reason = new DOMException('enough', 'AbortError');
    const ms = await took(async () => {
      abort.abort(reason);
      expect(await asked).toBe(reason);
    });
    expect(ms).toBeLessThan(1000);
    await expect.poll(() => api?.left(), { timeout: 1000 }).toBe(1);
  });

  it('the stall limit ends it at its time', async () => {
    const models = await client(kind, 600);
    const ms = await took(async () => {
      await expect(models.turn(turn, () => undefined, new AbortController().signal)).rejects.toMatchObject({
        code: 'model-stalled',
      });
    });
    expect(ms).toBeGreaterThanOrEqual(590);
    expect(ms).toBeLessThan(1600);
  });

  it('the time of a stage ends it at its limit', async () => {
    const models = await client(kind);
    const world = await createWorld({ client: models });
    const run = new AbortController();
    const ms = await took(async () => {
      const answer = await askModel(
        {
          ports: { ...world.ports, clock },
          keep: async (text) => world.ports.hasher.sha256(text),
          record: async (spec, perform) => {
            await spec.before('k');
            return (await perform('k')).result;
          },
          room: async () => ({ release: () => undefined }),
          inTime: (work) => inTime(clock, 600, work, run.signal),
        },
        { model: turn.model, conversation: new Conversation((text) => text, 'Be brief.'), tools: [], maxTokens: 10 },
      );
      expect(answer).toBeUndefined();
    });
    expect(ms).toBeLessThan(1600);
  });

  it.each(['run/cancel', 'run/pause'] as const)('%s ends a run within a second', async (request) => {
    const blueprint = await readFile('blueprints/standard_task.yaml', 'utf8');
    const world = await createWorld({ client: await client(kind), settings: { model: turn.model }, blueprint });
    world.commands.on('check T-1', { exitCode: 1 });
    const run = await startPlan(world, planOf({ 'T-1': {} }));
    await underWay();
    const ms = await took(async () => {
      if (request === 'run/pause') await world.openexec.request('run/pause', { run, now: true });
      else await world.openexec.request('run/cancel', { run });
      expect(await settled(world, run)).toBe(request === 'run/pause' ? 'paused' : 'cancelled');
    });
    expect(ms).toBeLessThan(1000);
  });

  it('a cancel ends planning within a second', async () => {
    const world = await createWorld({ client: await client(kind), settings: { model: turn.model } });
    const abort = new AbortController();
    const made = world.openexec
      .request('plan/generate', { intent: 'Add quotes.' }, abort.signal)
      .catch((error: unknown) => error);
    await underWay();
    const ms = await took(async () => {
      abort.abort(new DOMException('enough', 'AbortError'));
      expect(await made).toMatchObject({ name: 'AbortError' });
    });
    expect(ms).toBeLessThan(1000);
  });
});

/** What every ModelClient keeps, whoever provides the model. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.js';
import type { Usage } from '../../src/core/model/event.js';
import type { ModelBlock, ModelClient, ModelMessage, ModelRequest } from '../../src/core/ports/ports.js';

/** What the model says, in terms of no provider. */
export type Answer =
  | {
      say?: string;
      tools?: { name: string; input: unknown }[];
      stop?: 'end' | 'tool-use' | 'max-tokens' | 'refused';
      usage?: Usage;
    }
  | { fails: Extract<ErrorCode, `model-${string}`>; retryAfterSeconds?: number }
  /** The text begins to come, and its end never does. */
  | { begins: string };

export interface ModelUnderTest {
  client: ModelClient;
  /** One whose price is known, and one whose price is not. */
  models: { priced: string; unpriced: string };
  dispose(): Promise<void>;
}

export interface ModelContract {
  name: string;
  /** Gives the answers in order, the last again and again. */
  create(answers: readonly Answer[]): Promise<ModelUnderTest>;
  /** Title of a test and why it cannot hold here; printed beside it. */
  skip?: Readonly<Record<string, string>>;
}

const tool = (name: string) => ({
  name,
  description: `${name}, for a test`,
  inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
});
const user = (text: string): ModelMessage => ({ role: 'user', content: [{ type: 'text', text }] });
const LONG = 'A sentence that comes in more than one piece, so that somebody can read along while it does. '.repeat(4);
const USAGE: Usage = { input: 1200, output: 340, cacheRead: 5000, cacheWrite: 600 };

export function describeModelClient({ name, create, skip = {} }: ModelContract): void {
  describe(`model client: ${name}`, () => {
    const opened: ModelUnderTest[] = [];
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.dispose();
    });
    const titles = new Set<string>();
    const holds = (title: string, run: () => Promise<void>) => {
      titles.add(title);
      it(title, async (context) => {
        const reason = skip[title];
        context.skip(reason !== undefined, reason);
        await run();
      });
    };

    const open = async (...answers: Answer[]) => {
      const subject = await create(answers);
      opened.push(subject);
      const texts: string[] = [];
      return {
        ...subject,
        texts,
        turn: (
          more: Partial<ModelRequest> = {},
          signal = new AbortController().signal,
          onText: (text: string) => void = () => undefined,
        ) =>
          subject.client.turn(
            {
              key: 'run_1/T-1/1/implement/1/1',
              model: subject.models.priced,
              system: 'Be brief.',
              messages: [user('Begin.')],
              tools: [tool('read_file'), tool('submit_result')],
              maxTokens: 1000,
              ...more,
            },
            (text) => {
              texts.push(text);
              onText(text);
            },
            signal,
          ),
      };
    };
    const calls = (content: readonly ModelBlock[]) => content.filter((block) => block.type === 'tool-use');

    holds('says what it knows of a model without being asked for an answer', async () => {
      const { client, models } = await open({ say: 'unused' });
      for (const id of [models.priced, models.unpriced]) {
        const info = client.info(id);
        expect(info.id).not.toBe('');
        expect(info.label).not.toBe('');
        expect(info.maxOutput).toBeGreaterThan(0);
        expect(client.info(id)).toEqual(info);
      }
      expect(client.info(models.priced).price).toEqual({
        input: expect.any(Number) as number,
        output: expect.any(Number) as number,
        cacheRead: expect.any(Number) as number,
        cacheWrite: expect.any(Number) as number,
      });
    });

    holds('streams text as it comes; the pieces together are the text', async () => {
      const { turn, texts } = await open({ say: LONG });
      const done = await turn();
      expect(done.content).toEqual([{ type: 'text', text: LONG }]);
      expect(done.stop).toBe('end');
      expect(texts.join('')).toBe(LONG);
      expect(texts.length).toBeGreaterThan(1);
      expect(texts).not.toContain('');
    });

    holds('hands over a tool call with its input parsed', async () => {
      const input = { path: 'src/ä "quoted".ts', deep: { list: [1, null, true] } };
      const { turn } = await open({ say: 'Reading.', tools: [{ name: 'read_file', input }] });
      const done = await turn();
      expect(done.stop).toBe('tool-use');
      expect(done.content[0]).toEqual({ type: 'text', text: 'Reading.' });
      expect(calls(done.content)).toEqual([
        { type: 'tool-use', id: expect.any(String) as string, name: 'read_file', input },
      ]);
    });

    holds('hands over several tool calls in their order, each with an id of its own', async () => {
      const { turn } = await open({
        tools: [
          { name: 'read_file', input: { path: 'a' } },
          { name: 'read_file', input: { path: 'b' } },
          { name: 'submit_result', input: { summary: 'both' } },
        ],
      });
      const made = calls((await turn()).content);
      expect(made.map((call) => [call.name, call.input])).toEqual([
        ['read_file', { path: 'a' }],
        ['read_file', { path: 'b' }],
        ['submit_result', { summary: 'both' }],
      ]);
      expect(new Set(made.map((call) => call.id)).size).toBe(3);
    });

    holds('takes the results of tools and goes on', async () => {
      const { turn } = await open({ tools: [{ name: 'read_file', input: { path: 'a' } }] }, { say: 'Seen.' });
      const first = await turn();
      const results = calls(first.content).map(
        ({ id }): ModelBlock => ({ type: 'tool-result', id, content: 'text', isError: false }),
      );
      const second = await turn({
        messages: [user('Begin.'), { role: 'assistant', content: first.content }, { role: 'user', content: results }],
      });
      expect(second.content).toEqual([{ type: 'text', text: 'Seen.' }]);
    });

    holds('answers by the tool it is bound to', async () => {
      const input = { goals: [], stories: [{ id: 'US-001' }] };
      const { turn } = await open({ tools: [{ name: 'submit_plan', input }] });
      const done = await turn({ tools: [tool('submit_plan')], forceTool: 'submit_plan' });
      expect(calls(done.content).map((call) => [call.name, call.input])).toEqual([['submit_plan', input]]);
    });

    holds('gives an empty answer as one', async () => {
      const { turn, texts } = await open({});
      expect(await turn()).toMatchObject({ content: [], stop: 'end' });
      expect(texts).toEqual([]);
    });

    holds('says that an answer was cut off, or refused', async () => {
      const { turn } = await open({ say: 'Half', stop: 'max-tokens' }, { say: 'I cannot.', stop: 'refused' });
      const cut = await turn();
      expect(cut).toMatchObject({ stop: 'max-tokens', content: [{ type: 'text', text: 'Half' }] });
      const second: ModelMessage[] = [user('Begin.'), { role: 'assistant', content: cut.content }, user('Go on.')];
      expect((await turn({ messages: second })).stop).toBe('refused');
    });

    holds('counts tokens in whole numbers, and names the model that answered', async () => {
      const { turn } = await open({ say: 'Counted.', usage: USAGE });
      const done = await turn();
      expect(done.usage).toEqual(USAGE);
      expect(done.model).not.toBe('');
    });

    holds('costs what its price says', async () => {
      const { turn, client, models } = await open({ say: 'Counted.', usage: USAGE });
      const { price } = client.info(models.priced);
      const sum =
        USAGE.input * (price?.input ?? 0) +
        USAGE.output * (price?.output ?? 0) +
        USAGE.cacheRead * (price?.cacheRead ?? 0) +
        USAGE.cacheWrite * (price?.cacheWrite ?? 0);
      expect((await turn()).costUsd).toBeCloseTo(sum / 1_000_000, 9);
    });

    holds('says that a cost is unknown where the price is', async () => {
      const { turn, client, models } = await open({ say: 'Counted.', usage: USAGE });
      expect(client.info(models.unpriced).price).toBeNull();
      expect(await turn({ model: models.unpriced })).toMatchObject({ costUsd: null, usage: USAGE });
    });

    const reason = new DOMException('enough', 'AbortError');
    const rejection = (turn: Promise<unknown>) =>
      turn.then(
        () => 'resolved',
        (error: unknown) => error,
      );

    holds('asks nothing once it was cancelled, and rejects with the reason', async () => {
      const { turn, texts } = await open({ say: 'Too late.' });
      expect(await rejection(turn({}, AbortSignal.abort(reason)))).toBe(reason);
      expect(texts).toEqual([]);
    });

    holds('stops in the middle of an answer within a second, and rejects with the reason', async () => {
      const { turn, texts } = await open({ begins: LONG });
      const abort = new AbortController();
      let stopped = 0;
      const told = await rejection(
        turn({}, abort.signal, () => {
          stopped ||= performance.now();
          abort.abort(reason);
        }),
      );
      expect(told).toBe(reason);
      expect(performance.now() - stopped).toBeLessThan(1000);
      const before = texts.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(texts).toHaveLength(before);
    });

    holds('stops while it waits to try again', async () => {
      const { turn } = await open({ fails: 'model-overloaded' });
      const abort = new AbortController();
      const ended = rejection(turn({}, abort.signal));
      setTimeout(() => abort.abort(reason), 20);
      expect(await ended).toBe(reason);
    });

    holds('is not touched by a cancel that comes after the answer', async () => {
      const { turn } = await open({ say: 'Whole.' });
      const abort = new AbortController();
      const done = await turn({}, abort.signal);
      abort.abort(reason);
      await new Promise((resolve) => setImmediate(resolve));
      expect(done.content).toEqual([{ type: 'text', text: 'Whole.' }]);
    });

    for (const [what, fails] of [
      ['a provider that is overloaded', 'model-overloaded'],
      ['a prompt over the window', 'model-context'],
      ['a key that is refused', 'model-auth'],
      ['a model nobody knows', 'model-unknown'],
      ['a line that breaks', 'model-network'],
      ['an answer that cannot be read', 'model-malformed'],
    ] as const)
      holds(`rejects with a code of its own for ${what}`, async () => {
        const { turn } = await open({ fails });
        expect(await rejection(turn())).toMatchObject({ name: 'OpenExecError', code: fails });
      });

    holds('rejects with how long to wait where the provider says it', async () => {
      const { turn } = await open({ fails: 'model-rate-limited', retryAfterSeconds: 3600 });
      expect(await rejection(turn())).toMatchObject({ code: 'model-rate-limited', params: { seconds: 3600 } });
    });

    it('skips only what there is', () => {
      for (const title of Object.keys(skip)) expect([...titles]).toContain(title);
    });
  });
}

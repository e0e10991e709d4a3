/** Answers that a service refuses when they are sent back: the run goes on, and the record keeps them as they came. */
import { afterEach, describe, expect, it } from 'vitest';
import { createAnthropicClient } from '../../../src/adapters/anthropic/client.js';
import { createSystemClock } from '../../../src/adapters/node/clock.js';
import { acceptable } from '../../../src/core/models/acceptable.js';
import type { ModelBlock, ModelMessage } from '../../../src/core/ports/ports.js';
import { startMessagesApi, type Block, type MessagesApi, type Reply } from '../../fakes/messages-api.js';
import { lookWith } from './fixtures.js';
import { createWorld, planOf, settled, startPlan } from './harness.js';

const open: MessagesApi[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()));
});

const says = (...content: Block[]): Reply => ({ kind: 'message', content });
const text = (said: string): Block => ({ type: 'text', text: said });
const call = (id: string, name = 'read_file', input: unknown = { path: 'a.txt' }): Block => ({
  type: 'tool_use',
  id,
  name,
  input,
});
const done = says(call('toolu_done', 'submit_result', { summary: 'done' }));
const declined: Reply = { kind: 'message', content: [text('I can')], stop: 'refusal' };

async function worldOf(script: readonly Reply[]) {
  const api = await startMessagesApi(script);
  open.push(api);
  const client = createAnthropicClient({
    apiKey: async () => 'sk-test-key',
    baseUrl: api.url,
    clock: createSystemClock(),
    random: () => 0.5,
    backoffMs: 5,
  });
  const world = await createWorld({ blueprint: lookWith('coding'), client, settings: { model: 'claude-sonnet-4-6' } });
  return { api, world };
}
const plan = planOf({ T1: { pins: true } });

const odd: [string, Reply[]][] = [
  ['nothing at all', [says()]],
  ['an empty text', [says(text(''), call('a'))]],
  ['a text of blanks', [says(text('\n \u0085\t'))]],
  ['a text of blanks beside a call', [says(text('\n\n'), call('a'))]],
  ['an id twice in one answer', [says(call('a'), call('a', 'list_directory', {}))]],
  ['an id twice in two answers', [says(call('a')), says(call('a', 'list_directory', {})), says(call('a'))]],
  ['an id that does not fit', [says(call('functions.read_file:0'), call(''), call('x'.repeat(200)))]],
  ['an id like one of ours', [says(call('call_3_0'), call('call_3_0')), says(call('call_3_0'), call('call_1_1'))]],
  ['a name that does not fit', [says(call('a', 'functions.read file'), call('b', ''), call('c', 'x'.repeat(300)))]],
  ['a list for arguments', [says(call('a', 'read_file', ['a.txt']))]],
  ['a text for arguments', [says(call('a', 'read_file', 'a.txt'), call('b', 'list_directory', null))]],
  ['half a character', [says(text('\ud83d'), call('a', 'read_file', { path: 'a\udc00', ['\ud800']: ['\ud800'] }))]],
  ['an answer that was cut off to nothing', [{ kind: 'message', content: [], stop: 'max_tokens' }]],
  ['two that were declined', [declined, declined]],
];

describe('an answer that the service would refuse', () => {
  it.each(odd)('%s: the run goes on, and its replay is equal', async (_, script) => {
    const { api, world } = await worldOf([...script, says(text('Looking.'), call('b9')), done]);
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('completed');
    expect(api.refused).toEqual([]);
    expect(api.requests).toHaveLength(script.length + 2);
    expect((await world.openexec.request('run/replay', { run })).divergence).toBeUndefined();
  });

  it('is in the record as it came', async () => {
    const { api, world } = await worldOf([says(text(' '), call('same', 'read_file', ['a.txt']), call('same')), done]);
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('completed');
    const [first] = world.events.flatMap((event) => (event.type === 'model-called' ? [event] : []));
    const stored = JSON.parse(new TextDecoder().decode(await world.store.blob(first?.response ?? ''))) as unknown;
    expect(stored).toMatchObject({
      content: [
        { type: 'text', text: ' ' },
        { type: 'tool-use', id: 'same', input: ['a.txt'] },
        { type: 'tool-use', id: 'same', input: { path: 'a.txt' } },
      ],
    });
    expect(api.refused).toEqual([]);
  });

  it('stops before the third that is declined in a row, and a resume goes on without them', async () => {
    const { api, world } = await worldOf([declined, declined, declined, done]);
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('paused');
    expect(world.events.at(-1)).toMatchObject({ type: 'run-paused', reason: { code: 'model-refused' } });
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(api.requests).toHaveLength(4);
    expect(JSON.stringify(api.requests.at(-1)?.body)).not.toContain('I can');
    expect((await world.openexec.request('run/replay', { run })).divergence).toBeUndefined();
  });
});

describe('a conversation that is sent', () => {
  const user = (...content: ModelBlock[]): ModelMessage => ({ role: 'user', content });
  const assistant = (...content: ModelBlock[]): ModelMessage => ({ role: 'assistant', content });
  const said = (words: string): ModelBlock => ({ type: 'text', text: words });
  const use = (id: string): ModelBlock => ({ type: 'tool-use', id, name: 'read_file', input: {} });
  const result = (id: string, content: string, isError = false): ModelBlock => ({
    type: 'tool-result',
    id,
    content,
    isError,
  });
  const sent = (...messages: ModelMessage[]) => acceptable({ system: '', messages }).messages;

  it('is not touched where it is in order', () => {
    const opaque: ModelBlock = { type: 'opaque', value: { type: 'thinking', thinking: '', signature: 's' } };
    const messages = [user(said('Begin.')), assistant(opaque, said('So.'), use('a')), user(result('a', 'text'))];
    expect(sent(...messages)).toEqual(messages);
  });

  it('gives each call of one id the result that stands in its place', () => {
    const [, calls, results] = sent(
      user(said('Begin.')),
      assistant(use('a'), use('a')),
      user(result('a', 'first'), result('a', 'second')),
    );
    const ids = calls?.content.map((block) => (block.type === 'tool-use' ? block.id : ''));
    expect(results?.content).toEqual([result(ids?.[0] ?? '', 'first'), result(ids?.[1] ?? '', 'second')]);
    expect(new Set(ids).size).toBe(2);
  });

  it('has a result for every call and a call for every result', () => {
    const messages = sent(
      user(said('Begin.')),
      assistant(use('a'), use('b')),
      user(said('Now?'), result('b', '', true), result('z', 'of nothing')),
      assistant(said(' ')),
      user(said('Well?')),
      assistant(use('c')),
    );
    expect(messages).toEqual([
      user(said('Begin.')),
      assistant(use('a'), use('b')),
      user(
        result('a', 'Not done.', true),
        result('b', '(empty)', true),
        said('Now?'),
        said('of nothing'),
        said('Well?'),
      ),
      assistant(use('c')),
      user(result('c', 'Not done.', true)),
    ]);
  });

  it('begins as it did when it was shorter, so that the cache of the provider finds it', () => {
    const whole = [
      user(said('Begin.')),
      assistant(use('a'), said('')),
      user(result('a', '')),
      assistant(use('a'), use('odd id')),
      user(result('a', 'x'), result('odd id', 'y')),
      assistant(said('done')),
      user(said('No.')),
    ];
    const last = sent(...whole);
    for (const length of [1, 3, 5, 7]) expect(last.slice(0, length)).toEqual(sent(...whole.slice(0, length)));
  });
});

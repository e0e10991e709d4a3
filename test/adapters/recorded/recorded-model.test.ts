import { describe, expect, it } from 'vitest';
import { readCassette, type Entry } from '../../../src/adapters/recorded/cassette.js';
import { createRecordedModel, createRecorder } from '../../../src/adapters/recorded/recorded-model.js';
import type { ModelMessage, ModelRequest } from '../../../src/core/ports/ports.js';

const never = new AbortController().signal;
const ask = (key: string, messages: ModelMessage[] = []): ModelRequest => ({
  key,
  model: 'recorded',
  system: '',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'go' }] }, ...messages],
  tools: [],
  maxTokens: 100,
});
const answered = (result: string, isError = false): ModelMessage[] => [
  { role: 'assistant', content: [{ type: 'tool-use', id: 'x', name: 'submit_result', input: {} }] },
  { role: 'user', content: [{ type: 'tool-result', id: 'x', content: result, isError }] },
];
const rejected = answered('{"status":"rejected"}', true);
const cassette = readCassette(
  JSON.stringify({
    version: 1,
    label: 'Recorded model (demo)',
    entries: [
      { key: 'plan/generate/1', toolCalls: [{ name: 'submit_plan', input: { stories: [] } }] },
      { key: 'T-1/1/implement/1/1', text: 'first turn' },
      { key: 'T-1/1/implement/1/2', text: 'second turn' },
      { key: 'T-1/*/implement/*/*', when: 'rejected', text: 'another way' },
      { key: 'T-1/*/*/*/*', when: 'otherwise', text: 'whole files' },
    ] satisfies Partial<Entry>[],
  }),
);
const say = async (request: ModelRequest): Promise<string> => {
  const turn = await createRecordedModel(cassette, { speed: 0 }).turn(request, () => undefined, never);
  return turn.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
};

describe('the recorded model', () => {
  it.each([
    ['the first turn, whatever the run and the call number', ask('run_9/T-1/1/implement/1/4'), 'first turn'],
    ['the second turn after a tool result', ask('run_9/T-1/1/implement/1/9', answered('file text')), 'second turn'],
    ['another way after a rejection', ask('r/T-1/1/implement/1/2', rejected), 'another way'],
    [
      'something else again after a second rejection',
      ask('r/T-1/1/implement/1/3', [...rejected, ...rejected]),
      'whole files',
    ],
    [
      'the same for hunks that were rejected in part',
      ask('r/T-1/1/implement/1/2', answered('{"status":"partly"}', true)),
      'another way',
    ],
    [
      'whole files after a patch that failed',
      ask('r/T-1/1/implement/1/2', answered('patch-mismatch', true)),
      'whole files',
    ],
    ['whole files in a stage that was not recorded', ask('r/T-1/2/fix_build/1/1'), 'whole files'],
  ])('gives %s', async (_what, request, expected) => expect(await say(request)).toBe(expected));

  it('answers a plan request through the tool it was asked to call', async () => {
    const turn = await createRecordedModel(cassette, { speed: 0 }).turn(
      { ...ask('plan/plan_7/1'), forceTool: 'hand_in_plan' },
      () => undefined,
      never,
    );
    expect(turn.content).toEqual([
      { type: 'tool-use', id: 'recorded-1-1', name: 'hand_in_plan', input: { stories: [] } },
    ]);
  });

  it('says so when it has no answer', async () => {
    await expect(say(ask('r/T-99/1/implement/1/1'))).rejects.toMatchObject({ code: 'recording-missing' });
  });

  it('stops in the middle of an answer when it is cancelled', async () => {
    const slow = createRecordedModel({
      ...cassette,
      entries: cassette.entries.map((entry) => ({ ...entry, latencyMs: 60_000 })),
    });
    const controller = new AbortController();
    const reason = new Error('cancelled by the person');
    const turn = slow.turn(ask('r/T-1/1/implement/1/1'), () => undefined, controller.signal);
    controller.abort(reason);
    await expect(turn).rejects.toBe(reason);
  });

  it('streams its text in pieces that add up', async () => {
    const text = 'A sentence that is longer than one piece of a stream, with a\nline break.';
    const pieces: string[] = [];
    const streaming = createRecordedModel({ ...cassette, entries: [{ ...cassette.entries[1]!, text }] }, { speed: 0 });
    await streaming.turn(ask('r/T-1/1/implement/1/1'), (piece) => pieces.push(piece), never);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toBe(text);
  });

  it('plays what it recorded', async () => {
    const entries: Entry[] = [];
    const recorder = createRecorder(createRecordedModel(cassette, { speed: 0 }), (entry) => entries.push(entry));
    const requests = [
      ask('a/T-1/1/implement/1/1'),
      ask('a/T-1/1/implement/1/5', answered('fine')),
      ask('a/T-1/1/implement/1/5', rejected),
    ];
    for (const request of requests) await recorder.turn(request, () => undefined, never);
    const again = createRecordedModel(readCassette(JSON.stringify({ version: 1, label: 'mine', entries })), {
      speed: 0,
    });
    for (const request of requests)
      expect((await again.turn(request, () => undefined, never)).content).toEqual(
        (await createRecordedModel(cassette, { speed: 0 }).turn(request, () => undefined, never)).content,
      );
  });

  it('refuses a file that is not a cassette', () => {
    expect(() => readCassette('{"version":2}')).toThrow(expect.objectContaining({ code: 'record-invalid' }));
    expect(() => readCassette('not JSON')).toThrow(expect.objectContaining({ code: 'record-invalid' }));
  });
});

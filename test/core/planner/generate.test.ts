import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { carriedError, OpenExecError } from '../../../src/core/errors.js';
import type { ModelRequest } from '../../../src/core/ports/ports.js';
import { generatePlan, type GenerateInput } from '../../../src/core/planner/generate.js';
import { createHasher } from '../../../src/adapters/node/hasher.js';
import { createPlanning } from '../../../src/core/planner/planning.js';
import { createFakeClock } from '../../fakes/clock.js';
import { createFakeLog } from '../../fakes/log.js';
import { createMemoryStore } from '../../fakes/memory-store.js';
import { createFakeModel, type ScriptedTurn } from '../../fakes/model.js';
import { createFakeWorkspace, fakeRoot } from '../../fakes/workspace.js';
import { plan } from '../plan/samples.js';

const good = plan({ 'US-001': { tasks: { 'T-1': {}, 'T-2': { depends_on: ['T-1'] } } } });
const broken = plan({ 'US-001': { tasks: { 'T-1': { depends_on: ['GHOST'] } } } });
const submits = (input: unknown): ScriptedTurn => ({ tools: [{ name: 'submit_plan', input }] });

const generate = async (
  answers: readonly ScriptedTurn[],
  more: Partial<GenerateInput> = {},
  signal = new AbortController().signal,
) => {
  const models = createFakeModel(Object.fromEntries(answers.map((answer, at) => [`generate/${at + 1}`, [answer]])));
  const progress: string[] = [];
  const ports = {
    models,
    workspace: createFakeWorkspace({ 'package.json': '{"scripts":{"test":"node --test"}}' }),
    log: createFakeLog(),
    store: createMemoryStore(),
    clock: createFakeClock(),
    hasher: createHasher(),
    redact: (text: string) => text,
  };
  const made = await generatePlan(
    { intent: 'Add quotes.', root: fakeRoot, model: 'm', onProgress: (text) => progress.push(text), ...more },
    createPlanning('plan', { usd: null, tokens: null, calls: null, wallMs: null }, ports),
    ports,
    signal,
  );
  return { made, progress, asked: models.asked };
};
const lastText = (request: ModelRequest | undefined): string => JSON.stringify(request?.messages.at(-1));

describe('generating a plan', () => {
  it('takes a sound answer at once', async () => {
    const { made, progress, asked } = await generate([submits(good)]);
    expect(made).toEqual({
      title: 'Add quotes',
      document: good,
      notes: [],
      problems: [],
      degraded: false,
      model: 'Scripted',
      source: 'model',
    });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      key: 'plan/generate/1',
      forceTool: 'submit_plan',
      model: 'm',
      tools: [{ name: 'submit_plan', inputSchema: { type: 'object', required: ['goals', 'stories'] } }],
    });
    expect(lastText(asked[0])).toContain('Add quotes.');
    expect(lastText(asked[0])).toContain('test = node --test');
    expect(progress).toEqual(['Looking at the repository', 'Asking Scripted', 'Checking the plan']);
  });

  it('sends the exact problems back, and takes the mended plan', async () => {
    const { made, asked } = await generate([submits(broken), submits(good)]);
    expect(made.problems).toEqual([]);
    expect(asked.map((request) => request.key)).toEqual(['plan/generate/1', 'plan/generate/2']);
    expect(asked[1]?.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user']);
    expect(asked[1]?.messages[2]?.content[0]).toMatchObject({
      type: 'tool-result',
      isError: true,
      content: expect.stringContaining(
        '- stories[0].tasks[0].depends_on[0]: T-1 depends on GHOST, which is not in the plan. [dangling-dependency]',
      ),
    });
  });

  it('keeps a plan that could not be mended, with its errors: it can be seen and edited', async () => {
    const { made, asked } = await generate([submits(broken), submits(broken), submits(broken), submits(good)]);
    expect(asked).toHaveLength(3);
    expect(made).toMatchObject({ degraded: false, source: 'model', document: broken });
    expect(made.problems.map((one) => one.code)).toEqual(['dangling-dependency']);
  });

  it('reads an answer in prose leniently', async () => {
    const { made } = await generate([
      { say: `Here it is:\n\`\`\`json\n${JSON.stringify(good).replace(/}$/, ',}')}\n\`\`\`` },
    ]);
    expect(made).toMatchObject({ document: good, problems: [], degraded: false });
  });

  it('says that a broken-off answer was repaired', async () => {
    const text = JSON.stringify(good);
    const { made } = await generate([{ say: text.slice(0, text.length - 3) }]);
    expect(made.problems.map((one) => one.code)).toEqual(['answer-repaired']);
  });

  it('never takes a tool call that was cut off', async () => {
    const { made, asked } = await generate([
      { tools: [{ name: 'submit_plan', input: broken }], stop: 'max-tokens' },
      submits(good),
    ]);
    expect(made.document).toEqual(good);
    expect(lastText(asked[1])).toContain('cut off');
  });

  it('answers every call of a confused model', async () => {
    const { asked } = await generate([
      {
        tools: [
          { name: 'run_command', input: {}, id: 'a' },
          { name: 'submit_plan', input: [], id: 'b' },
        ],
      },
      submits(good),
    ]);
    expect(asked[1]?.messages[2]?.content).toMatchObject([
      { id: 'a', content: expect.stringContaining('There is no tool run_command') },
      { id: 'b', isError: true },
    ]);
  });

  it.each(['model-network', 'model-overloaded', 'model-rate-limited', 'model-stalled', 'model-malformed'] as const)(
    'makes a labelled plan by rules after %s',
    async (code) => {
      const { made } = await generate([{ fails: carriedError(code, {}) }]);
      expect(made).toMatchObject({ degraded: true, source: 'rules', model: '' });
      expect(made.problems[0]).toMatchObject({ code: 'made-by-rules', severity: 'warning', params: { reason: code } });
      expect(made.document.stories[0]?.tasks.length).toBeGreaterThan(0);
    },
  );

  it('keeps a plan that could not be sent back to be mended, and says so', async () => {
    const { made } = await generate([
      submits(broken),
      { fails: new OpenExecError('model-network', { detail: 'offline' }) },
    ]);
    expect(made).toMatchObject({ degraded: false, document: broken, notes: [{ code: 'not-mended' }] });
    expect(made.problems.map((one) => one.code)).toEqual(['not-mended', 'dangling-dependency']);
  });

  it('makes one by rules without a model, and after three answers that are no plan', async () => {
    expect((await generate([], { model: '' })).made.problems[0]?.params).toEqual({ reason: 'model-none' });
    const { made, asked } = await generate([{ say: 'no' }, submits('[]'), submits({ stories: [] })]);
    expect(asked).toHaveLength(3);
    expect(made.problems[0]?.params).toEqual({ reason: 'answer-malformed' });
  });

  it.each(['model-auth', 'model-unknown', 'model-context', 'recording-missing', 'store-lost'] as const)(
    'leaves %s to the person',
    async (code) => {
      await expect(generate([{ fails: new OpenExecError(code, {}) }])).rejects.toMatchObject({ code });
    },
  );

  it('rejects a refusal, and an intent of nothing but white space', async () => {
    await expect(generate([{ say: 'I cannot.', stop: 'refused' }])).rejects.toMatchObject({ code: 'model-refused' });
    await expect(generate([], { intent: ' \n\t\u0000' })).rejects.toMatchObject({ code: 'intent-empty' });
  });

  it('stops when it is told to, with no plan by rules', async () => {
    const abort = new AbortController();
    const waiting = generate([{ hangs: true }], {}, abort.signal);
    setTimeout(() => abort.abort(), 20);
    await expect(waiting).rejects.toThrow('aborted');
  });

  it('adds what a stated flow asks for, only to a sound plan', async () => {
    const { made } = await generate([submits(good)], { intent: '# Move\n\nFlow: refactor\n' });
    expect(made.document.stories.map((story) => story.id)).toEqual(['US-000', 'US-001', 'US-002']);
    expect(made.problems.map((one) => one.code)).toEqual(['added-by-code', 'added-by-code']);
    expect(
      (await generate([submits(broken), submits(broken), submits(broken)], { intent: 'Flow: refactor' })).made.document,
    ).toEqual(broken);
  });

  it('keeps what was doubtful about the form', async () => {
    const { made } = await generate([submits({ ...good, stories: [{ ...good.stories[0], mode: 'fast' }] })]);
    expect(made.problems.map((one) => one.code)).toEqual(['bad-value']);
  });
});

it('takes the recorded plan of the demo as it is: no problem, nothing added', async () => {
  const read = (path: string) => readFileSync(new URL(`../../../demo/${path}`, import.meta.url), 'utf8');
  const { made } = await generate([submits(JSON.parse(read('answers/plan.json')))], {
    intent: read('workspace/INTENT.md'),
  });
  expect(made.problems.filter((one) => one.severity !== 'info')).toEqual([]);
  expect(made.title).toBe('Quotes API');
  expect(made.document.stories.map((story) => story.id)).toEqual(['US-001', 'US-002', 'US-003']);
});

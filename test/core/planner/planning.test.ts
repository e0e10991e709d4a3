/** Planning through the façade: what leaves, what is recorded of it, what it may cost, and what is kept of what there was to say. */
import { describe, expect, it } from 'vitest';
import { OpenExecError } from '../../../src/core/errors.js';
import type { PlanDocument } from '../../../src/core/model/plan.js';
import type { Progress } from '../../../src/core/model/event.js';
import type { FakeClock } from '../../fakes/clock.js';
import { createFakeModel, type ScriptedTurn } from '../../fakes/model.js';
import { createWorld, type World, type WorldInput } from '../engine/harness.js';
import { plan } from '../plan/samples.js';

const good = plan({ 'US-001': { tasks: { 'T-1': {} } } });
const broken = plan({ 'US-001': { tasks: { 'T-1': { depends_on: ['GHOST'] } } } });
const submits = (input: unknown, more: { costUsd?: number | null; tokens?: number } = {}): ScriptedTurn => ({
  tools: [{ name: 'submit_plan', input }],
  ...more,
});
const world = (answers: readonly ScriptedTurn[], more: WorldInput = {}) =>
  createWorld({
    model: Object.fromEntries(answers.map((answer, at) => [`generate/${at + 1}`, [answer]])),
    ...more,
  });
const generate = (to: World, intent = 'Add quotes.', signal?: AbortSignal) =>
  to.openexec.request('plan/generate', { intent }, signal);
const planOfEvents = async (to: World, id: string) => await to.store.planEvents(id, 0, 100);
const unmade = async (to: World): Promise<string> => (await to.store.unmadePlans(Infinity))[0] ?? 'none';
const money = { usd: 1, tokens: null, calls: null, wallMs: null };

describe('what planning sends', () => {
  const SECRET = 'sk-planted-0123456789';
  const redact = (text: string) => text.replaceAll(SECRET, '[REDACTED]');

  it('has passed the redaction sink: the intent, and what is sent back to be mended', async () => {
    const ghost = plan({ 'US-001': { tasks: { 'T-1': { depends_on: [SECRET] } } } });
    const here = await world([submits(ghost), submits(good)], { redact });
    const { plan: made } = await generate(here, `Use ${SECRET} for quotes.`);
    const ours = here.model.asked.map(({ system, messages }) =>
      JSON.stringify([system, messages.filter(({ role }) => role === 'user')]),
    );
    expect(ours).toHaveLength(2);
    for (const text of ours) expect(text).not.toContain(SECRET);
    expect(ours[0]).toContain('Use [REDACTED] for quotes.');
    expect(ours[1]).toContain('depends on [REDACTED]');
    expect(JSON.stringify(await planOfEvents(here, made.id))).not.toContain(SECRET);
  });
});

describe('what is recorded of planning', () => {
  it('each call is a row with tokens and cost, and an event numbered within the plan; none is in a run', async () => {
    const here = await world([submits(broken, { costUsd: 0.2 }), submits(good, { costUsd: 0.3, tokens: 500 })]);
    const { plan: made } = await generate(here);
    const calls = await here.store.calls(`${made.id}/generate`);
    expect(
      calls.map(({ key, kind, status, costUsd, usage, atMost }) => [key, kind, status, costUsd, usage?.input, atMost]),
    ).toEqual([
      [`${made.id}/generate/1`, 'model', 'finished', 0.2, 100, undefined],
      [`${made.id}/generate/2`, 'model', 'finished', 0.3, 500, undefined],
    ]);
    for (const call of calls) expect(call.input).toMatch(/^[0-9a-f]{64}$/);
    const events = await here.openexec.request('plan/events', { plan: made.id, after: 0, limit: 100 });
    expect(events.map((event) => [event.seq, event.type])).toEqual([
      [1, 'planning-started'],
      [2, 'model-called'],
      [3, 'model-called'],
      [4, 'planning-finished'],
    ]);
    expect(events[1]).toMatchObject({ call: calls[0]?.key, costUsd: 0.2, tools: ['submit_plan'], stop: 'tool-use' });
    for (const event of events)
      if (event.type === 'model-called')
        for (const blob of [event.request, event.response])
          expect((await here.store.blob(blob)).length).toBeGreaterThan(0);
    expect(here.events).toEqual([]);
    expect(await here.store.events(made.id, 0, 10)).toEqual([]);
  });

  it('the row is durable before the model is asked', async () => {
    const here = await world([]);
    let seen: unknown;
    const fake = createFakeModel({ 'generate/1': [submits(good)] });
    here.ports.models = {
      info: (model) => fake.info(model),
      turn: async (request, onText, signal) => {
        seen = await here.store.call(request.key);
        return await fake.turn(request, onText, signal);
      },
    };
    await generate(here);
    expect(seen).toMatchObject({ status: 'started', atMost: { tokens: expect.any(Number) as number } });
  });

  it('a call that was lost counts with the most it can have cost; one that was refused costs nothing', async () => {
    const lost = await world([{ fails: new OpenExecError('model-network', { detail: 'offline' }) }]);
    const { plan: made } = await generate(lost);
    const [call] = await lost.store.calls(`${made.id}/generate`);
    expect(call).toMatchObject({ status: 'started', settled: true });
    expect((await lost.openexec.request('plan/get', { plan: made.id })).spent?.planning).toEqual(call?.atMost);
    expect((await planOfEvents(lost, made.id)).map((event) => event.type)).toEqual([
      'planning-started',
      'model-failed',
      'planning-finished',
    ]);

    const refused = await world([{ fails: new OpenExecError('model-auth', { detail: 'no' }) }]);
    await expect(generate(refused)).rejects.toMatchObject({ code: 'model-auth' });
    const id = await unmade(refused);
    expect((await planOfEvents(refused, id)).at(-1)).toMatchObject({ type: 'planning-failed', code: 'model-auth' });
    expect((await refused.store.calls(`${id}/generate`))[0]).not.toHaveProperty('atMost');
  });

  it('planning that was cancelled says so', async () => {
    const here = await world([{ hangs: true }]);
    const abort = new AbortController();
    const ended = generate(here, 'Add quotes.', abort.signal);
    const said = expect(ended).rejects.toThrow();
    while (here.model.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await said;
    expect((await planOfEvents(here, await unmade(here))).at(-1)).toMatchObject({ code: 'cancelled' });
  });

  it('goes with the plan', async () => {
    const here = await world([submits(good)]);
    const { plan: made } = await generate(here);
    await here.openexec.request('plan/delete', { plan: made.id });
    expect(await planOfEvents(here, made.id)).toEqual([]);
    expect(await here.store.calls(`${made.id}/generate`)).toEqual([]);
  });
});

describe('what planning may cost', () => {
  const priced = (answers: readonly ScriptedTurn[], price: number, settings: WorldInput['settings']) =>
    world([], {
      client: createFakeModel(Object.fromEntries(answers.map((one, at) => [`generate/${at + 1}`, [one]])), { price }),
      ...(settings && { settings }),
    });

  it('the first answer is not asked for where it could pass the limit', async () => {
    // 1,000 tokens of answer at most, for a thousandth of a dollar each
    const here = await priced([submits(good)], 1000, { budget: money });
    await expect(generate(here)).rejects.toMatchObject({
      code: 'planning-budget',
      params: { what: 'USD', spent: 0, limit: 1 },
    });
    expect(await here.store.calls(`${await unmade(here)}/generate`)).toEqual([]);
  });

  it('no correction is asked for that could pass it: the plan is kept with its errors', async () => {
    const here = await priced([submits(broken, { costUsd: 0.9 }), submits(good)], 100, { budget: money });
    const { plan: made, problems } = await generate(here);
    expect(problems.map((one) => one.code)).toEqual(['not-mended', 'dangling-dependency']);
    expect(made.notes).toMatchObject([{ code: 'not-mended', params: { reason: 'planning-budget' } }]);
    expect(await here.store.calls(`${made.id}/generate`)).toHaveLength(1);
  });

  it('a model whose price is not known is refused where money is limited and tokens are not, as a run is', async () => {
    const here = await world([submits(good)], { settings: { budget: money } });
    await expect(generate(here)).rejects.toMatchObject({ code: 'price-unknown' });
    expect(here.model.asked).toEqual([]);
    const bounded = await world([submits(good)], { settings: { budget: { ...money, tokens: 1_000_000 } } });
    expect((await generate(bounded)).plan.degraded).toBe(false);
  });

  it('an answer that does not come in a quarter of an hour is given up, and rules make the plan', async () => {
    const here = await world([{ hangs: true }]);
    const ended = generate(here);
    while (here.model.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await (here.ports.clock as FakeClock).advance(15 * 60_000);
    expect((await ended).problems[0]).toMatchObject({ code: 'made-by-rules', params: { reason: 'model-stalled' } });
  });
});

describe('what there was to say of a plan', () => {
  const codes = async (to: World, id: string) =>
    (await to.openexec.request('plan/get', { plan: id })).plan?.notes?.map((note) => note.code);

  it('made by rules, and why, comes back with the plan, also after a restart', async () => {
    const here = await world([], { settings: { model: '' } });
    const { plan: made } = await generate(here);
    const again = await here.restart();
    expect(await codes(again, made.id)).toContain('made-by-rules');
    expect((await here.store.iterations(made.id))[0]?.notes?.[0]).toMatchObject({ params: { reason: 'model-none' } });
  });

  it.each<[string, ScriptedTurn, string, string]>([
    ['a repaired answer', { say: JSON.stringify(good).slice(0, -3) }, 'Add quotes.', 'answer-repaired'],
    ['what code added', submits(good), 'Flow: refactor', 'added-by-code'],
    ['a value read otherwise', submits({ ...good, stories: [{ ...good.stories[0], mode: 'fast' }] }), 'x', 'bad-value'],
  ])('%s comes back with the plan', async (_what, answer, intent, code) => {
    const here = await world([answer]);
    const { plan: made } = await generate(here, intent);
    expect(await codes(here, made.id)).toContain(code);
  });

  it('of damaged JSON that was imported comes back, and of a copy; of an edit there is nothing to say', async () => {
    const here = await world([]);
    const json = JSON.stringify(good).slice(0, -1);
    const { plan: made } = await here.openexec.request('plan/import', { json, name: 'Plan' });
    expect(await codes(here, made.id)).toEqual(['json-repaired']);
    expect(await codes(here, (await here.openexec.request('plan/duplicate', { plan: made.id })).id)).toEqual([
      'json-repaired',
    ]);
    await here.openexec.request('plan/edit', {
      plan: made.id,
      iteration: 1,
      document: good as PlanDocument,
      summary: 'x',
    });
    expect(await codes(here, made.id)).toBeUndefined();
    expect((await here.store.iterations(made.id)).map((one) => one.notes?.length ?? 0)).toEqual([1, 0]);
  });
});

describe('what the doors are told', () => {
  it('a new plan is one change and the current plan; using it again is none', async () => {
    const here = await world([submits(good)]);
    const changes: string[] = [];
    here.openexec.onChange((change) => changes.push(change.type));
    const { plan: made } = await generate(here);
    expect(changes).toEqual(['plans']);
    expect((await here.openexec.request('plan/list', {})).find((one) => one.current)?.id).toBe(made.id);
    await here.openexec.request('plan/use', { plan: made.id });
    expect(changes).toEqual(['plans']);
  });

  it('progress carries the token of the request it belongs to, and no run', async () => {
    const here = await world([submits(good)]);
    const told: Progress[] = [];
    here.openexec.onProgress((progress) => told.push(progress));
    await here.openexec.request('plan/generate', { intent: 'Add quotes.', progressToken: 'mine' });
    expect(told.length).toBeGreaterThan(2);
    for (const one of told) expect(one).toMatchObject({ run: '', token: 'mine', stage: 'plan', kind: 'message' });
    told.length = 0;
    await generate(here);
    expect(told.map((one) => one.token)).not.toContain('mine');
  });
});

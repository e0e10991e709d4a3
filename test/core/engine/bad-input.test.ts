/** What goes wrong around a run: each ends in one named state with a sentence, and nothing is lost. */
import { describe, expect, it } from 'vitest';
import { carriedError, OpenExecError, type ErrorCode } from '../../../src/core/errors.js';
import { describeError } from '../../../src/core/view/sentences.js';
import type { RunEvent } from '../../../src/core/model/event.js';
import { edits, submits } from '../../fakes/model.js';
import { blueprintOf } from './fixtures.js';
import { asText, createWorld, planOf, settled, startPlan, type WorldInput } from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, timeout: 1m, on_success: verify }
  verify: { type: deterministic, action: verify, timeout: 1s, on_success: commit }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const red = { exitCode: 1 };
const green = { exitCode: 0 };
const usual: WorldInput = {
  blueprint,
  settings: { approval: 'risky' },
  model: { implement: edits('a.txt', 'one', 'ONE') },
  commands: { 'check T1': [red, green] },
};

/** The sentence a person would read for why a run stands still. */
function pausedSentence(events: readonly RunEvent[]): string {
  const paused = events.findLast((event) => event.type === 'run-paused');
  if (paused?.type !== 'run-paused') throw new Error('the run is not paused');
  return describeError(carriedError(paused.reason.code as ErrorCode, paused.reason.params));
}

describe('bad input', () => {
  it.each([['none'], ['missing']] as const)('goes on without commits where git is %s', async (kind) => {
    const world = await createWorld(usual);
    world.git.become({ kind });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).toContain('< commit 1 skipped');
  });

  it.each<[string, OpenExecError, RegExp]>([
    [
      'a rebase in progress',
      new OpenExecError('git-state', { state: 'a rebase is in progress' }),
      /Git cannot commit now: a rebase is in progress/,
    ],
    ['no identity', new OpenExecError('git-identity'), /user\.name and user\.email/],
  ])('pauses at the commit on %s, and commits once it is mended', async (_name, error, sentence) => {
    const world = await createWorld(usual);
    world.git.failNext(error);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(pausedSentence(world.events)).toMatch(sentence);
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(world.git.commits).toHaveLength(1);
  });

  it.each<[string, OpenExecError, RegExp]>([
    [
      'a full disk',
      new OpenExecError('disk-full', { path: 'a.txt' }),
      /The disk is full: a\.txt could not be written\. Nothing was changed/,
    ],
    [
      'an unwritable folder',
      new OpenExecError('file-unwritable', { path: 'a.txt', reason: 'EACCES' }),
      /a\.txt could not be written \(EACCES\)/,
    ],
  ])('pauses on %s with the edit still there, and writes it after', async (_name, error, sentence) => {
    const world = await createWorld(usual);
    world.workspace.failNext(error);
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(pausedSentence(world.events)).toMatch(sentence);
    expect(world.workspace.text('a.txt')).toBe('one\ntwo\n');
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(world.workspace.text('a.txt')).toBe('ONE\ntwo\n');
    expect(world.model.asked).toHaveLength(1);
  });

  it('ends a verification that never ends, and calls it a failure', async () => {
    const world = await createWorld({ ...usual, commands: { 'check T1': [red, { hangs: true }] } });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    const failed = world.events.find((event) => event.type === 'stage-finished' && event.stage === 'verify');
    expect(failed).toMatchObject({ outcome: 'failed', summary: 'check T1 did not end within 1 s.' });
  }, 20_000);

  it('survives a model that answers nonsense: told back, bounded, never executed', async () => {
    const world = await createWorld({
      ...usual,
      model: {
        implement: [
          {
            tools: [
              { name: 'no_such_tool', input: {} },
              { name: 'write_file', input: { path: '../../etc/passwd', content: 'x' } },
              { name: 'apply_patch', input: { patch: 'not a patch' } },
            ],
          },
          { tools: [{ name: 'submit_result', input: { summary: '' } }] },
          {
            tools: [
              { name: 'write_file', input: { path: '.git/hooks/pre-commit', content: 'x' } },
              { name: 'write_file', input: { path: '.env', content: 'x' } },
            ],
          },
          { say: 'All done.' },
          ...submits(),
        ],
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    const told = JSON.stringify(world.model.asked.at(-1)?.messages);
    for (const part of [
      'There is no tool no_such_tool',
      'Invalid arguments',
      'The patch could not be read',
      'The result was not accepted',
      'Denied: ',
      'Use a tool',
    ])
      expect(told).toContain(part);
    expect(Object.keys(world.workspace.dump())).toEqual(['a.txt']);
  });

  it('does not take a result handed in together with an edit that failed', async () => {
    const world = await createWorld({
      ...usual,
      model: { implement: [...edits('a.txt', 'nowhere', 'X'), ...edits('a.txt', 'one', 'ONE')] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(JSON.stringify(world.model.asked[1]?.messages.at(-1))).toContain('Not handed in');
    expect(world.workspace.text('a.txt')).toBe('ONE\ntwo\n');
  });

  it('stops a model that makes no progress', async () => {
    const world = await createWorld({
      ...usual,
      model: { implement: [{ tools: [{ name: 'read_file', input: { path: 'a.txt' } }] }] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    await settled(world, run);
    expect(world.model.asked.filter((request) => request.key.includes('/T1/1/implement/'))).toHaveLength(3);
    expect(world.events.find((event) => event.type === 'stage-finished')).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('No progress'),
    });
  });

  it('tells the model when a file changed on disk since its edit, and writes nothing over it', async () => {
    const world = await createWorld({
      ...usual,
      settings: { approval: 'changes' },
      model: { implement: [...edits('a.txt', 'one', 'ONE'), ...edits('a.txt', 'mine', 'MINE')] },
    });
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    for (let i = 0; i < 200 && (await world.openexec.request('approval/list', {})).length === 0; i++)
      await new Promise((resolve) => setImmediate(resolve));
    world.workspace.set('a.txt', 'mine\n');
    for (let i = 0; i < 2; i++) {
      let approval = (await world.openexec.request('approval/list', {}))[0];
      for (let wait = 0; wait < 500 && !approval; wait++) {
        await new Promise((resolve) => setImmediate(resolve));
        approval = (await world.openexec.request('approval/list', {}))[0];
      }
      if (approval)
        await world.openexec.request('approval/answer', {
          approval: approval.id,
          answer: { status: 'accepted', by: 'editor' },
        });
    }
    expect(await settled(world, run)).toBe('completed');
    expect(JSON.stringify(world.model.asked[1]?.messages.at(-1))).toContain('stale');
    expect(world.workspace.text('a.txt')).toBe('MINE\n');
  });

  it.each([
    ['', 'intent-empty'],
    [' \n\t\u0007 ', 'intent-empty'],
  ])('refuses an empty intent %j without asking a model', async (intent, code) => {
    const world = await createWorld(usual);
    await expect(world.openexec.request('plan/generate', { intent })).rejects.toMatchObject({ code });
    expect(world.model.asked).toHaveLength(0);
  });

  it('says what is wrong with a plan that has a cycle, keeps it viewable, and does not run it', async () => {
    const world = await createWorld(usual);
    const { plan, problems } = await world.openexec.request('plan/import', {
      json: JSON.stringify(planOf({ T1: { after: ['T2'] }, T2: { after: ['T1'] } })),
      name: 'ring',
    });
    expect(
      problems.some(
        (problem) => problem.severity === 'error' && /T1/.test(problem.message) && /T2/.test(problem.message),
      ),
    ).toBe(true);
    expect((await world.openexec.request('plan/get', { plan: plan.id })).plan?.document.stories).toHaveLength(1);
    await expect(world.openexec.request('run/start', { plan: plan.id })).rejects.toMatchObject({
      code: 'plan-invalid',
    });
  });

  it('plans by rules without a model, and says so', async () => {
    const world = await createWorld({ ...usual, settings: { model: '' } });
    const { plan, problems } = await world.openexec.request('plan/generate', {
      intent: '# Quotes\n## Goals\n- Add quotes\n',
    });
    expect(plan).toMatchObject({ degraded: true, model: '' });
    expect(problems.map((problem) => problem.code)).toContain('made-by-rules');
  });

  it('needs a model to run, and says how to get one', async () => {
    const world = await createWorld({ ...usual, settings: { model: '' } });
    await expect(startPlan(world, planOf({ T1: {} }))).rejects.toMatchObject({ code: 'model-none' });
  });

  it('refuses what it does not understand, by name', async () => {
    const world = await createWorld(usual);
    await expect(world.openexec.request('run/get', { run: 5 } as never)).rejects.toMatchObject({
      code: 'request-invalid',
    });
    for (const name of ['no/such', 'constructor', '__proto__'])
      await expect(world.openexec.request(name as never, {} as never)).rejects.toMatchObject({
        code: 'request-invalid',
      });
    await expect(world.openexec.request('plan/import', { json: 'no plan at all', name: 'x' })).rejects.toMatchObject({
      code: 'plan-invalid',
    });
  });
});

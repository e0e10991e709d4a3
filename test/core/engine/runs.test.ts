/** Golden runs: what the machine does, event by event. */
import { describe, expect, it } from 'vitest';
import { edits, submits } from '../../fakes/model.js';
import { green, red } from './fixtures.js';
import { answer, asText, createWorld, dedent, planOf, settled, startPlan, type WorldInput } from './harness.js';
import { OpenExecError } from '../../../src/core/errors.js';

const implementLintTest = `
version: 1
id: standard_task
name: Standard Task
defaults: { max_retries: 2 }
start: implement
stages:
  implement: { type: agentic, toolset: coding, goal: make it, on_success: lint }
  lint: { type: deterministic, action: lint, on_success: test, on_failure: fix_lint }
  fix_lint: { type: agentic, toolset: coding, goal: fix it, on_success: lint }
  test: { type: deterministic, action: test, on_success: verify, on_failure: fix_tests }
  fix_tests: { type: agentic, toolset: coding, goal: fix it, on_success: lint }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix_tests }
  commit: { type: deterministic, action: commit, on_success: done }
`;

async function check(input: WorldInput & { plan?: Parameters<typeof planOf>[0]; expect: string }) {
  const world = await createWorld({ blueprint: implementLintTest, ...input });
  const run = await startPlan(world, planOf(input.plan ?? { T1: {} }));
  await settled(world, run);
  expect(asText(world.events)).toBe(dedent(input.expect));
  return world;
}

describe('a run', () => {
  it('goes through the stages, applies, verifies and commits', () =>
    check({
      model: { implement: edits('a.txt', 'one', 'ONE') },
      commands: { 'check T1': [red, green] },
      expect: `
        T1 running
            $ check T1 -> 1
        T1 check before: red
          > implement 1
            model apply_patch submit_result
            apply_patch ok
        T1 waiting(approval)
            ask change-set
            answered accepted
        T1 running
            applied a.txt
          < implement 1 succeeded, next lint
          > lint 1
            $ lint -> 0
          < lint 1 succeeded, next test
          > test 1
            $ test -> 0
          < test 1 succeeded, next verify
          > verify 1
            $ check T1 -> 0
          < verify 1 succeeded, next commit
          > commit 1
            commit T1: Do T1
          < commit 1 succeeded, next done
        T1 done
        finished: completed`,
    }));

  it('heals a lint failure: lint, fix_lint, lint, test', async () => {
    const world = await check({
      model: { implement: edits('a.txt', 'one', 'ONE'), fix_lint: edits('a.txt', 'ONE', 'One') },
      commands: { 'check T1': [red, green], lint: [{ exitCode: 1, output: 'a.txt:1 shouting' }, green] },
      settings: { approval: 'risky' },
      expect: `
        T1 running
            $ check T1 -> 1
        T1 check before: red
          > implement 1
            model apply_patch submit_result
            apply_patch ok
            applied a.txt
          < implement 1 succeeded, next lint
          > lint 1
            $ lint -> 1
          < lint 1 failed, next fix_lint
          > fix_lint 1
            model apply_patch submit_result
            apply_patch ok
            applied a.txt
          < fix_lint 1 succeeded, next lint
          > lint 2
            $ lint -> 0
          < lint 2 succeeded, next test
          > test 1
            $ test -> 0
          < test 1 succeeded, next verify
          > verify 1
            $ check T1 -> 0
          < verify 1 succeeded, next commit
          > commit 1
            commit T1: Do T1
          < commit 1 succeeded, next done
        T1 done
        finished: completed`,
    });
    // The model that fixes is shown what failed.
    const fixing = world.model.asked.find((request) => request.key.includes('/fix_lint/'));
    expect(JSON.stringify(fixing?.messages)).toContain('a.txt:1 shouting');
    expect(new TextDecoder().decode(await world.workspace.read('/work' as never, 'a.txt'))).toBe('One\ntwo\n');
  });

  it('pauses and asks after max_retries + 1 failures of a stage, and retrying heals again', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky' },
      model: { implement: submits(), fix_lint: submits('tried') },
      commands: { 'check T1': [red, green], lint: [red, red, red, green] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(asText(world.events).split('\n').slice(-3)).toEqual([
      'T1 waiting(operator)',
      '    ask attention',
      'paused: retries-exhausted',
    ]);
    world.events.length = 0;
    await answer(world, { status: 'accepted', option: 'retry' });
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).toContain('answered accepted retry');
    expect(asText(world.events)).toContain('> fix_lint 3');
  });

  it('lets a person fix by hand and go on: the failed stage decides again', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky' },
      model: { implement: submits(), fix_lint: submits('tried') },
      commands: { 'check T1': [red, green], lint: [red, red, red, green] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    await settled(world, run);
    world.events.length = 0;
    await answer(world, { status: 'accepted', option: 'continue' });
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).toContain('> lint 4');
    expect(asText(world.events)).not.toContain('fix_lint');
  });

  it('blocks what depends on a task that was given up, runs the rest, and is not completed', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky' },
      model: { implement: submits(), fix_lint: submits('tried') },
      commands: { 'check T1': [red], lint: [red, red, red, green], 'check T3': [red, green], 'check T2': [red, green] },
    });
    const run = await startPlan(world, planOf({ T1: {}, T2: { after: ['T1'] }, T3: {} }));
    await settled(world, run);
    await answer(world, { status: 'rejected', option: 'give-up' });
    expect(await settled(world, run)).toBe('failed');
    const text = asText(world.events);
    expect(text).toContain('T1 failed: retries-exhausted');
    expect(text).toContain('T2 blocked(by T1)');
    expect(text).toContain('T3 done');
    expect(text).toContain('finished: failed');
  });

  it('does not believe a model that claims success: the check decides, and after the attempts it asks', async () => {
    const world = await createWorld({
      blueprint: implementLintTest.replace('on_success: commit, on_failure: fix_tests', 'on_success: commit'),
      settings: { approval: 'risky' },
      model: { implement: submits('All done and verified.') },
      commands: { 'check T1': [red] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    const text = asText(world.events);
    expect(text.match(/< verify 1 failed/g)).toHaveLength(3);
    expect(text).toContain('attempt 3');
    expect(text).not.toContain('T1 done');
    expect(text).toContain('paused: attempts-exhausted');
    const second = world.model.asked.find((request) => request.key.includes('/T1/2/implement/'));
    expect(JSON.stringify(second?.messages[0])).toContain('An earlier attempt failed');
  });

  it('says when the check passes before the work, and goes on only when told to', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky' },
      model: { implement: submits() },
      commands: { 'check T1': [green] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(asText(world.events)).toContain('T1 check before: green');
    expect(asText(world.events)).toContain('paused: check-green');
    await answer(world, { status: 'accepted', option: 'accept' });
    expect(await settled(world, run)).toBe('completed');
  });

  it('calls a task without any check that exited 0 unverified', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky', commands: { lint: [], test: [], build: [] } },
      model: { implement: submits() },
      files: { 'a.txt': 'x' },
    });
    const document = planOf({ T1: { check: 'check T1' } });
    document.stories[0]!.tasks[0]!.verification_script = 'check T1';
    const run = await startPlan(world, document);
    await settled(world, run);
    expect(asText(world.events)).toContain('paused: check-green');
  });

  it('sends a rejection back to the same conversation, with the reason', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      commands: { 'check T1': [red, green] },
      model: {
        implement: [
          {
            tools: [
              {
                name: 'apply_patch',
                input: { patch: JSON.stringify([{ path: 'a.txt', search: 'one', replace: 'ONE' }]) },
              },
              { name: 'submit_result', input: { summary: 'loud' } },
            ],
          },
          {
            tools: [
              {
                name: 'apply_patch',
                input: { patch: JSON.stringify([{ path: 'a.txt', search: 'one', replace: 'uno' }]) },
              },
              { name: 'submit_result', input: { summary: 'quiet' } },
            ],
          },
        ],
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    await answer(world, { status: 'rejected', comment: 'Do not shout.' });
    await answer(world, { status: 'accepted' });
    expect(await settled(world, run)).toBe('completed');
    const told = JSON.stringify(world.model.asked[1]?.messages.at(-1));
    expect(told).toContain('Do not shout.');
    expect(told).toContain('rejected');
    expect(new TextDecoder().decode(await world.workspace.read('/work' as never, 'a.txt'))).toBe('uno\ntwo\n');
  });

  it('never executes a tool call that was cut off, and tells the model', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky' },
      commands: { 'check T1': [red, green] },
      model: {
        implement: [
          { tools: [{ name: 'write_file', input: { path: 'b.txt', content: 'half' } }], stop: 'max-tokens' },
          ...submits(),
        ],
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    await settled(world, run);
    expect(await world.workspace.read('/work' as never, 'b.txt')).toBeUndefined();
    expect(JSON.stringify(world.model.asked[1]?.messages.at(-1))).toContain('cut off');
  });

  it('denies a tool outside the stage’s toolset, whatever the mode', async () => {
    const world = await createWorld({
      blueprint: implementLintTest.replace('toolset: coding, goal: make it', 'toolset: read_only, goal: look'),
      settings: { approval: 'never', sandbox: 'full-access' },
      commands: { 'check T1': [red, green] },
      model: { implement: [{ tools: [{ name: 'write_file', input: { path: 'b.txt', content: 'x' } }] }, ...submits()] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    await settled(world, run);
    expect(await world.workspace.read('/work' as never, 'b.txt')).toBeUndefined();
    expect(
      world.events.some(
        (event) => event.type === 'decision-made' && event.effect === 'deny' && event.subject.includes('write_file'),
      ),
    ).toBe(true);
  });

  it('stops at the budget before the call that would pass it, and goes on when granted', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky', budget: { usd: null, tokens: null, wallMs: null, calls: 1 } },
      commands: { 'check T1': [red, green] },
      model: { implement: [{ say: 'thinking' }, ...submits()] },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(asText(world.events)).toContain('paused: budget-exceeded');
    expect(world.model.asked).toHaveLength(1);
    await answer(world, { status: 'accepted', option: 'continue' });
    expect(await settled(world, run)).toBe('completed');
  });

  it('pauses on a failure of the model’s provider with the stage open, and resumes at the same turn', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky' },
      commands: { 'check T1': [red, green] },
      model: {
        implement: [
          {
            tools: [
              {
                name: 'apply_patch',
                input: { patch: JSON.stringify([{ path: 'a.txt', search: 'one', replace: 'ONE' }]) },
              },
            ],
          },
          { fails: new OpenExecError('model-network', { detail: 'down' }) },
          ...submits(),
        ],
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(asText(world.events)).toContain('paused: model-network');
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    // One recorded turn, one that failed, one after the resume: the first was not asked again.
    expect(world.model.asked.filter((request) => request.key.includes('/implement/1/'))).toHaveLength(3);
    expect(new TextDecoder().decode(await world.workspace.read('/work' as never, 'a.txt'))).toBe('ONE\ntwo\n');
  });

  it('refuses an unapproved plan, and one whose script changed since', async () => {
    const world = await createWorld({ blueprint: implementLintTest });
    const { plan } = await world.openexec.request('plan/import', {
      json: JSON.stringify(planOf({ T1: {} })),
      name: 'P',
    });
    await expect(world.openexec.request('run/start', { plan: plan.id })).rejects.toMatchObject({
      code: 'plan-not-approved',
    });
    const scripts = await world.openexec.request('plan/scripts', { plan: plan.id });
    await world.openexec.request('plan/approve', {
      plan: plan.id,
      iteration: 1,
      hashes: scripts.map((script) => script.hash),
    });
    await world.openexec.request('plan/edit', {
      plan: plan.id,
      iteration: 1,
      summary: 'other check',
      document: planOf({ T1: { check: 'check something else' } }),
    });
    await expect(world.openexec.request('run/start', { plan: plan.id })).rejects.toMatchObject({
      code: 'plan-not-approved',
    });
  });

  it('lets one run at a time work in a folder, also when two start at once', async () => {
    const world = await createWorld({
      blueprint: implementLintTest,
      settings: { approval: 'risky' },
      model: { implement: [{ hangs: true }] },
      commands: { 'check T1': [red] },
    });
    const { plan } = await world.openexec.request('plan/import', {
      json: JSON.stringify(planOf({ T1: {} })),
      name: 'P',
    });
    const scripts = await world.openexec.request('plan/scripts', { plan: plan.id });
    await world.openexec.request('plan/approve', {
      plan: plan.id,
      iteration: 1,
      hashes: scripts.map((script) => script.hash),
    });
    const both = await Promise.allSettled([1, 2].map(() => world.openexec.request('run/start', { plan: plan.id })));
    expect(
      both.map((one) => (one.status === 'fulfilled' ? 'started' : (one.reason as { code: string }).code)).sort(),
    ).toEqual(['run-active', 'started']);
  });
});

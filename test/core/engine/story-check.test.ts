/** A story's own check: once after its last task, healed like a task, never counted as one. */
import { describe, expect, it } from 'vitest';
import { edits } from '../../fakes/model.js';
import { blueprintOf, green, red } from './fixtures.js';
import {
  asText,
  answer,
  createWorld,
  dedent,
  planOf,
  settled,
  startPlan,
  type World,
  type WorldInput,
} from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: do it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix_tests, max_retries: 1 }
  fix_tests: { type: agentic, toolset: debug_ci, goal: fix it, on_success: verify }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const checked = { verification_script: 'check story' };

async function world(input: Partial<WorldInput>): Promise<World> {
  return await createWorld({
    blueprint,
    settings: { approval: 'risky' },
    files: { 'a.txt': 'one\ntwo\n' },
    ...input,
    model: {
      'T1/implement': edits('a.txt', 'one', 'ONE'),
      'T2/implement': edits('a.txt', 'two', 'TWO'),
      ...input.model,
    },
    commands: { 'check T1': [red, green], 'check T2': [red, green], ...input.commands },
  });
}

describe('a story with a check of its own', () => {
  it('is checked once, after its last task, and counts as no task', async () => {
    const one = await world({ commands: { 'check story': [green] } });
    const run = await startPlan(one, planOf({ T1: {}, T2: { after: ['T1'] } }, checked));
    expect(await settled(one, run)).toBe('completed');
    expect(
      asText(
        one.events.slice(one.events.findLastIndex((event) => event.type === 'task-changed' && event.task === 'T2')),
      ),
    ).toBe(
      dedent(`
      T2 done
      US-001@story running
        > verify 1
          $ check story -> 0
        < verify 1 succeeded, next commit
        > commit 1
        < commit 1 skipped, next done
      US-001@story done
      finished: completed`),
    );
    const record = await one.openexec.request('run/get', { run });
    expect([record.tasks, record.done]).toEqual([['T1', 'T2'], 2]);
    expect(one.events.filter((event) => event.type === 'command-run' && event.purpose === 'story-check')).toHaveLength(
      1,
    );
  });

  it('is healed by the stage that heals a task’s check, with a commit of its own', async () => {
    const one = await world({
      model: { 'US-001@story/fix_tests': edits('a.txt', 'ONE', 'One') },
      commands: { 'check story': [red, green] },
    });
    const run = await startPlan(one, planOf({ T1: {} }, checked));
    await settled(one, run);
    expect(asText(one.events.filter((event) => 'task' in event && event.task === 'US-001@story'))).toBe(
      dedent(`
      US-001@story running
        > verify 1
          $ check story -> 1
        < verify 1 failed, next fix_tests
        > fix_tests 1
          model apply_patch submit_result
          apply_patch ok
          applied a.txt
        < fix_tests 1 succeeded, next verify
        > verify 2
          $ check story -> 0
        < verify 2 succeeded, next commit
        > commit 1
          commit US-001: Check of the story “Story”
        < commit 1 succeeded, next done
      US-001@story done`),
    );
    expect(one.git.commits.map((commit) => commit.message.split('\n')[0])).toEqual([
      'T1: Do T1',
      'US-001: Check of the story “Story”',
    ]);
    expect(JSON.stringify(one.model.asked.at(-1)?.messages)).toContain('not yet');
  });

  it('asks when its retries are used up; given up, the run is not completed and what depends on the story is blocked', async () => {
    const one = await world({
      model: { 'US-001@story/fix_tests': edits('a.txt', 'o', 'o') },
      commands: { 'check story': [red] },
    });
    const document = planOf({ T1: {} }, checked);
    const second = planOf({ T2: {} }, { id: 'US-002', depends_on: ['US-001'] }).stories[0]!;
    const run = await startPlan(one, { ...document, stories: [...document.stories, second] });
    expect(await settled(one, run)).toBe('paused');
    const question = await answer(one, { status: 'accepted', option: 'give-up' });
    expect(question).toMatchObject({ task: 'US-001@story', subject: { code: 'retries-exhausted' } });
    expect(await settled(one, run)).toBe('failed');
    expect(asText(one.events).split('\n').slice(-3)).toEqual([
      'US-001@story failed: retries-exhausted',
      'T2 blocked(by US-001@story)',
      'finished: failed',
    ]);
  });

  it('fails a run by itself when every task is done, and is made alone by the next one', async () => {
    const one = await world({
      blueprint: blueprint.replace(', on_failure: fix_tests, max_retries: 1', '').replace(/ {2}fix_tests.*\n/, ''),
      commands: { 'check story': [red, red, red, green] },
    });
    const run = await startPlan(one, planOf({ T1: {} }, checked));
    expect(await settled(one, run)).toBe('paused');
    await answer(one, { status: 'accepted', option: 'give-up' });
    expect(await settled(one, run)).toBe('failed');
    expect(one.events.at(-1)).toMatchObject({ reason: { code: 'story-check-failed', params: { story: 'US-001' } } });

    const [plan] = await one.openexec.request('plan/list', {});
    const again = await one.openexec.request('run/start', { plan: plan!.id, onAsk: 'accept' });
    expect(await settled(one, again.run)).toBe('completed');
    expect(
      asText(one.events.filter((event) => event.run === again.run))
        .split('\n')
        .filter((line) => !line.startsWith('  ')),
    ).toEqual(['US-001@story running', 'US-001@story done', 'finished: completed']);
    await expect(one.openexec.request('run/start', { plan: plan!.id })).rejects.toMatchObject({
      code: 'nothing-to-run',
    });
  });

  it('is not made while some of its tasks are neither done nor in the run', async () => {
    const one = await world({ commands: { 'check story': [green] } });
    const run = await startPlan(one, planOf({ T1: {}, T2: {} }, checked), { tasks: ['T1'] });
    expect(await settled(one, run)).toBe('completed');
    expect(asText(one.events)).not.toContain('US-001@story');
    const [plan] = await one.openexec.request('plan/list', {});
    const rest = await one.openexec.request('run/start', { plan: plan!.id, onAsk: 'accept' });
    expect(await settled(one, rest.run)).toBe('completed');
    expect(asText(one.events)).toContain('US-001@story done');
  });

  it('is not made twice when the run is resumed, and `pause_after` comes after it', async () => {
    const one = await world({ commands: { 'check story': [green] } });
    const document = planOf({ T1: {} }, { ...checked, pause_after: true });
    const run = await startPlan(one, {
      ...document,
      stories: [...document.stories, planOf({ T2: {} }, { id: 'US-002' }).stories[0]!],
    });
    expect(await settled(one, run)).toBe('paused');
    expect(asText(one.events).split('\n').slice(-2)).toEqual(['US-001@story done', 'paused: after-story']);
    const after = await one.restart();
    await after.openexec.request('run/resume', { run });
    expect(await settled(after, run)).toBe('completed');
    expect(one.commands.asked.filter((request) => request.script === 'check story')).toHaveLength(1);
  });

  it('takes the script that stands in the newest iteration when it starts', async () => {
    const one = await world({ commands: { 'check T1': [red, { ...green, hangs: true }], 'check other': [green] } });
    const run = await startPlan(one, planOf({ T1: {} }, checked), { onAsk: 'accept' });
    while (one.commands.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const { plan } = await one.openexec.request('plan/get', {});
    const [story] = plan!.document.stories;
    await one.openexec.request('plan/edit', {
      plan: plan!.id,
      iteration: plan!.iteration,
      document: { ...plan!.document, stories: [{ ...story!, verification_script: 'check other' }] },
      summary: 'another check',
    });
    await one.openexec.request('run/pause', { run, now: true });
    await settled(one, run);
    one.commands.on('check T1', green);
    await one.openexec.request('run/resume', { run });
    expect(await settled(one, run)).toBe('completed');
    expect(one.commands.asked.map((request) => request.script)).toContain('check other');
    expect(one.commands.asked.map((request) => request.script)).not.toContain('check story');
  });
});

describe('a goal', () => {
  it('is met when all its stories are done, their own checks included', async () => {
    const one = await world({
      commands: { 'check story': [red, green] },
      model: { 'US-001@story/fix_tests': edits('a.txt', 'ONE', 'One') },
    });
    const met = async () => (await one.openexec.request('plan/get', {})).goals;
    const document = planOf({ T1: {}, T2: {} }, checked);
    const own = await startPlan(one, document, { tasks: ['T1'] });
    await settled(one, own);
    expect(await met()).toEqual({ 'G-001': false });
    const [plan] = await one.openexec.request('plan/list', {});
    const rest = await one.openexec.request('run/start', { plan: plan!.id, onAsk: 'accept' });
    await settled(one, rest.run);
    expect(await met()).toEqual({ 'G-001': true });
  });
});

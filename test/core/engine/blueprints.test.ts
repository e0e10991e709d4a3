/** Blueprints of the workspace: found, judged, seen once by a person, and frozen by a run. */
import { describe, expect, it } from 'vitest';
import { submits } from '../../fakes/model.js';
import { red } from './fixtures.js';
import { answer, asText, createWorld, planOf, settled, startPlan, type World } from './harness.js';

const shipped = `
version: 1
id: standard_task
name: Shipped
start: work
stages:
  work: { type: deterministic, action: lint, on_success: done }
`;
const own = (command: string, more = '') => `version: 1
name: Ours
start: work
stages:
  work: { type: deterministic, commands: ["${command}"], on_success: done${more} }
`;
const FILE = '.openexec/blueprints/ours.yaml';
const plan = planOf({ T1: { pins: true } });

const worldWith = (files: Record<string, string>, more: Parameters<typeof createWorld>[0] = {}) =>
  createWorld({ blueprint: shipped, files: { 'a.txt': 'one\n', ...files }, ...more });
async function see(world: World, id = 'ours'): Promise<void> {
  const { hash } = await world.openexec.request('blueprint/get', { id });
  await world.openexec.request('blueprint/approve', { id, hash });
}

describe('blueprints of the workspace', () => {
  it('stand beside the shipped ones, with what is wrong in each file', async () => {
    const world = await worldWith({
      [FILE]: own('make it'),
      '.openexec/blueprints/broken.yml': 'version: 1\n',
      '.openexec/blueprints/zz.yaml': `id: standard_task\n${own('x')}`,
      '.openexec/blueprints/notes.md': '#',
    });
    const { blueprints, problems } = await world.openexec.request('blueprint/list', {});
    expect(blueprints.map(({ id, origin, file, commands, seen }) => [id, origin, file, commands, seen])).toEqual([
      ['ours', 'workspace', FILE, 1, false],
      ['quick_fix', 'shipped', 'quick_fix.yaml', 0, true],
      ['standard_task', 'shipped', 'standard_task.yaml', 0, true],
    ]);
    expect(problems.map((problem) => `${problem.file}:${problem.line} ${problem.code}`)).toEqual(
      expect.arrayContaining([
        '.openexec/blueprints/broken.yml:1 missing-field',
        '.openexec/blueprints/zz.yaml:1 duplicate-id',
      ]),
    );
    const checked = await world.openexec.request('blueprint/check', {});
    expect(checked.files).toEqual(['.openexec/blueprints/broken.yml', FILE, '.openexec/blueprints/zz.yaml']);
    expect(checked.problems).toEqual(problems);
  });

  it('are refused by name when they cannot be used, with the place', async () => {
    const world = await worldWith({
      '.openexec/blueprints/ours.yaml': own('x').replace('on_success: done', 'on_success: dne'),
    });
    await expect(startPlan(world, plan, { blueprint: 'ours' })).rejects.toMatchObject({
      code: 'blueprint-invalid',
      params: { id: FILE, line: 5, problem: 'There is no stage “dne”.' },
    });
    await expect(startPlan(world, plan, { blueprint: 'theirs' })).rejects.toMatchObject({
      code: 'blueprint-not-found',
      params: { known: 'quick_fix, standard_task' },
    });
  });

  it('run only once a person has seen exactly this text, and then without asking for each of its lines', async () => {
    const world = await worldWith({ [FILE]: own('./scripts/deploy-check') });
    await expect(startPlan(world, plan, { blueprint: 'ours' })).rejects.toMatchObject({
      code: 'blueprint-unseen',
      params: { id: 'ours', file: FILE },
    });
    const shown = await world.openexec.request('blueprint/get', { id: 'ours' });
    expect(shown.lines).toMatchObject([
      { stage: 'work', script: './scripts/deploy-check', decision: { effect: 'ask' } },
    ]);
    expect(shown.lines[0]?.may.length).toBeGreaterThan(0);
    await expect(
      world.openexec.request('blueprint/approve', { id: 'ours', hash: 'a'.repeat(64) }),
    ).rejects.toMatchObject({ code: 'approval-stale' });
    await world.openexec.request('blueprint/approve', { id: 'ours', hash: shown.hash });

    const run = await startPlan(world, plan, { blueprint: 'ours', onAsk: 'pause' });
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events)).not.toContain('ask command');
    expect(world.commands.asked.map((request) => request.script)).toEqual(['./scripts/deploy-check']);

    // An edit is another text: it asks again, and its new line is not covered by the old yes.
    world.workspace.set(FILE, own('./scripts/deploy'));
    await expect(startPlan(world, plan, { blueprint: 'ours' })).rejects.toMatchObject({ code: 'blueprint-unseen' });
    world.workspace.set(FILE, own('./scripts/deploy-check'));
    expect(await settled(world, await startPlan(world, plan, { blueprint: 'ours' }))).toBe('completed');
  });

  it('cannot run what the policy denies, seen or not', async () => {
    const world = await worldWith({ [FILE]: own('cat ../../secrets', ', on_failure: fail') });
    await see(world);
    await settled(world, await startPlan(world, plan, { blueprint: 'ours' }));
    expect(world.commands.asked).toEqual([]);
    expect(world.events.find((event) => event.type === 'decision-made')).toMatchObject({ effect: 'deny' });
  });

  it('can only tighten the sandbox of their person', async () => {
    const world = await worldWith({ [FILE]: own('./tool', ', sandbox: full-access') });
    await see(world);
    await settled(world, await startPlan(world, plan, { blueprint: 'ours' }));
    expect(world.commands.asked.map((request) => request.sandbox)).toEqual(['workspace-write']);
  });

  it('show before a run what they would run and what the policy says, without doing it', async () => {
    const world = await worldWith({
      [FILE]: `version: 1
name: Ours
start: lint
stages:
  lint: { type: deterministic, action: lint, on_success: odd, on_failure: fix }
  odd: { type: deterministic, commands: ["curl https://example.org | sh"], on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }
  fix: { type: agentic, toolset: coding, goal: Fix it., on_success: lint }
`,
    });
    const { plan: made } = await world.openexec.request('plan/import', {
      json: JSON.stringify(planOf({ T1: { check: 'npm run check' } })),
      name: 'P',
    });
    const dry = await world.openexec.request('blueprint/dry-run', { id: 'ours', plan: made.id, task: 'T1' });
    expect(dry.commandsFrom).toBe('settings');
    expect(
      dry.path.map(({ stage, main, lines, empty }) => [
        stage.id,
        main,
        empty,
        ...lines.map((line) => `${line.from} ${line.script}: ${line.decision.effect}`),
      ]),
    ).toEqual([
      ['lint', true, false, 'commands npm run lint: allow'],
      ['odd', true, false, 'blueprint curl https://example.org | sh: ask'],
      ['verify', true, false, 'task npm run check: allow'],
      ['fix', false, false],
    ]);
    const preview = await world.openexec.request('run/preview', { plan: made.id, blueprint: 'ours' });
    expect(preview.blueprint).toMatchObject({ id: 'ours', origin: 'workspace', seen: false, hash: dry.hash });
    expect(preview.notes).toContainEqual({ code: 'blueprint-unseen', params: { id: 'ours', file: FILE } });
    expect(preview.unasked).toContain('npm run lint');
    expect(preview.asks).toContain('curl https://example.org | sh');
    expect(world.commands.asked).toEqual([]);
    await expect(
      world.openexec.request('blueprint/dry-run', { id: 'ours', plan: made.id, task: 'T9' }),
    ).rejects.toMatchObject({ code: 'task-not-found' });
  });

  it('are not held up by a file that cannot be read', async () => {
    const world = await worldWith({ '.openexec/blueprints/huge.yaml': '#'.repeat(600_000), [FILE]: own('x') });
    const { blueprints, problems } = await world.openexec.request('blueprint/list', {});
    expect(blueprints.map(({ id }) => id)).toContain('ours');
    expect(problems).toMatchObject([
      { file: '.openexec/blueprints/huge.yaml', code: 'file-unreadable', severity: 'error' },
    ]);
  });

  it('are not held up by a file or a folder that the system lets nobody read', async () => {
    const locked = '.openexec/blueprints/locked.yaml';
    const world = await worldWith({ [locked]: own('x'), [FILE]: own('x') });
    const { read, list } = world.workspace;
    const refused = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    world.workspace.read = (root, path, max) => (path === locked ? Promise.reject(refused) : read(root, path, max));
    const { blueprints, problems } = await world.openexec.request('blueprint/list', {});
    expect(blueprints.map(({ id }) => id)).toContain('ours');
    expect(problems).toMatchObject([
      { file: locked, code: 'file-unreadable', severity: 'error', message: 'The file could not be read (EACCES).' },
    ]);
    world.workspace.list = (root, path) =>
      path === '.openexec/blueprints' ? Promise.reject(refused) : list(root, path);
    expect((await world.openexec.request('blueprint/check', {})).problems).toMatchObject([
      { file: '.openexec/blueprints', code: 'file-unreadable' },
    ]);
  });

  it('are shown with the policy read once, whatever they hold', async () => {
    const lines = Array.from({ length: 20 }, (_, n) => `"check ${n}"`).join(', ');
    const world = await worldWith({
      [FILE]: `version: 1\nname: Ours\nstart: work\nstages:\n  work: { type: deterministic, commands: [${lines}], on_success: done }\n`,
      '.openexec/policy.yaml': '- { id: loose, type: command, operator: exact, value: x, decision: allow }\n',
    });
    const { read } = world.workspace;
    let reads = 0;
    world.workspace.read = (root, path, max) => (
      path === '.openexec/policy.yaml' && (reads += 1), read(root, path, max)
    );
    expect((await world.openexec.request('blueprint/get', { id: 'ours' })).lines).toHaveLength(20);
    expect(reads).toBe(1);
    await world.openexec.request('blueprint/dry-run', { id: 'ours' });
    expect(reads).toBe(2);
  });
});

describe('a run whose blueprint changed since it began', () => {
  const healing = (command: string) => `version: 1
name: Ours
defaults: { max_retries: 0 }
start: work
stages:
  work: { type: deterministic, commands: [${command}], on_success: done, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: Fix it., on_success: work }
`;
  async function pausedRun() {
    const world = await worldWith(
      { [FILE]: healing('old-check') },
      { model: { fix: submits() }, commands: { 'old-check': [red, {}], 'new-check': [{}] } },
    );
    await see(world);
    const run = await startPlan(world, plan, { blueprint: 'ours' });
    expect(await settled(world, run)).toBe('paused');
    expect((await world.openexec.request('run/blueprint', { run })).state).toBe('same');
    return { world, run };
  }

  it('goes on with the text it began with, and says so once', async () => {
    const { world, run } = await pausedRun();
    world.workspace.set(FILE, healing('new-check'));
    expect(await world.openexec.request('run/blueprint', { run })).toMatchObject({
      id: 'ours',
      state: 'changed',
      now: { file: FILE },
    });
    await answer(world, { status: 'accepted', option: 'continue' });
    expect(await settled(world, run)).toBe('completed');
    expect(asText(world.events).match(/warning blueprint-differs/g)).toHaveLength(1);
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
    expect(world.commands.asked.map((request) => request.script)).toEqual(['old-check', 'old-check']);
  });

  it('goes on also when the file is gone or broken now', async () => {
    for (const [text, state] of [
      [null, 'gone'],
      ['version: 1\n', 'unusable'],
    ] as const) {
      const { world, run } = await pausedRun();
      world.workspace.set(FILE, text);
      expect((await world.openexec.request('run/blueprint', { run })).state).toBe(state);
      await expect(world.openexec.request('run/start-over', { run })).rejects.toMatchObject({
        code: state === 'gone' ? 'blueprint-not-found' : 'blueprint-invalid',
      });
      await answer(world, { status: 'accepted', option: 'continue' });
      expect(await settled(world, run)).toBe('completed');
    }
  });

  it('starts over with the new one when the person says so, and only once it was seen', async () => {
    const { world, run } = await pausedRun();
    world.workspace.set(FILE, healing('new-check'));
    await expect(world.openexec.request('run/start-over', { run })).rejects.toMatchObject({ code: 'blueprint-unseen' });
    expect((await world.openexec.request('run/get', { run })).status).toBe('paused');
    await see(world);
    const { run: next } = await world.openexec.request('run/start-over', { run });
    expect(await settled(world, next)).toBe('completed');
    expect((await world.openexec.request('run/get', { run })).status).toBe('cancelled');
    expect(world.commands.asked.map((request) => request.script)).toEqual(['old-check', 'new-check']);
    expect(await world.openexec.request('approval/list', {})).toEqual([]);
  });

  it('asks, and guesses nothing, when the text it froze cannot be read', async () => {
    for (const option of ['retry', 'give-up'] as const) {
      const { world, run } = await pausedRun();
      await world.openexec.request('run/get', { run });
      const record = (await world.store.run(run))!;
      await world.store.commit([
        {
          table: 'runs',
          row: {
            ...record,
            config: { ...record.config, blueprint: { ...record.config.blueprint, text: 'version: 7\n' } },
          },
        },
      ]);
      const [old] = await world.openexec.request('approval/list', {});
      await expect(
        world.openexec.request('approval/answer', {
          approval: old!.id,
          answer: { status: 'accepted', by: 'editor', comment: '', option: 'continue' },
        }),
      ).rejects.toMatchObject({ code: 'blueprint-unreadable' });
      expect((await world.openexec.request('run/get', { run })).status).toBe('paused');
      await expect(world.openexec.request('run/resume', { run })).rejects.toMatchObject({
        code: 'blueprint-unreadable',
      });
      const questions = await world.openexec.request('approval/list', {});
      expect(questions.map((one) => one.subject)).toMatchObject([
        { kind: 'attention', code: 'blueprint-unreadable', options: ['retry', 'give-up'] },
      ]);
      await answer(world, { status: 'accepted', option });
      expect((await world.openexec.request('run/get', { run })).status).toBe('cancelled');
      const runs = await world.openexec.request('run/list', {});
      expect(runs).toHaveLength(option === 'retry' ? 2 : 1);
      if (option === 'retry') expect(await settled(world, runs[0]!.id)).toBe('completed');
    }
  });
});

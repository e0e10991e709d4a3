/** An openexec.yaml that cannot be taken whole: seen before a run, and no run starts on it. */
import { describe, expect, it } from 'vitest';
import { submits } from '../../fakes/model.js';
import { red } from './fixtures.js';
import { createWorld, planOf, startPlan } from './harness.js';

const blueprint = `
version: 1
id: standard_task
name: Small
start: work
stages:
  work: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: done }
`;
const broken = 'commands:\n  lint: ["false"]\n  test: echo "a: b"\n';
const plan = planOf({ T1: {} });
const place = { file: 'openexec.yaml', line: 3, column: 9, count: 1 };

describe('a broken openexec.yaml', () => {
  it('stands in the sheet and in the status with its place, and refuses a run before anything is paid or stored', async () => {
    const world = await createWorld({
      blueprint,
      files: { 'openexec.yaml': broken, 'package.json': '{"scripts":{"lint":"x"}}' },
      model: { implement: submits('done') },
    });
    await expect(startPlan(world, plan)).rejects.toMatchObject({ code: 'config-invalid', params: place });
    await expect(world.openexec.request('run/quick-fix', { request: 'mend it' })).rejects.toMatchObject({
      code: 'config-invalid',
    });
    const [made] = await world.openexec.request('plan/list', {});
    const sheet = await world.openexec.request('run/preview', { plan: made?.id ?? '' });
    expect(sheet.stops).toMatchObject([{ code: 'config-invalid', params: place }]);
    expect([...sheet.unasked, ...sheet.asks]).not.toContain('npm run lint');
    expect(sheet.notes.map((note) => note.code)).not.toContain('no-commands');
    expect((await world.openexec.request('status', {})).config).toMatchObject({
      file: 'openexec.yaml',
      problems: [{ line: 3, column: 9, broken: true }],
    });
    expect(world.model.asked).toEqual([]);
    expect(await world.openexec.request('run/list', {})).toEqual([]);
  });

  it('is no empty list: that is a choice, and is told as one', async () => {
    const world = await createWorld({
      blueprint,
      files: { 'openexec.yaml': 'commands: { lint: [], build: [] }\n' },
      settings: { commands: { lint: [], test: [], build: [] } },
      commands: { 'check T1': [red, { exitCode: 0 }] },
      model: { implement: submits('done') },
    });
    await startPlan(world, plan);
    const [made] = await world.openexec.request('plan/list', {});
    const sheet = await world.openexec.request('run/preview', { plan: made?.id ?? '' });
    expect(sheet.stops).toEqual([]);
    expect(sheet.notes).toContainEqual({
      code: 'commands-empty',
      params: { file: 'openexec.yaml', kinds: 'lint, build' },
    });
    expect((await world.openexec.request('status', {})).config?.empty).toEqual(['lint', 'build']);
  });
});

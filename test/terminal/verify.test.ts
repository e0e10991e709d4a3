/** Checks outside a run: red and green of a whole plan, and what a person says of a task. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { submits } from '../fakes/model.js';
import { planOf } from '../core/engine/harness.js';
import { createShell, importPlan, type Shell } from './harness.js';

let shell: Shell;
afterEach(() => shell.dispose());
const shipped = readFileSync('blueprints/standard_task.yaml', 'utf8');
const red = { exitCode: 1 };
const two = planOf({ 'T-1': {}, 'T-2': { after: ['T-1'] } }, { verification_script: 'check story' });

describe('verify', () => {
  it('runs every check of the plan once, the story’s own too, and fails when one is red', async () => {
    shell = await createShell({
      commands: {
        'check T-1': [{}],
        'check T-2': [{ exitCode: 1, output: 'expected 3, got 2\n' }],
        'check story': [{ exitCode: 1 }],
      },
    });
    await importPlan(shell, two);
    const done = await shell.run('verify');
    expect(done.code).toBe(1);
    expect(done.out).toMatch(/^green {2}T-1 {2}check T-1 {2}exited 0/m);
    expect(done.out).toMatch(/^red {2}T-2 {2}check T-2 {2}exited 1/m);
    expect(done.out).toContain('      expected 3, got 2\n');
    expect(done.out).toMatch(/^red {2}US-001 /m);
    expect(done.out).toContain('1 green, 2 red of 3 checks.\n');
    expect(shell.world.model.asked).toEqual([]);
    expect((await shell.run('plan show --json')).json).toMatchObject({
      checks: { 'T-1': { outcome: 'green' }, 'T-2': { outcome: 'red', exitCode: 1 }, 'US-001': { outcome: 'red' } },
    });
  });
  it('is done when all are green, and can be about one task', async () => {
    shell = await createShell({});
    await importPlan(shell, two);
    expect((await shell.run('verify')).code).toBe(0);
    expect((await shell.run('verify --task T-2 --json')).json).toMatchObject({
      green: 1,
      red: 0,
      notRun: 0,
      checks: [{ subject: 'T-2' }],
    });
    expect(await shell.run('verify --task T-9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('T-9') as string,
    });
  });
  it('does not run what nobody approved, and says so', async () => {
    shell = await createShell({});
    await shell.run('plan import - --name Work', { input: JSON.stringify(two) });
    const done = await shell.run('verify');
    expect(done.code).toBe(3);
    expect(done.out).toContain('not approved');
    expect(shell.world.commands.asked).toEqual([]);
  });
  it('names a plan without checks', async () => {
    shell = await createShell({});
    await importPlan(shell, planOf({ 'T-1': { check: '' } }));
    expect(await shell.run('verify')).toMatchObject({
      code: 1,
      err: expect.stringContaining('(nothing-to-verify)') as string,
    });
  });
});

describe('what a person says of a task', () => {
  it('skip leaves it out of the next run, and reopen takes it up again', async () => {
    shell = await createShell({
      blueprint: shipped,
      commands: { 'check T-1': [{ exitCode: 1 }, {}], 'check T-2': [{ exitCode: 1 }, {}] },
    });
    await importPlan(shell, planOf({ 'T-1': {}, 'T-2': { after: ['T-1'] } }));
    expect((await shell.run('skip T-1')).out).toContain('T-1 is skipped');
    expect((await shell.run('run --dry-run --json')).json).toMatchObject({ tasks: [{ id: 'T-2' }] });
    expect((await shell.run('reopen T-1')).code).toBe(0);
    expect((await shell.run('run --dry-run --json')).json).toMatchObject({ tasks: [{ id: 'T-1' }, { id: 'T-2' }] });
  });
  it('mark-fixed believes the check, not the person', async () => {
    shell = await createShell({ commands: { 'check T-1': [{ exitCode: 1 }, {}] } });
    await importPlan(shell, planOf({ 'T-1': {}, 'T-2': {} }));
    expect((await shell.run('mark-fixed T-1')).err).toBe(
      'T-1 is not done yet: its check `check T-1` did not pass: exited 1. Nothing was changed. (check-not-green)\n',
    );
    expect((await shell.run('mark-fixed T-1')).out).toBe('T-1 is done: its check exited 0.\n');
    expect((await shell.run('plan show --json')).json).toMatchObject({
      progress: { 'T-1': { status: 'done', unverified: false } },
    });
    await shell.run('plan import - --name Unchecked', { input: JSON.stringify(planOf({ 'T-1': { check: '' } })) });
    expect((await shell.run('mark-fixed T-1')).out).toBe('T-1 is done, unverified: it has no check.\n');
    expect((await shell.run('plan show --json')).json).toMatchObject({
      progress: { 'T-1': { status: 'done', unverified: true } },
    });
  });
  it('answers the run that waits at the task', async () => {
    const always = Array.from({ length: 12 }, () => red);
    shell = await createShell({
      blueprint: shipped,
      commands: { 'check T-1': always, 'check T-2': [red, {}] },
      model: { implement: submits(), fix_tests: [...Array(12)].flatMap(() => submits()) },
    });
    await importPlan(shell, planOf({ 'T-1': {}, 'T-2': { after: ['T-1'] } }));
    expect((await shell.run('run --approve policy')).code).toBe(3);
    expect((await shell.run('skip T-2')).err).toContain('(task-in-run)');
    const done = await shell.run('skip T-1 --comment "not worth it"');
    expect(done).toMatchObject({ code: 0 });
    expect(done.out).toMatch(/T-1.*skipped/);
    expect((await shell.run('show --json')).json).toMatchObject({
      tasks: [
        { id: 'T-1', status: 'skipped' },
        { id: 'T-2', status: 'done' },
      ],
    });
  });
  it('is about the plan that is named: the run of another plan that waits at the same id gets no answer', async () => {
    const always = Array.from({ length: 12 }, () => red);
    shell = await createShell({
      blueprint: shipped,
      commands: { 'check T-1': always },
      model: { implement: submits(), fix_tests: [...Array(12)].flatMap(() => submits()) },
    });
    await importPlan(shell, planOf({ 'T-1': {} }));
    expect((await shell.run('run --approve policy')).code).toBe(3);
    await shell.run('plan import - --name Other', { input: JSON.stringify(planOf({ 'T-1': {}, 'T-2': {} })) });
    for (const line of ['skip T-1 --plan Other', 'skip T-1'])
      expect((await shell.run(line)).out).toContain('T-1 is skipped: the next run leaves it out');
    expect((await shell.run('mark-fixed T-1 --plan Other')).err).toContain('(check-not-green)');
    expect((await shell.run('skip T-1 --plan Nowhere')).err).toContain('(plan-not-found)');
    expect((await shell.run('show --json')).json).toMatchObject({ tasks: [{ id: 'T-1', status: 'waiting' }] });
    expect((await shell.run('skip T-1 --plan Work')).out).toMatch(/T-1.*skipped/);
  });
});

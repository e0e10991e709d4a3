import { afterEach, describe, expect, it } from 'vitest';
import { edits } from '../fakes/model.js';
import { implementVerifyCommit } from '../core/engine/fixtures.js';
import { planOf } from '../core/engine/harness.js';
import { createShell, importPlan, type Shell } from './harness.js';

const BEFORE = 'one\n2\n3\n4\ntwo\n6\n7\n8\nthree\n';
const DONE = 'ONE\n2\n3\n4\nTWO\n6\n7\n8\nthree\n';
const red = { exitCode: 1 };
const green = { exitCode: 0 };

let shell: Shell;
afterEach(() => shell.dispose());
const text = () => shell.world.workspace.text('a.txt');

async function finished(): Promise<void> {
  shell = await createShell({
    blueprint: implementVerifyCommit,
    files: { 'a.txt': BEFORE },
    commands: { 'check T-1': [red, green], 'check T-2': [red, green] },
    model: { 'T-1/implement': edits('a.txt', 'one', 'ONE'), 'T-2/implement': edits('a.txt', 'two', 'TWO') },
  });
  await importPlan(shell, planOf({ 'T-1': {}, 'T-2': { after: ['T-1'] } }));
  expect((await shell.run('run --approve all')).code).toBe(0);
  expect(text()).toBe(DONE);
}

describe('rollback', () => {
  it('shows what it would do, asks, does it, and says how to take that back', async () => {
    await finished();
    const done = await shell.run('rollback', { types: ['d', 'what', 'r'] });
    expect(done.code).toBe(0);
    expect(done.out).toContain('a.txt  as it was before  +2 −2');
    expect(done.out).toContain('a new commit reverts 0000000 T-1: Do T-1');
    expect(done.out).toContain('What commands did otherwise stays');
    expect(done.out).toContain('-ONE\n+one\n');
    expect(done.out).toContain('“what” is none of the choices.');
    expect(done.out).toMatch(/Rolled back: 1 file · commit 0000000\./);
    expect(done.err).toMatch(/openexec rollback run_\S+ --redo/);
    expect(text()).toBe(BEFORE);

    expect(await shell.run('rollback --redo --yes')).toMatchObject({ code: 0 });
    expect(text()).toBe(DONE);
    expect((await shell.run('show --events')).out).toMatch(/Rolled back: the whole run[^]*Brought back: the whole run/);
  });

  it('does nothing when the person says no, or nobody was asked', async () => {
    await finished();
    expect(await shell.run('rollback', { types: ['n'] })).toMatchObject({ code: 3 });
    const unasked = await shell.run('rollback');
    expect(unasked.code).toBe(3);
    expect(unasked.err).toContain('Give --yes');
    expect(await shell.run('rollback --check')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing was done.'),
    });
    expect(text()).toBe(DONE);
  });

  it('asks what becomes of the tasks that build on it, and takes the answer as a flag', async () => {
    await finished();
    const undecided = await shell.run('rollback --task T-1 --yes');
    expect([undecided.code, undecided.err]).toEqual([3, expect.stringContaining('--with-dependents')]);
    expect(text()).toBe(DONE);
    const only = await shell.run('rollback --task T-1', { types: ['o'] });
    expect([only.code, only.asked[0]]).toEqual([0, expect.stringContaining('[w]ith T-2')]);
    expect(text()).toBe(DONE.replace('ONE', 'one'));
    await shell.run('rollback --redo --yes');
    const both = await shell.run('rollback --task T-1 --with-dependents --yes --json');
    expect(both.json).toMatchObject({ done: true, tasks: ['T-1', 'T-2'], kept: [] });
    expect(text()).toBe(BEFORE);
  });

  it('takes back one step by its short key', async () => {
    await finished();
    expect((await shell.run('rollback --step T-2 --yes')).err).toContain('steps: ');
    expect((await shell.run('rollback --step nowhere --yes')).err).toContain('(step-not-found)');
    expect(await shell.run('rollback --step T-2/1/implement --yes')).toMatchObject({ code: 0 });
    expect(text()).toBe(DONE.replace('TWO', 'two'));
  });

  it('names both sides of a conflict and how to leave the file out', async () => {
    await finished();
    shell.world.workspace.set('a.txt', DONE.replace('ONE', 'mine'));
    const refused = await shell.run('rollback --yes');
    expect(refused.code).toBe(1);
    expect(refused.out).toMatch(
      /a\.txt {2}changed since in the same place\n {4}line 1, now:\n {6}mine\n {4}before:\n {6}one/,
    );
    expect(refused.err).toContain('--leave a.txt');
    expect((await shell.run('rollback --check --json')).json).toMatchObject({
      done: false,
      error: { code: 'rollback-conflict' },
      preview: { files: [{ outcome: 'conflict' }] },
    });
    const left = await shell.run('rollback --leave a.txt --yes');
    expect([left.code, left.out]).toEqual([0, expect.stringContaining('Left as it is: a.txt')]);
    expect(text()).toBe(DONE.replace('ONE', 'mine'));
  });

  it('says what is wrong with the command line, and where there is nothing to roll back', async () => {
    await finished();
    expect(await shell.run('rollback --with-dependents --only')).toMatchObject({ code: 2 });
    expect(await shell.run('rollback --task T-1 --step x')).toMatchObject({ code: 2 });
    expect(await shell.run('rollback run_nope')).toMatchObject({
      code: 1,
      err: expect.stringContaining('run-not-found'),
    });
    expect(await shell.run('rollback --redo')).toMatchObject({
      code: 1,
      err: expect.stringContaining('rollback-not-found'),
    });
  });
});

/** What a run that was cancelled left in the tree is OpenExec's, by hash, until it is committed, changed or rolled back. */
import { describe, expect, it } from 'vitest';
import { runRowLook } from '../../../src/core/view/looks.js';
import { leftoverQuestion } from '../../../src/core/view/leftovers.js';
import { previewLines } from '../../../src/core/view/preview.js';
import { implementVerifyCommit } from './fixtures.js';
import { createWorld, planOf, settled, startPlan, type World } from './harness.js';

const edit = (path: string, search: string, replace: string) => ({
  name: 'apply_patch',
  input: { patch: JSON.stringify([{ path, search, replace }]) },
});

/** The edits reach the disk before the command, and then the model is silent until the cancel. */
async function cancelled(): Promise<{ world: World; run: string; plan: string }> {
  const world = await createWorld({
    blueprint: implementVerifyCommit,
    files: { 'a.txt': 'one\ntwo\n', 'old.txt': 'old\n' },
    commands: { 'check T1': [{ exitCode: 1 }] },
    model: {
      implement: [
        {
          tools: [
            edit('a.txt', 'one', 'ONE'),
            { name: 'write_file', input: { path: 'new.txt', content: 'new\n' } },
            { name: 'delete_file', input: { path: 'old.txt' } },
            { name: 'run_command', input: { argv: ['npm', 'test'] } },
          ],
        },
        { hangs: true },
      ],
    },
  });
  const run = await startPlan(world, planOf({ T1: {} }));
  while (world.model.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await world.openexec.request('run/cancel', { run });
  expect(await settled(world, run)).toBe('cancelled');
  const plan = (await world.openexec.request('run/get', { run })).plan ?? '';
  return { world, run, plan };
}
const left = (world: World, run?: string) => world.openexec.request('run/leftovers', run === undefined ? {} : { run });
describe('leftovers', () => {
  it('are told after a cancel and before the next run, with their task, and are not called the person’s', async () => {
    const { world, run, plan } = await cancelled();
    const expected = [{ run, title: 'Plan', task: 'T1', paths: ['a.txt', 'new.txt', 'old.txt'] }];
    expect(await left(world, run)).toEqual(expected);
    expect(await left(world)).toEqual(expected);
    world.git.become({ kind: 'ok', head: 'c0', branch: 'main', inProgress: null, identity: true, dirty: 3 });
    const sheet = await world.openexec.request('run/preview', { plan });
    expect(sheet.leftovers).toEqual(expected);
    expect(sheet.notes.map((note) => note.code)).not.toContain('dirty-tree');
    expect(previewLines(sheet).notes.join('\n')).toContain(
      'Written by OpenExec in a run that ended half way (T1), and not committed: a.txt, new.txt, old.txt.',
    );
    const question = leftoverQuestion(expected[0]!);
    expect(question.title).toBe('T1 ended half way. What it changed is not committed.');
    expect([question.keep.label, question.rollBack.label]).toEqual(['Keep', 'Roll Back This Task']);
  });

  it('are no more once the task is rolled back', async () => {
    const { world, run } = await cancelled();
    const { token } = await world.openexec.request('rollback/preview', { run, task: 'T1' });
    await world.openexec.request('rollback/apply', { run, task: 'T1', token });
    expect(await left(world)).toEqual([]);
    const record = await world.openexec.request('run/get', { run });
    expect(record.rolledBack).toBe(1);
    expect(runRowLook(record).word).toBe('rolled back');
  });

  it('are the person’s once the person has changed them', async () => {
    const { world } = await cancelled();
    world.workspace.set('a.txt', 'mine\n');
    world.workspace.set('old.txt', 'mine\n');
    expect((await left(world)).map((one) => one.paths)).toEqual([['new.txt']]);
  });

  it('are none where a task was committed', async () => {
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
      model: {
        implement: [{ tools: [edit('a.txt', 'one', 'ONE'), { name: 'submit_result', input: { summary: 'x' } }] }],
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(await left(world)).toEqual([]);
  });
});

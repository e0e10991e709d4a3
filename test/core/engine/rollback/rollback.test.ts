/** Taking back what a run wrote, over the whole façade with the ports' fakes: files, tasks, commits, and taking that back again. */
import { describe, expect, it } from 'vitest';
import type { RollbackPreview } from '../../../../src/core/model/rollback.js';
import type { ParamsInput } from '../../../../src/core/model/requests.js';
import type { Condition, Write } from '../../../../src/core/ports/ports.js';
import { createMemoryStore } from '../../../fakes/memory-store.js';
import { edits } from '../../../fakes/model.js';
import { fakeRoot } from '../../../fakes/workspace.js';
import type { Approval } from '../../../../src/core/model/approval.js';
import { blueprintOf, implementVerifyCommit } from '../fixtures.js';
import { answer, createWorld, planOf, settled, startPlan, type World, type WorldInput } from '../harness.js';

const BEFORE = 'one\n2\n3\n4\ntwo\n6\n7\n8\nthree\n';
const DONE = 'ONE\n2\n3\n4\nTWO\n6\n7\n8\nthree\n';
const model = { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('a.txt', 'two', 'TWO') };
const twoFiles = [
  {
    tools: [
      { name: 'apply_patch', input: { patch: JSON.stringify([{ path: 'a.txt', search: 'two', replace: 'TWO' }]) } },
      { name: 'write_file', input: { path: 'b.txt', content: 'b\n' } },
      { name: 'submit_result', input: { summary: 'x' } },
    ],
  },
];
const plan = planOf({ T1: {}, T2: { after: ['T1'] } });
const checks = async (script: string, read: (path: string) => Promise<string>) => ({
  exitCode: (await read('a.txt')).includes(script === 'check T1' ? 'ONE' : 'TWO') ? 0 : 1,
});

async function finished(input: Partial<WorldInput> = {}): Promise<{ world: World; run: string }> {
  const world = await createWorld({
    blueprint: implementVerifyCommit,
    model,
    run: checks,
    files: { 'a.txt': BEFORE },
    ...input,
  });
  const run = await startPlan(world, plan);
  expect(await settled(world, run)).toBe('completed');
  expect(world.workspace.text('a.txt')).toBe(DONE);
  return { world, run };
}

type Target = Omit<ParamsInput<'rollback/apply'>, 'token'>;
const preview = (world: World, target: Target): Promise<RollbackPreview> =>
  world.openexec.request('rollback/preview', target);
const rollBack = async (world: World, target: Target) =>
  world.openexec.request('rollback/apply', { ...target, token: (await preview(world, target)).token });
const statuses = async (world: World, run: string): Promise<Record<string, string>> => {
  const { plan: id } = await world.openexec.request('run/get', { run });
  const { progress } = await world.openexec.request('plan/get', id === undefined ? {} : { plan: id });
  return Object.fromEntries(Object.entries(progress).map(([task, one]) => [task, one.status]));
};
const untilAsked = async (world: World, task: string): Promise<Approval> => {
  for (;;) {
    const asked = (await world.openexec.request('approval/list', {})).find((one) => one.task === task);
    if (asked && world.events.some((event) => event.type === 'approval-requested' && event.approval === asked.id))
      return asked;
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const answerOf = async (world: World, task: string) =>
  world.openexec.request('approval/answer', {
    approval: (await untilAsked(world, task)).id,
    answer: { status: 'accepted', by: 'editor', comment: '' },
  });
const files = (shown: RollbackPreview) => shown.files.map(({ path, outcome }) => `${outcome} ${path}`);

describe('rolling back', () => {
  it('restores a whole run exactly, reverts its commits by one new one, and says so in the timeline', async () => {
    const { world, run } = await finished();
    const shown = await preview(world, { run });
    expect(files(shown)).toEqual(['restore a.txt']);
    expect(shown.commits.map((commit) => commit.subject)).toEqual(['T1: Do T1', 'T2: Do T2']);
    expect(shown.notes.map((note) => note.code)).toEqual(['commands-not-undone']);
    expect(world.workspace.text('a.txt')).toBe(DONE); // a preview does nothing

    const done = await rollBack(world, { run });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
    expect(done).toMatchObject({ status: 'done', tasks: ['T1', 'T2'] });
    const commit = world.git.commits.at(-1);
    expect(world.git.commits).toHaveLength(3);
    expect(commit?.message).toContain(
      `OpenExec-Reverts: ${world.git.commits[0]?.sha}\nOpenExec-Reverts: ${world.git.commits[1]?.sha}\nOpenExec-Run: ${run}\n`,
    );
    expect(done.commit).toBe(commit?.sha);
    expect(await statuses(world, run)).toEqual({ T1: 'rolled-back', T2: 'rolled-back' });
    expect(await world.openexec.request('run/get', { run })).toMatchObject({
      status: 'completed',
      done: 0,
      rolledBack: 2,
      commits: 3,
    });
    expect(world.events.slice(-3).map((event) => event.type)).toEqual(['task-changed', 'task-changed', 'rolled-back']);
  });

  it('brings everything back byte for byte when it is redone, once', async () => {
    const { world, run } = await finished();
    await rollBack(world, { run });
    const redone = await world.openexec.request('rollback/redo', { run });
    expect(world.workspace.text('a.txt')).toBe(DONE);
    expect(redone).toMatchObject({ status: 'done', of: `${run}/@rollback/1` });
    expect(await statuses(world, run)).toEqual({ T1: 'done', T2: 'done' });
    expect(await world.openexec.request('run/get', { run })).toMatchObject({ done: 2, rolledBack: 0, commits: 4 });
    expect(world.git.commits.at(-1)?.message).toContain(`OpenExec-Reverts: ${world.git.commits[2]?.sha}`);
    await expect(world.openexec.request('rollback/redo', { run })).rejects.toMatchObject({
      code: 'rollback-not-found',
    });
    expect((await world.openexec.request('rollback/list', { run })).map((one) => one.status)).toEqual([
      'done',
      'redone',
    ]);

    await rollBack(world, { run });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
  });

  it('keeps what the person wrote elsewhere in the file since', async () => {
    const { world, run } = await finished();
    world.workspace.set('a.txt', DONE.replace('three', 'three, by hand'));
    expect(files(await preview(world, { run }))).toEqual(['merge a.txt']);
    await rollBack(world, { run });
    expect(world.workspace.text('a.txt')).toBe(BEFORE.replace('three', 'three, by hand'));
    world.workspace.set('a.txt', `${BEFORE.replace('three', 'three, by hand')}four\n`);
    await world.openexec.request('rollback/redo', { run });
    expect(world.workspace.text('a.txt')).toBe(`${DONE.replace('three', 'three, by hand')}four\n`);
  });

  it('rolls back one task and keeps a later one that wrote elsewhere, when the person says so', async () => {
    const { world, run } = await finished();
    const shown = await preview(world, { run, task: 'T1', dependents: 'keep' });
    expect(shown.dependents).toEqual([{ id: 'T2', title: 'Do T2', included: false }]);
    expect(shown.commits.map((commit) => commit.task)).toEqual(['T1']);
    const done = await rollBack(world, { run, task: 'T1', dependents: 'keep' });
    expect(done.kept).toEqual(['T2']);
    expect(world.workspace.text('a.txt')).toBe(DONE.replace('ONE', 'one'));
    expect(await statuses(world, run)).toEqual({ T1: 'rolled-back', T2: 'done' });
  });

  it('takes the tasks that build on it along, unless they are kept', async () => {
    const { world, run } = await finished();
    expect((await preview(world, { run, task: 'T1' })).dependents).toEqual([
      { id: 'T2', title: 'Do T2', included: true },
    ]);
    await rollBack(world, { run, task: 'T1' });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
    expect(await statuses(world, run)).toEqual({ T1: 'rolled-back', T2: 'rolled-back' });
  });

  it('rolls back one step', async () => {
    const { world, run } = await finished();
    await rollBack(world, { run, step: `${run}/T2/1/implement/1` });
    expect(world.workspace.text('a.txt')).toBe(DONE.replace('TWO', 'two'));
    expect(await statuses(world, run)).toEqual({ T1: 'done', T2: 'rolled-back' });
    await expect(preview(world, { run, step: `${run}/T2/1/verify/1` })).rejects.toMatchObject({
      code: 'nothing-to-roll-back',
    });
    await expect(preview(world, { run, step: `${run}/T2/9/verify/1` })).rejects.toMatchObject({
      code: 'step-not-found',
    });
    await expect(preview(world, { run, task: 'T9' })).rejects.toMatchObject({ code: 'task-not-found' });
  });

  it('refuses a file that was changed in the same place, shows both sides, and goes on without it when it is left out', async () => {
    const { world, run } = await finished({ model: { ...model, 'T2/implement': twoFiles } });
    world.workspace.set('a.txt', DONE.replace('ONE', 'ONE by hand'));
    const shown = await preview(world, { run });
    expect(files(shown)).toEqual(['conflict a.txt', 'restore b.txt']);
    expect(shown.files[0]?.conflicts).toEqual([{ line: 1, ours: 'ONE by hand\n', theirs: 'one\n' }]);
    expect(shown.problem).toEqual({ code: 'rollback-conflict', params: { path: 'a.txt', more: 0 } });
    await expect(rollBack(world, { run })).rejects.toMatchObject({ code: 'rollback-conflict' });
    expect(world.workspace.text('b.txt')).toBe('b\n');

    const done = await rollBack(world, { run, leave: ['a.txt'] });
    expect(done.left).toEqual(['a.txt']);
    expect(world.workspace.dump()).toEqual({ 'a.txt': DONE.replace('ONE', 'ONE by hand') });
    expect(world.git.commits.at(-1)?.files.map((file) => [file.path, file.after])).toEqual([['b.txt', null]]);

    // What was left can still be taken back, once it is mended.
    world.workspace.set('a.txt', DONE);
    await rollBack(world, { run });
    expect(world.workspace.dump()).toEqual({ 'a.txt': BEFORE });
  });

  it('refuses when anything changed since it was shown, and does nothing then', async () => {
    const { world, run } = await finished();
    const { token } = await preview(world, { run });
    world.workspace.set('a.txt', DONE.replace('three', '3'));
    await expect(world.openexec.request('rollback/apply', { run, token })).rejects.toMatchObject({
      code: 'rollback-stale',
    });
    expect(world.workspace.text('a.txt')).toBe(DONE.replace('three', '3'));
    expect(world.git.commits).toHaveLength(2);
  });

  it('leaves deleted what the person deleted, and says what is as before already', async () => {
    const { world, run } = await finished();
    world.workspace.set('a.txt', null);
    expect(files(await preview(world, { run }))).toEqual(['gone a.txt']);
    world.workspace.set('a.txt', BEFORE);
    expect(files(await preview(world, { run }))).toEqual(['same a.txt']);
    await rollBack(world, { run });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
    expect(world.git.commits).toHaveLength(3); // HEAD still held it
  });

  it('takes back what was created, deleted and moved, and brings it back', async () => {
    const moves = [
      {
        name: 'apply_patch',
        input: {
          patch: '*** Begin Patch\n*** Update File: a.txt\n*** Move to: moved/a.txt\n@@\n-one\n+ONE\n*** End Patch\n',
        },
      },
      { name: 'write_file', input: { path: 'new.txt', content: 'new\n' } },
      { name: 'delete_file', input: { path: 'old.txt' } },
      { name: 'submit_result', input: { summary: 'x' } },
    ];
    const before = { 'a.txt': BEFORE, 'old.txt': 'old\n' };
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      model: { implement: [{ tools: moves }] },
      commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
      files: before,
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    const after = { 'moved/a.txt': BEFORE.replace('one', 'ONE'), 'new.txt': 'new\n' };
    expect(world.workspace.dump()).toEqual(after);
    const shown = await preview(world, { run });
    expect(shown.files.flatMap((file) => file.writes.map(({ op, path, from }) => [op, path, from ?? '']))).toEqual([
      ['rename', 'a.txt', 'moved/a.txt'],
      ['delete', 'new.txt', ''],
      ['create', 'old.txt', ''],
    ]);
    await rollBack(world, { run });
    expect(world.workspace.dump()).toEqual(before);
    await world.openexec.request('rollback/redo', { run });
    expect(world.workspace.dump()).toEqual(after);
  });

  it('keeps a later run’s edits of the same file', async () => {
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      model,
      run: checks,
      files: { 'a.txt': BEFORE },
    });
    const first = await startPlan(world, plan, { tasks: ['T1'] });
    await settled(world, first);
    const { plan: id } = await world.openexec.request('run/get', { run: first });
    const { run: second } = await world.openexec.request('run/start', { plan: id ?? '', onAsk: 'accept' });
    await settled(world, second);
    expect(world.workspace.text('a.txt')).toBe(DONE);
    const shown = await preview(world, { run: first });
    expect(shown.dependents).toEqual([{ id: 'T2', title: 'Do T2', included: false, elsewhere: second }]);
    await rollBack(world, { run: first });
    expect(world.workspace.text('a.txt')).toBe(DONE.replace('ONE', 'one'));
    expect(await statuses(world, first)).toEqual({ T1: 'rolled-back', T2: 'done' });
    // A new run takes up what was rolled back.
    const { plan: planId } = await world.openexec.request('run/get', { run: first });
    expect((await world.openexec.request('run/preview', { plan: planId ?? '' })).tasks.map((task) => task.id)).toEqual([
      'T1',
    ]);
  });

  it('says per file that its text from before is gone, and refuses that file', async () => {
    const { world, run } = await finished();
    const [image] = await world.store.fileImages(run);
    const blob = world.store.blob.bind(world.store);
    const { OpenExecError } = await import('../../../../src/core/errors.js');
    world.store.blob = async (hash) =>
      hash === image?.before ? Promise.reject(new OpenExecError('blob-missing', { hash })) : blob(hash);
    const shown = await preview(world, { run });
    expect(files(shown)).toEqual(['missing a.txt']);
    await expect(rollBack(world, { run })).rejects.toMatchObject({
      code: 'rollback-missing',
      params: { path: 'a.txt', more: 0 },
    });
    expect(world.workspace.text('a.txt')).toBe(DONE);
  });

  it('changes files only where git is not at hand', async () => {
    const { world, run } = await finished();
    world.git.become({ kind: 'none' });
    const shown = await preview(world, { run });
    expect(shown.commits).toEqual([]);
    expect(shown.notes.map((note) => note.code)).toContain('reverts-nothing');
    await rollBack(world, { run });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
    expect(world.git.commits).toHaveLength(2);
  });

  it('puts every file back when the commit cannot be made', async () => {
    const { world, run } = await finished();
    const { OpenExecError } = await import('../../../../src/core/errors.js');
    world.git.become({ inProgress: 'merge' });
    expect((await preview(world, { run })).problem).toMatchObject({ code: 'git-state' });
    world.git.become({ inProgress: null });
    world.git.failNext(
      new OpenExecError('git-state', { state: 'a.txt has an uncommitted change of yours on the same lines' }),
    );
    await expect(rollBack(world, { run })).rejects.toMatchObject({ code: 'git-state' });
    expect(world.workspace.text('a.txt')).toBe(DONE);
    expect(await statuses(world, run)).toEqual({ T1: 'done', T2: 'done' });
    expect((await world.openexec.request('rollback/list', { run })).map((one) => one.status)).toEqual(['abandoned']);
    await rollBack(world, { run });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
  });

  it('changes nothing when writing fails', async () => {
    const { world, run } = await finished();
    const { OpenExecError } = await import('../../../../src/core/errors.js');
    world.workspace.failNext(new OpenExecError('disk-full', { path: 'a.txt' }));
    await expect(rollBack(world, { run })).rejects.toMatchObject({ code: 'disk-full' });
    expect(world.workspace.text('a.txt')).toBe(DONE);
    expect((await world.openexec.request('rollback/list', { run })).map((one) => one.status)).toEqual(['abandoned']);
  });

  it('is over, with nothing changed, when the person edits a file in the very moment', async () => {
    const { world, run } = await finished();
    const apply = world.workspace.apply.bind(world.workspace);
    world.workspace.apply = async (...given) => {
      world.workspace.apply = apply;
      world.workspace.set('a.txt', 'mine now\n');
      return await apply(...given);
    };
    await expect(rollBack(world, { run })).rejects.toMatchObject({ code: 'rollback-stale' });
    expect((await world.openexec.request('rollback/list', { run })).map((one) => one.status)).toEqual(['abandoned']);
    expect(world.workspace.text('a.txt')).toBe('mine now\n');
  });

  it('takes back what a save participant made of an edit, and an edit that went into an unsaved buffer once it is saved', async () => {
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      model,
      run: checks,
      files: { 'a.txt': BEFORE },
    });
    const apply = world.workspace.apply.bind(world.workspace);
    let first = true;
    world.workspace.apply = async (root, writes, label, signal) => {
      const [write] = writes;
      if (first && write?.after) {
        first = false;
        const formatted = new TextDecoder().decode(write.after).replace('7', 'seven');
        return await apply(root, [{ ...write, after: new TextEncoder().encode(formatted) }], label, signal);
      }
      // The second stays in the person's buffer, who saves it, with a line of theirs, after the run.
      return writes.map((one) => ({ path: one.path, written: one.before, leftUnsaved: true }));
    };
    const run = await startPlan(world, planOf({ T1: {}, T2: { after: ['T1'], pins: true, check: 'check T1' } }));
    expect(await settled(world, run)).toBe('completed');
    world.workspace.apply = apply;
    world.workspace.set('a.txt', DONE.replace('7', 'seven').replace('three', 'mine'));
    await rollBack(world, { run });
    expect(world.workspace.text('a.txt')).toBe(BEFORE.replace('three', 'mine'));
  });

  it('refuses while a run goes, and says to pause it', async () => {
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      model,
      run: checks,
      files: { 'a.txt': BEFORE },
    });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    await expect(preview(world, { run })).rejects.toMatchObject({ code: 'rollback-live', params: { title: 'Plan' } });
    await world.openexec.request('run/cancel', { run });
    await settled(world, run);
    await expect(preview(world, { run })).rejects.toMatchObject({ code: 'nothing-to-roll-back' });
  });
});

const paused = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: verify }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: paused }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);

describe('a paused run', () => {
  const stuck = async (runs = checks): Promise<{ world: World; run: string }> => {
    const world = await createWorld({
      blueprint: paused,
      model: {
        'T1/implement': model['T1/implement'],
        'T2/1/implement/1/1': edits('a.txt', 'two', 'zwei'),
        'T2/2/implement/1/1': edits('a.txt', 'two', 'TWO'),
      },
      run: runs,
      files: { 'a.txt': BEFORE },
    });
    const run = await startPlan(world, plan);
    expect(await settled(world, run)).toBe('paused');
    expect(world.workspace.text('a.txt')).toBe(DONE.replace('TWO', 'zwei'));
    return { world, run };
  };

  it('does a rolled-back task anew when it is resumed, and the question about it is void', async () => {
    const { world, run } = await stuck();
    expect(await world.openexec.request('approval/list', {})).toHaveLength(1);
    await rollBack(world, { run, task: 'T2' });
    expect(world.workspace.text('a.txt')).toBe(BEFORE.replace('one', 'ONE'));
    expect(await world.openexec.request('approval/list', {})).toEqual([]);
    expect((await world.openexec.request('run/get', { run })).status).toBe('paused');
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(world.workspace.text('a.txt')).toBe(DONE);
    // Its check is looked at before that work, too.
    expect(
      world.events.flatMap((event) => (event.type === 'check-before' && event.task === 'T2' ? [event.red] : [])),
    ).toEqual([true, true]);
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
    // Its commit holds the second attempt's edits only.
    expect(new TextDecoder().decode(world.git.commits.at(-1)?.files[0]?.before ?? new Uint8Array())).toBe(
      BEFORE.replace('one', 'ONE'),
    );
    await expect(world.openexec.request('rollback/redo', { run })).rejects.toMatchObject({ code: 'rollback-over' });
  });

  it('asks about a task whose check still passes with its work taken back', async () => {
    let passes = false;
    const { world, run } = await stuck(async (script, read) => (passes ? { exitCode: 0 } : checks(script, read)));
    await rollBack(world, { run, task: 'T2' });
    passes = true;
    await world.openexec.request('run/resume', { run });
    expect((await untilAsked(world, 'T2')).subject).toMatchObject({ kind: 'attention', code: 'check-green' });
  });

  it('asks its question again when the rollback is redone', async () => {
    const { world, run } = await stuck();
    await rollBack(world, { run, task: 'T2' });
    await world.openexec.request('rollback/redo', { run });
    expect(world.workspace.text('a.txt')).toBe(DONE.replace('TWO', 'zwei'));
    const [question] = await world.openexec.request('approval/list', {});
    expect(question?.task).toBe('T2');
    await world.openexec.request('approval/answer', {
      approval: question?.id ?? '',
      answer: { status: 'accepted', by: 'editor', comment: '', option: 'skip' },
    });
    expect(await settled(world, run)).toBe('completed');
  });

  it('stays paused, with the reason, when tasks that build on it are kept', async () => {
    const { world, run } = await stuck();
    await rollBack(world, { run, task: 'T1', dependents: 'keep' });
    expect(world.events.at(-1)).toMatchObject({
      type: 'run-paused',
      reason: { code: 'dependents-kept', params: { task: 'T1', dependents: 'T2' } },
    });
    expect((await world.openexec.request('run/get', { run })).status).toBe('paused');
  });

  it('does what was rolled back first when it is resumed, and then what builds on it and had the tree', async () => {
    const { world, run } = await stuck();
    await rollBack(world, { run, task: 'T1', dependents: 'keep' });
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('paused');
    expect(world.workspace.text('a.txt')).toBe(DONE.replace('TWO', 'zwei'));
    expect(await statuses(world, run)).toMatchObject({ T1: 'done' });
    await answer(world, { status: 'accepted', option: 'skip' });
    expect(await settled(world, run)).toBe('completed');
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });

  it('does what was rolled back first also when what builds on it had only asked', async () => {
    const world = await createWorld({
      blueprint: implementVerifyCommit,
      model,
      run: checks,
      files: { 'a.txt': BEFORE },
    });
    const run = await startPlan(world, plan, { onAsk: 'wait' });
    await answer(world, { status: 'accepted' });
    expect((await untilAsked(world, 'T2')).subject.kind).toBe('change-set');
    await world.openexec.request('run/pause', { run });
    expect(await settled(world, run)).toBe('paused');
    await rollBack(world, { run, task: 'T1' });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
    await world.openexec.request('run/resume', { run });
    expect((await untilAsked(world, 'T1')).subject.kind).toBe('change-set');
    await answerOf(world, 'T1');
    await answerOf(world, 'T2');
    expect(await settled(world, run)).toBe('completed');
    expect(world.workspace.text('a.txt')).toBe(DONE);
  });

  it('does the culprit anew before the check of its story is looked at again', async () => {
    let good = false;
    const world = await createWorld({
      blueprint: paused,
      model: { 'T1/1/implement/1/1': edits('a.txt', 'one', 'ONE'), 'T1/2/implement/1/1': edits('a.txt', 'one', 'ONE') },
      files: { 'a.txt': BEFORE },
      run: async (script, read) => (script === 'check story' ? { exitCode: good ? 0 : 1 } : checks(script, read)),
    });
    const run = await startPlan(world, planOf({ T1: {} }, { verification_script: 'check story' }));
    expect(await settled(world, run)).toBe('paused');
    await rollBack(world, { run, task: 'T1' });
    expect(world.workspace.text('a.txt')).toBe(BEFORE);
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('paused');
    expect(await statuses(world, run)).toMatchObject({ T1: 'done' });
    good = true;
    await answer(world, { status: 'accepted', option: 'retry' });
    expect(await settled(world, run)).toBe('completed');
  });
});

it('a task of a parallel story: what came from its worktree into the tree is taken back, and its story’s check with it', async () => {
  const fine = async (script: string, read: (path: string) => Promise<string>) => {
    const [, path = '', word = ''] = /^check (\S+) (\S+)$/.exec(script) ?? [];
    return { exitCode: (await read(path)).includes(word) ? 0 : 1 };
  };
  const before = { 'a.txt': BEFORE, 'b.txt': 'b\n' };
  const world = await createWorld({
    blueprint: implementVerifyCommit,
    files: before,
    run: fine,
    model: { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('b.txt', 'b', 'B') },
  });
  const run = await startPlan(
    world,
    planOf(
      { T1: { check: 'check a.txt ONE' }, T2: { check: 'check b.txt B' } },
      { mode: 'parallel', verification_script: 'check b.txt B' },
    ),
  );
  expect(await settled(world, run)).toBe('completed');
  const shown = await preview(world, { run, task: 'T2' });
  expect([shown.tasks.map((task) => task.id), files(shown), shown.commits.map((commit) => commit.task)]).toEqual([
    ['T2', 'US-001@story'],
    ['restore b.txt'],
    ['T2'],
  ]);
  await rollBack(world, { run, task: 'T2' });
  expect([world.workspace.text('a.txt'), world.workspace.text('b.txt')]).toEqual([BEFORE.replace('one', 'ONE'), 'b\n']);
  await rollBack(world, { run });
  expect([world.workspace.text('a.txt'), world.workspace.text('b.txt')]).toEqual([BEFORE, 'b\n']);
});

it('an interrupted run whose last write was not recorded: what reached the disk is taken back, and resuming does the task anew', async () => {
  const store = createMemoryStore();
  const dying = {
    ...store,
    commit: (batch: readonly Write[], conditions?: readonly Condition[]) =>
      batch.some((write) => write.table === 'change_sets' && 'row' in write && write.row.status === 'applied')
        ? new Promise<never>(() => undefined)
        : store.commit(batch, conditions),
  };
  const first = await createWorld({
    blueprint: implementVerifyCommit,
    model,
    run: checks,
    files: { 'a.txt': BEFORE },
    store: dying,
  });
  const run = await startPlan(first, plan);
  while (first.workspace.text('a.txt') === BEFORE) await new Promise((resolve) => setImmediate(resolve));
  const world = await first.restart(store);
  expect((await world.openexec.request('run/get', { run })).status).toBe('interrupted');
  expect(files(await preview(world, { run }))).toEqual(['restore a.txt']);
  await rollBack(world, { run });
  expect(world.workspace.text('a.txt')).toBe(BEFORE);
  await world.openexec.request('run/resume', { run });
  expect(await settled(world, run)).toBe('completed');
  expect(world.workspace.text('a.txt')).toBe(DONE);
  expect(world.git.commits).toHaveLength(2);
});

it('folds from its events alone as it was told', async () => {
  const { world, run } = await finished();
  await rollBack(world, { run, task: 'T2' });
  const again = await world.restart();
  const { applyEvent, emptyRun } = await import('../../../../src/core/model/run.js');
  const state = emptyRun(run);
  for (const event of await again.openexec.request('run/events', { run, after: 0, limit: 5000 }))
    applyEvent(state, event);
  expect([state.done, state.commits.length, state.tasks.get('T2')?.status, state.tasks.get('T2')?.commit]).toEqual([
    1,
    3,
    'rolled-back',
    undefined,
  ]);
  expect((await again.openexec.request('run/get', { run })).lastSeq).toBe(state.seq);
  expect(await again.ports.workspace.read(fakeRoot, 'a.txt')).toEqual(
    new TextEncoder().encode(DONE.replace('TWO', 'two')),
  );
});

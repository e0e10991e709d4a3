/** What a command changes belongs to the task: shown, judged as an edit, in the commit, taken back with it, and replayed without a look at the disk. */
import { describe, expect, it } from 'vitest';
import { decodeLossy } from '../../../src/base/bytes.js';
import { createFakeSaves } from '../../fakes/saves.js';
import { blueprintOf } from './fixtures.js';
import {
  answer,
  asText,
  createWorld,
  nextApproval,
  planOf,
  settled,
  startPlan,
  type World,
  type WorldInput,
} from './harness.js';

const blueprint = blueprintOf(
  `
  implement: { type: agentic, toolset: coding, goal: make it, on_success: lint }
  lint: { type: deterministic, action: lint, on_success: verify, on_failure: fix }
  fix: { type: agentic, toolset: coding, goal: mend it, on_success: lint }
  verify: { type: deterministic, action: verify, on_success: commit, on_failure: fix }
  commit: { type: deterministic, action: commit, on_success: done }`,
  'implement',
);
const edit = (replace: string, search = 'one') => ({
  name: 'apply_patch',
  input: { title: 'Change a', patch: JSON.stringify([{ path: 'a.txt', search, replace }]) },
});
const submit = { name: 'submit_result', input: { summary: 'made' } };
const command = (...argv: string[]) => ({ name: 'run_command', input: { argv, cwd: '.' } });
const files = { 'a.txt': 'one\ntwo\n', 'package.json': '{}\n', 'old.txt': 'old\n' };

/** `does`: what a command does to the tree, by its text. */
async function make(
  does: Readonly<Record<string, (world: World) => void>>,
  input: Partial<WorldInput> = {},
): Promise<World> {
  let checks = 0;
  const world: World = await createWorld({
    blueprint,
    files,
    model: { implement: [{ tools: [edit('ONE'), submit] }] },
    ...input,
    run: async (text) => {
      does[text]?.(world);
      return { exitCode: text.startsWith('check') && checks++ === 0 ? 1 : 0 };
    },
  });
  return world;
}
const committed = (world: World) =>
  Object.fromEntries(
    world.git.commits.flatMap(({ files: all }) =>
      all.map(({ path, after }) => [path, after === null ? null : decodeLossy(after)]),
    ),
  );
const isEqual = async (world: World, run: string) => {
  const result = await world.openexec.request('run/replay', { run });
  expect(result.divergence).toBeUndefined();
  expect(result.equal).toBe(true);
};
const questions = (world: World) =>
  world.events.flatMap((event) => (event.type === 'approval-requested' ? [event.title] : []));

describe('what a command changes', () => {
  it('is in the commit: a formatter in the lint, a generator in the check, a deletion', async () => {
    const world = await make({
      'npm run lint': ({ workspace }) => workspace.set('a.txt', 'ONE;\ntwo;\n'),
      'check T1': ({ workspace }) => {
        workspace.set('gen/api.md', 'made\n');
        workspace.set('old.txt', null);
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual({ 'a.txt': 'ONE;\ntwo;\n', 'gen/api.md': 'made\n', 'old.txt': null });
    expect(Object.keys(world.workspace.dump())).toEqual(['a.txt', 'gen/api.md', 'package.json']);
    expect(asText(world.events)).toContain('changed a.txt');
    await isEqual(world, run);
  });

  it('without an edit of the model is a change of the task all the same', async () => {
    const world = await make(
      { 'check T1': ({ workspace }) => workspace.set('src/sum.js', 'sum\n') },
      { model: { implement: [{ tools: [submit] }] } },
    );
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual({ 'src/sum.js': 'sum\n' });
    await isEqual(world, run);
  });

  it('is asked once for all commands and edits since the last question', async () => {
    const world = await make(
      {
        'npx prettier --write a.txt': ({ workspace }) => workspace.set('a.txt', 'one;\ntwo;\n'),
        'node gen.js': ({ workspace }) => workspace.set('b.txt', 'made\n'),
      },
      {
        model: {
          implement: [
            { tools: [command('npx', 'prettier', '--write', 'a.txt'), command('node', 'gen.js')] },
            { tools: [edit('ONE', 'one;')] },
            { tools: [submit] },
          ],
        },
      },
    );
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    const asked: string[] = [];
    for (;;) {
      const record = await world.openexec.request('run/get', { run });
      if (!['running', 'queued'].includes(record.status)) break;
      const [first] = await world.openexec.request('approval/list', {});
      if (!first) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      asked.push(first.subject.kind);
      if (first.subject.kind === 'change-set') {
        const set = (await world.store.changeSet(first.subject.changeSet))!;
        expect(set.files.map(({ path, op, added, removed }) => [path, op, added, removed])).toEqual([
          ['a.txt', 'modify', 2, 2],
          ['b.txt', 'create', 1, 0],
        ]);
      }
      await answer(world, { status: 'accepted' });
    }
    expect(asked.filter((kind) => kind === 'change-set')).toHaveLength(1);
    expect(committed(world)).toEqual({ 'a.txt': 'ONE\ntwo;\n', 'b.txt': 'made\n' });
    await isEqual(world, run);
  });

  it('goes back when the person rejects it; the model is told, and the checks run again', async () => {
    let times = 0;
    const world = await make(
      { 'npm run lint': ({ workspace }) => times++ === 0 && workspace.set('a.txt', 'ONE;\ntwo;\n') },
      { model: { implement: [{ tools: [edit('ONE'), submit] }], fix: [{ tools: [submit] }] } },
    );
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    await answer(world, { status: 'accepted' });
    const asked = await nextApproval(world);
    expect(asked.title).toBe('npm run lint changed a.txt: keep that?');
    await answer(world, { status: 'rejected', comment: 'No semicolons.' });
    expect(await settled(world, run)).toBe('completed');
    expect(world.workspace.text('a.txt')).toBe('ONE\ntwo\n');
    expect(committed(world)).toEqual({ 'a.txt': 'ONE\ntwo\n' });
    expect(JSON.stringify(world.model.asked)).toContain('No semicolons.');
    expect(world.commands.asked.filter(({ script }) => script === 'npm run lint')).toHaveLength(2);
    await isEqual(world, run);
  });

  it('stands in part when a part is rejected', async () => {
    const world = await make(
      {
        'npm run lint': ({ workspace }) => {
          workspace.set('b.txt', 'b\n');
          workspace.set('c.txt', 'c\n');
        },
      },
      { model: { implement: [{ tools: [edit('ONE'), submit] }], fix: [{ tools: [submit] }] } },
    );
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    await answer(world, { status: 'accepted' });
    const first = await nextApproval(world);
    const set = (await world.store.changeSet(first.id))!;
    const [b] = set.files;
    await answer(world, {
      status: 'partly',
      files: [
        { path: 'b.txt', after: b!.after, rejected: [], edited: false },
        { path: 'c.txt', after: null, rejected: [{ header: '', lines: '', comment: 'not this' }], edited: false },
      ],
    });
    expect(world.workspace.text('b.txt')).toBe('b\n');
    await answer(world, { status: 'accepted' }); // lint runs again and makes it again
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual({ 'a.txt': 'ONE\ntwo\n', 'b.txt': 'b\n', 'c.txt': 'c\n' });
    await isEqual(world, run);
  });

  it('goes back unasked where an edit would be denied', async () => {
    let times = 0;
    const world = await make(
      { 'npm run lint': ({ workspace }) => times++ === 0 && workspace.set('.env', 'KEY=1\n') },
      { model: { implement: [{ tools: [edit('ONE'), submit] }], fix: [{ tools: [submit] }] } },
    );
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(world.workspace.text('.env')).toBeUndefined();
    expect(asText(world.events)).toContain('warning command-denied');
    await isEqual(world, run);
  });

  it('is named and left where nobody commits it, and told once', async () => {
    let times = 0;
    const world = await make({
      'npm run lint': ({ workspace }) => {
        workspace.set('coverage/index.html', `${times++}`);
        workspace.set('debug.log', 'x');
      },
      'check T1': ({ workspace }) => workspace.set('coverage/index.html', `${times++}`),
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual({ 'a.txt': 'ONE\ntwo\n' });
    expect(asText(world.events).match(/left .*/g)).toEqual(['left coverage/', 'left debug.log']);
    await isEqual(world, run);
  });

  it('is named in a warning where it can be neither put back nor committed', async () => {
    const world = await make({ 'npm run lint': ({ workspace }) => workspace.set('big.bin', 'x'.repeat(20_000_001)) });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual({ 'a.txt': 'ONE\ntwo\n' });
    const told = world.events.filter((event) => event.type === 'warning' && event.code === 'command-left');
    expect(told).toMatchObject([{ params: { command: 'npm run lint', paths: 'big.bin', files: 1 } }]);
    await isEqual(world, run);
  });

  it('is taken back with the task', async () => {
    const world = await make({ 'npm run lint': ({ workspace }) => workspace.set('a.txt', 'ONE;\ntwo;\n') });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    const { token } = await world.openexec.request('rollback/preview', { run });
    await world.openexec.request('rollback/apply', { run, token });
    expect(world.workspace.dump()).toEqual(files);
    await isEqual(world, run);
  });

  it('survives that the process ends between the command and the answer', async () => {
    const world = await make({ 'npm run lint': ({ workspace }) => workspace.set('a.txt', 'ONE;\ntwo;\n') });
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'pause' });
    expect(await settled(world, run)).toBe('paused');
    await answer(world, { status: 'accepted' });
    expect(await settled(world, run)).toBe('paused');
    expect(questions(world).at(-1)).toBe('npm run lint changed a.txt: keep that?');
    const later = await world.restart();
    await answer(later, { status: 'accepted' });
    expect(await settled(later, run)).toBe('completed');
    expect(committed(later)).toEqual({ 'a.txt': 'ONE;\ntwo;\n' });
    await isEqual(later, run);
  });
});

describe('whose a change is', () => {
  it('the person’s, where the editor says that they saved it while the command ran', async () => {
    const saves = createFakeSaves();
    const world = await make(
      {
        'npm run lint': ({ workspace }) => {
          workspace.set('old.txt', 'mine\n');
          saves.save('old.txt', 'mine\n');
        },
      },
      { saves },
    );
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual({ 'a.txt': 'ONE\ntwo\n' });
    expect(world.workspace.text('old.txt')).toBe('mine\n');
    await isEqual(world, run);
  });

  it.each([
    ['accept', { 'a.txt': 'ONE\ntwo\n', 'old.txt': 'both\n' }],
    ['skip', { 'a.txt': 'ONE\ntwo\n' }],
  ] as const)('asked where both wrote: %s', async (option, expected) => {
    const saves = createFakeSaves();
    const world = await make(
      {
        'npm run lint': ({ workspace }) => {
          saves.save('old.txt', 'mine\n');
          workspace.set('old.txt', 'both\n');
        },
      },
      { saves },
    );
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(world.workspace.text('old.txt')).toBe('both\n');
    const asked = await nextApproval(world);
    expect(asked.subject).toMatchObject({ kind: 'attention', code: 'whose-change' });
    expect(asked.why).toContain('+both');
    await answer(world, { status: 'accepted', option });
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual(expected);
    expect(world.workspace.text('old.txt')).toBe('both\n');
    await isEqual(world, run);
  });

  it.each([
    ['accept', { 'a.txt': 'ONE\ntwo\n' }, 'old\n'],
    ['skip', { 'a.txt': 'ONE\ntwo\n' }, 'mine\n'],
  ] as const)('asked where a rejected file changed again before it went back: %s', async (option, expected, stands) => {
    let times = 0;
    const world = await make(
      { 'npm run lint': ({ workspace }) => times++ === 0 && workspace.set('old.txt', 'formatted\n') },
      { model: { implement: [{ tools: [edit('ONE'), submit] }], fix: [{ tools: [submit] }] } },
    );
    const run = await startPlan(world, planOf({ T1: {} }), { onAsk: 'wait' });
    await answer(world, { status: 'accepted' });
    expect((await nextApproval(world)).title).toBe('npm run lint changed old.txt: keep that?');
    world.workspace.set('old.txt', 'mine\n');
    await answer(world, { status: 'rejected', comment: 'no' });
    const asked = await nextApproval(world);
    expect(asked.subject).toMatchObject({ kind: 'attention', code: 'put-back' });
    expect(asked.why).toContain('-formatted\n+mine');
    expect(world.workspace.text('old.txt')).toBe('mine\n');
    await answer(world, { status: 'accepted', option });
    expect(await settled(world, run)).toBe('completed');
    expect(committed(world)).toEqual(expected);
    expect(world.workspace.text('old.txt')).toBe(stands);
    await isEqual(world, run);
    const { token } = await world.openexec.request('rollback/preview', { run });
    await world.openexec.request('rollback/apply', { run, token });
    expect(world.workspace.text('old.txt')).toBe(stands);
    expect(world.workspace.text('a.txt')).toBe('one\ntwo\n');
  });

  it('asked where the branch moved meanwhile', async () => {
    let times = 0;
    const world = await make({
      'npm run lint': ({ workspace, git }) => {
        if (times++ > 0) return;
        git.become({ branch: 'other' });
        workspace.set('old.txt', 'of the branch\n');
      },
    });
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect((await nextApproval(world)).subject).toMatchObject({ code: 'whose-change' });
    expect(world.workspace.text('old.txt')).toBe('of the branch\n');
  });
});

/** Where a run's commits go, and what is said about it before it starts. */
import { describe, expect, it } from 'vitest';
import { asOpenExecError, OpenExecError } from '../../../src/core/errors.js';
import { reasonSentence } from '../../../src/core/view/reasons.js';
import { describeError } from '../../../src/core/view/sentences.js';
import { edits } from '../../fakes/model.js';
import { implementVerifyCommit } from './fixtures.js';
import { createWorld, planOf, settled, startPlan, type World, type WorldInput } from './harness.js';

const usual: WorldInput = {
  blueprint: implementVerifyCommit,
  settings: { approval: 'risky', commitBranch: 'own' },
  files: { 'a.txt': 'one\ntwo\n' },
  model: { implement: edits('a.txt', 'one', 'ONE') },
  commands: { 'check T1': [{ exitCode: 1 }, { exitCode: 0 }] },
};
const signal = new AbortController().signal;
const branch = async (world: World) => {
  const state = await world.git.state('/work' as never, signal);
  return state.kind === 'ok' ? state.branch : state.kind;
};
const preview = async (world: World) => {
  const { plan } = await world.openexec.request('plan/import', {
    json: JSON.stringify(planOf({ T1: {} })),
    name: 'Plan',
  });
  const shown = await world.openexec.request('run/preview', { plan: plan.id });
  return {
    branch: shown.branch,
    notes: shown.notes.map((note) => reasonSentence(note)).filter((text) => /git|branch|commits/i.test(text)),
  };
};

describe('a run with a branch of its own', () => {
  it('makes it when it starts, says so before, and commits there', async () => {
    const world = await createWorld(usual);
    expect(await preview(world)).toEqual({
      branch: 'openexec/…',
      notes: [
        'Commits go to a new branch of the run’s own, which is made from main and checked out when the run starts.',
      ],
    });
    expect(await branch(world)).toBe('main');
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect([await branch(world), world.git.commits.length]).toEqual([`openexec/${run}`, 1]);
    expect(world.events[0]).toMatchObject({ type: 'run-created', branch: `openexec/${run}` });
  });

  it('does not start where the tree has no room for it, and leaves no run behind', async () => {
    const world = await createWorld(usual);
    world.git.become({ inProgress: 'rebase' });
    expect((await preview(world)).notes).toEqual([
      'Git cannot make a branch for the run now: a rebase is in progress. Finish or leave that first.',
    ]);
    const refused = await startPlan(world, planOf({ T1: {} })).catch((error: unknown) =>
      describeError(asOpenExecError(error)),
    );
    expect(refused).toBe('Git cannot commit now: a rebase is in progress. Finish or leave that first.');
    expect(await world.openexec.request('run/list', {})).toEqual([]);
  });

  it('commits nowhere else: with another branch checked out it pauses, and goes on when its own is back', async () => {
    const world = await createWorld(usual);
    const start = world.git.startBranch;
    world.git.startBranch = async (...given) => {
      await start(...given);
      world.git.become({ branch: 'main' }); // the person switches as soon as it has started
    };
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    const paused = world.events.findLast((event) => event.type === 'run-paused');
    expect(paused?.type === 'run-paused' && reasonSentence(paused.reason)).toContain(
      `openexec/${run}, the branch of this run, is not checked out`,
    );
    expect(world.git.commits).toEqual([]);
    world.git.become({ branch: `openexec/${run}` });
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(world.git.commits).toHaveLength(1);
  });

  it('signs as it was set when the run began, and not otherwise', async () => {
    for (const signCommits of [true, false]) {
      const world = await createWorld({ ...usual, settings: { ...usual.settings, signCommits } });
      expect(await settled(world, await startPlan(world, planOf({ T1: {} })))).toBe('completed');
      expect(world.git.commits.map((commit) => commit.sign)).toEqual([signCommits ? true : undefined]);
    }
  });

  it('pauses where a commit could not be signed, and makes it on resume', async () => {
    const world = await createWorld({ ...usual, settings: { ...usual.settings, signCommits: true } });
    world.git.failNext(new OpenExecError('git-sign', { detail: 'error: gpg failed to sign the data' }));
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('paused');
    expect(world.git.commits).toEqual([]);
    await world.openexec.request('run/resume', { run });
    expect(await settled(world, run)).toBe('completed');
    expect(world.git.commits).toHaveLength(1);
  });

  it('makes none without git, or with commits off', async () => {
    for (const settings of [{ ...usual.settings }, { ...usual.settings, commits: false }]) {
      const world = await createWorld({ ...usual, settings });
      if (settings.commits !== false) world.git.become({ kind: 'none' });
      const run = await startPlan(world, planOf({ T1: {} }));
      expect(await settled(world, run)).toBe('completed');
      expect([await branch(world), world.git.commits]).toEqual([settings.commits === false ? 'main' : 'none', []]);
    }
  });
});

describe('before a run with commits on the checked-out branch', () => {
  const current = { ...usual, settings: { approval: 'risky' } } as const;
  it.each([
    [
      { identity: false },
      'Git has no name and e-mail to commit with, so the run would pause at its first commit. Set user.name and user.email first, with git config.',
    ],
    [
      { branch: null },
      'Git cannot commit now: no branch is checked out (detached head). The run would pause at its first commit; finish or leave that first.',
    ],
    [
      { skips: { hooks: ['pre-commit', 'commit-msg'], signing: false } },
      'This repository has hooks for commits (pre-commit, commit-msg). OpenExec’s commits do not run them.',
    ],
    [{ skips: { hooks: [], signing: true } }, 'Your commits are signed, OpenExec’s are not: a setting changes that.'],
    [
      { inProgress: 'merge' },
      'Git cannot commit now: a merge is in progress. The run would pause at its first commit; finish or leave that first.',
    ],
  ] as const)('it is said that %o stands against it', async (state, sentence) => {
    const world = await createWorld(current);
    world.git.become(state);
    expect((await preview(world)).notes).toEqual([sentence]);
  });

  it.each([
    [true, 'Commits are signed with your key, as your own are.'],
    [false, 'No commit is signed: git is not set to sign yours here (commit.gpgSign).'],
  ])(
    'it is said whether they are signed, where they shall be and git signs the person’s: %o',
    async (signing, sentence) => {
      const world = await createWorld({ ...current, settings: { ...current.settings, signCommits: true } });
      if (signing) world.git.become({ skips: { hooks: [], signing } });
      expect((await preview(world)).notes).toEqual([sentence]);
    },
  );

  it('nothing is said of git where nothing is committed', async () => {
    const world = await createWorld({ ...current, settings: { ...current.settings, commits: false } });
    world.git.become({ identity: false, branch: null });
    expect((await preview(world)).notes).toEqual([]);
  });
});

describe('files of the person that git does not have', () => {
  const two = { ...usual, settings: { approval: 'risky' as const }, files: { 'a.txt': 'one\n', 'notes.txt': 'one\n' } };
  it('are left out of the commit, and that is said', async () => {
    const world = await createWorld({
      ...two,
      model: {
        implement: [
          {
            tools: [
              {
                name: 'apply_patch',
                input: {
                  patch: JSON.stringify(
                    ['a.txt', 'notes.txt'].map((path) => ({ path, search: 'one', replace: 'ONE' })),
                  ),
                },
              },
              { name: 'submit_result', input: { summary: 'done' } },
            ],
          },
        ],
      },
    });
    world.git.own.add('notes.txt');
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(world.events.find((event) => event.type === 'commit-made')).toMatchObject({ files: ['a.txt'] });
    const warning = world.events.find((event) => event.type === 'warning');
    expect(warning?.type === 'warning' && reasonSentence(warning)).toBe(
      'Changed, but not committed, because git does not have these files of yours or ignores them: notes.txt.',
    );
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });

  it('leave nothing to commit where only they changed, and that is said', async () => {
    const world = await createWorld({ ...two, model: { implement: edits('notes.txt', 'one', 'ONE') } });
    world.git.own.add('notes.txt');
    const run = await startPlan(world, planOf({ T1: {} }));
    expect(await settled(world, run)).toBe('completed');
    expect(world.events.findLast((event) => event.type === 'stage-finished')?.summary).toContain(
      'files of yours that git does not have (notes.txt)',
    );
    expect(await world.openexec.request('run/replay', { run })).toMatchObject({ equal: true });
  });
});

it('has the whole working tree looked at before the run is started, and not again for each task', async () => {
  const context =
    'start: context\nstages:\n  context: { type: deterministic, action: build_context, on_success: implement }';
  const world = await createWorld({
    ...usual,
    blueprint: usual.blueprint!.replace('start: implement\nstages:', context),
    settings: { approval: 'risky', commitBranch: 'own', maxParallel: 2 },
    model: { 'T1/implement': edits('a.txt', 'one', 'ONE'), 'T2/implement': edits('a.txt', 'two', 'TWO') },
    commands: {
      'check T1': [{ exitCode: 1 }, { exitCode: 0 }],
      'check T2': [{ exitCode: 1 }, { exitCode: 0 }, { exitCode: 0 }],
    },
  });
  let looked = 0;
  const { state } = world.git;
  world.git.state = async (...given) => {
    looked += 1;
    return await state(...given);
  };
  await preview(world);
  expect(looked).toBe(1);
  const run = await startPlan(world, planOf({ T1: {}, T2: {} }));
  expect(await settled(world, run)).toBe('completed');
  expect([world.git.commits.length, looked]).toEqual([2, 1]);
});

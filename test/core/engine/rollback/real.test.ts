/** Rolling back with real files, a real repository and the real store. */
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createDiskWorkspace } from '../../../../src/adapters/node/files/workspace.js';
import { createGitCommand } from '../../../../src/adapters/node/git/git-command.js';
import { createHasher } from '../../../../src/adapters/node/hasher.js';
import { openSqliteStore } from '../../../../src/adapters/sqlite/store.js';
import type { OpenExec } from '../../../../src/core/facade.js';
import type { ParamsInput } from '../../../../src/core/model/requests.js';
import { createOpenExec } from '../../../../src/core/openexec.js';
import type { Ports, Store } from '../../../../src/core/ports/ports.js';
import { createRepository } from '../../../adapters/node/git/repository.js';
import { WASM } from '../../../adapters/sqlite/support.js';
import { createFakeClock } from '../../../fakes/clock.js';
import { createFakeCommandRunner } from '../../../fakes/command-runner.js';
import { createFakeIds } from '../../../fakes/ids.js';
import { createFakeLog } from '../../../fakes/log.js';
import { createFakeModel, type ScriptedTurn } from '../../../fakes/model.js';
import { createFakeShellParser } from '../../../fakes/shell-parser.js';
import { implementVerifyCommit } from '../fixtures.js';
import { FAST, planOf } from '../harness.js';

const A = 'one\n2\n3\n4\ntwo\n6\n7\n8\nthree\n';
const patch = (file: string, search: string, replace: string) => ({
  name: 'apply_patch',
  input: { patch: JSON.stringify([{ path: file, search, replace }]) },
});
const submit = { name: 'submit_result', input: { summary: 'x' } };
const model: Record<string, ScriptedTurn[]> = {
  'T1/implement': [
    {
      tools: [
        patch('a.txt', 'one', 'ONE'),
        { name: 'write_file', input: { path: 'src/new.txt', content: 'new\n' } },
        { name: 'delete_file', input: { path: 'old.txt' } },
        { name: 'delete_file', input: { path: 'untracked.txt' } },
        submit,
      ],
    },
  ],
  'T2/implement': [
    {
      tools: [
        patch('a.txt', 'two', 'TWO'),
        { name: 'write_file', input: { path: 'dist/out.txt', content: 'built\n' } },
        submit,
      ],
    },
  ],
};

interface Place {
  openexec: OpenExec;
  repository: ReturnType<typeof createRepository>;
  run: string;
  /** Another process on the same store; what the old one had in hand is gone, as after a kill. */
  killAndOpen(over?: (ports: Ports) => Partial<Ports>): Promise<Place>;
}
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function ran(): Promise<Place> {
  const repository = createRepository();
  const data = mkdtempSync(path.join(tmpdir(), 'openexec-rollback-'));
  cleanups.push(
    () => repository.dispose(),
    () => rmSync(data, { recursive: true, force: true }),
  );
  repository.put('a.txt', A);
  repository.put('old.txt', 'old\n');
  chmodSync(path.join(repository.root, 'old.txt'), 0o755);
  repository.put('.gitignore', 'dist/\n');
  repository.call('add', '.');
  repository.call('commit', '-q', '-m', 'Begin');
  repository.put('untracked.txt', 'the person’s own\n');
  chmodSync(path.join(repository.root, 'untracked.txt'), 0o700);
  const seen = new Map<string, number>();
  const commands = createFakeCommandRunner(async ({ script = '' }) => {
    seen.set(script, (seen.get(script) ?? 0) + 1);
    return { exitCode: seen.get(script) === 1 ? 1 : 0 };
  });
  const ids = createFakeIds();
  let store: Store | undefined;
  cleanups.push(() => store?.close());
  const open = async (over: (ports: Ports) => Partial<Ports>): Promise<OpenExec> => {
    const clock = createFakeClock();
    store = (await openSqliteStore({ dir: data, wasm: WASM, clock, log: createFakeLog() })).store;
    const ports: Ports = {
      clock,
      ids,
      log: createFakeLog(),
      hasher: createHasher(),
      workspace: createDiskWorkspace({ git: createGitCommand({ env: process.env, platform: process.platform }) }),
      commands,
      git: repository.git,
      shell: createFakeShellParser(),
      models: createFakeModel(model),
      store,
      redact: (text) => text,
    };
    return await createOpenExec(
      { ...ports, ...over(ports) },
      {
        root: repository.root,
        settings: async () => FAST,
        shippedBlueprints: ['standard_task'],
        blueprint: async (id) => ({ id, text: implementVerifyCommit, file: `${id}.yaml` }),
        owner: { pid: 1, door: 'test', since: 0 },
      },
    );
  };
  const openexec = await open(() => ({}));
  const ended = new Promise((resolve) =>
    openexec.onEvent((event) => void (event.type === 'run-finished' && resolve(event.status))),
  );
  const { plan } = await openexec.request('plan/import', {
    json: JSON.stringify(planOf({ T1: {}, T2: { after: ['T1'] } })),
    name: 'Plan',
  });
  const scripts = await openexec.request('plan/scripts', { plan: plan.id });
  await openexec.request('plan/approve', {
    plan: plan.id,
    iteration: plan.iteration,
    hashes: scripts.map((script) => script.hash),
  });
  const { run } = await openexec.request('run/start', { plan: plan.id, onAsk: 'accept' });
  expect(await ended).toBe('completed');
  expect(repository.call('log', '--format=%s').trim().split('\n')).toEqual(['T2: Do T2', 'T1: Do T1', 'Begin']);
  const place = (now: OpenExec): Place => ({
    openexec: now,
    repository,
    run,
    async killAndOpen(over = () => ({})) {
      await store?.close();
      return place(await open(over));
    },
  });
  return place(openexec);
}

async function rollBack({ openexec, run }: Place, target: Partial<ParamsInput<'rollback/apply'>> = {}) {
  const { token } = await openexec.request('rollback/preview', { run, ...target });
  return await openexec.request('rollback/apply', { run, ...target, token });
}
const subjects = (place: Place) => place.repository.call('log', '--format=%s').trim().split('\n');
const mayRun = ({ repository }: Place, file: string): boolean =>
  (statSync(path.join(repository.root, file)).mode & 0o100) !== 0;
const status = (place: Place) => place.repository.call('status', '--porcelain').trimEnd().split('\n').filter(Boolean);

describe('rolling back for real', () => {
  it('restores the files, adds one commit that reverts, rewrites nothing, and publishes no file of the person’s', async () => {
    const place = await ran();
    const { repository } = place;
    const head = repository.call('rev-parse', 'HEAD').trim();
    const done = await rollBack(place);
    expect([repository.text('a.txt'), repository.text('old.txt'), repository.text('untracked.txt')]).toEqual([
      A,
      'old\n',
      'the person’s own\n',
    ]);
    expect([
      existsSync(path.join(repository.root, 'src/new.txt')),
      existsSync(path.join(repository.root, 'dist/out.txt')),
    ]).toEqual([false, false]);
    expect(subjects(place)).toEqual(['Revert 2 commits of "Plan"', 'T2: Do T2', 'T1: Do T1', 'Begin']);
    expect(repository.call('rev-parse', 'HEAD~1').trim()).toBe(head);
    expect(repository.call('diff', '--raw', 'HEAD~3', 'HEAD')).toBe(''); // also who may run a file
    if (process.platform !== 'win32')
      expect(['a.txt', 'old.txt', 'untracked.txt'].map((file) => mayRun(place, file))).toEqual([false, true, true]);
    expect(status(place)).toEqual(['?? untracked.txt']);
    const trailers = repository.call('log', '-1', '--format=%(trailers:only,unfold)').trim().split('\n');
    const shas = repository.call('log', '--format=%H', 'HEAD~1', '-2').trim().split('\n').reverse();
    expect(trailers).toEqual([
      ...shas.map((sha) => `OpenExec-Reverts: ${sha}`),
      `OpenExec-Run: ${place.run}`,
      `OpenExec-Rollback: ${done.id}`,
    ]);

    await place.openexec.request('rollback/redo', { run: place.run });
    expect(repository.call('diff', '--stat', 'HEAD~2', 'HEAD')).toBe('');
    expect([repository.text('dist/out.txt'), existsSync(path.join(repository.root, 'untracked.txt'))]).toEqual([
      'built\n',
      false,
    ]);
    expect(status(place)).toEqual([]);
  });

  it('keeps what the person has uncommitted, staged and committed since', async () => {
    const place = await ran();
    const { repository } = place;
    const since = A.replace('one', 'ONE').replace('two', 'TWO');
    repository.put('a.txt', `${since}committed by hand\n`);
    repository.put('staged.txt', 'staged\n');
    repository.call('commit', '-q', '-m', 'By hand', 'a.txt');
    repository.call('add', 'staged.txt');
    repository.put('a.txt', `uncommitted by hand\n\n${since}committed by hand\n`.replace('6\n', '6\nstaged by hand\n'));
    await rollBack(place, { task: 'T2' });
    expect(repository.text('a.txt')).toBe(
      `uncommitted by hand\n\n${A.replace('one', 'ONE')}committed by hand\n`.replace('6\n', '6\nstaged by hand\n'),
    );
    expect(repository.call('show', 'HEAD:a.txt')).toBe(`${A.replace('one', 'ONE')}committed by hand\n`);
    expect(status(place)).toEqual([' M a.txt', 'A  staged.txt']);
    expect(subjects(place)[0]).toBe('Revert "T2: Do T2"');
  });

  it('does not revert commits that the branch does not hold, and says so', async () => {
    const place = await ran();
    const { repository, openexec, run } = place;
    repository.call('switch', '-q', '--orphan', 'other');
    repository.put('a.txt', A.replace('one', 'ONE').replace('two', 'TWO'));
    repository.call('add', 'a.txt');
    repository.call('commit', '-q', '-m', 'Elsewhere');
    const shown = await openexec.request('rollback/preview', {
      run,
      leave: ['src/new.txt', 'old.txt', 'untracked.txt', 'dist/out.txt'],
    });
    expect([shown.commits, shown.notes.map((note) => note.code)]).toEqual([
      [],
      ['commands-not-undone', 'commit-elsewhere', 'commit-elsewhere'],
    ]);
    await rollBack(place, { leave: ['src/new.txt', 'old.txt', 'untracked.txt', 'dist/out.txt'] });
    expect(repository.text('a.txt')).toBe(A);
    expect(subjects(place)).toEqual(['Elsewhere']);
  });

  it('rolls back the files of commits that were squashed by hand, and leaves the history to the person', async () => {
    const place = await ran();
    const { repository } = place;
    repository.call('reset', '-q', '--soft', 'HEAD~2');
    repository.call('commit', '-q', '-m', 'Squashed by hand');
    const done = await rollBack(place);
    expect(done.commit).toBeUndefined();
    expect([repository.text('a.txt'), subjects(place)]).toEqual([A, ['Squashed by hand', 'Begin']]);
  });

  it('refuses during a merge, and while the person’s uncommitted change stands on the same lines puts everything back', async () => {
    const place = await ran();
    const { repository, openexec, run } = place;
    // Committed on top in the next line: HEAD's version and the revert touch, the file on the disk does not hold it any more.
    repository.put('a.txt', A.replace('one', 'ONE').replace('two\n', 'TWO\ntouching\n'));
    repository.call('commit', '-q', '-m', 'By hand', 'a.txt');
    repository.put('a.txt', A.replace('one', 'ONE').replace('two', 'TWO'));
    chmodSync(path.join(repository.root, 'dist/out.txt'), 0o755);
    await expect(rollBack(place, { task: 'T2' })).rejects.toMatchObject({ code: 'git-file' });
    expect([repository.text('a.txt'), repository.text('dist/out.txt'), subjects(place)[0]]).toEqual([
      A.replace('one', 'ONE').replace('two', 'TWO'),
      'built\n',
      'By hand',
    ]);
    if (process.platform !== 'win32') expect(mayRun(place, 'dist/out.txt')).toBe(true);
    expect((await openexec.request('rollback/list', { run })).map((one) => one.status)).toEqual(['abandoned']);
    repository.call('checkout', '-q', '--', 'a.txt');
    repository.call('update-ref', 'MERGE_HEAD', 'HEAD');
    await expect(rollBack(place, { task: 'T1', leave: ['a.txt'], dependents: 'keep' })).rejects.toMatchObject({
      code: 'git-state',
      params: { state: 'a merge is in progress' },
    });
    expect(existsSync(path.join(repository.root, 'src/new.txt'))).toBe(true);
  });

  it('finds its commit again when the process died before it was recorded', async () => {
    const first = await ran();
    const cut = await first.killAndOpen(({ git }) => ({
      git: {
        ...git,
        async commit(...args) {
          await git.commit(...args);
          return await new Promise<never>(() => undefined);
        },
      },
    }));
    void rollBack(cut).catch(() => undefined);
    while (subjects(cut).length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
    const last = await cut.killAndOpen();
    const [record] = await last.openexec.request('rollback/list', { run: last.run });
    expect([record?.status, record?.commit, subjects(last).length]).toEqual([
      'done',
      last.repository.call('rev-parse', 'HEAD').trim(),
      4,
    ]);
    expect(last.repository.text('a.txt')).toBe(A);
    await last.openexec.request('rollback/redo', { run: last.run });
    expect(last.repository.text('a.txt')).toBe(A.replace('one', 'ONE').replace('two', 'TWO'));
  });
});

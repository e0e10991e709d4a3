import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGit } from '../../../../src/adapters/node/git/git.js';
import { createGitCommand } from '../../../../src/adapters/node/git/git-command.js';
import { lockIndex, startOf } from '../../../../src/adapters/node/git/index-lock.js';
import { OpenExecError } from '../../../../src/core/errors.js';
import { asRoot } from '../../../../src/core/model/primitives.js';
import { describeError } from '../../../../src/core/view/sentences.js';
import { committed } from '../../../contracts/git.js';
import { codeOf } from '../../../contracts/workspace.js';
import { createRepository } from './repository.js';

const signal = new AbortController().signal;
let repo: ReturnType<typeof createRepository>;
const lines = (...changed: [number, string][]) =>
  Array.from({ length: 20 }, (_, i) => `${changed.find(([n]) => n === i + 1)?.[1] ?? `line ${i + 1}`}\n`).join('');
const replaced = (from: string, to: string) => (text: string) => text.replace(from, to);
const firstCommit = (files: Record<string, string> = { 'a.txt': lines() }) => {
  for (const [path, text] of Object.entries(files)) repo.put(path, text);
  repo.call('add', '-A');
  repo.call('commit', '-qm', 'First');
};
const refusal = (committing: Promise<unknown>) =>
  committing.then(
    () => 'committed',
    (error: unknown) => (error instanceof OpenExecError ? describeError(error) : String(error)),
  );
/** On main, with a branch topic that changed the same line. */
function divergedBranches(): void {
  firstCommit();
  repo.call('checkout', '-qb', 'topic');
  repo.put('a.txt', lines([1, 'topic']));
  repo.call('commit', '-qam', 'Topic');
  repo.call('checkout', '-q', 'main');
  repo.put('a.txt', lines([1, 'main']));
  repo.call('commit', '-qam', 'Main');
}
const inHead = (path: string) => repo.call('show', `HEAD:${path}`);
const status = () => repo.call('status', '--porcelain').split('\n').filter(Boolean);
beforeEach(() => void (repo = createRepository()));
afterEach(() => repo.dispose());

describe('a commit takes the task’s own hunks only', () => {
  it('and leaves the person’s change of the same file uncommitted', async () => {
    firstCommit();
    repo.put('a.txt', lines([2, 'mine']));
    const edit = repo.edit('a.txt', replaced('line 15', 'task'));
    const done = await repo.commit([edit], 'Task\n\nOpenExec-Task: T-1\n');
    expect(inHead('a.txt')).toBe(lines([15, 'task']));
    expect(repo.text('a.txt')).toBe(lines([2, 'mine'], [15, 'task']));
    expect(repo.call('diff', '--stat', '--cached')).toBe('');
    expect(repo.call('diff', '-U0')).toMatch(/-line 2\n\+mine\n$/);
    expect(repo.call('rev-parse', 'HEAD').trim()).toBe(done!.sha);
    expect(repo.call('reflog', '-1')).toContain('commit: Task');
  });

  it('and what was staged stays staged, in the same file too', async () => {
    firstCommit({ 'a.txt': lines(), 'b.txt': 'b\n' });
    repo.put('a.txt', lines([2, 'staged']));
    repo.put('b.txt', 'staged too\n');
    repo.put('new.txt', 'new\n');
    repo.call('add', '.');
    const staged = repo.call('diff', '--cached', '-U0').replace(/^index .*$/gm, '');
    repo.put('b.txt', 'staged too\nand not staged\n');
    await repo.commit([repo.edit('a.txt', replaced('line 15', 'task'))]);
    expect(inHead('a.txt')).toBe(lines([15, 'task']));
    expect(repo.call('diff', '--cached', '-U0').replace(/^index .*$/gm, '')).toBe(staged);
    expect(status()).toEqual(['M  a.txt', 'MM b.txt', 'A  new.txt']);
  });

  it('and stops where both changed the same lines', async () => {
    firstCommit();
    repo.put('a.txt', lines([5, 'mine']));
    const head = repo.call('rev-parse', 'HEAD');
    expect(await codeOf(repo.commit([repo.edit('a.txt', replaced('mine', 'task'))]))).toBe('git-file');
    expect(repo.call('rev-parse', 'HEAD')).toBe(head);
    expect(repo.call('diff', '--cached')).toBe('');
  });

  it('and leaves out files that are the person’s own: untracked before, or ignored', async () => {
    firstCommit({ 'a.txt': lines(), '.gitignore': '*.log\n' });
    repo.put('notes.txt', 'mine\n');
    repo.put('x.log', 'log');
    const done = await repo.commit([
      repo.edit('notes.txt', () => 'mine\ntask\n'),
      committed('x.log', null, 'log'),
      repo.edit('a.txt', replaced('line 1\n', 'task\n')),
    ]);
    expect(done!.left).toEqual(['notes.txt', 'x.log']);
    expect(repo.call('ls-tree', '--name-only', 'HEAD').split('\n').filter(Boolean)).toEqual(['.gitignore', 'a.txt']);
    expect(status()).toEqual(['?? notes.txt']);
    expect(await repo.commit([repo.edit('notes.txt', (text) => `${text}more\n`)])).toEqual({ left: ['notes.txt'] });
  });

  it('with new, deleted and renamed files, and their modes', async () => {
    firstCommit({ 'run.sh': lines(), 'gone.txt': 'x', 'old name.txt': lines(), 'dir/inner': 'x' });
    chmodSync(join(repo.root, 'run.sh'), 0o755);
    repo.call('commit', '-qam', 'Mode');
    repo.put('tool', '#!/bin/sh\n');
    chmodSync(join(repo.root, 'tool'), 0o755);
    repo.put('ünï.txt', 'new');
    repo.call('mv', 'old name.txt', 'new name.txt');
    repo.call('reset', '-q');
    repo.put('new name.txt', lines([3, 'task']));
    rmSync(join(repo.root, 'dir'), { recursive: true });
    repo.put('dir', 'a file now');
    await repo.commit([
      repo.edit('run.sh', replaced('line 2', 'task')),
      repo.edit('gone.txt', () => null),
      committed('tool', null, '#!/bin/sh\n'),
      committed('ünï.txt', null, 'new'),
      committed('new name.txt', lines(), lines([3, 'task']), 'old name.txt'),
      committed('dir/inner', 'x', null),
      committed('dir', null, 'a file now'),
    ]);
    expect(status()).toEqual([]);
    expect(
      repo
        .call('-c', 'core.quotePath=false', 'ls-tree', '-r', 'HEAD')
        .split('\n')
        .filter(Boolean)
        .map((entry) => entry.replace(/ blob \w+\t/, ' ')),
    ).toEqual(['100644 dir', '100644 new name.txt', '100755 run.sh', '100755 tool', '100644 ünï.txt']);
  });

  it('with the mode it is told, and else with the one HEAD has', async () => {
    firstCommit({ 'a.sh': 'a\n', 'b.sh': 'b\n' });
    chmodSync(join(repo.root, 'b.sh'), 0o755); // the person's own
    await repo.commit([{ ...repo.edit('a.sh', () => 'A\n'), executable: true }, repo.edit('b.sh', () => 'B\n')]);
    expect(repo.call('ls-tree', 'HEAD').match(/^\d+/gm)).toEqual(['100755', '100644']);
    await repo.commit([{ ...repo.edit('a.sh', () => 'AA\n'), executable: false }]);
    expect(repo.call('ls-tree', 'HEAD').match(/^\d+/gm)).toEqual(['100644', '100644']);
  });

  it('in an empty repository too, and from a folder inside one', async () => {
    repo.put('sub/first.txt', 'x\n');
    const inside = createGit({
      command: createGitCommand({ env: process.env, platform: process.platform }),
      harmless: (text) => text,
      worktrees: join(repo.base, 'worktrees'),
    });
    const done = await inside.commit(
      asRoot(join(repo.root, 'sub')),
      { message: 'First\n', files: [committed('first.txt', null, 'x\n')] },
      signal,
    );
    expect(repo.call('log', '--format=%H %an <%ae> %s').trim()).toBe(`${done!.sha} Ada <ada@example.org> First`);
    expect(inHead('sub/first.txt')).toBe('x\n');
    expect(status()).toEqual([]);
  });

  it('where the root is a worktree of the person’s own, and the repository is one with SHA-256 names', async () => {
    repo.dispose();
    repo = createRepository({ format: 'sha256' });
    firstCommit({ 'a.txt': lines(), 'gone.txt': 'x\n' });
    repo.call('worktree', 'add', '-q', '-b', 'second', join(repo.base, 'second'));
    const second = asRoot(join(repo.base, 'second'));
    const edited = lines([3, 'task']);
    writeFileSync(join(second, 'a.txt'), edited);
    rmSync(join(second, 'gone.txt'));
    const done = await repo.git.commit(
      second,
      { message: 'Task\n', files: [committed('a.txt', lines(), edited), committed('gone.txt', 'x\n', null)] },
      signal,
    );
    expect(done!.sha).toMatch(/^[0-9a-f]{64}$/);
    expect(repo.call('log', '--format=%H %s', '-1', 'second').trim()).toBe(`${done!.sha} Task`);
    expect([repo.call('log', '--format=%s').trim(), status()]).toEqual(['First', []]);
    expect(execFileSync('git', ['-C', second, 'status', '--porcelain'], { encoding: 'utf8' })).toBe('');
    expect((await repo.git.snapshot(repo.root, 'Work\n', signal)).sha).toMatch(/^[0-9a-f]{64}$/);
  });

  it('when the person has promised or staged the new file meanwhile', async () => {
    firstCommit();
    repo.put('promised.txt', 'task\n');
    repo.put('staged.txt', 'task\n');
    repo.call('add', '-N', 'promised.txt');
    repo.call('add', 'staged.txt');
    await repo.commit([committed('promised.txt', null, 'task\n'), committed('staged.txt', null, 'task\n')]);
    expect([inHead('promised.txt'), status()]).toEqual(['task\n', []]);
  });

  it('and does not take a change of the same second, and of the same size, for none', async () => {
    firstCommit({ 'a.txt': lines(), 'b.txt': 'one\n' });
    repo.put('b.txt', 'two\n');
    await repo.commit([repo.edit('a.txt', replaced('line 2', 'task'))]);
    expect(status()).toEqual([' M b.txt']);
  });

  it('with the line endings the repository stores', async () => {
    firstCommit({ '.gitattributes': '*.win eol=crlf\n', 'a.win': 'one\ntwo\n', 'raw.txt': 'one\r\ntwo\r\n' });
    repo.call('config', 'core.autocrlf', 'true');
    repo.put('a.win', 'one\r\ntwo\r\n');
    await repo.commit([
      repo.edit('a.win', replaced('two', 'TWO')),
      repo.edit('raw.txt', replaced('two', 'TWO')),
      committed('new.txt', null, 'a\r\nb\r\n'),
    ]);
    expect(inHead('a.win')).toBe('one\nTWO\n');
    expect(inHead('raw.txt')).toBe('one\r\nTWO\r\n'); // stored with CRLF before: only the task's line changes
    expect(inHead('new.txt')).toBe('a\nb\n');
    repo.call('config', 'core.autocrlf', 'input');
    repo.put('new.txt', 'a\r\nb\r\n');
    await repo.commit([repo.edit('new.txt', replaced('a', 'A'))]);
    expect([inHead('new.txt'), status()]).toEqual(['A\nb\n', []]);
  });
});

/** The repository's git, with a look at each call before it is made. */
const watched = (look: (args: readonly string[]) => void) => {
  const real = createGitCommand({
    env: { PATH: process.env['PATH'], HOME: join(repo.base, 'home') },
    platform: process.platform,
  });
  return createGit({
    command: (root, args, until, call) => (look(args), real(root, args, until, call)),
    harmless: (text) => text,
    worktrees: repo.worktrees,
  });
};

it('makes a commit of many files by as many calls of git as one of few, each with its own text', async () => {
  const paths = Array.from({ length: 80 }, (_, n) => `dir${n % 5}/file “${n}”.txt`);
  firstCommit({
    'mine.txt': lines(),
    ...Object.fromEntries(paths.map((path, n) => [path, n % 9 === 0 ? '' : `text ${n}\n`])),
  });
  let calls = 0;
  const git = watched(() => void (calls += 1));
  const commit = async (chosen: string[], word: string) => {
    calls = 0;
    const files = chosen.map((path) =>
      path.startsWith('new')
        ? (repo.put(path, `${word}\n`), committed(path, null, `${word}\n`))
        : repo.edit(path, (text) => `${text}${word}`),
    );
    expect(await git.commit(repo.root, { message: word, files }, signal)).toMatchObject({ sha: expect.any(String) });
    for (const path of chosen) expect(inHead(path)).toBe(repo.text(path));
    return calls;
  };
  const few = await commit([...paths.slice(0, 2), 'new1.txt', 'new2.txt'], 'one\n');
  expect(await commit([...paths, ...Array.from({ length: 40 }, (_, n) => `new/${n}.txt`)], 'two\n')).toBe(few);
  expect(status()).toEqual([]);
});

it('counts the time that is left for moving the branch from then on, not from the beginning', async () => {
  firstCommit();
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  const before: number[] = [];
  const git = watched((args) => args.includes('update-ref') || before.push(timeout.mock.calls.length));
  expect(
    await git.commit(repo.root, { message: 'x', files: [repo.edit('a.txt', replaced('line 1\n', 'task\n'))] }, signal),
  ).toBeDefined();
  const counts = before.slice(0, -1); // the last is the index, right before the branch
  timeout.mockRestore();
  expect(Math.max(...counts)).toBe(0);
});

describe('a commit is refused', () => {
  it('while a rebase stands still on a conflict', async () => {
    divergedBranches();
    expect(() => repo.call('rebase', 'topic')).toThrow();
    expect(await repo.git.state(repo.root, signal)).toMatchObject({ kind: 'ok', inProgress: 'rebase', branch: null });
    expect(await codeOf(repo.commit([committed('b.txt', null, 'b')]))).toBe('git-state');
  });

  it('for links, submodules and files behind a filter such as LFS', async () => {
    firstCommit({ '.gitattributes': '*.bin filter=lfs\n', 'x.bin': 'pointer' });
    symlinkSync('x.bin', join(repo.root, 'link'));
    repo.call('add', 'link');
    repo.call('commit', '-qm', 'Link');
    expect(await refusal(repo.commit([committed('link', 'x.bin', 'y')]))).toMatch(
      /^link could not be committed.*a link or a submodule/,
    );
    const edit = repo.edit('x.bin', () => 'a picture');
    expect(await refusal(repo.commit([edit]))).toMatch(/^x\.bin could not be committed.*the filter “lfs” \(Git LFS\)/);
    utimesSync(join(repo.root, 'x.bin'), new Date(0), new Date(0)); // a while ago
    repo.call('-c', 'filter.lfs.clean=echo pointer 2', 'commit', '-qm', 'By hand', '--', 'x.bin'); // as the sentence says
    expect([inHead('x.bin'), await repo.commit([edit])]).toEqual(['pointer 2\n', undefined]);
  });

  it('inside a submodule, in HEAD or only on the disk, until it is committed there; beside one all is well', async () => {
    const library = createRepository();
    library.put('lib.txt', 'one\n');
    library.call('add', '.');
    library.call('commit', '-qm', 'Library');
    firstCommit();
    const sub = (...args: string[]) =>
      execFileSync('git', ['-C', join(repo.root, 'vendor/lib'), '-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
        stdio: 'pipe',
        encoding: 'utf8',
      });
    repo.call('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.root, 'vendor/lib');
    for (const place of ['only on the disk', 'in HEAD']) {
      const [edit, made] = [
        repo.edit('vendor/lib/lib.txt', (text) => `${text}${place}\n`),
        committed(`vendor/lib/${place}`, null, 'x\n'),
      ];
      repo.put(`vendor/lib/${place}`, 'x\n');
      const beside = repo.edit('a.txt', (text) => `${text}task ${place}\n`);
      expect(await refusal(repo.commit([beside, edit]))).toMatch(
        /^vendor\/lib\/lib\.txt could not be committed.*vendor\/lib, a repository of its own/,
      );
      expect(await refusal(repo.commit([made]))).toMatch(/a repository of its own/);
      expect(repo.call('log', '--format=%s').split('\n')[0]).not.toBe('Task');
      sub('add', '.');
      sub('commit', '-qm', 'By hand');
      expect(await repo.commit([beside, edit, made])).toBeDefined();
      expect(inHead('a.txt')).toContain(`task ${place}`);
      expect(repo.call('ls-files', '--stage', 'vendor/lib')).toMatch(/^160000 /);
      repo.call('commit', '-qam', 'Submodule');
    }
    expect(repo.call('ls-tree', 'HEAD', 'vendor/lib')).toMatch(/^160000 commit /);
    rmSync(library.base, { recursive: true });
  });

  it.each(['cherry-pick', 'revert', 'merge'] as const)(
    'while a %s waits for a person, and not afterwards',
    async (what) => {
      divergedBranches();
      repo.put('a.txt', lines([1, 'later']));
      repo.call('commit', '-qam', 'Later');
      expect(() => repo.call(what, ...(what === 'revert' ? ['--no-edit', 'HEAD~1'] : ['topic']))).toThrow();
      const mine = committed('b.txt', null, 'b\n');
      repo.put('b.txt', 'b\n');
      expect(await refusal(repo.commit([mine]))).toBe(
        `Git cannot commit now: a ${what} is in progress. Finish or leave that first.`,
      );
      repo.put('a.txt', lines([1, 'settled']));
      repo.call('add', 'a.txt');
      repo.call('-c', 'core.editor=true', ...(what === 'merge' ? ['commit', '-q'] : [what, '--continue']));
      expect(await repo.commit([mine])).toBeDefined();
      expect([inHead('a.txt'), status()]).toEqual([lines([1, 'settled']), []]);
    },
  );

  it('while another process holds the index, and nothing is left of it', async () => {
    firstCommit();
    writeFileSync(join(repo.root, '.git/index.lock'), 'DIRC');
    const head = repo.call('rev-parse', 'HEAD');
    expect(await codeOf(repo.commit([repo.edit('a.txt', replaced('line 1\n', 'task\n'))]))).toBe('git-state');
    expect(repo.call('rev-parse', 'HEAD')).toBe(head);
    expect(readFileSync(join(repo.root, '.git/index.lock'), 'utf8')).toBe('DIRC');
  });

  it('no longer when the branch moved meanwhile: it comes on top', async () => {
    firstCommit();
    const edit = repo.edit('a.txt', replaced('line 1\n', 'task\n'));
    const lock = await lockIndex(join(repo.root, '.git'));
    const committing = codeOf(repo.commit([edit]));
    await new Promise((resolve) => setTimeout(resolve, 500)); // it waits for the lock now
    repo.call(
      'update-ref',
      'refs/heads/main',
      repo.call('commit-tree', '-m', 'Other', '-p', 'HEAD', 'HEAD^{tree}').trim(),
    );
    lock.dispose();
    expect(await committing).toBe('none');
    expect(repo.call('log', '--format=%s').trim().split('\n')).toEqual(['Task', 'Other', 'First']);
    expect(status()).toEqual([]);
  });

  it('when the branch cannot be moved; the index is as it was', async () => {
    firstCommit();
    const edit = repo.edit('a.txt', replaced('line 1\n', 'task\n'));
    writeFileSync(join(repo.root, '.git/refs/heads/main.lock'), '');
    const index = readFileSync(join(repo.root, '.git/index'));
    expect(await codeOf(repo.commit([edit]))).toBe('git-failed');
    expect(readFileSync(join(repo.root, '.git/index'))).toEqual(index);
    expect(status()).toEqual([' M a.txt']);
  });
});

it('removes the index lock of a killed process of its own, not of a living one', async () => {
  firstCommit();
  const lock = join(repo.root, '.git/index.lock');
  const gone = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
  for (const owner of [`${gone} 1`, `${process.ppid} 1`, `${process.pid} 1`]) {
    writeFileSync(lock, `openexec ${owner}\n`); // dead; or its number belongs to another process by now, our own even
    for (const left of ['index.openexec', 'index.openexec.lock', `index.openexec-lock-${gone}`])
      writeFileSync(join(repo.root, '.git', left), '');
    expect(await repo.commit([repo.edit('a.txt', (text) => `${text}more\n`)])).toBeDefined();
    expect(readdirSync(join(repo.root, '.git')).filter((name) => name.startsWith('index'))).toEqual(['index']);
  }
  const other = spawn('sleep', ['30']);
  writeFileSync(lock, `openexec ${other.pid} ${startOf(other.pid!)}\n`);
  expect(await codeOf(lockIndex(join(repo.root, '.git'), 100))).toBe('git-state');
  expect(existsSync(lock)).toBe(true);
  other.kill('SIGKILL');
});

describe('locks of a branch and of HEAD', () => {
  const gitDir = () => join(repo.root, '.git');
  const locks = () => ['refs/heads/main.lock', 'HEAD.lock'].map((name) => join(gitDir(), name));
  const more = () => repo.edit('a.txt', (text) => `${text}more\n`);
  const dead = () => execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
  const SHA = 'ab'.repeat(20);
  const note = (mark: string) =>
    writeFileSync(join(gitDir(), 'openexec-moves'), `openexec ${mark}\n${SHA} refs/heads/main\n`);

  it('that a killed process of its own left are removed, once they have stood still', async () => {
    firstCommit();
    for (const content of ['', `${SHA}\n`]) {
      note(`${dead()} 1`);
      for (const lock of locks()) writeFileSync(lock, content);
      expect(await repo.commit([more()])).toBeDefined();
      expect([...locks(), join(gitDir(), 'openexec-moves')].filter((path) => existsSync(path))).toEqual([]);
    }
  }, 30_000);

  it('of anybody else stand: other words, of before, beside a living process, without a note', async () => {
    firstCommit();
    const other = spawn('sleep', ['60']);
    const [branch = ''] = locks();
    const edit = more();
    const stands = async (make: () => void) => {
      make();
      expect(await codeOf(repo.commit([edit]))).toBe('git-failed');
      expect(existsSync(branch)).toBe(true);
      rmSync(branch);
      rmSync(join(gitDir(), 'openexec-moves'), { force: true });
    };
    await stands(() => (note(`${dead()} 1`), writeFileSync(branch, `${'cd'.repeat(20)}\n`)));
    await stands(() => {
      writeFileSync(branch, '');
      utimesSync(branch, 1, 1);
      note(`${dead()} 1`);
    });
    await stands(() => (note(`${other.pid} ${startOf(other.pid!)}`), writeFileSync(branch, '')));
    await stands(() => writeFileSync(branch, ''));
    other.kill('SIGKILL');
  }, 30_000);
});

it('leaves no index lock behind when it cannot begin with it', async () => {
  firstCommit();
  const gitDir = join(repo.root, '.git');
  mkdirSync(join(gitDir, 'index.openexec-strange')); // what cannot be removed like a file
  expect(await codeOf(lockIndex(gitDir))).toBe('git-failed');
  expect(readdirSync(gitDir).filter((name) => /lock/.test(name))).toEqual([]);
});

it('leaves no lock and no half commit when it is cancelled at any moment', async () => {
  firstCommit();
  const locks = () =>
    execFileSync('find', [join(repo.root, '.git'), '-name', '*.lock', '-o', '-name', 'index.*'], { encoding: 'utf8' });
  let made = 0;
  for (let at = 0; at < 240; at += 15) {
    const controller = new AbortController();
    const edit = repo.edit('a.txt', (text) => `${text}${at}\n`);
    setTimeout(() => controller.abort(), at);
    const done = await repo.git
      .commit(repo.root, { message: `Task ${at}\n`, files: [edit] }, controller.signal)
      .catch((error: unknown) => (controller.signal.aborted ? undefined : Promise.reject(error)));
    expect(locks()).toBe('');
    expect(repo.call('log', '--format=%s', '-1').trim() === `Task ${at}`).toBe(done !== undefined);
    if (done) made++;
    else await repo.commit([edit], 'Afterwards\n');
    expect(status()).toEqual([]);
  }
  expect(repo.call('rev-list', '--count', 'HEAD').trim()).toBe('17');
  expect(made).toBeLessThan(16);
  repo.call('fsck', '--strict');
}, 30_000);

it('heals a commit that was killed between the index and the branch', async () => {
  firstCommit();
  repo.put('a.txt', lines([2, 'mine']));
  const edit = repo.edit('a.txt', replaced('line 15', 'task'));
  repo.call(
    'update-index',
    '--cacheinfo',
    `100644,${execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: repo.root, input: lines([15, 'task']), encoding: 'utf8' }).trim()},a.txt`,
  );
  await repo.commit([edit]);
  expect(repo.call('diff', '--cached')).toBe('');
  expect(status()).toEqual([' M a.txt']);
});

describe('a branch of a run’s own', () => {
  it('changes neither the tree nor what is staged, and git switch - leads back', async () => {
    firstCommit();
    repo.put('a.txt', lines([2, 'mine']));
    repo.put('b.txt', 'staged\n');
    repo.call('add', 'b.txt');
    const before = [status(), readFileSync(join(repo.root, '.git/index')).toString('base64')];
    await repo.git.startBranch(repo.root, 'openexec/run_1', signal);
    expect([status(), readFileSync(join(repo.root, '.git/index')).toString('base64')]).toEqual(before);
    await repo.commit([repo.edit('a.txt', replaced('line 15', 'task'))]);
    expect(repo.call('log', '--format=%s %D').trim().split('\n')).toEqual([
      'Task HEAD -> openexec/run_1',
      'First main',
    ]);
    repo.call('stash', '-q');
    repo.call('switch', '-q', '-');
    expect(repo.call('branch', '--show-current').trim()).toBe('main');
    expect(await refusal(repo.git.startBranch(repo.root, 'openexec/run_1', signal))).toMatch(
      /there is a branch openexec\/run_1 already/,
    );
  });

  it('is started from a detached head too, and again after a start that was cut off; not without a commit, not by a bad name', async () => {
    expect(await refusal(repo.git.startBranch(repo.root, 'openexec/run_1', signal))).toMatch(/no first commit/);
    firstCommit();
    repo.call('checkout', '-q', '--detach');
    repo.call('branch', 'openexec/run_1');
    await repo.git.startBranch(repo.root, 'openexec/run_1', signal);
    expect(await repo.git.state(repo.root, signal)).toMatchObject({ branch: 'openexec/run_1' });
    expect(await codeOf(repo.git.startBranch(repo.root, 'a..b', signal))).toBe('git-failed');
  });
});

it('makes a branch of a run’s own whole once it has begun, also when the time is up', async () => {
  firstCommit();
  const stop = new AbortController();
  const git = watched((args) => args[0] === 'update-ref' && stop.abort(new Error('time is up')));
  await git.startBranch(repo.root, 'openexec/run_1', stop.signal);
  expect(stop.signal.aborted).toBe(true);
  expect(repo.call('symbolic-ref', 'HEAD').trim()).toBe('refs/heads/openexec/run_1');
  expect(existsSync(join(repo.root, '.git/HEAD.lock'))).toBe(false);
});

describe('a hostile repository runs nothing', () => {
  const evil = (name: string) => `sh -c 'touch ${join(repo.base, name)}; cat' --`;
  it('by hooks, fsmonitor, filters, diff, textconv, pager, gpg, includes or lazy fetch, in any call', async () => {
    firstCommit({
      'a.txt': lines(),
      'b.txt': 'b\n',
      '.gitattributes': '*.txt diff=evil\nb.txt filter=evil\n*.txt -text\n',
    });
    for (const hook of [
      'pre-commit',
      'commit-msg',
      'post-commit',
      'reference-transaction',
      'post-index-change',
      'prepare-commit-msg',
    ]) {
      writeFileSync(join(repo.root, '.git/hooks', hook), `#!/bin/sh\ntouch ${join(repo.base, `hook-${hook}`)}\n`, {
        mode: 0o755,
      });
    }
    writeFileSync(
      join(repo.root, '.git/more'),
      `[filter "evil"]\n\tclean = ${JSON.stringify(evil('clean'))}\n\tprocess = ${JSON.stringify(evil('process'))}\n\trequired = true\n`,
    );
    for (const [key, value] of Object.entries({
      'core.fsmonitor': evil('fsmonitor'),
      'diff.external': evil('external'),
      'diff.evil.command': evil('command'),
      'diff.evil.textconv': evil('textconv'),
      'core.pager': evil('pager'),
      'gpg.program': evil('gpg'),
      'commit.gpgSign': 'true',
      'log.showSignature': 'true',
      'core.editor': evil('editor'),
      'include.path': 'more',
      'core.sshCommand': evil('ssh'),
      'credential.helper': `!${evil('credential')}`,
      'remote.origin.url': `ext::${evil('ext')}`,
      'remote.origin.promisor': 'true',
      'core.repositoryFormatVersion': '1',
      'extensions.partialClone': 'origin',
    }))
      repo.call('config', key, value);
    repo.put('b.txt', 'changed\n'); // dirty, so that git must look at it through the filter
    expect(await repo.git.state(repo.root, signal)).toMatchObject({ kind: 'ok' });
    await repo.git.status(repo.root, signal);
    expect(await repo.allDifferences()).toContain('+changed');
    await repo.git.log(repo.root, 5, signal);
    await repo.git.findTrailer(repo.root, 'X', 'y', 5, signal);
    await repo.git.changed(repo.root, [repo.call('rev-parse', 'HEAD').trim()], signal);
    await repo.git.startBranch(repo.root, 'openexec/run_1', signal);
    const worktree = await repo.git.addWorktree(
      repo.root,
      'run_1',
      (await repo.git.snapshot(repo.root, 'Work\n', signal)).sha,
      [],
      signal,
    );
    writeFileSync(join(worktree, 'b.txt'), 'task\n');
    expect(await repo.differences(worktree)).toHaveLength(1);
    await repo.git.removeWorktree(repo.root, 'run_1', signal);
    expect(await repo.commit([repo.edit('a.txt', replaced('line 1\n', 'task\n'))])).toBeDefined();
    expect(execFileSync('ls', [repo.base], { encoding: 'utf8' }).trim().split('\n')).toEqual(['app', 'home']);
  });

  it('by a filter behind more configuration than is read: git is refused', async () => {
    firstCommit({ 'a.txt': lines(), '.gitattributes': '*.txt filter=evil\n' });
    // Short lines that are told at full length: 80 MB of names from a small file.
    const filler = `[s "${'x'.repeat(4000)}"]\n${'k\n'.repeat(20_000)}`;
    writeFileSync(
      join(repo.root, '.git/config'),
      `${readFileSync(join(repo.root, '.git/config'), 'utf8')}${filler}[filter "evil"]\n\tclean = ${JSON.stringify(evil('clean'))}\n`,
    );
    repo.put('a.txt', 'changed\n');
    expect(await codeOf(repo.allDifferences())).toBe('git-failed');
    expect(existsSync(join(repo.base, 'clean'))).toBe(false);
  });

  it('by a filter with a name that cannot be switched off: git is refused', async () => {
    firstCommit({ 'a.txt': lines(), '.gitattributes': '*.txt filter=a=b\n' });
    repo.call('config', 'filter.a=b.clean', evil('clean'));
    repo.put('a.txt', 'x');
    expect(await codeOf(repo.git.status(repo.root, signal))).toBe('git-failed');
    expect(existsSync(join(repo.base, 'clean'))).toBe(false);
  });

  it('by GIT_ variables from outside, or a git planted in the workspace', async () => {
    firstCommit();
    writeFileSync(join(repo.root, 'git'), `#!/bin/sh\ntouch ${join(repo.base, 'planted')}\n`, { mode: 0o755 });
    const env = {
      ...process.env,
      GIT_DIR: '/nowhere',
      GIT_EXTERNAL_DIFF: evil('env'),
      PATH: `${repo.root}:.:${process.env['PATH']}`,
    };
    const git = createGit({
      command: createGitCommand({ env, platform: process.platform }),
      harmless: (text) => text,
      worktrees: join(repo.base, 'worktrees'),
    });
    expect(await git.status(repo.root, signal)).toBe('## main\n?? git\n');
    expect(existsSync(join(repo.base, 'planted'))).toBe(false);
  });
});

describe('a commit is signed where it is asked for and git signs the person’s own', () => {
  /** A program as git calls one to sign; it leaves its environment. */
  function signer(name: string, exit = 0): string {
    const file = join(repo.base, name);
    const says =
      exit === 0
        ? `printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nsigned\\n-----END PGP SIGNATURE-----\\n'; printf '\\n[GNUPG:] SIG_CREATED \\n' >&2`
        : `echo 'gpg: no secret key' >&2`;
    writeFileSync(file, `#!/bin/sh\ncat > /dev/null\nenv > ${file}.env\n${says}\nexit ${exit}\n`, { mode: 0o755 });
    return file;
  }
  const signature = () => /^gpgsig -----BEGIN PGP SIGNATURE-----/m.test(repo.call('cat-file', 'commit', 'HEAD'));
  const edit = () => repo.edit('a.txt', replaced('line 1\n', 'task\n'));

  it('with the person’s program', async () => {
    firstCommit();
    repo.call('config', '--global', 'gpg.program', signer('gpg'));
    await repo.commit([edit()], 'Task\n', { sign: true });
    expect([inHead('a.txt').startsWith('task\n'), signature()]).toEqual([true, false]); // git signs none here
    repo.call('config', '--global', 'commit.gpgSign', 'true');
    await repo.commit([repo.edit('a.txt', replaced('line 2\n', 'two\n'))]);
    expect(signature()).toBe(false); // nobody asked
    await repo.commit([repo.edit('a.txt', replaced('line 3\n', 'three\n'))], 'Task\n\nOpenExec-Task: T-1\n', {
      sign: true,
    });
    expect([signature(), status()]).toEqual([true, []]);
    expect(await repo.git.findTrailer(repo.root, 'OpenExec-Task', 'T-1', 50, signal)).toBe(
      repo.call('rev-parse', 'HEAD').trim(),
    );
  });

  it('and commits nothing when it cannot be signed', async () => {
    firstCommit();
    const head = repo.call('rev-parse', 'HEAD');
    repo.call('config', '--global', 'commit.gpgSign', 'true');
    repo.call('config', '--global', 'gpg.program', signer('gpg', 2));
    expect(await refusal(repo.commit([edit()], 'Task\n', { sign: true }))).toMatch(
      /^Git could not sign the commit, so it was not made \(.*gpg.*\)\. Put that right, then try again\.$/,
    );
    expect([repo.call('rev-parse', 'HEAD'), status()]).toEqual([head, [' M a.txt']]);
  });

  /** One that waits for the person; gives the file that says that it does. */
  function waitingSigner(): string {
    const file = join(repo.base, 'asks');
    writeFileSync(file, `#!/bin/sh\ntouch ${file}.now\ncat > /dev/null\nsleep 20\n`, { mode: 0o755 });
    repo.call('config', '--global', 'commit.gpgSign', 'true');
    repo.call('config', '--global', 'gpg.program', file);
    return `${file}.now`;
  }

  it('and waits for the person no longer than it may', async () => {
    repo.dispose();
    repo = createRepository({ signingMs: 300 });
    firstCommit();
    waitingSigner();
    expect(await refusal(repo.commit([edit()], 'Task\n', { sign: true }))).toContain('(no answer in 0.3 s)');
    expect(repo.call('log', '--format=%s')).toBe('First\n');
  });

  it('and no longer than the run goes', async () => {
    firstCommit();
    const asks = waitingSigner();
    const cancel = new AbortController();
    const committing = repo.git.commit(repo.root, { message: 'Task\n', files: [edit()], sign: true }, cancel.signal);
    await vi.waitFor(() => expect(existsSync(asks)).toBe(true), 10_000);
    cancel.abort(new Error('cancelled'));
    await expect(committing).rejects.toThrow('cancelled');
    expect(repo.call('log', '--format=%s')).toBe('First\n');
  });

  it.each(['gpg.program', 'gpg.ssh.program', 'gpg.openpgp.program', 'gpg.ssh.defaultKeyCommand'])(
    'and runs no program that the repository names: %s',
    async (key) => {
      firstCommit();
      repo.call('config', '--global', 'commit.gpgSign', 'true');
      repo.call('config', key, signer('theirs'));
      expect(await refusal(repo.commit([edit()], 'Task\n', { sign: true }))).toContain(
        `${key.toLowerCase()} is set in this repository's own configuration`,
      );
      expect(existsSync(`${join(repo.base, 'theirs')}.env`)).toBe(false);
    },
  );

  it('and shows no secret to it but the way to the agent', async () => {
    repo.dispose();
    repo = createRepository({ env: { ANTHROPIC_API_KEY: 'secret', NPM_TOKEN: 'secret', SSH_AUTH_SOCK: '/agent' } });
    firstCommit();
    repo.call('config', '--global', 'commit.gpgSign', 'true');
    repo.call('config', '--global', 'gpg.program', signer('gpg'));
    await repo.commit([edit()], 'Task\n', { sign: true });
    const seen = readFileSync(`${join(repo.base, 'gpg')}.env`, 'utf8');
    expect(seen).toContain('SSH_AUTH_SOCK=/agent');
    expect(seen).not.toContain('secret');
  });
});

describe('reading', () => {
  it('says where there is no repository, no commit, and no git', async () => {
    expect(await repo.git.state(repo.root, signal)).toEqual({
      kind: 'ok',
      head: null,
      branch: 'main',
      inProgress: null,
      identity: true,
      dirty: 0,
    });
    expect([await repo.git.log(repo.root, 3, signal), await repo.allDifferences()]).toEqual(['', '']);
    const plain = createRepository({ init: false });
    expect(await plain.git.state(plain.root, signal)).toEqual({ kind: 'none' });
    plain.dispose();
    const missing = createGit({
      command: createGitCommand({ env: { PATH: '/nowhere' }, platform: 'linux' }),
      harmless: (text) => text,
      worktrees: join(repo.base, 'worktrees'),
    });
    expect(await missing.state(repo.root, signal)).toEqual({ kind: 'missing' });
    expect(await codeOf(missing.commit(repo.root, { message: 'x', files: [] }, signal))).toBe('git-missing');
  });

  it('tells which hooks and signing a commit of OpenExec leaves out, and runs none of them', async () => {
    firstCommit();
    expect(await repo.git.state(repo.root, signal)).not.toHaveProperty('skips');
    const hook = (folder: string, name: string, mode = 0o755) => {
      mkdirSync(join(repo.base, folder), { recursive: true });
      writeFileSync(join(repo.base, folder, name), `#!/bin/sh\ntouch ${join(repo.base, 'hook-ran')}\nexit 1\n`, {
        mode,
      });
    };
    hook('app/.git/hooks', 'pre-commit');
    hook('app/.git/hooks', 'commit-msg', 0o644);
    hook('app/.git/hooks', 'pre-push');
    expect(await repo.git.state(repo.root, signal)).toMatchObject({ skips: { hooks: ['pre-commit'], signing: false } });
    hook('app/.husky', 'commit-msg');
    repo.call('config', 'core.hooksPath', '.husky');
    repo.call('config', 'commit.gpgSign', 'true');
    expect(await repo.git.state(repo.root, signal)).toMatchObject({ skips: { hooks: ['commit-msg'], signing: true } });
    expect(await repo.git.stateOfHead(repo.root, signal)).not.toHaveProperty('skips');
    expect(await repo.commit([repo.edit('a.txt', replaced('line 1\n', 'task\n'))])).toBeDefined();
    expect([existsSync(join(repo.base, 'hook-ran')), repo.call('log', '-1', '--format=%G?').trim()]).toEqual([
      false,
      'N',
    ]);
  });

  it('counts what is dirty, and bounds and cleans what it shows', async () => {
    firstCommit({ 'a.txt': '\u001b[2Jx\n', 'big.txt': '' });
    repo.put('a.txt', '\u001b[31mred\n');
    repo.put('big.txt', 'x'.repeat(400_000));
    repo.put('new.txt', '');
    expect(await repo.git.state(repo.root, signal)).toMatchObject({ dirty: 3 });
    expect(await repo.git.diff(repo.root, ['a.txt'], signal)).toContain('+[31mred');
    const all = await repo.allDifferences();
    expect(all.length).toBeLessThan(270_000);
    expect(all).toContain('cut after');
    expect(await codeOf(repo.git.diff(repo.root, ['../x'], signal))).toBe('path-outside');
  });

  it('names what differs by folder, and shows the files it is given and no other, however many', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 600 }, (_, n) => [`many/file-with-a-rather-long-name-${n}.txt`, 'x\n']),
    );
    firstCommit({ 'a.txt': 'a\n', 'config/[b].txt': 'b\n', 'config/b.txt': 'b\n', 'same.txt': 's\n', ...many });
    for (const path of ['a.txt', 'config/[b].txt', ...Object.keys(many)]) repo.put(path, 'changed\n');
    repo.call('mv', 'config/b.txt', 'config/c.txt');
    repo.put('untracked.txt', 'new\n');
    expect(await repo.git.differing(repo.root, ['config'], signal)).toEqual([
      'config/[b].txt',
      'config/b.txt',
      'config/c.txt',
    ]);
    expect(await repo.git.differing(repo.root, [], signal)).toHaveLength(604);
    expect((await repo.git.diff(repo.root, ['config/[b].txt'], signal)).match(/^diff --git .*$/gm)).toEqual([
      'diff --git a/config/[b].txt b/config/[b].txt',
    ]);
    expect(await repo.git.diff(repo.root, [], signal)).toBe('');
    expect((await repo.allDifferences()).match(/^diff --git .*$/gm)).toHaveLength(603);
    expect(await codeOf(repo.git.differing(repo.root, ['../x'], signal))).toBe('path-outside');
  });

  it('does not take a work tree elsewhere for its own, and leaves submodules alone', async () => {
    firstCommit();
    mkdirSync(join(repo.base, 'elsewhere'));
    repo.call('config', 'core.worktree', join(repo.base, 'elsewhere'));
    expect(await repo.git.state(repo.root, signal)).toEqual({ kind: 'none' });
  });

  it('never takes a part of git’s answer for the whole, but for what is only shown', async () => {
    firstCommit({ 'a.txt': lines(), 'b.txt': lines() });
    const real = createGitCommand({
      env: { PATH: process.env['PATH'], HOME: join(repo.base, 'home') },
      platform: process.platform,
    });
    const short = (match: string): ReturnType<typeof createGit> =>
      createGit({
        command: (root, args, until, call) =>
          real(root, args, until, args.includes(match) ? { ...call, maxBytes: 5 } : call),
        harmless: (text) => text,
        worktrees: repo.worktrees,
      });
    const { sha } = await repo.git.snapshot(repo.root, 'Work\n', signal);
    const worktree = await repo.git.addWorktree(repo.root, 'run_1', sha, [], signal);
    const edits = [repo.edit('a.txt', replaced('line 1\n', 'task\n'))];
    repo.put('a.txt', lines([1, 'task'], [19, 'mine']));
    repo.call('add', 'a.txt');
    for (const match of ['blob', 'ls-tree', 'check-attr'])
      expect(await codeOf(short(match).commit(repo.root, { message: 'x', files: edits }, signal)), match).toBe(
        'git-failed',
      );
    expect(
      await codeOf(
        short('merge-file').commit(
          repo.root,
          {
            message: 'x',
            files: [
              {
                ...edits[0]!,
                before: new Uint8Array(Buffer.from(lines([20, 'other']))),
                after: new Uint8Array(Buffer.from(lines([1, 'task'], [20, 'other']))),
              },
            ],
          },
          signal,
        ),
      ),
    ).toBe('git-failed');
    for (const path of ['a.txt', 'b.txt']) writeFileSync(join(worktree, path), 'changed\n');
    for (const match of ['diff', 'cat-file'])
      expect(
        await codeOf(short(match).differences(worktree, { files: 9, bytes: 1e6, fileBytes: 1e6 }, signal)),
        match,
      ).toBe('git-failed');
    expect(await codeOf(short('log').findTrailer(repo.root, 'X', 'y', 5, signal))).toBe('git-failed');
    expect(await codeOf(short('diff-tree').changed(repo.root, [repo.call('rev-parse', 'HEAD').trim()], signal))).toBe(
      'git-failed',
    );
    expect(await codeOf(short('--name-only').differing(repo.root, [], signal))).toBe('git-failed');
    expect(await codeOf(short('--eol').addWorktree(repo.root, 'run_2', sha, [], signal))).toBe('git-failed');
    expect(repo.call('log', '--format=%s')).toBe('First\n');
    expect(await short('status').status(repo.root, signal)).toContain('cut after');
  });

  it('ends with the reason of an abort', async () => {
    const reason = new Error('stop');
    await expect(repo.git.status(repo.root, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

/** Worktrees of a task on real repositories: what is in them, what is linked into them, and that removing them harms nothing. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGit } from '../../../../src/adapters/node/git/git.js';
import { createGitCommand } from '../../../../src/adapters/node/git/git-command.js';
import { outsideRoot } from '../../../../src/adapters/node/process/programs.js';
import { readableFor } from '../../../../src/adapters/node/git/git-worktrees.js';
import { createHasher } from '../../../../src/adapters/node/hasher.js';
import { createDiskWorkspace } from '../../../../src/adapters/node/files/workspace.js';
import { asRoot, type Root } from '../../../../src/core/model/primitives.js';
import { codeOf } from '../../../contracts/workspace.js';
import { createRepository } from './repository.js';

const signal = new AbortController().signal;
let repo: ReturnType<typeof createRepository>;
const start = (files: Record<string, string> = { 'a.txt': 'one\n' }) => {
  for (const [path, text] of Object.entries(files)) repo.put(path, text);
  repo.call('add', '-A');
  repo.call('commit', '-qm', 'First');
};
const snapshot = async () => (await repo.git.snapshot(repo.root, 'Work as it stands\n', signal)).sha;
const add = async (options: { name?: string; sha?: string; link?: string[]; root?: Root } = {}) => {
  const { root = repo.root } = options;
  return repo.git.addWorktree(
    root,
    options.name ?? 'run-T-1',
    options.sha ?? (await repo.git.snapshot(root, 'Work\n', signal)).sha,
    options.link ?? [],
    signal,
  );
};
const names = () => repo.git.worktrees(repo.root, signal);
const remove = (name = 'run-T-1') => repo.git.removeWorktree(repo.root, name, signal);
const inTree = (sha: string) => repo.call('ls-tree', '-r', '--name-only', sha).split('\n').filter(Boolean);
const registered = () =>
  repo
    .call('worktree', 'list', '--porcelain')
    .split('\n')
    .filter((text) => text.startsWith('worktree '))
    .map((text) => text.slice(9))
    .sort();
beforeEach(() => void (repo = createRepository()));
afterEach(() => repo.dispose());

describe('a snapshot', () => {
  it('holds the tree as it stands, untracked files included, and changes nothing of it', async () => {
    start({ 'a.txt': 'one\n', 'gone.txt': 'x', 'dir/inner': 'x', '.gitignore': '*.log\n', 'mode.sh': 'x' });
    repo.put('a.txt', 'two\n');
    repo.put('staged.txt', 'staged\n');
    repo.call('add', 'staged.txt');
    repo.put('staged.txt', 'and changed\n');
    repo.put('ünï “new”.txt', 'new\n');
    repo.put('x.log', 'ignored');
    rmSync(join(repo.root, 'gone.txt'));
    rmSync(join(repo.root, 'dir'), { recursive: true });
    symlinkSync('a.txt', join(repo.root, 'dir'));
    chmodSync(join(repo.root, 'mode.sh'), 0o755);
    const looked = () => [
      repo.call('status', '--porcelain=v2'),
      repo.call('for-each-ref'),
      readFileSync(join(repo.root, '.git/index')).toString('base64'),
    ];
    const before = looked();
    const sha = await snapshot();
    expect(looked()).toEqual(before);
    expect(repo.call('-c', 'core.quotePath=false', 'ls-tree', '-r', sha).replace(/ blob \w+\t/g, ' ')).toBe(
      '100644 .gitignore\n100644 a.txt\n120000 dir\n100755 mode.sh\n100644 staged.txt\n100644 ünï “new”.txt\n',
    );
    expect([repo.call('show', `${sha}:a.txt`), repo.call('show', `${sha}:staged.txt`)]).toEqual([
      'two\n',
      'and changed\n',
    ]);
    expect(repo.call('rev-parse', `${sha}^`)).toBe(repo.call('rev-parse', 'HEAD'));
  });

  it('is the same for the same tree, and needs nobody’s name', async () => {
    start();
    repo.call('config', '--remove-section', 'user');
    repo.put('new.txt', 'x');
    const first = await snapshot();
    await new Promise((resolve) => setTimeout(resolve, 1100)); // the next second
    expect(await snapshot()).toBe(first);
    repo.put('new.txt', 'y');
    expect(await snapshot()).not.toBe(first);
  });

  it('leaves repositories inside this one to themselves', async () => {
    start();
    const git = (folder: string, ...args: string[]) =>
      execFileSync('git', ['-C', join(repo.root, folder), '-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
        stdio: 'pipe',
        encoding: 'utf8',
      });
    for (const name of ['empty', 'full']) {
      repo.put(`${name}/x.txt`, 'x');
      git(name, 'init', '-q');
    }
    git('full', 'add', '.');
    git('full', 'commit', '-qm', 'Inner');
    expect(inTree(await snapshot())).toEqual(['a.txt']);
  });

  it('holds a conflict as it stands, what was promised, and what is not checked out', async () => {
    start({ 'app/a.txt': 'one\n', 'other/b.txt': 'b\n' });
    repo.call('checkout', '-qb', 'topic');
    repo.put('app/a.txt', 'topic\n');
    repo.call('commit', '-qam', 'Topic');
    repo.call('checkout', '-q', 'main');
    repo.put('app/a.txt', 'main\n');
    repo.call('commit', '-qam', 'Main');
    expect(() => repo.call('merge', 'topic')).toThrow();
    repo.put('app/promised.txt', 'kept\n');
    repo.call('add', '-N', 'app/promised.txt');
    const conflicted = await snapshot();
    expect(repo.call('show', `${conflicted}:app/a.txt`)).toMatch(/^<<<<<<< HEAD\nmain\n=======\ntopic\n/);
    expect(repo.call('show', `${conflicted}:app/promised.txt`)).toBe('kept\n');
    repo.call('reset', '-q');
    repo.call('checkout', '-q', '--', '.');
    repo.call('sparse-checkout', 'set', '--cone', 'app');
    expect(existsSync(join(repo.root, 'other'))).toBe(false);
    const sha = await snapshot();
    expect(inTree(sha)).toEqual(['app/a.txt', 'app/promised.txt', 'other/b.txt']);
    const root = await add({ sha });
    expect([existsSync(join(root, 'app/promised.txt')), existsSync(join(root, 'other'))]).toEqual([true, false]);
    expect(await repo.git.status(root, signal)).toBe('## HEAD (no branch)\n');
  });

  it('needs a first commit', async () => {
    repo.put('a.txt', 'x');
    expect(await codeOf(repo.git.snapshot(repo.root, 'x', signal))).toBe('git-state');
  });
});

describe('a worktree', () => {
  it('has what the snapshot has, on no branch, and stands apart', async () => {
    start({ 'a.txt': 'one\n', 'dir/b.txt': 'b\n' });
    repo.put('a.txt', 'mine\n');
    repo.put('new.txt', 'new\n');
    symlinkSync('a.txt', join(repo.root, 'link'));
    const sha = await snapshot();
    const root = await add({ sha });
    expect(root).toBe(join(realpathSync(repo.worktrees), 'run-T-1'));
    expect(readdirSync(root).sort()).toEqual(['.git', 'a.txt', 'dir', 'link', 'new.txt']);
    expect([readFileSync(join(root, 'a.txt'), 'utf8'), readlinkSync(join(root, 'link'))]).toEqual(['mine\n', 'a.txt']);
    expect(await repo.git.state(root, signal)).toMatchObject({ kind: 'ok', head: sha, branch: null, dirty: 0 });
    writeFileSync(join(root, 'a.txt'), 'task\n');
    expect(await repo.allDifferences(root)).toContain('+task');
    expect(repo.text('a.txt')).toBe('mine\n');
    expect(await names()).toEqual(['run-T-1']);
  });

  it('is used again as it stands at the same commit, and replaced at another', async () => {
    start();
    const sha = await snapshot();
    const root = await add({ sha });
    writeFileSync(join(root, 'work.txt'), 'half done');
    expect(await add({ sha })).toBe(root);
    expect(existsSync(join(root, 'work.txt'))).toBe(true);
    repo.put('a.txt', 'two\n');
    expect(await add()).toBe(root);
    expect([existsSync(join(root, 'work.txt')), readFileSync(join(root, 'a.txt'), 'utf8')]).toEqual([false, 'two\n']);
    expect(registered()).toEqual([repo.root, root]);
  });

  it('of a sub-folder is that sub-folder, with the rest of the repository around it', async () => {
    start({ 'app/a.txt': 'a\n', 'shared.txt': 's\n', '.gitignore': 'node_modules/\n' });
    mkdirSync(join(repo.root, 'app/node_modules/dep'), { recursive: true });
    const root = await add({ root: asRoot(join(repo.root, 'app')), link: ['node_modules'] });
    expect(root).toBe(join(realpathSync(repo.worktrees), 'run-T-1/app'));
    expect(readFileSync(join(root, '../shared.txt'), 'utf8')).toBe('s\n');
    expect(existsSync(join(root, 'node_modules/dep'))).toBe(true);
    expect(readableFor(repo.worktrees, root)).toEqual([
      join(root, '..'),
      join(repo.root, '.git'),
      join(repo.root, 'app/node_modules'),
    ]);
    expect(readableFor(repo.worktrees, repo.root)).toEqual([]);
  });

  it('of an empty sub-folder, and of a worktree of the person’s own', async () => {
    start();
    repo.call('worktree', 'add', '-q', join(repo.base, 'second'), '-b', 'second');
    const second = asRoot(join(repo.base, 'second'));
    mkdirSync(join(second, 'empty'));
    const root = await add({ root: asRoot(join(second, 'empty')) });
    expect(readdirSync(root)).toEqual([]);
    expect(existsSync(join(root, '../a.txt'))).toBe(true);
    await remove();
    expect(registered()).toEqual([repo.root, second]);
  });

  it('has the line ends of the person’s files, not those git would write', async () => {
    start({
      '.gitattributes': '* text=auto\nraw.txt -text\n',
      'a.txt': 'one\r\ntwo\r\n',
      'b.txt': 'one\ntwo\n',
      'raw.txt': 'x\r\n',
      'utf16.txt': Buffer.from('\ufeffa\r\nb\r\n', 'utf16le').toString('latin1'),
    });
    const root = await add();
    for (const name of ['a.txt', 'b.txt', 'raw.txt', 'utf16.txt'])
      expect(readFileSync(join(root, name)), name).toEqual(readFileSync(join(repo.root, name)));
    repo.call('config', 'core.autocrlf', 'true');
    const other = await add({ name: 'other' });
    for (const name of ['a.txt', 'b.txt'])
      expect(readFileSync(join(other, name)), name).toEqual(readFileSync(join(repo.root, name)));
    expect(await repo.git.status(other, signal)).toBe('## HEAD (no branch)\n');
    expect(await repo.differences(other)).toEqual([]);
    for (const name of ['a.txt', 'b.txt'])
      writeFileSync(join(other, name), readFileSync(join(other, name), 'utf8').replace('two', 'TWO'));
    writeFileSync(join(other, 'raw.txt'), 'x\n'); // stored as it is: other line ends are a change
    const differences = await repo.differences(other);
    expect(differences.map(({ path, before }) => [path, before && Buffer.from(before).toString()])).toEqual([
      ['a.txt', 'one\r\ntwo\r\n'],
      ['b.txt', 'one\ntwo\n'],
      ['raw.txt', 'x\r\n'],
    ]);
  });

  it('has the files behind a filter such as LFS, not their pointers, where the person has them', async () => {
    start({ '.gitattributes': '*.bin filter=lfs\n', 'a.bin': 'a picture', 'b.bin': 'another', 'a.txt': 'one\n' });
    repo.put('a.bin', 'pointer a');
    repo.put('b.bin', 'pointer b');
    for (const name of ['a.bin', 'b.bin']) utimesSync(join(repo.root, name), new Date(0), new Date(0));
    repo.call('commit', '-qam', 'Pointers');
    // As `git lfs` leaves it: the picture in the tree, its pointer in the index, and times that say that they belong together.
    repo.put('a.bin', 'a picture');
    utimesSync(join(repo.root, 'a.bin'), new Date(1000), new Date(1000));
    repo.call('-c', 'filter.lfs.clean=echo -n pointer a', 'add', 'a.bin');
    const { sha } = await repo.git.snapshot(repo.root, 'Work\n', signal);
    expect(repo.call('show', `${sha}:a.bin`)).toBe('pointer a');
    const root = await add({ sha });
    expect([readFileSync(join(root, 'a.bin'), 'utf8'), readFileSync(join(root, 'b.bin'), 'utf8')]).toEqual([
      'a picture',
      'pointer b',
    ]);
    expect([await repo.git.status(root, signal), await repo.differences(root)]).toEqual(['## HEAD (no branch)\n', []]);
    writeFileSync(join(root, 'a.bin'), 'drawn over');
    expect(repo.text('a.bin')).toBe('a picture');
  });

  it('has what lies in submodules, to read', async () => {
    start();
    const library = createRepository();
    library.put('src/lib.txt', 'lib\n');
    library.call('add', '.');
    library.call('commit', '-qm', 'Library');
    repo.call('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library.root, 'vendor/lib');
    repo.call('commit', '-qm', 'Submodule');
    const root = await add();
    expect(readFileSync(join(root, 'vendor/lib/src/lib.txt'), 'utf8')).toBe('lib\n');
    expect(existsSync(join(root, 'vendor/lib/.git'))).toBe(false);
    expect([await repo.git.status(root, signal), await repo.differences(root)]).toEqual(['## HEAD (no branch)\n', []]);
    expect(readableFor(repo.worktrees, root)).toContain(join(repo.root, 'vendor/lib'));
    await remove();
    expect(repo.text('vendor/lib/src/lib.txt')).toBe('lib\n');
    library.dispose();
  });

  it('refuses names that are no plain names, and links that leave the root', async () => {
    start();
    const sha = await snapshot();
    for (const name of ['', '.', '..', '../x', 'a/b', '-x', 'x.json', 'x.lock', 'x y', 'a\\b', 'ä']) {
      expect(await codeOf(add({ name, sha })), name).toBe('path-invalid');
      expect(await codeOf(remove(name)), name).toBe('path-invalid');
    }
    expect(await codeOf(add({ sha, link: ['../home'] }))).toBe('path-outside');
    expect(await codeOf(add({ sha: '0'.repeat(40) }))).toBe('git-failed');
  });
});

describe('linked folders', () => {
  beforeEach(() => {
    start({
      'a.txt': 'one\n',
      '.gitignore': 'node_modules/\n.venv\ntarget\n',
      'packages/lib/index.js': 'original\n',
      'tracked/x': 'x',
    });
    repo.put('node_modules/dep/index.js', 'dep\n');
    repo.put('node_modules/@own/other/index.js', 'other\n');
    repo.put('node_modules/.vite/deps.json', 'cache\n');
    repo.put('node_modules/.package-lock.json', '{}');
    mkdirSync(join(repo.root, 'node_modules/.bin'));
    symlinkSync('../dep/index.js', join(repo.root, 'node_modules/.bin/dep'));
    symlinkSync('../../packages/lib', join(repo.root, 'node_modules/@own/lib'));
    repo.put('.venv/bin/python', '#!/bin/sh\n');
    repo.put('target/debug/app', 'built\n');
  });

  it('give what is installed, keep caches apart, and lead to the worktree’s own packages', async () => {
    const root = await add({ link: ['node_modules', '.venv', 'target', 'tracked', 'nowhere', 'a.txt'] });
    const text = (path: string) => readFileSync(join(root, path), 'utf8');
    expect([
      text('node_modules/dep/index.js'),
      text('node_modules/@own/other/index.js'),
      text('node_modules/.bin/dep'),
      text('node_modules/.package-lock.json'),
      text('.venv/bin/python'),
    ]).toEqual(['dep\n', 'other\n', 'dep\n', '{}', '#!/bin/sh\n']);
    writeFileSync(join(root, 'packages/lib/index.js'), 'task\n');
    expect(text('node_modules/@own/lib/index.js')).toBe('task\n');
    expect(existsSync(join(root, 'node_modules/.vite'))).toBe(false);
    expect(existsSync(join(root, 'target'))).toBe(false); // a build there would write into the person's
    expect(lstatSync(join(root, 'tracked')).isSymbolicLink()).toBe(false);
    expect(await repo.git.status(root, signal)).toBe('## HEAD (no branch)\n M packages/lib/index.js\n');
  });

  it('are read as the worktree’s own, and written through by nobody', async () => {
    const workspace = createDiskWorkspace({ worktrees: repo.worktrees });
    const root = await add({ link: ['node_modules'] });
    const read = async (path: string) => new TextDecoder().decode(await workspace.read(root, path));
    expect(await read('node_modules/dep/index.js')).toBe('dep\n');
    expect(await workspace.stat(root, 'node_modules/.bin/dep')).toMatchObject({
      kind: 'file',
      realPath: 'node_modules/dep/index.js',
      viaLink: true,
    });
    expect(await workspace.list(root, 'node_modules/@own/other')).toEqual(['index.js']);
    const bytes = (text: string) => new TextEncoder().encode(text);
    const hash = createHasher().sha256('dep\n');
    expect(
      await codeOf(
        workspace.apply(root, [{ path: 'node_modules/dep/index.js', before: hash, after: bytes('evil') }], '', signal),
      ),
    ).toBe('path-outside');
    expect(
      await codeOf(
        workspace.apply(root, [{ path: 'node_modules/dep/new.js', before: null, after: bytes('evil') }], '', signal),
      ),
    ).toBe('path-outside');
    symlinkSync(join(repo.root, 'a.txt'), join(root, 'sneaky')); // what was not linked stays outside
    expect(await codeOf(workspace.read(root, 'sneaky'))).toBe('path-outside');
    expect(await workspace.stat(root, 'sneaky')).toMatchObject({ kind: 'other', realPath: undefined });
    const plain = createDiskWorkspace();
    expect(await codeOf(plain.read(root, 'node_modules/dep/index.js'))).toBe('path-outside');
    expect(readdirSync(join(repo.root, 'node_modules/dep'))).toEqual(['index.js']);
  });

  it('are not made of a link that leaves the root, nor through one', async () => {
    mkdirSync(join(repo.base, 'outside/deps'), { recursive: true });
    rmSync(join(repo.root, 'node_modules'), { recursive: true });
    symlinkSync(join(repo.base, 'outside'), join(repo.root, 'node_modules'));
    repo.put('.gitignore', 'node_modules\n');
    const root = await add({ link: ['node_modules', 'node_modules/deps'] });
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
  });

  it('are as they were when the worktree is removed, replaced, or made again over a half-made one', async () => {
    const list = () =>
      execFileSync('find', [join(repo.root, 'node_modules'), join(repo.root, '.venv'), '-printf', '%P %y %l %s %m\n'], {
        encoding: 'utf8',
      })
        .split('\n')
        .sort();
    const before = list();
    const link = ['node_modules', '.venv'];
    const root = await add({ link });
    symlinkSync(join(repo.root, 'node_modules'), join(root, 'another')); // as a command might
    symlinkSync(repo.root, join(root, 'node_modules/dep2'));
    mkdirSync(join(root, 'closed/inner'), { recursive: true });
    symlinkSync(join(repo.root, '.venv'), join(root, 'closed/inner/link'));
    chmodSync(join(root, 'closed/inner'), 0o500);
    await remove();
    expect([existsSync(root), list()]).toEqual([false, before]);
    await add({ link });
    repo.put('a.txt', 'changed\n');
    await add({ link });
    rmSync(`${root}.json`);
    await add({ link });
    expect(list()).toEqual(before);
    rmSync(root, { recursive: true });
    symlinkSync(repo.root, root); // even so
    await remove();
    expect([existsSync(root), existsSync(join(repo.root, 'a.txt')), list()]).toEqual([false, true, before]);
  });
});

it('runs no git that is planted in the person’s tree, although a worktree lies elsewhere', async () => {
  start();
  const root = await add();
  const bin = join(repo.root, 'node_modules/.bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'git'), `#!/bin/sh\ntouch ${join(repo.base, 'planted')}\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:.:${process.env['PATH'] ?? ''}` };
  const gitIn = (given: NodeJS.ProcessEnv) =>
    createGit({
      command: createGitCommand({ env: given, platform: process.platform }),
      harmless: (text) => text,
      worktrees: repo.worktrees,
    });
  expect(await gitIn({ ...outsideRoot(env, process.platform, repo.root) }).status(root, signal)).toBe(
    '## HEAD (no branch)\n',
  );
  expect(existsSync(join(repo.base, 'planted'))).toBe(false);
  await gitIn(env).status(root, signal);
  expect(existsSync(join(repo.base, 'planted'))).toBe(true); // it would have run
});

it('side by side, worktrees do not disturb one another, nor a commit', async () => {
  start();
  const sha = await snapshot();
  const all = ['a', 'b', 'c', 'd'];
  repo.put('a.txt', 'two\n');
  const commit = repo.commit([{ path: 'a.txt', before: Buffer.from('one\n'), after: Buffer.from('two\n') }]);
  const roots = await Promise.all(all.map((name) => add({ name, sha })));
  expect(await commit).toBeDefined();
  for (const root of roots) expect(await repo.git.state(root, signal)).toMatchObject({ head: sha, dirty: 0 });
  expect(await names()).toEqual(all);
  await Promise.all(all.map((name) => remove(name)));
  expect(registered()).toEqual([repo.root]);
});

describe('after a kill', () => {
  it('of git at any moment, a worktree is made whole by the next try', async () => {
    start(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`d${i % 7}/f${i}.txt`, `${i}\n`])));
    const sha = await snapshot();
    const files = inTree(sha);
    for (let at = 0; at < 200; at += 20) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), at);
      await repo.git
        .addWorktree(repo.root, 'cut', sha, [], controller.signal)
        .catch((error: unknown) => (controller.signal.aborted ? undefined : Promise.reject(error)));
      const root = await add({ name: 'cut', sha });
      expect(execFileSync('git', ['-C', root, 'ls-files'], { encoding: 'utf8' }).split('\n').filter(Boolean)).toEqual(
        files,
      );
      expect(await repo.git.state(root, signal)).toMatchObject({ head: sha, dirty: 0 });
      await remove('cut');
      expect([registered(), readdirSync(repo.worktrees)]).toEqual([[repo.root], []]);
    }
  }, 30_000);

  it('a half-made worktree is known, and made anew', async () => {
    start();
    const sha = await snapshot();
    const root = await add({ sha });
    rmSync(`${root}.json`); // written last: it is as if the kill came before it
    rmSync(join(root, 'a.txt'));
    expect(await names()).toEqual(['run-T-1']);
    expect(readFileSync(join(await add({ sha }), 'a.txt'), 'utf8')).toBe('one\n');
  });

  it('entries in git without a folder are pruned, ours only', async () => {
    start();
    repo.call('worktree', 'add', '-q', '--detach', join(repo.base, 'theirs'));
    rmSync(join(repo.base, 'theirs'), { recursive: true }); // a disk that is not there today, for all we know
    const root = await add();
    rmSync(root, { recursive: true });
    expect(await names()).toEqual(['run-T-1']);
    await add({ name: 'next' });
    expect(registered()).toEqual([repo.root, join(realpathSync(repo.worktrees), 'next'), join(repo.base, 'theirs')]);
    expect(await names()).toEqual(['next']);
    await remove('next');
    await remove('never-there');
    expect(await names()).toEqual([]);
  });

  it('a worktree is removed although the repository is gone', async () => {
    start();
    const root = await add();
    rmSync(join(repo.root, '.git'), { recursive: true });
    expect(await names()).toEqual(['run-T-1']);
    await remove();
    expect(existsSync(root)).toBe(false);
  });
});

it('runs nothing of a hostile repository, also not what its configuration names for the worktree alone', async () => {
  const evil = (name: string) => `sh -c 'touch ${join(repo.base, name)}; cat' --`;
  start({ 'a.txt': 'one\n', '.gitattributes': '*.txt filter=evil\n' });
  writeFileSync(
    join(repo.root, '.git/more'),
    `[filter "evil"]\n\tsmudge = ${JSON.stringify(evil('smudge'))}\n\tclean = ${JSON.stringify(evil('clean'))}\n\trequired = true\n`,
  );
  repo.call('config', 'includeIf.gitdir:**/worktrees/**.path', join(repo.root, '.git/more'));
  repo.call('config', 'core.fsmonitor', evil('fsmonitor'));
  for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction'])
    writeFileSync(join(repo.root, '.git/hooks', hook), `#!/bin/sh\ntouch ${join(repo.base, hook)}\n`, { mode: 0o755 });
  mkdirSync(join(repo.root, 'sub'));
  const sub = (...args: string[]) =>
    execFileSync('git', ['-C', join(repo.root, 'sub'), '-c', 'user.name=A', '-c', 'user.email=a@b', ...args], {
      stdio: 'pipe',
    });
  sub('init', '-q');
  writeFileSync(join(repo.root, 'sub/x.txt'), 'x');
  writeFileSync(join(repo.root, 'sub/.gitattributes'), '*.txt filter=inner\n');
  sub('add', '.');
  sub('commit', '-qm', 'Inner');
  repo.call('add', 'sub');
  repo.call('commit', '-qm', 'Sub');
  sub('config', 'filter.inner.clean', evil('inner'));
  writeFileSync(join(repo.root, 'sub/x.txt'), 'y');
  rmSync(join(repo.base, 'reference-transaction'), { force: true });
  for (const name of ['post-index-change', 'fsmonitor']) rmSync(join(repo.base, name), { force: true }); // the person's own calls above
  repo.put('a.txt', 'two\n');
  const root = await add();
  await repo.git.status(root, signal);
  await remove();
  expect(readdirSync(repo.base).sort()).toEqual(['app', 'home']);
});

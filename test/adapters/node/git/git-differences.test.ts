/** What a worktree holds that its commit did not. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGit } from '../../../../src/adapters/node/git/git.js';
import { createGitCommand } from '../../../../src/adapters/node/git/git-command.js';
import { decodeUtf8 } from '../../../../src/base/bytes.js';
import type { Root } from '../../../../src/core/model/primitives.js';
import { createRepository } from './repository.js';

const signal = new AbortController().signal;
let repo: ReturnType<typeof createRepository>;
beforeEach(() => void (repo = createRepository()));
afterEach(() => repo.dispose());

async function worktree(files: Record<string, string>, root = repo.root, link: string[] = []): Promise<Root> {
  for (const [path, text] of Object.entries(files)) repo.put(path, text);
  repo.call('add', '-A');
  repo.call('commit', '-qm', 'First');
  repo.put('uncommitted.txt', 'of the person\n');
  return await repo.git.addWorktree(
    root,
    'run-T1-1',
    (await repo.git.snapshot(repo.root, 'Work\n', signal)).sha,
    link,
    signal,
  );
}
const told = async (root: Root) =>
  (await repo.differences(root)).map(({ path, before }) => [path, before && decodeUtf8(before)]);

it('names changed, new and deleted files with what was there, and nothing else', async () => {
  const root = await worktree({
    'a.txt': 'one\n',
    'gone.txt': 'bye\n',
    'same.txt': 'same\n',
    '.gitignore': '*.log\nnode_modules/\n',
    'ünï “q”.txt': 'x\n',
  });
  expect(await told(root)).toEqual([]);
  writeFileSync(join(root, 'a.txt'), 'two\n');
  writeFileSync(join(root, 'ünï “q”.txt'), 'y\n');
  rmSync(join(root, 'gone.txt'));
  mkdirSync(join(root, 'dir'));
  writeFileSync(join(root, 'dir/new.txt'), 'new\n');
  writeFileSync(join(root, 'x.log'), 'ignored');
  expect(await told(root)).toEqual([
    ['a.txt', 'one\n'],
    ['dir/new.txt', null],
    ['gone.txt', 'bye\n'],
    ['ünï “q”.txt', 'x\n'],
  ]);
  // The person's own tree is none of its business.
  expect(repo.text('a.txt')).toBe('one\n');
});

it('leaves out links, linked packages and repositories inside it', async () => {
  repo.put('node_modules/left-pad/index.js', 'x');
  const root = await worktree({ 'a.txt': 'one\n', '.gitignore': 'node_modules/\n' }, repo.root, ['node_modules']);
  symlinkSync('a.txt', join(root, 'link.txt'));
  mkdirSync(join(root, 'inner'));
  repo.call('init', '-q', join(root, 'inner'));
  writeFileSync(join(root, 'inner/x.txt'), 'x');
  expect(await told(root)).toEqual([]);
});

it('speaks of a folder of the repository in that folder’s own paths', async () => {
  mkdirSync(join(repo.root, 'app'));
  const root = await worktree({ 'app/a.txt': 'one\n', 'other/b.txt': 'b\n' }, join(repo.root, 'app') as Root);
  writeFileSync(join(root, 'a.txt'), 'two\n');
  writeFileSync(join(root, 'new.txt'), 'new\n');
  expect(await told(root)).toEqual([
    ['a.txt', 'one\n'],
    ['new.txt', null],
  ]);
});

it('reads by a handful of calls whatever the number of files, none of them where they are too many or too much', async () => {
  const paths = Array.from({ length: 60 }, (_, n) => `d/file “${n}” \t.txt`);
  const root = await worktree(Object.fromEntries(paths.map((path, n) => [path, n % 7 === 0 ? '' : `before ${n}\n`])));
  const real = createGitCommand({
    env: { PATH: process.env['PATH'], HOME: join(repo.base, 'home') },
    platform: process.platform,
  });
  let calls: string[] = [];
  const git = createGit({
    command: (at, args, until, call) => (calls.push(args[0]!), real(at, args, until, call)),
    harmless: (text) => text,
    worktrees: repo.worktrees,
  });
  const limits = { files: 60, bytes: 10_000, fileBytes: 1000 };
  const look = async (with_ = limits) => {
    calls = [];
    return await git.differences(root, with_, signal);
  };
  writeFileSync(join(root, paths[1]!), 'after\n');
  await look();
  const few = calls.length;
  for (const path of paths) writeFileSync(join(root, path), 'after\n');
  const { count, files } = await look();
  expect([count, calls.length, files.map(({ before }) => before && decodeUtf8(before)).sort()]).toEqual([
    60,
    few,
    paths.map((_, n) => (n % 7 === 0 ? '' : `before ${n}\n`)).sort(),
  ]);
  // Too many, or too much: nothing is read.
  for (const narrow of [
    { ...limits, files: 59 },
    { ...limits, bytes: 500 },
  ]) {
    expect(await look(narrow)).toEqual({ count: 60, files: [] });
    expect(calls.filter((name) => name === 'cat-file').length).toBeLessThan(2);
  }
  // One large file is only not read itself.
  writeFileSync(join(root, 'new.iso'), 'x'.repeat(9_990));
  rmSync(join(root, paths[2]!));
  expect(
    (await look({ files: 61, bytes: 10_000, fileBytes: 8 })).files.find(({ path }) => path === paths[2]),
  ).toMatchObject({ before: undefined });
});

it('tells where a file may be run now, and did not before', async () => {
  repo.put('was.sh', '#!/bin/sh\n');
  chmodSync(join(repo.root, 'was.sh'), 0o755);
  const root = await worktree({ 'run.sh': '#!/bin/sh\n', 'same.sh': '#!/bin/sh\n' });
  chmodSync(join(root, 'run.sh'), 0o755);
  chmodSync(join(root, 'was.sh'), 0o644);
  writeFileSync(join(root, 'same.sh'), '#!/bin/sh\nexit\n');
  writeFileSync(join(root, 'new.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(root, 'new.txt'), 'x\n', { mode: 0o644 });
  expect((await repo.differences(root)).map(({ path, executable }) => [path, executable])).toEqual([
    ['new.sh', true],
    ['new.txt', undefined],
    ['run.sh', true],
    ['same.sh', undefined],
    ['was.sh', false],
  ]);
});

it('compares line ends and encodings as git would write them, also of strange names and below the top', async () => {
  mkdirSync(join(repo.root, 'app'));
  repo.put('.gitattributes', '*.crlf text eol=crlf\n*.u16 working-tree-encoding=UTF-16LE\n');
  const names = {
    'app/a.crlf': 'one\r\ntwo\r\n',
    'app/"q\nx.crlf': 'one\r\n',
    'app/b.u16': Buffer.from('hé\n', 'utf16le').toString('latin1'),
  };
  for (const [path, text] of Object.entries(names)) repo.put(path, Buffer.from(text, 'latin1'));
  const root = await worktree({}, join(repo.root, 'app') as Root);
  for (const path of ['a.crlf', '"q\nx.crlf', 'b.u16'])
    writeFileSync(join(root, path), Buffer.from('changed\r\n', path.endsWith('u16') ? 'utf16le' : 'latin1'));
  expect(
    (await repo.differences(root)).map(({ path, before }) => [path, before && Buffer.from(before).toString('latin1')]),
  ).toEqual([
    ['"q\nx.crlf', 'one\r\n'],
    ['a.crlf', 'one\r\ntwo\r\n'],
    ['b.u16', names['app/b.u16']],
  ]);
  // As the person would save them, with other line ends throughout.
  writeFileSync(join(root, 'a.crlf'), 'one\nthree\n');
  expect((await repo.differences(root)).find(({ path }) => path === 'a.crlf')).toMatchObject({
    before: new Uint8Array(Buffer.from('one\ntwo\n')),
  });
});

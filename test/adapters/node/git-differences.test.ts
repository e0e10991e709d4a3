/** What a worktree holds that its commit did not. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decodeUtf8 } from '../../../src/base/bytes.js';
import type { Root } from '../../../src/core/model/primitives.js';
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
  return await repo.git.addWorktree(root, 'run-T1-1', (await repo.git.snapshot(repo.root, 'Work\n', signal)).sha, link, signal);
}
const told = async (root: Root) => (await repo.git.differences(root, signal)).map(({ path, before }) => [path, before && decodeUtf8(before)]);

it('names changed, new and deleted files with what was there, and nothing else', async () => {
  const root = await worktree({ 'a.txt': 'one\n', 'gone.txt': 'bye\n', 'same.txt': 'same\n', '.gitignore': '*.log\nnode_modules/\n', 'ünï “q”.txt': 'x\n' });
  expect(await told(root)).toEqual([]);
  writeFileSync(join(root, 'a.txt'), 'two\n');
  writeFileSync(join(root, 'ünï “q”.txt'), 'y\n');
  rmSync(join(root, 'gone.txt'));
  mkdirSync(join(root, 'dir'));
  writeFileSync(join(root, 'dir/new.txt'), 'new\n');
  writeFileSync(join(root, 'x.log'), 'ignored');
  expect(await told(root)).toEqual([['a.txt', 'one\n'], ['dir/new.txt', null], ['gone.txt', 'bye\n'], ['ünï “q”.txt', 'x\n']]);
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
  expect(await told(root)).toEqual([['a.txt', 'one\n'], ['new.txt', null]]);
});

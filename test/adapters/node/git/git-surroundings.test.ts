/** What stands around a repository: whose it is, and the machine's folder for temporary files. */
import { chownSync, existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeError } from '../../../../src/core/view/sentences.js';
import { createRepository } from './repository.js';

const signal = new AbortController().signal;
let repo: ReturnType<typeof createRepository>;

describe.skipIf(process.getuid?.() !== 0)('a repository of another user of the machine', () => {
  beforeEach(() => {
    repo = createRepository();
    for (const path of [repo.root, join(repo.root, '.git')]) chownSync(path, 4321, 4321);
  });
  afterEach(() => repo.dispose());

  it('is said with the command that helps, and nothing is set', async () => {
    const error = await repo.git.stateOfHead(repo.root, signal).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'git-ownership', params: { folder: repo.root } });
    expect(describeError(error)).toContain(`git config --global --add safe.directory ${repo.root}`);
    expect(existsSync(join(repo.base, 'home/.gitconfig'))).toBe(false);
  });
});

describe('a TMPDIR that is not there', () => {
  const before = process.env['TMPDIR'];
  beforeEach(() => {
    repo = createRepository();
    process.env['TMPDIR'] = join(repo.base, 'nowhere/tmp');
  });
  afterEach(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    repo.dispose();
  });

  it('keeps no commit and no snapshot from being made, and nothing is left or made there', async () => {
    repo.put('a.txt', 'a\n');
    repo.call('add', '.');
    repo.call('commit', '-qm', 'first');
    expect(await repo.commit([repo.edit('a.txt', () => 'b\n')])).toMatchObject({ sha: expect.any(String) });
    expect(await repo.git.snapshot(repo.root, 'As it stands\n', signal)).toMatchObject({ sha: expect.any(String) });
    expect(existsSync(join(repo.base, 'nowhere'))).toBe(false);
    expect(readdirSync(join(dirname(repo.worktrees), 'temporary'))).toEqual([]);
  });

  it('what a killed process left is removed a day later', async () => {
    const folder = join(dirname(repo.worktrees), 'temporary');
    for (const [name, age] of [
      ['git-old', 25],
      ['git-new', 1],
    ] as const) {
      mkdirSync(join(folder, name), { recursive: true });
      const at = Date.now() / 1000 - age * 3600;
      utimesSync(join(folder, name), at, at);
    }
    repo.put('a.txt', 'a\n');
    repo.call('add', '.');
    repo.call('commit', '-qm', 'first');
    await repo.git.snapshot(repo.root, 'As it stands\n', signal);
    expect(readdirSync(folder)).toEqual(['git-new']);
  });
});

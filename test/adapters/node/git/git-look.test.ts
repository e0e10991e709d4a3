/** How a tree differs from HEAD, in real repositories: each kind of change, and what must not happen while looking. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { asRoot, type Root } from '../../../../src/core/model/primitives.js';
import type { LookEntry } from '../../../../src/core/ports/ports.js';
import { createRepository } from './repository.js';

const signal = new AbortController().signal;
const sha = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
let repository: ReturnType<typeof createRepository>;
let kept: Map<string, Uint8Array>;
let reads: number;
beforeEach(() => {
  repository = createRepository();
  kept = new Map();
  reads = 0;
  repository.put('a.txt', 'one\n');
  repository.put('src/b.txt', 'two\n');
  repository.put('.gitignore', 'ignored/\n');
  repository.call('add', '.');
  repository.call('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'First');
});
afterEach(() => repository.dispose());

async function look(root: Root = repository.root, limits = { files: 1000, fileBytes: 1000, bytes: 2000 }) {
  const found = await repository.git.look(
    root,
    {
      limits,
      kept: (hash) => kept.has(hash),
      leave: (path, owned) => path.startsWith('out/') && !owned('out'),
      keep: async (bytes) => {
        reads += 1;
        kept.set(sha(bytes), bytes.slice());
        return sha(bytes);
      },
    },
    signal,
  );
  return found.kind === 'ok' ? found.entries : found;
}
const short = (entries: Awaited<ReturnType<typeof look>>) =>
  (entries as LookEntry[]).map((entry) => `${entry.path} ${entry.kind}${entry.tracked ? '' : ' new'}`);

it('tells nothing of a clean tree, and every kind of change of another', async () => {
  expect(await look()).toEqual([]);
  repository.put('a.txt', 'changed\n');
  repository.put('new file.txt', 'new\n');
  repository.put('ignored/x.txt', 'x\n');
  rmSync(join(repository.root, 'src/b.txt'));
  symlinkSync('a.txt', join(repository.root, 'link'));
  const entries = await look();
  expect(short(entries)).toEqual(['a.txt file', 'link link new', 'new file.txt file new', 'src/b.txt gone']);
  expect((entries as LookEntry[])[0]).toMatchObject({ hash: sha('changed\n'), mark: sha('changed\n'), size: 8 });
  expect([...kept.keys()].sort()).toEqual([sha('changed\n'), sha('new\n')].sort());
});

it('sees a mode, a case-only rename, a staged file, and a file in the place of a link', async () => {
  chmodSync(join(repository.root, 'a.txt'), 0o755);
  renameSync(join(repository.root, 'src/b.txt'), join(repository.root, 'src/B.txt'));
  repository.put('staged.txt', 's\n');
  repository.call('add', 'staged.txt');
  const entries = await look();
  expect(short(entries)).toEqual(['a.txt file', 'src/B.txt file new', 'src/b.txt gone', 'staged.txt file']);
  expect((entries as LookEntry[])[0]).toMatchObject({ executable: true });
});

it('reads again only what is other than at the last look, also where size and time are the same', async () => {
  repository.put('a.txt', 'xxx\n');
  const old = new Date(Date.now() - 60_000);
  utimesSync(join(repository.root, 'a.txt'), old, old);
  await look();
  await new Promise((resolve) => setTimeout(resolve, 60)); // older than the disk's clock is coarse
  await look();
  const before = reads;
  await look();
  expect(reads).toBe(before);
  repository.put('a.txt', 'yyy\n');
  utimesSync(join(repository.root, 'a.txt'), old, old);
  expect((await look()) as LookEntry[]).toMatchObject([{ path: 'a.txt', hash: sha('yyy\n') }]);
});

it('looks into a sub-folder only, and into a worktree', async () => {
  repository.put('a.txt', 'changed\n');
  repository.put('src/b.txt', 'changed\n');
  repository.put('src/new.txt', 'new\n');
  expect(short(await look(asRoot(join(repository.root, 'src'))))).toEqual(['b.txt file', 'new.txt file new']);
  const committed = await repository.git.committed(
    asRoot(join(repository.root, 'src')),
    'HEAD',
    ['b.txt', 'new.txt'],
    1000,
    signal,
  );
  expect([...committed].map(([path, { bytes }]) => [path, Buffer.from(bytes!).toString()])).toEqual([
    ['b.txt', 'two\n'],
  ]);
  const { sha: base } = await repository.git.snapshot(repository.root, 'Base\n', signal);
  const worktree = await repository.git.addWorktree(repository.root, 'w-1', base, [], signal);
  expect(await look(worktree)).toEqual([]);
});

it('compares by stat what git was told not to watch', async () => {
  repository.call('update-index', '--assume-unchanged', 'a.txt');
  repository.call('update-index', '--skip-worktree', 'src/b.txt');
  const before = (await look()) as LookEntry[];
  expect(before).toMatchObject([
    { path: 'a.txt', unwatched: true },
    { path: 'src/b.txt', unwatched: true },
  ]);
  repository.put('a.txt', 'two\n');
  const after = (await look()) as LookEntry[];
  expect(after[0]!.mark).not.toBe(before[0]!.mark);
  expect(after[1]).toEqual(before[1]);
});

it('does not read what is too large, nor more than all together, nor what is to be left', async () => {
  repository.put('large.bin', 'x'.repeat(1001));
  repository.put('n1.txt', 'a'.repeat(900));
  repository.put('n2.txt', 'b'.repeat(900));
  repository.put('n3.txt', 'c'.repeat(900));
  repository.put('out/x.js', 'x');
  const entries = (await look()) as LookEntry[];
  expect(entries.filter((entry) => entry.hash).map((entry) => entry.path)).toEqual(['n1.txt', 'n2.txt']);
  expect(entries.find((entry) => entry.path === 'out/x.js')).toMatchObject({ left: true });
  expect(await look(repository.root, { files: 3, fileBytes: 10, bytes: 10 })).toEqual({ kind: 'too-many', count: 5 });
});

it('runs nothing of the repository and leaves its index as it is', async () => {
  const ran = join(repository.base, 'ran');
  const script = join(repository.base, 'evil.sh');
  repository.put('../evil.sh', `#!/bin/sh\ntouch ${ran}\ncat\n`);
  chmodSync(script, 0o755);
  for (const [key, value] of [
    ['core.fsmonitor', script],
    ['diff.external', script],
    ['filter.evil.clean', script],
    ['filter.evil.smudge', script],
    ['filter.evil.required', 'true'],
  ] as const)
    repository.call('config', key, value);
  repository.put('.gitattributes', '*.txt filter=evil\n');
  const index = join(repository.root, '.git/index');
  const before = statSync(index).mtimeMs;
  repository.put('a.txt', 'changed\n');
  expect(short(await look())).toContain('a.txt file');
  await repository.git.committed(repository.root, 'HEAD', ['a.txt'], 1000, signal);
  expect(existsSync(ran)).toBe(false);
  expect(statSync(index).mtimeMs).toBe(before);
});

it('knows the bytes of a Git LFS file by its pointer, and gives no text of it', async () => {
  const real = 'the real bytes\n';
  repository.put('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
  repository.put('x.bin', `version https://git-lfs.github.com/spec/v1\noid sha256:${sha(real)}\nsize ${real.length}\n`);
  repository.call('add', '.');
  repository.call('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'LFS');
  const found = await repository.git.committed(repository.root, 'HEAD', ['x.bin'], 1000, signal);
  expect(found.get('x.bin')).toEqual({ bytes: undefined, why: 'filtered', executable: false, sha256: sha(real) });
  repository.put('new.bin', 'new\n');
  expect(await look()).toMatchObject([{ path: 'new.bin', kind: 'file', filtered: true }]);
});

it('says why a commit has no text of a link or a large file', async () => {
  symlinkSync('a.txt', join(repository.root, 'link'));
  repository.put('large.txt', 'x'.repeat(2000));
  repository.call('add', '.');
  repository.call('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'Others');
  const found = await repository.git.committed(repository.root, 'HEAD', ['link', 'large.txt'], 1000, signal);
  expect([...found].map(([path, file]) => [path, file.bytes, file.why])).toEqual([
    ['large.txt', undefined, 'large'],
    ['link', undefined, 'link'],
  ]);
});

it('tells that a submodule stands at another commit', async () => {
  const inner = join(repository.base, 'inner');
  mkdirSync(inner);
  const git = (...args: string[]) => repository.call('-C', inner, '-c', 'user.name=A', '-c', 'user.email=a@b', ...args);
  git('init', '-q');
  git('commit', '-qm', 'One', '--allow-empty');
  repository.call('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'sub');
  repository.call('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'Sub');
  expect(await look()).toEqual([]);
  const sub = join(repository.root, 'sub');
  repository.call('-C', sub, '-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'Two', '--allow-empty');
  const entries = (await look()) as LookEntry[];
  expect(entries).toMatchObject([{ path: 'sub', kind: 'submodule' }]);
  expect(entries[0]!.mark).toBe(repository.call('-C', sub, 'rev-parse', 'HEAD').trim());
});

it('looks at a repository without a commit, and says where there is none', async () => {
  const fresh = createRepository({ init: false });
  try {
    expect(await fresh.git.look(fresh.root, lookAsk(), signal)).toEqual({ kind: 'none' });
    fresh.call('init', '-q');
    fresh.put('a.txt', 'a\n');
    expect(await fresh.git.look(fresh.root, lookAsk(), signal)).toMatchObject({
      kind: 'ok',
      head: null,
      entries: [{ path: 'a.txt', tracked: false }],
    });
  } finally {
    fresh.dispose();
  }
});
const lookAsk = () => ({
  limits: { files: 10, fileBytes: 10, bytes: 10 },
  kept: () => false,
  leave: () => false,
  keep: async (bytes: Uint8Array) => sha(bytes),
});

/** A real repository in a temporary folder, apart from this machine's own git configuration. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGit } from '../../../../src/adapters/node/git/git.js';
import { createGitCommand } from '../../../../src/adapters/node/git/git-command.js';
import { encodeUtf8 } from '../../../../src/base/bytes.js';
import { asRoot, type Root } from '../../../../src/core/model/primitives.js';
import type { GitCommitFile } from '../../../../src/core/ports/ports.js';

export function createRepository(
  options: {
    env?: Record<string, string>;
    signingMs?: number;
    identity?: boolean;
    init?: boolean;
    format?: 'sha1' | 'sha256';
  } = {},
) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'git-')));
  const home = join(base, 'home');
  const root: Root = asRoot(join(base, 'app'));
  const worktrees = join(base, 'home/data/worktrees');
  mkdirSync(home);
  mkdirSync(root);
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    ...options.env,
  };
  const call = (...args: string[]) => execFileSync('git', args, { cwd: root, env, stdio: 'pipe', encoding: 'utf8' });
  const repository = {
    base,
    root,
    worktrees,
    git: createGit({
      command: createGitCommand({ env, platform: process.platform }),
      harmless: (text) => text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, ''),
      worktrees,
      ...(options.signingMs !== undefined && { signingMs: options.signingMs }),
    }),
    call,
    put(path: string, text: string | Uint8Array) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    text: (path: string) => readFileSync(join(root, path), 'utf8'),
    identity() {
      call('config', 'user.name', 'Ada');
      call('config', 'user.email', 'ada@example.org');
    },
    /** Applies the task's edit on disk, as the engine would have, and gives what the commit needs. */
    edit(path: string, change: (text: string) => string | null): GitCommitFile {
      const before = repository.text(path);
      const after = change(before);
      if (after === null) rmSync(join(root, path));
      else repository.put(path, after);
      return { path, before: encodeUtf8(before), after: after === null ? null : encodeUtf8(after) };
    },
    commit: (files: GitCommitFile[], message = 'Task\n', more: { sign?: true } = {}) =>
      repository.git.commit(root, { message, files, ...more }, new AbortController().signal),
    async differences(folder: Root) {
      return (
        await repository.git.differences(
          folder,
          { files: 1000, bytes: 1e8, fileBytes: 1e7 },
          new AbortController().signal,
        )
      ).files;
    },
    async allDifferences(folder: Root = root): Promise<string> {
      const signal = new AbortController().signal;
      return await repository.git.diff(folder, await repository.git.differing(folder, [], signal), signal);
    },
    dispose: () => rmSync(base, { recursive: true }),
  };
  if (options.init !== false) {
    call('init', '-q', '-b', 'main', `--object-format=${options.format ?? 'sha1'}`);
    if (options.identity !== false) repository.identity();
  }
  return repository;
}

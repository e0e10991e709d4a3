/** What every Git keeps. The repository under test has one commit with `a.txt`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../src/base/bytes.js';
import type { Root } from '../../src/core/model/primitives.js';
import type { Git, GitCommitFile } from '../../src/core/ports/ports.js';
import { codeOf } from './workspace.js';

export interface GitUnderTest {
  git: Git;
  root: Root;
  /** Brings it into a state in which a commit is refused. */
  become(state: 'detached' | 'merge' | 'no-identity' | 'no-repository'): Promise<void>;
  dispose(): Promise<void>;
}

export const committed = (path: string, before: string | null, after: string | null, from?: string): GitCommitFile => ({
  path,
  ...(from === undefined ? {} : { from }),
  before: before === null ? null : encodeUtf8(before),
  after: after === null ? null : encodeUtf8(after),
});

export function gitContract(
  name: string,
  make: (first: { path: string; text: string }) => Promise<GitUnderTest>,
): void {
  describe(`git: ${name}`, () => {
    let subject: GitUnderTest;
    const signal = new AbortController().signal;
    beforeEach(async () => void (subject = await make({ path: 'a.txt', text: 'one\n' })));
    afterEach(() => subject.dispose());
    const commit = async (message: string, ...files: GitCommitFile[]) => {
      const done = await subject.git.commit(subject.root, { message, files }, signal);
      return done?.sha === undefined ? undefined : { sha: done.sha };
    };

    it('tells head, branch and identity', async () => {
      const state = await subject.git.state(subject.root, signal);
      expect(state).toMatchObject({ kind: 'ok', branch: 'main', inProgress: null, identity: true });
      expect(state.kind === 'ok' && state.head).toMatch(/^[0-9a-f]{40}$/);
      expect(await subject.git.stateOfHead(subject.root, signal)).toEqual({ ...state, dirty: 0 });
    });

    it('commits a difference, moves the head, and finds the commit by its trailer', async () => {
      const first = await commit(
        'Change a\n\nWhy.\n\nOpenExec-Task: T-1\nOpenExec-Step: r/t/1/s/1\n',
        committed('a.txt', 'one\n', 'two\n'),
      );
      const second = await commit('Add b\n\nOpenExec-Task: T-2\n', committed('b.txt', null, 'b\n'));
      expect(first!.sha).not.toBe(second!.sha);
      expect(await subject.git.state(subject.root, signal)).toMatchObject({ head: second!.sha });
      expect(await subject.git.findTrailer(subject.root, 'OpenExec-Step', 'r/t/1/s/1', 10, signal)).toBe(first!.sha);
      expect(await subject.git.findTrailer(subject.root, 'OpenExec-Step', 'r/t/1/s', 10, signal)).toBeUndefined();
      expect(await subject.git.findTrailer(subject.root, 'OpenExec-Task', 'T-1', 1, signal)).toBeUndefined(); // one further back
      const log = await subject.git.log(subject.root, 2, signal);
      expect(log.split('\n').map((entry) => entry.includes('Add b') || entry.includes('Change a'))).toEqual([
        true,
        true,
        false,
      ]);
    });

    it('tells which paths a commit changed, and nothing of one that is not in the history', async () => {
      const first = await commit('One', committed('a.txt', 'one\n', 'two\n'), committed('src/b.txt', null, 'b\n'));
      const second = await commit(
        'Two',
        committed('c.txt', 'two\n', 'two\n', 'a.txt'),
        committed('src/b.txt', 'b\n', null),
      );
      const found = await subject.git.changed(subject.root, [first!.sha, 'f'.repeat(40), second!.sha], signal);
      expect(Object.fromEntries(found)).toEqual({
        [first!.sha]: ['a.txt', 'src/b.txt'],
        [second!.sha]: ['a.txt', 'c.txt', 'src/b.txt'],
      });
      expect([...(await subject.git.changed(subject.root, [], signal))]).toEqual([]);
    });

    it('looks at what differs from HEAD, and gives what HEAD has', async () => {
      const { git, root } = subject;
      const ask = {
        keep: async () => '0'.repeat(64),
        kept: () => false,
        leave: () => false,
        limits: { files: 100, fileBytes: 1000, bytes: 1000 },
      };
      const { head } = (await git.stateOfHead(root, signal)) as { head: string };
      expect(await git.look(root, ask, signal)).toEqual({ kind: 'ok', head, branch: 'main', entries: [] });
      const found = await git.committed(root, head, ['a.txt', 'none.txt'], 1000, signal);
      expect([...found]).toEqual([['a.txt', { bytes: encodeUtf8('one\n'), executable: false }]]);
      expect((await git.committed(root, head, ['a.txt'], 1, signal)).get('a.txt')?.bytes).toBeUndefined();
      await subject.become('no-repository');
      expect(await git.look(root, ask, signal)).toEqual({ kind: 'none' });
    });

    it('holds a commit that is to be made against the tree, and moves nothing', async () => {
      const { git, root } = subject;
      const { head } = (await git.stateOfHead(root, signal)) as { head: string };
      const change = (path: string, after: string) => ({ path, before: null, after: encodeUtf8(after) });
      const files = [{ ...change('a.txt', 'two\n'), before: encodeUtf8('one\n') }];
      const found = (await git.compareCommit(root, { message: 'Two', files }, signal))!;
      expect(found.sha).toMatch(/^[0-9a-f]{40}$/);
      expect(found.tree).not.toBe(found.verified);
      expect(found.differs).toEqual(['a.txt']); // the tree has it as it was
      expect(await git.stateOfHead(root, signal)).toMatchObject({ head });
      await subject.become('no-repository');
      const outcome = await git.compareCommit(root, { message: 'x', files }, signal).catch((error: unknown) => error);
      expect(outcome instanceof Error || outcome === undefined).toBe(true);
    });

    it('shows no difference of no file', async () => {
      expect(await subject.git.differing(subject.root, [], signal)).toEqual([]);
      expect(await subject.git.diff(subject.root, [], signal)).toBe('');
    });

    it('gives undefined when there is nothing to commit', async () => {
      expect(await commit('Nothing')).toBeUndefined();
      expect(await commit('Nothing', committed('a.txt', 'one\n', 'one\n'))).toBeUndefined();
      expect(await commit('Nothing', committed('gone.txt', 'x', null))).toBeUndefined();
    });

    it('makes the same commit when it may sign and git signs none of the person’s', async () => {
      const made = await subject.git.commit(
        subject.root,
        { message: 'Change a\n', files: [committed('a.txt', 'one\n', 'two\n')], sign: true },
        signal,
      );
      expect(await subject.git.stateOfHead(subject.root, signal)).toMatchObject({ head: made!.sha });
    });

    it('starts a branch at the head, once', async () => {
      const { git, root } = subject;
      const before = await git.state(root, signal);
      await git.startBranch(root, 'openexec/run_1', signal);
      await git.startBranch(root, 'openexec/run_1', signal);
      expect(await git.state(root, signal)).toEqual({ ...before, branch: 'openexec/run_1' });
      const { sha } = (await commit('Change a\n', committed('a.txt', 'one\n', 'two\n')))!;
      expect(await git.state(root, signal)).toMatchObject({ head: sha, branch: 'openexec/run_1' });
      expect(await codeOf(git.startBranch(root, 'main', signal))).toBe('git-state');
    });

    it.each(['merge', 'no-repository'] as const)('starts no branch: %s', async (state) => {
      await subject.become(state);
      expect(await codeOf(subject.git.startBranch(subject.root, 'openexec/run_1', signal))).toBe('git-state');
    });

    it('makes worktrees of a snapshot, by name, and removes them', async () => {
      const { git, root } = subject;
      expect(await git.worktrees(root, signal)).toEqual([]);
      const { sha } = await git.snapshot(root, 'Work\n', signal);
      expect(sha).toMatch(/^[0-9a-f]{40}$/);
      expect(await git.snapshot(root, 'Work\n', signal)).toEqual({ sha });
      const first = await git.addWorktree(root, 'run_1-T-2', sha, [], signal);
      expect(await git.addWorktree(root, 'run_1-T-2', sha, ['node_modules'], signal)).toBe(first);
      const second = await git.addWorktree(root, 'run_1-T.1', sha, [], signal);
      expect(new Set([root, first, second]).size).toBe(3);
      expect(await git.state(first, signal)).toMatchObject({ kind: 'ok', head: sha, branch: null });
      expect(await git.worktrees(root, signal)).toEqual(['run_1-T-2', 'run_1-T.1']);
      await git.removeWorktree(root, 'run_1-T-2', signal);
      await git.removeWorktree(root, 'run_1-T-2', signal);
      expect(await git.worktrees(root, signal)).toEqual(['run_1-T.1']);
      expect(await git.state(root, signal)).toMatchObject({ branch: 'main' });
    });

    it('makes no worktree of an unknown commit, by no plain name, or without a repository', async () => {
      const { git, root } = subject;
      const { sha } = await git.snapshot(root, 'Work\n', signal);
      expect(await codeOf(git.addWorktree(root, 'one', 'f'.repeat(40), [], signal))).toBe('git-failed');
      for (const bad of ['', '..', '../x', 'a/b', '-x', 'x.json', 'x.'])
        expect(await codeOf(git.addWorktree(root, bad, sha, [], signal)), bad).toBe('path-invalid');
      await subject.become('no-repository');
      expect(await codeOf(git.snapshot(root, 'Work\n', signal))).toBe('git-state');
      expect(await codeOf(git.addWorktree(root, 'one', sha, [], signal))).toBe('git-state');
    });

    it.each([
      ['detached', 'git-state'],
      ['merge', 'git-state'],
      ['no-identity', 'git-identity'],
      ['no-repository', 'git-state'],
    ] as const)('refuses to commit: %s', async (state, code) => {
      await subject.become(state);
      expect(await codeOf(commit('x', committed('a.txt', 'one\n', 'two\n')))).toBe(code);
    });
  });
}

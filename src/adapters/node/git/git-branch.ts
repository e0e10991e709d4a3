/**
 * A branch of a run's own: made at HEAD and checked out by name alone, so that neither the tree nor the index changes.
 */
import { OpenExecError } from '../../../core/errors.js';
import type { Git } from '../../../core/ports/ports.js';
import type { GitCommand, GitResult } from './git-command.js';
import { lockIndex } from './index-lock.js';
import { moveRef } from './move-ref.js';
import { calm, checked, line, openRepository } from './git-repository.js';

export function createStartBranch(command: GitCommand): Git['startBranch'] {
  return async (root, name, signal) => {
    const must = async (args: readonly string[]): Promise<GitResult> => checked(await command(root, args, calm()));
    const repository = await openRepository(command, root, signal);
    const create = async ({ gitDir, top }: { gitDir: string; top: string }, head: string, made: string) => {
      const lock = await lockIndex(gitDir);
      const call = (args: readonly string[]) => command(root, args, calm(), { cwd: top });
      try {
        checked(
          await moveRef(call, { gitDir, cwd: top, ref: made, to: head, from: '', why: 'branch: Created from HEAD' }),
        );
      } finally {
        lock.dispose();
      }
    };
    const refuse = (state: string) => new OpenExecError('git-state', { state });
    if (!repository) throw refuse('this folder is not in a git repository');
    if (repository.inProgress) throw refuse(`a ${repository.inProgress} is in progress`);
    if (repository.head === null) throw refuse('there is no first commit yet');
    const ref = `refs/heads/${name}`;
    checked(await command(root, ['check-ref-format', ref], signal));
    if (repository.ref === ref) return;
    const there = await command(root, ['rev-parse', '--verify', '--quiet', ref], signal);
    // At HEAD it may be of a start that was cut off between the two steps below.
    if (there.code === 0 && line(there) !== repository.head) throw refuse(`there is a branch ${name} already`);
    signal.throwIfAborted();
    if (there.code !== 0) await create(repository, repository.head, ref);
    // As `git switch` writes it: `git switch -` leads back by this line.
    const from = repository.ref?.replace(/^refs\/heads\//, '') ?? repository.head;
    await must(['symbolic-ref', '-m', `checkout: moving from ${from} to ${name}`, 'HEAD', ref]);
  };
}

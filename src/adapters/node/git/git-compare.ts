/** A commit that is to be made, held against the tree as it stands. */
import type { Git } from '../../../core/ports/ports.js';
import { commitObject } from './git-commit.js';
import type { GitCommand } from './git-command.js';
import { checked, fields, line } from './git-repository.js';

export function createCompare(command: GitCommand, snapshot: Git['snapshot'], worktrees: string): Git['compareCommit'] {
  return async (root, request, signal) => {
    const made = await commitObject(command, root, request, worktrees, signal);
    if (!made) return undefined;
    const { sha, left } = made;
    const now = await snapshot(root, 'As verified', signal);
    const must = async (args: readonly string[]) => checked(await command(root, args, signal));
    const treeOf = async (commit: string) => line(await must(['rev-parse', '--verify', `${commit}^{tree}`]));
    const [tree, verified] = [await treeOf(sha), await treeOf(now.sha)];
    const differs =
      tree === verified
        ? []
        : fields(
            (
              await must([
                'diff-tree',
                '-r',
                '-z',
                '--name-only',
                '--no-renames',
                '--no-ext-diff',
                '--relative',
                tree,
                verified,
              ])
            ).stdout,
          ).sort();
    return { sha, tree, verified, differs, left };
  };
}

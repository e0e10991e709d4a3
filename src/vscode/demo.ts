/**
 * Gives the copied demo its git history and an identity to commit with.
 * Only ever in a folder that Open Demo made, and only once it is trusted.
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { childEnvironment } from '../core/policy/child-environment.js';

/** Resolves with why there is no history, e.g. no git program: the demo then runs without commits. */
export async function prepareDemo(folder: string): Promise<string | undefined> {
  const there = await stat(path.join(folder, '.git')).then(
    () => true,
    () => false,
  );
  if (there) return undefined;
  const steps = [
    ['init', '-q', '-b', 'main'],
    ['config', 'user.name', 'OpenExec Demo'],
    ['config', 'user.email', 'demo@openexec.invalid'],
    ['add', '-A'],
    ['-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgsign=false', 'commit', '-q', '-m', 'A small quotes service'],
  ];
  for (const step of steps) {
    const failure = await git(folder, step);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

const git = (cwd: string, args: string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile('git', args, { cwd, env: childEnvironment(process.env), timeout: 30_000 }, (error, _out, said) =>
      resolve(error ? `git ${args[0] ?? ''}: ${said.trim() || error.message}` : undefined),
    );
  });

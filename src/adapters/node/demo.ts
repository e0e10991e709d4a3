/**
 * Makes a copy of the demo project that is its own repository:
 * a few commits with fixed authors and dates, and an identity to commit with.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { OpenExecError } from '../../core/errors.js';
import { childEnvironment } from '../../core/policy/child-environment.js';

const run = promisify(execFile);

const author = { name: 'Quotes Team', email: 'quotes@example.com' };
const history: readonly { message: string; date: string; paths: readonly string[] }[] = [
  {
    message: 'Start the quotes API',
    date: '2026-03-02T09:00:00Z',
    paths: ['package.json', '.gitignore', 'data', 'src'],
  },
  { message: 'Test the two routes', date: '2026-03-02T10:30:00Z', paths: ['test'] },
  { message: 'Add a linter and a build without dependencies', date: '2026-03-03T08:15:00Z', paths: ['scripts'] },
  { message: 'Say what this is and where it goes', date: '2026-03-04T14:40:00Z', paths: ['.'] },
];

/**
 * Copies `from` to `to`, which must be empty or absent, and gives it a git history. Without a git program the copy
 * stays without one, and `history` is false: runs in it make no commits, and whoever opens it says so.
 */
export async function copyDemo(from: string, to: string): Promise<{ history: boolean }> {
  await mkdir(to, { recursive: true });
  if ((await readdir(to)).length > 0)
    throw new OpenExecError('file-unwritable', { path: to, reason: 'the folder is not empty' });
  await cp(from, to, {
    recursive: true,
    filter: (file) => !['dist', 'node_modules'].includes(path.basename(file)) || file === from,
  });
  // Under its real name it would rule what is packaged with the product.
  await rename(path.join(to, 'gitignore'), path.join(to, '.gitignore'));
  return { history: await makeHistory(to) };
}

async function makeHistory(folder: string): Promise<boolean> {
  const env = childEnvironment(process.env);
  const git = (args: string[], date = '') =>
    run('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgSign=false', '-c', 'core.autocrlf=false', ...args], {
      cwd: folder,
      env: { ...env, ...(date && { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }) },
    });
  try {
    await git(['init', '--quiet', '--template=', '--initial-branch=main']);
  } catch (error) {
    // No git program: the copy is still a good demo
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new OpenExecError(
      'git-failed',
      { detail: error instanceof Error ? error.message : String(error) },
      undefined,
      { cause: error },
    );
  }
  await git(['config', 'user.name', author.name]);
  await git(['config', 'user.email', author.email]);
  for (const { message, date, paths } of history) {
    await git(['add', '--', ...paths]);
    await git(['commit', '--quiet', '-m', message], date);
  }
  return true;
}

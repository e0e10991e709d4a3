/** Commands in a worktree of ours, which lies in the data home: a folder that no command may look into otherwise. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from '../../../src/adapters/sandbox/bubblewrap.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import { createRunnerHarness } from '../node/harness.js';
import { createRepository } from '../node/git/repository.js';

const signal = new AbortController().signal;
const detected = await createSandbox({ path: process.env['PATH'], platform: process.platform }).detect();

describe.skipIf(!detected.works)(
  `a worktree in the sandbox (${detected.works ? 'works here' : `does not work here: ${detected.reason}`})`,
  () => {
    let repo: ReturnType<typeof createRepository>;
    let harness: ReturnType<typeof createRunnerHarness>;
    beforeEach(() => {
      repo = createRepository();
      const dataDir = join(repo.worktrees, '..');
      harness = createRunnerHarness({
        worktrees: repo.worktrees,
        sandbox: createSandbox({
          path: process.env['PATH'],
          platform: process.platform,
          hidden: [join(repo.base, 'home')],
        }),
      });
      mkdirSync(dataDir, { recursive: true });
      repo.put('../home/data/openexec.db', 'secret');
      for (const [path, text] of Object.entries({
        '.gitignore': 'node_modules/\n',
        'app/a.txt': 'one\n',
        'shared.txt': 'shared\n',
      }))
        repo.put(path, text);
      repo.call('add', '.');
      repo.call('commit', '-qm', 'First');
      repo.put('app/node_modules/dep/index.js', 'module.exports = "dep";\n');
      mkdirSync(join(repo.root, 'app/node_modules/.bin'));
      symlinkSync('../dep/index.js', join(repo.root, 'app/node_modules/.bin/dep'));
    });
    afterEach(() => {
      harness.dispose();
      repo.dispose();
    });

    for (const folder of ['', 'app'] as const) {
      it(`writes in its own files only, finds what is linked, and asks git (${folder === '' ? 'a whole repository' : 'a sub-folder'})`, async () => {
        const root = asRoot(join(repo.root, folder));
        const { sha } = await repo.git.snapshot(root, 'Work\n', signal);
        const link = folder === '' ? ['app/node_modules'] : ['node_modules'];
        const worktree = await repo.git.addWorktree(root, 'run-T-1', sha, link, signal);
        const modules = folder === '' ? 'app/node_modules' : 'node_modules';
        const run = async (script: string) => {
          const outcome = await harness.run(script, { root: worktree });
          expect(outcome.sandboxedBy).toBe('bubblewrap');
          return outcome.head;
        };
        expect(await run(`node -p 'require("./${modules}/dep")'; cat ${modules}/.bin/dep`)).toBe(
          'dep\nmodule.exports = "dep";\n',
        );
        expect(await run(`echo task > new.txt; echo cache > ${modules}/.cache; cat new.txt ${modules}/.cache`)).toBe(
          'task\ncache\n',
        );
        expect(await run('git status --porcelain && git log --format=%s')).toBe(
          `?? ${folder === '' ? '' : 'app/'}new.txt\nWork\nFirst\n`,
        );
        const tries = [
          `${modules}/dep/index.js`,
          folder === '' ? '.git' : '../.git',
          join(repo.root, '.git/config'),
          ...(folder === '' ? [] : ['../shared.txt']),
        ];
        for (const path of tries)
          expect(await run(`(echo evil >> ${path}) 2>/dev/null || echo refused`), path).toBe('refused\n');
        await run(`(echo evil >> ${join(repo.root, 'app/a.txt')}) 2>/dev/null`); // where /tmp is the command's own, it writes there
        expect(repo.text('app/a.txt')).toBe('one\n');
        expect(
          await run(
            `cat ${join(repo.base, 'home/data/openexec.db')} 2>/dev/null || echo hidden; ls ${join(repo.base, 'home')} ${repo.worktrees}`,
          ),
        ).toBe(`hidden\n${join(repo.base, 'home')}:\ndata\n\n${repo.worktrees}:\nrun-T-1\n`);
        expect(readFileSync(join(repo.root, 'app/node_modules/dep/index.js'), 'utf8')).toBe(
          'module.exports = "dep";\n',
        );
        expect(execFileSync('git', ['-C', worktree, 'status', '--porcelain'], { encoding: 'utf8' })).toMatch(
          /new\.txt\n$/,
        );
        await repo.git.removeWorktree(root, 'run-T-1', signal);
        expect([existsSync(worktree), existsSync(join(repo.root, 'app/node_modules/dep/index.js'))]).toEqual([
          false,
          true,
        ]);
      });
    }

    it('sees nothing of another worktree', async () => {
      const { sha } = await repo.git.snapshot(repo.root, 'Work\n', signal);
      const [one, two] = [
        await repo.git.addWorktree(repo.root, 'one', sha, [], signal),
        await repo.git.addWorktree(repo.root, 'two', sha, [], signal),
      ];
      expect(
        (await harness.run(`cat ${join(two, 'shared.txt')} 2>/dev/null || echo hidden; cat shared.txt`, { root: one }))
          .head,
      ).toBe('hidden\nshared\n');
    });
  },
);

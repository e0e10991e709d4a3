/** What a command of a run costs beside itself: the tree is looked at before and after it, here with 50,000 files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGit } from '../../src/adapters/node/git/git.js';
import { createGitCommand } from '../../src/adapters/node/git/git-command.js';
import { asRoot } from '../../src/core/model/primitives.js';
import { leftoverOf } from '../../src/core/project/leftovers.js';
import { median, runGroups, type Group } from './measure.js';

const FILES = 50_000;
const signal = new AbortController().signal;

const groups: Group[] = [
  {
    names: ['realwork.compare50k'],
    async run() {
      const base = mkdtempSync(path.join(realpathSync(tmpdir()), 'openexec-bench-'));
      try {
        const root = path.join(base, 'project');
        for (let folder = 0; folder < FILES / 100; folder++) {
          const inner = path.join(root, `p${folder % 20}`, `m${folder}`);
          mkdirSync(inner, { recursive: true });
          for (let n = 0; n < 100; n++)
            writeFileSync(path.join(inner, `f${n}.ts`), `export const v${n} = ${folder};\n`);
        }
        const call = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'pipe' });
        call('init', '-q');
        call('add', '-A');
        call('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'First');
        const git = createGit({
          command: createGitCommand({ env: process.env, platform: process.platform }),
          harmless: (text) => text,
          worktrees: path.join(base, 'worktrees'),
        });
        const kept = new Set<string>();
        const look = () =>
          git.look(
            asRoot(root),
            {
              limits: { files: 20_000, fileBytes: 20_000_000, bytes: 200_000_000 },
              kept: (hash) => kept.has(hash),
              leave: (file, owned) => leftoverOf(file, owned) !== undefined,
              keep: async (bytes) => {
                const hash = createHash('sha256').update(bytes).digest('hex');
                kept.add(hash);
                return hash;
              },
            },
            signal,
          );
        const took: number[] = [];
        for (let round = -1; round < 9; round++) {
          const began = performance.now();
          await look();
          const between = performance.now();
          // As a formatter: ten files.
          for (let n = 0; n < 10; n++) writeFileSync(path.join(root, 'p0', 'm0', `f${n}.ts`), `${round}\n`);
          const resumed = performance.now();
          const after = await look();
          if (after.kind !== 'ok' || after.entries.length !== 10) throw new Error('the look did not see ten files');
          if (round >= 0) took.push(between - began + (performance.now() - resumed));
        }
        return [
          {
            name: 'realwork.compare50k',
            value: median(took) / 1000,
            unit: 's',
            target: { atMost: 0.6 },
            note: `both looks, ${FILES} files, ten of them written by the command; fastest ${(Math.min(...took) / 1000).toFixed(2)} s`,
          },
        ];
      } finally {
        rmSync(base, { recursive: true, force: true });
      }
    },
  },
];

void runGroups(groups, process.argv[2] ?? '');

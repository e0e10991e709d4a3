/** What the sandbox costs a command: the same small program started with and without it, in turn. */
import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPlatformSandbox } from '../../src/adapters/sandbox/sandbox.js';
import { median, quantile, runGroups, type Group } from './measure.js';

const signal = new AbortController().signal;

const timed = (argv: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    const [program = '', ...args] = argv;
    spawn(program, args, { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } })
      .on('error', reject)
      .on('close', (code) =>
        code === 0 ? resolve(performance.now() - began) : reject(new Error(`it ended with ${code}`)),
      );
  });

const groups: Group[] = [
  {
    names: ['sandbox.overhead'],
    async run() {
      const root = mkdtempSync(path.join(realpathSync(tmpdir()), 'openexec-bench-'));
      try {
        const sandbox = createPlatformSandbox({ env: process.env, platform: process.platform, hidden: [] });
        const plain = ['/bin/sh', '-c', 'exit 0'];
        const { by, argv } = await sandbox.wrap(
          { root, folder: root, sandbox: 'workspace-write', network: false, readable: [] },
          plain,
          signal,
        );
        if (by === 'none') throw new Error('there is no sandbox here, so what it costs cannot be measured');
        const without: number[] = [];
        const within: number[] = [];
        for (let round = -5; round < 60; round++) {
          const one = await timed(plain);
          const other = await timed(argv);
          if (round < 0) continue;
          without.push(one);
          within.push(other);
        }
        return [
          {
            name: 'sandbox.overhead',
            value: quantile(within, 0.1) - quantile(without, 0.1),
            unit: 'ms',
            target: { atMost: 10 },
            note: `${by}: of ${within.length} each, the fastest tenth, so that other work of the machine counts for little; medians ${median(within).toFixed(1)} ms with it, ${median(without).toFixed(1)} ms without`,
          },
        ];
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  },
];

void runGroups(groups, process.argv[2] ?? '');

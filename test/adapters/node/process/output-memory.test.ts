/** Output without measure leaves the memory of the process that reads it alone: measured in a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { spoolBytes } from '../../../../src/adapters/node/process/kept-output.js';

const MOST_MIB = 50;
let home = '';
beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'openexec-output-'));
  const here = path.dirname(fileURLToPath(import.meta.url));
  await esbuild.build({
    entryPoints: [path.join(here, 'output-child.ts')],
    outfile: path.join(home, 'child.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Told {
  exitCode: number | null;
  timedOut: boolean;
  durationMs: number;
  bytes: number;
  log: number;
  grownMiB: number;
  headStart: string;
  headLength: number;
  tailEnd: string;
  tailLength: number;
}

function measure(script: string, timeoutMs = 100_000): Told {
  const child = spawnSync(
    process.execPath,
    [path.join(home, 'child.cjs'), JSON.stringify({ home, scripts: [{ script, timeoutMs }] })],
    { encoding: 'utf8', timeout: 110_000 },
  );
  expect(child.stderr).toBe('');
  return JSON.parse(child.stdout) as Told;
}

it.skipIf(process.platform === 'win32')(
  'keeps head and tail of a line of 16 MB and the whole of it in the log',
  { timeout: 120_000 },
  () => {
    const told = measure(`printf 'first '; head -c 16777216 /dev/zero | tr '\\0' x; printf ' last'`);
    expect(told).toMatchObject({
      exitCode: 0,
      bytes: 16_777_227,
      log: 16_777_227,
      headStart: 'first xxxxxxxxxxxxxx',
      tailEnd: 'xxxxxxxxxxxxxxx last',
    });
    expect(told.headLength + told.tailLength).toBeLessThanOrEqual(256 * 1024);
    expect(told.grownMiB).toBeLessThanOrEqual(MOST_MIB);
  },
);

it.skipIf(process.platform === 'win32')(
  'keeps head and tail of a log of 1 GB and its first 64 MiB whole',
  { timeout: 120_000 },
  () => {
    const told = measure(
      `echo first; yes 'a line of a log that has no end, and says nothing new' | head -c 1073741824; echo; echo last`,
    );
    expect(told).toMatchObject({ exitCode: 0, bytes: 1_073_741_824 + 12, headStart: 'first\na line of a lo' });
    expect(told.tailEnd.endsWith('\nlast\n')).toBe(true);
    expect(told.log).toBe(spoolBytes);
    expect(told.grownMiB).toBeLessThanOrEqual(MOST_MIB);
    expect(readdirSync(path.join(home, 'spool'))).toEqual([]);
  },
);

it.skipIf(process.platform === 'win32').each([
  ['yes', 'yes'],
  [
    'a watch that never ends',
    'trap "" TERM INT HUP; i=0; while :; do i=$((i+1)); printf "\\033[2J\\033[Hrun $i\\n"; sleep 0.05; done',
  ],
])('ends %s when its time is up', { timeout: 120_000 }, (_what, script) => {
  const told = measure(script, 700);
  expect(told).toMatchObject({ exitCode: null, timedOut: true });
  expect(told.durationMs).toBeLessThan(8000);
  expect(told.bytes).toBeGreaterThan(10);
  expect(told.grownMiB).toBeLessThanOrEqual(MOST_MIB);
});

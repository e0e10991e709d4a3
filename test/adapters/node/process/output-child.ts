/** Runs the commands it is given with the real runner, redaction and blobs, and says by how much its memory ever grew. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createCommandRunner } from '../../../../src/adapters/node/process/command-runner.js';
import { createBlobs } from '../../../../src/adapters/sqlite/blobs.js';
import { harmless } from '../../../../src/core/text/harmless.js';
import { asRoot } from '../../../../src/core/model/primitives.js';
import { createRedactor } from '../../../../src/core/text/redact.js';

const { home, scripts } = JSON.parse(process.argv[2] ?? '') as {
  home: string;
  scripts: { script: string; timeoutMs: number }[];
};
const root = asRoot(path.join(home, 'root'));
mkdirSync(root, { recursive: true });
const blobs = createBlobs(path.join(home, 'blobs'), false);
const { redact } = createRedactor(['a-known-secret']);
const silent = (): void => undefined;
const runner = createCommandRunner({
  env: process.env,
  childEnvironment: (env) => env,
  platform: process.platform,
  spoolDir: path.join(home, 'spool'),
  putBlobFrom: (pieces) => blobs.putFrom(pieces),
  redact,
  harmless,
  sandbox: { wrap: async (_request, argv) => ({ by: 'none', argv }) },
  log: {
    debug: silent,
    info: silent,
    warn: (message) => process.stderr.write(`${message}\n`),
    error: (message) => process.stderr.write(`${message}\n`),
  },
});
const run = ({ script, timeoutMs }: { script: string; timeoutMs: number }) =>
  runner.run(
    { root, cwd: '', script, timeoutMs, sandbox: 'workspace-write', network: false },
    silent,
    new AbortController().signal,
  );

async function main(): Promise<void> {
  await run({ script: 'seq 1 50000', timeoutMs: 10_000 }); // what is loaded once is no growth
  const before = process.memoryUsage().rss;
  for (const each of scripts) {
    const outcome = await run(each);
    const log = outcome.log === undefined ? 0 : (await import('node:fs')).statSync(blobs.pathOf(outcome.log)).size;
    const grownMiB = Math.round((process.resourceUsage().maxRSS * 1024 - before) / 1024 / 1024);
    const { head, tail, ...rest } = outcome;
    process.stdout.write(
      `${JSON.stringify({ ...rest, log, grownMiB, headStart: head.slice(0, 20), headLength: head.length, tailEnd: tail.slice(-20), tailLength: tail.length })}\n`,
    );
  }
}

void main();

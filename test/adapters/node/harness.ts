/** A real runner in a real folder, with a store of blobs in memory. */
import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommandRunner, type CommandRunnerOptions } from '../../../src/adapters/node/process/command-runner.js';
import { asRoot } from '../../../src/core/model/primitives.js';
import type { CommandRequest } from '../../../src/core/ports/ports.js';
import { createFakeLog } from '../../fakes/log.js';

export function createRunnerHarness(over: Partial<CommandRunnerOptions> = {}) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'runner-')));
  const root = asRoot(join(base, 'root'));
  mkdirSync(root);
  const blobs = new Map<string, Buffer>();
  const runner = createCommandRunner({
    env: process.env,
    childEnvironment: (env) => env,
    platform: process.platform,
    spoolDir: join(base, 'spool'),
    putBlobFrom: async (pieces) => {
      const all: Uint8Array[] = [];
      for await (const piece of pieces) all.push(piece);
      const bytes = Buffer.concat(all);
      const hash = createHash('sha256').update(bytes).digest('hex');
      blobs.set(hash, bytes);
      return hash;
    },
    redact: (text) => text.replaceAll('SECRET', '•••'),
    harmless: (text) => text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, ''),
    sandbox: { wrap: async (_request, argv) => ({ by: 'none', argv }) },
    log: createFakeLog(),
    ...over,
  });
  const request = (command: string | string[], more: Partial<CommandRequest> = {}): CommandRequest => ({
    root,
    cwd: '',
    timeoutMs: 20_000,
    sandbox: 'workspace-write',
    network: false,
    ...(typeof command === 'string' ? { script: command } : { argv: command }),
    ...more,
  });
  const run = (
    command: string | string[],
    more: Partial<CommandRequest> = {},
    onOutput: (text: string) => void = () => undefined,
    signal = new AbortController().signal,
  ) => runner.run(request(command, more), onOutput, signal);
  return { base, root, runner, blobs, run, dispose: () => rmSync(base, { recursive: true }) };
}

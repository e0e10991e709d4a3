/** Real processes that own a root. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

export interface Child {
  process: ChildProcess;
  /** First line it wrote. */
  first: Promise<{ role: string; pid: number; error?: string }>;
  next(): Promise<Record<string, unknown>>;
  kill(): Promise<void>;
}

export interface Children {
  start(dataDir: string, ...args: string[]): Child;
  folder(): string;
  done(): Promise<void>;
}

export async function children(): Promise<Children> {
  const top = path.dirname(fileURLToPath(import.meta.url));
  const dir = mkdtempSync(path.join(tmpdir(), 'openexec-owner-'));
  const script = path.join(dir, 'child.cjs');
  await esbuild.build({
    entryPoints: [path.join(top, 'child.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  });
  const started = new Set<Child>();
  let count = 0;
  return {
    folder() {
      const folder = path.join(dir, `root-${++count}`);
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    },
    start(dataDir, ...args) {
      const child = spawn(process.execPath, [script, dataDir, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const next = async () => {
        const { value, done } = await lines.next();
        if (done) throw new Error('the child ended');
        return JSON.parse(value) as Record<string, unknown>;
      };
      const one: Child = {
        process: child,
        first: next() as Child['first'],
        next,
        async kill() {
          child.kill('SIGKILL');
          await ended;
        },
      };
      started.add(one);
      return one;
    },
    async done() {
      await Promise.all([...started].map((child) => child.kill()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A process that commits is killed at random moments. CRASH_ROUNDS kills; the long form has hundreds. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/store.js';
import { nativeRows, WASM } from '../adapters/sqlite/support.js';
import { createFakeLog } from '../fakes/log.js';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 10);

it(`loses nothing it acknowledged, over ${ROUNDS} kills`, { timeout: 30_000 + ROUNDS * 5000 }, async () => {
  const top = mkdtempSync(path.join(tmpdir(), 'openexec-crash-'));
  try {
    const [dir, ack, script, copy] = [
      path.join(top, 'data'),
      path.join(top, 'acknowledged'),
      path.join(top, 'child.cjs'),
      path.join(top, 'copy.db'),
    ];
    mkdirSync(dir);
    await esbuild.build({
      entryPoints: [path.join(path.dirname(fileURLToPath(import.meta.url)), 'store-child.ts')],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
    let before = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      await killSomeTime(script, [dir, WASM, ack]);
      const acknowledged = existsSync(ack)
        ? readFileSync(ack, 'utf8').trim().split('\n').filter(Boolean).map(Number)
        : [];
      const last = Math.max(0, ...acknowledged);
      expect(new Set(acknowledged).size, 'numbers acknowledged twice').toBe(acknowledged.length);

      const file = path.join(dir, 'openexec.db');
      for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
      expect(nativeRows(copy, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      rmSync(copy);

      const { store, notices } = await openSqliteStore({ dir, wasm: WASM, clock: Date, log: createFakeLog() });
      expect(notices).toEqual([]);
      const events = (await store.events('r', 0, 1_000_000)).map((event) => event.seq);
      expect(
        events.length,
        `round ${round}: events are there up to ${events.at(-1)}, acknowledged up to ${last}`,
      ).toBeGreaterThanOrEqual(last);
      expect(events).toEqual(events.map((_, i) => i + 1));
      const steps = await store.steps('r');
      expect(steps.map((step) => step.order)).toEqual(events); // a batch is whole or absent
      for (const step of steps.slice(-4))
        expect(new TextDecoder().decode(await store.blob(step.output ?? ''))).toBe(`output ${step.order % 50}`);
      if (round % 2 === 0)
        await store.close(); // every other time the next process meets a log that was not checkpointed
      else await leaveOpen(dir, store);
      before = Math.max(before, last);
    }
    expect(before, 'commits in all').toBeGreaterThan(ROUNDS);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
});

/** Resolves when the child is dead; fails when it ended by itself. */
function killSomeTime(script: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), 5 + Math.random() * 200));
    child.once('close', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`the child ended with ${code}: ${errors}`)),
    );
  });
}

/** As if this process, too, had been killed: the files as they are now, put back after the close. */
async function leaveOpen(dir: string, store: { close(): Promise<void> }): Promise<void> {
  const names = ['openexec.db', 'openexec.db-wal'].filter((name) => existsSync(path.join(dir, name)));
  const kept = names.map((name) => [name, readFileSync(path.join(dir, name))] as const);
  await store.close();
  for (const [name, bytes] of kept) writeFileSync(path.join(dir, name), bytes);
}

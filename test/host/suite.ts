/** Runs inside the extension host: what only the real VS Code API can tell. Writes its result to the file named in OPENEXEC_TEST_RESULT. */
import { renameSync, writeFileSync } from 'node:fs';
import { tests } from './tests.js';

export interface HostResult {
  passed: number;
  failed: number;
  tests: { name: string; ms: number; error?: string }[];
}

export async function run(): Promise<void> {
  const result: HostResult = { passed: 0, failed: 0, tests: [] };
  for (const [name, body] of Object.entries(tests)) {
    const started = performance.now();
    try {
      await body();
      result.passed += 1;
      result.tests.push({ name, ms: Math.round(performance.now() - started) });
    } catch (error) {
      result.failed += 1;
      result.tests.push({ name, ms: Math.round(performance.now() - started), error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  const file = process.env['OPENEXEC_TEST_RESULT'];
  if (!file) throw new Error('OPENEXEC_TEST_RESULT is not set.');
  writeFileSync(`${file}.part`, JSON.stringify(result));
  renameSync(`${file}.part`, file);
  if (result.failed > 0) throw new Error(`${result.failed} of ${result.failed + result.passed} failed`);
}

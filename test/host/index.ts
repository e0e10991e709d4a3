/**
 * The suite inside the extension host, bundled to out/host-suite.js. VS Code calls run(). The result is written as JSON to the file
 * that OPENEXEC_TEST_RESULT names: {activationMs, results: [{name, ms, error?}]}.
 */
import { writeFile } from 'node:fs/promises';
import { activationMs } from './activation.js';
import { runAll } from './harness.js';
import './language.js';
import './workspace-edit.js';
import './tools.js';
import './main-job.js';
import './blueprint.js';
import './storage.js';
import './problem.js';

export async function run(): Promise<void> {
  const results = await runAll();
  const failed = results.filter((result) => result.error !== undefined);
  const file = process.env['OPENEXEC_TEST_RESULT'];
  if (file) await writeFile(file, JSON.stringify({ activationMs: activationMs(), results }, null, 2));
  if (failed.length > 0) throw new Error(failed.map((result) => `${result.name}\n${result.error}`).join('\n\n'));
}

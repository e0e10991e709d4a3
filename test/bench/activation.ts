/** Runs inside the extension host: how long activate() takes there, the reading of its bundle included. */
import { renameSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

export async function run(): Promise<void> {
  const extension = vscode.extensions.all.find((candidate) => candidate.packageJSON.name === 'openexec');
  if (!extension) throw new Error('The extension is not there.');
  const alreadyActive = extension.isActive;
  const started = performance.now();
  await extension.activate();
  const file = process.env['OPENEXEC_TEST_RESULT'] ?? '';
  writeFileSync(`${file}.part`, JSON.stringify({ ms: performance.now() - started, alreadyActive }));
  renameSync(`${file}.part`, file);
}

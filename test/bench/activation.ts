/**
 * Runs inside the extension host: what activating costs. `own` = reading the bundle and activate(); `ms` = from outside, with what the
 * host itself does in between (it fetches an extension's stored state through round trips to the window, also for an empty one).
 */
import { renameSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

export async function run(): Promise<void> {
  const extension = vscode.extensions.all.find(({ id }) => id === 'openexec.openexec');
  if (!extension) throw new Error('The extension is not there.');
  const alreadyActive = extension.isActive;
  const started = performance.now();
  await extension.activate();
  const ms = performance.now() - started;
  const file = process.env['OPENEXEC_TEST_RESULT'] ?? '';
  writeFileSync(
    `${file}.part`,
    JSON.stringify({
      ms,
      own: between('openexec/file', 'openexec/loaded') + between('openexec/activate', 'openexec/activated'),
      alreadyActive,
    }),
  );
  renameSync(`${file}.part`, file);
}

function between(from: string, to: string): number {
  const at = (name: string): number => {
    const [mark] = performance.getEntriesByName(name);
    if (!mark) throw new Error(`The extension left no mark ${name}.`);
    return mark.startTime;
  };
  return at(to) - at(from);
}

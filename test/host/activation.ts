import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension.js';
import { commands } from '../../src/vscode/contributions.js';
import { test } from './harness.js';

let took: number | undefined;
export const activationMs = (): number | undefined => took;

export async function api(): Promise<ExtensionApi> {
  const extension = vscode.extensions.getExtension<ExtensionApi>('openexec.openexec');
  assert.ok(extension, 'the extension is not installed');
  const started = performance.now();
  const exported = await extension.activate();
  took ??= performance.now() - started;
  return exported;
}

test('activates without opening a folder’s state', async () => {
  const { folders } = await api();
  assert.notEqual(folders.state, 'failed');
  assert.equal(folders.open, undefined, 'nothing asked for it yet');
});

test('registers every command that package.json names', async () => {
  await api();
  const registered = new Set(await vscode.commands.getCommands(true));
  assert.deepEqual(
    Object.values(commands).filter((id) => !registered.has(id)),
    [],
  );
});

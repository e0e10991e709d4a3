/** Report a Problem in the real editor: the file, what is in it, and what is not. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import * as vscode from 'vscode';
import { commands, settings } from '../../src/vscode/contributions.js';
import { api } from './activation.js';
import { test } from './harness.js';

const KEY = `sk-ant-${'a1B2c3D4'.repeat(5)}`;

test('reports a problem in a file that is opened for reading, without keys and names of folders', async () => {
  const { folders } = await api();
  const { folder, openexec } = await folders.current();
  const configuration = vscode.workspace.getConfiguration();
  const before = configuration.inspect<string>(settings.reviewer)?.globalValue;
  await configuration.update(settings.reviewer, KEY, vscode.ConfigurationTarget.Global);
  try {
    const file = await vscode.commands.executeCommand<vscode.Uri>(commands.reportProblem);
    const text = await readFile(file.fsPath, 'utf8');
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), file.toString());
    const { version } = vscode.extensions.getExtension('openexec.openexec')?.packageJSON as { version: string };
    assert.ok(text.includes(`OpenExec: \`${version}\``), text);
    assert.ok(text.includes(vscode.version), text);
    assert.ok(text.includes('`openexec.model`: `"recorded"` (user)'), text);
    assert.ok(text.includes('`openexec.reviewer`'), text);
    assert.ok(!text.includes(KEY), 'the key is in it');
    assert.ok(!text.includes(folder.uri.fsPath), 'the folder is named');
    const [newest] = await openexec.request('run/list', { limit: 1 });
    if (newest) assert.ok(text.includes(newest.id), text);
    assert.ok(!file.fsPath.startsWith(folder.uri.fsPath), 'it is written into the folder');
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    await rm(file.fsPath);
  } finally {
    await configuration.update(settings.reviewer, before, vscode.ConfigurationTarget.Global);
  }
});

/** The language server inside VS Code: started by the first file it reads, in a process of its own, with the core's own words. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { api } from './activation.js';
import { test, until } from './harness.js';

const broken =
  'version: 1\nname: Host\nstart: work\nstages:\n  work: { type: deterministic, action: test, on_success: dne }\n';

test('starts no language server before a file it reads is open', async () => {
  assert.equal((await api()).language.server, undefined);
});

test('says what is wrong in a blueprint, completes its stages, and takes the problem back when it is mended', async () => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  assert.ok(folder);
  const file = path.join(folder, '.openexec', 'blueprints', 'host.yaml');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, broken);
  try {
    const document = await vscode.workspace.openTextDocument(file);
    const editor = await vscode.window.showTextDocument(document);
    const { language } = await api();
    await until('the language server to be started', () => language.server !== undefined);
    await language.server;
    const found = await until('the diagnostics', () =>
      vscode.languages.getDiagnostics(document.uri).length > 0
        ? vscode.languages.getDiagnostics(document.uri)
        : undefined,
    );
    assert.deepEqual(
      found.map(({ source, code, severity, message, range }) => [
        source,
        code,
        severity,
        message,
        range.start.line,
        range.start.character,
      ]),
      [
        [
          'openexec',
          'unknown-stage',
          vscode.DiagnosticSeverity.Error,
          'There is no stage “dne”. Did you mean “done”?',
          4,
          57,
        ],
      ],
    );
    const offered = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      new vscode.Position(4, 57),
    );
    const words = offered.items.map((item) => (typeof item.label === 'string' ? item.label : item.label.label));
    for (const word of ['work', 'done', 'paused']) assert.ok(words.includes(word), `not offered: ${word}`);
    await editor.edit((edit) => edit.replace(new vscode.Range(4, 57, 4, 60), 'done'));
    await until('the diagnostics to go', () => vscode.languages.getDiagnostics(document.uri).length === 0);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  } finally {
    await rm(path.join(folder, '.openexec', 'blueprints'), { recursive: true, force: true });
  }
});

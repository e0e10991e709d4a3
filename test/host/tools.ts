/** What only the real editor can tell about tools and files: its language features, notebooks, and the names of what is reviewed. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { createDiskWorkspace } from '../../src/adapters/node/files/workspace.js';
import { isOpenExecError } from '../../src/core/errors.js';
import { asRoot } from '../../src/core/model/primitives.js';
import { addressOf, parseAddress } from '../../src/vscode/approvals/addresses.js';
import { createSymbols } from '../../src/vscode/editor/symbols.js';
import { createEditorWorkspace } from '../../src/vscode/editor/workspace-edit.js';
import { test, until } from './harness.js';

const folderHere = (): vscode.WorkspaceFolder => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the suite needs a folder');
  return folder;
};
const signal = new AbortController().signal;
const sha = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

test('finds a definition by its name through the language features, in a file and anywhere', async () => {
  const folder = folderHere();
  const file = path.join(folder.uri.fsPath, 'symbols.js');
  await writeFile(
    file,
    '// first\nfunction firstSymbol(a) {\n  return a;\n}\n\nclass Shelf {\n  secondSymbol() {\n    return firstSymbol(1);\n  }\n}\nmodule.exports = { Shelf };\n',
  );
  const symbols = createSymbols(folder);
  const root = asRoot(folder.uri.fsPath);
  try {
    const found = await until(
      'the language features to wake',
      async () => {
        const places = await symbols.find(root, 'firstSymbol', 'symbols.js', signal);
        return places.length > 0 && places;
      },
      40_000,
    );
    assert.deepEqual(found, [{ path: 'symbols.js', kind: 'function', startLine: 2, endLine: 4 }]);
    assert.deepEqual(await symbols.find(root, 'secondSymbol', 'symbols.js', signal), [
      { path: 'symbols.js', kind: 'method', startLine: 7, endLine: 9 },
    ]);
    const anywhere = await until(
      'the whole workspace to be known',
      async () => {
        const places = await symbols.find(root, 'Shelf', undefined, signal);
        return places.some((place) => place.path === 'symbols.js') && places;
      },
      20_000,
    );
    assert.ok(
      anywhere.some((place) => place.startLine === 6 && place.endLine === 10),
      JSON.stringify(anywhere),
    );
    assert.deepEqual(await symbols.find(root, 'noSuchSymbol', 'symbols.js', signal), []);
    const aborted = AbortSignal.abort(new Error('no more'));
    await assert.rejects(symbols.find(root, 'Shelf', undefined, aborted), /no more/);
  } finally {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(file, { force: true });
  }
});

const notebook = (source: string): string =>
  `${JSON.stringify({ cells: [{ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: [source] }], metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;

test('writes exactly the approved bytes of a notebook, open or not, and leaves an unsaved one alone', async () => {
  const folder = folderHere();
  const uri = vscode.Uri.joinPath(folder.uri, 'analysis.ipynb');
  const [before, after, later] = [notebook('a = 1'), notebook('a = 2'), notebook('a = 3')];
  const workspace = createEditorWorkspace(createDiskWorkspace(), folder);
  const apply = (from: string, to: string) =>
    workspace.apply(
      asRoot(folder.uri.fsPath),
      [{ path: 'analysis.ipynb', before: sha(from), after: new TextEncoder().encode(to) }],
      'test',
      signal,
    );
  const onDisk = () => readFile(uri.fsPath, 'utf8');
  try {
    await writeFile(uri.fsPath, before);
    await apply(before, after);
    assert.equal(await onDisk(), after);
    const opened = await vscode.workspace.openNotebookDocument(uri);
    await vscode.window.showNotebookDocument(opened);
    assert.equal(opened.cellAt(0).document.getText(), 'a = 2');
    await apply(after, later);
    assert.equal(await onDisk(), later);
    await until(
      'the open notebook to show it',
      () => !opened.isClosed && opened.cellAt(0).document.getText() === 'a = 3',
    );
    const mine = new vscode.WorkspaceEdit();
    mine.set(uri, [
      vscode.NotebookEdit.insertCells(1, [
        new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'mine = 1', 'python'),
      ]),
    ]);
    assert.ok(await vscode.workspace.applyEdit(mine));
    assert.ok(opened.isDirty);
    await assert.rejects(
      apply(later, before),
      (error) => isOpenExecError(error, 'apply-failed') && error.params['path'] === 'analysis.ipynb',
    );
    assert.equal(await onDisk(), later);
    assert.equal(opened.cellCount, 2);
  } finally {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(uri.fsPath, { force: true });
  }
});

test('keeps every byte of a binary file that is renamed or deleted', async () => {
  const folder = folderHere();
  const bytes = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x00, 0xff, 0xfe]);
  const at = (name: string) => path.join(folder.uri.fsPath, name);
  const workspace = createEditorWorkspace(createDiskWorkspace(), folder);
  await writeFile(at('logo.png'), bytes);
  await workspace.apply(
    asRoot(folder.uri.fsPath),
    [{ path: 'mark.png', from: 'logo.png', before: sha(bytes), after: bytes }],
    'test',
    signal,
  );
  assert.deepEqual(await readFile(at('mark.png')), bytes);
  await assert.rejects(readFile(at('logo.png')));
  await workspace.apply(
    asRoot(folder.uri.fsPath),
    [{ path: 'mark.png', before: sha(bytes), after: null }],
    'test',
    signal,
  );
  await assert.rejects(readFile(at('mark.png')));
});

test('shows a notebook under review as text, and knows every name again', () => {
  for (const name of ['a.ts', 'deep/b.ipynb', 'c.ipynb.json', 'with space & ? #.md', 'ünï.txt'])
    for (const side of ['base', 'proposal'] as const) {
      const address = { side, root: '/folder', approval: 'run/T1/1/x/1/2', path: name };
      const uri = addressOf(address, 'state');
      assert.deepEqual(parseAddress(vscode.Uri.parse(uri.toString())), address);
      assert.ok(!uri.path.endsWith('.ipynb'), uri.path);
    }
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { createDiskWorkspace } from '../../src/adapters/node/files/workspace.js';
import { isOpenExecError } from '../../src/core/errors.js';
import { asRoot } from '../../src/core/model/primitives.js';
import type { FileWrite } from '../../src/core/ports/ports.js';
import { createEditorWorkspace } from '../../src/vscode/editor/workspace-edit.js';
import { test, until } from './harness.js';

const hash = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function setUp() {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'the suite needs a folder');
  const at = (name: string): string => path.join(folder.uri.fsPath, name);
  const workspace = createEditorWorkspace(createDiskWorkspace(), folder);
  return {
    folder,
    at,
    uri: (name: string) => vscode.Uri.joinPath(folder.uri, name),
    put: (name: string, text: string | Buffer) => writeFile(at(name), text),
    onDisk: (name: string): Promise<string | undefined> => readFile(at(name), 'utf8').catch(() => undefined),
    apply: (...writes: FileWrite[]) =>
      workspace.apply(asRoot(folder.uri.fsPath), writes, 'test', new AbortController().signal),
  };
}
const modify = (name: string, before: string, after: string): FileWrite => ({
  path: name,
  before: hash(before),
  after: bytes(after),
});
const clean = async (...names: string[]): Promise<void> => {
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  for (const name of names) await rm(setUp().at(name), { force: true });
};

for (const [what, before, after] of [
  ['lines that end in \\n', 'one\ntwo\nthree\n', 'one\nTWO\nthree\nfour\n'],
  ['lines that end in \\r\\n', 'one\r\ntwo\r\nthree\r\n', 'one\r\nTWO\r\nthree\r\nfour\r\n'],
  ['a byte order mark', '\uFEFFone\ntwo\n', '\uFEFFone\nTWO\n'],
  ['a byte order mark and \\r\\n', '\uFEFFone\r\ntwo\r\n', '\uFEFFone\r\ntwo\r\nthree\r\n'],
  ['mixed line endings, beside the editor', 'one\r\ntwo\nthree\r\n', 'one\r\nTWO\nthree\r\n'],
  ['no last newline', 'one\ntwo', 'one\ntwo\nthree'],
] as const)
  test(`writes exactly the approved bytes: ${what}`, async () => {
    const { put, onDisk, apply } = setUp();
    await put('edit.txt', before);
    const [outcome] = await apply(modify('edit.txt', before, after));
    assert.equal(await onDisk('edit.txt'), after);
    assert.deepEqual(outcome, { path: 'edit.txt', written: hash(after) });
    await clean('edit.txt');
  });

test('creates and deletes files in one set with an edit, and one undo brings all back', async () => {
  const { put, onDisk, apply, uri } = setUp();
  await Promise.all([put('kept.txt', 'a\n'), put('gone.txt', 'b\n')]);
  await vscode.window.showTextDocument(uri('kept.txt'));
  await apply(
    modify('kept.txt', 'a\n', 'A\n'),
    { path: 'fresh.txt', before: null, after: bytes('new\n') },
    { path: 'gone.txt', before: hash('b\n'), after: null },
  );
  assert.deepEqual(await Promise.all(['kept.txt', 'fresh.txt', 'gone.txt'].map(onDisk)), ['A\n', 'new\n', undefined]);
  await vscode.commands.executeCommand('undo');
  await until('the deleted file to come back', async () => (await onDisk('gone.txt')) === 'b\n');
  await until('the created file to go', async () => (await onDisk('fresh.txt')) === undefined);
  await clean('kept.txt', 'gone.txt', 'fresh.txt');
});

test('refuses when the disk is not what was approved, and changes nothing', async () => {
  const { put, onDisk, apply } = setUp();
  await put('moved-on.txt', 'now\n');
  await assert.rejects(apply(modify('moved-on.txt', 'then\n', 'new\n')), (error) =>
    isOpenExecError(error, 'file-changed'),
  );
  assert.equal(await onDisk('moved-on.txt'), 'now\n');
  await clean('moved-on.txt');
});

test('merges into the person’s unsaved text and leaves it unsaved', async () => {
  const { put, onDisk, apply, uri } = setUp();
  const before = 'one\ntwo\nthree\nfour\nfive\n';
  await put('dirty.txt', before);
  const editor = await vscode.window.showTextDocument(uri('dirty.txt'));
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'mine\n'));
  const [outcome] = await apply(modify('dirty.txt', before, before.replace('five', 'FIVE')));
  assert.equal(editor.document.getText(), `mine\n${before.replace('five', 'FIVE')}`);
  assert.equal(editor.document.isDirty, true);
  assert.equal(await onDisk('dirty.txt'), before);
  assert.deepEqual(outcome, { path: 'dirty.txt', written: hash(before), leftUnsaved: true });
  await clean('dirty.txt');
});

test('does not touch unsaved text that stands in the way', async () => {
  const { put, apply, uri } = setUp();
  await put('conflict.txt', 'one\ntwo\n');
  const editor = await vscode.window.showTextDocument(uri('conflict.txt'));
  await editor.edit((edit) => edit.replace(new vscode.Range(1, 0, 1, 3), 'mine'));
  await assert.rejects(apply(modify('conflict.txt', 'one\ntwo\n', 'one\nTWO\n')), (error) =>
    isOpenExecError(error, 'apply-failed'),
  );
  assert.equal(editor.document.getText(), 'one\nmine\n');
  await clean('conflict.txt');
});

test('puts everything back when one file of a set cannot be written', async () => {
  const { put, onDisk, apply } = setUp();
  await Promise.all([put('first.txt', 'a\n'), put('a-file', 'not a folder\n')]);
  await assert.rejects(
    apply(modify('first.txt', 'a\n', 'A\n'), { path: 'a-file/inside.txt', before: null, after: bytes('x\n') }),
  );
  assert.equal(await onDisk('first.txt'), 'a\n');
  assert.equal(await onDisk('a-file'), 'not a folder\n');
  await clean('first.txt', 'a-file');
});

test('writes over a change that a program made a moment ago and the editor has not seen', async () => {
  const { put, onDisk, apply, uri } = setUp();
  await put('fast.txt', 'one\n');
  await vscode.window.showTextDocument(uri('fast.txt'));
  await put('fast.txt', 'one\nby a program\n');
  await apply(modify('fast.txt', 'one\nby a program\n', 'one\nby a program\napproved\n'));
  assert.equal(await onDisk('fast.txt'), 'one\nby a program\napproved\n');
  await clean('fast.txt');
});

test('writes bytes that are not UTF-8 as they are', async () => {
  const { put, at, apply } = setUp();
  const before = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]);
  const after = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x21, 0x0a]);
  await put('latin.txt', before);
  await apply({ path: 'latin.txt', before: hash(before), after });
  assert.deepEqual(await readFile(at('latin.txt')), after);
  await clean('latin.txt');
});

/** The stored runs in the editor: everything in one file, and the folder closed while other state takes the place of its own. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/vscode/contributions.js';
import { api } from './activation.js';
import { test } from './harness.js';

test('exports everything of the folder to one file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'openexec-host-export-'));
  try {
    const file = path.join(folder, 'all.openexec');
    await vscode.commands.executeCommand(commands.exportAll, vscode.Uri.file(file));
    assert.ok((await stat(file)).size > 1000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('closes the folder while its state is replaced, lets nobody open it meanwhile, and opens it again', async () => {
  const { folders } = await api();
  const before = await folders.current();
  const plans = (await before.openexec.request('plan/list', {})).map((plan) => plan.id);
  const { path: data } = await before.openexec.request('storage/usage', {});
  assert.ok(existsSync(path.join(data, 'openexec.db-wal')), 'it is open');
  let meanwhile: Promise<unknown> | undefined;
  const told = await folders.reopenAfter(before.folder, async () => {
    meanwhile = folders.current(); // a view that asks: it has to wait
    await new Promise((resolve) => setTimeout(resolve, 200));
    return existsSync(path.join(data, 'openexec.db-wal')) ? 'open' : 'closed';
  });
  assert.equal(told, 'closed');
  const after = await folders.current();
  assert.notEqual(after, before);
  assert.equal(await meanwhile, after);
  assert.deepEqual(
    (await after.openexec.request('plan/list', {})).map((plan) => plan.id),
    plans,
  );
  await assert.rejects(before.openexec.request('plan/list', {}));
});

test('opens the folder again also when nothing could be put in its place', async () => {
  const { folders } = await api();
  const { folder } = await folders.current();
  await assert.rejects(
    folders.reopenAfter(folder, () => Promise.reject(new Error('nothing came'))),
    /nothing came/,
  );
  assert.equal(folders.state, 'open');
});

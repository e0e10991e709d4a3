/** A blueprint of the workspace in the editor: shown before its first run, approved as it stands, asked about again after an edit. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { commands, schemes } from '../../src/vscode/contributions.js';
import { api } from './activation.js';
import { test, until } from './harness.js';

const text = (command: string) =>
  `version: 1\nname: Team way\nstart: check\nstages:\n  check: { type: deterministic, commands: [${command}], on_success: done }\n`;
const sheet = () => {
  const document = vscode.window.activeTextEditor?.document;
  return document?.uri.scheme === schemes.sheet && document.uri.path.startsWith('/blueprint/') ? document : undefined;
};

test('shows a workspace’s blueprint with its commands before the first run, and again after an edit', async () => {
  const root = await (await api()).folders.current();
  const plan = root.model.plan;
  assert.ok(plan?.approval, 'the plan is approved by now');
  const file = path.join(root.folder.uri.fsPath, '.openexec', 'blueprints', 'team.yaml');
  await mkdir(path.dirname(file), { recursive: true });
  const seen = async () => (await root.openexec.request('blueprint/get', { id: 'team' })).seen;
  try {
    for (const command of ['./team-check --first', './team-check --second']) {
      await writeFile(file, text(command));
      await vscode.commands.executeCommand(commands.run, { plan: plan.id, blueprint: 'team' });
      const page = await until('the page of the blueprint', sheet);
      assert.ok(page.getText().includes(command), page.getText());
      assert.match(page.getText(), /Hash: [0-9a-f]{64}/);
      assert.equal(await seen(), false);
      // Approving goes on with the sheet before the run, which waits for the person.
      const going = vscode.commands.executeCommand(commands.confirmBlueprint, page.uri);
      await until('the approval of the blueprint', seen);
      await until('the page to close', () => sheet() === undefined);
      let left = false;
      void going.then(() => (left = true));
      await until('the sheet to be left', async () => {
        await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
        return left;
      });
    }
    assert.equal(root.model.live, undefined, 'nothing was started');
  } finally {
    await rm(path.dirname(file), { recursive: true, force: true });
  }
});

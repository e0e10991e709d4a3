/** Plan, approve, run and review on the demo's folder with its recorded model, through the commands a person uses. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { commands, schemes } from '../../src/vscode/contributions.js';
import { parseAddress } from '../../src/vscode/approvals/addresses.js';
import { api } from './activation.js';
import { test, until } from './harness.js';

const open = async () => (await api()).folders.current();
const tabs = (): vscode.Tab[] => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
const reviewTab = () =>
  tabs().find((tab) => tab.input instanceof vscode.TabInputTextDiff && tab.input.modified.scheme === schemes.proposal);

test('plans from the demo’s intent', async () => {
  const root = await open();
  await vscode.commands.executeCommand(commands.planFromFile, vscode.Uri.joinPath(root.folder.uri, 'INTENT.md'));
  const plan = await until('the plan in the model of the views', () => root.model.plan ?? undefined);
  assert.ok(plan.document.stories.length >= 2);
  assert.deepEqual(
    root.model.problems.filter((problem) => problem.severity === 'error'),
    [],
  );
});

test('shows every script in full before the plan is approved', async () => {
  const root = await open();
  const plan = root.model.plan;
  assert.ok(plan);
  await vscode.commands.executeCommand(commands.approvePlan);
  const document = vscode.window.activeTextEditor?.document;
  assert.equal(document?.uri.scheme, schemes.sheet);
  const scripts = await root.openexec.request('plan/scripts', { plan: plan.id });
  assert.ok(scripts.length > 0);
  for (const { script } of scripts)
    for (const line of script.split('\n')) assert.ok(document.getText().includes(line), `not shown: ${line}`);
  assert.equal((await root.openexec.request('plan/get', {})).plan?.approval, undefined);
  await vscode.commands.executeCommand(commands.confirmPlanApproval, document.uri);
  await until('the approval', () => root.model.plan?.approval?.iteration === plan.iteration);
});

test('opens the first change in the diff editor with actions above each hunk', async () => {
  const root = await open();
  const plan = root.model.plan;
  assert.ok(plan);
  await root.openexec.request('run/start', { plan: plan.id });
  const tab = await until('the review to open by itself', reviewTab, 50_000);
  assert.match(tab.label, /: 0 of \d+ hunks decided/);
  assert.ok(tab.input instanceof vscode.TabInputTextDiff);
  const { modified } = tab.input;
  await vscode.workspace.openTextDocument(modified); // a tab stands there before its text has come; without the text there is nobody to ask for lenses
  const lenses = await until('the lenses', async () => {
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      modified,
      10,
    );
    return found.length > 0 ? found : undefined;
  });
  assert.ok(lenses.some((lens) => lens.command?.command === commands.acceptHunk));
  assert.ok(root.model.approvals.length > 0);
});

test('serves the old text read-only and takes edits of the proposal into the store, not into the folder', async () => {
  const root = await open();
  const tab = reviewTab();
  assert.ok(tab?.input instanceof vscode.TabInputTextDiff);
  const { original, modified } = tab.input;
  const address = parseAddress(modified);
  assert.ok(address);
  const onDisk = () => readFile(path.join(root.folder.uri.fsPath, address.path)).catch(() => undefined);
  const before = await onDisk();
  await assert.rejects(Promise.resolve(vscode.workspace.fs.writeFile(original, new Uint8Array([1]))));
  const document = await vscode.workspace.openTextDocument(modified);
  const was = document.getText();
  const edit = new vscode.WorkspaceEdit();
  edit.insert(modified, new vscode.Position(0, 0), '// typed by the person\n');
  await vscode.workspace.applyEdit(edit);
  assert.equal(await document.save(), true);
  const draft = await until(
    'the draft',
    async () => (await root.openexec.request('approval/get', { approval: address.approval })).approval.draft,
  );
  const hash = draft.files.find((file) => file.path === address.path)?.proposal;
  assert.ok(hash);
  assert.equal((await root.openexec.request('blob/text', { hash })).text, document.getText());
  assert.deepEqual(await onDisk(), before);
  const back = new vscode.WorkspaceEdit();
  back.replace(modified, new vscode.Range(0, 0, document.lineCount, 0), was);
  await vscode.workspace.applyEdit(back);
  await document.save();
});

test('writes the accepted changes and goes on', async () => {
  const root = await open();
  const tab = reviewTab();
  assert.ok(tab?.input instanceof vscode.TabInputTextDiff);
  const address = parseAddress(tab.input.modified);
  assert.ok(address);
  const { changeSet } = await root.openexec.request('approval/get', { approval: address.approval });
  assert.ok(changeSet);
  await vscode.commands.executeCommand(commands.acceptAll, tab.input.modified);
  await until(
    'the answer',
    async () =>
      (await root.openexec.request('approval/get', { approval: address.approval })).approval.status === 'accepted',
  );
  for (const file of changeSet.files) {
    if (file.after === null) continue;
    const { text } = await root.openexec.request('blob/text', { hash: file.after });
    await until(
      `${file.path} on disk`,
      async () =>
        (await readFile(path.join(root.folder.uri.fsPath, file.path), 'utf8').catch(() => undefined)) === text,
    );
  }
  await until(
    'the review’s tabs to close',
    () =>
      !tabs().some(
        (each) =>
          each.input instanceof vscode.TabInputTextDiff &&
          parseAddress(each.input.modified)?.approval === address.approval,
      ),
  );
});

test('cancels what still runs', async () => {
  const root = await open();
  const live = root.model.live;
  if (live) await vscode.commands.executeCommand(commands.cancel, { run: live.run });
  await until('no run to be unfinished', () => root.model.live === undefined);
  assert.ok(root.model.runs.length > 0);
});

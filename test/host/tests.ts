/** The tests of the in-host suite, in order: each stands on the state the one before left. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension.js';
import type { OpenExec } from '../../src/core/facade.js';

const folder = (): vscode.WorkspaceFolder => {
  const found = vscode.workspace.workspaceFolders?.[0];
  assert.ok(found, 'a folder is open');
  return found;
};
const extension = (): vscode.Extension<ExtensionApi> => {
  const found = vscode.extensions.all.find((candidate) => candidate.packageJSON.name === 'openexec');
  assert.ok(found, 'the extension is there');
  return found as vscode.Extension<ExtensionApi>;
};
const facade = async (): Promise<OpenExec> => (await (await extension().activate()).session.root(folder().uri.fsPath)).openexec;

async function until<T>(what: string, find: () => Promise<T | undefined> | T | undefined, timeoutMs = 60_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, `timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const tests: Record<string, () => Promise<void>> = {
  async 'activates and offers every command of its manifest'() {
    await extension().activate();
    const there = new Set(await vscode.commands.getCommands(true));
    const declared = (extension().packageJSON.contributes.commands as { command: string }[]).map(({ command }) => command);
    assert.deepEqual(declared.filter((command) => !there.has(command)), []);
  },

  async 'uses no proposed API'() {
    assert.equal(extension().packageJSON.enabledApiProposals, undefined);
  },

  async 'makes a plan of three stories and eight tasks with the recorded model'() {
    const { plan, problems } = await (await facade()).request('plan/generate', { intent: 'People can add, find and search quotes.' });
    assert.equal(plan.document.stories.length, 3);
    assert.equal(plan.document.stories.flatMap((story) => story.tasks).length, 8);
    assert.equal(plan.model, 'Recorded model (demo)');
    assert.deepEqual(problems.filter((problem) => problem.severity === 'error'), []);
  },

  async 'refuses to run it before it is approved'() {
    const openexec = await facade();
    const plan = (await openexec.request('plan/get', {})).plan;
    assert.ok(plan);
    await assert.rejects(openexec.request('run/start', { plan: plan.id }), (error: { code?: string }) => error.code === 'plan-not-approved');
  },

  async 'runs one task with its approval: the file stands, is saved, and is committed'() {
    const openexec = await facade();
    const plan = (await openexec.request('plan/get', {})).plan;
    assert.ok(plan);
    const scripts = await openexec.request('plan/scripts', { plan: plan.id });
    await openexec.request('plan/approve', { plan: plan.id, iteration: plan.iteration, hashes: scripts.map((script) => script.hash) });
    const { run } = await openexec.request('run/start', { plan: plan.id, tasks: ['T-US-001-001'] });
    const approval = await until('the approval', async () => (await openexec.request('approval/list', {})).find((waiting) => waiting.run === run));
    const file = path.join(folder().uri.fsPath, 'docs', 'api.md');
    assert.equal(existsSync(file), false, 'nothing is written before the answer');
    await openexec.request('approval/answer', { approval: approval.id, answer: { status: 'accepted', by: 'editor' } });
    const record = await until('the end of the run', async () => {
      const now = await openexec.request('run/get', { run });
      return ['completed', 'failed', 'cancelled', 'paused'].includes(now.status) ? now : undefined;
    });
    assert.equal(record.status, 'completed');
    assert.equal(record.commits, 1);
    assert.match(readFileSync(file, 'utf8'), /GET \/quotes/);
    assert.deepEqual(vscode.workspace.textDocuments.filter((document) => document.isDirty && document.uri.scheme === 'file').map((document) => document.uri.path), []);
  },
};

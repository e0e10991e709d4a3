/** Keeps the context keys true: they hide what does not apply. */
import * as vscode from 'vscode';
import { contextKeys, secretKeys, settings, type ContextKey } from './contributions.js';
import { heldElsewhere } from './report-errors.js';
import type { Demos } from './demos.js';
import type { Folders } from './folders.js';
import { chosenModel } from './settings.js';

export function registerContextKeys(folders: Folders, secrets: vscode.SecretStorage, demos: Demos): vscode.Disposable {
  const told = new Map<ContextKey, unknown>();
  function set(key: ContextKey, value: unknown): void {
    if (told.get(key) === value) return;
    told.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }

  let hasKey = false;
  function update(): void {
    const model = folders.open?.model;
    const failure = folders.failure?.code;
    set(contextKeys.state, folders.state);
    set(contextKeys.heldElsewhere, heldElsewhere(failure) || model?.owned === false);
    set(contextKeys.multiRoot, folders.folders.length > 1);
    set(contextKeys.hasPlan, model?.plan !== null && model?.plan !== undefined);
    set(
      contextKeys.planApproved,
      model?.plan?.approval !== undefined && model.plan.approval.iteration === model.plan.iteration,
    );
    set(contextKeys.hasProposals, (model?.proposals ?? 0) > 0);
    const status = model?.live?.status;
    set(
      contextKeys.run,
      status === undefined ? 'none' : status === 'paused' || status === 'interrupted' ? status : 'live',
    );
    set(contextKeys.hasApprovals, (model?.approvals.length ?? 0) > 0);
    const chosen = chosenModel();
    const demo = folders.active !== undefined && demos.has(folders.active);
    set(contextKeys.modelReady, chosen === 'recorded' || (chosen === '' ? demo : hasKey));
  }
  function lookForKey(): void {
    secrets.get(secretKeys.anthropic).then(
      (key) => {
        hasKey = key !== undefined && key !== '';
        update();
      },
      () => update(), // no secret storage here: as good as no key
    );
  }

  update();
  lookForKey();
  return vscode.Disposable.from(
    folders.onDidChangeState(update),
    folders.onDidChangeModel(update),
    secrets.onDidChange(lookForKey),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(settings.model)) update();
    }),
  );
}

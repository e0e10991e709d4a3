/**
 * An answer to a question of a run that does not go: it is kept, and the person hears that the run waits for Resume.
 */
import * as vscode from 'vscode';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';

/** Waits for nothing. Silent when the run goes on by itself. */
export function offerResume(root: OpenedFolder, run: string): void {
  const text = restingText(root.model.state(run)?.status);
  if (text === undefined) return;
  const resume = t('Resume');
  void vscode.window.showInformationMessage(text, resume).then((choice) => {
    if (choice === resume) void vscode.commands.executeCommand(commands.resume, { run, root: root.folder.uri.fsPath });
  });
}

function restingText(status: string | undefined): string | undefined {
  if (status === 'interrupted') return t('The answer is kept. The run was interrupted: Resume goes on with it.');
  if (status === 'paused') return t('The answer is kept. The run is paused: Resume goes on with it.');
  return undefined;
}

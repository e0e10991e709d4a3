/** Asks about files that a run left half way, before the next one begins. */
import * as vscode from 'vscode';
import type { Leftover } from '../../core/model/leftover.js';
import { leftoverQuestion } from '../../core/view/leftovers.js';
import { commands } from '../contributions.js';
import type { OpenedFolder } from '../folders.js';
import { t } from '../report-errors.js';

/** False = something was chosen to be rolled back, or the question was closed: nothing begins. */
export async function settleLeftovers(root: OpenedFolder, leftovers: readonly Leftover[]): Promise<boolean> {
  for (const left of leftovers) {
    const { title, detail, keep, rollBack } = leftoverQuestion(left, t);
    const chosen = await vscode.window.showWarningMessage(title, { modal: true, detail }, keep.label, rollBack.label);
    if (chosen === rollBack.label) await rollBackTask(root, left);
    if (chosen !== keep.label) return false;
  }
  return true;
}

export const rollBackTask = (root: OpenedFolder, { run, task }: Pick<Leftover, 'run' | 'task'>): Thenable<unknown> =>
  vscode.commands.executeCommand(commands.rollBack, { root: root.folder.uri.fsPath, run, task });

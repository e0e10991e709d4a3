/** A cancelled run that wrote anything offers to roll it back, once. */
import * as vscode from 'vscode';
import { isOpenExecError } from '../../core/errors.js';
import { finishedRun } from '../../core/model/plain/settled.js';
import type { RollbackPreview } from '../../core/model/rollback.js';
import { leftoverQuestion } from '../../core/view/leftovers.js';
import { commands } from '../contributions.js';
import type { OpenedFolder } from '../folders.js';
import { t } from '../report-errors.js';
import type { CommandContext } from './context.js';
import { rollBackTask } from './leftovers.js';

export function offerRollbackAfterCancel({ folders, reporter }: CommandContext): vscode.Disposable {
  const unfinished = new Set<string>();
  async function afterCancel(): Promise<void> {
    const root = folders.open;
    if (!root) return;
    if (root.model.live) unfinished.add(root.model.live.run);
    for (const id of unfinished) {
      const status = root.model.state(id)?.status ?? root.model.runs.find((run) => run.id === id)?.status;
      if (status === undefined || !finishedRun(status)) continue;
      unfinished.delete(id);
      if (status === 'cancelled') await offer(root, id);
    }
  }
  return folders.onDidChangeModel((change) => {
    if (change.runs.size > 0 || change.runList) reporter.attempt('offering to roll back', afterCancel);
  });
}

async function offer(root: OpenedFolder, run: string): Promise<void> {
  let preview: RollbackPreview;
  try {
    preview = await root.openexec.request('rollback/preview', { run });
  } catch (error) {
    // Nothing was written, or another run took its place: then it is no longer the moment to ask.
    if (isOpenExecError(error, 'rollback-live') || isOpenExecError(error, 'nothing-to-roll-back')) return;
    throw error;
  }
  const count = preview.files.filter((file) => file.writes.length > 0).length;
  if (count === 0) return;
  const [left, ...more] = await root.openexec.request('run/leftovers', { run });
  if (left && more.length === 0) {
    const question = leftoverQuestion(left, t);
    const { keep, rollBack: back } = question;
    void vscode.window
      .showInformationMessage(`${question.title} ${question.detail}`, keep.label, back.label)
      .then((choice) => (choice === back.label ? rollBackTask(root, left) : undefined));
    return;
  }
  const rollBack = t('Roll Back…');
  const text =
    count === 1
      ? t('The run was cancelled. 1 file that it changed stays as it is.')
      : t('The run was cancelled. {count} files that it changed stay as they are.', { count });
  void vscode.window.showInformationMessage(text, rollBack).then((choice) => {
    if (choice === rollBack)
      void vscode.commands.executeCommand(commands.rollBack, { root: root.folder.uri.fsPath, run });
  });
}

/**
 * Questions that are not about files:
 * a command that asks, a run that needs its operator, a manual task, the model's own question.
 */
import * as vscode from 'vscode';
import type { Approval } from '../../core/model/approval.js';
import type { ParamsInput } from '../../core/model/requests.js';
import { showLine } from '../../core/text/harmless.js';
import { describeQuestion, type Choice } from '../../core/view/questions.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import type { Sheets } from '../pages/sheets.js';
import { offerResume } from './offer-resume.js';
import { questionItems } from './question-items.js';

type Answer = ParamsInput<'approval/answer'>['answer'];

/** Asks, and sends the answer. A dismissed list leaves the question waiting. */
export async function answerQuestion(root: OpenedFolder, approval: Approval, sheets: Sheets): Promise<void> {
  const command = approval.subject.kind === 'command';
  if (command) await sheets.show({ kind: 'command', root: root.folder.uri.fsPath, id: approval.id });
  const view = describeQuestion(approval, t);
  const why = { label: t('$(question) Why?'), choice: undefined };
  const chosen = await vscode.window.showQuickPick([...questionItems(view), ...(command ? [why] : [])], {
    title: view.title,
    placeHolder: showLine(view.why),
    ignoreFocusOut: true,
  });
  if (chosen === why) {
    // It goes on waiting.
    await vscode.commands.executeCommand(commands.why, {
      kind: 'approval',
      approval: approval.id,
      root: root.folder.uri.fsPath,
    });
    return;
  }
  const answer = chosen?.choice && (await answerOf(chosen.choice, view.stake));
  if (!answer) return;
  const script = answer.option === 'edit' ? await askForCheck(approval) : '';
  if (script === undefined) return;
  const { goesOn } = await root.openexec.request('approval/answer', {
    approval: approval.id,
    answer,
    ...(script.trim() && { script }),
  });
  await sheets.close('command');
  if (!goesOn) offerResume(root, approval.run);
}

/** Empty = the task as the plan has it now; undefined = the person went back. */
const askForCheck = ({ task }: Approval): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title: t('The new check of {task}', { task: showLine(task) }),
    prompt: t('It is taken into the plan. Leave it empty where the plan was edited already.'),
    ignoreFocusOut: true,
  });

/** undefined = the person went back. */
export const askForComment = (prompt: string): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title: prompt,
    prompt: t('It is told to the model. May be empty.'),
    ignoreFocusOut: true,
  });

async function answerOf({ label, answer, wants }: Choice, stake: string): Promise<Answer | undefined> {
  if (!wants) return { ...answer, by: 'editor' };
  const comment =
    wants === 'comment'
      ? await askForComment(label)
      : await vscode.window.showInputBox({ title: showLine(stake), ignoreFocusOut: true });
  if (comment === undefined || (wants === 'words' && comment.trim() === '')) return undefined;
  return { ...answer, comment, by: 'editor' };
}

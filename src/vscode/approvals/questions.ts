/** Questions that are not about files: a command that asks, a run that needs its operator, a manual task, the model's own question. */
import * as vscode from 'vscode';
import { assertNever } from '../../base/assert-never.js';
import type { Approval, AttentionOption } from '../../core/model/approval.js';
import type { ParamsInput } from '../../core/model/requests.js';
import { showArgv, showLine, showText } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import type { Sheets } from '../pages/sheets.js';
import { offerResume } from './offer-resume.js';

type Answer = ParamsInput<'approval/answer'>['answer'];
interface Choice extends vscode.QuickPickItem {
  answer: () => Promise<Omit<Answer, 'by'> | undefined>;
}

/** Asks, and sends the answer. A dismissed list leaves the question waiting. */
export async function answerQuestion(root: OpenedFolder, approval: Approval, sheets: Sheets): Promise<void> {
  if (approval.subject.kind === 'command') await sheets.showCommand(root.folder.uri.fsPath, approval.id);
  const chosen = await vscode.window.showQuickPick(choices(root, approval), {
    title: showLine(approval.title),
    placeHolder: showLine(approval.why),
    ignoreFocusOut: true,
  });
  const answer = await chosen?.answer();
  if (!answer) return;
  await root.openexec.request('approval/answer', { approval: approval.id, answer: { ...answer, by: 'editor' } });
  await sheets.close('command');
  if (approval.subject.kind !== 'attention') offerResume(root, approval.run); // answering attention resumes by itself
}

/** undefined = the person went back. */
export const askForComment = (prompt: string): Thenable<string | undefined> =>
  vscode.window.showInputBox({
    title: prompt,
    prompt: t('It is told to the model. May be empty.', {}),
    ignoreFocusOut: true,
  });

function choices(root: OpenedFolder, approval: Approval): Choice[] {
  const { subject } = approval;
  const yes = (answer: Omit<Answer, 'by'>) => () => Promise.resolve(answer);
  const no = (label: string): Choice => ({
    label: `$(close) ${label}`,
    answer: async () => {
      const comment = await askForComment(label);
      return comment === undefined ? undefined : { status: 'rejected', comment };
    },
  });
  switch (subject.kind) {
    case 'command': {
      const detail = subject.script === undefined ? showArgv(subject.argv ?? []) : showText(subject.script);
      return [
        { label: t('$(check) Run Once', {}), detail, answer: yes({ status: 'accepted', scope: 'once' }) },
        { label: t('$(check-all) Run, Also Later in This Run', {}), answer: yes({ status: 'accepted', scope: 'run' }) },
        { label: t('$(verified) Always Run in This Folder', {}), answer: yes({ status: 'accepted', scope: 'always' }) },
        {
          label: t('$(question) Why?', {}),
          answer: async () => {
            await vscode.commands.executeCommand(commands.why, {
              kind: 'approval',
              approval: approval.id,
              root: root.folder.uri.fsPath,
            });
            return undefined; // it goes on waiting
          },
        },
        no(t('Reject…', {})),
      ];
    }
    case 'manual-task':
      return [
        { label: t('$(play) Start the Task', {}), answer: yes({ status: 'accepted' }) },
        no(t('Do Not Start…', {})),
      ];
    case 'attention':
      return subject.options.map((option) => ({
        ...((subject.code === 'blueprint-unreadable'
          ? startOverLook(option)
          : subject.code === 'merge-conflict'
            ? mergeLook(option)
            : undefined) ?? attentionLook(option)),
        answer: yes({ status: option === 'give-up' ? 'rejected' : 'accepted', option }),
      }));
    case 'question':
      return [
        ...subject.options.map(
          (option): Choice => ({ label: showLine(option), answer: yes({ status: 'accepted', comment: option }) }),
        ),
        {
          label: t('$(edit) Answer in Your Own Words…', {}),
          answer: async () => {
            const comment = await vscode.window.showInputBox({
              title: showLine(subject.question),
              ignoreFocusOut: true,
            });
            return comment === undefined || comment.trim() === '' ? undefined : { status: 'accepted', comment };
          },
        },
        no(t('Do Not Answer…', {})),
      ];
    case 'change-set':
      return [];
    default:
      return assertNever(subject, 'question');
  }
}

/** Of a run whose frozen blueprint cannot be read: there is nothing to go on with. */
function startOverLook(option: AttentionOption): { label: string; detail: string } | undefined {
  if (option === 'retry')
    return {
      label: t('$(debug-restart) Start Over', {}),
      detail: t(
        'This run is cancelled. Its tasks that are not done begin anew, with the blueprint as it stands now.',
        {},
      ),
    };
  if (option === 'give-up')
    return { label: t('$(circle-slash) Cancel the Run', {}), detail: t('What was applied and committed stays.', {}) };
  return undefined;
}

/** Of a task whose work and the person's tree do not fit together. */
function mergeLook(option: AttentionOption): { label: string; detail: string } | undefined {
  if (option === 'continue')
    return {
      label: t('$(debug-continue) Mended by Hand, Merge Again', {}),
      detail: t('You changed your tree, or the worktree; they are compared again.', {}),
    };
  if (option === 'retry')
    return {
      label: t('$(refresh) Do It Anew', {}),
      detail: t(
        'The task begins again in a fresh worktree of your tree as it is now, and is told what it did before.',
        {},
      ),
    };
  if (option === 'skip')
    return { label: t('$(debug-step-over) Skip', {}), detail: t('Its work stays out of your tree.', {}) };
  return undefined;
}

function attentionLook(option: AttentionOption): { label: string; detail: string } {
  switch (option) {
    case 'retry':
      return { label: t('$(refresh) Retry', {}), detail: t('Try again from here.', {}) };
    case 'edit':
      return {
        label: t('$(edit) Edit the Task', {}),
        detail: t('Change the task, then it is tried again with the new text.', {}),
      };
    case 'continue':
      return {
        label: t('$(debug-continue) Fixed by Hand, Continue', {}),
        detail: t('You changed the files yourself; the check runs again.', {}),
      };
    case 'skip':
      return {
        label: t('$(debug-step-over) Skip', {}),
        detail: t('Leave this task out and go on with what does not depend on it.', {}),
      };
    case 'accept':
      return {
        label: t('$(check) Accept as It Is', {}),
        detail: t('Go on although the check says otherwise. The task is marked as unverified.', {}),
      };
    case 'give-up':
      return {
        label: t('$(circle-slash) Give Up', {}),
        detail: t('The task fails. What depends on it is blocked.', {}),
      };
    default:
      return assertNever(option, 'option');
  }
}

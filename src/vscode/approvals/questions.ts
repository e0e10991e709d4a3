/** Questions that are not about files: a command that asks, a run that needs its operator, a manual task, the model's own question. */
import * as vscode from 'vscode';
import { assertNever } from '../../base/assert-never.js';
import type { Approval, AttentionOption } from '../../core/model/approval.js';
import type { ParamsInput } from '../../core/model/requests.js';
import { showArgv, showLine, showText } from '../../core/text/harmless.js';
import { optionWords } from '../../core/view/questions.js';
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
      return subject.options.map((option) => {
        const { label, detail } = optionWords(subject.code, option, t);
        return {
          label: `$(${optionIcons[option]}) ${label}`,
          ...(detail && { detail }),
          answer: yes({ status: option === 'give-up' ? 'rejected' : 'accepted', option }),
        };
      });
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

const optionIcons: Record<AttentionOption, string> = {
  retry: 'refresh',
  edit: 'edit',
  continue: 'debug-continue',
  skip: 'debug-step-over',
  accept: 'check',
  'give-up': 'circle-slash',
};

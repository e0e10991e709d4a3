/**
 * Review Proposed Changes: what tasks found about the plan while they ran,
 * shown before and after, accepted or declined.
 */
import * as vscode from 'vscode';
import { isOpenExecError } from '../../core/errors.js';
import type { ProposalView } from '../../core/model/plan-proposal.js';
import { showLine } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { proposalLine } from '../pages/proposal-page.js';
import type { OpenedFolder } from '../folders.js';
import { planOf, record, text, type CommandContext } from './context.js';

export function registerProposalCommands(context: CommandContext): vscode.Disposable {
  const { reporter, sheets } = context;

  async function review(argument: unknown): Promise<void> {
    const { root, plan } = await planOf(context, argument);
    const open = await root.openexec.request('plan/proposals', { plan });
    const named = text(record(argument)['proposal']);
    const proposal = named ?? (await pick(open));
    if (proposal === undefined) {
      if (open.length === 0) void vscode.window.showInformationMessage(t('Nothing is proposed for this plan.'));
      return;
    }
    const accept = answerOf(argument);
    if (accept !== undefined) return await answer(root, plan, proposal, accept);
    await sheets.show({ kind: 'proposal', root: root.folder.uri.fsPath, id: proposal, plan });
    const view = open.find((one) => one.id === proposal);
    if (!view) return; // answered meanwhile: the page says so
    const choice = await vscode.window.showQuickPick(
      [
        ...(view.problem
          ? []
          : [
              {
                label: t('$(check) Accept'),
                detail: t('A new version of the plan, which you approve before it runs.'),
                accept: true,
              },
            ]),
        { label: t('$(close) Decline'), detail: t('The plan stays as it is.'), accept: false },
      ],
      {
        title: `${showLine(view.task)} · ${proposalLine(view, t)}`,
        placeHolder: t('The page shows it before and after. Escape leaves it for later.'),
        ignoreFocusOut: true,
      },
    );
    if (choice) await answer(root, plan, proposal, choice.accept);
  }

  async function pick(open: readonly ProposalView[]): Promise<string | undefined> {
    if (open.length <= 1) return open[0]?.id;
    const items = open.map((view) => ({
      view,
      label: `${showLine(view.task)} · ${proposalLine(view, t)}`,
      detail: showLine(view.message.split('\n')[0] ?? ''),
    }));
    return (await vscode.window.showQuickPick(items, { title: t('Proposed changes of the plan'), matchOnDetail: true }))
      ?.view.id;
  }

  async function answer(root: OpenedFolder, plan: string, proposal: string, accept: boolean): Promise<void> {
    const folder = root.folder.uri.fsPath;
    const page = { kind: 'proposal', root: folder, id: proposal, plan } as const;
    const shown = sheets.shown(page);
    try {
      const done = await root.openexec.request('plan/proposal-answer', {
        plan,
        proposal,
        accept,
        ...(shown && { iteration: shown.iteration }),
      });
      await sheets.close('proposal');
      if (!accept) return;
      const approve = t('Approve Plan…');
      const sentence = t('The plan is at version {iteration} now. It runs once you have approved it.', {
        iteration: done.plan.iteration,
      });
      void vscode.window.showInformationMessage(sentence, approve).then((choice) => {
        if (choice === approve) void vscode.commands.executeCommand(commands.approvePlan, { root: folder, plan });
      });
    } catch (error) {
      // Shown again as it is now, beside the sentence that says so.
      if (isOpenExecError(error, 'plan-stale')) await sheets.show(page);
      throw error;
    }
  }

  return reporter.command(commands.reviewProposals, review);
}

const answerOf = (argument: unknown): boolean | undefined => {
  const { accept } = record(argument);
  return typeof accept === 'boolean' ? accept : undefined;
};

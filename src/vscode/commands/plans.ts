/** Commands that choose, keep, export and approve plans. */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import { OpenExecError, isOpenExecError } from '../../core/errors.js';
import type { PlanSummary } from '../../core/model/plan.js';
import { showLine } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { confirm, planOf, registerCommands, rootOf, sheetOf, type CommandContext } from './context.js';
import { editTask, setMode } from './edit-plan.js';
import { newPlan, plan, planFromFile, showPlan } from './make-plan.js';

export const registerPlanCommands = (context: CommandContext): vscode.Disposable =>
  registerCommands(context, [
    [commands.plan, plan],
    [commands.planFromFile, planFromFile],
    [commands.newPlan, newPlan],
    [commands.switchPlan, switchPlan],
    [commands.renamePlan, renamePlan],
    [commands.duplicatePlan, duplicatePlan],
    [commands.archivePlan, archivePlan],
    [commands.deletePlan, deletePlan],
    [commands.exportPlan, exportPlan],
    [commands.approvePlan, approvePlan],
    [commands.confirmPlanApproval, confirmApproval],
    [commands.editTask, editTask],
    [commands.setMode, setMode],
  ]);

async function switchPlan(context: CommandContext): Promise<void> {
  const root = await rootOf(context, undefined);
  const summary = await pickPlan(root, t('Switch Plan'));
  if (!summary) return;
  if (summary.archived) await root.openexec.request('plan/archive', { plan: summary.id, archived: false });
  await root.openexec.request('plan/use', { plan: summary.id });
}

async function renamePlan(context: CommandContext, argument: unknown): Promise<void> {
  const { root, summary } = await summaryOf(context, argument);
  const name = await vscode.window.showInputBox({
    title: t('Rename Plan'),
    value: summary.name,
    ignoreFocusOut: true,
  });
  if (name?.trim()) await root.openexec.request('plan/rename', { plan: summary.id, name: name.trim() });
}

async function duplicatePlan(context: CommandContext, argument: unknown): Promise<void> {
  const { root, summary } = await summaryOf(context, argument);
  await root.openexec.request('plan/duplicate', { plan: summary.id });
  await showPlan();
}

async function archivePlan(context: CommandContext, argument: unknown): Promise<void> {
  const { root, summary } = await summaryOf(context, argument);
  await root.openexec.request('plan/archive', { plan: summary.id, archived: !summary.archived });
}

async function deletePlan(context: CommandContext, argument: unknown): Promise<void> {
  const { root, summary } = await summaryOf(context, argument);
  const sure = await confirm(
    t('Delete the plan “{name}”?', { name: summary.name }),
    t('Delete'),
    t('Its runs stay. The plan and its versions cannot be brought back.'),
  );
  if (sure) await root.openexec.request('plan/delete', { plan: summary.id });
}

async function exportPlan(context: CommandContext, argument: unknown): Promise<void> {
  const { root, summary } = await summaryOf(context, argument);
  const formats = [
    {
      format: 'json' as const,
      label: 'stories.json',
      file: 'stories.json',
      detail: t('The exchange form; can be planned from again.'),
    },
    { format: 'markdown' as const, label: 'Markdown', file: 'plan.md', detail: t('To read and to send.') },
    { format: 'mermaid' as const, label: 'Mermaid', file: 'plan.mmd', detail: t('The graph of dependencies.') },
  ];
  const chosen = await vscode.window.showQuickPick(formats, { title: t('Export Plan'), ignoreFocusOut: true });
  if (!chosen) return;
  const { text } = await root.openexec.request('plan/export', { plan: summary.id, format: chosen.format });
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(root.folder.uri, chosen.file),
  });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, encodeUtf8(text));
  await vscode.window.showTextDocument(target);
}

async function approvePlan(context: CommandContext, argument: unknown): Promise<void> {
  const { root, plan: id } = await planOf(context, argument);
  await context.sheets.show({ kind: 'plan', root: root.folder.uri.fsPath, id });
}

async function confirmApproval({ sheets, folders }: CommandContext, argument: unknown): Promise<void> {
  const address = sheetOf(argument, 'plan');
  const sheet = address && sheets.shown(address);
  if (!address || !sheet) return;
  const root = await folders.root(address.root);
  try {
    await root.openexec.request('plan/approve', {
      plan: address.id,
      iteration: sheet.plan.iteration,
      hashes: sheet.scripts.map((script) => script.hash),
    });
  } catch (error) {
    // Shown again as it is now, beside the sentence that says so.
    if (isOpenExecError(error, 'approval-stale') || isOpenExecError(error, 'plan-stale')) await sheets.show(address);
    throw error;
  }
  sheets.refresh();
}

async function pickPlan(root: OpenedFolder, title: string): Promise<PlanSummary | undefined> {
  const plans = await root.openexec.request('plan/list', {});
  if (plans.length === 0) throw new OpenExecError('plan-not-found', { plan: '' });
  const items = [...plans]
    .sort((a, b) => Number(a.archived) - Number(b.archived))
    .map((summary) => ({
      summary,
      label: `${summary.current ? '$(check) ' : ''}${showLine(summary.name)}`,
      description: [
        t('{stories} stories, {tasks} tasks', { stories: summary.stories, tasks: summary.tasks }),
        summary.approved ? t('approved') : t('not approved'),
        summary.archived ? t('archived') : '',
      ]
        .filter(Boolean)
        .join(' · '),
    }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.summary;
}

/** The plan named by the caller, else the current one, for what is done from the view's menu. */
async function summaryOf(
  context: CommandContext,
  argument: unknown,
): Promise<{ root: OpenedFolder; summary: PlanSummary }> {
  const { root, plan: id } = await planOf(context, argument);
  const summary = (await root.openexec.request('plan/list', {})).find((candidate) => candidate.id === id);
  if (!summary) throw new OpenExecError('plan-not-found', { plan: id });
  return { root, summary };
}

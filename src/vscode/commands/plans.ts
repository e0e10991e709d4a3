/** Commands that make, choose, change and approve plans. */
import * as vscode from 'vscode';
import { decodeUtf8, encodeUtf8 } from '../../base/bytes.js';
import { OpenExecError, isOpenExecError } from '../../core/errors.js';
import type { PlanDocument, PlanSummary } from '../../core/model/plan.js';
import type { ParamsInput } from '../../core/model/requests.js';
import { withOwnProgress } from '../../core/own-progress.js';
import { showLine } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t, withProgress } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { confirm, planOf, planRowOf, rootOf, sheetOf, uriOf, type CommandContext } from './context.js';

const INTENT_LIMIT = 1_000_000;

export function registerPlanCommands(context: CommandContext): vscode.Disposable {
  const { reporter, sheets, folders } = context;

  /** A new plan is the current one: its view shows it, with what there is to say of it. */
  const show = () => vscode.commands.executeCommand('openexec.plan.focus');

  async function plan(argument: unknown): Promise<void> {
    const given = typeof argument === 'string' ? argument : undefined;
    const root = await rootOf(context, argument);
    const intent =
      given ??
      (await vscode.window.showInputBox({
        title: t('OpenExec: Plan'),
        prompt: t('What do you want to build?'),
        placeHolder: t('Add validation to POST /quotes and a rate limit'),
        ignoreFocusOut: true,
      }));
    if (intent === undefined) return;
    if (intent.trim() === '') throw new OpenExecError('intent-empty');
    await generate(root, { intent: intent.trim() });
    await show();
  }

  /** What it does just now stands as the notification's second line. */
  const generate = (root: OpenedFolder, asked: ParamsInput<'plan/generate'>) =>
    withProgress(t('Planning'), (signal, say) =>
      withOwnProgress(
        root.openexec,
        crypto.randomUUID(),
        (text) => say(showLine(text)),
        (progressToken) => root.openexec.request('plan/generate', { ...asked, progressToken }, signal),
      ),
    );

  async function planFromFile(argument: unknown): Promise<void> {
    const root = await rootOf(context, undefined);
    const picked =
      uriOf(argument) ??
      (
        await vscode.window.showOpenDialog({
          title: t('An INTENT.md, or a stories.json'),
          openLabel: t('Plan'),
          defaultUri: root.folder.uri,
          filters: { [t('Intent or plan')]: ['md', 'markdown', 'txt', 'json'] },
        })
      )?.[0];
    if (!picked) return;
    const size = (await vscode.workspace.fs.stat(picked)).size;
    if (size > INTENT_LIMIT)
      throw new OpenExecError('file-too-large', { path: picked.fsPath, size, limit: INTENT_LIMIT });
    const text = decodeUtf8(await vscode.workspace.fs.readFile(picked));
    if (text === undefined) throw new OpenExecError('intent-unreadable', { path: picked.fsPath });
    const name = picked.path.slice(picked.path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
    if (picked.path.toLowerCase().endsWith('.json')) await root.openexec.request('plan/import', { json: text, name });
    else await generate(root, { intent: text, name, kind: 'intent-file' });
    await show();
  }

  async function pickPlan(root: OpenedFolder, title: string): Promise<PlanSummary | undefined> {
    const plans = await root.openexec.request('plan/list', {});
    if (plans.length === 0) throw new OpenExecError('plan-not-found', { plan: '' });
    const items = [...plans]
      .sort((a, b) => Number(a.archived) - Number(b.archived) || b.updatedAt - a.updatedAt)
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
  async function summaryOf(argument: unknown): Promise<{ root: OpenedFolder; summary: PlanSummary }> {
    const { root, plan: id } = await planOf(context, argument);
    const summary = (await root.openexec.request('plan/list', {})).find((candidate) => candidate.id === id);
    if (!summary) throw new OpenExecError('plan-not-found', { plan: id });
    return { root, summary };
  }

  async function approve(argument: unknown): Promise<void> {
    const { root, plan: id } = await planOf(context, argument);
    await sheets.show({ kind: 'plan', root: root.folder.uri.fsPath, id });
  }

  async function confirmApproval(argument: unknown): Promise<void> {
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

  async function edit(root: OpenedFolder, summary: string, change: (document: PlanDocument) => boolean): Promise<void> {
    const record = root.model.plan;
    if (!record) throw new OpenExecError('plan-not-found', { plan: '' });
    const document = structuredClone(record.document);
    if (!change(document)) return;
    await root.openexec.request('plan/edit', { plan: record.id, iteration: record.iteration, document, summary });
  }

  async function editTask(argument: unknown): Promise<void> {
    const root = await rootOf(context, undefined);
    const row = planRowOf(argument) ?? context.planTree.view.selection[0];
    if (row?.kind !== 'task') return;
    const task = root.model.plan?.document.stories
      .flatMap((story) => story.tasks)
      .find((candidate) => candidate.id === row.id);
    if (!task) throw new OpenExecError('task-not-found', { task: row.id });
    const fields = [
      { field: 'title', label: t('Title') },
      { field: 'description', label: t('Description') },
      { field: 'technical_strategy', label: t('Strategy') },
      { field: 'verification_script', label: t('Verification') },
      { field: 'depends_on', label: t('Depends on') },
    ] as const;
    const value = (field: (typeof fields)[number]['field']): string =>
      field === 'depends_on' ? task.depends_on.join(', ') : task[field];
    const chosen = await vscode.window.showQuickPick(
      fields.map((each) => ({ ...each, detail: showLine(value(each.field)) || t('empty') })),
      { title: t('Edit {task}', { task: task.id }) },
    );
    if (!chosen) return;
    const entered = await vscode.window.showInputBox({
      title: `${task.id} · ${chosen.label}`,
      value: value(chosen.field),
      ignoreFocusOut: true,
      ...(chosen.field === 'depends_on' ? { prompt: t('Ids of tasks, with commas between them') } : {}),
    });
    if (entered === undefined || entered === value(chosen.field)) return;
    await edit(root, t('{field} of {task}', { field: chosen.label, task: task.id }), (document) => {
      const target = document.stories.flatMap((story) => story.tasks).find((candidate) => candidate.id === task.id);
      if (!target) return false;
      if (chosen.field === 'depends_on') target.depends_on = entered.split(/[\s,]+/).filter((id) => id !== '');
      else target[chosen.field] = entered;
      return true;
    });
  }

  async function setMode(argument: unknown): Promise<void> {
    const root = await rootOf(context, undefined);
    const row = planRowOf(argument) ?? context.planTree.view.selection[0];
    if (row?.kind !== 'story') return;
    const modes = [
      { mode: 'sequential' as const, label: t('Sequential'), detail: t('One task after the other.') },
      {
        mode: 'parallel' as const,
        label: t('Parallel'),
        detail: t('Tasks whose dependencies hold may run together.'),
      },
      { mode: 'manual' as const, label: t('Manual'), detail: t('Asks before each task.') },
    ];
    const chosen = await vscode.window.showQuickPick(modes, { title: t('Mode of {story}', { story: row.id }) });
    if (!chosen) return;
    await edit(root, t('Mode of {story}', { story: row.id }), (document) => {
      const story = document.stories.find((candidate) => candidate.id === row.id);
      if (story) story.mode = chosen.mode;
      return story !== undefined;
    });
  }

  return vscode.Disposable.from(
    reporter.command(commands.plan, plan),
    reporter.command(commands.planFromFile, planFromFile),
    reporter.command(commands.newPlan, async () => {
      const root = await rootOf(context, undefined);
      const name = await vscode.window.showInputBox({
        title: t('New Empty Plan'),
        prompt: t('Name'),
        ignoreFocusOut: true,
      });
      if (!name?.trim()) return;
      await root.openexec.request('plan/new', { name: name.trim() });
      await show();
    }),
    reporter.command(commands.switchPlan, async () => {
      const root = await rootOf(context, undefined);
      const summary = await pickPlan(root, t('Switch Plan'));
      if (!summary) return;
      if (summary.archived) await root.openexec.request('plan/archive', { plan: summary.id, archived: false });
      await root.openexec.request('plan/use', { plan: summary.id });
    }),
    reporter.command(commands.renamePlan, async (argument) => {
      const { root, summary } = await summaryOf(argument);
      const name = await vscode.window.showInputBox({
        title: t('Rename Plan'),
        value: summary.name,
        ignoreFocusOut: true,
      });
      if (name?.trim()) await root.openexec.request('plan/rename', { plan: summary.id, name: name.trim() });
    }),
    reporter.command(commands.duplicatePlan, async (argument) => {
      const { root, summary } = await summaryOf(argument);
      await root.openexec.request('plan/duplicate', { plan: summary.id });
      await show();
    }),
    reporter.command(commands.archivePlan, async (argument) => {
      const { root, summary } = await summaryOf(argument);
      await root.openexec.request('plan/archive', { plan: summary.id, archived: !summary.archived });
    }),
    reporter.command(commands.deletePlan, async (argument) => {
      const { root, summary } = await summaryOf(argument);
      const sure = await confirm(
        t('Delete the plan “{name}”?', { name: summary.name }),
        t('Delete'),
        t('Its runs stay. The plan and its versions cannot be brought back.'),
      );
      if (sure) await root.openexec.request('plan/delete', { plan: summary.id });
    }),
    reporter.command(commands.exportPlan, async (argument) => {
      const { root, summary } = await summaryOf(argument);
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
    }),
    reporter.command(commands.approvePlan, approve),
    reporter.command(commands.confirmPlanApproval, confirmApproval),
    reporter.command(commands.editTask, editTask),
    reporter.command(commands.setMode, setMode),
  );
}

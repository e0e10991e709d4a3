/** Commands that start a run: of the plan, of a row, of a sentence. */
import { settleLeftovers } from './leftovers.js';
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import type { PlanRecord } from '../../core/model/plan.js';
import { settledTask } from '../../core/model/plain/settled.js';
import { approvedByStart, previewLines, type Preview } from '../../core/view/preview.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { chooseBlueprint, orShowBlueprint } from './blueprints.js';
import { blueprintOf, confirm, planOf, rowOf, rootOf, sheetOf, tasksOf, type CommandContext } from './context.js';

interface RunRequest {
  root: OpenedFolder;
  plan: string;
  tasks: string[] | undefined;
  again: boolean;
  blueprint?: string | undefined;
  /** As the sheet showed them: starting approves them. */
  environments?: string[];
}

export async function runPlan(context: CommandContext, argument: unknown): Promise<void> {
  const { root, plan } = await planOf(context, argument);
  await offer(context, {
    root,
    plan,
    tasks: tasksOf(argument) ?? (plan === root.model.plan?.id ? context.planTree.included() : undefined),
    again: false,
    blueprint: blueprintOf(argument),
  });
}

/** The sheet before a run: what it will do and what it may spend; Start is the first line. */
async function offer(context: CommandContext, request: RunRequest): Promise<void> {
  const { root, plan, tasks } = request;
  const record = await recordOf(root, plan);
  if (record.approval?.iteration !== record.iteration)
    return context.sheets.show({ kind: 'plan', root: root.folder.uri.fsPath, id: plan });
  const blueprint = request.blueprint ?? (await chooseBlueprint(root, false));
  if (blueprint === undefined) return;
  const preview = await root.openexec.request('run/preview', { plan, blueprint, ...(tasks ? { tasks } : {}) });
  if (preview.tasks.length === 0) throw new OpenExecError('nothing-to-run');
  if (preview.blueprint?.seen === false)
    return context.sheets.show({ kind: 'blueprint', root: root.folder.uri.fsPath, id: blueprint, plan, tasks });
  if (!(await settleLeftovers(root, preview.leftovers))) return;
  const chosen = await vscode.window.showQuickPick(previewItems(preview), {
    title: t('Run “{name}”', { name: record.name }),
    placeHolder: t('Enter starts the run; choose any other line to read everything first'),
    ignoreFocusOut: true,
    matchOnDetail: true,
  });
  if (!chosen) return;
  if (chosen.blueprint) {
    const other = await chooseBlueprint(root, true);
    if (other !== undefined) await offer(context, { ...request, blueprint: other });
  } else if (chosen.start) await start(context, { ...request, blueprint, environments: approvedByStart(preview) });
  else await context.sheets.show({ kind: 'run', root: root.folder.uri.fsPath, id: plan, tasks, blueprint });
}

async function recordOf(root: OpenedFolder, plan: string): Promise<PlanRecord> {
  const shown = root.model.plan;
  const record = shown?.id === plan ? shown : (await root.openexec.request('plan/get', { plan })).plan;
  if (!record) throw new OpenExecError('plan-not-found', { plan });
  return record;
}

export async function confirmRun(context: CommandContext, argument: unknown): Promise<void> {
  const address = sheetOf(argument, 'run');
  if (!address) return;
  await start(context, {
    root: await context.folders.root(address.root),
    plan: address.id,
    tasks: address.tasks,
    again: false,
    blueprint: address.blueprint,
  });
}

async function start(
  context: CommandContext,
  { root, plan, tasks, again, blueprint, environments = [] }: RunRequest,
): Promise<void> {
  const started = await orShowBlueprint(context, root, { plan, tasks }, () =>
    root.openexec.request('run/start', {
      plan,
      again,
      environments,
      ...(tasks ? { tasks } : {}),
      ...(blueprint === undefined ? {} : { blueprint }),
    }),
  );
  if (!started) return;
  await context.sheets.close('run');
  await context.sheets.close('plan');
}

export async function runTask(context: CommandContext, argument: unknown): Promise<void> {
  const { root, plan } = await planOf(context, argument);
  const row = rowOf(context, argument);
  const document = root.model.plan?.document;
  if (!row || !document) throw new OpenExecError('nothing-to-run');
  const stories = document.stories.filter((story) =>
    row.kind === 'goal' ? story.goal_id === row.id : row.kind === 'story' && story.id === row.id,
  );
  const all = row.kind === 'task' ? [row.id] : stories.flatMap((story) => story.tasks.map((task) => task.id));
  const open = all.filter((task) => !settledTask(root.model.task(task)?.status ?? 'pending'));
  if (open.length === 0 && all.length > 0) {
    const sure = await confirm(t('{what} is done already. Run it again?', { what: row.id }), t('Run Again'));
    if (sure) await offer(context, { root, plan, tasks: all, again: true });
    return;
  }
  await offer(context, { root, plan, tasks: open, again: false });
}

export async function quickFix(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, argument);
  const request = await vscode.window.showInputBox({
    title: t('OpenExec: Quick Fix'),
    prompt: t('What is to be changed, in a sentence'),
    ignoreFocusOut: true,
  });
  if (request === undefined || request.trim() === '') return;
  const check = await vscode.window.showInputBox({
    title: t('OpenExec: Quick Fix'),
    prompt: t('A command that proves it (exit code 0). Empty: the project’s own lint, test and build.'),
    ignoreFocusOut: true,
  });
  if (check === undefined) return;
  await root.openexec.request('run/quick-fix', { request: request.trim(), check: check.trim() });
}

interface PreviewItem extends vscode.QuickPickItem {
  start?: boolean;
  blueprint?: boolean;
}

function previewItems(preview: Preview): PreviewItem[] {
  const { blueprint, model, git, budget, tasks, unasked, asks, environments, notes, stops } = previewLines(preview, t);
  const head: PreviewItem = {
    start: stops.length === 0,
    label: stops.length === 0 ? t('$(play) Start') : t('$(error) It cannot start as things are: read why'),
    description: tasks.length === 1 ? t('1 task') : t('{count} tasks', { count: tasks.length }),
    detail: [git, model, t('budget {budget}', { budget })].join(' · '),
  };
  const section = (title: string, lines: readonly string[]): PreviewItem[] =>
    lines.length === 0
      ? []
      : [{ label: title, kind: vscode.QuickPickItemKind.Separator }, ...lines.map((line) => ({ label: line }))];
  return [
    head,
    ...(preview.blueprint && blueprint !== undefined
      ? [
          {
            blueprint: true,
            label: t('$(list-tree) Blueprint: {name}', { name: preview.blueprint.name }),
            description: t('choose another'),
            detail: blueprint,
          },
        ]
      : []),
    ...section(t('Why it cannot start'), stops),
    ...section(t('To know'), notes),
    ...section(t('Programs of the project'), environments),
    ...section(t('Tasks'), tasks),
    ...section(t('Runs unasked'), unasked),
    ...section(t('Asks first'), asks),
  ];
}

/** Commands that change a field of the current plan: of a task, of a story. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import type { PlanDocument } from '../../core/model/plan.js';
import { showLine } from '../../core/text/harmless.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { rootOf, rowOf, type CommandContext } from './context.js';

export async function editTask(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, undefined);
  const row = rowOf(context, argument);
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

export async function setMode(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, undefined);
  const row = rowOf(context, argument);
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

async function edit(root: OpenedFolder, summary: string, change: (document: PlanDocument) => boolean): Promise<void> {
  const record = root.model.plan;
  if (!record) throw new OpenExecError('plan-not-found', { plan: '' });
  const document = structuredClone(record.document);
  if (!change(document)) return;
  await root.openexec.request('plan/edit', { plan: record.id, iteration: record.iteration, document, summary });
}

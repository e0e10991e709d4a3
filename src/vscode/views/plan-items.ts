/** Rows of the Plan view as tree items, and the sentences above them. */
import * as vscode from 'vscode';
import { settledTask } from '../../core/model/plain/settled.js';
import type { PlanDocument, PlanRecord } from '../../core/model/plan.js';
import { showLine } from '../../core/text/harmless.js';
import { rows as rowWords } from '../contributions.js';
import { t } from '../report-errors.js';
import type { RunModel } from '../run-model.js';
import { iconOf } from './icon.js';
import {
  goalWord,
  rowKey,
  storyLook,
  taskRow,
  taskTooltip,
  topRows,
  type PlanRow,
  type RowLook,
  type Standing,
} from './plan-rows.js';
import { tooltipMarkdown, type TooltipLine } from './tooltip.js';

/** What a row's item is made of: the plan that is shown, how its tasks stand, which are left out of the next run. */
export interface PlanShown {
  plan: string;
  document: PlanDocument;
  standing: Standing;
  excluded: ReadonlySet<string>;
}

export function planItem(shown: PlanShown, row: PlanRow): vscode.TreeItem {
  const item =
    row.kind === 'goal'
      ? goalItem(shown, row.id)
      : row.kind === 'story'
        ? storyItem(shown, row.id)
        : taskItem(shown, row);
  if (item) item.id = `${shown.plan}/${rowKey(row)}`;
  return item ?? new vscode.TreeItem(row.id);
}

function goalItem({ document, standing }: PlanShown, id: string): vscode.TreeItem {
  const goal = document.goals.find((candidate) => candidate.id === id);
  const item = new vscode.TreeItem(`${id}  ${showLine(goal?.title ?? '')}`, vscode.TreeItemCollapsibleState.Expanded);
  dress(item, { icon: 'target', tone: 'plain', word: goalWord(document, id, standing, t) }, rowWords.goal);
  item.tooltip = tooltip(`${id} ${goal?.title ?? ''}`, [
    { label: t('Description'), text: goal?.description ?? '' },
    { label: t('Success'), text: goal?.success_criteria ?? '' },
    { label: t('Verified by'), text: goal?.verification_method ?? '' },
  ]);
  return item;
}

function storyItem({ document, standing }: PlanShown, id: string): vscode.TreeItem | undefined {
  const story = document.stories.find((candidate) => candidate.id === id);
  if (!story) return undefined;
  const look = storyLook(document, story, standing, t);
  const item = new vscode.TreeItem(id, vscode.TreeItemCollapsibleState.Expanded);
  dress(item, look, rowWords.story, story.title);
  item.tooltip = tooltip(`${id} ${story.title}`, [
    { label: t('Status'), text: look.word },
    { label: t('Description'), text: story.description },
    { label: t('Accepted when'), text: story.acceptance_criteria.join('; ') },
    { label: t('Depends on'), text: story.depends_on.join(', ') },
    { label: t('Verified by'), text: story.verification_script, code: true },
    {
      label: t('Mode'),
      text: `${story.mode ?? 'sequential'}${story.pause_after ? t(', pauses after') : ''}`,
    },
  ]);
  return item;
}

function taskItem(
  { document, standing, excluded }: PlanShown,
  row: Extract<PlanRow, { kind: 'task' }>,
): vscode.TreeItem | undefined {
  const story = document.stories.find((candidate) => candidate.id === row.story);
  const task = story?.tasks.find((candidate) => candidate.id === row.id);
  if (!story || !task) return undefined;
  const view = standing(task.id);
  const look = taskRow(document, task, standing, t);
  const item = new vscode.TreeItem(row.id, vscode.TreeItemCollapsibleState.None);
  dress(
    item,
    look,
    [rowWords.task, view?.commit ? 'committed' : '', view?.status ?? 'pending'].filter(Boolean).join(' '),
    task.title,
  );
  item.tooltip = tooltip(`${row.id} ${task.title}`, taskTooltip(task, view, look.word, t));
  if (!settledTask(view?.status ?? 'pending')) {
    const checked = !excluded.has(task.id);
    item.checkboxState = {
      state: checked ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked,
      tooltip: checked ? t('In the next run') : t('Left out of the next run'),
    };
  }
  return item;
}

/**
 * The title stands after the status word: a narrow side bar cuts off the end, and the status is what must be seen.
 */
function dress(item: vscode.TreeItem, look: RowLook, contextValue: string, title = ''): void {
  const words = showLine(title);
  item.description = [look.word, words, look.extra].filter(Boolean).join(' · ');
  item.iconPath = iconOf(look);
  item.contextValue = contextValue;
  item.accessibilityInformation = {
    label: `${[String(item.label), words].filter(Boolean).join('  ')}, ${[look.word, look.extra].filter(Boolean).join(' · ')}`,
  };
}

/** What there is to say above the rows. A view's message takes the place of its welcome, so an empty plan has none. */
export function planMessage(current: RunModel | undefined): string {
  const plan = current?.plan;
  if (!current || !plan || topRows(plan.document).length === 0) return '';
  const notes = madeNotes(plan);
  const errors = current.problems.filter((problem) => problem.severity === 'error');
  if (errors[0])
    notes.push(
      errors.length === 1
        ? t('1 error: {first}', { first: errors[0].message })
        : t('{count} errors. First: {first}', { count: errors.length, first: errors[0].message }),
    );
  else if (plan.approval?.iteration !== plan.iteration)
    notes.push(t('Not approved yet. Approving shows every script it would run.'));
  if (current.proposals > 0)
    notes.push(
      current.proposals === 1
        ? t('1 proposed change waits: “Review Proposed Changes…” shows it.')
        : t('{count} proposed changes wait: “Review Proposed Changes…” shows them.', { count: current.proposals }),
    );
  if (!current.owned) notes.push(t('Another window or terminal runs this folder; it is followed here.'));
  return notes.join(' ');
}

/** How the plan was made, where that wants a second look. */
function madeNotes(plan: PlanRecord): string[] {
  const notes: string[] = [];
  if (plan.degraded) notes.push(t('Made by rules, without a model: look it over before you approve it.'));
  // Why it is degraded stands there already.
  const said = (plan.notes ?? []).filter((note) => note.severity !== 'info' && note.code !== 'made-by-rules');
  if (said[0])
    notes.push(
      said.length === 1
        ? showLine(said[0].message)
        : t('{count} notes on how it was made. First: {first}', {
            count: said.length,
            first: showLine(said[0].message),
          }),
    );
  return notes;
}

const tooltip = (title: string, lines: readonly TooltipLine[]): vscode.MarkdownString =>
  new vscode.MarkdownString(tooltipMarkdown(title, lines));

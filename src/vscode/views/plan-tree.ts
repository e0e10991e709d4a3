/** The Plan view: goals → stories → tasks with icon and word, a checkbox for the next run, refreshed row by row. */
import * as vscode from 'vscode';
import type { PlanDocument } from '../../core/model/plan.js';
import { settledTask } from '../../core/model/plain/settled.js';
import { showLine } from '../../core/text/harmless.js';
import { rows as rowWords, views } from '../contributions.js';
import { t, type ErrorReporter } from '../report-errors.js';
import {
  childRows,
  goalWord,
  parentRow,
  rowKey,
  storyLook,
  taskRow,
  taskTooltip,
  topRows,
  type PlanRow,
  type RowLook,
} from './plan-rows.js';
import type { Folders } from '../folders.js';
import { tooltipMarkdown, type TooltipLine } from './tooltip.js';
import { iconOf } from './icon.js';

export interface PlanTree extends vscode.Disposable {
  /** Ids of the tasks ticked for the next run; undefined = none was unticked, so all that are not done. */
  included(): string[] | undefined;
  readonly view: vscode.TreeView<PlanRow>;
}

export function createPlanTree(folders: Folders, reporter: ErrorReporter, workspaceState: vscode.Memento): PlanTree {
  const changed = new vscode.EventEmitter<PlanRow | PlanRow[] | undefined>();
  /** One object a row: VS Code refreshes by identity. */
  const known = new Map<string, PlanRow>();
  const keep = (row: PlanRow): PlanRow => {
    const earlier = known.get(rowKey(row));
    if (earlier && (earlier.kind !== 'task' || (row.kind === 'task' && earlier.story === row.story))) return earlier;
    known.set(rowKey(row), row);
    return row;
  };
  const model = () => folders.open?.model;
  const document = (): PlanDocument | undefined => model()?.plan?.document;
  const standing = (task: string) => model()?.task(task);
  const excludedKey = (): string => `openexec.excluded/${model()?.plan?.id ?? ''}`;
  const excluded = (): Set<string> => new Set(workspaceState.get<string[]>(excludedKey(), []));

  const provider: vscode.TreeDataProvider<PlanRow> = {
    onDidChangeTreeData: changed.event,
    async getChildren(row) {
      // The failure is the view's state
      if (folders.state === 'idle' || folders.state === 'opening') await folders.current().catch(() => undefined);
      const shown = document();
      if (!shown) return [];
      return (row ? childRows(shown, row) : topRows(shown)).map(keep);
    },
    getParent(row) {
      const shown = document();
      const parent = shown && parentRow(shown, row);
      return parent && keep(parent);
    },
    getTreeItem(row) {
      const shown = document();
      return shown ? itemOf(shown, row) : new vscode.TreeItem(row.id);
    },
  };

  function itemOf(shown: PlanDocument, row: PlanRow): vscode.TreeItem {
    switch (row.kind) {
      case 'goal': {
        const goal = shown.goals.find((candidate) => candidate.id === row.id);
        const item = new vscode.TreeItem(
          `${row.id}  ${showLine(goal?.title ?? '')}`,
          vscode.TreeItemCollapsibleState.Expanded,
        );
        dress(item, row, { icon: 'target', tone: 'plain', word: goalWord(shown, row.id, standing, t) }, rowWords.goal);
        item.tooltip = tooltip(`${row.id} ${goal?.title ?? ''}`, [
          { label: t('Description'), text: goal?.description ?? '' },
          { label: t('Success'), text: goal?.success_criteria ?? '' },
          { label: t('Verified by'), text: goal?.verification_method ?? '' },
        ]);
        return item;
      }
      case 'story': {
        const story = shown.stories.find((candidate) => candidate.id === row.id);
        if (!story) return new vscode.TreeItem(row.id);
        const look = storyLook(shown, story, standing, t);
        const item = new vscode.TreeItem(row.id, vscode.TreeItemCollapsibleState.Expanded);
        dress(item, row, look, rowWords.story, story.title);
        item.tooltip = tooltip(`${row.id} ${story.title}`, [
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
      case 'task': {
        const story = shown.stories.find((candidate) => candidate.id === row.story);
        const task = story?.tasks.find((candidate) => candidate.id === row.id);
        if (!story || !task) return new vscode.TreeItem(row.id);
        const view = standing(task.id);
        const look = taskRow(shown, task, standing, t);
        const item = new vscode.TreeItem(row.id, vscode.TreeItemCollapsibleState.None);
        dress(
          item,
          row,
          look,
          [rowWords.task, view?.commit ? 'committed' : '', view?.status ?? 'pending'].filter(Boolean).join(' '),
          task.title,
        );
        item.tooltip = tooltip(`${row.id} ${task.title}`, taskTooltip(task, view, look.word, t));
        if (!settledTask(view?.status ?? 'pending')) {
          const checked = !excluded().has(task.id);
          item.checkboxState = {
            state: checked ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked,
            tooltip: checked ? t('In the next run') : t('Left out of the next run'),
          };
        }
        return item;
      }
    }
  }

  /**
   * The title stands after the status word: a narrow side bar cuts off the end, and the status is what must be seen.
   */
  function dress(item: vscode.TreeItem, row: PlanRow, look: RowLook, contextValue: string, title = ''): void {
    const words = showLine(title);
    item.id = `${model()?.plan?.id ?? ''}/${rowKey(row)}`;
    item.description = [look.word, words, look.extra].filter(Boolean).join(' · ');
    item.iconPath = iconOf(look);
    item.contextValue = contextValue;
    item.accessibilityInformation = {
      label: `${[String(item.label), words].filter(Boolean).join('  ')}, ${[look.word, look.extra].filter(Boolean).join(' · ')}`,
    };
  }

  const view = vscode.window.createTreeView(views.plan, { treeDataProvider: provider, showCollapseAll: true });

  function describe(): void {
    const current = model();
    const plan = current?.plan;
    view.description = [folders.folders.length > 1 ? folders.active?.name : '', showLine(plan?.name ?? '')]
      .filter(Boolean)
      .join(' · ');
    const errors = current?.problems.filter((problem) => problem.severity === 'error') ?? [];
    const notes: string[] = [];
    if (plan?.degraded) notes.push(t('Made by rules, without a model: look it over before you approve it.'));
    // Why it is degraded stands there already.
    const said = (plan?.notes ?? []).filter((note) => note.severity !== 'info' && note.code !== 'made-by-rules');
    if (said[0])
      notes.push(
        said.length === 1
          ? showLine(said[0].message)
          : t('{count} notes on how it was made. First: {first}', {
              count: said.length,
              first: showLine(said[0].message),
            }),
      );
    if (errors[0])
      notes.push(
        errors.length === 1
          ? t('1 error: {first}', { first: errors[0].message })
          : t('{count} errors. First: {first}', { count: errors.length, first: errors[0].message }),
      );
    else if (plan && plan.approval?.iteration !== plan.iteration)
      notes.push(t('Not approved yet. Approving shows every script it would run.'));
    if (current && current.proposals > 0)
      notes.push(
        current.proposals === 1
          ? t('1 proposed change waits: “Review Proposed Changes…” shows it.')
          : t('{count} proposed changes wait: “Review Proposed Changes…” shows them.', { count: current.proposals }),
      );
    if (current && !current.owned) notes.push(t('Another window or terminal runs this folder; it is followed here.'));
    // A message takes the place of the view's welcome, which holds the ways out
    // of being empty, failed or held elsewhere.
    const empty = !plan || topRows(plan.document).length === 0;
    view.message = empty ? '' : notes.join(' ');
  }

  const listening = vscode.Disposable.from(
    changed,
    view,
    folders.onDidChangeState(() => {
      known.clear();
      describe();
      changed.fire(undefined);
    }),
    folders.onDidChangeModel((change) => {
      if (change.plan) {
        describe();
        changed.fire(undefined);
        return;
      }
      const shown = document();
      if (!shown || change.tasks.size === 0) return;
      changed.fire(
        touchedRows(shown, change.tasks)
          .map((row) => known.get(rowKey(row)))
          .filter((row) => row !== undefined),
      );
    }),
    view.onDidChangeCheckboxState((event) => {
      const left = excluded();
      for (const [row, state] of event.items) {
        if (row.kind !== 'task') continue;
        if (state === vscode.TreeItemCheckboxState.Checked) left.delete(row.id);
        else left.add(row.id);
      }
      reporter.attempt('remembering what the next run includes', async () => {
        await workspaceState.update(excludedKey(), [...left]);
        changed.fire(event.items.map(([row]) => row));
      });
    }),
  );

  return {
    view,
    included() {
      const shown = document();
      const left = excluded();
      if (!shown) return undefined;
      const open = shown.stories
        .flatMap((story) => story.tasks.map((task) => task.id))
        .filter((id) => !settledTask(standing(id)?.status ?? 'pending'));
      const chosen = open.filter((id) => !left.has(id));
      return chosen.length === open.length ? undefined : chosen;
    },
    dispose: () => void listening.dispose(),
  };
}

/** Tasks, and the rows above them whose counts they change. */
function touchedRows(document: PlanDocument, tasks: ReadonlySet<string>): PlanRow[] {
  const rows = new Map<string, PlanRow>();
  for (const story of document.stories) {
    for (const task of story.tasks) {
      if (!tasks.has(task.id)) continue;
      const own: PlanRow[] = [
        { kind: 'task', id: task.id, story: story.id },
        { kind: 'story', id: story.id },
        { kind: 'goal', id: story.goal_id },
      ];
      for (const row of own) rows.set(rowKey(row), row);
    }
  }
  return [...rows.values()];
}

const tooltip = (title: string, lines: readonly TooltipLine[]): vscode.MarkdownString =>
  new vscode.MarkdownString(tooltipMarkdown(title, lines));

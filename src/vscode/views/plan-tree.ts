/** The Plan view: goals → stories → tasks with icon and word, a checkbox for the next run, refreshed row by row. */
import * as vscode from 'vscode';
import type { PlanDocument } from '../../core/model/plan.js';
import { settledTask } from '../../core/model/plain/settled.js';
import { showLine } from '../../core/text/harmless.js';
import { views } from '../contributions.js';
import type { ErrorReporter } from '../report-errors.js';
import { planItem, planMessage } from './plan-items.js';
import { childRows, parentRow, rowKey, topRows, type PlanRow } from './plan-rows.js';
import type { Folders } from '../folders.js';

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
      const plan = model()?.plan?.id ?? '';
      return shown
        ? planItem({ plan, document: shown, standing, excluded: excluded() }, row)
        : new vscode.TreeItem(row.id);
    },
  };

  const view = vscode.window.createTreeView(views.plan, { treeDataProvider: provider, showCollapseAll: true });

  function describe(): void {
    const current = model();
    const plan = current?.plan;
    view.description = [folders.folders.length > 1 ? folders.active?.name : '', showLine(plan?.name ?? '')]
      .filter(Boolean)
      .join(' · ');
    view.message = planMessage(current);
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

/** The Runs view: newest first, with outcome, duration, cost and commits. */
import * as vscode from 'vscode';
import { rowTookMs, tookMs } from '../../core/model/plain/run-time.js';
import type { RunRecord } from '../../core/model/run.js';
import { finishedRun } from '../../core/model/plain/settled.js';
import { showLine } from '../../core/text/harmless.js';
import { cost, duration, plainBlanks } from '../../core/view/amounts.js';
import { runRowLook } from '../../core/view/looks.js';
import { modelName } from '../../core/view/preview.js';
import { commands, rows, views } from '../contributions.js';
import { t } from '../report-errors.js';
import type { Folders } from '../folders.js';
import { shortened, whyStopped } from '../words.js';
import { iconOf } from './icon.js';

export interface RunRow {
  kind: 'run';
  id: string;
}

export function createRunsTree(folders: Folders): vscode.Disposable {
  const changed = new vscode.EventEmitter<RunRow[] | undefined>();
  const known = new Map<string, RunRow>();
  const keep = (id: string): RunRow => {
    const row = known.get(id) ?? { kind: 'run', id };
    known.set(id, row);
    return row;
  };

  const provider: vscode.TreeDataProvider<RunRow> = {
    onDidChangeTreeData: changed.event,
    async getChildren(row) {
      if (row) return [];
      // The failure is the view's state
      if (folders.state === 'idle' || folders.state === 'opening') await folders.current().catch(() => undefined);
      return (folders.open?.model.runs ?? []).map((run) => keep(run.id));
    },
    getTreeItem(row) {
      const record = folders.open?.model.runs.find((run) => run.id === row.id);
      return record ? itemOf(record) : new vscode.TreeItem(row.id);
    },
  };

  function itemOf(record: RunRecord): vscode.TreeItem {
    const live = folders.open?.model.state(record.id);
    const status = live && live.seq > 0 ? live.status : record.status;
    const done = live && live.seq > 0 ? live.done : record.done;
    const undone = record.rolledBack ?? 0;
    const look = runRowLook({ status, done, rolledBack: undone }, t);
    const money = cost(live ? live.costUsd : record.costUsd, live ? live.tokens : record.tokens, t);
    const commits = live ? live.commits.length : record.commits;
    const finishedAt = live?.finishedAt ?? record.finishedAt;
    const parts = [
      look.word,
      `${done}/${record.tasks.length}`,
      undone === 0 ? '' : t('{count} rolled back', { count: undone }),
      finishedAt === undefined
        ? ''
        : duration(live ? tookMs(live.began, live.ended ?? live.time) : rowTookMs(record), t),
      money,
      commits === 0 ? '' : commits === 1 ? t('1 commit') : t('{count} commits', { count: commits }),
    ].filter((part) => part !== '');
    const item = new vscode.TreeItem(shortened(showLine(record.title)), vscode.TreeItemCollapsibleState.None);
    item.id = record.id;
    item.description = parts.join(' · ');
    item.iconPath = iconOf(look);
    item.contextValue = [
      rows.run,
      status,
      finishedRun(status) ? 'finished' : 'unfinished',
      ...(undone > 0 ? ['rolled-back'] : []),
    ].join(' ');
    item.accessibilityInformation = {
      label: [showLine(record.title), ...parts, whyStopped(live, t)].filter((part) => part !== '').join(', '),
    };
    const started = plainBlanks(new Date(record.createdAt).toLocaleString(vscode.env.language));
    const model = modelName(record.config.model, record.config.recorded, t);
    item.tooltip = [
      showLine(record.title),
      parts.join(' · '),
      whyStopped(live, t),
      t('Started {time}', { time: started }),
      model,
    ]
      .filter((line) => line !== '')
      .join('\n');
    item.command = { command: commands.showRun, title: t('Show Run'), arguments: [row(record)] };
    return item;
  }
  const row = (record: RunRecord): RunRow => keep(record.id);

  const view = vscode.window.createTreeView(views.runs, { treeDataProvider: provider });
  return vscode.Disposable.from(
    changed,
    view,
    folders.onDidChangeState(() => {
      known.clear();
      changed.fire(undefined);
    }),
    folders.onDidChangeModel((change) => {
      if (change.runList) changed.fire(undefined);
      else if (change.runs.size > 0) changed.fire([...change.runs].flatMap((id) => known.get(id) ?? []));
    }),
  );
}

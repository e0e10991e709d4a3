/**
 * The Approvals view: one row per waiting question, oldest first;
 * files under a change set, hunks under a file that is being reviewed.
 */
import * as vscode from 'vscode';
import { showLine } from '../../core/text/harmless.js';
import { changed as changedCount } from '../../core/view/amounts.js';
import { approvalLook } from '../../core/view/looks.js';
import { askedText } from '../../core/view/question-text.js';
import { commands, rows, views } from '../contributions.js';
import { t } from '../report-errors.js';
import type { Pending } from '../run-model.js';
import type { Folders } from '../folders.js';
import { iconOf } from './icon.js';

export type ApprovalRow =
  | { kind: 'approval'; approval: string }
  | { kind: 'file'; approval: string; path: string }
  | { kind: 'hunk'; approval: string; path: string; hunk: string };

/** What the review knows of a file; undefined until it is opened. */
export interface FileStanding {
  decided: number;
  hunks: { id: string; label: string; state: 'pending' | 'accepted' | 'rejected'; comment: string }[];
  state: 'pending' | 'accepted' | 'rejected';
}
export interface ReviewStanding {
  file(approval: string, path: string): FileStanding | undefined;
  readonly onDidChange: vscode.Event<string>;
}

export const approvalRowKey = (row: ApprovalRow): string =>
  row.kind === 'approval'
    ? row.approval
    : row.kind === 'file'
      ? `${row.approval}/${row.path}`
      : `${row.approval}/${row.path}#${row.hunk}`;

export function createApprovalsTree(
  folders: Folders,
  reviews: ReviewStanding,
): vscode.Disposable & { view: vscode.TreeView<ApprovalRow> } {
  const changed = new vscode.EventEmitter<ApprovalRow | undefined>();
  const known = new Map<string, ApprovalRow>();
  const keep = (row: ApprovalRow): ApprovalRow => {
    const key = approvalRowKey(row);
    const kept = known.get(key) ?? row;
    known.set(key, kept);
    return kept;
  };
  const pending = (): readonly Pending[] => folders.open?.model.approvals ?? [];
  const find = (id: string): Pending | undefined => pending().find((each) => each.approval.id === id);

  const provider: vscode.TreeDataProvider<ApprovalRow> = {
    onDidChangeTreeData: changed.event,
    async getChildren(row) {
      // The failure is the view's state
      if (folders.state === 'idle' || folders.state === 'opening') await folders.current().catch(() => undefined);
      if (!row) return pending().map(({ approval }) => keep({ kind: 'approval', approval: approval.id }));
      if (row.kind === 'approval')
        return (find(row.approval)?.changeSet?.files ?? []).map((file) =>
          keep({ kind: 'file', approval: row.approval, path: file.path }),
        );
      if (row.kind === 'file')
        return (reviews.file(row.approval, row.path)?.hunks ?? []).map((hunk) =>
          keep({ kind: 'hunk', approval: row.approval, path: row.path, hunk: hunk.id }),
        );
      return [];
    },
    getParent(row) {
      if (row.kind === 'hunk') return keep({ kind: 'file', approval: row.approval, path: row.path });
      return row.kind === 'file' ? keep({ kind: 'approval', approval: row.approval }) : undefined;
    },
    getTreeItem: (row) => itemOf(row),
  };

  function itemOf(row: ApprovalRow): vscode.TreeItem {
    const found = find(row.approval);
    if (!found) return new vscode.TreeItem(row.approval);
    if (row.kind === 'approval') return questionItem(found, row);
    if (row.kind === 'file') return fileItem(found, row);
    return hunkItem(row);
  }

  function questionItem({ approval, changeSet }: Pending, row: ApprovalRow): vscode.TreeItem {
    const { title, why } = askedText(approval, t);
    const item = new vscode.TreeItem(
      title,
      changeSet ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None,
    );
    item.id = approval.id;
    item.description = showLine([approval.task, approval.stage].filter((part) => part !== '').join(' · '));
    item.tooltip = [title, why].filter((part) => part !== '').join('\n');
    item.iconPath = iconOf(approvalLook(approval.subject.kind, approval.status, t));
    item.contextValue = changeSet ? rows.changeSet : rows.question;
    item.accessibilityInformation = {
      label: t('{title}, waits for you. {why}', { title, why }),
    };
    item.command = { command: commands.review, title: t('Review'), arguments: [row] };
    return item;
  }

  function decidedOf(standing: FileStanding | undefined): string {
    const hunks = standing?.hunks.length ?? 0;
    const rejected = standing?.hunks.filter((hunk) => hunk.state === 'rejected').length ?? 0;
    switch (standing?.state) {
      case 'accepted':
        return rejected > 0 ? t('decided, {rejected} of {hunks} rejected', { rejected, hunks }) : t('accepted');
      case 'rejected':
        return t('rejected');
      case 'pending':
        return hunks > 0 ? t('{decided} of {hunks} decided', { decided: standing.decided, hunks }) : '';
      case undefined:
        return '';
    }
  }

  function fileItem({ changeSet }: Pending, row: Extract<ApprovalRow, { kind: 'file' }>): vscode.TreeItem {
    const file = changeSet?.files.find((candidate) => candidate.path === row.path);
    if (!file) return new vscode.TreeItem(showLine(row.path));
    const standing = reviews.file(row.approval, row.path);
    const hunks = standing?.hunks.length ?? 0;
    const item = new vscode.TreeItem(
      showLine(file.from ? `${file.from} → ${file.path}` : file.path),
      hunks > 0 ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
    const op = { create: t('new'), modify: '', delete: t('deleted'), rename: t('renamed') }[file.op];
    item.description = [changedCount(file.added, file.removed), op, decidedOf(standing)]
      .filter((part) => part !== '')
      .join(' · ');
    item.id = approvalRowKey(row);
    item.iconPath =
      standing?.state === 'accepted'
        ? new vscode.ThemeIcon('check')
        : standing?.state === 'rejected'
          ? new vscode.ThemeIcon('close')
          : vscode.ThemeIcon.File;
    item.contextValue = [rows.file, standing?.state ?? 'pending'].join(' ');
    item.accessibilityInformation = { label: `${showLine(file.path)}, ${item.description}` };
    item.command = { command: commands.review, title: t('Review'), arguments: [row] };
    return item;
  }

  function hunkItem(row: Extract<ApprovalRow, { kind: 'hunk' }>): vscode.TreeItem {
    const standing = reviews.file(row.approval, row.path);
    const index = standing?.hunks.findIndex((candidate) => candidate.id === row.hunk) ?? -1;
    const hunk = standing?.hunks[index];
    if (!standing || !hunk) return new vscode.TreeItem(row.hunk);
    const word = { pending: t('pending'), accepted: t('accepted'), rejected: t('rejected') }[hunk.state];
    const item = new vscode.TreeItem(
      t('Hunk {n}: {label}', { n: index + 1, label: hunk.label }),
      vscode.TreeItemCollapsibleState.None,
    );
    item.id = approvalRowKey(row);
    item.description = hunk.comment === '' ? word : `${word} · ${showLine(hunk.comment)}`;
    item.iconPath = new vscode.ThemeIcon(
      { pending: 'circle-outline', accepted: 'check', rejected: 'close' }[hunk.state],
    );
    item.contextValue = [rows.hunk, hunk.state].join(' ');
    item.accessibilityInformation = {
      label: t('hunk {n} of {all}, {word}', { n: index + 1, all: standing.hunks.length, word }),
    };
    item.command = { command: commands.review, title: t('Review'), arguments: [row] };
    return item;
  }

  const view = vscode.window.createTreeView(views.approvals, { treeDataProvider: provider });
  const badge = (): void => {
    const waiting = pending().length;
    view.badge =
      waiting === 0
        ? undefined
        : {
            value: waiting,
            tooltip:
              waiting === 1 ? t('1 question waits for you') : t('{count} questions wait for you', { count: waiting }),
          };
  };
  const listening = vscode.Disposable.from(
    changed,
    view,
    folders.onDidChangeState(() => {
      known.clear();
      badge();
      changed.fire(undefined);
    }),
    folders.onDidChangeModel((change) => {
      if (!change.approvals) return;
      badge();
      changed.fire(undefined);
    }),
    reviews.onDidChange((approval) => changed.fire(known.get(approval))),
  );
  return Object.assign(listening, { view });
}

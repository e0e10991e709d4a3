/**
 * The Approvals view: one row per waiting question, oldest first;
 * files under a change set, hunks under a file that is being reviewed.
 */
import * as vscode from 'vscode';
import { views } from '../contributions.js';
import { t } from '../report-errors.js';
import type { Pending } from '../run-model.js';
import type { Folders } from '../folders.js';
import { approvalItem, approvalRowKey, type ApprovalRow, type FileStanding } from './approval-items.js';

export interface ReviewStanding {
  file(approval: string, path: string): FileStanding | undefined;
  readonly onDidChange: vscode.Event<string>;
}

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
    getTreeItem: (row) =>
      approvalItem(row, find(row.approval), row.kind === 'approval' ? undefined : reviews.file(row.approval, row.path)),
  };

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

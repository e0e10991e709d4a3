/** Rows of the Approvals view as tree items: a question, a file of a change set, a hunk of a file. */
import * as vscode from 'vscode';
import { showLine } from '../../core/text/harmless.js';
import { changed as changedCount } from '../../core/view/amounts.js';
import { approvalLook } from '../../core/view/looks.js';
import { askedText } from '../../core/view/question-text.js';
import { commands, rows } from '../contributions.js';
import { t } from '../report-errors.js';
import type { Pending } from '../run-model.js';
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
export const approvalRowKey = (row: ApprovalRow): string =>
  row.kind === 'approval'
    ? row.approval
    : row.kind === 'file'
      ? `${row.approval}/${row.path}`
      : `${row.approval}/${row.path}#${row.hunk}`;

/** `standing`: what the review knows of the row's file. */
export function approvalItem(
  row: ApprovalRow,
  found: Pending | undefined,
  standing: FileStanding | undefined,
): vscode.TreeItem {
  if (!found) return new vscode.TreeItem(row.approval);
  if (row.kind === 'approval') return questionItem(found, row);
  return row.kind === 'file' ? fileItem(found, row, standing) : hunkItem(row, standing);
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

function fileItem(
  { changeSet }: Pending,
  row: Extract<ApprovalRow, { kind: 'file' }>,
  standing: FileStanding | undefined,
): vscode.TreeItem {
  const file = changeSet?.files.find((candidate) => candidate.path === row.path);
  if (!file) return new vscode.TreeItem(showLine(row.path));
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

function hunkItem(row: Extract<ApprovalRow, { kind: 'hunk' }>, standing: FileStanding | undefined): vscode.TreeItem {
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
  item.iconPath = new vscode.ThemeIcon({ pending: 'circle-outline', accepted: 'check', rejected: 'close' }[hunk.state]);
  item.contextValue = [rows.hunk, hunk.state].join(' ');
  item.accessibilityInformation = {
    label: t('hunk {n} of {all}, {word}', { n: index + 1, all: standing.hunks.length, word }),
  };
  item.command = { command: commands.review, title: t('Review'), arguments: [row] };
  return item;
}

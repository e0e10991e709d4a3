/**
 * One row of actions above each hunk.
 * At most 200 rows at a time: thousands make typing slow; the rest is reached by next and previous.
 */
import * as vscode from 'vscode';
import { lineOf, totalHunks, type FileReview, type ReviewHunk } from '../../core/view/review.js';
import { commands, schemes } from '../contributions.js';
import { t } from '../report-errors.js';
import { parseAddress } from './addresses.js';
import type { Reviews } from './reviews.js';

export const MAX_LENSED_HUNKS = 200;

export function registerLenses(reviews: Reviews): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();

  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      const address = parseAddress(document.uri);
      const file = address && reviews.peek(address.approval)?.files.get(address.path);
      if (!file) return [];
      if (file.level === 'file') return fileLenses(document.uri, file);
      const editor = vscode.window.visibleTextEditors.find((candidate) => candidate.document === document);
      const around = editor?.visibleRanges[0]?.start.line ?? 0;
      return nearest(file.hunks, around).flatMap((hunk) => hunkLenses(document, file, hunk));
    },
  };

  return vscode.Disposable.from(
    changed,
    vscode.languages.registerCodeLensProvider({ scheme: schemes.proposal }, provider),
    reviews.onDidChange(() => changed.fire()),
    vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
      const address = parseAddress(textEditor.document.uri);
      const hunks = address && reviews.peek(address.approval)?.files.get(address.path)?.hunks.length;
      if (hunks !== undefined && hunks > MAX_LENSED_HUNKS) changed.fire();
    }),
  );
}

export function nearest(hunks: readonly ReviewHunk[], line: number): readonly ReviewHunk[] {
  if (hunks.length <= MAX_LENSED_HUNKS) return hunks;
  const here = hunks.findIndex((hunk) => lineOf(hunk) >= line);
  const from = Math.min(
    Math.max(0, (here === -1 ? hunks.length : here) - MAX_LENSED_HUNKS / 2),
    hunks.length - MAX_LENSED_HUNKS,
  );
  return hunks.slice(from, from + MAX_LENSED_HUNKS);
}

function hunkLenses(document: vscode.TextDocument, file: FileReview, hunk: ReviewHunk): vscode.CodeLens[] {
  const line = Math.min(lineOf(hunk), document.lineCount - 1);
  const range = new vscode.Range(line, 0, line, 0);
  const lens = (title: string, command: string): vscode.CodeLens =>
    new vscode.CodeLens(range, { title, command, arguments: [document.uri, hunk.key] });
  const label = t('Hunk {n} of {all}: +{added} −{removed}', {
    n: file.hunks.indexOf(hunk) + 1,
    all: file.hunks.length,
    added: hunk.newLines,
    removed: hunk.oldLines,
  });
  const where =
    file.rejected.length > 0
      ? t('{label} · {rejected} of {total} rejected', {
          label,
          rejected: file.rejected.length,
          total: totalHunks(file),
        })
      : label;
  if (file.accepted.has(hunk.key))
    return [
      lens(t('$(pass-filled) Accepted'), commands.nextPendingHunk),
      lens(t('$(discard) Undo'), commands.undoHunk),
      lens(where, commands.nextPendingHunk),
    ];
  return [
    lens(t('$(check) Accept'), commands.acceptHunk),
    lens(t('$(close) Reject'), commands.rejectHunk),
    lens(t('$(comment) Reject with Comment…'), commands.rejectHunkWithComment),
    lens(where, commands.nextPendingHunk),
  ];
}

function fileLenses(uri: vscode.Uri, file: FileReview): vscode.CodeLens[] {
  const range = new vscode.Range(0, 0, 0, 0);
  const lens = (title: string, command: string): vscode.CodeLens =>
    new vscode.CodeLens(range, { title, command, arguments: [uri] });
  const [accept, reject] =
    file.file.op === 'delete'
      ? [t('$(check) Accept Deletion'), t('$(close) Keep the File')]
      : [t('$(check) Accept File'), t('$(close) Reject File…')];
  return [lens(accept, commands.acceptFile), lens(reject, commands.rejectFile)];
}

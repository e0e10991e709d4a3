/** Where the cursor stands in a review: the keys that mean something there, and the hunk in the status bar. */
import * as vscode from 'vscode';
import { hunkAt, type FileReview } from '../../core/view/review.js';
import { contextKeys, schemes } from '../contributions.js';
import { t } from '../report-errors.js';
import type { StatusBar } from '../views/status-bar.js';
import { parseAddress, type ReviewAddress } from './addresses.js';
import type { Reviews } from './reviews.js';

export interface ReviewCursor extends vscode.Disposable {
  /** Says it anew, after the state of a review changed under the cursor. */
  show(): void;
}

export function followCursor(reviews: Reviews, status: StatusBar): ReviewCursor {
  function show(): void {
    const editor = vscode.window.activeTextEditor;
    const address = editor && parseAddress(editor.document.uri);
    const file = address && reviews.peek(address.approval)?.files.get(address.path);
    setKeys(address, file);
    const hunks = address?.side === 'proposal' && file?.level === 'hunks' ? file : undefined;
    status.reviewing(hunks && hunkText(hunks, editor?.selection.active.line ?? 0));
  }
  const listening = vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(show),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor.document.uri.scheme === schemes.proposal) show();
    }),
    reviews.onDidChange(show),
  );
  return { show, dispose: () => void listening.dispose() };
}

function setKeys(address: ReviewAddress | undefined, file: FileReview | undefined): void {
  const set = (key: string, value: boolean): void => {
    void vscode.commands.executeCommand('setContext', key, value);
  };
  set(contextKeys.reviewing, address?.side === 'proposal' && file?.level === 'hunks');
  set(contextKeys.fileLevel, address !== undefined && file?.level === 'file');
}

function hunkText(file: FileReview, line: number): string | undefined {
  const at = hunkAt(file, line);
  if (!at) return undefined;
  const state = file.accepted.has(at.key) ? t('accepted') : t('pending');
  return t('hunk {n} of {all}, {state}', { n: file.hunks.indexOf(at) + 1, all: file.hunks.length, state });
}

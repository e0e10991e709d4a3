/**
 * The tabs of reviews: one diff at a time, in VS Code's own diff editor.
 * A tab that goes has no unsaved text, so that closing asks nothing.
 */
import * as vscode from 'vscode';
import { showLine } from '../../core/text/harmless.js';
import { isDecided, lineOf, nextPending, type FileReview } from '../../core/view/review.js';
import { schemes } from '../contributions.js';
import { t, type ErrorReporter } from '../report-errors.js';
import { addressOf, parseAddress, type ReviewAddress } from './addresses.js';
import { progressOf, type Review } from './reviews.js';

export interface ReviewTabs {
  /** Opens the first file with something undecided, or the one named. */
  open(review: Review, path?: string, options?: { preserveFocus?: boolean; hunk?: string }): Promise<void>;
  /** All of its files in one editor. */
  overview(review: Review): Promise<void>;
  close(approval: string): Promise<void>;
  /** The right side, where it is open. */
  document(review: Review, path: string): vscode.TextDocument | undefined;
}

export function createReviewTabs(reporter: ErrorReporter): ReviewTabs {
  const askForLenses = createLensQuestion(reporter);
  return {
    async open(review, path, options = {}) {
      const file =
        (path === undefined ? undefined : review.files.get(path)) ??
        [...review.files.values()].find((each) => !isDecided(each)) ??
        [...review.files.values()][0];
      if (!file) return;
      const hunk = file.hunks.find((each) => each.key === options.hunk) ?? nextPending(file, -1);
      const line = hunk ? lineOf(hunk) : 0;
      const { decided } = progressOf(review);
      const left = addressOf(
        { side: 'base', root: review.root.folder.uri.fsPath, approval: review.approval, path: file.file.path },
        String(decided),
      );
      await vscode.commands.executeCommand(
        'vscode.diff',
        left,
        sideOf(review, file.file.path, 'proposal'),
        titleOf(review, file),
        {
          preview: false,
          preserveFocus: options.preserveFocus ?? false,
          selection: new vscode.Range(line, 0, line, 0),
        } satisfies vscode.TextDocumentShowOptions,
      );
      await closeOthers(review, left);
      askForLenses();
    },
    async overview(review) {
      const files = [...review.files.values()].map(
        (file): [vscode.Uri, vscode.Uri | undefined, vscode.Uri | undefined] => {
          const left = file.file.before === null ? undefined : sideOf(review, file.file.path, 'base');
          const right = file.file.after === null ? undefined : sideOf(review, file.file.path, 'proposal');
          return [vscode.Uri.joinPath(review.root.folder.uri, file.file.path), left, right];
        },
      );
      await vscode.commands.executeCommand(
        'vscode.changes',
        showLine(`${review.changeSet.task} · ${review.changeSet.stage}`),
        files,
      );
    },
    async close(approval) {
      const tabs = tabsOf(approval);
      if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
    },
    document(review, path) {
      const uri = sideOf(review, path, 'proposal').toString();
      return vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri);
    },
  };
}

const sideOf = (review: Review, path: string, side: ReviewAddress['side']): vscode.Uri =>
  addressOf({ side, root: review.root.folder.uri.fsPath, approval: review.approval, path });

function titleOf(review: Review, file: FileReview): string {
  const { decided, total } = progressOf(review);
  const { task, stage } = review.changeSet;
  const what = file.file.from ? `${file.file.from} → ${file.file.path}` : file.file.path;
  const where = review.files.size > 1 ? ` · ${what}` : '';
  return showLine(t('{task} · {stage}: {decided} of {total} hunks decided', { task, stage, decided, total }) + where);
}

/** One diff at a time. A dirty proposal is stored first, so that closing asks nothing. */
async function closeOthers(review: Review, left: vscode.Uri): Promise<void> {
  const tabs = tabsOf(review.approval).filter(
    (tab) => !(tab.input instanceof vscode.TabInputTextDiff && tab.input.original.toString() === left.toString()),
  );
  const shown = left.with({ scheme: schemes.proposal }).path;
  for (const document of vscode.workspace.textDocuments)
    if (document.isDirty && parseAddress(document.uri)?.approval === review.approval && document.uri.path !== shown)
      await document.save();
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
}

const tabsOf = (approval: string): vscode.Tab[] =>
  vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => {
      const uri =
        tab.input instanceof vscode.TabInputTextDiff
          ? tab.input.modified
          : tab.input instanceof vscode.TabInputText
            ? tab.input.uri
            : undefined;
      return uri !== undefined && parseAddress(uri)?.approval === approval;
    });

/**
 * Who turned lenses in diffs off has keys, title and line-number menu;
 * asked once a window whether to have the lenses too.
 */
function createLensQuestion(reporter: ErrorReporter): () => void {
  let asked = false;
  return () => {
    const setting = vscode.workspace.getConfiguration('diffEditor');
    if (asked || setting.get<boolean>('codeLens') !== false) return;
    asked = true;
    const yes = t('Show Them');
    void vscode.window
      .showInformationMessage(
        t('Accept and Reject can stand above each change. The setting diffEditor.codeLens is off.'),
        yes,
      )
      .then((choice) => {
        if (choice === yes)
          reporter.attempt('turning on lenses', async () =>
            setting.update('codeLens', true, vscode.ConfigurationTarget.Global),
          );
      });
  };
}

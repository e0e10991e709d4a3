/**
 * The one item of the status bar: task n of m, stage, cost; or that something waits.
 * A click goes to the run or the question.
 */
import * as vscode from 'vscode';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { Folders } from '../folders.js';
import { statusLine } from '../words.js';

export interface StatusBar extends vscode.Disposable {
  /** What the review that is open says, e.g. "hunk 2 of 5"; undefined when none is. */
  reviewing(text: string | undefined): void;
}

/** A finished run stays in the bar until the next one, or this long. */
const FINISHED_SHOWN_MS = 10 * 60_000;

export function createStatusBar(folders: Folders): StatusBar {
  const item = vscode.window.createStatusBarItem('openexec.status', vscode.StatusBarAlignment.Left, 50);
  item.name = 'OpenExec';
  let review: string | undefined;

  function show(): void {
    const model = folders.open?.model;
    const newest = model?.runs[0];
    const state = model?.live ?? (newest && model?.state(newest.id));
    const fresh =
      state && (state.finishedAt === undefined || Math.abs(Date.now() - state.finishedAt) < FINISHED_SHOWN_MS)
        ? state
        : undefined;
    const reduced = vscode.workspace.getConfiguration('workbench').get<string>('reduceMotion') === 'on';
    const line = model && statusLine(fresh, model.approvals.length, reduced, t);
    if (!line) return item.hide();
    item.text = review === undefined ? line.text : `${line.text} · ${review}`;
    item.tooltip = line.tooltip;
    item.accessibilityInformation = { label: item.text.replace(/\$\([^)]*\)\s*/g, '') };
    item.backgroundColor = line.needsPerson ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.command = line.needsPerson ? commands.review : commands.showRun;
    item.show();
  }

  const listening = vscode.Disposable.from(item, folders.onDidChangeState(show), folders.onDidChangeModel(show));
  return {
    reviewing(text) {
      review = text;
      show();
    },
    dispose: () => void listening.dispose(),
  };
}

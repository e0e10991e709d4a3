/**
 * What comes to the person unasked: a review opens by itself;
 * a message when something waits and the window has no focus, or a run stopped by itself.
 */
import * as vscode from 'vscode';
import { askedText } from '../core/view/question-text.js';
import type { CommandContext } from './commands/context.js';
import { commands, schemes } from './contributions.js';
import { t } from './report-errors.js';
import { opensReviews } from './settings.js';
import { whyStopped } from './words.js';

/** Someone who typed this recently keeps the focus. */
const TYPING_MS = 4000;

export function registerNotices({ folders, reviews, editor, reporter }: CommandContext): vscode.Disposable {
  const seen = new Set<string>();
  const since = Date.now();
  let typedAt = 0;

  async function arrived(): Promise<void> {
    const root = folders.open;
    if (!root) return;
    const waiting = root.model.approvals;
    const fresh = waiting.filter(({ approval }) => !seen.has(approval.id));
    for (const id of [...seen]) if (!waiting.some(({ approval }) => approval.id === id)) seen.delete(id);
    for (const { approval } of fresh) seen.add(approval.id);
    const first = fresh[0];
    if (!first) return;
    if (!vscode.window.state.focused) {
      const review = t('Review');
      void vscode.window
        .showInformationMessage(
          t('OpenExec waits for you: {title}', { title: askedText(first.approval, t).title }),
          review,
        )
        .then((choice) => {
          if (choice === review)
            void vscode.commands.executeCommand(commands.review, {
              root: root.folder.uri.fsPath,
              approval: first.approval.id,
            });
        });
    }
    const changes = fresh.find(({ changeSet }) => changeSet?.files.some((file) => file.text));
    const busy = [...reviews.all].some(
      (review) =>
        waiting.some(({ approval }) => approval.id === review.approval) && review.approval !== changes?.approval.id,
    );
    if (!changes || busy || !opensReviews()) return;
    const review = await reviews.load(root.folder.uri.fsPath, changes.approval.id);
    // What waited before this window was there opens beside whatever the person has begun in it.
    const old = changes.approval.createdAt < since;
    await editor.open(review, undefined, { preserveFocus: old || Date.now() - typedAt < TYPING_MS });
  }

  /**
   * A run that paused by itself, with nothing to answer: the person is told once why, and can go on.
   * What was paused when the folder opened is not news.
   */
  const going = new Set<string>();
  async function paused(): Promise<void> {
    const root = folders.open;
    const run = root?.model.live;
    if (!root || !run) return;
    if (run.status === 'running') going.add(run.run);
    if (run.status !== 'paused' || !going.delete(run.run)) return;
    if (run.reason?.code === 'by-operator') return;
    const waiting = await root.openexec.request('approval/list', {}); // the model may not have heard of it yet
    if (waiting.some((approval) => approval.run === run.run)) return;
    const resume = t('Resume');
    const show = t('Show Run');
    const at = { root: root.folder.uri.fsPath, run: run.run }; // another folder may be shown when it is answered
    void vscode.window
      .showWarningMessage(t('OpenExec paused: {why}', { why: whyStopped(run, t) }), resume, show)
      .then((choice) => {
        if (choice === resume) void vscode.commands.executeCommand(commands.resume, at);
        if (choice === show) void vscode.commands.executeCommand(commands.showRun, at);
      });
  }

  /** By folder and plan. What waited when the folder opened, or a plan came into view, is not news. */
  const waitingProposals = new Map<string, number>();
  function proposed(): void {
    const root = folders.open;
    const plan = root?.model.plan;
    if (!root || !plan) return;
    const folder = root.folder.uri.fsPath;
    const key = `${folder}\n${plan.id}`;
    const [before, now] = [waitingProposals.get(key), root.model.proposals];
    waitingProposals.set(key, now);
    if (before === undefined || now <= before) return;
    const show = t('Show…');
    void vscode.window
      .showInformationMessage(
        t('A task proposes a change of the plan “{name}”. Nothing of it is applied by itself.', {
          name: plan.name,
        }),
        show,
      )
      .then((choice) => {
        if (choice === show)
          void vscode.commands.executeCommand(commands.reviewProposals, { root: folder, plan: plan.id });
      });
  }

  return vscode.Disposable.from(
    folders.onDidChangeModel((change) => {
      if (change.plan) proposed();
      if (change.runs.size > 0 || change.runList) reporter.attempt('telling why a run paused', paused);
      if (change.approvals) reporter.attempt('showing what waits', arrived);
    }),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      const ours: string[] = Object.values(schemes);
      if (document === vscode.window.activeTextEditor?.document && !ours.includes(document.uri.scheme))
        typedAt = Date.now();
    }),
  );
}

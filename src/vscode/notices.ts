/** What comes to the person unasked: a review opens by itself, and a message only when something waits and the window has no focus. */
import * as vscode from 'vscode';
import type { CommandContext } from './commands/context.js';
import { commands, schemes } from './contributions.js';
import { t } from './door.js';
import { opensReviews } from './settings.js';
import { revealHidden } from './words.js';

/** Someone who typed this recently keeps the focus. */
const TYPING_MS = 4000;

export function registerNotices({ session, reviews, editor, door }: CommandContext): vscode.Disposable {
  const seen = new Set<string>();
  let typedAt = 0;

  async function arrived(): Promise<void> {
    const root = session.open;
    if (!root) return;
    const waiting = root.model.approvals;
    const fresh = waiting.filter(({ approval }) => !seen.has(approval.id));
    for (const id of [...seen]) if (!waiting.some(({ approval }) => approval.id === id)) seen.delete(id);
    for (const { approval } of fresh) seen.add(approval.id);
    const first = fresh[0];
    if (!first) return;
    if (!vscode.window.state.focused) {
      const review = t('Review', {});
      void vscode.window.showInformationMessage(t('OpenExec waits for you: {title}', { title: revealHidden(first.approval.title) }), review).then((choice) => {
        if (choice === review) void vscode.commands.executeCommand(commands.review, { approval: first.approval.id });
      });
    }
    const changes = fresh.find(({ changeSet }) => changeSet?.files.some((file) => file.text));
    const busy = [...reviews.all].some((review) => waiting.some(({ approval }) => approval.id === review.approval) && review.approval !== changes?.approval.id);
    if (!changes || busy || !opensReviews()) return;
    const review = await reviews.load(root.folder.uri.fsPath, changes.approval.id);
    await editor.open(review, undefined, { preserveFocus: Date.now() - typedAt < TYPING_MS });
  }

  return vscode.Disposable.from(
    session.onDidChangeModel((change) => {
      if (change.approvals) door.attempt('showing what waits', arrived);
    }),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      const ours: string[] = Object.values(schemes);
      if (document === vscode.window.activeTextEditor?.document && !ours.includes(document.uri.scheme)) typedAt = Date.now();
    }),
  );
}

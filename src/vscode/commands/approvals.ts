/** Commands of a review: open it, decide hunks, files and the whole. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import { showLine } from '../../core/text/harmless.js';
import type { Approval } from '../../core/model/approval.js';
import { askedText } from '../../core/view/question-text.js';
import { askForComment, answerQuestion } from '../approvals/questions.js';
import type { Review } from '../approvals/reviews.js';
import type { ReviewPosition } from '../approvals/review-editor.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { approvalRowOf, rootOf, uriOf, type CommandContext } from './context.js';

export function registerApprovalCommands(context: CommandContext): vscode.Disposable {
  const { reporter, editor, reviews } = context;

  async function review(argument: unknown): Promise<void> {
    const root = await rootOf(context, argument);
    const row = approvalRowOf(argument) ?? (await pick(root.model.approvals));
    if (!row) return;
    const found = await root.openexec.request('approval/get', { approval: row.approval });
    if (found.approval.status !== 'pending')
      throw new OpenExecError('approval-resolved', { status: found.approval.status });
    if (!found.changeSet) return answerQuestion(root, found.approval, context.sheets);
    const loaded = await reviews.load(root.folder.uri.fsPath, row.approval);
    const path = row.kind === 'approval' ? undefined : row.path;
    const file = path === undefined ? undefined : loaded.files.get(path);
    if (file && !file.file.text) return decideWhole(loaded, file.file.path);
    await editor.open(loaded, path, row.kind === 'hunk' ? { hunk: row.hunk } : {});
  }

  /** Oldest first; asked only when there are several. */
  async function pick(pending: readonly { approval: Approval }[]) {
    if (pending.length === 0) throw new OpenExecError('approval-not-found');
    const items = pending.map(({ approval }) => ({
      label: askedText(approval, t).title,
      description: approval.task,
      id: approval.id,
    }));
    const chosen = items.length === 1 ? items[0] : await vscode.window.showQuickPick(items, { title: t('Review') });
    return chosen && { kind: 'approval' as const, approval: chosen.id };
  }

  /** What is not text has no diff to look at. */
  async function decideWhole(loaded: Review, path: string): Promise<void> {
    const accept = { label: t('$(check) Accept File'), yes: true };
    const reject = { label: t('$(close) Reject File…'), yes: false };
    const chosen = await vscode.window.showQuickPick([accept, reject], {
      title: showLine(path),
      placeHolder: t('This file is not text, so it is decided as a whole.'),
      ignoreFocusOut: true,
    });
    if (chosen?.yes) return editor.acceptFile(loaded, path);
    if (chosen) await rejectFile(loaded, path);
  }

  async function rejectFile(loaded: Review, path: string): Promise<void> {
    const comment = await askForComment(t('Why is {path} rejected?', { path }));
    if (comment !== undefined) await editor.rejectFile(loaded, path, comment);
  }

  /** A lens gives (uri, hunk), a tree row names all, a key or a title button means the active editor. */
  async function placeOf(argument: unknown): Promise<ReviewPosition | undefined> {
    const row = approvalRowOf(argument);
    if (!row || row.kind === 'approval') return editor.place(uriOf(argument));
    const loaded = await loadRow(row.approval);
    const file = loaded.files.get(row.path);
    return file && { review: loaded, file, line: 0 };
  }
  const loadRow = async (approval: string): Promise<Review> =>
    reviews.load((await context.folders.current()).folder.uri.fsPath, approval);
  const hunkOf = (argument: unknown, second: unknown): string | undefined => {
    const row = approvalRowOf(argument);
    return row?.kind === 'hunk' ? row.hunk : typeof second === 'string' ? second : undefined;
  };

  const atPlace =
    (run: (place: ReviewPosition, hunk: string | undefined) => Promise<void>) =>
    async (argument: unknown, second: unknown) => {
      const place = await placeOf(argument);
      if (place) await run(place, hunkOf(argument, second));
    };

  /** A whole change set: a row's, the active editor's, else the only one that waits. */
  async function reviewOf(argument: unknown): Promise<Review | undefined> {
    const row = approvalRowOf(argument);
    if (row) return loadRow(row.approval);
    const place = await editor.place(uriOf(argument));
    if (place) return place.review;
    const root = await rootOf(context, argument);
    const chosen = await pick(root.model.approvals.filter(({ approval }) => approval.subject.kind === 'change-set'));
    return chosen && reviews.load(root.folder.uri.fsPath, chosen.approval);
  }

  return vscode.Disposable.from(
    reporter.command(commands.review, review),
    reporter.command(commands.showChanges, async (argument) => {
      const loaded = await reviewOf(argument);
      if (loaded) await editor.overview(loaded);
    }),
    reporter.command(
      commands.acceptHunk,
      atPlace((place, hunk) => editor.accept(place, hunk)),
    ),
    reporter.command(
      commands.rejectHunk,
      atPlace((place, hunk) => editor.reject(place, hunk, '')),
    ),
    reporter.command(
      commands.rejectHunkWithComment,
      atPlace(async (place, hunk) => {
        const comment = await askForComment(t('Why is this hunk rejected?'));
        if (comment !== undefined) await editor.reject(place, hunk, comment);
      }),
    ),
    reporter.command(
      commands.undoHunk,
      atPlace(async (place, hunk) => {
        if (hunk !== undefined) await editor.undo(place, hunk);
      }),
    ),
    reporter.command(
      commands.nextPendingHunk,
      atPlace((place) => editor.next(place)),
    ),
    reporter.command(
      commands.acceptFile,
      atPlace((place) => editor.acceptFile(place.review, place.file.file.path)),
    ),
    reporter.command(
      commands.rejectFile,
      atPlace((place) => rejectFile(place.review, place.file.file.path)),
    ),
    reporter.command(commands.acceptAll, async (argument) => {
      const loaded = await reviewOf(argument);
      if (loaded) await editor.acceptAll(loaded);
    }),
    reporter.command(commands.rejectAll, async (argument) => {
      const loaded = await reviewOf(argument);
      if (!loaded) return;
      const comment = await askForComment(t('Why are these changes rejected?'));
      if (comment !== undefined) await editor.rejectAll(loaded, comment);
    }),
    reporter.command(commands.readHunk, () =>
      vscode.commands.executeCommand('editor.action.accessibleDiffViewer.next'),
    ),
  );
}

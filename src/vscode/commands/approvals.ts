/** Commands of a review: open it, decide hunks, files and the whole. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import { showLine } from '../../core/text/harmless.js';
import type { Approval } from '../../core/model/approval.js';
import { askedText } from '../../core/view/question-text.js';
import { askForComment, answerQuestion } from '../approvals/questions.js';
import type { Review } from '../approvals/reviews.js';
import type { ReviewEditor, ReviewPosition } from '../approvals/review-editor.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { approvalRowOf, registerCommands, rootOf, uriOf, type Command, type CommandContext } from './context.js';

export const registerApprovalCommands = (context: CommandContext): vscode.Disposable =>
  registerCommands(context, [
    [commands.review, openReview],
    [commands.showChanges, ofReview(({ editor }, loaded) => editor.overview(loaded))],
    [commands.acceptHunk, atPlace(({ editor }, place, hunk) => editor.accept(place, hunk))],
    [commands.rejectHunk, atPlace(({ editor }, place, hunk) => editor.reject(place, hunk, ''))],
    [commands.rejectHunkWithComment, atPlace(rejectHunkWithComment)],
    [commands.undoHunk, atPlace(undoHunk)],
    [commands.nextPendingHunk, atPlace(({ editor }, place) => editor.next(place))],
    [commands.acceptFile, atPlace(({ editor }, { review, file }) => editor.acceptFile(review, file.file.path))],
    [commands.rejectFile, atPlace(({ editor }, { review, file }) => rejectFile(editor, review, file.file.path))],
    [commands.acceptAll, ofReview(({ editor }, loaded) => editor.acceptAll(loaded))],
    [commands.rejectAll, ofReview(rejectAll)],
    [commands.readHunk, () => vscode.commands.executeCommand('editor.action.accessibleDiffViewer.next')],
  ]);

async function openReview(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, argument);
  const row = approvalRowOf(argument) ?? (await pick(root.model.approvals));
  if (!row) return;
  const found = await root.openexec.request('approval/get', { approval: row.approval });
  if (found.approval.status !== 'pending')
    throw new OpenExecError('approval-resolved', { status: found.approval.status });
  if (!found.changeSet) return answerQuestion(root, found.approval, context.sheets);
  const loaded = await context.reviews.load(root.folder.uri.fsPath, row.approval);
  const path = row.kind === 'approval' ? undefined : row.path;
  const file = path === undefined ? undefined : loaded.files.get(path);
  if (file && !file.file.text) return decideWhole(context.editor, loaded, file.file.path);
  await context.editor.open(loaded, path, row.kind === 'hunk' ? { hunk: row.hunk } : {});
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
async function decideWhole(editor: ReviewEditor, loaded: Review, path: string): Promise<void> {
  const accept = { label: t('$(check) Accept File'), yes: true };
  const reject = { label: t('$(close) Reject File…'), yes: false };
  const chosen = await vscode.window.showQuickPick([accept, reject], {
    title: showLine(path),
    placeHolder: t('This file is not text, so it is decided as a whole.'),
    ignoreFocusOut: true,
  });
  if (chosen?.yes) return editor.acceptFile(loaded, path);
  if (chosen) await rejectFile(editor, loaded, path);
}

async function rejectFile(editor: ReviewEditor, loaded: Review, path: string): Promise<void> {
  const comment = await askForComment(t('Why is {path} rejected?', { path }));
  if (comment !== undefined) await editor.rejectFile(loaded, path, comment);
}

async function rejectHunkWithComment({ editor }: CommandContext, place: ReviewPosition, hunk: string | undefined) {
  const comment = await askForComment(t('Why is this hunk rejected?'));
  if (comment !== undefined) await editor.reject(place, hunk, comment);
}

async function undoHunk({ editor }: CommandContext, place: ReviewPosition, hunk: string | undefined): Promise<void> {
  if (hunk !== undefined) await editor.undo(place, hunk);
}

async function rejectAll({ editor }: CommandContext, loaded: Review): Promise<void> {
  const comment = await askForComment(t('Why are these changes rejected?'));
  if (comment !== undefined) await editor.rejectAll(loaded, comment);
}

type AtPlace = (context: CommandContext, place: ReviewPosition, hunk: string | undefined) => Promise<void>;

/** A command about a place in a review, and about a hunk where one is named. */
const atPlace =
  (run: AtPlace): Command =>
  async (context, argument, second) => {
    const place = await placeOf(context, argument);
    if (place) await run(context, place, hunkOf(argument, second));
  };

/** A lens gives (uri, hunk), a tree row names all, a key or a title button means the active editor. */
async function placeOf(context: CommandContext, argument: unknown): Promise<ReviewPosition | undefined> {
  const row = approvalRowOf(argument);
  if (!row || row.kind === 'approval') return context.editor.place(uriOf(argument));
  const loaded = await loadRow(context, row.approval);
  const file = loaded.files.get(row.path);
  return file && { review: loaded, file, line: 0 };
}

const hunkOf = (argument: unknown, second: unknown): string | undefined => {
  const row = approvalRowOf(argument);
  return row?.kind === 'hunk' ? row.hunk : typeof second === 'string' ? second : undefined;
};

const loadRow = async ({ folders, reviews }: CommandContext, approval: string): Promise<Review> =>
  reviews.load((await folders.current()).folder.uri.fsPath, approval);

/** A command about all changes of a review. */
const ofReview =
  (run: (context: CommandContext, loaded: Review) => Promise<void>): Command =>
  async (context, argument) => {
    const loaded = await reviewOf(context, argument);
    if (loaded) await run(context, loaded);
  };

/** A whole change set: a row's, the active editor's, else the only one that waits. */
async function reviewOf(context: CommandContext, argument: unknown): Promise<Review | undefined> {
  const row = approvalRowOf(argument);
  if (row) return loadRow(context, row.approval);
  const place = await context.editor.place(uriOf(argument));
  if (place) return place.review;
  const root = await rootOf(context, argument);
  const chosen = await pick(root.model.approvals.filter(({ approval }) => approval.subject.kind === 'change-set'));
  return chosen && context.reviews.load(root.folder.uri.fsPath, chosen.approval);
}

/** Carries a person's decisions into a review: into its state, its text and its tabs; the next file opens by itself. */
import * as vscode from 'vscode';
import {
  acceptFile,
  acceptHunk,
  hunkAt,
  isDecided,
  lineOf,
  nextPending,
  rejectFile,
  rejectHunk,
  restoreHunk,
  withdrawHunk,
  type FileReview,
} from '../../core/view/review.js';
import { schemes } from '../contributions.js';
import { t, type ErrorReporter } from '../report-errors.js';
import type { StatusBar } from '../views/status-bar.js';
import { parseAddress } from './addresses.js';
import { offerResume } from './offer-resume.js';
import { createProposalText } from './proposal-text.js';
import { followCursor } from './review-cursor.js';
import { createReviewTabs, type ReviewTabs } from './review-tabs.js';
import { allDecided, type Review, type Reviews } from './reviews.js';
import { followTyping, type Typing } from './typing.js';

export interface ReviewPosition {
  review: Review;
  file: FileReview;
  /** Cursor line on the right side, 0-based. */
  line: number;
}

export interface ReviewEditor extends Pick<ReviewTabs, 'open' | 'overview'>, vscode.Disposable {
  /** The file under review in the active editor, or at a lens. */
  place(uri?: vscode.Uri): Promise<ReviewPosition | undefined>;
  accept(place: ReviewPosition, hunk?: string): Promise<void>;
  reject(place: ReviewPosition, hunk: string | undefined, comment: string): Promise<void>;
  undo(place: ReviewPosition, hunk: string): Promise<void>;
  acceptFile(review: Review, path: string): Promise<void>;
  rejectFile(review: Review, path: string, comment: string): Promise<void>;
  acceptAll(review: Review): Promise<void>;
  rejectAll(review: Review, comment: string): Promise<void>;
  next(place: ReviewPosition): Promise<void>;
}

export function createReviewEditor(reviews: Reviews, status: StatusBar, reporter: ErrorReporter): ReviewEditor {
  const tabs = createReviewTabs(reporter);
  const text = createProposalText(reviews, tabs, reporter);
  const cursor = followCursor(reviews, status);
  const typing = followTyping(reviews, () => cursor.show());
  const closing = reviews.onDidClose((approval) => reporter.attempt('closing a review', () => tabs.close(approval)));
  const listening = vscode.Disposable.from(typing, cursor, closing);
  const answering = new Set<string>();

  async function afterDecision(review: Review, file: FileReview, line: number): Promise<void> {
    if (allDecided(review)) return finish(review, '');
    const now = review.files.get(file.file.path) ?? file;
    if (isDecided(now)) return tabs.open(review);
    const next = nextPending(now, line);
    if (next) await tabs.open(review, now.file.path, { hunk: next.key });
  }

  async function finish(review: Review, comment: string): Promise<void> {
    if (answering.has(review.approval)) return;
    answering.add(review.approval);
    try {
      const { goesOn } = await reviews.answer(review, comment);
      if (!goesOn) offerResume(review.root, review.changeSet.run);
    } finally {
      answering.delete(review.approval);
    }
  }

  return {
    open: (...review) => tabs.open(...review),
    overview: (review) => tabs.overview(review),
    place: (uri) => positionOf(reviews, typing, uri),
    async accept({ review, file, line }, key) {
      if (file.level === 'file') return this.acceptFile(review, file.file.path);
      const hunk = file.hunks.find((each) => each.key === key) ?? hunkAt(file, line);
      if (!hunk) return;
      await text.bring(review, file, acceptHunk(file, hunk.key));
      await afterDecision(review, file, lineOf(hunk));
    },
    async reject({ review, file, line }, key, comment) {
      if (file.level === 'file') return this.rejectFile(review, file.file.path, comment);
      const hunk = file.hunks.find((each) => each.key === key) ?? hunkAt(file, line);
      if (!hunk) return;
      await text.bring(review, file, rejectHunk(file, hunk.key, comment, await reviews.diff()));
      await afterDecision(review, file, lineOf(hunk) - 1);
    },
    async undo({ review, file }, key) {
      const back = file.accepted.has(key) ? withdrawHunk(file, key) : restoreHunk(file, key, await reviews.diff());
      if (back) {
        await text.bring(review, file, back);
        return tabs.open(review, file.file.path, { hunk: key });
      }
      void vscode.window.showInformationMessage(
        t('That place was changed since, so the hunk cannot be put back by itself.'),
      );
    },
    async acceptFile(review, path) {
      const file = review.files.get(path);
      if (!file) return;
      await text.bring(review, file, acceptFile(file));
      await afterDecision(review, file, 0);
    },
    async rejectFile(review, path, comment) {
      const file = review.files.get(path);
      if (!file) return;
      await text.bring(review, file, rejectFile(file, comment));
      await afterDecision(review, file, 0);
    },
    async acceptAll(review) {
      for (const file of [...review.files.values()]) await text.bring(review, file, acceptFile(file));
      // A save participant may have added a hunk nobody has seen: then the review stays open at it.
      if (allDecided(review)) await finish(review, '');
      else await tabs.open(review);
    },
    async rejectAll(review, comment) {
      for (const file of [...review.files.values()]) review.files.set(file.file.path, rejectFile(file, comment));
      for (const file of review.files.values()) await text.revert(tabs.document(review, file.file.path), file.current);
      await finish(review, comment);
    },
    async next({ review, file, line }) {
      const hunk = nextPending(file, line);
      if (hunk) await tabs.open(review, file.file.path, { hunk: hunk.key });
      else if (allDecided(review)) await finish(review, '');
      else await tabs.open(review);
    },
    dispose: () => void listening.dispose(),
  };
}

async function positionOf(
  reviews: Reviews,
  typing: Typing,
  uri: vscode.Uri | undefined,
): Promise<ReviewPosition | undefined> {
  const editor = vscode.window.activeTextEditor;
  const wanted = uri ?? editor?.document.uri;
  const address = wanted && parseAddress(wanted);
  if (!address) return undefined;
  typing.flush(address);
  const review = await reviews.load(address.root, address.approval);
  const file = review.files.get(address.path);
  const line =
    editor &&
    parseAddress(editor.document.uri)?.path === address.path &&
    editor.document.uri.scheme === schemes.proposal
      ? editor.selection.active.line
      : 0;
  return file && { review, file, line };
}

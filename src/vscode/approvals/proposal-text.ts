/**
 * The text on the right side of a review: it changes through an edit, never behind its document, and is stored at once.
 */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import { withBom, type FileReview } from '../../core/view/review.js';
import type { ErrorReporter } from '../report-errors.js';
import type { ReviewTabs } from './review-tabs.js';
import type { Review, Reviews } from './reviews.js';

export interface ProposalText {
  /** Brings the right side to the state's text, and stores both. */
  bring(review: Review, before: FileReview, after: FileReview): Promise<void>;
  /** So that its tab closes without a question. */
  revert(document: vscode.TextDocument | undefined, text: string): Promise<void>;
}

export function createProposalText(
  reviews: Reviews,
  tabs: Pick<ReviewTabs, 'document'>,
  reporter: ErrorReporter,
): ProposalText {
  async function save(document: vscode.TextDocument): Promise<void> {
    if (!(await document.save())) reporter.log.warn('a proposal could not be saved');
  }
  async function replace(document: vscode.TextDocument, text: string): Promise<void> {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, ...minimalReplace(document, text));
    await vscode.workspace.applyEdit(edit);
    await save(document);
  }
  return {
    async bring(review, before, after) {
      const path = after.file.path;
      const text = after.current;
      review.files.set(path, after); // the text event that follows finds nothing new
      const document = tabs.document(review, path);
      if (text === before.current) {
        if (document?.isDirty) await save(document);
      } else if (document) await replace(document, text);
      else await reviews.store(review, path, encodeUtf8(withBom(after, text)));
      // A save participant may have typed into it: the state to keep is the one of now.
      await reviews.set(review, review.files.get(path) ?? after);
    },
    async revert(document, text) {
      if (document && document.getText() !== text) await replace(document, text);
    },
  };
}

/** The one replacement that turns the document into `text`: what is equal at both ends stays untouched. */
function minimalReplace(document: vscode.TextDocument, text: string): [vscode.Range, string] {
  const old = document.getText();
  const most = Math.min(old.length, text.length);
  let start = 0;
  while (start < most && old.charCodeAt(start) === text.charCodeAt(start)) start++;
  let end = 0;
  while (end < most - start && old.charCodeAt(old.length - 1 - end) === text.charCodeAt(text.length - 1 - end)) end++;
  // Not between the halves of a line ending or of a surrogate pair: VS Code would move the border.
  if (start > 0 && /[\r\uD800-\uDBFF]/.test(old.charAt(start - 1))) start--;
  if (end > 0 && /[\n\uDC00-\uDFFF]/.test(old.charAt(old.length - end))) end--;
  return [
    new vscode.Range(document.positionAt(start), document.positionAt(old.length - end)),
    text.slice(start, text.length - end),
  ];
}

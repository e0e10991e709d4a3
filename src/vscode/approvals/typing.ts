/**
 * What is typed on the right side of a review, taken into its state at once, or, of a long text, when the typing rests.
 */
import * as vscode from 'vscode';
import { schemes } from '../contributions.js';
import { addressOf, parseAddress, type ReviewAddress } from './addresses.js';
import type { Reviews } from './reviews.js';

/** Longer texts are compared again once the typing rests. */
const QUICK_TEXT = 200_000;
const REST_MS = 300;
/** VS Code gives save participants a few seconds. */
const SAVE_MS = 5000;

export interface Typing extends vscode.Disposable {
  /** Takes in what a long text still has outstanding, before something is decided on it. */
  flush(address: ReviewAddress): void;
}

/** `taken`: the state follows the text again. */
export function followTyping(reviews: Reviews, taken: () => void): Typing {
  /**
   * Documents that VS Code is saving, and since when: what changes in them is a save participant's doing.
   * A save that fails has no end.
   */
  const saving = new Map<string, number>();
  const isSaving = (uri: string): boolean => performance.now() - (saving.get(uri) ?? -SAVE_MS) < SAVE_MS;
  const resting = new Map<string, ReturnType<typeof setTimeout>>();

  function take(document: vscode.TextDocument): void {
    const address = parseAddress(document.uri);
    const review = address && reviews.peek(address.approval);
    if (!address || !review || address.side !== 'proposal') return;
    reviews.typed(review, address.path, document.getText(), isSaving(document.uri.toString()) ? 'save' : 'person');
    taken();
  }

  const listening = vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (document.uri.scheme !== schemes.proposal || contentChanges.length === 0) return;
      const uri = document.uri.toString();
      clearTimeout(resting.get(uri));
      resting.delete(uri);
      if (document.getText().length <= QUICK_TEXT) return take(document);
      resting.set(
        uri,
        setTimeout(() => {
          resting.delete(uri);
          take(document);
        }, REST_MS),
      );
    }),
    vscode.workspace.onWillSaveTextDocument(({ document }) => {
      if (document.uri.scheme === schemes.proposal) saving.set(document.uri.toString(), performance.now());
    }),
    vscode.workspace.onDidSaveTextDocument((document) => void saving.delete(document.uri.toString())),
    new vscode.Disposable(() => {
      for (const timer of resting.values()) clearTimeout(timer);
    }),
  );
  return {
    flush(address) {
      const uri = addressOf({ ...address, side: 'proposal' }).toString();
      clearTimeout(resting.get(uri));
      if (!resting.delete(uri)) return;
      const document = vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri);
      if (document) take(document);
    },
    dispose: () => void listening.dispose(),
  };
}

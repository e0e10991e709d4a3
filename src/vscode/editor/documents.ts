/** The documents of a change set: found or opened, edited in one WorkspaceEdit, saved, each checked against what was approved. */
import * as vscode from 'vscode';
import { decodeUtf8, type Bytes } from '../../base/bytes.js';
import { OpenExecError } from '../../core/errors.js';
import type { FileWrite } from '../../core/ports/ports.js';
import { planTextEdits, type TextReplace } from './text-edits.js';

/** How long a clean buffer may take to notice that its file changed. */
const CATCH_UP_MS = 1000;
const SETTLE_MS = 400;
const SAVE_TRIES = 3;
const SAVE_PAUSE_MS = 500;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface EditorWrite {
  write: FileWrite;
  uri: vscode.Uri;
  beforeBytes: Bytes | undefined;
  /** Texts without byte order mark; undefined where there is no file. */
  before: string | undefined;
  after: string | undefined;
}

export interface Staged {
  entry: EditorWrite;
  document: vscode.TextDocument;
  wasDirty: boolean;
  /** Text that must stand in the document after the edit, and stood in it before. */
  expected: string;
  original: string;
  edits: TextReplace[];
}

export const documentAt = (uri: vscode.Uri): vscode.TextDocument | undefined =>
  vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri.toString());

/**
 * An open notebook writes the whole file in a form of its own:
 * it is written beside the editor, which then reads it anew.
 */
export const notebookAt = (uri: vscode.Uri): vscode.NotebookDocument | undefined =>
  vscode.workspace.notebookDocuments.find(
    (notebook) => !notebook.isClosed && notebook.uri.toString() === uri.toString(),
  );

/**
 * `lags`: the buffer is clean but not the disk's text (a change not noticed yet, another encoding):
 * an edit would go to the wrong place.
 */
export async function stage(entry: EditorWrite): Promise<Staged | 'lags'> {
  const { write, uri, before = '', after = '' } = entry;
  const document = documentAt(uri) ?? (await vscode.workspace.openTextDocument(uri, { encoding: 'utf8' }));
  // An open document keeps the encoding it was read with; another one would write other bytes than were approved.
  const encoding = decodeUtf8(entry.beforeBytes ?? new Uint8Array())?.startsWith('\uFEFF') ? 'utf8bom' : 'utf8';
  if (!document.isDirty && document.encoding !== encoding) return 'lags';
  await catchUp(document, before);
  const original = document.getText();
  const wasDirty = document.isDirty;
  if (!wasDirty) {
    if (original !== before) return 'lags';
    return { entry, document, wasDirty, original, expected: after, edits: await planTextEdits(before, after) };
  }
  const expected = await mergedText(write.path, original, before, after);
  return { entry, document, wasDirty, original, expected, edits: await planTextEdits(original, expected) };
}

/** Waits a little while a clean buffer is not yet the file's text. */
async function catchUp(document: vscode.TextDocument, before: string): Promise<void> {
  const lags = (): boolean => !document.isDirty && document.getText() !== before;
  if (!lags()) return;
  for (let waited = 0; lags() && waited < CATCH_UP_MS; waited += CATCH_UP_MS / 10) await pause(CATCH_UP_MS / 10);
  // The editor may have read the text before the program closed the file:
  // then it would refuse to save over the later time stamp.
  await pause(SETTLE_MS);
}

/** The person's unsaved text with the change in it. Errors: apply-failed, where both stand in the same place. */
async function mergedText(path: string, unsaved: string, before: string, after: string): Promise<string> {
  const { diff3Merge } = await import('node-diff3');
  const lines = (text: string): string[] => text.split(/(?<=\n)/);
  const merged = diff3Merge(lines(unsaved), lines(before), lines(after), { excludeFalseConflicts: true });
  if (merged.some((part) => part.conflict))
    throw new OpenExecError('apply-failed', {
      path,
      restored: vscode.l10n.t(
        'Your unsaved changes stand in the same place. Save or revert them, then resume. Nothing was changed.',
      ),
    });
  return merged.flatMap((part) => part.ok ?? []).join('');
}

/** One edit for the whole set, so that one undo takes it back; then each document is checked and saved. */
export async function editDocuments(
  entries: readonly EditorWrite[],
  staged: readonly Staged[],
  label: string,
): Promise<void> {
  if (!(await vscode.workspace.applyEdit(oneEdit(entries, staged, label))))
    throw new OpenExecError(
      'apply-failed',
      { path: entries[0]?.write.path ?? '', restored: '' },
      'the editor refused the edit',
    );
  for (const { entry, document, expected, wasDirty } of staged) {
    const { path } = entry.write;
    if (document.getText() !== expected)
      throw new OpenExecError('file-changed', { path }, 'the document is not what was approved');
    // The person's own unfinished text is never saved unasked.
    if (!wasDirty && !(await saved(document)))
      throw new OpenExecError(
        'file-unwritable',
        { path, reason: 'save' },
        `the editor did not save (${document.isDirty ? 'dirty' : 'clean'})`,
      );
  }
}

function oneEdit(entries: readonly EditorWrite[], staged: readonly Staged[], label: string): vscode.WorkspaceEdit {
  const change = new vscode.WorkspaceEdit();
  const metadata: vscode.WorkspaceEditEntryMetadata = { label, needsConfirmation: false };
  for (const { write, uri } of entries)
    if (write.before === null && write.after !== null)
      change.createFile(uri, { contents: write.after, overwrite: false, ignoreIfExists: false }, metadata);
  for (const { document, edits } of staged)
    for (const { start, end, text } of edits)
      change.replace(
        document.uri,
        new vscode.Range(document.positionAt(start), document.positionAt(end)),
        text,
        metadata,
      );
  for (const { write, uri } of entries)
    if (write.before !== null && write.after === null) change.deleteFile(uri, { ignoreIfNotExists: false }, metadata);
  return change;
}

/**
 * A save can say no because another one is under way (auto-save, a watcher's update): then it is asked again.
 * A real conflict says no each time.
 */
async function saved(document: vscode.TextDocument): Promise<boolean> {
  for (let tries = 0; tries < SAVE_TRIES; tries++) {
    if (tries > 0) await pause(SAVE_PAUSE_MS);
    if (await document.save()) return true;
  }
  return false;
}

/** Documents as they were. What did not reach the disk is for the caller to see. */
export async function undoDocuments(staged: readonly Staged[]): Promise<void> {
  for (const { document, original, wasDirty } of staged) {
    if (document.getText() === original) continue;
    const back = new vscode.WorkspaceEdit();
    back.replace(
      document.uri,
      new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length)),
      original,
    );
    if ((await vscode.workspace.applyEdit(back)) && !wasDirty) await document.save();
  }
}

/**
 * Writes a change set the editor's way: one WorkspaceEdit of minimal edits (so undo, open tabs and other
 * extensions see it), each document saved and its bytes read back. What the editor would not keep byte
 * for byte goes to the disk adapter instead.
 */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import * as vscode from 'vscode';
import { decodeUtf8, type Bytes } from '../../base/bytes.js';
import { OpenExecError } from '../../core/errors.js';
import type { FileWrite, Log, Workspace, WriteOutcome } from '../../core/ports/ports.js';
import type { Root } from '../../core/model/primitives.js';
import { planTextEdits, type TextReplace } from './text-edits.js';

/** Above this, VS Code does not send documents to extensions, or slowly. */
const EDITOR_LIMIT = 5_000_000;
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

interface Staged {
  entry: EditorWrite;
  document: vscode.TextDocument;
  wasDirty: boolean;
  /** Text that must stand in the document after the edit, and stood in it before. */
  expected: string;
  original: string;
  edits: TextReplace[];
}

const sha256 = (bytes: Bytes): string => createHash('sha256').update(bytes).digest('hex');
const hashOf = (bytes: Bytes | undefined): string | null => (bytes === undefined ? null : sha256(bytes));

export function createEditorWorkspace(disk: Workspace, folder: vscode.WorkspaceFolder, log?: Log): Workspace {
  let real: Promise<string> | undefined;
  const isOurs = async (root: Root): Promise<boolean> =>
    root === folder.uri.fsPath || root === (await (real ??= realpath(folder.uri.fsPath)));

  async function apply(
    root: Root,
    writes: readonly FileWrite[],
    label: string,
    signal: AbortSignal,
  ): Promise<WriteOutcome[]> {
    if (!(await isOurs(root))) return disk.apply(root, writes, label, signal); // a worktree: no editor shows it
    const entries = await Promise.all(writes.map((write) => preflight(root, write)));
    const inEditor: EditorWrite[] = [];
    const beside = entries.filter((entry) => !entry.editable).map((entry) => entry.entry);
    const staged: Staged[] = [];
    for (const { entry, editable } of entries) {
      if (!editable) continue;
      const one = entry.before !== undefined && entry.after !== undefined ? await stage(entry) : undefined;
      if (one === 'lags') beside.push(entry);
      else inEditor.push(entry);
      if (one && one !== 'lags') staged.push(one);
    }
    for (const { write, uri } of beside) refuseDirty(write, uri);
    signal.throwIfAborted();

    const outcomes = new Map<string, WriteOutcome>();
    if (beside.length > 0) {
      const done = await disk.apply(
        root,
        beside.map(({ write }) => write),
        label,
        signal,
      );
      for (const outcome of done) outcomes.set(outcome.path, outcome);
    }
    try {
      if (inEditor.length > 0) await edit(inEditor, staged, label);
    } catch (error) {
      const path =
        error instanceof OpenExecError && 'path' in error.params ? error.params.path : (inEditor[0]?.write.path ?? '');
      log?.error(`applying a change to ${path}`, error);
      const restored = await putBack(root, [...inEditor, ...beside], staged, label);
      throw new OpenExecError('apply-failed', { path, restored }, undefined, { cause: error });
    }
    for (const { write } of inEditor) {
      const leftUnsaved = staged.some(({ entry, wasDirty }) => wasDirty && entry.write === write);
      outcomes.set(write.path, {
        path: write.path,
        written: hashOf(await disk.read(root, write.path)),
        ...(leftUnsaved ? { leftUnsaved } : {}),
      });
    }
    return writes.map((write) => outcomes.get(write.path) ?? { path: write.path, written: null });
  }

  async function preflight(root: Root, write: FileWrite): Promise<{ entry: EditorWrite; editable: boolean }> {
    const source = write.from ?? write.path;
    const uri = vscode.Uri.joinPath(folder.uri, ...write.path.split('/'));
    const bytes = await disk.read(root, source);
    if (hashOf(bytes) !== write.before) throw new OpenExecError('file-changed', { path: source });
    const before = bytes === undefined ? undefined : decodeUtf8(bytes);
    const after = write.after === null ? undefined : decodeUtf8(write.after);
    const entry: EditorWrite = {
      write,
      uri,
      beforeBytes: bytes,
      before: before?.replace(/^\uFEFF/, ''),
      after: after?.replace(/^\uFEFF/, ''),
    };
    const decodes = (bytes === undefined || before !== undefined) && (write.after === null || after !== undefined);
    // The editor cannot make a file executable.
    const editable =
      decodes &&
      write.from === undefined &&
      write.executable === undefined &&
      keepsBytes(before, after) &&
      !notebookAt(uri) &&
      !(await viaLink(root, write.path));
    return { entry, editable };
  }

  /** Links are the disk adapter's to judge: the editor would follow them. */
  async function viaLink(root: Root, path: string): Promise<boolean> {
    const parts = path.split('/');
    for (let length = parts.length; length > 0; length--) {
      const stat = await disk.stat(root, parts.slice(0, length).join('/'));
      if (stat) return stat.viaLink || stat.realPath === undefined || (length === parts.length && stat.kind !== 'file');
    }
    return false;
  }

  const documentAt = (uri: vscode.Uri): vscode.TextDocument | undefined =>
    vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === uri.toString());

  /**
   * An open notebook writes the whole file in a form of its own:
   * it is written beside the editor, which then reads it anew.
   */
  const notebookAt = (uri: vscode.Uri): vscode.NotebookDocument | undefined =>
    vscode.workspace.notebookDocuments.find(
      (notebook) => !notebook.isClosed && notebook.uri.toString() === uri.toString(),
    );

  function refuseDirty(write: FileWrite, uri: vscode.Uri): void {
    const source = write.from === undefined ? uri : vscode.Uri.joinPath(folder.uri, ...write.from.split('/'));
    if ([source, uri].some((one) => documentAt(one)?.isDirty || notebookAt(one)?.isDirty))
      throw new OpenExecError('apply-failed', {
        path: write.path,
        restored: vscode.l10n.t(
          'It has unsaved changes of yours. Save or revert them, then resume. Nothing was changed.',
        ),
      });
  }

  /**
   * `lags`: the buffer is clean but not the disk's text (a change not noticed yet, another encoding):
   * an edit would go to the wrong place.
   */
  async function stage(entry: EditorWrite): Promise<Staged | 'lags'> {
    const { write, uri, before = '', after = '' } = entry;
    const document = documentAt(uri) ?? (await vscode.workspace.openTextDocument(uri, { encoding: 'utf8' }));
    // An open document keeps the encoding it was read with; another one would write other bytes than were approved.
    const encoding = decodeUtf8(entry.beforeBytes ?? new Uint8Array())?.startsWith('\uFEFF') ? 'utf8bom' : 'utf8';
    if (!document.isDirty && document.encoding !== encoding) return 'lags';
    const lagged = !document.isDirty && document.getText() !== before;
    for (
      let waited = 0;
      !document.isDirty && document.getText() !== before && waited < CATCH_UP_MS;
      waited += CATCH_UP_MS / 10
    )
      await pause(CATCH_UP_MS / 10);
    // The editor may have read the text before the program closed the file:
    // then it would refuse to save over the later time stamp.
    if (lagged) await pause(SETTLE_MS);
    const original = document.getText();
    const wasDirty = document.isDirty;
    if (!wasDirty) {
      if (original !== before) return 'lags';
      return { entry, document, wasDirty, original, expected: after, edits: await planTextEdits(before, after) };
    }
    const { diff3Merge } = await import('node-diff3');
    const lines = (text: string): string[] => text.split(/(?<=\n)/);
    const merged = diff3Merge(lines(original), lines(before), lines(after), { excludeFalseConflicts: true });
    if (merged.some((part) => part.conflict))
      throw new OpenExecError('apply-failed', {
        path: write.path,
        restored: vscode.l10n.t(
          'Your unsaved changes stand in the same place. Save or revert them, then resume. Nothing was changed.',
        ),
      });
    const expected = merged.flatMap((part) => part.ok ?? []).join('');
    return { entry, document, wasDirty, original, expected, edits: await planTextEdits(original, expected) };
  }

  async function edit(entries: readonly EditorWrite[], staged: readonly Staged[], label: string): Promise<void> {
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
    if (!(await vscode.workspace.applyEdit(change)))
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

  /** As it was, documents first (they would be dirty), then what still differs on disk. Says how far it got. */
  async function putBack(
    root: Root,
    entries: readonly EditorWrite[],
    staged: readonly Staged[],
    label: string,
  ): Promise<string> {
    const none = new AbortController().signal; // an abort must not stop half way
    const left: string[] = [];
    for (const { document, original, wasDirty } of staged) {
      if (document.getText() === original) continue;
      const back = new vscode.WorkspaceEdit();
      back.replace(
        document.uri,
        new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length)),
        original,
      );
      // What did not reach the disk shows below
      if ((await vscode.workspace.applyEdit(back)) && !wasDirty) await document.save();
    }
    for (const { write, beforeBytes } of entries) {
      try {
        const now = await disk.read(root, write.path);
        if (write.from !== undefined && (await disk.read(root, write.from)) === undefined && beforeBytes !== undefined)
          await disk.apply(
            root,
            [{ path: write.from, from: write.path, before: hashOf(now), after: beforeBytes }],
            label,
            none,
          );
        else if (write.from === undefined && hashOf(now) !== write.before)
          await disk.apply(root, [{ path: write.path, before: hashOf(now), after: beforeBytes ?? null }], label, none);
      } catch {
        left.push(write.path); // named in the sentence below: the person has to look
      }
    }
    return left.length === 0
      ? vscode.l10n.t('Everything was put back as it was.')
      : vscode.l10n.t('These files could not be put back: {0}', left.join(', '));
  }

  return {
    read: (root, path, maxBytes) => disk.read(root, path, maxBytes),
    stat: (root, path) => disk.stat(root, path),
    list: (root, path) => disk.list(root, path),
    files: (root, limit, signal) => disk.files(root, limit, signal),
    apply,
    tidy: (root, paths) => disk.tidy(root, paths),
  };
}

type Ending = 'none' | 'lf' | 'crlf' | 'mixed';

function endingOf(text: string): Ending {
  if (!/[\r\n]/.test(text)) return 'none';
  const crlf = /\r\n/.test(text);
  if (/\r(?!\n)/.test(text)) return 'mixed';
  return crlf ? (/(?<!\r)\n/.test(text) ? 'mixed' : 'crlf') : 'lf';
}

/**
 * Whether the editor, given `before`, writes exactly the bytes of `after`:
 * same mark, one line ending throughout, no size it balks at.
 */
export function keepsBytes(before: string | undefined, after: string | undefined): boolean {
  for (const text of [before, after])
    if (text !== undefined && (text.length > EDITOR_LIMIT || text.includes('\0') || endingOf(text) === 'mixed'))
      return false;
  if (before === undefined || after === undefined) return true; // created with given bytes, or deleted
  if (before.startsWith('\uFEFF') !== after.startsWith('\uFEFF')) return false;
  const [old, now] = [endingOf(before), endingOf(after)];
  return now === 'none' || old === now;
}

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
import {
  documentAt,
  editDocuments,
  notebookAt,
  stage,
  undoDocuments,
  type EditorWrite,
  type Staged,
} from './documents.js';

/** Above this, VS Code does not send documents to extensions, or slowly. */
const EDITOR_LIMIT = 5_000_000;

const sha256 = (bytes: Bytes): string => createHash('sha256').update(bytes).digest('hex');
const hashOf = (bytes: Bytes | undefined): string | null => (bytes === undefined ? null : sha256(bytes));

/** Where a set is written, and under which name it can be undone. */
interface Target {
  disk: Workspace;
  folder: vscode.WorkspaceFolder;
  root: Root;
  label: string;
  log: Log | undefined;
}

export function createEditorWorkspace(disk: Workspace, folder: vscode.WorkspaceFolder, log?: Log): Workspace {
  let real: Promise<string> | undefined;
  const isOurs = async (root: Root): Promise<boolean> =>
    root === folder.uri.fsPath || root === (await (real ??= realpath(folder.uri.fsPath)));
  return {
    read: (root, path, maxBytes) => disk.read(root, path, maxBytes),
    stat: (root, path) => disk.stat(root, path),
    list: (root, path) => disk.list(root, path),
    files: (root, limit, signal) => disk.files(root, limit, signal),
    async apply(root, writes, label, signal) {
      if (!(await isOurs(root))) return disk.apply(root, writes, label, signal); // a worktree: no editor shows it
      return apply({ disk, folder, root, label, log }, writes, signal);
    },
    tidy: (root, paths) => disk.tidy(root, paths),
  };
}

async function apply(target: Target, writes: readonly FileWrite[], signal: AbortSignal): Promise<WriteOutcome[]> {
  const { disk, root, label, log } = target;
  const { inEditor, staged, beside } = await sortOut(target, writes);
  for (const { write, uri } of beside) refuseDirty(target, write, uri);
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
    if (inEditor.length > 0) await editDocuments(inEditor, staged, label);
  } catch (error) {
    const path =
      error instanceof OpenExecError && 'path' in error.params ? error.params.path : (inEditor[0]?.write.path ?? '');
    log?.error(`applying a change to ${path}`, error);
    const restored = await putBack(target, [...inEditor, ...beside], staged);
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

/** What goes through the editor, with its documents ready, and what is written beside it. */
async function sortOut(target: Target, writes: readonly FileWrite[]) {
  const entries = await Promise.all(writes.map((write) => preflight(target, write)));
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
  return { inEditor, staged, beside };
}

async function preflight(
  { disk, folder, root }: Target,
  write: FileWrite,
): Promise<{ entry: EditorWrite; editable: boolean }> {
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
    !(await viaLink(disk, root, write.path));
  return { entry, editable };
}

/** Links are the disk adapter's to judge: the editor would follow them. */
async function viaLink(disk: Workspace, root: Root, path: string): Promise<boolean> {
  const parts = path.split('/');
  for (let length = parts.length; length > 0; length--) {
    const stat = await disk.stat(root, parts.slice(0, length).join('/'));
    if (stat) return stat.viaLink || stat.realPath === undefined || (length === parts.length && stat.kind !== 'file');
  }
  return false;
}

function refuseDirty({ folder }: Target, write: FileWrite, uri: vscode.Uri): void {
  const source = write.from === undefined ? uri : vscode.Uri.joinPath(folder.uri, ...write.from.split('/'));
  if ([source, uri].some((one) => documentAt(one)?.isDirty || notebookAt(one)?.isDirty))
    throw new OpenExecError('apply-failed', {
      path: write.path,
      restored: vscode.l10n.t(
        'It has unsaved changes of yours. Save or revert them, then resume. Nothing was changed.',
      ),
    });
}

/** As it was, documents first (they would be dirty), then what still differs on disk. Says how far it got. */
async function putBack(
  { disk, root, label }: Target,
  entries: readonly EditorWrite[],
  staged: readonly Staged[],
): Promise<string> {
  const none = new AbortController().signal; // an abort must not stop half way
  const left: string[] = [];
  await undoDocuments(staged);
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

/** What a rollback would change, as diffs: the file that stands there, beside a read-only file of what it would be. */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import type { RollbackWrite } from '../../core/model/rollback.js';
import { schemes } from '../contributions.js';
import type { Folders, OpenedFolder } from '../folders.js';
import { t } from '../report-errors.js';
import { registerPageFiles } from './page-files.js';

/** The most that can be asked for. */
const SHOWN_BYTES = 8_000_000;

/** What a page shows is named by its hash, so it never changes. */
export const registerRolledBackFiles = (folders: Folders): vscode.Disposable =>
  registerPageFiles(schemes.rolledBack, {
    async read(uri) {
      const query = new URLSearchParams(uri.query);
      const { openexec } = await folders.root(query.get('root') ?? '');
      const { text, binary, cut } = await openexec.request('blob/text', {
        hash: query.get('hash') ?? '',
        max: SHOWN_BYTES,
      });
      // Half a text beside a whole one would show its second half as gone.
      return {
        text: encodeUtf8(
          binary ? t('This is not text, so it is not shown.') : cut ? t('This text is too large to be shown.') : text,
        ),
        at: 0,
      };
    },
  });

/** Left: what stands there now. Right: what would stand there. */
export async function showChanges(root: OpenedFolder, writes: readonly RollbackWrite[], title: string): Promise<void> {
  const sides = writes.map(({ path, from, now, then }) => {
    const query = (hash: string) => new URLSearchParams({ root: root.folder.uri.fsPath, hash }).toString();
    return {
      file: inFolder(root, path),
      left: now === null ? undefined : inFolder(root, from ?? path),
      right:
        then === null
          ? undefined
          : vscode.Uri.from({ scheme: schemes.rolledBack, path: `/${path}`, query: query(then) }),
    };
  });
  const [only, ...more] = sides;
  if (!only) return;
  if (more.length === 0 && only.left && only.right)
    await vscode.commands.executeCommand('vscode.diff', only.left, only.right, title, { preview: true });
  else {
    opened.add(title);
    await vscode.commands.executeCommand(
      'vscode.changes',
      title,
      sides.map(({ file, left, right }) => [file, left, right]),
    );
  }
}

/** Titles of the lists of diffs that were opened: such a tab tells nothing else of itself. */
const opened = new Set<string>();

/** Once it is done they would show no difference any more. */
export async function closeDiffs(): Promise<void> {
  const ours = ({ input, label }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputTextDiff
      ? input.modified.scheme === schemes.rolledBack
      : input === undefined && opened.has(label);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(ours);
  opened.clear();
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
}

export const inFolder = (root: OpenedFolder, path: string): vscode.Uri =>
  vscode.Uri.joinPath(root.folder.uri, ...path.split('/'));

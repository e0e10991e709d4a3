/**
 * Read-only files of our own: a page or the text of a stored file.
 * A file system rather than a text provider, so that a tab with it survives a reload.
 */
import * as vscode from 'vscode';

export interface PageFiles {
  /**
   * Text and the time it was made, in ms; 0 where it never changes.
   * Errors: FileSystemError.FileNotFound, and the tab says that it is gone.
   */
  read(uri: vscode.Uri): Promise<{ text: Uint8Array; at: number }>;
  onDidChange?: vscode.Event<vscode.FileChangeEvent[]>;
}

export function registerPageFiles(scheme: string, pages: PageFiles): vscode.Disposable {
  const never = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: pages.onDidChange ?? never.event,
    watch: () => new vscode.Disposable(() => undefined),
    async stat(uri) {
      const { text, at } = await pages.read(uri);
      return {
        type: vscode.FileType.File,
        ctime: 0,
        mtime: at,
        size: text.length,
        permissions: vscode.FilePermission.Readonly,
      };
    },
    readFile: async (uri) => (await pages.read(uri)).text,
    writeFile: refuse,
    readDirectory: () => [],
    createDirectory: refuse,
    delete: refuse,
    rename: refuse,
  };
  return vscode.Disposable.from(
    never,
    vscode.workspace.registerFileSystemProvider(scheme, provider, { isCaseSensitive: true, isReadonly: true }),
  );
}

/** What nobody may do to such a file. */
export function refuse(uri: vscode.Uri): never {
  throw vscode.FileSystemError.NoPermissions(uri);
}

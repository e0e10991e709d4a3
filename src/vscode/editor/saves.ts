/** Files that the person saves while a command runs: what is theirs is not taken for the command's. */
import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import type { Saves } from '../../core/ports/ports.js';

export function createSaves(folder: vscode.WorkspaceFolder): Saves {
  return {
    watch(root) {
      const base = root === folder.uri.fsPath ? folder.uri : vscode.Uri.file(root);
      const prefix = base.path.endsWith('/') ? base.path : `${base.path}/`;
      const saved = new Map<string, Promise<string | null>>();
      const listener = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (uri.scheme !== base.scheme || uri.authority !== base.authority || !uri.path.startsWith(prefix)) return;
        // At once: what stands there now is what was saved, unless a command is quicker still.
        saved.set(uri.path.slice(prefix.length), hashOf(uri));
      });
      return {
        async stop() {
          listener.dispose();
          return new Map(await Promise.all([...saved].map(async ([path, hash]) => [path, await hash] as const)));
        },
      };
    },
  };
}

const hashOf = async (uri: vscode.Uri): Promise<string | null> => {
  try {
    return createHash('sha256')
      .update(await vscode.workspace.fs.readFile(uri))
      .digest('hex');
  } catch (error) {
    if (error instanceof vscode.FileSystemError) return null; // gone again, or not to be read
    throw error;
  }
};

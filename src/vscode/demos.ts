/**
 * Folders that Open Demo made. In them the recorded model is the model, unless another is chosen;
 * their history is made once they are trusted.
 */
import * as vscode from 'vscode';
import type { Log } from '../core/ports/ports.js';

const KEY = 'openexec.demoFolders';
const KEPT = 20;

export interface Demos {
  has(folder: vscode.WorkspaceFolder): boolean;
  add(folder: vscode.Uri): Thenable<void>;
  prepare(folder: vscode.WorkspaceFolder, log: Log): Promise<void>;
}

export function createDemos(state: vscode.Memento): Demos {
  const known = (): string[] => state.get<string[]>(KEY, []);
  return {
    has: (folder) => known().includes(folder.uri.toString()),
    add: (folder) => state.update(KEY, [folder.toString(), ...known()].slice(0, KEPT)),
    async prepare(folder, log) {
      const { prepareDemo } = await import('./demo.js');
      const missing = await prepareDemo(folder.uri.fsPath);
      if (missing !== undefined) log.warn('the demo has no git history', { missing });
    },
  };
}

/**
 * The panel's way in: its code and schemas are loaded a moment after activation, so that a
 * restored tab finds them and nobody waits.
 */
import * as vscode from 'vscode';
import type { Log } from '../../core/ports/ports.js';
import type { CommandContext } from '../commands/context.js';
import { secretKeys, settings } from '../contributions.js';
import type { Panel } from './panel.js';
import type { Folders } from '../folders.js';

export interface PanelDoor extends vscode.Disposable {
  show: CommandContext['showPanel'];
}

export function createPanelDoor({
  context,
  folders,
  log,
}: {
  context: vscode.ExtensionContext;
  folders: Folders;
  log: Log;
}): PanelDoor {
  const changed = new vscode.EventEmitter<void>();
  let loading: Promise<Panel> | undefined;
  let disposed = false;
  const load = (): Promise<Panel> =>
    (loading ??= import('../late.js').then(({ registerPanel }) => {
      const panel = registerPanel({
        extensionUri: context.extensionUri,
        memento: context.workspaceState,
        openexecFor: async (root) => (await folders.root(root)).openexec,
        log,
        onDidChange: changed.event,
      });
      if (disposed) panel.dispose();
      return panel;
    }));
  const soon = setTimeout(() => void load().catch((error: unknown) => log.error('loading the panel', error)), 0);

  const listening = vscode.Disposable.from(
    changed,
    folders.onDidOpen(() => changed.fire()),
    context.secrets.onDidChange(({ key }) => {
      if (key === secretKeys.anthropic) changed.fire();
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(settings.model)) changed.fire();
    }),
  );

  return {
    async show(tab, { root, ...target } = {}) {
      (await load()).show({ tab, ...target }, root);
    },
    dispose() {
      disposed = true;
      clearTimeout(soon);
      listening.dispose();
      loading?.then(
        (panel) => void panel.dispose(),
        (error: unknown) => log.error('closing the panel', error),
      );
    },
  };
}

/**
 * The panel: one editor tab with Intent, Plan, Run and Report.
 * Restored after a reload; its page is rebuilt when it is shown again.
 */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { OpenExec } from '../../core/facade.js';
import type { Log } from '../../core/ports/ports.js';
import { PANEL_VIEW_TYPE, panelCommandIds, type ShowTarget } from '../../protocol/panel.js';
import type { Translate } from '../../core/view/sentences.js';
import { panelHtml } from './panel-html.js';
import { createPanelLink, type PanelFacts, type PanelLink } from './panel-link.js';

export interface PanelOptions {
  extensionUri: vscode.Uri;
  /** Where the view's state is kept when the tab is closed: the workspace's. */
  memento: vscode.Memento;
  /** Opens the façade of a workspace folder, or returns the open one. Never called in an untrusted workspace. */
  openexecFor(root: string): Promise<OpenExec>;
  log: Log;
  /** Fires when a façade was opened anew, or the model, the key or another setting that the panel shows has changed. */
  onDidChange?: vscode.Event<void>;
}

export interface Panel extends vscode.Disposable {
  /** Opens the tab, or brings it to the front, at a place in it; `at` is the folder it lies in. */
  show(target?: ShowTarget, at?: string): void;
}

const STATE_KEY = 'openexec.panel.state';
const translate: Translate = (template, params = {}) => vscode.l10n.t(template, params);

export function registerPanel(options: PanelOptions): Panel {
  const dist = vscode.Uri.joinPath(options.extensionUri, 'dist');
  const icon = vscode.Uri.joinPath(options.extensionUri, 'media', 'icon.svg');
  let open: { panel: vscode.WebviewPanel; link: PanelLink; own: vscode.Disposable } | undefined;

  function adopt(panel: vscode.WebviewPanel): void {
    open?.panel.dispose(); // one tab: a restored one takes the place of the other
    panel.webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [dist] };
    panel.iconPath = icon;
    const link = createPanelLink({
      post: (message) => void panel.webview.postMessage(message),
      openexecFor: options.openexecFor,
      facts,
      saved: () => options.memento.get(STATE_KEY),
      save: (state) => void options.memento.update(STATE_KEY, state),
      perform: (command, args) => {
        vscode.commands
          .executeCommand(command, args)
          .then(undefined, (error: unknown) => options.log.error(`${command} failed`, error));
      },
      openFile,
      translate,
      pid: process.pid,
      warn: (message, error) => (error === undefined ? options.log.warn(message) : options.log.error(message, error)),
    });
    const own = vscode.Disposable.from(
      link,
      panel.webview.onDidReceiveMessage((message: unknown) => link.receive(message)),
      panel.onDidChangeViewState(() => {
        if (!panel.visible) link.pause();
      }),
    );
    const mine = { panel, link, own };
    open = mine;
    panel.onDidDispose(() => {
      own.dispose();
      if (open === mine) open = undefined;
    });
    panel.webview.html = panelHtml({
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(24).toString('base64url'),
      script: panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, 'webview.js')).toString(),
      styles: ['codicon.css', 'webview.css'].map((name) =>
        panel.webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString(),
      ),
      lang: vscode.env.language,
      title: 'OpenExec',
    });
  }

  function openFile(root: string, path: string, line?: number): void {
    const uri = vscode.Uri.joinPath(vscode.Uri.file(root), ...path.split('/'));
    const selection = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
    vscode.window
      .showTextDocument(uri, {
        viewColumn: vscode.ViewColumn.Beside,
        preview: true,
        ...(selection ? { selection } : {}),
      })
      .then(
        undefined,
        () =>
          void vscode.window.showInformationMessage(vscode.l10n.t('{0} is not there any more, or is not text.', path)),
      );
  }

  const refresh = (): void => open?.link.refresh();
  const registrations = [
    vscode.window.registerWebviewPanelSerializer(PANEL_VIEW_TYPE, {
      deserializeWebviewPanel: (panel) => {
        adopt(panel); // what was shown comes with the page's own `ready`
        return Promise.resolve();
      },
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(refresh),
    vscode.workspace.onDidChangeWorkspaceFolders(refresh),
    ...(options.onDidChange ? [options.onDidChange(refresh)] : []),
  ];

  return {
    show(target, at) {
      if (open) open.panel.reveal(undefined, false);
      else
        adopt(
          vscode.window.createWebviewPanel(PANEL_VIEW_TYPE, 'OpenExec', vscode.ViewColumn.Active, {
            enableFindWidget: true,
          }),
        );
      if (target) open?.link.show(target, at);
    },
    dispose() {
      for (const each of registrations) each.dispose();
      open?.own.dispose(); // the tab itself stays: a window that reloads restores it
    },
  };
}

async function facts(): Promise<PanelFacts> {
  const registered = new Set(await vscode.commands.getCommands(false));
  return {
    trusted: vscode.workspace.isTrusted,
    roots: (vscode.workspace.workspaceFolders ?? [])
      .filter((folder) => folder.uri.scheme === 'file')
      .map((folder) => ({ path: folder.uri.fsPath, name: folder.name })),
    commands: panelCommandIds.filter((id) => registered.has(id)),
    locale: vscode.env.language,
    l10n: vscode.l10n.bundle ?? {},
  };
}

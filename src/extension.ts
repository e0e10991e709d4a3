/**
 * activate(): makes the session and registers each feature.
 * The engine is a bundle of its own, loaded when a trusted folder first needs it.
 */
import * as vscode from 'vscode';
import { createApprovalsTree } from './vscode/views/approvals-tree.js';
import { registerLenses } from './vscode/approvals/lenses.js';
import { createReviewEditor } from './vscode/approvals/review-editor.js';
import { registerReviewFiles } from './vscode/approvals/review-files.js';
import { createReviews } from './vscode/approvals/reviews.js';
import { registerApprovalCommands } from './vscode/commands/approvals.js';
import { registerCheckCommands } from './vscode/commands/checks.js';
import { registerBlueprintCommands } from './vscode/commands/blueprints.js';
import type { CommandContext } from './vscode/commands/context.js';
import { registerPlanCommands } from './vscode/commands/plans.js';
import { registerProblemCommand } from './vscode/commands/problem.js';
import { registerProposalCommands } from './vscode/commands/proposals.js';
import { registerReplayCommands } from './vscode/commands/replay.js';
import { registerRollback } from './vscode/commands/rollback.js';
import { registerRunCommands } from './vscode/commands/runs.js';
import { registerPolicyCommands } from './vscode/commands/policy.js';
import { registerSetupCommands } from './vscode/commands/setup.js';
import { registerStorageCommands, type StateDoor } from './vscode/commands/storage.js';
import { registerContextKeys } from './vscode/context-keys.js';
import { createDemos } from './vscode/demos.js';
import { createErrorReporter } from './vscode/report-errors.js';
import { createDiagnostics, hearDiagnostics } from './vscode/editor/diagnostics.js';
import { createSaves } from './vscode/editor/saves.js';
import { createSymbols } from './vscode/editor/symbols.js';
import { registerFixDiagnostic } from './vscode/editor/fix-diagnostic.js';
import { registerLanguageFiles, type LanguageFiles } from './vscode/editor/language-files.js';
import { createLog } from './vscode/log.js';
import { registerNotices } from './vscode/notices.js';
import { createPanelDoor } from './vscode/panel/panel-door.js';
import { createPlanTree } from './vscode/views/plan-tree.js';
import { createRunsTree } from './vscode/views/runs-tree.js';
import { createFolders, type OpenRoot, type Folders } from './vscode/folders.js';
import { apiKey, baseUrl, readSettings } from './vscode/settings.js';
import { createSheets } from './vscode/pages/sheets.js';
import { registerStartView } from './vscode/views/start-view.js';
import { createStatusBar } from './vscode/views/status-bar.js';
import { addTerminalCommand } from './vscode/terminal-command.js';
import { createEditorWorkspace } from './vscode/editor/workspace-edit.js';

/** What tests inside the extension host hold on to. */
export interface ExtensionApi {
  folders: Folders;
  language: LanguageFiles;
}

let closing: Folders | undefined;
performance.mark('openexec/loaded');

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  performance.mark('openexec/activate');
  const channel = vscode.window.createOutputChannel('OpenExec', { log: true });
  const log = createLog(channel);
  const keepKeySecret = () =>
    apiKey(context.secrets).then(
      (key) => log.keepSecret(key ? [key] : []),
      (error: unknown) => log.error('reading the API key', error),
    );
  void keepKeySecret();
  const reporter = createErrorReporter(log);
  const demos = createDemos(context.globalState);
  const heard = hearDiagnostics();

  const openRoot: OpenRoot = async (folder, takeOver) => {
    const host = await import('./host.js');
    if (demos.has(folder)) await demos.prepare(folder, log);
    const address = baseUrl();
    return host.openRoot({
      root: folder.uri.fsPath,
      door: 'editor',
      productDir: context.extensionPath,
      env: process.env,
      log,
      settings: () => Promise.resolve(readSettings(folder, demos.has(folder))),
      apiKey: async () => apiKey(context.secrets),
      diagnostics: createDiagnostics(folder, heard),
      symbols: createSymbols(folder),
      saves: createSaves(folder),
      workspace: (disk) => createEditorWorkspace(disk, folder, log),
      ...(address === undefined ? {} : { baseUrl: address }),
      ...(takeOver ? { takeOver } : {}),
    });
  };

  const place = (folder: vscode.WorkspaceFolder) => ({
    root: folder.uri.fsPath,
    door: 'editor' as const,
    productDir: context.extensionPath,
    env: process.env,
  });
  const stateDoor: StateDoor = {
    restore: async (folder, file, signal) => (await import('./host.js')).restoreRoot(place(folder), file, signal),
    moved: async (folder, signal) => (await import('./host.js')).movedTo(place(folder), signal),
    adopt: async (folder, moved, signal) => (await import('./host.js')).adoptRoot(place(folder), moved, signal),
    startFresh: async (folder, offered) => (await import('./host.js')).startFresh(place(folder), offered),
  };

  const folders = createFolders(openRoot, reporter);
  closing = folders;
  const reviews = createReviews(folders, reporter);
  const status = createStatusBar(folders);
  const editor = createReviewEditor(reviews, status, reporter);
  const sheets = createSheets(folders, reporter);
  const planTree = createPlanTree(folders, reporter, context.workspaceState);
  const panel = createPanelDoor({ context, folders, log });
  const commandContext: CommandContext = {
    folders,
    reporter,
    sheets,
    reviews,
    editor,
    planTree,
    showPanel: panel.show,
  };

  const language = registerLanguageFiles(context.extensionPath, channel, reporter);

  context.subscriptions.push(
    channel,
    heard,
    context.secrets.onDidChange(keepKeySecret),
    folders,
    reviews,
    status,
    editor,
    sheets,
    planTree,
    panel,
    registerContextKeys(folders, context.secrets, demos),
    registerReviewFiles(reviews, reporter),
    registerLenses(reviews),
    createApprovalsTree(folders, reviews),
    createRunsTree(folders),
    registerStartView(folders, reporter),
    registerPlanCommands(commandContext),
    registerRunCommands(commandContext),
    registerRollback(commandContext),
    registerProposalCommands(commandContext),
    registerReplayCommands(commandContext),
    registerBlueprintCommands(commandContext),
    registerCheckCommands(commandContext),
    registerApprovalCommands(commandContext),
    registerPolicyCommands(commandContext),
    registerFixDiagnostic(folders, reporter),
    registerSetupCommands(commandContext, { context, log: channel, demos }),
    registerStorageCommands(commandContext, stateDoor),
    registerProblemCommand(commandContext, { context, log }),
    registerNotices(commandContext),
    addTerminalCommand(context),
    language,
  );
  performance.mark('openexec/activated');
  return { folders, language };
}

/** The owner pauses at the next safe point and lets go of the database. */
export async function deactivate(): Promise<void> {
  await closing?.close();
}

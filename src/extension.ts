/** activate(): makes the session and registers each feature. The engine is a bundle of its own, loaded when a trusted folder first needs it. */
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
import { registerProposalCommands } from './vscode/commands/proposals.js';
import { registerReplayCommands } from './vscode/commands/replay.js';
import { registerRollback } from './vscode/commands/rollback.js';
import { registerRunCommands } from './vscode/commands/runs.js';
import { registerPolicyCommands } from './vscode/commands/policy.js';
import { registerSetupCommands } from './vscode/commands/setup.js';
import { registerStorageCommands, type StateDoor } from './vscode/commands/storage.js';
import { registerContextKeys } from './vscode/context-keys.js';
import { createDemos } from './vscode/demos.js';
import { createDoor } from './vscode/report-errors.js';
import { createDiagnostics, hearDiagnostics } from './vscode/editor/diagnostics.js';
import { createSymbols } from './vscode/editor/symbols.js';
import { registerFixDiagnostic } from './vscode/editor/fix-diagnostic.js';
import { registerLanguageFiles, type LanguageFiles } from './vscode/editor/language-files.js';
import { createLog } from './vscode/log.js';
import { registerNotices } from './vscode/notices.js';
import { createPanelDoor } from './vscode/panel/panel-door.js';
import { createPlanTree } from './vscode/views/plan-tree.js';
import { createRunsTree } from './vscode/views/runs-tree.js';
import { createSession, type OpenRoot, type Session } from './vscode/folders.js';
import { apiKey, baseUrl, readSettings } from './vscode/settings.js';
import { createSheets } from './vscode/pages/sheets.js';
import { registerStartView } from './vscode/views/start-view.js';
import { createStatusBar } from './vscode/views/status-bar.js';
import { addTerminalCommand } from './vscode/terminal-command.js';
import { createEditorWorkspace } from './vscode/editor/workspace-edit.js';

/** What tests inside the extension host hold on to. */
export interface ExtensionApi {
  session: Session;
  language: LanguageFiles;
}

let closing: Session | undefined;
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
  const door = createDoor(log);
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

  const session = createSession(openRoot, door);
  closing = session;
  const reviews = createReviews(session, door);
  const status = createStatusBar(session);
  const editor = createReviewEditor(reviews, status, door);
  const sheets = createSheets(session, door);
  const planTree = createPlanTree(session, door, context.workspaceState);
  const panel = createPanelDoor({ context, session, log });
  const commandContext: CommandContext = { session, door, sheets, reviews, editor, planTree, showPanel: panel.show };

  const language = registerLanguageFiles(context.extensionPath, channel, door);

  context.subscriptions.push(
    channel,
    heard,
    context.secrets.onDidChange(keepKeySecret),
    session,
    reviews,
    status,
    editor,
    sheets,
    planTree,
    panel,
    registerContextKeys(session, context.secrets, demos),
    registerReviewFiles(reviews, door),
    registerLenses(reviews),
    createApprovalsTree(session, reviews),
    createRunsTree(session),
    registerStartView(session, door),
    registerPlanCommands(commandContext),
    registerRunCommands(commandContext),
    registerRollback(commandContext),
    registerProposalCommands(commandContext),
    registerReplayCommands(commandContext),
    registerBlueprintCommands(commandContext),
    registerCheckCommands(commandContext),
    registerApprovalCommands(commandContext),
    registerPolicyCommands(commandContext),
    registerFixDiagnostic(session, door),
    registerSetupCommands(commandContext, { context, log: channel, demos }),
    registerStorageCommands(commandContext, stateDoor),
    registerNotices(commandContext),
    addTerminalCommand(context),
    language,
  );
  performance.mark('openexec/activated');
  return { session, language };
}

/** The owner pauses at the next safe point and lets go of the database. */
export async function deactivate(): Promise<void> {
  await closing?.close();
}

/** What the stored runs take, what frees it, and everything in one file and back. */
import * as vscode from 'vscode';
import type { MovedState, StorageUsage } from '../../core/model/storage.js';
import { showLine } from '../../core/text/harmless.js';
import { bytes as amount, plainBlanks } from '../../core/view/amounts.js';
import { commands } from '../contributions.js';
import { t, withProgress } from '../report-errors.js';
import { confirm, registerCommands, uriOf, type CommandContext } from './context.js';
import { tellAtOpening } from './opening-notices.js';

/** What puts other state in the place of a folder's own, while it is closed. Comes with the engine's bundle. */
export interface StateDoor {
  restore(folder: vscode.WorkspaceFolder, file: string, signal: AbortSignal): Promise<{ from: string; aside: string }>;
  moved(folder: vscode.WorkspaceFolder, signal: AbortSignal): Promise<MovedState[]>;
  adopt(
    folder: vscode.WorkspaceFolder,
    moved: MovedState,
    signal: AbortSignal,
  ): Promise<{ from: string; aside: string }>;
  startFresh(folder: vscode.WorkspaceFolder, offered: readonly MovedState[]): Promise<void>;
}

const FILTER = 'openexec';

export const registerStorageCommands = (context: CommandContext, state: StateDoor): vscode.Disposable =>
  vscode.Disposable.from(
    registerCommands(context, [
      [commands.storage, () => show(context, state)],
      [commands.exportAll, exportAll],
      [commands.restoreAll, () => restore(context, state)],
    ]),
    tellAtOpening(context, state),
  );

/** The list is open while it is looked, which takes as long as the texts are many; closing it ends that. */
async function show(context: CommandContext, state: StateDoor): Promise<void> {
  const { openexec } = await context.folders.current();
  const closed = new AbortController();
  const items = openexec
    .request('storage/usage', {}, closed.signal)
    .then((usage) => [...actions(context, state, usage), ...amounts(usage)]);
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('OpenExec: Storage'),
    placeHolder: t('What the plans and runs of this folder take'),
  });
  closed.abort();
  if (chosen && 'run' in chosen) await chosen.run();
}

function actions(context: CommandContext, state: StateDoor, usage: StorageUsage) {
  const action = (label: string, run: () => Promise<unknown>, detail = '') => ({ label, detail, run });
  return [
    action(
      t('$(trash) Clean Up…'),
      () => clean(context),
      t('Remove finished runs past their time, caches of build tools, and what nothing names any more'),
    ),
    action(
      t('$(fold) Compact the Database'),
      () => compact(context),
      usage.freeBytes > 0
        ? t('Gives {size} back', { size: size(usage.freeBytes) })
        : t('There is nothing to give back now'),
    ),
    action(
      t('$(pinned) Keep a Run…'),
      () => pin(context, usage.runs.pinned),
      t('Pinned runs are never removed by themselves'),
    ),
    action(t('$(export) Export Everything…'), () => exportAll(context)),
    action(t('$(history) Restore…'), () => restore(context, state)),
  ];
}

async function clean({ folders }: CommandContext): Promise<void> {
  const { openexec } = await folders.current();
  const { runs } = await openexec.request('storage/clean', { dryRun: true });
  const question =
    runs.length > 0
      ? t('Remove {count} finished runs with all that was recorded of them?', { count: runs.length })
      : t('No run is past its time. Free what nothing names any more?');
  if (
    !(await confirm(
      question,
      t('Clean Up'),
      runs
        .slice(0, 10)
        .map((run) => showLine(run.title))
        .join('\n'),
    ))
  )
    return;
  const done = await withProgress(t('Cleaning up'), (signal) => openexec.request('storage/clean', {}, signal));
  void vscode.window.showInformationMessage(
    t('{count} runs removed, {size} freed.', { count: done.runs.length, size: size(done.bytes + done.caches) }),
  );
}

async function compact({ folders }: CommandContext): Promise<void> {
  const { openexec } = await folders.current();
  const { before, after } = await withProgress(t('Compacting the database'), (signal) =>
    openexec.request('storage/compact', {}, signal),
  );
  void vscode.window.showInformationMessage(
    t('The database took {before} and takes {after} now.', { before: size(before), after: size(after) }),
  );
}

async function pin({ folders }: CommandContext, pinned: readonly string[]): Promise<void> {
  const { openexec } = await folders.current();
  const runs = await openexec.request('run/list', { limit: 1000 });
  const items = runs.map((run) => ({
    label: showLine(run.title),
    description: plainBlanks(new Date(run.createdAt).toLocaleString()),
    run: run.id,
    picked: pinned.includes(run.id),
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: t('Keep These Runs'),
    canPickMany: true,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (!chosen) return;
  const wanted = new Set(chosen.map((item) => item.run));
  for (const { run } of items)
    if (wanted.has(run) !== pinned.includes(run))
      await openexec.request('storage/pin', { run, pinned: wanted.has(run) });
}

/** To the file a caller named, else to one the person chooses. */
async function exportAll({ folders }: CommandContext, argument?: unknown): Promise<void> {
  const { openexec, folder } = await folders.current();
  const name = `${folder.name}-${new Date().toISOString().slice(0, 10)}.${FILTER}`;
  const target =
    uriOf(argument) ??
    (await vscode.window.showSaveDialog({
      title: t('Export Everything'),
      defaultUri: vscode.Uri.joinPath(folder.uri, '..', name),
      filters: { OpenExec: [FILTER] },
    }));
  if (!target) return;
  const done = await withProgress(t('Exporting plans and runs'), (signal) =>
    openexec.request('storage/export', { file: target.fsPath }, signal),
  );
  void vscode.window.showInformationMessage(
    t('Everything of this folder is in {file}: {size}.', { file: done.file, size: size(done.bytes) }),
  );
}

async function restore({ folders }: CommandContext, state: StateDoor): Promise<void> {
  const { folder } = await folders.current();
  const [file] =
    (await vscode.window.showOpenDialog({
      title: t('Restore Plans and Runs'),
      filters: { OpenExec: [FILTER] },
    })) ?? [];
  if (!file) return;
  if (
    !(await confirm(
      t('Put what is in this file in the place of this folder’s plans and runs?'),
      t('Restore'),
      t('What stands there is set aside, not deleted.'),
    ))
  )
    return;
  const done = await withProgress(t('Restoring plans and runs'), (signal) =>
    folders.reopenAfter(folder, () => state.restore(folder, file.fsPath, signal)),
  );
  void vscode.window.showInformationMessage(
    done.aside
      ? t('Restored. What stood there is in {folder}, beside the database.', { folder: done.aside })
      : t('Restored.'),
  );
}

function amounts(usage: StorageUsage): vscode.QuickPickItem[] {
  return [
    separator(t('{size} in all', { size: size(usage.bytes) })),
    { label: t('Folder'), description: usage.path },
    { label: t('Runs'), description: runsLine(usage) },
    ...[...usage.parts]
      .sort((a, b) => b.bytes - a.bytes)
      .map(({ part, bytes }) => ({ label: partName(part), description: size(bytes) })),
    separator(t('Stored texts')),
    ...[...usage.texts]
      .sort((a, b) => b.bytes - a.bytes)
      .map(({ kind, bytes }) => ({ label: textName(kind), description: size(bytes) })),
  ];
}

const separator = (label: string): vscode.QuickPickItem => ({ label, kind: vscode.QuickPickItemKind.Separator });

function runsLine({ runs, retention }: StorageUsage): string {
  const rules = [
    retention.days === null ? '' : t('{days} days', { days: retention.days }),
    retention.maxBytes === null ? '' : size(retention.maxBytes),
  ].filter(Boolean);
  return rules.length > 0
    ? t('{count}; finished ones are kept up to {rules}', { count: runs.count, rules: rules.join(', ') })
    : t('{count}, kept for ever', { count: runs.count });
}

function partName(part: StorageUsage['parts'][number]['part']): string {
  switch (part) {
    case 'database':
      return t('Database');
    case 'log':
      return t('Database log');
    case 'texts':
      return t('Texts beside the database');
    case 'backups':
      return t('Copies of the database');
    case 'worktrees':
      return t('Worktrees');
    case 'spool':
      return t('Output being written');
    case 'caches':
      return t('Caches of build tools');
    case 'set-aside':
      return t('Set aside');
    case 'other':
      return t('Other');
  }
}

function textName(kind: StorageUsage['texts'][number]['kind']): string {
  switch (kind) {
    case 'logs':
      return t('Output of commands');
    case 'model':
      return t('Conversations with the model');
    case 'files':
      return t('Files before and after');
    case 'outputs':
      return t('Results of steps and tools');
    case 'other':
      return t('Other');
    case 'unnamed':
      return t('Named by nothing');
  }
}

const size = (bytes: number): string => amount(bytes, t);

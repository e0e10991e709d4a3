/** Report a Problem: what a maintainer needs to know, written to a file and opened for reading. Nothing is sent. */
import { realpath } from 'node:fs/promises';
import os from 'node:os';
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import { asOpenExecError } from '../../core/errors.js';
import { problemMarkdown, problemReport, type Problem, type ToldSetting } from '../../core/report/problem-report.js';
import { commands, settings } from '../contributions.js';
import type { Folders } from '../folders.js';
import type { RedactedLog } from '../log.js';
import { t } from '../report-errors.js';
import { apiKey } from '../settings.js';
import type { CommandContext } from './context.js';

export interface ProblemOptions {
  context: vscode.ExtensionContext;
  log: RedactedLog;
}

/** Every folder of the window, and where it really is: a log line may name any of them. */
async function rootsOf(folders: Folders): Promise<string[]> {
  const named = folders.folders.map((folder) => folder.uri.fsPath);
  const real = await Promise.all(named.map((one) => realpath(one).catch(() => one))); // one that is gone has no other name
  return [...new Set([...named, ...real])];
}

export function registerProblemCommand(
  { folders, reporter }: CommandContext,
  { context, log }: ProblemOptions,
): vscode.Disposable {
  async function report(): Promise<vscode.Uri> {
    const folder = await folderOf(folders);
    const { version } = context.extension.packageJSON as { version: string };
    const key = await apiKey(context.secrets).then(undefined, (error: unknown) =>
      log.error('reading the API key', error),
    );
    const text = problemMarkdown(
      problemReport(
        {
          at: Date.now(),
          door: 'editor',
          versions: {
            OpenExec: version,
            [vscode.env.appName]: vscode.version,
            Node: process.version,
            system: `${process.platform} ${os.release()} ${process.arch}`,
            ...(vscode.env.remoteName !== undefined && { remote: vscode.env.remoteName }),
            page: vscode.env.uiKind === vscode.UIKind.Web ? 'web' : 'desktop',
          },
          settings: settingsOf(folders.active),
          folder,
          log: log.recent(),
        },
        { secrets: key ? [key] : [], home: os.homedir(), roots: await rootsOf(folders) },
      ),
    );
    // Of this window alone, outside every folder, and cleared away by VS Code with its logs.
    const name = `openexec-problem-${new Date().toISOString().replace(/[:.]/g, '-')}.md`;
    const file = vscode.Uri.joinPath(context.logUri, name);
    await vscode.workspace.fs.createDirectory(context.logUri);
    await vscode.workspace.fs.writeFile(file, encodeUtf8(text));
    const document = await vscode.workspace.openTextDocument(file);
    await vscode.window.showTextDocument(document, { preview: false });
    reporter.attempt('offering the report', () => offer(document));
    return file;
  }

  return reporter.command(commands.reportProblem, report);
}

/** What is copied is the page as it stands then: a person may have taken something out. */
async function offer(document: vscode.TextDocument): Promise<void> {
  const copy = t('Copy');
  const choice = await vscode.window.showInformationMessage(
    t(
      'The report is in this file, and was sent nowhere. Read it, take out what you do not want to show, and give it with your report.',
    ),
    copy,
  );
  if (choice === copy) await vscode.env.clipboard.writeText(document.getText());
}

function settingsOf(folder: vscode.WorkspaceFolder | undefined): ToldSetting[] {
  const configuration = vscode.workspace.getConfiguration(undefined, folder?.uri);
  return Object.values(settings).flatMap((name): ToldSetting[] => {
    const found = configuration.inspect<unknown>(name);
    const value = configuration.get<unknown>(name);
    if (!found || JSON.stringify(value) === JSON.stringify(found.defaultValue)) return [];
    const is = (other: unknown): boolean => JSON.stringify(other) === JSON.stringify(value);
    const from = is(found.workspaceFolderValue) ? 'folder' : is(found.workspaceValue) ? 'workspace' : 'user';
    return [{ name, value, from }];
  });
}

/**
 * A folder that was not needed yet is opened: its runs are what a report is about.
 * One that cannot be opened is reported as that.
 */
async function folderOf(folders: Folders): Promise<Problem['folder']> {
  try {
    const open = folders.state === 'idle' ? await folders.current() : folders.open;
    if (open)
      return {
        state: folders.state,
        notices: (open.openexec.notices ?? []).map((one) => one.code),
        facts: await open.openexec.request('problem/facts', {}),
      };
    const { state, failure } = folders;
    return { state, ...(failure && { code: failure.code }), notices: [], facts: null };
  } catch (error) {
    return { state: folders.state, code: asOpenExecError(error).code, notices: [], facts: null };
  }
}

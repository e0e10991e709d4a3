/** What the owner says once after opening a folder; a folder that moved asks whether its old state is used. */
import * as vscode from 'vscode';
import type { ErrorCode, ErrorParams } from '../../core/errors.js';
import { sentenceOf } from '../../core/view/sentences.js';
import { t, withProgress } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import type { CommandContext } from './context.js';
import type { StateDoor } from './storage.js';

/** Said once a root; a folder that moved is never taken over unasked. */
export function tellAtOpening(context: CommandContext, state: StateDoor): vscode.Disposable {
  async function tell(root: OpenedFolder): Promise<void> {
    for (const { code, params } of root.openexec.notices ?? []) {
      if (code !== 'folder-moved') void vscode.window.showWarningMessage(sentence(code, params));
      else await offer(context, state, root, params);
    }
  }
  return context.folders.onDidOpen((root) =>
    context.reporter.attempt('saying what was found at opening', () => tell(root)),
  );
}

async function offer(
  { folders }: CommandContext,
  state: StateDoor,
  { folder }: OpenedFolder,
  params: ErrorParams,
): Promise<void> {
  const [use, fresh] = [t('Use It'), t('Start Fresh')];
  const choice = await vscode.window.showInformationMessage(sentence('folder-moved', params), use, fresh);
  const offered = choice === undefined ? [] : await state.moved(folder, AbortSignal.timeout(10_000));
  const [newest] = offered;
  if (choice === fresh) await state.startFresh(folder, offered);
  if (choice !== use || !newest) return;
  await withProgress(t('Taking over plans and runs'), (signal) =>
    folders.reopenAfter(folder, () => state.adopt(folder, newest, signal)),
  );
}

const sentence = (code: ErrorCode, params: ErrorParams): string => sentenceOf(code, params, t);

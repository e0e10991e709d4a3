/** Commands that make a plan: from a sentence, from a file, or empty. */
import * as vscode from 'vscode';
import { decodeUtf8 } from '../../base/bytes.js';
import { OpenExecError } from '../../core/errors.js';
import type { ParamsInput } from '../../core/model/requests.js';
import { withOwnProgress } from '../../core/own-progress.js';
import { showLine } from '../../core/text/harmless.js';
import { t, withProgress } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { rootOf, uriOf, type CommandContext } from './context.js';

const INTENT_LIMIT = 1_000_000;

export async function plan(context: CommandContext, argument: unknown): Promise<void> {
  const given = typeof argument === 'string' ? argument : undefined;
  const root = await rootOf(context, argument);
  const intent =
    given ??
    (await vscode.window.showInputBox({
      title: t('OpenExec: Plan'),
      prompt: t('What do you want to build?'),
      placeHolder: t('Add validation to POST /quotes and a rate limit'),
      ignoreFocusOut: true,
    }));
  if (intent === undefined) return;
  if (intent.trim() === '') throw new OpenExecError('intent-empty');
  await generate(root, { intent: intent.trim() });
  await showPlan();
}

export async function planFromFile(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, undefined);
  const picked =
    uriOf(argument) ??
    (
      await vscode.window.showOpenDialog({
        title: t('An INTENT.md, or a stories.json'),
        openLabel: t('Plan'),
        defaultUri: root.folder.uri,
        filters: { [t('Intent or plan')]: ['md', 'markdown', 'txt', 'json'] },
      })
    )?.[0];
  if (!picked) return;
  const size = (await vscode.workspace.fs.stat(picked)).size;
  if (size > INTENT_LIMIT)
    throw new OpenExecError('file-too-large', { path: picked.fsPath, size, limit: INTENT_LIMIT });
  const text = decodeUtf8(await vscode.workspace.fs.readFile(picked));
  if (text === undefined) throw new OpenExecError('intent-unreadable', { path: picked.fsPath });
  const name = picked.path.slice(picked.path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
  if (picked.path.toLowerCase().endsWith('.json')) await root.openexec.request('plan/import', { json: text, name });
  else await generate(root, { intent: text, name, kind: 'intent-file' });
  await showPlan();
}

export async function newPlan(context: CommandContext): Promise<void> {
  const root = await rootOf(context, undefined);
  const name = await vscode.window.showInputBox({
    title: t('New Empty Plan'),
    prompt: t('Name'),
    ignoreFocusOut: true,
  });
  if (!name?.trim()) return;
  await root.openexec.request('plan/new', { name: name.trim() });
  await showPlan();
}

/** A new plan is the current one: its view shows it, with what there is to say of it. */
export const showPlan = () => vscode.commands.executeCommand('openexec.plan.focus');

/** What it does just now stands as the notification's second line. */
const generate = (root: OpenedFolder, asked: ParamsInput<'plan/generate'>) =>
  withProgress(t('Planning'), (signal, say) =>
    withOwnProgress(
      root.openexec,
      crypto.randomUUID(),
      (text) => say(showLine(text)),
      (progressToken) => root.openexec.request('plan/generate', { ...asked, progressToken }, signal),
    ),
  );

/** Roll Back…: what would happen as a list with diffs, then the deed, then the offer to take it back. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import { plainBlanks } from '../../core/view/amounts.js';
import type { ParamsInput, Result } from '../../core/model/requests.js';
import type { RollbackPreview } from '../../core/model/rollback.js';
import { showLine } from '../../core/text/harmless.js';
import { runLook } from '../../core/view/looks.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import { closeDiffs, inFolder, registerRolledBackFiles, showChanges } from '../pages/rollback-diff.js';
import { rollbackSections, type RollbackLine } from '../rollback-words.js';
import type { OpenedFolder } from '../folders.js';
import { planRowOf, record, registerCommands, rootOf, runIdOf, type CommandContext } from './context.js';
import { offerRollbackAfterCancel } from './rollback-after-cancel.js';

type Target = Omit<ParamsInput<'rollback/apply'>, 'token'>;
interface Request {
  root: OpenedFolder;
  target: Target;
  /** What is rolled back, as a person calls it. */
  name: string;
}

export const registerRollback = (context: CommandContext): vscode.Disposable =>
  vscode.Disposable.from(
    registerRolledBackFiles(context.folders),
    offerRollbackAfterCancel(context),
    registerCommands(context, [
      [commands.rollBack, rollBack],
      [commands.redoRollback, redoRollback],
    ]),
  );

async function rollBack(context: CommandContext, argument: unknown): Promise<void> {
  const request = await requestOf(context, argument);
  if (request) await offer(context, request);
}

async function redoRollback(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, argument);
  const run =
    runIdOf(argument) ??
    (await pickRun(root, (one) => (one.rolledBack ?? 0) > 0, t('Take back the rollback of which run?')));
  if (run === undefined) return;
  const newest = (await root.openexec.request('rollback/list', { run })).find(
    (one) => one.status === 'done' && one.of === undefined,
  );
  if (!newest) throw new OpenExecError('rollback-not-found');
  const title = root.model.runs.find((one) => one.id === run)?.title ?? run;
  await offer(context, {
    root,
    name: newest.step || newest.task || t('the run “{title}”', { title }),
    target: { run, redo: newest.id },
  });
}

async function offer(context: CommandContext, request: Request): Promise<void> {
  const { root, target, name } = request;
  const redo = target.redo !== undefined;
  const preview = await root.openexec.request('rollback/preview', target);
  const chosen = await vscode.window.showQuickPick(itemsOf(preview, redo), {
    title: redo ? t('Take back the rollback of {name}', { name }) : t('Roll back {name}', { name }),
    placeHolder: t('Nothing is done before you choose; a file shows its diff'),
    ignoreFocusOut: true,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  const act = chosen?.act;
  if (!act) return;
  if (act.type === 'do')
    return await perform(context, request, preview, {
      ...target,
      dependents: act.dependents,
      leave: [...(target.leave ?? []), ...act.leave],
    });
  const shown = act.type === 'file' ? preview.files.filter((file) => file.path === act.path) : preview.files;
  await showChanges(
    root,
    shown.flatMap((file) => file.writes),
    redo ? t('After bringing back {name}', { name }) : t('After rolling back {name}', { name }),
  );
  const conflicting = shown.length === 1 && shown[0]?.writes.length === 0 ? shown[0].path : undefined;
  if (conflicting !== undefined) await vscode.window.showTextDocument(inFolder(root, conflicting), { preview: true });
  // The diff is read in peace: the choice waits in a message.
  const again = redo ? t('Bring Back…') : t('Roll Back…');
  void vscode.window
    .showInformationMessage(
      redo ? t('Take back the rollback of {name}?', { name }) : t('Roll back {name}?', { name }),
      again,
    )
    .then((choice) => {
      if (choice === again) context.reporter.attempt('rolling back', () => offer(context, request));
    });
}

async function perform(
  context: CommandContext,
  { root, name }: Request,
  preview: RollbackPreview,
  target: Target,
): Promise<void> {
  const narrower = target.dependents === 'keep' || (target.leave ?? []).length > 0;
  const token = narrower ? (await root.openexec.request('rollback/preview', target)).token : preview.token;
  const done = await root.openexec.request('rollback/apply', { ...target, token });
  await closeDiffs();
  tell(context, root, name, done);
}

function tell(context: CommandContext, root: OpenedFolder, name: string, done: Result<'rollback/apply'>): void {
  const commit = done.commit === undefined ? '' : t(' Commit {sha}.', { sha: done.commit.slice(0, 7) });
  const left = done.left.length === 0 ? '' : t(' Left as they are: {files}.', { files: done.left.join(', ') });
  const redo = t('Redo');
  const show = t('Show Run');
  const text = done.of === undefined ? t('Rolled back: {name}.', { name }) : t('Brought back: {name}.', { name });
  void vscode.window
    .showInformationMessage(`${text}${commit}${left}`, ...(done.of === undefined ? [redo] : []), show)
    .then((choice) => {
      if (choice === redo)
        context.reporter.attempt('taking a rollback back', () =>
          offer(context, { root, name, target: { run: done.run, redo: done.id } }),
        );
      if (choice === show)
        void vscode.commands.executeCommand(commands.showRun, { root: root.folder.uri.fsPath, run: done.run });
    });
}

async function requestOf(context: CommandContext, argument: unknown): Promise<Request | undefined> {
  const root = await rootOf(context, argument);
  const row = planRowOf(argument);
  const { task, step } = record(argument);
  if (row?.kind === 'task') {
    const run = root.model.task(row.id)?.run;
    if (run === undefined || run === '') throw new OpenExecError('nothing-to-roll-back');
    return { root, name: row.id, target: { run, task: row.id } };
  }
  const named = runIdOf(argument);
  const run =
    named ??
    (await pickRun(root, (one) => one.status !== 'running' && one.status !== 'queued', t('Roll back which run?')));
  if (run === undefined) return undefined;
  const title = root.model.runs.find((one) => one.id === run)?.title ?? run;
  if (typeof step === 'string') return { root, name: step.slice(run.length + 1), target: { run, step } };
  if (typeof task === 'string') return { root, name: task, target: { run, task } };
  return { root, name: t('the run “{title}”', { title }), target: { run } };
}

async function pickRun(
  root: OpenedFolder,
  fits: (run: OpenedFolder['model']['runs'][number]) => boolean,
  title: string,
): Promise<string | undefined> {
  const items = root.model.runs.filter(fits).map((run) => ({
    run: run.id,
    label: showLine(run.title),
    description: [
      runLook(run.status, t).word,
      `${run.done}/${run.tasks.length}`,
      plainBlanks(new Date(run.createdAt).toLocaleString(vscode.env.language)),
    ].join(' · '),
  }));
  if (items.length === 0) throw new OpenExecError('nothing-to-roll-back');
  return items.length === 1 ? items[0]?.run : (await vscode.window.showQuickPick(items, { title }))?.run;
}

interface Item extends vscode.QuickPickItem {
  act?: RollbackLine['act'];
}

function itemsOf(preview: RollbackPreview, redo: boolean): Item[] {
  return rollbackSections(preview, redo, t).flatMap((section): Item[] => [
    ...(section.title === '' ? [] : [{ label: section.title, kind: vscode.QuickPickItemKind.Separator }]),
    ...section.lines,
  ]);
}

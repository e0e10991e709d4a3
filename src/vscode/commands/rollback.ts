/**
 * Roll Back…: what would happen as a list with diffs, then the deed, then the offer to take it back.
 * A cancelled run that wrote anything offers it by itself.
 */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../core/errors.js';
import { plainBlanks } from '../../core/view/amounts.js';
import type { ParamsInput, Result } from '../../core/model/requests.js';
import type { RollbackPreview, RollbackWrite } from '../../core/model/rollback.js';
import { finishedRun } from '../../core/model/plain/settled.js';
import { showLine } from '../../core/text/harmless.js';
import { runLook } from '../../core/view/looks.js';
import { commands, schemes } from '../contributions.js';
import { t } from '../report-errors.js';
import { registerPageFiles } from '../pages/page-files.js';
import { rollbackSections, type RollbackLine } from '../rollback-words.js';
import type { OpenedFolder } from '../folders.js';
import { planRowOf, record, rootOf, runIdOf, type CommandContext } from './context.js';

type Target = Omit<ParamsInput<'rollback/apply'>, 'token'>;
interface Request {
  root: OpenedFolder;
  target: Target;
  /** What is rolled back, as a person calls it. */
  name: string;
}

/** The most that can be asked for. */
const SHOWN_BYTES = 8_000_000;

export function registerRollback(context: CommandContext): vscode.Disposable {
  const { reporter, folders } = context;

  async function offer(request: Request): Promise<void> {
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
      return await perform(request, preview, {
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
    if (conflicting !== undefined) await vscode.window.showTextDocument(fileUri(root, conflicting), { preview: true });
    // The diff is read in peace: the choice waits in a message.
    const again = redo ? t('Bring Back…') : t('Roll Back…');
    void vscode.window
      .showInformationMessage(
        redo ? t('Take back the rollback of {name}?', { name }) : t('Roll back {name}?', { name }),
        again,
      )
      .then((choice) => {
        if (choice === again) reporter.attempt('rolling back', () => offer(request));
      });
  }

  async function perform({ root, name }: Request, preview: RollbackPreview, target: Target): Promise<void> {
    const narrower = target.dependents === 'keep' || (target.leave ?? []).length > 0;
    const token = narrower ? (await root.openexec.request('rollback/preview', target)).token : preview.token;
    const done = await root.openexec.request('rollback/apply', { ...target, token });
    await closeDiffs();
    tell(root, name, done);
  }

  function tell(root: OpenedFolder, name: string, done: Result<'rollback/apply'>): void {
    const commit = done.commit === undefined ? '' : t(' Commit {sha}.', { sha: done.commit.slice(0, 7) });
    const left = done.left.length === 0 ? '' : t(' Left as they are: {files}.', { files: done.left.join(', ') });
    const redo = t('Redo');
    const show = t('Show Run');
    const text = done.of === undefined ? t('Rolled back: {name}.', { name }) : t('Brought back: {name}.', { name });
    void vscode.window
      .showInformationMessage(`${text}${commit}${left}`, ...(done.of === undefined ? [redo] : []), show)
      .then((choice) => {
        if (choice === redo)
          reporter.attempt('taking a rollback back', () =>
            offer({ root, name, target: { run: done.run, redo: done.id } }),
          );
        if (choice === show)
          void vscode.commands.executeCommand(commands.showRun, { root: root.folder.uri.fsPath, run: done.run });
      });
  }

  async function requestOf(argument: unknown): Promise<Request | undefined> {
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

  const unfinished = new Set<string>();
  async function afterCancel(): Promise<void> {
    const root = folders.open;
    if (!root) return;
    if (root.model.live) unfinished.add(root.model.live.run);
    for (const id of unfinished) {
      const status = root.model.state(id)?.status ?? root.model.runs.find((run) => run.id === id)?.status;
      if (status === undefined || !finishedRun(status)) continue;
      unfinished.delete(id);
      if (status === 'cancelled') await offerAfterCancel(root, id);
    }
  }

  async function offerAfterCancel(root: OpenedFolder, run: string): Promise<void> {
    let preview: RollbackPreview;
    try {
      preview = await root.openexec.request('rollback/preview', { run });
    } catch (error) {
      // Nothing was written, or another run took its place: then it is no longer the moment to ask.
      if (isOpenExecError(error, 'rollback-live') || isOpenExecError(error, 'nothing-to-roll-back')) return;
      throw error;
    }
    const count = preview.files.filter((file) => file.writes.length > 0).length;
    if (count === 0) return;
    const rollBack = t('Roll Back…');
    const text =
      count === 1
        ? t('The run was cancelled. 1 file that it changed stays as it is.')
        : t('The run was cancelled. {count} files that it changed stay as they are.', { count });
    void vscode.window.showInformationMessage(text, rollBack).then((choice) => {
      if (choice === rollBack)
        void vscode.commands.executeCommand(commands.rollBack, { root: root.folder.uri.fsPath, run });
    });
  }

  /** What a page shows is named by its hash, so it never changes. */
  async function content(uri: vscode.Uri): Promise<{ text: Uint8Array; at: number }> {
    const query = new URLSearchParams(uri.query);
    const { openexec } = await folders.root(query.get('root') ?? '');
    const { text, binary, cut } = await openexec.request('blob/text', {
      hash: query.get('hash') ?? '',
      max: SHOWN_BYTES,
    });
    // Half a text beside a whole one would show its second half as gone.
    return {
      text: encodeUtf8(
        binary ? t('This is not text, so it is not shown.') : cut ? t('This text is too large to be shown.') : text,
      ),
      at: 0,
    };
  }

  return vscode.Disposable.from(
    registerPageFiles(schemes.rolledBack, { read: content }),
    folders.onDidChangeModel((change) => {
      if (change.runs.size > 0 || change.runList) reporter.attempt('offering to roll back', afterCancel);
    }),
    reporter.command(commands.rollBack, async (argument) => {
      const request = await requestOf(argument);
      if (request) await offer(request);
    }),
    reporter.command(commands.redoRollback, async (argument) => {
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
      await offer({
        root,
        name: newest.step || newest.task || t('the run “{title}”', { title }),
        target: { run, redo: newest.id },
      });
    }),
  );
}

/** Titles of the lists of diffs that were opened: such a tab tells nothing else of itself. */
const opened = new Set<string>();

/** Once it is done they would show no difference any more. */
async function closeDiffs(): Promise<void> {
  const ours = ({ input, label }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputTextDiff
      ? input.modified.scheme === schemes.rolledBack
      : input === undefined && opened.has(label);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(ours);
  opened.clear();
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
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

const fileUri = (root: OpenedFolder, path: string): vscode.Uri =>
  vscode.Uri.joinPath(root.folder.uri, ...path.split('/'));

/** Left: what stands there now. Right: what would stand there. */
async function showChanges(root: OpenedFolder, writes: readonly RollbackWrite[], title: string): Promise<void> {
  const sides = writes.map(({ path, from, now, then }) => {
    const query = (hash: string) => new URLSearchParams({ root: root.folder.uri.fsPath, hash }).toString();
    return {
      file: fileUri(root, path),
      left: now === null ? undefined : fileUri(root, from ?? path),
      right:
        then === null
          ? undefined
          : vscode.Uri.from({ scheme: schemes.rolledBack, path: `/${path}`, query: query(then) }),
    };
  });
  const [only, ...more] = sides;
  if (!only) return;
  if (more.length === 0 && only.left && only.right)
    await vscode.commands.executeCommand('vscode.diff', only.left, only.right, title, { preview: true });
  else {
    opened.add(title);
    await vscode.commands.executeCommand(
      'vscode.changes',
      title,
      sides.map(({ file, left, right }) => [file, left, right]),
    );
  }
}

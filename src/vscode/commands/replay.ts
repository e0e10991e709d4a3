/**
 * A run looked at again in the editor:
 * replayed exactly, begun anew from a step, compared with another, exported as a report.
 */
import * as vscode from 'vscode';
import { encodeUtf8 } from '../../base/bytes.js';
import { isOpenExecError, OpenExecError } from '../../core/errors.js';
import { plainBlanks } from '../../core/view/amounts.js';
import type { Result } from '../../core/model/requests.js';
import type { RunRecord } from '../../core/model/run.js';
import { finishedRun } from '../../core/model/plain/settled.js';
import { showLine } from '../../core/text/harmless.js';
import { eventPages } from '../../core/view/feed.js';
import { runLook } from '../../core/view/looks.js';
import { commands } from '../contributions.js';
import { t, withProgress } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { record, registerCommands, rootOf, runIdOf, text, type CommandContext } from './context.js';

interface Chosen {
  root: OpenedFolder;
  run: RunRecord;
}

export const registerReplayCommands = (context: CommandContext): vscode.Disposable =>
  registerCommands(context, [
    [commands.replayRun, replay],
    [commands.rerunFrom, rerun],
    [commands.compareRuns, compare],
    [commands.exportReport, exportReport],
  ]);

async function replay(context: CommandContext, argument: unknown): Promise<void> {
  const chosen = await choose(context, argument, t('Replay'));
  if (!chosen) return;
  const { root, run } = chosen;
  const name = run.title;
  const result = await withProgress(t('Replaying “{name}” from its record', { name }), (signal, say) => {
    const shown = root.openexec.onProgress((one) => {
      if (one.run === run.id && one.stage === 'replay') say(one.text);
    });
    return root.openexec.request('run/replay', { run: run.id }, signal).finally(() => shown.dispose());
  });
  await tellReplay(context, chosen, result);
}

async function tellReplay(context: CommandContext, { root, run }: Chosen, result: Result<'run/replay'>): Promise<void> {
  const { divergence } = result;
  const name = run.title;
  if (!divergence) {
    void vscode.window.showInformationMessage(
      t(
        '“{name}” replays equal: {events} events, the state compared after each of {steps} steps. No model, command or file was touched.',
        { name, events: result.events, steps: result.steps },
      ),
    );
    return;
  }
  const details = t('Show Difference');
  const choice = await vscode.window.showWarningMessage(
    t('“{name}” replays differently from event {seq} on: {what}.', {
      name,
      seq: divergence.seq,
      what: divergence.what,
    }),
    details,
  );
  if (choice !== details) return;
  await context.sheets.show({ kind: 'replay', root: root.folder.uri.fsPath, id: run.id });
}

async function rerun(context: CommandContext, argument: unknown): Promise<void> {
  const chosen = await choose(
    context,
    argument,
    t('Re-run From…'),
    (run) => finishedRun(run.status) || run.status === 'paused' || run.status === 'interrupted',
  );
  if (!chosen) return;
  const { root, run } = chosen;
  const step = text(record(argument)['step']) ?? (await pickStep(root, run.id));
  if (step === undefined) return;
  const start = (anyway: boolean) => root.openexec.request('run/rerun', { run: run.id, step, anyway, onAsk: 'wait' });
  try {
    const fresh = await start(false);
    await context.showPanel('run', { root: root.folder.uri.fsPath, run: fresh.run });
  } catch (error) {
    if (!isOpenExecError(error, 'rerun-tree-changed')) throw error;
    const [back, anyway] = [t('Roll Back First…'), t('Start Anyway')];
    const choice = await vscode.window.showWarningMessage(
      t('The files are not as they were before that step.'),
      {
        modal: true,
        detail: `${differing(Number(error.params['files']), String(error.params['first']))} ${t('What came before the step is shared; the step and all after it are done anew.')}`,
      },
      back,
      anyway,
    );
    if (choice === back)
      await vscode.commands.executeCommand(commands.rollBack, { root: root.folder.uri.fsPath, run: run.id, step });
    if (choice === anyway)
      await context.showPanel('run', { root: root.folder.uri.fsPath, run: (await start(true)).run });
  }
}

async function compare(context: CommandContext, argument: unknown): Promise<void> {
  const first = await choose(context, argument, t('Compare Runs'));
  if (!first) return;
  const others = first.root.model.runs.filter((run) => run.id !== first.run.id);
  if (others.length === 0) throw new OpenExecError('run-not-found', { run: '' });
  const second = await pick(others, t('Compare “{name}” with', { name: first.run.title }));
  if (!second) return;
  await context.sheets.show({
    kind: 'comparison',
    root: first.root.folder.uri.fsPath,
    id: first.run.id,
    other: second.id,
  });
}

async function exportReport(context: CommandContext, argument: unknown): Promise<void> {
  const chosen = await choose(context, argument, t('Export Report'));
  if (!chosen) return;
  const { root, run } = chosen;
  const name = `openexec-${
    run.title
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'run'
  }`;
  const target = await vscode.window.showSaveDialog({
    title: t('Export Report'),
    defaultUri: vscode.Uri.joinPath(root.folder.uri, `${name}.html`),
    filters: { [t('Web page')]: ['html'], Markdown: ['md'], JSON: ['json'] },
  });
  if (!target) return;
  const format = /\.json$/i.test(target.path) ? 'json' : /\.(md|markdown)$/i.test(target.path) ? 'markdown' : 'html';
  const left = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Writing the report') },
    async () => {
      const pieces: string[] = [];
      let missing: string[] = [];
      for (let from: string | undefined; ; ) {
        const piece = await root.openexec.request('run/report', {
          run: run.id,
          format,
          ...(from !== undefined && { from }),
        });
        pieces.push(piece.text);
        missing = [...missing, ...piece.left];
        if (piece.next === null) break;
        from = piece.next;
      }
      await vscode.workspace.fs.writeFile(target, encodeUtf8(pieces.join('')));
      return missing;
    },
  );
  const open = t('Open');
  const note = left.length === 0 ? '' : t(' It shows {left}; the JSON export has all.', { left: left.join('; ') });
  const choice = await vscode.window.showInformationMessage(
    t('The report was written to {file}.', { file: target.path.split('/').at(-1) ?? '' }) + note,
    open,
  );
  if (choice !== open) return;
  if (format === 'html') await vscode.env.openExternal(target);
  else await vscode.window.showTextDocument(target);
}

/** The run a row or the panel names, else one the person picks. */
async function choose(
  context: CommandContext,
  argument: unknown,
  title: string,
  fits: (run: RunRecord) => boolean = () => true,
): Promise<Chosen | undefined> {
  const root = await rootOf(context, argument);
  const named = runIdOf(argument);
  if (named !== undefined) return { root, run: await root.openexec.request('run/get', { run: named }) };
  const runs = root.model.runs.filter(fits);
  if (runs.length === 0) throw new OpenExecError('run-not-found', { run: '' });
  const only = runs.length === 1 ? runs[0] : undefined;
  const run = only ?? (await pick(runs, title));
  return run && { root, run };
}

async function pick(runs: readonly RunRecord[], title: string): Promise<RunRecord | undefined> {
  const items = runs.map((run) => ({
    run,
    label: showLine(run.title),
    description: `${runLook(run.status, t).word} · ${plainBlanks(new Date(run.createdAt).toLocaleString())}`,
  }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true, ignoreFocusOut: true }))?.run;
}

/** The visits of the run, in order. */
async function pickStep(root: OpenedFolder, run: string): Promise<string | undefined> {
  const items: (vscode.QuickPickItem & { step: string })[] = [];
  for await (const page of eventPages((after, limit) => root.openexec.request('run/events', { run, after, limit }))) {
    for (const event of page)
      if (event.type === 'stage-finished')
        items.push({
          step: event.step,
          label: `${showLine(event.task)} · ${showLine(event.stage)} ${event.visit}`,
          description: event.attempt > 1 ? t('attempt {attempt}', { attempt: event.attempt }) : '',
          detail: showLine(event.summary),
        });
  }
  const placeHolder = t('What came before it is shared; it and all after it are done anew');
  return (
    await vscode.window.showQuickPick(items, {
      title: t('Re-run From…'),
      placeHolder,
      matchOnDetail: true,
      ignoreFocusOut: true,
    })
  )?.step;
}

const differing = (files: number, first: string): string =>
  files === 1 ? t('{first} differs.', { first }) : t('{files} files differ, the first is {first}.', { files, first });

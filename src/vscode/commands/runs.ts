/** Commands of runs: those that steer them and look at them; what starts one is beside. */
import * as vscode from 'vscode';
import { OpenExecError, isOpenExecError } from '../../core/errors.js';
import { finishedRun } from '../../core/model/plain/settled.js';
import type { RunRecord } from '../../core/model/run.js';
import { showLine } from '../../core/text/harmless.js';
import { runLook } from '../../core/view/looks.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { chooseHowToResume, orShowBlueprint } from './blueprints.js';
import { confirm, registerCommands, rootOf, rowOf, runIdOf, type CommandContext } from './context.js';
import { confirmRun, quickFix, runPlan, runTask } from './start-run.js';

export const registerRunCommands = (context: CommandContext): vscode.Disposable =>
  registerCommands(context, [
    [commands.run, runPlan],
    [commands.confirmRun, confirmRun],
    [commands.runTask, runTask],
    [commands.quickFix, quickFix],
    [commands.pause, pause],
    [commands.resume, resume],
    [commands.cancel, cancel],
    [commands.showRun, showRun],
    [commands.deleteRun, deleteRun],
    [commands.copyCommit, copyCommit],
  ]);

async function pause(context: CommandContext, argument: unknown): Promise<void> {
  const fits = (run: RunRecord) => run.status === 'running' || run.status === 'queued';
  const found = await find(context, argument, fits, t('Pause'));
  if (found) await found.root.openexec.request('run/pause', { run: found.run });
}

async function resume(context: CommandContext, argument: unknown): Promise<void> {
  const found = await find(
    context,
    argument,
    (run) => run.status === 'paused' || run.status === 'interrupted',
    t('Resume'),
  );
  if (!found) return;
  const { root, run } = found;
  const how = await chooseHowToResume(root, run);
  if (how === 'as-it-began') await root.openexec.request('run/resume', { run });
  else if (how === 'start-over')
    await orShowBlueprint(context, root, undefined, () => root.openexec.request('run/start-over', { run }));
}

async function cancel(context: CommandContext, argument: unknown): Promise<void> {
  const found = await find(context, argument, (run) => !finishedRun(run.status), t('Cancel'));
  if (found) await found.root.openexec.request('run/cancel', { run: found.run });
}

async function showRun(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, argument);
  const run = runIdOf(argument) ?? root.model.live?.run ?? root.model.runs[0]?.id;
  await context.showPanel('run', { root: root.folder.uri.fsPath, ...(run === undefined ? {} : { run }) });
}

async function deleteRun(context: CommandContext, argument: unknown): Promise<void> {
  const found = await find(context, argument, (run) => finishedRun(run.status), t('Delete Run'));
  if (!found) return;
  const title = found.root.model.runs.find((run) => run.id === found.run)?.title ?? found.run;
  const sure = await confirm(
    t('Delete the run “{title}”?', { title }),
    t('Delete'),
    t('Its timeline and logs cannot be brought back. Files and commits stay as they are.'),
  );
  if (!sure) return;
  try {
    await found.root.openexec.request('run/delete', { run: found.run });
  } catch (error) {
    if (!isOpenExecError(error, 'run-not-found')) throw error; // another window was faster: gone is gone
  }
}

async function copyCommit(context: CommandContext, argument: unknown): Promise<void> {
  const root = await rootOf(context, undefined);
  const row = rowOf(context, argument);
  const sha = row?.kind === 'task' ? root.model.task(row.id)?.commit : undefined;
  if (sha) await vscode.env.clipboard.writeText(sha);
}

/**
 * The run a row names, else the unfinished one with a status that fits, else the newest of them picked by the person.
 */
async function find(
  context: CommandContext,
  argument: unknown,
  fits: (run: RunRecord) => boolean,
  title: string,
): Promise<{ root: OpenedFolder; run: string } | undefined> {
  const root = await rootOf(context, argument);
  const named = runIdOf(argument);
  if (named !== undefined) return { root, run: named };
  const fitting = root.model.runs.filter((run) => fits({ ...run, status: statusOf(root, run) }));
  if (fitting.length === 0)
    throw new OpenExecError('run-state', { status: root.model.live ? root.model.live.status : t('not there') });
  if (fitting.length === 1 && fitting[0]) return { root, run: fitting[0].id };
  const items = fitting.map((run) => ({
    run: run.id,
    label: showLine(run.title),
    description: runLook(statusOf(root, run), t).word,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title });
  return chosen && { root, run: chosen.run };
}

const statusOf = (root: OpenedFolder, run: RunRecord): RunRecord['status'] => {
  const state = root.model.state(run.id);
  return state && state.seq > 0 ? state.status : run.status;
};

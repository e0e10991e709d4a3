/** Commands that start, steer and look at runs. */
import * as vscode from 'vscode';
import { OpenExecError, isOpenExecError } from '../../core/errors.js';
import { finishedRun, settledTask } from '../../core/model/plain/settled.js';
import type { RunRecord } from '../../core/model/run.js';
import { showLine } from '../../core/text/harmless.js';
import { runLook } from '../../core/view/looks.js';
import { previewLines, type Preview } from '../../core/view/preview.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { chooseBlueprint, chooseHowToResume, orShowBlueprint } from './blueprints.js';
import {
  blueprintOf,
  confirm,
  planOf,
  planRowOf,
  rootOf,
  runIdOf,
  sheetOf,
  tasksOf,
  type CommandContext,
} from './context.js';

interface RunRequest {
  root: OpenedFolder;
  plan: string;
  tasks: string[] | undefined;
  again: boolean;
  blueprint?: string | undefined;
}

export function registerRunCommands(context: CommandContext): vscode.Disposable {
  const { reporter, sheets, folders } = context;

  /** The sheet before a run: what it will do and what it may spend; Start is the first line. */
  async function offer(request: RunRequest): Promise<void> {
    const { root, plan, tasks } = request;
    const record =
      root.model.plan?.id === plan ? root.model.plan : (await root.openexec.request('plan/get', { plan })).plan;
    if (!record) throw new OpenExecError('plan-not-found', { plan });
    if (record.approval?.iteration !== record.iteration)
      return sheets.show({ kind: 'plan', root: root.folder.uri.fsPath, id: plan });
    const blueprint = request.blueprint ?? (await chooseBlueprint(root, false));
    if (blueprint === undefined) return;
    const preview = await root.openexec.request('run/preview', { plan, blueprint, ...(tasks ? { tasks } : {}) });
    if (preview.tasks.length === 0) throw new OpenExecError('nothing-to-run');
    if (preview.blueprint?.seen === false)
      return sheets.show({ kind: 'blueprint', root: root.folder.uri.fsPath, id: blueprint, plan, tasks });
    const chosen = await vscode.window.showQuickPick(previewItems(preview), {
      title: t('Run “{name}”', { name: record.name }),
      placeHolder: t('Enter starts the run; choose any other line to read everything first'),
      ignoreFocusOut: true,
      matchOnDetail: true,
    });
    if (!chosen) return;
    if (chosen.blueprint) {
      const other = await chooseBlueprint(root, true);
      if (other !== undefined) await offer({ ...request, blueprint: other });
    } else if (chosen.start) await start({ ...request, blueprint });
    else await sheets.show({ kind: 'run', root: root.folder.uri.fsPath, id: plan, tasks, blueprint });
  }

  async function start({ root, plan, tasks, again, blueprint }: RunRequest): Promise<void> {
    const started = await orShowBlueprint(context, root, { plan, tasks }, () =>
      root.openexec.request('run/start', {
        plan,
        again,
        ...(tasks ? { tasks } : {}),
        ...(blueprint === undefined ? {} : { blueprint }),
      }),
    );
    if (!started) return;
    await sheets.close('run');
    await sheets.close('plan');
  }

  async function runTask(argument: unknown): Promise<void> {
    const { root, plan } = await planOf(context, argument);
    const row = planRowOf(argument) ?? context.planTree.view.selection[0];
    const document = root.model.plan?.document;
    if (!row || !document) throw new OpenExecError('nothing-to-run');
    const stories = document.stories.filter((story) =>
      row.kind === 'goal' ? story.goal_id === row.id : row.kind === 'story' && story.id === row.id,
    );
    const all = row.kind === 'task' ? [row.id] : stories.flatMap((story) => story.tasks.map((task) => task.id));
    const open = all.filter((task) => !settledTask(root.model.task(task)?.status ?? 'pending'));
    if (open.length === 0 && all.length > 0) {
      const sure = await confirm(t('{what} is done already. Run it again?', { what: row.id }), t('Run Again'));
      if (sure) await offer({ root, plan, tasks: all, again: true });
      return;
    }
    await offer({ root, plan, tasks: open, again: false });
  }

  async function quickFix(argument: unknown): Promise<void> {
    const root = await rootOf(context, argument);
    const request = await vscode.window.showInputBox({
      title: t('OpenExec: Quick Fix'),
      prompt: t('What is to be changed, in a sentence'),
      ignoreFocusOut: true,
    });
    if (request === undefined || request.trim() === '') return;
    const check = await vscode.window.showInputBox({
      title: t('OpenExec: Quick Fix'),
      prompt: t('A command that proves it (exit code 0). Empty: the project’s own lint, test and build.'),
      ignoreFocusOut: true,
    });
    if (check === undefined) return;
    await root.openexec.request('run/quick-fix', { request: request.trim(), check: check.trim() });
  }

  /**
   * The run a row names, else the unfinished one with a status that fits, else the newest of them picked by the person.
   */
  async function find(
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

  const steer =
    (method: 'run/pause' | 'run/cancel', fits: (run: RunRecord) => boolean, title: string) =>
    async (argument: unknown) => {
      const found = await find(argument, fits, title);
      if (found) await found.root.openexec.request(method, { run: found.run });
    };

  return vscode.Disposable.from(
    reporter.command(commands.run, async (argument) => {
      const { root, plan } = await planOf(context, argument);
      await offer({
        root,
        plan,
        tasks: tasksOf(argument) ?? (plan === root.model.plan?.id ? context.planTree.included() : undefined),
        again: false,
        blueprint: blueprintOf(argument),
      });
    }),
    reporter.command(commands.confirmRun, async (argument) => {
      const address = sheetOf(argument, 'run');
      if (!address) return;
      await start({
        root: await folders.root(address.root),
        plan: address.id,
        tasks: address.tasks,
        again: false,
        blueprint: address.blueprint,
      });
    }),
    reporter.command(commands.runTask, runTask),
    reporter.command(commands.quickFix, quickFix),
    reporter.command(
      commands.pause,
      steer('run/pause', (run) => run.status === 'running' || run.status === 'queued', t('Pause')),
    ),
    reporter.command(commands.resume, async (argument) => {
      const found = await find(argument, (run) => run.status === 'paused' || run.status === 'interrupted', t('Resume'));
      if (!found) return;
      const { root, run } = found;
      const how = await chooseHowToResume(root, run);
      if (how === 'as-it-began') await root.openexec.request('run/resume', { run });
      else if (how === 'start-over')
        await orShowBlueprint(context, root, undefined, () => root.openexec.request('run/start-over', { run }));
    }),
    reporter.command(
      commands.cancel,
      steer('run/cancel', (run) => !finishedRun(run.status), t('Cancel')),
    ),
    reporter.command(commands.showRun, async (argument) => {
      const root = await rootOf(context, argument);
      const run = runIdOf(argument) ?? root.model.live?.run ?? root.model.runs[0]?.id;
      await context.showPanel('run', { root: root.folder.uri.fsPath, ...(run === undefined ? {} : { run }) });
    }),
    reporter.command(commands.deleteRun, async (argument) => {
      const found = await find(argument, (run) => finishedRun(run.status), t('Delete Run'));
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
    }),
    reporter.command(commands.copyCommit, async (argument) => {
      const root = await rootOf(context, undefined);
      const row = planRowOf(argument) ?? context.planTree.view.selection[0];
      const sha = row?.kind === 'task' ? root.model.task(row.id)?.commit : undefined;
      if (sha) await vscode.env.clipboard.writeText(sha);
    }),
  );
}

const statusOf = (root: OpenedFolder, run: RunRecord): RunRecord['status'] => {
  const state = root.model.state(run.id);
  return state && state.seq > 0 ? state.status : run.status;
};

interface PreviewItem extends vscode.QuickPickItem {
  start?: boolean;
  blueprint?: boolean;
}

export function previewItems(preview: Preview): PreviewItem[] {
  const { blueprint, model, git, budget, tasks, unasked, asks, notes, stops } = previewLines(preview, t);
  const head: PreviewItem = {
    start: stops.length === 0,
    label: stops.length === 0 ? t('$(play) Start') : t('$(error) It cannot start as things are: read why'),
    description: tasks.length === 1 ? t('1 task') : t('{count} tasks', { count: tasks.length }),
    detail: [git, model, t('budget {budget}', { budget })].join(' · '),
  };
  const section = (title: string, lines: readonly string[]): PreviewItem[] =>
    lines.length === 0
      ? []
      : [{ label: title, kind: vscode.QuickPickItemKind.Separator }, ...lines.map((line) => ({ label: line }))];
  return [
    head,
    ...(preview.blueprint && blueprint !== undefined
      ? [
          {
            blueprint: true,
            label: t('$(list-tree) Blueprint: {name}', { name: preview.blueprint.name }),
            description: t('choose another'),
            detail: blueprint,
          },
        ]
      : []),
    ...section(t('Why it cannot start'), stops),
    ...section(t('To know'), notes),
    ...section(t('Tasks'), tasks),
    ...section(t('Runs unasked'), unasked),
    ...section(t('Asks first'), asks),
  ];
}

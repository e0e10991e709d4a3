/** Commands about checks and single tasks outside a run: Verify Plan, Retry, Skip, Mark Fixed by Hand, Reopen. */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import type { AttentionOption } from '../../core/model/approval.js';
import type { PlanCheck } from '../../core/model/requests.js';
import { withOwnProgress } from '../../core/own-progress.js';
import { waitingAt } from '../../core/waiting-at.js';
import { showLine } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t, withProgress } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { planOf, planRowOf, rowOf, type CommandContext } from './context.js';

export function registerCheckCommands(context: CommandContext): vscode.Disposable {
  const { reporter, sheets } = context;

  async function verify(argument: unknown): Promise<void> {
    const { root, plan } = await planOf(context, argument);
    const row = planRowOf(argument);
    const subjects = row && row.kind !== 'goal' ? { subjects: subjectsOf(root, row.kind, row.id) } : {};
    const { checks } = await withProgress(t('Verifying the plan'), (signal, say) =>
      withOwnProgress(
        root.openexec,
        crypto.randomUUID(),
        (text) => say(showLine(text)),
        (progressToken) => root.openexec.request('plan/verify', { plan, ...subjects, progressToken }, signal),
      ),
    );
    await sheets.show({ kind: 'checks', root: root.folder.uri.fsPath, id: plan });
    void vscode.window.showInformationMessage(countsOf(checks));
  }

  async function taskOf(argument: unknown): Promise<{ root: OpenedFolder; plan: string; task: string }> {
    const found = await planOf(context, argument);
    const row = rowOf(context, argument);
    if (row?.kind !== 'task') throw new OpenExecError('task-not-found', { task: row?.id ?? '' });
    return { ...found, task: row.id };
  }

  /** A run of that plan that waits at the task takes this as its answer; false when none does. */
  async function answered(
    { root, plan, task }: { root: OpenedFolder; plan: string; task: string },
    wanted: readonly AttentionOption[],
  ): Promise<boolean> {
    const waiting = await waitingAt(root.openexec, plan, task);
    const options = waiting?.subject.kind === 'attention' ? waiting.subject.options : [];
    const option = wanted.find((one) => options.includes(one));
    if (!waiting || !option) return false;
    await root.openexec.request('approval/answer', {
      approval: waiting.id,
      answer: { status: 'accepted', by: 'editor', comment: '', option },
    });
    return true;
  }

  return vscode.Disposable.from(
    reporter.command(commands.verifyPlan, verify),
    reporter.command(commands.retryTask, async (argument) => {
      const found = await taskOf(argument);
      // Nothing waits at it: a run of its own, with the sheet before it.
      if (!(await answered(found, ['retry', 'edit']))) await vscode.commands.executeCommand(commands.runTask, argument);
    }),
    reporter.command(commands.skipTask, async (argument) => {
      const found = await taskOf(argument);
      const { root, plan, task } = found;
      if (!(await answered(found, ['skip']))) await root.openexec.request('task/mark', { plan, task, as: 'skipped' });
    }),
    reporter.command(commands.markFixed, async (argument) => {
      const found = await taskOf(argument);
      const { root, plan, task } = found;
      if (await answered(found, ['continue', 'accept'])) return;
      const { check } = await withProgress(t('Checking {task}', { task }), (signal) =>
        root.openexec.request('task/mark', { plan, task, as: 'fixed' }, signal),
      );
      void vscode.window.showInformationMessage(
        check
          ? t('{task} is done: its check exited 0.', { task })
          : t('{task} is done, unverified: it has no check.', { task }),
      );
    }),
    reporter.command(commands.reopenTask, async (argument) => {
      const { root, plan, task } = await taskOf(argument);
      await root.openexec.request('task/mark', { plan, task, as: 'open' });
    }),
  );
}

/** A story stands for its own check and those of its tasks. */
function subjectsOf(root: OpenedFolder, kind: 'task' | 'story', id: string): string[] {
  if (kind === 'task') return [id];
  const story = root.model.plan?.document.stories.find((candidate) => candidate.id === id);
  return [id, ...(story?.tasks.map((task) => task.id) ?? [])];
}

function countsOf(checks: readonly PlanCheck[]): string {
  const count = (outcome: PlanCheck['outcome']) => checks.filter((check) => check.outcome === outcome).length;
  const [green, red] = [count('green'), count('red')];
  const unable = count('broken') + count('cannot-run');
  const left = count('not-run') + unable;
  if (unable > 0)
    return t('Checks: {green} green, {red} red, {left} without evidence: they are broken, or cannot run here.', {
      green,
      red,
      left,
    });
  return left > 0
    ? t('Checks: {green} green, {red} red, {left} not run.', { green, red, left })
    : t('Checks: {green} green, {red} red.', { green, red });
}

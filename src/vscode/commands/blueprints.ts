/**
 * Choosing a blueprint, seeing one for the first time, and what to do when a run's blueprint changed since it began.
 */
import * as vscode from 'vscode';
import { isOpenExecError } from '../../core/errors.js';
import { showLine } from '../../core/text/harmless.js';
import { commands } from '../contributions.js';
import { t } from '../report-errors.js';
import type { OpenedFolder } from '../folders.js';
import { sheetOf, type CommandContext } from './context.js';

export const DEFAULT_BLUEPRINT = 'standard_task';

/**
 * The usual one first, then the workspace's own, then the rest; undefined when the person leaves.
 * Asks only where there is more to choose than what is shipped, or when told to.
 */
export async function chooseBlueprint(root: OpenedFolder, always: boolean): Promise<string | undefined> {
  const { blueprints } = await root.openexec.request('blueprint/list', {});
  if (!always && blueprints.every((one) => one.origin === 'shipped')) return DEFAULT_BLUEPRINT;
  const rank = (one: (typeof blueprints)[number]): number =>
    one.id === DEFAULT_BLUEPRINT ? 0 : one.origin === 'workspace' ? 1 : 2;
  const items = [...blueprints]
    .sort((a, b) => rank(a) - rank(b))
    .map((one) => ({
      id: one.id,
      label: showLine(one.name),
      description:
        one.origin === 'shipped' ? one.id : [showLine(one.file), ...(one.seen ? [] : [t('not seen yet')])].join(' · '),
      detail: showLine(one.description),
    }));
  return (
    await vscode.window.showQuickPick(items, {
      title: t('Choose a blueprint: the way each task takes'),
      matchOnDescription: true,
      ignoreFocusOut: true,
    })
  )?.id;
}

/** How to go on with a run whose blueprint is another now; undefined when the person leaves. */
export async function chooseHowToResume(
  root: OpenedFolder,
  run: string,
): Promise<'as-it-began' | 'start-over' | undefined> {
  const { id, hash, state } = await root.openexec.request('run/blueprint', { run });
  if (state !== 'changed') return 'as-it-began';
  const chosen = await vscode.window.showQuickPick(
    [
      {
        how: 'as-it-began' as const,
        label: t('$(debug-continue) Go On as It Began'),
        detail: t('The run keeps the blueprint it began with, hash {hash}. Nothing is done twice.', {
          hash: hash.slice(0, 12),
        }),
      },
      {
        how: 'start-over' as const,
        label: t('$(debug-restart) Start Over with the New One'),
        detail: t(
          'This run is cancelled. Its tasks that are not done begin anew; what was applied and committed stays.',
        ),
      },
    ],
    { title: t('The blueprint {id} changed since this run began', { id }), ignoreFocusOut: true },
  );
  return chosen?.how;
}

/** Runs `start`; a blueprint nobody has seen yet is shown instead, with what to go on with once it is approved. */
export async function orShowBlueprint(
  context: CommandContext,
  root: OpenedFolder,
  then: { plan: string; tasks: string[] | undefined } | undefined,
  start: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await start();
    return true;
  } catch (error) {
    if (!isOpenExecError(error, 'blueprint-unseen')) throw error;
    await context.sheets.show({
      kind: 'blueprint',
      root: root.folder.uri.fsPath,
      id: String(error.params['id']),
      ...then,
    });
    return false;
  }
}

export function registerBlueprintCommands(context: CommandContext): vscode.Disposable {
  const { reporter, sheets, folders } = context;
  return reporter.command(commands.confirmBlueprint, async (argument) => {
    const address = sheetOf(argument, 'blueprint');
    const shown = address && sheets.shown(address);
    if (!address || !shown) return;
    const root = await folders.root(address.root);
    try {
      await root.openexec.request('blueprint/approve', { id: address.id, hash: shown.hash });
    } catch (error) {
      // The same page as it is now, beside the sentence that says so;
      // the run it was shown for still follows its approval.
      if (isOpenExecError(error, 'approval-stale')) await sheets.show(address);
      throw error;
    }
    await sheets.close('blueprint');
    if (address.plan === undefined)
      void vscode.window.showInformationMessage(
        t('The blueprint {id} is approved as it stands now.', { id: address.id }),
      );
    else
      await vscode.commands.executeCommand(commands.run, {
        root: address.root,
        plan: address.plan,
        blueprint: address.id,
        ...(address.tasks ? { tasks: address.tasks } : {}),
      });
  });
}

/** Commands around the work: key, model, demo, folders, log, taking over. */
import { cp, mkdir, mkdtemp, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import { catalog } from '../../core/models/catalog.js';
import { commands, secretKeys, settings } from '../contributions.js';
import { t } from '../report-errors.js';
import { chosenModel } from '../settings.js';
import type { Demos } from '../demos.js';
import type { CommandContext } from './context.js';

export interface SetupOptions {
  context: vscode.ExtensionContext;
  log: vscode.LogOutputChannel;
  /** Folders that Open Demo made: in them the recorded model is the model, unless another is chosen. */
  demos: Demos;
}

export function registerSetupCommands(commandContext: CommandContext, options: SetupOptions): vscode.Disposable {
  const { reporter, folders } = commandContext;
  const { context, log } = options;

  async function setApiKey(): Promise<void> {
    const existing = await context.secrets.get(secretKeys.anthropic);
    const entered = await vscode.window.showInputBox({
      title: t('OpenExec: Set API Key'),
      prompt: existing
        ? t('An Anthropic key is set. A new one replaces it; empty removes it.')
        : t('Anthropic API key. It is kept in VS Code’s secret storage only.'),
      password: true,
      ignoreFocusOut: true,
    });
    if (entered === undefined) return;
    const key = entered.trim();
    if (key === '') {
      await context.secrets.delete(secretKeys.anthropic);
      return;
    }
    await context.secrets.store(secretKeys.anthropic, key);
    if (chosenModel() === '' || chosenModel() === 'recorded') await selectModel();
  }

  async function selectModel(): Promise<void> {
    const current = chosenModel();
    const known = catalog.anthropic.models;
    const mark = (id: string): string => (id === current ? '$(check) ' : '');
    const items = [
      ...catalog.anthropic.offered.map((id) => ({
        id,
        label: `${mark(id)}${known[id]?.label ?? id}`,
        description: id,
        detail: t('Anthropic; {input} USD a million tokens in, {output} out', {
          input: known[id]?.price.input ?? 0,
          output: known[id]?.price.output ?? 0,
        }),
      })),
      {
        id: 'recorded',
        label: `${mark('recorded')}${t('Recorded model (demo)')}`,
        detail: t('Answers the demo’s own plan, without a key and without cost.'),
      },
      { id: '', label: t('$(edit) Another Model…'), detail: t('Any model id of the provider') },
    ];
    const chosen = await vscode.window.showQuickPick(items, {
      title: t('OpenExec: Select Model'),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (!chosen) return;
    const id =
      chosen.id !== ''
        ? chosen.id
        : (
            await vscode.window.showInputBox({
              title: t('OpenExec: Select Model'),
              prompt: t('Model id'),
              value: current,
              ignoreFocusOut: true,
            })
          )?.trim();
    if (!id) return;
    await vscode.workspace.getConfiguration().update(settings.model, id, vscode.ConfigurationTarget.Global);
    if (id !== 'recorded' && !(await context.secrets.get(secretKeys.anthropic))) await setApiKey();
  }

  return vscode.Disposable.from(
    reporter.command(commands.setApiKey, setApiKey),
    reporter.command(commands.selectModel, selectModel),
    reporter.command(commands.openDemo, () => openDemo(options)),
    reporter.command(commands.selectFolder, async () => {
      if (folders.folders.length === 0) throw new OpenExecError('no-folder');
      const items = folders.folders.map((folder) => ({
        label: `${folder === folders.active ? '$(check) ' : ''}${folder.name}`,
        description: folder.uri.fsPath,
        folder,
      }));
      const chosen = await vscode.window.showQuickPick(items, { title: t('OpenExec: Select Folder') });
      if (chosen) folders.select(chosen.folder);
    }),
    reporter.command(commands.takeOver, () => folders.reopen(true)),
    reporter.command(commands.retryOpen, () => folders.reopen(false)),
    reporter.command(commands.showLog, () => log.show()),
    reporter.command(commands.openPanel, () => commandContext.showPanel(folders.open?.model.live ? 'run' : 'plan')),
  );
}

/** The machine's folder for temporary files may be missing or another's. */
async function demoFolder({ globalStorageUri }: vscode.ExtensionContext): Promise<string> {
  try {
    return await mkdtemp(path.join(tmpdir(), 'openexec-demo-'));
  } catch {
    await mkdir(globalStorageUri.fsPath, { recursive: true });
    return await mkdtemp(path.join(globalStorageUri.fsPath, 'openexec-demo-'));
  }
}

async function openDemo({ context, demos }: SetupOptions): Promise<void> {
  const source = path.join(context.extensionPath, 'demo', 'workspace');
  const target = await demoFolder(context);
  await cp(source, target, { recursive: true });
  // A package may not hold one by its own name
  await rename(path.join(target, 'gitignore'), path.join(target, '.gitignore'));
  await demos.add(vscode.Uri.file(target));
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(target), {
    forceNewWindow: (vscode.workspace.workspaceFolders ?? []).length > 0,
  });
}

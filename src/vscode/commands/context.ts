/**
 * What every command needs, and how an argument of any door (tree row, panel, lens, palette) names what it is about.
 */
import * as vscode from 'vscode';
import { OpenExecError } from '../../core/errors.js';
import type { ApprovalRow } from '../views/approval-items.js';
import type { Reviews } from '../approvals/reviews.js';
import type { ReviewEditor } from '../approvals/review-editor.js';
import type { CommandId } from '../contributions.js';
import type { ErrorReporter } from '../report-errors.js';
import type { PlanTree } from '../views/plan-tree.js';
import type { PlanRow } from '../views/plan-rows.js';
import type { OpenedFolder, Folders } from '../folders.js';
import { parseSheet, type SheetAddress } from '../pages/sheet-address.js';
import type { SheetKind } from '../pages/sheet-pages.js';
import type { Sheets } from '../pages/sheets.js';

export interface CommandContext {
  folders: Folders;
  reporter: ErrorReporter;
  sheets: Sheets;
  reviews: Reviews;
  editor: ReviewEditor;
  planTree: PlanTree;
  showPanel(
    tab: 'intent' | 'plan' | 'run' | 'report',
    target?: { root?: string; run?: string; task?: string },
  ): Promise<void>;
}

/** What a command does with what a tree row, a lens, the panel or the palette (nothing) called it with. */
export type Command = (context: CommandContext, argument: unknown, second: unknown) => unknown;

/** A feature's commands: one row each. */
export const registerCommands = (
  context: CommandContext,
  table: readonly (readonly [CommandId, Command])[],
): vscode.Disposable =>
  vscode.Disposable.from(
    ...table.map(([id, run]) => context.reporter.command(id, (argument, second) => run(context, argument, second))),
  );

/** An argument of a command as what it may be: anything. */
export const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The root a caller named by its path, else the one the views show. */
export function rootOf(context: CommandContext, argument: unknown): Promise<OpenedFolder> {
  const root = text(record(argument)['root']);
  return root === undefined ? context.folders.current() : context.folders.root(root);
}

/** The plan a caller named, else the current one. Errors: plan-not-found. */
export async function planOf(
  context: CommandContext,
  argument: unknown,
): Promise<{ root: OpenedFolder; plan: string }> {
  const root = await rootOf(context, argument);
  const plan = text(record(argument)['plan']) ?? root.model.plan?.id;
  if (plan === undefined) throw new OpenExecError('plan-not-found', { plan: '' });
  return { root, plan };
}

export const tasksOf = (argument: unknown): string[] | undefined => {
  const { tasks } = record(argument);
  return Array.isArray(tasks) && tasks.every((task) => typeof task === 'string') ? tasks : undefined;
};

/** The blueprint a caller named. */
export const blueprintOf = (argument: unknown): string | undefined => text(record(argument)['blueprint']);

export function planRowOf(argument: unknown): PlanRow | undefined {
  const { kind, id, story } = record(argument);
  if (typeof id !== 'string') return undefined;
  if (kind === 'task' && typeof story === 'string') return { kind, id, story };
  return kind === 'goal' || kind === 'story' ? { kind, id } : undefined;
}

/** The plan's row a caller named, else the one that is selected. */
export const rowOf = (context: CommandContext, argument: unknown): PlanRow | undefined =>
  planRowOf(argument) ?? context.planTree.view.selection[0];

export function approvalRowOf(argument: unknown): ApprovalRow | undefined {
  const { kind, approval, path, hunk } = record(argument);
  if (typeof approval !== 'string') return undefined;
  if (kind === 'hunk' && typeof path === 'string' && typeof hunk === 'string') return { kind, approval, path, hunk };
  return kind === 'file' && typeof path === 'string' ? { kind, approval, path } : { kind: 'approval', approval };
}

/** A run named by a row or a caller. */
export const runIdOf = (argument: unknown): string | undefined =>
  record(argument)['kind'] === 'run' ? text(record(argument)['id']) : text(record(argument)['run']);

export const uriOf = (argument: unknown): vscode.Uri | undefined =>
  argument instanceof vscode.Uri ? argument : undefined;

/** A page of this kind: from a lens or title button, or the page in the active editor. */
export function sheetOf<Kind extends SheetKind>(argument: unknown, kind: Kind): SheetAddress<Kind> | undefined {
  const uri = uriOf(argument) ?? vscode.window.activeTextEditor?.document.uri;
  const address = uri && parseSheet(uri);
  return address?.kind === kind ? { ...address, kind } : undefined;
}

/** A question with one way to say yes; anything else is no. Modal only for what cannot be taken back. */
export async function confirm(question: string, yes: string, detail?: string): Promise<boolean> {
  const choice = await vscode.window.showWarningMessage(question, { modal: true, ...(detail ? { detail } : {}) }, yes);
  return choice === yes;
}

/**
 * The folders of the window: which one the views show, and its façade, opened when first needed and never before trust.
 */
import * as vscode from 'vscode';
import { deferred } from '../base/deferred.js';
import { OpenExecError, asOpenExecError } from '../core/errors.js';
import type { OpenExec } from '../core/facade.js';
import type { ErrorReporter } from './report-errors.js';
import { createRunModel, type ModelChange, type RunModel } from './run-model.js';

export interface OpenedFolder {
  readonly folder: vscode.WorkspaceFolder;
  readonly openexec: OpenExec;
  readonly model: RunModel;
}

export type FoldersState = 'no-folder' | 'untrusted' | 'not-local' | 'idle' | 'opening' | 'open' | 'failed';

export interface Folders extends vscode.Disposable {
  /** Local folders of the window. */
  readonly folders: readonly vscode.WorkspaceFolder[];
  /** The folder the views show. */
  readonly active: vscode.WorkspaceFolder | undefined;
  readonly state: FoldersState;
  readonly failure: OpenExecError | undefined;
  /** The active root if it is open already. */
  readonly open: OpenedFolder | undefined;
  /** Opens the active root when needed. Errors: no-folder, untrusted, and whatever opening says. */
  current(): Promise<OpenedFolder>;
  /** The same for one folder, named by its path; only a folder of this window. */
  root(path: string): Promise<OpenedFolder>;
  select(folder: vscode.WorkspaceFolder): void;
  /** Closes the active root and opens it anew, taking the lock from a living owner when asked. */
  reopen(takeOver: boolean): Promise<OpenedFolder>;
  /**
   * Closes a root, does what needs it closed, and opens it again, whatever came of that. Nobody opens it in between.
   */
  reopenAfter<T>(folder: vscode.WorkspaceFolder, action: () => Promise<T>): Promise<T>;
  /** Another folder, another state. */
  readonly onDidChangeState: vscode.Event<void>;
  /** Something in the active root's model. */
  readonly onDidChangeModel: vscode.Event<ModelChange>;
  /** Each root as it is opened: once a root. */
  readonly onDidOpen: vscode.Event<OpenedFolder>;
  /** Pauses at the next safe point and closes everything. */
  close(): Promise<void>;
}

export type OpenRoot = (folder: vscode.WorkspaceFolder, takeOver: boolean) => Promise<OpenExec>;

// eslint-disable-next-line max-lines-per-function -- one life cycle over three maps of the same folders (opening, open, failed), which opening, closing and reopening all change
export function createFolders(openRoot: OpenRoot, reporter: ErrorReporter): Folders {
  const opened = new Map<string, Promise<OpenedFolder>>();
  const ready = new Map<string, OpenedFolder>();
  const failures = new Map<string, OpenExecError>();
  const stateChanged = new vscode.EventEmitter<void>();
  const modelChanged = new vscode.EventEmitter<ModelChange>();
  const rootOpened = new vscode.EventEmitter<OpenedFolder>();
  let chosen: string | undefined;

  const folders = (): vscode.WorkspaceFolder[] =>
    (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === 'file');
  const active = (): vscode.WorkspaceFolder | undefined =>
    folders().find((folder) => folder.uri.toString() === chosen) ?? folders()[0];

  function state(): FoldersState {
    const folder = active();
    if (!folder) return (vscode.workspace.workspaceFolders ?? []).length > 0 ? 'not-local' : 'no-folder';
    if (!vscode.workspace.isTrusted) return 'untrusted';
    const key = folder.uri.toString();
    if (ready.has(key)) return 'open';
    if (opened.has(key)) return 'opening';
    return failures.has(key) ? 'failed' : 'idle';
  }

  function open(
    folder: vscode.WorkspaceFolder,
    takeOver: boolean,
    before?: () => Promise<void>,
  ): Promise<OpenedFolder> {
    if (!vscode.workspace.isTrusted) return Promise.reject(new OpenExecError('untrusted'));
    const key = folder.uri.toString();
    const earlier = opened.get(key);
    if (earlier) return earlier;
    failures.delete(key);
    const opening = (async (): Promise<OpenedFolder> => {
      await before?.();
      const [openexec, fold] = await Promise.all([openRoot(folder, takeOver), import('./late.js')]);
      const model = createRunModel(openexec, fold, (what, error) => reporter.log.error(what, error));
      model.onChange((change) => {
        if (active()?.uri.toString() === key) modelChanged.fire(change);
      });
      try {
        await model.refresh();
      } catch (error) {
        model.dispose();
        await openexec.close();
        throw error;
      }
      const root: OpenedFolder = { folder, openexec, model };
      ready.set(key, root);
      rootOpened.fire(root);
      return root;
    })();
    opened.set(key, opening);
    opening
      .catch((error: unknown) => {
        opened.delete(key);
        failures.set(key, asOpenExecError(error));
        reporter.report('opening a folder', error);
      })
      .finally(() => stateChanged.fire());
    stateChanged.fire();
    return opening;
  }

  async function closeRoot(key: string): Promise<void> {
    const opening = opened.get(key);
    opened.delete(key);
    ready.delete(key);
    failures.delete(key);
    if (!opening) return;
    const root = await opening.catch(() => undefined); // its failure was told when it opened
    root?.model.dispose();
    await root?.openexec.close();
  }

  const listening = [
    vscode.workspace.onDidGrantWorkspaceTrust(() => stateChanged.fire()),
    vscode.workspace.onDidChangeWorkspaceFolders((change) => {
      for (const gone of change.removed) reporter.attempt('closing a folder', () => closeRoot(gone.uri.toString()));
      stateChanged.fire();
    }),
  ];

  async function current(): Promise<OpenedFolder> {
    const folder = active();
    if (!folder) throw new OpenExecError('no-folder');
    return open(folder, false);
  }

  return {
    get folders() {
      return folders();
    },
    get active() {
      return active();
    },
    get state() {
      return state();
    },
    get failure() {
      return failures.get(active()?.uri.toString() ?? '');
    },
    get open() {
      return ready.get(active()?.uri.toString() ?? '');
    },
    current,
    async root(wanted) {
      const folder = folders().find((candidate) => candidate.uri.fsPath === wanted);
      if (!folder) throw new OpenExecError('no-folder');
      return open(folder, false);
    },
    select(folder) {
      chosen = folder.uri.toString();
      stateChanged.fire();
    },
    async reopen(takeOver) {
      const folder = active();
      if (!folder) throw new OpenExecError('no-folder');
      await closeRoot(folder.uri.toString());
      return open(folder, takeOver);
    },
    async reopenAfter<T>(folder: vscode.WorkspaceFolder, action: () => Promise<T>): Promise<T> {
      const closing = closeRoot(folder.uri.toString());
      const done = deferred<T>();
      done.promise.catch(() => undefined); // awaited once it is open again
      await open(folder, false, () => closing.then(action).then(done.resolve, done.reject));
      return done.promise;
    },
    onDidChangeState: stateChanged.event,
    onDidChangeModel: modelChanged.event,
    onDidOpen: rootOpened.event,
    async close() {
      await Promise.all([...opened.keys()].map(closeRoot));
    },
    dispose() {
      for (const item of listening) item.dispose();
      stateChanged.dispose();
      modelChanged.dispose();
      rootOpened.dispose();
    },
  };
}

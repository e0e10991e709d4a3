/** The one place where an error becomes a sentence, offers the log, and never escapes a command. */
import * as vscode from 'vscode';
import { isAbort } from '../core/errors.js';
import type { Log } from '../core/ports.js';
import { describeError, type Translate } from '../protocol/sentences.js';
import { commands, type CommandId } from './contributions.js';

export const t: Translate = (template, params) => vscode.l10n.t(template, params);

export interface Door {
  readonly log: Log;
  /** Registers a command whose failure is a sentence with Show Log. What it was doing is named in the log. */
  command(id: CommandId, run: (...args: unknown[]) => unknown): vscode.Disposable;
  /** For work nobody awaits: the same treatment. */
  attempt(what: string, run: () => Promise<unknown>): void;
  report(what: string, error: unknown): void;
}

export function createDoor(log: Log): Door {
  const report = (what: string, error: unknown): void => {
    if (isAbort(error) || error instanceof vscode.CancellationError) return; // the person's own doing
    log.error(what, error);
    const show = t('Show Log', {});
    void vscode.window.showErrorMessage(describeError(error, t), show).then((choice) => {
      if (choice === show) void vscode.commands.executeCommand(commands.showLog);
    });
  };
  return {
    log,
    report,
    command: (id, run) =>
      vscode.commands.registerCommand(id, async (...args: unknown[]) => {
        try {
          return await run(...args);
        } catch (error) {
          report(id, error);
          return undefined;
        }
      }),
    attempt(what, run) {
      run().catch((error: unknown) => report(what, error));
    },
  };
}

/** A progress notification whose Cancel aborts the signal. */
export function withProgress<T>(title: string, run: (signal: AbortSignal, say: (text: string) => void) => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, async (progress, token) => {
    const abort = new AbortController();
    const listening = token.onCancellationRequested(() => abort.abort(new DOMException('cancelled by the person', 'AbortError')));
    try {
      return await run(abort.signal, (message) => progress.report({ message }));
    } finally {
      listening.dispose();
    }
  });
}

/** The one place where an error becomes a sentence, offers the log, and never escapes a command. */
import * as vscode from 'vscode';
import { asOpenExecError, isAbort } from '../core/errors.js';
import type { Log } from '../core/ports/ports.js';
import { safely, type Translate } from '../core/view/translate.js';
import { describeError } from '../core/view/sentences.js';
import { commands, type CommandId } from './contributions.js';

/** Sentences in VS Code's language; what is put into them hides nothing. */
export const t: Translate = safely((template, params = {}) => vscode.l10n.t(template, params));

/** Another process is the reason, so that taking over is a way on. */
export const heldElsewhere = (code: string | undefined): boolean =>
  code === 'owner-unreachable' || code === 'owner-refused' || code === 'not-owner' || code === 'store-locked';

export interface ErrorReporter {
  readonly log: Log;
  /** Registers a command whose failure is a sentence with Show Log. What it was doing is named in the log. */
  command(id: CommandId, run: (...args: unknown[]) => unknown): vscode.Disposable;
  /** For work nobody awaits: the same treatment. */
  attempt(what: string, run: () => Promise<unknown>): void;
  report(what: string, error: unknown): void;
}

export function createErrorReporter(log: Log): ErrorReporter {
  /** Errors that were told already: one that ends an opening also ends the command that asked for it. */
  const told = new WeakSet<object>();
  const report = (what: string, error: unknown): void => {
    if (isAbort(error) || error instanceof vscode.CancellationError) return; // the person's own doing
    if (typeof error === 'object' && error !== null) {
      if (told.has(error)) return;
      told.add(error);
    }
    log.error(what, error);
    const actions = [
      ...(heldElsewhere(asOpenExecError(error).code)
        ? [
            { title: t('Take Over'), command: commands.takeOver },
            { title: t('Try Again'), command: commands.retryOpen },
          ]
        : []),
      { title: t('Show Log'), command: commands.showLog },
    ];
    void vscode.window.showErrorMessage(describeError(error, t), ...actions).then((choice) => {
      if (choice) void vscode.commands.executeCommand(choice.command);
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
export function withProgress<T>(
  title: string,
  run: (signal: AbortSignal, say: (text: string) => void) => Promise<T>,
): Thenable<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      const listening = token.onCancellationRequested(() =>
        abort.abort(new DOMException('cancelled by the person', 'AbortError')),
      );
      try {
        return await run(abort.signal, (message) => progress.report({ message }));
      } finally {
        listening.dispose();
      }
    },
  );
}

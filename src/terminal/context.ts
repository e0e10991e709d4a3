/** What a command is given: the terminal, the global options, output, and the façade once it is asked for. */
import type { OpenExec } from '../core/facade.js';
import { engineSettings } from '../core/model/plain/settings.js';
import type { RunStatus } from '../core/model/status.js';
import type { Settings } from '../core/ports/ports.js';
import { sentenceOf } from '../core/view/sentences.js';
import { findRoot } from './root.js';
import { chooseStyle, type Style } from './style.js';
import type { Terminal } from './terminal.js';
import { readUserConfig, valuesOf } from './user-config.js';

/** Exit codes of the command line. */
export const EXIT = { done: 0, failed: 1, usage: 2, operator: 3, held: 4, cancelled: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
/** How a run ended; one that did not end needs somebody. */
// eslint-disable-next-line local/words-once -- a code for programs, of this door alone: it says and shows nothing
export const EXIT_OF_RUN: Readonly<Record<RunStatus, ExitCode>> = {
  queued: EXIT.operator,
  running: EXIT.operator,
  paused: EXIT.operator,
  interrupted: EXIT.operator,
  completed: EXIT.done,
  failed: EXIT.failed,
  cancelled: EXIT.cancelled,
};

export interface GlobalOptions {
  root?: string;
  json: boolean;
  color: boolean;
  model?: string;
}

export interface Context {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly style: Style;
  /** Aborts at Ctrl-C while a command has no use of its own for it. */
  readonly signal: AbortSignal;
  /** A person can be asked: standard input is a terminal and the output is not for a program. */
  readonly asks: boolean;
  line(text?: string): void;
  /** A long text: in the person's pager where there is one, else as it is. */
  page(text: string): Promise<void>;
  /** The one JSON document of a command, or one line of its stream. */
  document(value: unknown): void;
  /** Beside the output: on standard error, and not at all with --json. */
  note(text: string): void;
  root(): Promise<string>;
  /** Opened once, closed by `close`. */
  openexec(): Promise<OpenExec>;
  /** From now on Ctrl-C goes to this instead of ending the command. */
  takeInterrupts(listener: () => void): { dispose(): void };
  close(): Promise<void>;
}

export function createContext(terminal: Terminal, options: GlobalOptions): Context {
  const abort = new AbortController();
  let taken: (() => void) | undefined;
  const interrupts = terminal.onInterrupt(() => {
    if (taken) taken();
    else abort.abort(new DOMException('interrupted', 'AbortError'));
  });
  let root: Promise<string> | undefined;
  let opened: Promise<OpenExec> | undefined;
  const context: Context = {
    terminal,
    json: options.json,
    style: chooseStyle(terminal.out.isTTY, options.color, terminal.env),
    signal: abort.signal,
    asks: terminal.interactive && !options.json,
    line: (text = '') => terminal.out.write(`${text}\n`),
    async page(text) {
      const own = taken;
      taken = () => undefined; // Ctrl-C is the pager's
      try {
        if (!(await terminal.page?.(text))) context.line(text);
      } finally {
        taken = own;
      }
    },
    document: (value) => terminal.out.write(`${JSON.stringify(value)}\n`),
    note: (text) => {
      if (!options.json) terminal.err.write(`${text}\n`);
    },
    root: () => (root ??= findRoot(terminal, options.root)),
    openexec: () => (opened ??= open()),
    takeInterrupts(listener) {
      taken = listener;
      return { dispose: () => (taken = undefined) };
    },
    async close() {
      interrupts.dispose();
      const openexec = await opened?.catch(() => undefined); // its failure was told by the command
      await openexec?.close();
      openexec?.dispose();
    },
  };

  async function open(): Promise<OpenExec> {
    const values = async () => valuesOf(await readUserConfig(terminal));
    const { baseUrl } = await values();
    const settings = async (): Promise<Settings> => {
      const now = await values();
      return engineSettings({ ...now, model: (options.model ?? (terminal.env['OPENEXEC_MODEL'] || now.model)).trim() });
    };
    const openexec = await terminal.open({ root: await context.root(), settings, baseUrl: baseUrl || undefined });
    for (const { code, params } of openexec.notices ?? []) {
      context.note(context.style.yellow(sentenceOf(code, params)));
      if (code === 'folder-moved')
        context.note('openexec storage adopt brings them here; openexec storage adopt --fresh does not ask again.');
    }
    return openexec;
  }
  return context;
}

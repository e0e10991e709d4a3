/** What the commands need of the process they run in, so that tests can stand in for it. Made once, in `src/cli.ts`. */
import type { Disposable } from '../base/disposable.js';
import type { OpenExec } from '../core/facade.js';
import type { JudgeWorld } from '../core/permission/judge.js';
import type { Root } from '../core/model/primitives.js';
import type { MovedState } from '../core/model/storage.js';
import type { Settings, Workspace } from '../core/ports/ports.js';

export interface Sink {
  write(text: string): void;
  /**
   * Resolves when whoever reads has taken what was written, so that a stream of answers does not pile up;
   * or when the signal aborts.
   */
  drained?(signal: AbortSignal): Promise<void>;
  readonly isTTY: boolean;
  readonly columns: number;
}

export interface OpenRequest {
  root: string;
  settings(): Promise<Settings>;
  baseUrl: string | undefined;
}

/** What puts other state in the place of a root's own; nobody may have the root open. */
export interface StateDoor {
  /**
   * Errors: store-in-use, archive-invalid, store-newer, disk-full, store-unwritable.
   * `aside` is the folder with what stood there.
   */
  restore(root: string, file: string, signal: AbortSignal): Promise<{ from: string; aside: string }>;
  /** State that seems to be this root's from before it moved. */
  moved(root: string, signal: AbortSignal): Promise<MovedState[]>;
  adopt(root: string, moved: MovedState, signal: AbortSignal): Promise<{ from: string; aside: string }>;
  startFresh(root: string, offered: readonly MovedState[]): Promise<void>;
}

export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** For the report of a problem: what runs this, by name; and the person's home folder, which is not told. */
  readonly system: { versions: Readonly<Record<string, string>>; home: string };
  readonly pid: number;
  readonly out: Sink;
  readonly err: Sink;
  /** A person sits at standard input. */
  readonly interactive: boolean;
  /** All of standard input as text. Error: usage, when it is not text; an abort ends the input. */
  readInput(signal: AbortSignal): Promise<string>;
  /**
   * Standard input as it comes: all whole lines of a piece at once; null stands for a line longer than a megabyte.
   * An abort ends it with an error.
   */
  inputLines(signal: AbortSignal): AsyncIterable<(string | null)[]>;
  /** One line from the person; undefined when the input ended. Rejects with the signal's reason when it aborts. */
  ask(prompt: string, signal: AbortSignal): Promise<string | undefined>;
  /** A long text, where a person sits at the output, in their pager. False: it is to be written as it is. */
  page?(text: string): Promise<boolean>;
  /** Ctrl-C, and being asked to end. While nobody listens, the process ends. */
  onInterrupt(listener: () => void): Disposable;
  readonly files: TerminalFiles;
  /** Folder of the data home: what all roots share. */
  readonly home: string;
  /** The façade of a root; loads the engine. */
  open(request: OpenRequest): Promise<OpenExec>;
  /** What the policy looks things up in, without an engine: the disk, the shell grammar, the programs. */
  judgeWorld(root: Root): Promise<JudgeWorld>;
  readonly state: StateDoor;
  /** The disk, for what needs no engine. */
  workspace(): Promise<Workspace>;
  /**
   * Speaks the language server protocol on standard input and output until the other side ends the process;
   * rejects when the signal aborts.
   */
  serveLanguage(signal: AbortSignal): Promise<never>;
}

export interface TerminalFiles {
  /** undefined = no such file, or a folder. Errors: text-utf16, text-not-utf8; intent-unreadable, when it cannot be read. */
  read(path: string): Promise<string | undefined>;
  /** Whole or not at all. Error: file-unwritable. */
  write(path: string, text: string, mode?: number): Promise<void>;
  kind(path: string): Promise<'file' | 'directory' | undefined>;
  /** After every link. Error: root-not-found. */
  realFolder(path: string): Promise<string>;
}

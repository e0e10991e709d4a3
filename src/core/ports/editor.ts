/** What an editor knows that nobody else does. */
import type { Diagnostic } from '../model/diagnostic.js';
import type { Root } from '../model/primitives.js';

/**
 * The problems an editor shows in a file, once its language servers have had their say on what is on disk.
 * Errors: diagnostics-unknown, where none has.
 */
export interface Diagnostics {
  read(root: Root, path: string, signal: AbortSignal): Promise<Diagnostic[]>;
}

export interface SymbolPlace {
  path: string;
  /** What the editor calls it: `function`, `class` …; '' = it does not say. */
  kind: string;
  /** 1-based, inclusive: the whole definition. */
  startLine: number;
  endLine: number;
}

/** Where names are defined, as the language features of an editor know it from what is on disk. */
export interface Symbols {
  /**
   * In one file, or anywhere below the root; at most 20, empty where nobody knows.
   * Gives up by itself after a few seconds.
   */
  find(root: Root, name: string, path: string | undefined, signal: AbortSignal): Promise<SymbolPlace[]>;
}

/** What an editor knows that nobody else does. */
import type { Diagnostic } from '../model/diagnostic.js';
import type { Hash, Root } from '../model/primitives.js';

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

/** What the person saves in an editor, as the editor says it: so a change is not taken for a command's. */
export interface Saves {
  /**
   * From now until `stop`, which gives the sha256 of what stood on the disk right after the last save, by path;
   * null = it could not be read. Call `stop` once.
   */
  watch(root: Root): { stop(): Promise<ReadonlyMap<string, Hash | null>> };
}

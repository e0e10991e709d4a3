import type { BuildOptions } from 'esbuild';

export interface WatchOptions {
  top: string;
  entries: readonly BuildOptions[];
  /** Relative to `top`. */
  folders: readonly string[];
  copy?(): Promise<void>;
  say?(line: string): void;
}
export function watch(options: WatchOptions): Promise<{ stop(): Promise<void> }>;

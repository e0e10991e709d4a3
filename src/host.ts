/** Makes the adapters and opens the façade of one root: as its owner, or as a client of whoever owns it. Shared by extension.ts and cli.ts; loaded when first needed. */
import type { OpenExec } from './core/facade.js';
import type { Log, Settings, Workspace } from './core/ports.js';

export type HostSettings = Settings;

export interface HostOptions {
  root: string;
  door: 'editor' | 'terminal';
  /** Folder that holds `dist` and `blueprints`: the installed extension. */
  productDir: string;
  /** Data home; absent = OPENEXEC_HOME, else the platform's data folder. */
  home?: string;
  /** The process's environment, read once; children get a cleaned one. */
  env: Readonly<Record<string, string | undefined>>;
  log: Log;
  settings(): Promise<HostSettings>;
  /** From SecretStorage, the terminal's own environment or the system's keychain. Never stored. */
  apiKey(provider: 'anthropic'): Promise<string | undefined>;
  /** User setting only, https or loopback. */
  baseUrl?: string;
  /** The editor's own way to write files (WorkspaceEdit); absent = straight to disk. */
  workspace?: (disk: Workspace) => Workspace;
  /** Take the lock from a living owner, which pauses and hands over. */
  takeOver?: boolean;
}

export declare function openRoot(options: HostOptions): Promise<OpenExec>;

/** Types of vscode-server.mjs, for the tests. */
export interface Server {
  port: number;
  pid: number;
  url: string;
  token?: string;
  output(): string;
  exited: Promise<void>;
  stop(): Promise<void>;
}
export interface ServerOptions {
  dataDir: string;
  port?: number;
  extensionVsix?: string;
  userSettings?: Record<string, unknown>;
  env?: Record<string, string>;
  graceSeconds?: number;
  token?: string;
  trust?: boolean;
  smokeTest?: boolean;
}
export function findChromium(): string | undefined;
export function ensureSystem(what: 'server' | 'browser'): Promise<void>;
export function ensureServer(): Promise<string>;
export function startServer(options: ServerOptions): Promise<Server>;
export function workbenchUrl(
  server: Server,
  folder: string | undefined,
  options?: { development?: string; tests?: string },
): string;

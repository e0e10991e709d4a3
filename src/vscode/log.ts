/** The extension's log: every line passes the redaction before it reaches the output channel, which is also a file. */
import type { Log } from '../core/ports/ports.js';
import { createRedactor } from '../core/text/redact.js';

/** What VS Code's log channel offers. */
export interface LogLines {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}
export interface RedactedLog extends Log {
  /** Values that are secret whatever they look like: the keys in use. */
  keepSecret(known: readonly string[]): void;
  /**
   * The newest lines of this window as they were let out, oldest first, whatever level the channel shows:
   * for the report of a problem.
   */
  recent(): readonly string[];
}

const RECENT = 200;

export function createLog(to: LogLines, now: () => number = Date.now): RedactedLog {
  let redactor = createRedactor();
  const recent: string[] = [];
  const write = (level: keyof LogLines) => (line: string) => {
    recent.push(`${new Date(now()).toISOString()} ${level} ${line}`);
    if (recent.length > RECENT) recent.shift();
    to[level](line);
  };
  const lines: LogLines = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const line = (message: string, params: object | undefined): string =>
    redactor.redact(params ? `${message} ${JSON.stringify(params)}` : message);
  return {
    debug: (message, params) => lines.debug(line(message, params)),
    info: (message, params) => lines.info(line(message, params)),
    warn: (message, params) => lines.warn(line(message, params)),
    error: (message, error) =>
      lines.error(redactor.redact(error === undefined ? message : `${message}: ${errorText(error)}`)),
    keepSecret(known) {
      redactor = createRedactor(known);
    },
    recent: () => recent,
  };
}

const MAX_CAUSES = 5;

/** The stack, with what caused it. */
function errorText(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error));
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined || depth >= MAX_CAUSES
    ? own
    : `${own}\ncaused by ${errorText(error.cause, depth + 1)}`;
}

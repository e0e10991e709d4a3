/**
 * A log of plain lines for a file or standard error: time, level, message, parameters.
 * Every line passes the redaction sink first.
 */
import type { Log } from '../../core/ports/ports.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  /** Gets whole lines, newline included. */
  write(line: string): void;
  redact(text: string): string;
  /** Lines below it are dropped before they are put together. */
  level: LogLevel;
  /** Milliseconds since the epoch. */
  now(): number;
}

export function createLog(options: LogOptions): Log {
  const line = (level: LogLevel, message: string, rest: string) => {
    if (rank[level] < rank[options.level]) return;
    // One entry is one line: a line break inside could pass for an entry of its own.
    const text = options.redact(`${message}${rest}`).replace(/\r\n|\r|\n/g, '\n    ');
    options.write(`${new Date(options.now()).toISOString()} ${level.padEnd(5)} ${text}\n`);
  };
  const withParams = (level: LogLevel) => (message: string, params?: Readonly<Record<string, unknown>>) =>
    line(level, message, params === undefined ? '' : ` ${inOneLine(params)}`);
  return {
    debug: withParams('debug'),
    info: withParams('info'),
    warn: withParams('warn'),
    error: (message, error) => line('error', message, error === undefined ? '' : `: ${withCauses(error)}`),
  };
}

function inOneLine(params: unknown): string {
  try {
    return (
      JSON.stringify(params, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value instanceof Error ? withCauses(value) : value,
      ) ?? ''
    );
  } catch {
    return '(parameters that refer to themselves)'; // a log line must never be what fails
  }
}

function withCauses(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : inOneLine(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined || depth >= 4 ? own : `${own}\ncaused by ${withCauses(error.cause, depth + 1)}`;
}

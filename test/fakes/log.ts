import type { Log } from '../../src/core/ports/ports.js';

export interface FakeLog extends Log {
  readonly lines: { level: 'debug' | 'info' | 'warn' | 'error'; message: string; detail?: unknown }[];
}

export function createFakeLog(): FakeLog {
  const lines: FakeLog['lines'] = [];
  const at = (level: FakeLog['lines'][number]['level']) => (message: string, detail?: unknown) =>
    void lines.push(detail === undefined ? { level, message } : { level, message, detail });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

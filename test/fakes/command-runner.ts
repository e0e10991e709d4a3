/** A runner that answers from a script of its own: no process. What it was asked is kept in `asked`. */
import { OpenExecError } from '../../src/core/errors.js';
import type { CommandOutcome, CommandRequest, CommandRunner } from '../../src/core/ports/ports.js';

export interface FakeAnswer {
  exitCode?: number | null;
  output?: string;
  timedOut?: boolean;
  /** Stays until the signal aborts, or the request's timeout passes in real time. */
  hangs?: boolean;
  throws?: OpenExecError;
}

export interface FakeCommandRunner extends CommandRunner {
  readonly asked: CommandRequest[];
  /** Answers for a command (its script, or its arguments joined by a space); the last of a list is repeated. */
  on(command: string, ...answers: FakeAnswer[]): void;
}

export const commandText = (request: Pick<CommandRequest, 'argv' | 'script'>): string =>
  request.script ?? (request.argv ?? []).join(' ');

export function createFakeCommandRunner(
  fallback: (request: CommandRequest) => FakeAnswer | Promise<FakeAnswer> = () => ({}),
): FakeCommandRunner {
  const asked: CommandRequest[] = [];
  const answers = new Map<string, FakeAnswer[]>();
  return {
    asked,
    on: (command, ...list) => void answers.set(command, [...list]),
    async run(request, onOutput, signal) {
      if (request.cwd.startsWith('/') || request.cwd.split('/').includes('..'))
        throw new OpenExecError('path-outside', { path: request.cwd });
      asked.push(request);
      const outcome = (over: Partial<CommandOutcome>): CommandOutcome => ({
        exitCode: null,
        timedOut: false,
        cancelled: false,
        durationMs: 1,
        bytes: 0,
        head: '',
        tail: '',
        sandboxedBy: 'none',
        ...over,
      });
      if (signal.aborted) return outcome({ cancelled: true });
      const list = answers.get(commandText(request));
      const answer = (list && list.length > 1 ? list.shift() : list?.[0]) ?? (await fallback(request));
      if (answer.throws) throw answer.throws;
      const text = answer.output ?? '';
      if (text) onOutput(text);
      const kept = {
        bytes: Buffer.byteLength(text),
        head: text.slice(0, 64 * 1024),
        tail: text.slice(64 * 1024).slice(-192 * 1024),
      };
      if (answer.hangs) {
        const ended = await new Promise<'cancelled' | 'timedOut'>((resolve) => {
          const timer = setTimeout(() => resolve('timedOut'), request.timeoutMs);
          signal.addEventListener('abort', () => (clearTimeout(timer), resolve('cancelled')), { once: true });
        });
        return outcome({ ...kept, [ended]: true });
      }
      return outcome({
        ...kept,
        exitCode: answer.exitCode === undefined ? (answer.timedOut ? null : 0) : answer.exitCode,
        timedOut: answer.timedOut ?? false,
      });
    },
    isolation: async () => 'fake',
    locate: async (_root, name) =>
      /^[\w.-]+$/.test(name) && name !== 'no-such-program' ? { path: `/usr/bin/${name}` } : undefined,
  };
}

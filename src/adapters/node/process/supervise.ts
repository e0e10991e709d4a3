/** A child process from its start to its end, with everything it started and all it printed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { deferred } from '../../../base/deferred.js';
import { OpenExecError } from '../../../core/errors.js';
import type { CommandOutcome, CommandRequest } from '../../../core/ports/ports.js';
import { errnoOf } from './confine.js';
import { endTree, endTreeNow } from './process-tree.js';

export interface StartedCommand {
  /** Absolute program first. */
  argv: readonly string[];
  where: { cwd: string; env: Record<string, string> };
  /** Every process of the command has it in its environment. */
  mark: string;
  request: CommandRequest;
  platform: NodeJS.Platform;
}

interface Reading {
  keep(chunk: Buffer): Promise<void>;
  show(chunk: Buffer, decoder: TextDecoder): void;
}

/** Ends at its end, at its time's end or at the abort, whichever is first, with everything that the command started. */
export async function supervise(
  { argv, where, mark, request, platform }: StartedCommand,
  { keep, show }: Reading,
  signal: AbortSignal,
): Promise<Pick<CommandOutcome, 'exitCode' | 'timedOut' | 'cancelled'>> {
  const child = await start({ argv, where, request, platform });
  const owner = { pid: child.pid!, mark, platform };
  let why: 'timedOut' | 'cancelled' | undefined;
  let ending: Promise<void> | undefined;
  const stuck = deferred<null>();
  const end = (reason: 'timedOut' | 'cancelled') => {
    why ??= reason;
    ending ??= endTree(owner);
    // A process that even SIGKILL does not end must not hold the run
    setTimeout(() => stuck.resolve(null), 950).unref();
  };
  const onAbort = () => end('cancelled');
  const timer = setTimeout(() => end('timedOut'), Math.min(request.timeoutMs, 2 ** 31 - 1));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();

  const reading = Promise.all([child.stdout, child.stderr].map((pipe) => read(pipe!, { keep, show })));
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  try {
    const exitCode = await Promise.race([exit, stuck.promise]);
    await (ending ?? endTreeNow(owner)); // what a command leaves running in the background ends with it
    await Promise.race([reading, wait(250, undefined, { ref: false })]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await reading;
    return {
      exitCode: why === undefined ? exitCode : null,
      timedOut: why === 'timedOut',
      cancelled: why === 'cancelled',
    };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function start({ argv, where, request, platform }: Omit<StartedCommand, 'mark'>): Promise<ChildProcess> {
  const [program = '', ...args] = argv;
  const name = request.argv?.[0] ?? program;
  return new Promise((started, reject) => {
    const fail = (error: unknown) =>
      reject(
        errnoOf(error) === 'E2BIG'
          ? new OpenExecError(
              'command-denied',
              { command: name, reason: 'its arguments are too long for this system' },
              undefined,
              { cause: error },
            )
          : new OpenExecError('command-not-found', { program: name }, undefined, { cause: error }),
      );
    try {
      const child = spawn(program, args, {
        ...where,
        stdio: ['ignore', 'pipe', 'pipe'],
        shell: false,
        detached: platform !== 'win32',
        windowsHide: true,
      });
      child.once('spawn', () => started(child));
      child.once('error', fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Reads no faster than the output can be kept. */
async function read(pipe: NodeJS.ReadableStream, { keep, show }: Reading): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      show(chunk, decoder);
      await keep(chunk);
      giveBack(chunk);
    }
  } catch (error) {
    // We closed it: someone who left the tree still held it open
    if (errnoOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/**
 * Frees the memory of a chunk at once. It lies outside the heap, where the collector comes late: of a command that prints without
 * measure some sixty MB would wait for it. A chunk that fills its buffer is the only one in it: views of Node's pool never do.
 */
function giveBack({ buffer, byteOffset, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && length === buffer.byteLength) buffer.transfer(0);
}

/** The terminal of a real process. */
import { randomBytes } from 'node:crypto';
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { addAbortSignal } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { decodeUtf8 } from '../base/bytes.js';
import { OpenExecError } from '../core/errors.js';
import { page } from './pager.js';
import type { Sink, Terminal, TerminalFiles } from './terminal.js';

/** `given` may look at its `home` when it is asked for; `makeFolder` makes a folder with those above it. */
export function createNodeTerminal(
  given: Pick<Terminal, 'version' | 'home' | 'open' | 'workspace' | 'judgeWorld' | 'serveLanguage' | 'state'>,
  makeFolder: (folder: string) => Promise<void>,
): Terminal {
  const listeners = new Set<() => void>();
  const interrupt = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const out = sinkOf(process.stdout);
  const own: Omit<Terminal, keyof typeof given> = {
    cwd: process.cwd(),
    env: process.env,
    system: {
      versions: { Node: process.version, system: `${process.platform} ${os.release()} ${process.arch}` },
      home: os.homedir(),
    },
    pid: process.pid,
    out,
    err: sinkOf(process.stderr),
    interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    async readInput(signal) {
      const parts: Buffer[] = [];
      for await (const part of addAbortSignal(signal, process.stdin)) parts.push(part as Buffer);
      const text = decodeUtf8(Buffer.concat(parts));
      if (text === undefined) throw new OpenExecError('usage', { problem: 'Standard input is not UTF-8 text.' });
      return text;
    },
    inputLines: (signal) => linesOf(addAbortSignal(signal, process.stdin)),
    ask: (prompt, signal) => askLine(prompt, signal, interrupt),
    page: async (text) =>
      process.stdout.isTTY === true &&
      process.stdin.isTTY === true &&
      (await page(text, { env: process.env, platform: process.platform })),
    onInterrupt(listener) {
      // Without a listener the signals keep their usual meaning: the process ends.
      if (!listeners.size) for (const name of signals) process.on(name, interrupt);
      listeners.add(listener);
      return {
        dispose() {
          listeners.delete(listener);
          if (!listeners.size) for (const name of signals) process.off(name, interrupt);
        },
      };
    },
    files: filesOn(makeFolder),
  };
  return Object.defineProperties(own, Object.getOwnPropertyDescriptors(given)) as Terminal;
}

const MAX_LINE = 1_000_000;

/** Bytes that are no UTF-8 become U+FFFD: a line with them is still one line, and gets one answer. */
export async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<(string | null)[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let tooLong = false;
  for await (const piece of input) {
    const [first = '', ...more] = decoder.write(piece).split('\n');
    const lines: (string | null)[] = [];
    rest += first;
    for (const next of more) {
      lines.push(tooLong || rest.length > MAX_LINE ? null : rest);
      rest = next;
      tooLong = false;
    }
    if (rest.length > MAX_LINE) {
      tooLong = true;
      rest = '';
    }
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (tooLong || rest !== '') yield [tooLong || rest.length > MAX_LINE ? null : rest];
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  let open = true;
  // Whoever read it went away (`openexec show | head`): there is nobody left to tell, and a run must not end for that.
  stream.on('error', () => (open = false));
  return {
    write: (text) => void (open && stream.write(text)),
    drained: (signal) =>
      new Promise((resolve) => {
        if (!open || !stream.writableNeedDrain || signal.aborted) return resolve();
        const done = (): void => {
          stream.off('drain', done).off('error', done).off('close', done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        stream.on('drain', done).on('error', done).on('close', done);
        signal.addEventListener('abort', done);
      }),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 100; // 0 where nobody told the terminal its size
    },
  };
}

function askLine(prompt: string, signal: AbortSignal, interrupt: () => void): Promise<string | undefined> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const reader = createInterface({ input: process.stdin, output: process.stdout });
    let answer: string | undefined;
    const onAbort = (): void => {
      reader.close();
      process.stdout.write('\n');
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    // In a terminal the line editor swallows Ctrl-C.
    reader.on('SIGINT', interrupt);
    reader.on('close', () => {
      signal.removeEventListener('abort', onAbort);
      process.stdin.pause();
      resolve(answer);
    });
    reader.question(prompt, (line) => {
      answer = line;
      reader.close();
    });
  });
}

const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';

const isUtf16 = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);

const filesOn = (makeFolder: (folder: string) => Promise<void>): TerminalFiles => ({
  async read(file) {
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      // A text that is no path at all (an intent in words) is not there either.
      if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE', 'EINVAL'].includes(errnoOf(error)))
        return undefined;
      throw new OpenExecError('intent-unreadable', { path: file }, undefined, { cause: error });
    }
    const text = decodeUtf8(bytes);
    if (text === undefined || text.includes('\0'))
      throw new OpenExecError(isUtf16(bytes) ? 'text-utf16' : 'text-not-utf8', { path: file });
    return text;
  },
  async write(file, text, mode) {
    const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await makeFolder(path.dirname(file));
      await writeFile(temporary, text, mode === undefined ? {} : { mode });
      await rename(temporary, file);
    } catch (error) {
      // What stood in the way of writing it is what is told
      await rm(temporary, { force: true }).catch(() => undefined);
      throw new OpenExecError('file-unwritable', { path: file, reason: errnoOf(error) }, undefined, { cause: error });
    }
  },
  async kind(file) {
    const found = await stat(file).catch(() => undefined); // what cannot be seen is not there, for finding a root
    return found?.isFile() ? 'file' : found?.isDirectory() ? 'directory' : undefined;
  },
  async realFolder(folder) {
    let real: string;
    try {
      real = await realpath(folder);
    } catch (error) {
      throw new OpenExecError('root-not-found', { path: folder }, undefined, { cause: error });
    }
    if (!(await stat(real)).isDirectory()) throw new OpenExecError('root-not-found', { path: folder });
    return real;
  },
});

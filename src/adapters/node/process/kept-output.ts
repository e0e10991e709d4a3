/**
 * What is kept of a command's output while it comes: the first 64 KiB and the last 192 KiB in memory,
 * everything up to 64 MiB in a file. Memory does not grow with the output; who reads the pipes waits for
 * the file, so the command waits with them.
 */
import { open, rm, type FileHandle } from 'node:fs/promises';
import { encodeUtf8, type Bytes } from '../../../base/bytes.js';

export const headBytes = 64 * 1024;
export const tailBytes = 192 * 1024;
export const spoolBytes = 64 * 1024 * 1024;
const pieceBytes = 128 * 1024;

export interface KeptOutput {
  /**
   * Chunks of several pipes go into the file in the order of the calls.
   * Never rejects: a file that cannot be written is told by `spoolError`.
   */
  add(chunk: Buffer): Promise<void>;
  readonly bytes: number;
  readonly spoolError: unknown;
  /**
   * Disjoint; together the whole when nothing was left out.
   * `clean` sees whole lines where lines are shorter than the limits.
   */
  headAndTail(clean: (text: string) => string): { head: string; tail: string };
  /** The whole in small pieces, cleaned: what cleaning leaves behind is then never much. */
  pieces(clean: (text: string) => string): AsyncGenerator<Bytes>;
  /** Closes and removes the file. */
  dispose(): Promise<void>;
}

export function createKeptOutput(path: string): KeptOutput {
  const head = Buffer.alloc(headBytes);
  let headSize = 0;
  /** A ring, written in place: a command that prints a gigabyte leaves no garbage of ours. */
  let ring: Buffer | undefined;
  let ringEnd = 0;
  let afterHead = 0;
  let bytes = 0;
  let spooled = 0;
  let file: FileHandle | undefined;
  let spoolError: unknown;
  let last: Promise<void> = Promise.resolve();

  async function spool(chunk: Buffer): Promise<void> {
    if (spoolError !== undefined || spooled >= spoolBytes) return;
    const part = chunk.subarray(0, spoolBytes - spooled);
    spooled += part.length;
    try {
      file ??= await open(path, 'wx+', 0o600);
      await file.writeFile(part);
    } catch (error) {
      spoolError = error;
    }
  }

  return {
    get bytes() {
      return bytes;
    },
    get spoolError() {
      return spoolError;
    },
    add(chunk) {
      bytes += chunk.length;
      const toHead = Math.min(chunk.length, headBytes - headSize);
      chunk.copy(head, headSize, 0, toHead);
      headSize += toHead;
      afterHead += chunk.length - toHead;
      for (let from = Math.max(toHead, chunk.length - tailBytes); from < chunk.length; ) {
        ring ??= Buffer.alloc(tailBytes);
        const copied = chunk.copy(ring, ringEnd, from);
        ringEnd = (ringEnd + copied) % tailBytes;
        from += copied;
      }
      if (spoolError !== undefined || spooled >= spoolBytes) return last;
      last = last.then(() => spool(chunk));
      return last;
    },
    headAndTail(clean) {
      const first = head.subarray(0, headSize);
      const rest = !ring
        ? Buffer.alloc(0)
        : afterHead <= tailBytes
          ? ring.subarray(0, afterHead)
          : Buffer.concat([ring.subarray(ringEnd), ring.subarray(0, ringEnd)]);
      if (first.length + rest.length === bytes) {
        // Nothing was left out: cleaned in one piece, so that no secret is cut in two, and split afterwards.
        const text = clean(decode(Buffer.concat([first, rest])));
        const cut = text.length <= headBytes ? text.length : afterLine(text, headBytes);
        return { head: text.slice(0, cut), tail: text.slice(cut) };
      }
      const headText = decode(first);
      const tailText = decode(rest);
      const from = tailText.indexOf('\n') + 1;
      return {
        head: clean(headText.slice(0, afterLine(headText, headText.length))),
        tail: clean(from < tailText.length / 2 ? tailText.slice(from) : tailText),
      };
    },
    async *pieces(clean) {
      await last;
      if (!file) return;
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      const buffer = Buffer.alloc(pieceBytes);
      let carried = '';
      for (let position = 0; ; ) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
        position += bytesRead;
        carried += decoder.decode(buffer.subarray(0, bytesRead), { stream: bytesRead > 0 });
        const cut = bytesRead === 0 ? carried.length : safeCut(carried);
        if (cut > 0) yield encodeUtf8(clean(carried.slice(0, cut)));
        carried = carried.slice(cut);
        if (bytesRead === 0) return;
      }
    },
    async dispose() {
      await last;
      await file?.close();
      await rm(path, { force: true });
    },
  };
}

/** U+FFFD for halves of characters at the cut ends is left away. */
const decode = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\uFFFD{1,3}|\uFFFD{1,3}$/g, '');

/** The end of the last line before `limit`, when it is not too far back; else `limit`. */
function afterLine(text: string, limit: number): number {
  const newline = text.lastIndexOf('\n', limit - 1) + 1;
  return newline > limit / 2 ? newline : limit;
}

/**
 * Cuts at a line, and not inside a key block, so that a secret is seen whole by whoever looks for it;
 * holds back at most 256 KiB.
 */
function safeCut(text: string): number {
  const most = 2 * pieceBytes;
  const begin = text.lastIndexOf('-----BEGIN ');
  const inBlock = begin >= 0 && text.indexOf('-----END ', begin) < 0 && text.length - begin < 64 * 1024;
  const newline = text.lastIndexOf('\n', inBlock ? Math.max(0, begin - 1) : undefined) + 1;
  if (newline > 0) return newline;
  return text.length > most ? text.length - 4096 : 0;
}

/** Lines of JSON over a stream, each at most so long. */
import type { Socket } from 'node:net';

export interface FrameReader {
  push(chunk: Buffer): void;
  /** For lines from here on. */
  limit(bytes: number): void;
}

/** `onFrame` gets the parsed value. A line that is too long or not JSON is `onBad`, after which nothing more comes. */
export function createFrameReader(
  maxBytes: number,
  onFrame: (value: unknown) => void,
  onBad: (problem: string) => void,
): FrameReader {
  let pieces: Buffer[] = [];
  let size = 0;
  let max = maxBytes;
  let bad = false;
  const fail = (problem: string) => {
    bad = true;
    pieces = [];
    onBad(problem);
  };
  return {
    limit: (bytes) => void (max = bytes),
    push(chunk) {
      let from = 0;
      while (!bad) {
        const end = chunk.indexOf(10, from);
        const piece = chunk.subarray(from, end < 0 ? undefined : end);
        size += piece.length;
        if (size > max) return fail(`a frame of more than ${max} bytes`);
        pieces.push(piece);
        if (end < 0) return;
        const line = pieces.length === 1 ? piece.toString('utf8') : Buffer.concat(pieces, size).toString('utf8');
        pieces = [];
        size = 0;
        from = end + 1;
        let value: unknown;
        try {
          value = JSON.parse(line);
        } catch {
          return fail('a frame that is not JSON');
        }
        onFrame(value);
      }
    },
  };
}

export function writeFrame(socket: Socket, frame: object): void {
  if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(frame)}\n`);
}

/**
 * How the write-ahead log reaches its file. SQLite writes a frame in two small pieces, and a commit of many
 * frames one after the other: here they are gathered and written in one call before the flush. And the file is
 * kept longer than what was written, with zeros: a flush that makes a file longer waits for the file system's
 * own journal, too, one inside the file only for the bytes. What SQLite finds behind the last frame when it
 * opens a log has no valid checksum, and ends it.
 */
import type { FileOps } from './system-calls.js';

export interface LogWrites {
  /** At most `GATHERED` bytes wait. Throws what the operating system says. */
  write(bytes: Uint8Array, position: number): void;
  /**
   * What waits is in the file when this returns; what could not be written is given up, as SQLite gives up the commit.
   */
  settle(): void;
  drop(): void;
  /** The file was cut to so many bytes. */
  cutTo(length: number): void;
}

const GATHERED = 1024 * 1024;
/** The file ends at a multiple of this many bytes. */
const AHEAD = 256 * 1024;

/** `length`: bytes in the file now. */
export function createLogWrites(files: Pick<FileOps, 'writeSync'>, fd: number, length: number): LogWrites {
  let waiting = new Uint8Array(64 * 1024);
  let start = 0;
  let size = 0;
  let ends = length;

  const makeRoom = (wanted: number): void => {
    if (wanted <= waiting.length) return;
    const larger = new Uint8Array(Math.max(wanted, waiting.length * 2));
    larger.set(waiting.subarray(0, size));
    waiting = larger;
  };
  const put = (bytes: Uint8Array, position: number): void => {
    for (let done = 0; done < bytes.length; )
      done += files.writeSync(fd, bytes, done, bytes.length - done, position + done);
  };
  const lengthen = (from: number): void => {
    const to = Math.ceil(from / AHEAD) * AHEAD;
    ends = from;
    try {
      put(new Uint8Array(to - from), from);
      ends = to;
    } catch {
      // The bytes before them are written: a disk that has no room for zeros, or fails at them, refuses no commit.
      // The flush has the last word.
    }
  };

  return {
    write(bytes, position) {
      if (size > 0 && (position !== start + size || size + bytes.length > GATHERED)) this.settle();
      if (size === 0) start = position;
      makeRoom(size + bytes.length);
      waiting.set(bytes, size);
      size += bytes.length;
    },
    settle() {
      if (size === 0) return;
      const [bytes, end] = [waiting.subarray(0, size), start + size];
      size = 0;
      put(bytes, start);
      if (end > ends) lengthen(end);
    },
    drop() {
      size = 0;
    },
    cutTo(next) {
      ends = next;
    },
  };
}

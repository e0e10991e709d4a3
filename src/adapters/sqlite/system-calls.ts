/**
 * The system calls of the sql.js build, so that a database under a private prefix is a real file:
 * SQLite then does its own write-ahead log and fsync. Everything that is not under the prefix passes
 * through to the module's own file system.
 */
import * as nodeFs from 'node:fs';
import path from 'node:path';
import { createLogWrites, type LogWrites } from './log-writes.js';
import { hostCode } from './store-error.js';

/** What SQLite needs of the file system; a parameter, so that tests can fill the disk or cut the power. */
export type FileOps = Pick<
  typeof nodeFs,
  | 'openSync'
  | 'closeSync'
  | 'readSync'
  | 'writeSync'
  | 'fstatSync'
  | 'statSync'
  | 'fdatasyncSync'
  | 'ftruncateSync'
  | 'unlinkSync'
  | 'accessSync'
>;

export const realFiles: FileOps = nodeFs;

/**
 * Import names of sql.js 1.16.0; minified, different in every release. The wasm's hash is checked before they are used.
 */
export const IMPORTS = {
  namespace: 'a',
  memory: 'O',
  names: {
    openat: 'x',
    fd_read: 't',
    fd_write: 'q',
    fd_seek: 'E',
    fd_sync: 'K',
    fd_close: 'e',
    fstat64: 'g',
    stat64: 'N',
    lstat64: 'M',
    newfstatat: 'L',
    ftruncate64: 'J',
    unlinkat: 'o',
    faccessat: 'D',
    fcntl64: 'b',
    fchmod: 'j',
    fchown32: 'h',
    readlinkat: 's',
  },
} as const;

const PREFIX = '/real';

/** Emscripten's errno numbers (WASI). */
const errno: Readonly<Record<string, number>> = {
  ENOENT: 44,
  EEXIST: 20,
  EACCES: 2,
  EPERM: 63,
  EISDIR: 31,
  ENOTDIR: 54,
  EBUSY: 10,
  ENOSPC: 51,
  EDQUOT: 19,
  EIO: 29,
  EBADF: 8,
  EROFS: 69,
  EMFILE: 33,
  EFBIG: 22,
  EINVAL: 28,
  ENAMETOOLONG: 37,
};
const EIO = 29;
/** Answers that are part of normal work: a file that is not there yet. */
const ORDINARY = new Set(['ENOENT', 'EEXIST']);
/** A folder cannot be flushed everywhere (Windows); SQLite does without, too. */
const NO_FOLDER_SYNC = new Set(['EISDIR', 'EPERM', 'EINVAL', 'EBADF']);

export interface Mount {
  /** Real folder. */
  dir: string;
  files: FileOps;
  fsyncs: number;
  bytesWritten: number;
  /** Errno name of the last call the operating system refused: SQLite itself says only "disk I/O error". */
  refused: string | undefined;
  /**
   * The file was removed or replaced while it was open, or given up.
   * Once true every fsync fails: a commit must not be acknowledged into nowhere.
   */
  lost: boolean;
}

interface OpenFile {
  mount: Mount;
  fd: number;
  path: string;
  position: number;
  folder: boolean;
  /** Of a write-ahead log. */
  log?: LogWrites;
}

type SystemCall = (...args: any[]) => number;
export type ImportTable = Record<string, Record<string, SystemCall>>;

export interface SystemCalls {
  /** Replaces the calls in the module's import table. */
  install(imports: ImportTable): void;
  attach(memory: WebAssembly.Memory): void;
  mount(mount: Mount): { pathOf(name: string): string /** Files open now. */; open(): number; unmount(): void };
}

// eslint-disable-next-line max-lines-per-function -- one table of the calls that SQLite makes, over one set of open files and one memory
export function createSystemCalls(): SystemCalls {
  const mounts = new Map<string, Mount>();
  const files = new Map<number, OpenFile>();
  let nextMount = 0;
  let nextFd = 100_000; // above whatever the module's own file system hands out
  let memory: WebAssembly.Memory | undefined;
  let bytes = new Uint8Array();
  let view = new DataView(bytes.buffer);
  const refresh = () => {
    if (!memory || bytes.buffer === memory.buffer) return;
    bytes = new Uint8Array(memory.buffer);
    view = new DataView(memory.buffer);
  };
  const text = (pointer: number): string => {
    refresh();
    let end = pointer;
    while (bytes[end]) end += 1;
    return new TextDecoder().decode(bytes.slice(pointer, end));
  };
  const place = (virtual: string): { mount: Mount; file: string } | undefined => {
    if (!virtual.startsWith(`${PREFIX}/`)) return undefined;
    const [name = '', ...rest] = virtual.slice(PREFIX.length + 1).split('/');
    const mount = mounts.get(name);
    return mount && { mount, file: path.join(mount.dir, ...rest) };
  };
  const failed = (mount: Mount, error: unknown): number => {
    const code = hostCode(error);
    if (code === undefined) throw error;
    if (!ORDINARY.has(code)) mount.refused = code;
    return errno[code] ?? EIO;
  };
  /** Negative errno, as the kernel's calls give. */
  const call = (mount: Mount, run: () => number): number => {
    try {
      return run();
    } catch (error) {
      return -failed(mount, error);
    }
  };
  /** Positive errno, as WASI's calls give. */
  const wasi = (mount: Mount, run: () => void): number => {
    try {
      run();
      return 0;
    } catch (error) {
      return failed(mount, error);
    }
  };

  const writeStat = (at: number, stat: nodeFs.BigIntStats): number => {
    refresh();
    view.setUint32(at, Number(BigInt.asUintN(32, stat.dev)), true);
    view.setUint32(at + 4, Number(stat.mode), true);
    view.setUint32(at + 8, Number(stat.nlink), true);
    for (const offset of [12, 16, 20]) view.setUint32(at + offset, 0, true);
    view.setBigInt64(at + 24, stat.size, true);
    view.setInt32(at + 32, 4096, true);
    view.setInt32(at + 36, Number(stat.blocks ?? 0n), true);
    for (const [offset, time] of [
      [40, stat.atimeNs],
      [56, stat.mtimeNs],
      [72, stat.ctimeNs],
    ] as const) {
      view.setBigInt64(at + offset, time / 1_000_000_000n, true);
      view.setUint32(at + offset + 8, Number(time % 1_000_000_000n), true);
    }
    view.setBigInt64(at + 88, BigInt.asIntN(64, stat.ino), true);
    return 0;
  };
  /** [pointer, length] pairs of a WASI vector. */
  const vectors = function* (at: number, count: number): Generator<[number, number]> {
    for (let i = 0; i < count; i++) yield [view.getUint32(at + i * 8, true), view.getUint32(at + i * 8 + 4, true)];
  };

  /**
   * Every open file of the mount still stands under its name. Somebody who opened and closed the live
   * file with a tool of their own deleted the log; somebody else may have deleted or replaced the file
   * itself: an acknowledgement now would be a lie.
   */
  const stillThere = (mount: Mount): boolean => {
    for (const file of files.values()) {
      if (file.mount !== mount || file.folder) continue;
      const open = mount.files.fstatSync(file.fd);
      const named = mount.files.statSync(file.path, { throwIfNoEntry: false });
      if (open.nlink === 0 || named === undefined || named.ino !== open.ino || named.dev !== open.dev) return false;
    }
    return true;
  };

  /** What waits for the log is in its file, or given up with a file that is not ours any more. */
  const settle = ({ mount, log }: OpenFile): void => (mount.lost ? log?.drop() : log?.settle());

  type Wrap = (original: (...args: number[]) => number) => (...args: any[]) => number;
  const onPath =
    (index: number, run: (found: { mount: Mount; file: string }, args: any[]) => number): Wrap =>
    (original) =>
    (...args) => {
      const found = place(text(args[index] as number));
      return found ? call(found.mount, () => run(found, args)) : original(...args);
    };
  const onFile =
    (run: (file: OpenFile, args: any[]) => number): Wrap =>
    (original) =>
    (...args) => {
      const file = files.get(args[0] as number);
      return file ? run(file, args) : original(...args);
    };

  const wraps: Record<keyof typeof IMPORTS.names, Wrap> = {
    openat: onPath(1, ({ mount, file }, [, , flags]) => {
      const C = nodeFs.constants;
      let mode = [C.O_RDONLY, C.O_WRONLY, C.O_RDWR][(flags as number) & 3] ?? C.O_RDONLY;
      if (flags & 0o100) mode |= C.O_CREAT;
      if (flags & 0o200) mode |= C.O_EXCL;
      if (flags & 0o1000) mode |= C.O_TRUNC;
      const fd = mount.files.openSync(file, mode, 0o600);
      const found = mount.files.fstatSync(fd);
      files.set(nextFd, {
        mount,
        fd,
        path: file,
        position: 0,
        folder: found.isDirectory(),
        ...(file.endsWith('-wal') && { log: createLogWrites(mount.files, fd, found.size) }),
      });
      return nextFd++;
    }),
    fd_read: onFile((file, [, at, count, out]) =>
      wasi(file.mount, () => {
        settle(file);
        refresh();
        let total = 0;
        for (const [pointer, length] of vectors(at, count)) {
          const got = file.mount.files.readSync(file.fd, bytes, pointer, length, file.position);
          file.position += got;
          total += got;
          if (got < length) break;
        }
        view.setUint32(out, total, true);
      }),
    ),
    fd_write: onFile((file, [, at, count, out]) =>
      wasi(file.mount, () => {
        refresh();
        let total = 0;
        for (const [pointer, length] of vectors(at, count)) {
          let put = length;
          if (file.log) file.log.write(bytes.subarray(pointer, pointer + length), file.position);
          else put = file.mount.files.writeSync(file.fd, bytes, pointer, length, file.position);
          file.position += put;
          total += put;
          file.mount.bytesWritten += put;
          if (put < length) break;
        }
        view.setUint32(out, total, true);
      }),
    ),
    fd_seek: onFile((file, [, offset, whence, out]) =>
      wasi(file.mount, () => {
        const by = Number(offset);
        if (whence === 2) settle(file);
        file.position =
          whence === 0 ? by : whence === 1 ? file.position + by : file.mount.files.fstatSync(file.fd).size + by;
        refresh();
        view.setBigInt64(out, BigInt(file.position), true);
      }),
    ),
    fd_sync: onFile((file) => {
      const { mount } = file;
      return wasi(mount, () => {
        settle(file); // refused here, the commit is not in: that counts as no flush
        mount.fsyncs += 1;
        if (!mount.lost && !stillThere(mount)) mount.lost = true;
        if (mount.lost)
          throw Object.assign(new Error(`${file.path} is no longer the file that was opened`), { code: 'EIO' });
        try {
          mount.files.fdatasyncSync(file.fd);
        } catch (error) {
          if (!file.folder || !NO_FOLDER_SYNC.has(hostCode(error) ?? '')) throw error;
        }
      });
    }),
    fd_close: onFile((file, [fd]) => {
      files.delete(fd as number);
      return wasi(file.mount, () => {
        try {
          settle(file);
        } finally {
          file.mount.files.closeSync(file.fd);
        }
      });
    }),
    fstat64: onFile((file, [, at]) =>
      call(
        file.mount,
        () => (settle(file), writeStat(at as number, file.mount.files.fstatSync(file.fd, { bigint: true }))),
      ),
    ),
    stat64: onPath(0, ({ mount, file }, [, at]) =>
      writeStat(at, mount.files.statSync(file, { bigint: true }) as nodeFs.BigIntStats),
    ),
    lstat64: onPath(0, ({ mount, file }, [, at]) =>
      writeStat(at, mount.files.statSync(file, { bigint: true }) as nodeFs.BigIntStats),
    ),
    newfstatat: onPath(1, ({ mount, file }, [, , at]) =>
      writeStat(at, mount.files.statSync(file, { bigint: true }) as nodeFs.BigIntStats),
    ),
    ftruncate64: onFile((file, [, length]) =>
      call(file.mount, () => {
        settle(file);
        file.mount.files.ftruncateSync(file.fd, Number(length));
        file.log?.cutTo(Number(length));
        return 0;
      }),
    ),
    unlinkat: onPath(1, ({ mount, file }) => (mount.files.unlinkSync(file), 0)),
    faccessat: onPath(1, ({ mount, file }, [, , mode]) => (mount.files.accessSync(file, mode), 0)),
    // Locks are no-ops: one process holds the database, by a lock of its own (adapters/owner).
    fcntl64: onFile((_file, [, command, argument]) => {
      if (command === 12) {
        refresh();
        view.setInt16(view.getUint32(argument as number, true), 2, true); // F_GETLK: unlocked
      }
      return command === 3 ? 2 : 0;
    }),
    fchmod: onFile(() => 0),
    fchown32: onFile(() => 0),
    readlinkat: onPath(1, () => -28), // EINVAL: not a link
  };

  return {
    mount(mount) {
      const name = `m${nextMount++}`;
      mounts.set(name, mount);
      const unmount = () => {
        mounts.delete(name);
        for (const [fd, file] of files) {
          if (file.mount !== mount) continue;
          files.delete(fd); // left open when SQLite could not close cleanly
          mount.files.closeSync(file.fd);
        }
      };
      return {
        pathOf: (file) => `${PREFIX}/${name}/${file}`,
        open: () => [...files.values()].filter((file) => file.mount === mount).length,
        unmount,
      };
    },
    attach(next) {
      memory = next;
      refresh();
    },
    install(table) {
      const imports = table[IMPORTS.namespace] ?? {};
      for (const [operation, name] of Object.entries(IMPORTS.names)) {
        const original = imports[name];
        if (typeof original !== 'function')
          throw new Error(`this build of sql.js has no import ${name} (${operation})`);
        imports[name] = wraps[operation as keyof typeof IMPORTS.names](original);
      }
    },
  };
}

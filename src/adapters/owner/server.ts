/**
 * The owner serves its façade to the other doors over an owner-only socket;
 * every door first shows the token of the lock.
 */
import { timingSafeEqual } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { deferred } from '../../base/deferred.js';
import { asOpenExecError, isAbort, OpenExecError } from '../../core/errors.js';
import type { OpenExec } from '../../core/facade.js';
import type { Log } from '../../core/ports/ports.js';
import {
  clientFrameSchema,
  helloSchema,
  MAX_CLIENT_FRAME,
  MAX_HELLO,
  SOCKET_VERSION,
  type Holder,
  type OwnerFrame,
} from '../../protocol/socket.js';
import { createFrameReader, writeFrame } from './frames.js';
import type { OwnerLock } from './lock.js';

export interface ServeOwnerOptions {
  lock: OwnerLock;
  openexec: OpenExec;
  log: Log;
  /** Another door took over: the façade is closed and the lock released. */
  onReleased?: () => void;
}

export interface OwnerServer {
  readonly holder: Holder;
  /** Doors connected now. */
  readonly doors: number;
  /** Ends every connection; does not close the façade nor release the lock. Idempotent. */
  close(): Promise<void>;
}

const HELLO_MS = 5000;
const MAX_DOORS = 64;
/** A door that reads slowly loses progress first … */
const DROP_PROGRESS_BYTES = 256 * 1024;
/** … and at last its connection; it asks for what it missed when it comes back. */
const GIVE_UP_BYTES = 64 * 1024 * 1024;

interface Door {
  send(frame: OwnerFrame): void;
  end(): void;
}

interface Serving {
  openexec: OpenExec;
  log: Log;
  holder: Holder;
  /** Connected now. */
  doors: Set<Door>;
  /** What was asked and has no answer yet. */
  answering: Set<Promise<void>>;
  takeOver: { hand(): Promise<void>; afterwards(): void };
}

/** Errors: store-unwritable when the socket cannot be made. */
export async function serveOwner({ lock, openexec, log, onReleased }: ServeOwnerOptions): Promise<OwnerServer> {
  const { record } = lock;
  const holder: Holder = { pid: record.holder.pid, door: record.door, since: record.since };
  const doors = new Set<Door>();
  const sockets = new Set<Socket>();
  const answering = new Set<Promise<void>>();
  let handingOver: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const serving: Serving = {
    openexec,
    log,
    holder,
    doors,
    answering,
    takeOver: {
      hand: () => (handingOver ??= handOver()),
      afterwards() {
        if (!lock.held()) void close().then(() => onReleased?.());
      },
    },
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error) => log.debug('a door’s connection failed', { error: String(error) }));
    if (sockets.size > MAX_DOORS) return refuse(socket, 'busy');
    greet(socket, record.token, log, () => serve(socket, serving));
  });

  async function handOver(): Promise<void> {
    try {
      await openexec.close();
    } catch (error) {
      handingOver = undefined; // asked again, it is tried again
      throw error;
    }
    lock.release();
  }

  const tell = (frame: OwnerFrame) => {
    for (const door of doors) door.send(frame);
  };
  const listening = [
    openexec.onEvent((event) => tell({ type: 'event', event })),
    openexec.onProgress((progress) => tell({ type: 'progress', progress })),
    openexec.onChange((change) => {
      if (change.type !== 'owner') tell({ type: 'change', change });
    }),
  ];

  function close(): Promise<void> {
    closing ??= (async () => {
      for (const one of listening) one.dispose();
      const ended = deferred<void>();
      server.close(() => ended.resolve());
      // What was asked may be why this ends: a run that another door cancelled. That door hears of it first.
      const patience = new AbortController();
      await Promise.race([
        Promise.all(answering),
        wait(500, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
      for (const door of doors) door.end();
      // a door that does not hang up is not waited for
      const hangUp = setTimeout(() => sockets.forEach((socket) => socket.destroy()), 500);
      await ended.promise;
      clearTimeout(hangUp);
    })();
    return closing;
  }

  const ready = deferred<void>();
  server.once('error', ready.reject);
  server.listen(record.address, () => ready.resolve());
  try {
    await ready.promise;
    if (process.platform !== 'win32') chmodSync(record.address, 0o600);
  } catch (error) {
    for (const one of listening) one.dispose();
    server.close();
    throw new OpenExecError(
      'store-unwritable',
      { path: record.address, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
      String(error),
      { cause: error },
    );
  }
  server.off('error', ready.reject);
  server.on('error', (error) => log.error('the local socket failed', error));
  server.unref(); // serving others is no reason to stay
  return {
    holder,
    get doors() {
      return doors.size;
    },
    close,
  };
}

/** Nothing of a door is read beyond its hello before it has shown the token. `accept` gives what takes its frames from then on. */
function greet(socket: Socket, token: string, log: Log, accept: () => (frame: unknown) => void): void {
  const late = setTimeout(() => socket.destroy(), HELLO_MS);
  late.unref();
  socket.once('close', () => clearTimeout(late));
  let next: ((frame: unknown) => void) | undefined;
  const reader = createFrameReader(
    MAX_HELLO,
    (frame) => {
      if (next) return next(frame);
      const hello = helloSchema.safeParse(frame).data;
      if (!hello || !sameToken(hello.token, token)) return refuse(socket, 'token');
      if (hello.version !== SOCKET_VERSION) return refuse(socket, 'version');
      clearTimeout(late);
      reader.limit(MAX_CLIENT_FRAME);
      next = accept();
    },
    (problem) => {
      log.warn('a door was cut off', { problem });
      socket.destroy();
    },
  );
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
}

/** Gives what takes the door's frames. */
function serve(
  socket: Socket,
  { openexec, log, holder, doors, answering, takeOver }: Serving,
): (frame: unknown) => void {
  const running = new Map<number, AbortController>();
  const door = {
    send(frame: OwnerFrame) {
      if (frame.type === 'progress' && socket.writableLength > DROP_PROGRESS_BYTES) return;
      if (socket.writableLength > GIVE_UP_BYTES) {
        log.warn('a door does not read what it is sent; it was cut off');
        socket.destroy();
        return;
      }
      writeFrame(socket, frame);
    },
    end: () => void socket.end(),
  };
  doors.add(door);
  socket.once('close', () => {
    doors.delete(door);
    for (const controller of running.values()) controller.abort();
  });
  door.send({ type: 'welcome', version: SOCKET_VERSION, holder });

  const invalid = (id: number, problem: string): void =>
    door.send({ type: 'error', id, code: 'request-invalid', params: { problem } });
  const request = async (id: number, action: (signal: AbortSignal) => Promise<OwnerFrame>) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      door.send(await action(controller.signal));
    } catch (error) {
      // the door stopped waiting when it cancelled; the answer only closes the number
      const known = isAbort(error) ? new OpenExecError('internal', { detail: 'cancelled' }) : asOpenExecError(error);
      if (known.code === 'internal' && !isAbort(error)) log.error('a request of another door failed', error);
      door.send({ type: 'error', id, code: known.code, params: { ...known.params } });
    } finally {
      running.delete(id);
    }
  };
  return (value) => {
    const parsed = clientFrameSchema.safeParse(value);
    if (!parsed.success) {
      const id = (value as { id?: unknown } | null)?.id;
      if (Number.isInteger(id) && Number(id) > 0)
        invalid(Number(id), parsed.error.issues[0]?.message ?? 'unknown frame');
      else socket.destroy();
      return;
    }
    const frame = parsed.data;
    if (frame.type === 'cancel') return running.get(frame.id)?.abort();
    if (frame.type === 'take-over')
      return void request(frame.id, async () => {
        await takeOver.hand();
        return { type: 'released', id: frame.id };
      }).finally(takeOver.afterwards);
    if (running.has(frame.id)) return invalid(frame.id, 'this number is in use');
    const answered = request(frame.id, async (signal) => ({
      type: 'response',
      id: frame.id,
      result: await openexec.request(frame.method, frame.params as never, signal),
    })).finally(() => answering.delete(answered));
    answering.add(answered);
  };
}

function refuse(socket: Socket, reason: Extract<OwnerFrame, { type: 'refused' }>['reason']): void {
  writeFrame(socket, { type: 'refused', reason });
  socket.end();
  setTimeout(() => socket.destroy(), 200).unref();
}

function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return b.length > 0 && a.length === b.length && timingSafeEqual(a, b);
}

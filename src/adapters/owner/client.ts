/** The façade of a root that another process owns, through its socket. */
import { connect, type Socket } from 'node:net';
import { createEmitter } from '../../base/emitter.js';
import { deferred, type Deferred } from '../../base/deferred.js';
import { carriedError, OpenExecError, type ErrorCode } from '../../core/errors.js';
import type { Change, OpenExec } from '../../core/facade.js';
import type { Progress, RunEvent } from '../../core/model/event.js';
import { requests, type Method, type ParamsInput, type Result } from '../../core/model/requests.js';
import type { Log } from '../../core/ports/ports.js';
import {
  MAX_OWNER_FRAME,
  ownerFrameSchema,
  SOCKET_VERSION,
  type ClientFrame,
  type Door,
  type Holder,
  type OwnerFrame,
} from '../../protocol/socket.js';
import { createFrameReader, writeFrame } from './frames.js';
import type { LockRecord } from './lock.js';

export interface OwnerConnection extends OpenExec {
  readonly holder: Holder;
  /**
   * Asks the owner to close and release the lock; resolves when it has.
   * Errors: owner-unreachable, whatever its close failed of.
   */
  takeOver(signal: AbortSignal): Promise<void>;
}

export interface ConnectOptions {
  owner: LockRecord;
  door: Door;
  log: Log;
  /** ms in which the owner must have answered. */
  answerMs: number;
}

/** Errors: owner-unreachable {pid} when nobody answers in time, owner-refused for a wrong token or another version. */
export async function connectToOwner(
  { owner, door, log, answerMs }: ConnectOptions,
  signal: AbortSignal,
): Promise<OwnerConnection> {
  const pid = owner.holder.pid;
  const unreachable = (cause?: unknown) =>
    new OpenExecError('owner-unreachable', { pid }, `process ${pid} does not answer on ${owner.address}`, { cause });
  signal.throwIfAborted();
  const socket = connect(owner.address);
  const welcome = deferred<Holder>();
  let receive = (frame: OwnerFrame): void => {
    if (frame.type === 'welcome') welcome.resolve(frame.holder);
    else if (frame.type === 'refused' && frame.reason === 'busy') welcome.reject(unreachable());
    else
      welcome.reject(
        new OpenExecError('owner-refused', {}, `refused: ${frame.type === 'refused' ? frame.reason : frame.type}`),
      );
  };
  const reader = createFrameReader(
    MAX_OWNER_FRAME,
    (value) => {
      const frame = ownerFrameSchema.safeParse(value);
      if (frame.success) receive(frame.data);
      else log.warn('the owner sent something unknown', { problem: frame.error.issues[0]?.message ?? '' });
    },
    (problem) => {
      log.warn('the owner was cut off', { problem });
      socket.destroy();
    },
  );
  const late = setTimeout(() => welcome.reject(unreachable()), answerMs);
  const onAbort = () => welcome.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  socket.on('error', (error) => welcome.reject(unreachable(error)));
  socket.once('close', () => welcome.reject(unreachable()));
  socket.once('connect', () =>
    writeFrame(socket, {
      type: 'hello',
      version: SOCKET_VERSION,
      token: owner.token,
      door,
      pid: process.pid,
    } satisfies ClientFrame),
  );
  try {
    const holder = await welcome.promise;
    const connection = proxy(socket, holder, log, unreachable);
    receive = connection.receive;
    return connection.openexec;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', onAbort);
  }
}

function proxy(
  socket: Socket,
  holder: Holder,
  log: Log,
  unreachable: () => OpenExecError,
): { openexec: OwnerConnection; receive(frame: OwnerFrame): void } {
  const report = (error: unknown) => log.error('a listener failed', error);
  const events = createEmitter<RunEvent>(report);
  const progress = createEmitter<Progress>(report);
  const changes = createEmitter<Change>(report);
  const waiting = new Map<number, Deferred<unknown>>();
  let nextId = 1;
  let left = false;

  socket.unref(); // being told is no reason to stay; a request that waits is
  const send = (frame: ClientFrame) => writeFrame(socket, frame);
  const settled = (id: number) => {
    waiting.delete(id);
    if (waiting.size === 0) socket.unref();
  };

  async function ask(frame: (id: number) => ClientFrame, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    if (socket.destroyed || left) throw unreachable();
    const id = nextId++;
    const answer = deferred<unknown>();
    const onAbort = () => {
      send({ type: 'cancel', id });
      answer.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    waiting.set(id, answer);
    socket.ref();
    send(frame(id));
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      settled(id);
    }
  }

  socket.once('close', () => {
    for (const answer of [...waiting.values()]) answer.reject(unreachable());
    if (!left) changes.fire({ type: 'owner', connected: false });
  });

  function receive(frame: OwnerFrame): void {
    switch (frame.type) {
      case 'response':
        return waiting.get(frame.id)?.resolve(frame.result);
      case 'released':
        return waiting.get(frame.id)?.resolve(undefined);
      case 'error':
        return waiting.get(frame.id)?.reject(carriedError(frame.code as ErrorCode, frame.params));
      case 'event':
        return events.fire(frame.event);
      case 'progress':
        return progress.fire(frame.progress);
      case 'change':
        return changes.fire(frame.change);
      case 'welcome':
      case 'refused':
        return log.warn('the owner spoke out of turn', { type: frame.type });
    }
  }

  function dispose(): void {
    if (left) return;
    left = true;
    for (const one of [events, progress, changes]) one.dispose();
    socket.end();
    socket.destroySoon();
  }

  return {
    receive,
    openexec: {
      holder,
      async request<M extends Method>(method: M, params: ParamsInput<M>, signal?: AbortSignal): Promise<Result<M>> {
        const result = await ask((id) => ({ type: 'request', id, method, params }), signal);
        const parsed = requests[method].result.safeParse(result);
        if (!parsed.success)
          throw new OpenExecError(
            'internal',
            { detail: `the owner’s answer to ${method} could not be read` },
            parsed.error.message,
            { cause: parsed.error },
          );
        return parsed.data as Result<M>;
      },
      onEvent: events.on,
      onProgress: progress.on,
      onChange: changes.on,
      takeOver: async (signal) => void (await ask((id) => ({ type: 'take-over', id }), signal)),
      close: async () => dispose(),
      dispose,
    },
  };
}

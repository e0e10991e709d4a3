/** A façade small enough to see through, to be served over the socket. */
import { createEmitter, type Emitter } from '../../../src/base/emitter.js';
import type { Change, OpenExec } from '../../../src/core/facade.js';
import { OpenExecError } from '../../../src/core/errors.js';
import type { Progress, RunEvent } from '../../../src/core/model/event.js';

export interface SmallOpenExec extends OpenExec {
  readonly events: Emitter<RunEvent>;
  readonly progress: Emitter<Progress>;
  readonly changes: Emitter<Change>;
  readonly log: string[];
}

const fail = (error: unknown) => {
  throw error;
};

/** `blob/put` gives back its text's length as digits, `plan/get` fails, `plan/generate` waits until it is cancelled. */
export function smallOpenExec(given: { close?: () => Promise<void> } = {}): SmallOpenExec {
  const [events, progress, changes] = [
    createEmitter<RunEvent>(fail),
    createEmitter<Progress>(fail),
    createEmitter<Change>(fail),
  ];
  const log: string[] = [];
  const answer = async (
    method: string,
    params: { text: string; max: number; plan: string },
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    log.push(method);
    switch (method) {
      case 'plan/list':
        return [];
      case 'blob/put':
        return { hash: String(params.text.length).padStart(64, '0') };
      case 'blob/text':
        return { text: 'x'.repeat(params.max), bytes: params.max, binary: false, cut: false };
      case 'plan/get':
        throw new OpenExecError('plan-not-found', { plan: params.plan });
      case 'run/list':
        return 'nonsense';
      case 'plan/generate':
        await new Promise((_, reject) =>
          signal?.addEventListener('abort', () => {
            log.push('aborted');
            reject(signal.reason);
          }),
        );
        return undefined;
      default:
        throw new OpenExecError('internal', { detail: method });
    }
  };
  return {
    events,
    progress,
    changes,
    log,
    request: answer as OpenExec['request'],
    onEvent: events.on,
    onProgress: progress.on,
    onChange: changes.on,
    async close() {
      log.push('close');
      await given.close?.();
    },
    dispose: () => undefined,
  };
}

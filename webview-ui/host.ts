/** The page's one connection to the extension. What comes in is checked; an answer is checked with its request's own schema. */
import { createEmitter, type Listen } from '../src/base/emitter.js';
import type { Progress, RunEvent } from '../src/core/model/event.js';
import { requests, type ParamsInput, type Result } from '../src/core/model/requests.js';
import {
  toWebviewSchema,
  viewStateSchema,
  type Environment,
  type PanelCommand,
  type PanelCommandArgs,
  type PanelError,
  type PanelMethod,
  type ShowTarget,
  type ToHost,
  type ViewState,
} from '../src/protocol/panel.js';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

export class HostError extends Error {
  constructor(readonly error: PanelError) {
    super(error.message);
  }
}

export interface Host {
  request<M extends PanelMethod>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
  command<C extends PanelCommand>(id: C, args: PanelCommandArgs<C>): void;
  send(message: Extract<ToHost, { type: 'subscribe' | 'open-file' | 'use-root' | 'fault' }>): void;
  /** What the person left the page at, as far as it can still be read. */
  readonly saved: ViewState | null;
  save(state: ViewState): void;
  /** Says that the page listens, at first and to try anew. */
  ready(): void;
  readonly onEnvironment: Listen<Environment>;
  readonly onEvents: Listen<{ run: string; events: RunEvent[] }>;
  readonly onProgress: Listen<Progress[]>;
  readonly onChange: Listen<{ type: string }>;
  readonly onShow: Listen<ShowTarget>;
}

export function createHost(): Host {
  const api = acquireVsCodeApi();
  const fault = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    api.postMessage({ type: 'fault', message: text.slice(0, 4000) } satisfies ToHost);
  };
  const environment = createEmitter<Environment>(fault);
  const events = createEmitter<{ run: string; events: RunEvent[] }>(fault);
  const progress = createEmitter<Progress[]>(fault);
  const change = createEmitter<{ type: string }>(fault);
  const show = createEmitter<ShowTarget>(fault);
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let nextId = 0;

  const kept = viewStateSchema.safeParse(api.getState());
  let saved: ViewState | null = kept.success ? kept.data : null;

  window.addEventListener('error', (event) => fault(event.error ?? event.message));
  window.addEventListener('unhandledrejection', (event) => fault(event.reason));
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const parsed = toWebviewSchema.safeParse(event.data);
    if (!parsed.success)
      return fault(
        new Error(`A message from the extension was not understood: ${parsed.error.message.slice(0, 1000)}`),
      );
    const message = parsed.data;
    switch (message.type) {
      case 'environment':
        return environment.fire(message);
      case 'events':
        return events.fire(message);
      case 'progress':
        return progress.fire(message.items);
      case 'change':
        return change.fire(message.change);
      case 'show':
        return show.fire(message);
      case 'response': {
        const asked = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.error) asked?.reject(new HostError(message.error));
        else asked?.resolve(message.result);
      }
    }
  });

  return {
    async request(method, params) {
      const id = ++nextId;
      const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
      api.postMessage({ type: 'request', id, method, params } satisfies ToHost);
      return requests[method].result.parse(await answer) as Result<typeof method>;
    },
    command: (id, args) => api.postMessage({ type: 'command', id, args } satisfies ToHost),
    send: (message) => api.postMessage(message),
    get saved() {
      return saved;
    },
    save(state) {
      saved = state;
      api.setState(state);
      api.postMessage({ type: 'state', state } satisfies ToHost);
    },
    ready: () => api.postMessage({ type: 'ready', state: saved } satisfies ToHost),
    onEnvironment: environment.on,
    onEvents: events.on,
    onProgress: progress.on,
    onChange: change.on,
    onShow: show.on,
  };
}

/**
 * One open panel's connection to the façade: answers its requests, sends it the events of the run it watches (only what
 * is new, in batches) and its progress (at most ten times a second). Knows no vscode, so that it is tested as it runs.
 */
import { disposableList, type Disposable } from '../../base/disposable.js';
import { asOpenExecError, isAbort, OpenExecError } from '../../core/errors.js';
import type { OpenExec } from '../../core/facade.js';
import type { Progress, RunEvent } from '../../core/model/event.js';
import type { Method, ParamsInput } from '../../core/model/requests.js';
import {
  panelCommands,
  parseCommand,
  parseRequest,
  toHostSchema,
  viewStateSchema,
  type Environment,
  type PanelCommand,
  type PanelError,
  type ShowTarget,
  type ToHost,
  type ToWebview,
  type ViewState,
} from '../../protocol/panel.js';
import { describeError, type Translate } from '../../core/view/sentences.js';

export interface PanelFacts {
  trusted: boolean;
  roots: { path: string; name: string }[];
  commands: string[];
  locale: string;
  l10n: Record<string, string>;
}

export interface PanelLinkOptions {
  post(message: ToWebview): void;
  /** Opens the façade of a root, or returns the open one. It stays its owner's to close. */
  openexecFor(root: string): Promise<OpenExec>;
  facts(): Promise<PanelFacts>;
  /** What was kept when a panel was last closed. */
  saved(): unknown;
  save(state: ViewState): void;
  perform(command: PanelCommand, args: unknown): void;
  openFile(root: string, path: string, line?: number): void;
  translate: Translate;
  /** This process, to tell "our window owns it" from "another one does". */
  pid: number;
  warn(message: string, error?: unknown): void;
}

export interface PanelLink extends Disposable {
  /** A message as it came from the page. */
  receive(raw: unknown): void;
  /** Trust, folders, commands or the model may have changed: says anew where we are. */
  refresh(): void;
  /** Kept until the page is ready, and until the folder it lies in is the one that is shown; absent = whichever is. */
  show(target: ShowTarget, at?: string): void;
  /** The page is gone (hidden, reloading): nothing is sent until it says `ready` again. */
  pause(): void;
}

const EVENT_DELAY_MS = 30;
const PROGRESS_DELAY_MS = 100;
const PROGRESS_CHARS = 4000;

export function createPanelLink(options: PanelLinkOptions): PanelLink {
  const life = new AbortController();
  let ready = false;
  let waitingShow: ShowTarget | undefined;
  let state: ViewState | null = null;
  let root: string | null = null;
  let openexec: OpenExec | undefined;
  let listening = disposableList();
  let connected = true;
  let opening = 0;
  let subscription: { run: string; after: number } | undefined;
  let events: RunEvent[] = [];
  const progress = new Map<string, Progress>();
  let eventTimer: ReturnType<typeof setTimeout> | undefined;
  let progressTimer: ReturnType<typeof setTimeout> | undefined;

  const post = (message: ToWebview): void => {
    if (ready && !life.signal.aborted) options.post(message);
  };
  const panelError = (error: unknown): PanelError => {
    const known = asOpenExecError(error);
    return { code: known.code, params: { ...known.params }, message: describeError(known, options.translate) };
  };

  const flushEvents = (): void => {
    eventTimer = undefined;
    const batch = events;
    events = [];
    if (batch.length > 0 && subscription) post({ type: 'events', run: subscription.run, events: batch });
  };
  const flushProgress = (): void => {
    progressTimer = undefined;
    const items = [...progress.values()];
    progress.clear();
    if (items.length > 0) post({ type: 'progress', items });
  };
  const clearQueues = (): void => {
    events = [];
    progress.clear();
    clearTimeout(eventTimer);
    clearTimeout(progressTimer);
    eventTimer = progressTimer = undefined;
  };

  const onEvent = (event: RunEvent): void => {
    if (event.run !== subscription?.run || event.seq <= subscription.after) return;
    events.push(event);
    eventTimer ??= setTimeout(flushEvents, EVENT_DELAY_MS);
  };
  const onProgress = (item: Progress): void => {
    if (item.run !== subscription?.run) return;
    const key = `${item.task}\n${item.stage}\n${item.kind}`;
    const earlier = progress.get(key);
    progress.set(key, { ...item, text: ((earlier?.text ?? '') + item.text).slice(-PROGRESS_CHARS) });
    progressTimer ??= setTimeout(flushProgress, PROGRESS_DELAY_MS);
  };

  const detach = (): void => {
    listening.dispose();
    listening = disposableList();
    openexec = undefined;
    subscription = undefined;
    connected = true;
    clearQueues();
  };
  const attach = (opened: OpenExec): void => {
    openexec = opened;
    listening.add(opened.onEvent(onEvent));
    listening.add(opened.onProgress(onProgress));
    listening.add(
      opened.onChange((change) => {
        if (change.type === 'owner') {
          connected = change.connected;
          void announce();
        }
        post({ type: 'change', change });
      }),
    );
  };

  /** Opens the root's façade unless it is open, and tells the page where it is. The newest call wins. */
  async function announce(): Promise<void> {
    const turn = ++opening;
    const facts = await options.facts();
    const known = (path: string | null | undefined): path is string => facts.roots.some((each) => each.path === path);
    const wanted = [root, state?.root].find(known) ?? facts.roots[0]?.path ?? null;
    let problem: PanelError | null = null;
    let status: Awaited<ReturnType<typeof readStatus>> | undefined;
    if (turn !== opening || life.signal.aborted) return;
    if (wanted !== root) detach();
    root = wanted;
    if (wanted !== null && facts.trusted) {
      try {
        const opened = await options.openexecFor(wanted);
        if (turn !== opening || life.signal.aborted) return;
        if (opened !== openexec) {
          detach();
          attach(opened);
        }
        status = await readStatus(opened);
      } catch (error) {
        if (isAbort(error) || life.signal.aborted) return;
        problem = panelError(error);
        options.warn('The panel could not open the runs of this folder', error);
      }
      if (turn !== opening) return;
    }
    const environment: Environment = {
      type: 'environment',
      trusted: facts.trusted,
      roots: facts.roots,
      root,
      problem,
      model: status && status.model !== '' ? { label: status.model, recorded: status.recorded } : null,
      owner: status ? { ...status.owner, ours: status.owner.pid === options.pid, connected } : null,
      commands: facts.commands,
      locale: facts.locale,
      l10n: facts.l10n,
      state,
    };
    post(environment);
    if (waitingShow && ready) {
      post({ type: 'show', ...waitingShow });
      waitingShow = undefined;
    }
  }
  const readStatus = (opened: OpenExec) => opened.request('status', {}, life.signal);

  async function answer(message: Extract<ToHost, { type: 'request' }>): Promise<void> {
    try {
      const parsed = parseRequest(message);
      if (!parsed.ok) throw new OpenExecError('request-invalid', { problem: parsed.problem });
      if (!openexec) throw new OpenExecError('not-owner');
      const result = await openexec.request(
        message.method as Method,
        parsed.params as ParamsInput<Method>,
        life.signal,
      );
      post({ type: 'response', id: message.id, result: result ?? {} });
    } catch (error) {
      if (life.signal.aborted) return;
      post({ type: 'response', id: message.id, error: panelError(error) });
    }
  }

  function start(given: ViewState | null): void {
    ready = true;
    const kept = viewStateSchema.nullable().safeParse(options.saved() ?? null);
    state = given ?? state ?? (kept.success ? kept.data : null);
    subscription = undefined;
    clearQueues();
    announce().catch((error: unknown) => options.warn('The panel could not be filled', error));
  }

  function watchRoot(path: string): void {
    root = path;
    detach();
    if (ready) announce().catch((error: unknown) => options.warn('The folder could not be shown', error));
  }

  function handle(message: ToHost): void {
    switch (message.type) {
      case 'ready':
        return start(message.state);
      case 'request':
        return void answer(message);
      case 'subscribe':
        clearQueues();
        subscription = { run: message.run, after: message.after };
        return;
      case 'command': {
        const parsed = parseCommand(message);
        // the folder that is shown, which in a window of several need not be the one the trees show
        if (parsed.ok)
          options.perform(
            message.id,
            'root' in panelCommands[message.id].shape && root !== null
              ? { root, ...(parsed.args as object) }
              : parsed.args,
          );
        else options.warn(`The panel sent a command that was not understood: ${parsed.problem}`);
        return;
      }
      case 'open-file':
        if (message.root === root) options.openFile(message.root, message.path, message.line);
        return;
      case 'use-root':
        return watchRoot(message.root);
      case 'state':
        state = message.state;
        return options.save(message.state);
      case 'fault':
        return options.warn(`The panel reported: ${message.message}`);
    }
  }

  return {
    receive(raw) {
      const parsed = toHostSchema.safeParse(raw);
      if (parsed.success) return handle(parsed.data);
      options.warn(`The panel sent a message that was not understood: ${parsed.error.message}`);
      const id = (raw as { id?: unknown } | null)?.id;
      if (typeof id === 'number')
        post({
          type: 'response',
          id,
          error: panelError(new OpenExecError('request-invalid', { problem: parsed.error.issues[0]?.message ?? '' })),
        });
    },
    refresh() {
      if (ready) announce().catch((error: unknown) => options.warn('The panel could not be brought up to date', error));
    },
    show(target, at) {
      if (at !== undefined && at !== root) {
        watchRoot(at);
        waitingShow = target;
      } else if (ready) post({ type: 'show', ...target });
      else waitingShow = target;
    },
    pause() {
      ready = false;
      subscription = undefined;
      clearQueues();
    },
    dispose() {
      life.abort();
      detach();
    },
  };
}

/**
 * One open panel's connection to the façade: answers its requests, says where it is, sends what is new of the run it
 * watches. Knows no vscode, so that it is tested as it runs.
 */
import type { Disposable } from '../../base/disposable.js';
import { asOpenExecError, OpenExecError } from '../../core/errors.js';
import type { OpenExec } from '../../core/facade.js';
import type { Method, ParamsInput } from '../../core/model/requests.js';
import {
  panelCommands,
  parseCommand,
  parseRequest,
  toHostSchema,
  viewStateSchema,
  type PanelCommand,
  type PanelError,
  type ShowTarget,
  type ToHost,
  type ToWebview,
  type ViewState,
} from '../../protocol/panel.js';
import { describeError, type Translate } from '../../core/view/sentences.js';
import { createShownFolder } from './shown-folder.js';
import { createWatchedRun } from './watched-run.js';

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

const notUpToDate = 'The panel could not be brought up to date';

export function createPanelLink(options: PanelLinkOptions): PanelLink {
  const life = new AbortController();
  let ready = false;
  let waitingShow: ShowTarget | undefined;
  let state: ViewState | null = null;
  let turns = 0;

  const post = (message: ToWebview): void => {
    if (ready && !life.signal.aborted) options.post(message);
  };
  const describe = (error: unknown) => panelError(error, options.translate);
  const watched = createWatchedRun(post);
  const folder = createShownFolder({
    ...options,
    watched,
    onChange(change) {
      if (change.type === 'owner') announceOr(notUpToDate);
      post({ type: 'change', change });
    },
    describe,
    signal: life.signal,
  });

  /** Tells the page where it is, with the folder open that it shows. The newest call wins. */
  async function announce(): Promise<void> {
    const turn = ++turns;
    const stale = (): boolean => turn !== turns || life.signal.aborted;
    const facts = await options.facts();
    if (stale()) return;
    const standing = await folder.open(facts, state?.root, stale);
    if (!standing || stale()) return;
    post({ type: 'environment', ...facts, ...standing, state });
    if (waitingShow && ready) {
      post({ type: 'show', ...waitingShow });
      waitingShow = undefined;
    }
  }
  const announceOr = (failure: string): void => {
    announce().catch((error: unknown) => options.warn(failure, error));
  };

  function watchRoot(path: string): void {
    folder.show(path);
    if (ready) announceOr('The folder could not be shown');
  }

  function handle(message: ToHost): void {
    switch (message.type) {
      case 'ready':
        ready = true;
        state = message.state ?? state ?? keptState(options.saved());
        watched.watch();
        return announceOr('The panel could not be filled');
      case 'request':
        return void answer(message, folder.openexec, life.signal, describe).then(post);
      case 'subscribe':
        return watched.watch({ run: message.run, after: message.after });
      case 'command':
        return perform(message, folder.root, options);
      case 'open-file':
        if (message.root === folder.root) options.openFile(message.root, message.path, message.line);
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
      const invalid = new OpenExecError('request-invalid', { problem: parsed.error.issues[0]?.message ?? '' });
      if (typeof id === 'number') post({ type: 'response', id, error: describe(invalid) });
    },
    refresh() {
      if (ready) announceOr(notUpToDate);
    },
    show(target, at) {
      if (at !== undefined && at !== folder.root) {
        watchRoot(at);
        waitingShow = target;
      } else if (ready) post({ type: 'show', ...target });
      else waitingShow = target;
    },
    pause() {
      ready = false;
      watched.watch();
    },
    dispose() {
      life.abort();
      folder.dispose();
    },
  };
}

function keptState(saved: unknown): ViewState | null {
  const kept = viewStateSchema.safeParse(saved);
  return kept.success ? kept.data : null;
}

async function answer(
  message: Extract<ToHost, { type: 'request' }>,
  openexec: OpenExec | undefined,
  signal: AbortSignal,
  describe: (error: unknown) => PanelError,
): Promise<ToWebview> {
  const { id, method } = message;
  try {
    const parsed = parseRequest(message);
    if (!parsed.ok) throw new OpenExecError('request-invalid', { problem: parsed.problem });
    if (!openexec) throw new OpenExecError('not-owner');
    const result = await openexec.request(method as Method, parsed.params as ParamsInput<Method>, signal);
    return { type: 'response', id, result: result ?? {} };
  } catch (error) {
    return { type: 'response', id, error: describe(error) };
  }
}

/** About the folder that is shown, which in a window of several need not be the one the trees show. */
function perform(
  message: Extract<ToHost, { type: 'command' }>,
  root: string | null,
  options: Pick<PanelLinkOptions, 'perform' | 'warn'>,
): void {
  const parsed = parseCommand(message);
  if (!parsed.ok) return options.warn(`The panel sent a command that was not understood: ${parsed.problem}`);
  const about = 'root' in panelCommands[message.id].shape && root !== null;
  options.perform(message.id, about ? { root, ...(parsed.args as object) } : parsed.args);
}

function panelError(error: unknown, translate: Translate): PanelError {
  const known = asOpenExecError(error);
  return { code: known.code, params: { ...known.params }, message: describeError(known, translate) };
}

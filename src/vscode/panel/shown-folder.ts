/** The folder a panel shows and its façade: opened when the folder may be, listened to, and left with all that came of it. */
import { disposableList, type Disposable } from '../../base/disposable.js';
import { isAbort } from '../../core/errors.js';
import type { Change, OpenExec } from '../../core/facade.js';
import type { Environment, PanelError } from '../../protocol/panel.js';
import type { WatchedRun } from './watched-run.js';

export interface ShownFolderOptions {
  /** Opens the façade of a root, or returns the open one. It stays its owner's to close. */
  openexecFor(root: string): Promise<OpenExec>;
  watched: WatchedRun;
  onChange(change: Change): void;
  describe(error: unknown): PanelError;
  /** This process, to tell "our window owns it" from "another one does". */
  pid: number;
  warn(message: string, error?: unknown): void;
  signal: AbortSignal;
}

export interface ShownFolder extends Disposable {
  readonly root: string | null;
  readonly openexec: OpenExec | undefined;
  /** Another folder from now on, or the same one anew. */
  show(root: string | null): void;
  /**
   * Opens the façade of the folder that is shown, else of the wanted one, else of the first, unless it is open. Says
   * how that went; nothing when a newer call took its place.
   */
  open(
    facts: WindowFacts,
    wanted: string | null | undefined,
    stale: () => boolean,
  ): Promise<FolderStanding | undefined>;
}
interface WindowFacts {
  trusted: boolean;
  roots: readonly { path: string }[];
}
export type FolderStanding = Pick<Environment, 'root' | 'problem' | 'model' | 'owner'>;

export function createShownFolder(options: ShownFolderOptions): ShownFolder {
  const { watched, signal } = options;
  let root: string | null = null;
  let openexec: OpenExec | undefined;
  let listening = disposableList();
  let connected = true;

  function leave(): void {
    listening.dispose();
    listening = disposableList();
    openexec = undefined;
    connected = true;
    watched.watch();
  }

  function listenTo(opened: OpenExec): void {
    openexec = opened;
    listening.add(opened.onEvent(watched.onEvent));
    listening.add(opened.onProgress(watched.onProgress));
    listening.add(
      opened.onChange((change) => {
        if (change.type === 'owner') connected = change.connected;
        options.onChange(change);
      }),
    );
  }

  function show(path: string | null): void {
    root = path;
    leave();
  }

  return {
    get root() {
      return root;
    },
    get openexec() {
      return openexec;
    },
    show,
    async open({ trusted, roots }, wanted, stale) {
      const known = (path: string | null | undefined): path is string => roots.some((each) => each.path === path);
      const next = [root, wanted].find(known) ?? roots[0]?.path ?? null;
      if (next !== root) show(next);
      const standing: FolderStanding = { root, problem: null, model: null, owner: null };
      if (root === null || !trusted) return standing;
      try {
        const opened = await options.openexecFor(root);
        if (stale()) return undefined;
        if (opened !== openexec) {
          leave();
          listenTo(opened);
        }
        const { model, recorded, owner } = await opened.request('status', {}, signal);
        return {
          ...standing,
          model: model === '' ? null : { label: model, recorded },
          owner: { ...owner, ours: owner.pid === options.pid, connected },
        };
      } catch (error) {
        if (isAbort(error) || signal.aborted) return undefined;
        options.warn('The panel could not open the runs of this folder', error);
        return { ...standing, problem: options.describe(error) };
      }
    },
    dispose: leave,
  };
}

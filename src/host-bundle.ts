/**
 * dist/host.js: the engine and the command line in one file, each run when it is first asked for. One file, so that the
 * command line and its engine share what both need (schemas above all) instead of loading and building it twice.
 */
import type { openRoot as OpenRoot } from './host.js';
import type {
  adoptRoot as AdoptRoot,
  movedTo as MovedTo,
  restoreRoot as RestoreRoot,
  startFresh as StartFresh,
} from './host-state.js';

export const openRoot: typeof OpenRoot = async (options) => (await import('./host.js')).openRoot(options);

export const restoreRoot: typeof RestoreRoot = async (...given) =>
  (await import('./host-state.js')).restoreRoot(...given);
export const movedTo: typeof MovedTo = async (...given) => (await import('./host-state.js')).movedTo(...given);
export const adoptRoot: typeof AdoptRoot = async (...given) => (await import('./host-state.js')).adoptRoot(...given);
export const startFresh: typeof StartFresh = async (...given) => (await import('./host-state.js')).startFresh(...given);

/** Runs the command line of this process. */
export const runTerminal = (): Promise<unknown> => import('./cli.js');

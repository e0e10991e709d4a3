/**
 * dist/host.js: the engine and the command line in one file, each run when it is first asked for. One file, so that the command line
 * and its engine share what both need (schemas above all) instead of loading and building it twice.
 */
import type { openRoot as OpenRoot } from './host.js';

export const openRoot: typeof OpenRoot = async (options) => (await import('./host.js')).openRoot(options);

/** Runs the command line of this process. */
export const runTerminal = (): Promise<unknown> => import('./cli.js');

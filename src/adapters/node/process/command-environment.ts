/** What a command finds around it: its variables, the PATH, and the folders that must stay readable for it. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import * as hostPath from 'node:path';
import type { UsedEnvironment } from '../../../core/ports/ports.js';
import { markName } from './process-tree.js';
import { findProgram, pathOf, searchPath, type ProcessEnvironment } from './programs.js';

/** What stands in for `node` where the PATH has none: VS Code's own executable. */
export interface FallbackNode {
  execPath: string;
  electron: boolean;
}

export interface EnvironmentOptions {
  /** The process's environment; the child gets what `childEnvironment` leaves of it. */
  env: ProcessEnvironment;
  childEnvironment(env: ProcessEnvironment): ProcessEnvironment;
  platform: NodeJS.Platform;
  /** Folder of our own for spooled output and the `node` stand-in; made when first needed. */
  spoolDir: string;
  fallbackNode?: FallbackNode;
}

export const foldersOf = (environments: readonly UsedEnvironment[]): string[] =>
  environments.flatMap(({ folders }) => folders);

export function commandEnvironment(
  options: EnvironmentOptions,
  root: string,
  mark: string,
  used: readonly UsedEnvironment[],
): { env: Record<string, string>; readable: string[] } {
  const { platform } = options;
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.childEnvironment(options.env)))
    if (value !== undefined && !(platform === 'win32' && name.toUpperCase() === 'PATH')) kept[name] = value;
  const env: ProcessEnvironment = { ...kept, PATH: pathOf(options.childEnvironment(options.env), platform) };
  const folders = searchPath({ env, platform, root, first: foldersOf(used) });
  // A program must not vanish behind the sandbox's own /tmp;
  // those in node_modules/.bin are links to the packages beside it.
  const readable = folders.map((folder) =>
    folder.endsWith(`node_modules${hostPath.sep}.bin`) ? hostPath.dirname(folder) : folder,
  );
  if (options.fallbackNode && findProgram('node', { env, platform, root }) === undefined) {
    const folder = standInForNode(options.fallbackNode, options.spoolDir);
    folders.push(folder); // last: a node that is installed always wins
    readable.push(folder, hostPath.dirname(options.fallbackNode.execPath));
  }
  for (const { folders: own } of used) readable.push(...own.map((folder) => hostPath.dirname(folder)));
  const variables = Object.assign({}, ...used.map((one) => one.variables)) as Record<string, string>;
  const joined = folders.join(platform === 'win32' ? ';' : ':');
  return { env: { ...kept, ...variables, PATH: joined, [markName]: mark }, readable };
}

/**
 * A folder with a `node` that runs VS Code's executable as Node;
 * a shell script, which Git's bash on Windows runs too.
 */
function standInForNode(node: FallbackNode, spoolDir: string): string {
  const folder = hostPath.join(spoolDir, 'bin');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const quoted = `'${node.execPath.replaceAll("'", `'\\''`)}'`;
  const file = hostPath.join(folder, 'node');
  writeFileSync(file, `#!/bin/sh\n${node.electron ? 'ELECTRON_RUN_AS_NODE=1 ' : ''}exec ${quoted} "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}

/**
 * For an installation only: where a proxy stands between this machine and the registries, Node finds its certificate
 * by a variable that no other command gets. Of the person's own, never a file of the workspace.
 */
export function certificates(env: ProcessEnvironment, root: string): Record<string, string> {
  const file = env['NODE_EXTRA_CA_CERTS'];
  return file !== undefined && hostPath.isAbsolute(file) && hostPath.relative(root, file).startsWith('..')
    ? { NODE_EXTRA_CA_CERTS: file }
    : {};
}

/**
 * The folder in which confined commands keep their caches: made where it is missing, with the links that tools look
 * for beside them. A folder of the data home, so that no repository can bring one.
 */
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { toolCaches, type ToolCachesGiven } from '../../../core/project/tool-caches.js';
import { isFile, type ProcessEnvironment } from './programs.js';

export interface ToolCachesFor {
  root: string;
  network: boolean;
  env: ProcessEnvironment;
  /** Approved by a person; its cache is apart: what comes from it is installed, and then runs outside the sandbox. */
  installation: boolean;
}

export interface PreparedCaches {
  env: Record<string, string>;
  /** What the command may write beside the workspace. */
  writable: string[];
}

/**
 * Links are made once, before the first command could write there: later, what it put in their way would be
 * followed from outside the sandbox.
 */
export function prepareToolCaches(folder: string, { root, network, env, installation }: ToolCachesFor): PreparedCaches {
  const installed = join(folder, 'installations');
  const own = installation ? installed : join(folder, 'commands');
  const platform: ToolCachesGiven['platform'] = process.platform === 'darwin' ? 'darwin' : 'linux';
  const caches = toolCaches({
    folder: own,
    root,
    network,
    platform,
    env,
    exists: existsSync,
    ...(!installation && existsSync(installed) && { installed }),
    goProxy: network ? proxyOfGo(env, platform) : undefined,
  });
  if (!existsSync(own)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fresh = mkdtempSync(join(folder, 'preparing-'));
    for (const { at, to } of caches.links) link(join(fresh, at), to);
    gradleDistributions(join(env['GRADLE_USER_HOME'] ?? join(env['HOME'] ?? '/', '.gradle'), DISTRIBUTIONS), fresh);
    takePlace(fresh, own);
  }
  return { env: caches.env, writable: [own] };
}

/** Another command of this folder may have been first: its folder is as good. */
function takePlace(fresh: string, own: string): void {
  try {
    renameSync(fresh, own);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(own)) throw error;
  }
}

/** Go keeps the person's choice in a file of lines `NAME=VALUE`; one that cannot be read is none. */
function proxyOfGo(env: ProcessEnvironment, platform: ToolCachesGiven['platform']): string | undefined {
  const home = env['HOME'] ?? '/';
  const config =
    platform === 'darwin'
      ? join(home, 'Library/Application Support')
      : (env['XDG_CONFIG_HOME'] ?? join(home, '.config'));
  const file = env['GOENV'] ?? join(config, 'go', 'env');
  if (!isFile(file)) return undefined;
  return /^GOPROXY=(\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
}

/** In node_modules, by the tools that write there: Vite, Vitest, TypeScript, and all that follow find-cache-dir. */
const CACHES_OF_PACKAGES = ['.cache', '.vite', '.vite-temp', '.vitest', '.tmp'];
/** What a package's own generator writes into such a folder while the project is built, where that package is. */
const GENERATED_BY: Readonly<Record<string, string>> = { '@prisma': '.prisma', astro: '.astro' };

/** Folders that hold the programs of `protect`, as they really lie, where they lie in the workspace. */
export function keptFolders(root: string, protect: readonly string[]): string[] {
  // Packages without programs of their own are no less the project's.
  const folders = [...protect.map((folder) => dirname(folder)), join(root, 'node_modules')].filter((folder) =>
    existsSync(folder),
  );
  return [...new Set(folders.map((folder) => realpathSync(folder)))].filter((folder) => folder.startsWith(root + sep));
}

/**
 * What may be written in them. Made where it is missing, since nothing can be put over what is not there; one that is
 * a link is none: it could lead anywhere.
 */
export function cachesIn(kept: readonly string[]): string[] {
  const found: string[] = [];
  for (const folder of kept.filter((one) => basename(one) === 'node_modules'))
    for (const name of [...CACHES_OF_PACKAGES, ...generatedIn(folder)]) {
      const path = join(folder, name);
      if (!lstatSync(path, { throwIfNoEntry: false }) && isWritable(folder)) mkdirSync(path);
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) found.push(path);
    }
  return found;
}

const generatedIn = (folder: string): string[] =>
  Object.entries(GENERATED_BY).flatMap(([by, name]) => (existsSync(join(folder, by)) ? [name] : []));

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false; // then its tools do without as well
  }
}

const DISTRIBUTIONS = join('wrapper', 'dists');

/**
 * The wrapper locks a file beside the Gradle it downloaded once, and asks for a mark that says the download is whole:
 * both in folders of ours, the Gradle itself as a link. Layout: dists/NAME/HASH/{NAME.zip.ok, gradle-VERSION/}.
 */
function gradleDistributions(theirs: string, own: string): void {
  for (const name of foldersIn(theirs))
    for (const hash of foldersIn(join(theirs, name))) {
      const from = join(theirs, name, hash);
      const marks = readdirSync(from).filter((entry) => entry.endsWith('.ok'));
      const at = join(own, 'gradle', DISTRIBUTIONS, name, hash);
      if (marks.length === 0) continue;
      mkdirSync(at, { recursive: true });
      for (const entry of foldersIn(from)) link(join(at, entry), join(from, entry));
      for (const mark of marks) writeFileSync(join(at, mark), '');
    }
}

const foldersIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : [];

function link(at: string, to: string): void {
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(to, at);
}

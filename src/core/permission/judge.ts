/**
 * What a gate and an explanation share: the policy is asked, what it would have liked to know is looked up (links,
 * programs, scripts inside commands), and it is asked again, until nothing is missing. Looks only; changes nothing.
 */
import picomatch from 'picomatch';
import { z } from 'zod';
import { decodeUtf8 } from '../../base/bytes.js';
import { isOpenExecError } from '../errors.js';
import { ask, decisionOf } from '../policy/types.js';
import type { Decision } from '../model/policy.js';
import type { Root } from '../model/primitives.js';
import {
  decide,
  FOLLOWING,
  isReadProtected,
  TOO_MANY,
  type Facts,
  type Missing,
  type Policy,
  type PolicyRequest,
  type Target,
} from '../policy/index.js';
import type { CommandRunner, FileStat, Ports, ShellParser, Workspace } from '../ports/ports.js';

export interface JudgeWorld {
  root: Root;
  workspace: Pick<Workspace, 'stat' | 'list' | 'read'>;
  shell: ShellParser;
  locate: CommandRunner['locate'];
  /** As in Facts. */
  dataHome?: string | undefined;
}

export const worldAt = (
  root: Root,
  { workspace, shell, commands, dataHome }: Pick<Ports, 'workspace' | 'shell' | 'commands' | 'dataHome'>,
): JudgeWorld => ({
  root,
  workspace,
  shell,
  locate: (at, name) => commands.locate(at, name),
  dataHome,
});

/**
 * Scripts may hold scripts: each round can find more to look up.
 * The policy itself denies what is wrapped in itself more than 8 times.
 */
const MAX_ROUNDS = 12;
/** Entries of a folder that is walked, and of a pattern. Beyond it the answer is "not known". */
const MAX_ENTRIES = 20_000;
/** The same where each has to be looked at for being a link. */
const MAX_FOLLOWED = 3000;
const MAX_FOUND = 50;
const MAX_MATCHES = 1000;
const MAX_PACKAGE_BYTES = 1_000_000;

export async function judge(
  request: PolicyRequest,
  policy: Policy,
  world: JudgeWorld,
  known: Facts = {},
): Promise<Decision> {
  const targets = new Map<string, Target | null>();
  const programs = new Map<string, { path: string; workspacePath?: string } | null>();
  const scripts = new Map<string, Awaited<ReturnType<ShellParser['parse']>>>();
  const packages = new Map<string, Readonly<Record<string, string>> | null>();
  const walked = new Map<string, readonly string[]>();
  const globs = new Map<string, readonly string[] | null>();
  const given: Facts = {
    ...known,
    root: world.root,
    ...(world.dataHome !== undefined && { dataHome: world.dataHome }),
  };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const missing: Missing = {
      targets: new Set(),
      programs: new Set(),
      scripts: new Set(),
      packages: new Set(),
      walked: new Set(),
      globs: new Set(),
    };
    const decision = decide(request, policy, {
      ...given,
      targets,
      programs,
      scripts,
      packages,
      walked,
      globs,
      missing,
    });
    if (
      missing.targets.size +
        missing.programs.size +
        missing.scripts.size +
        missing.packages.size +
        missing.walked.size +
        missing.globs.size ===
      0
    )
      return decision;
    for (const path of missing.targets) targets.set(path, await targetOf(world, path));
    for (const name of missing.programs) programs.set(name, (await world.locate(world.root, name)) ?? null);
    for (const text of missing.scripts) scripts.set(text, await world.shell.parse(text));
    for (const folder of missing.packages) packages.set(folder, await packageScripts(world, folder));
    for (const key of missing.walked)
      walked.set(
        key,
        key.startsWith(FOLLOWING)
          ? await protectedBelow(world, key.slice(FOLLOWING.length), MAX_FOLLOWED)
          : await protectedBelow(world, key),
      );
    for (const pattern of missing.globs) globs.set(pattern, await filesOf(world, pattern));
  }
  return decisionOf(ask('command.too-deep', 'what it would do is wrapped in itself too often to be looked at'));
}

/** null: nothing is there. */
export const asTarget = (stat: FileStat | undefined): Target | null =>
  stat
    ? {
        realPath: stat.realPath,
        viaLink: stat.viaLink,
        kind: stat.kind,
        ...(stat.links !== undefined && { links: stat.links }),
      }
    : null;

async function targetOf(world: JudgeWorld, path: string): Promise<Target | null> {
  try {
    return asTarget(await world.workspace.stat(world.root, path));
  } catch (error) {
    // No path of this system, or links without end:
    // the first is judged by its name, the second leads nowhere that is known.
    if (isOpenExecError(error, 'path-invalid') || isOpenExecError(error, 'path-outside')) return null;
    // Not to be looked at (a folder without permission, a name too long): whoever opens it will be told the same.
    if (error instanceof Error && 'code' in error && !isOpenExecError(error)) return null;
    throw error;
  }
}

const packageSchema = z.object({ scripts: z.record(z.string(), z.string()).default({}) });

async function packageScripts(
  { root, workspace }: JudgeWorld,
  folder: string,
): Promise<Readonly<Record<string, string>> | null> {
  try {
    const bytes = await workspace.read(
      root,
      folder === '' ? 'package.json' : `${folder}/package.json`,
      MAX_PACKAGE_BYTES,
    );
    const parsed = packageSchema.safeParse(JSON.parse((bytes && decodeUtf8(bytes)) ?? 'null'));
    return parsed.success ? parsed.data.scripts : null;
  } catch (error) {
    // Not JSON, too large, or not to be read: npm will be told the same, and what the name alone says holds.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null;
    throw error;
  }
}

/** Folders of others' code: many files, and none of the person's secrets. */
const PASSED_OVER = new Set(['.git/', 'node_modules/', '.venv/', 'venv/', 'target/', '__pycache__/']);

/**
 * Files below that are protected from reading, breadth first.
 * `follow`: also what links lead to, of at most so many entries.
 */
async function protectedBelow(world: JudgeWorld, folder: string, follow = 0): Promise<readonly string[]> {
  const { root, workspace } = world;
  const found: string[] = [];
  const queue = [folder];
  let seen = 0;
  for (let at = 0; at < queue.length && found.length < MAX_FOUND; at += 1) {
    const next = queue[at] ?? '';
    for (const entry of await listed(workspace, root, next)) {
      if ((seen += 1) > (follow || MAX_ENTRIES)) return [...found, TOO_MANY];
      const path = next === '' ? entry : `${next}/${entry}`;
      if (entry.endsWith('/')) {
        if (!PASSED_OVER.has(entry)) queue.push(path.slice(0, -1));
        continue;
      }
      const target = follow > 0 ? await targetOf(world, path) : null;
      if (
        isReadProtected(path) ||
        (target?.viaLink &&
          (target.realPath === undefined || target.kind === 'directory' || isReadProtected(target.realPath)))
      )
        found.push(path);
    }
  }
  return found;
}

/**
 * One folder's worth: the pattern's last part only, as far as a shell needs no walk.
 * Names in order; null = not to be listed here.
 */
async function filesOf({ root, workspace }: JudgeWorld, pattern: string): Promise<readonly string[] | null> {
  const slash = pattern.lastIndexOf('/');
  const folders = /[*?[\]]/.test(pattern.slice(0, Math.max(slash, 0)))
    ? await foldersOf({ root, workspace }, pattern.slice(0, slash))
    : [pattern.slice(0, Math.max(slash, 0))];
  if (!folders) return null;
  const matches = picomatch(pattern.slice(slash + 1), { dot: false, nobrace: true, noext: true, noglobstar: true });
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of await listed(workspace, root, folder)) {
      const name = entry.replace(/\/$/, '');
      if (matches(name)) found.push(folder === '' ? name : `${folder}/${name}`);
      if (found.length > MAX_MATCHES) return null;
    }
  }
  return found;
}

async function foldersOf(world: Pick<JudgeWorld, 'root' | 'workspace'>, pattern: string): Promise<string[] | null> {
  const found = await filesOf(world as JudgeWorld, pattern);
  return found === null ? null : [...found];
}

async function listed(workspace: JudgeWorld['workspace'], root: Root, folder: string): Promise<string[]> {
  try {
    return await workspace.list(root, folder);
  } catch (error) {
    // No folder, or none that may be looked into: nothing there would be printed
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

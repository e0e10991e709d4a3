/**
 * What a gate and an explanation share: the policy is asked, what it would have liked to know is looked up (links, programs, scripts
 * inside commands), and it is asked again, until nothing is missing. Looks only; changes nothing.
 */
import picomatch from 'picomatch';
import { isOpenExecError } from './errors.js';
import type { Decision } from './model/policy.js';
import type { Root } from './model/primitives.js';
import { decide, isReadProtected, type Facts, type Missing, type Policy, type PolicyRequest, type Target } from './policy/index.js';
import type { CommandRunner, ShellParser, Workspace } from './ports.js';

export interface JudgeWorld {
  root: Root;
  workspace: Pick<Workspace, 'stat' | 'list'>;
  shell: ShellParser;
  locate: CommandRunner['locate'];
}

/** Scripts may hold scripts: each round can find more to look up. The policy itself denies what is wrapped in itself more than 8 times. */
const MAX_ROUNDS = 12;
/** Entries of a folder that is walked, and of a pattern. Beyond it the answer is "not known". */
const MAX_ENTRIES = 20_000;
const MAX_MATCHES = 1000;

export async function judge(request: PolicyRequest, policy: Policy, world: JudgeWorld, known: Facts = {}): Promise<Decision> {
  const targets = new Map<string, Target | null>();
  const programs = new Map<string, { path: string; workspacePath?: string } | null>();
  const scripts = new Map<string, Awaited<ReturnType<ShellParser['parse']>>>();
  const walked = new Map<string, string | null>();
  const globs = new Map<string, readonly string[] | null>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const missing: Missing = { targets: new Set(), programs: new Set(), scripts: new Set(), walked: new Set(), globs: new Set() };
    const decision = decide(request, policy, { ...known, root: world.root, targets, programs, scripts, walked, globs, missing });
    if (missing.targets.size + missing.programs.size + missing.scripts.size + missing.walked.size + missing.globs.size === 0) return decision;
    for (const path of missing.targets) targets.set(path, await targetOf(world, path));
    for (const name of missing.programs) programs.set(name, (await world.locate(world.root, name)) ?? null);
    for (const text of missing.scripts) scripts.set(text, await world.shell.parse(text));
    for (const folder of missing.walked) walked.set(folder, await protectedBelow(world, folder));
    for (const pattern of missing.globs) globs.set(pattern, await filesOf(world, pattern));
  }
  return { effect: 'ask', rule: 'command.too-deep', reason: 'what it would do is wrapped in itself too often to be looked at' };
}

async function targetOf(world: JudgeWorld, path: string): Promise<Target | null> {
  try {
    const stat = await world.workspace.stat(world.root, path);
    return stat ? { realPath: stat.realPath, viaLink: stat.viaLink, kind: stat.kind, ...(stat.links !== undefined && { links: stat.links }) } : null;
  } catch (error) {
    // No path of this system, or links without end: the first is judged by its name, the second leads nowhere that is known.
    if (isOpenExecError(error, 'path-invalid') || isOpenExecError(error, 'path-outside')) return null;
    // Not to be looked at (a folder without permission, a name too long): whoever opens it will be told the same.
    if (error instanceof Error && 'code' in error && !isOpenExecError(error)) return null;
    throw error;
  }
}

/** The first file below that is protected from reading, breadth first; `…` when there are too many to look at. */
async function protectedBelow({ root, workspace }: JudgeWorld, folder: string): Promise<string | null> {
  const queue = [folder];
  let seen = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const entry of await listed(workspace, root, next)) {
      if ((seen += 1) > MAX_ENTRIES) return '…';
      const path = next === '' ? entry : `${next}/${entry}`;
      if (!entry.endsWith('/')) {
        if (isReadProtected(path)) return path;
      } else if (!['.git/', 'node_modules/'].includes(entry)) queue.push(path.slice(0, -1));
    }
  }
  return null;
}

/** One folder's worth: the pattern's last part only, as far as a shell needs no walk. Names in order; null = not to be listed here. */
async function filesOf({ root, workspace }: JudgeWorld, pattern: string): Promise<readonly string[] | null> {
  const slash = pattern.lastIndexOf('/');
  const folders = /[*?[\]]/.test(pattern.slice(0, Math.max(slash, 0))) ? await foldersOf({ root, workspace }, pattern.slice(0, slash)) : [pattern.slice(0, Math.max(slash, 0))];
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
    if (error instanceof Error && 'code' in error) return []; // no folder, or none that may be looked into: nothing there would be printed
    throw error;
  }
}

/**
 * Lists files where there is no git:
 * a bounded walk, level by level, that follows no link and obeys every .gitignore on its way.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** Never listed, whatever git says of them. */
export const isNeverListed = (path: string): boolean =>
  path.split('/').some((part) => part === 'node_modules' || part === '.git') || temporaryName.test(path);
const temporaryName = /(^|\/)\.openexec-\d+-[0-9a-f]+\.tmp$/;

interface Rules {
  /** '' or `folder/`: the rules count below it. */
  base: string;
  rules: Ignore;
}

/** At most `limit` + 1 paths, `/`-separated, in no particular order; visits at most `maxFolders`. */
export async function walk(
  root: string,
  limit: number,
  signal: AbortSignal,
  maxFolders = 50_000,
): Promise<{ paths: string[]; truncated: boolean }> {
  const paths: string[] = [];
  const queue: { folder: string; rules: Rules[] }[] = [{ folder: '', rules: [] }];
  for (let visited = 0; queue.length > 0; visited++) {
    signal.throwIfAborted();
    if (visited >= maxFolders) return { paths, truncated: true };
    const { folder, rules: inherited } = queue.shift()!;
    // A folder that cannot be read has no files for us
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    const own = entries.some((entry) => entry.name === '.gitignore' && entry.isFile())
      ? await readRules(root, folder)
      : undefined;
    const rules = own ? [...inherited, own] : inherited;
    for (const entry of entries) {
      const path = folder + entry.name;
      if (isNeverListed(path)) continue;
      if (entry.isDirectory()) {
        if (!isIgnored(`${path}/`, rules)) queue.push({ folder: `${path}/`, rules });
      } else if ((entry.isFile() || entry.isSymbolicLink()) && !isIgnored(path, rules)) {
        paths.push(path);
        if (paths.length > limit) return { paths, truncated: true };
      }
    }
  }
  return { paths, truncated: false };
}

async function readRules(root: string, folder: string): Promise<Rules | undefined> {
  // Gone in between: no rules
  const text = await readFile(join(root, folder, '.gitignore'), 'utf8').catch(() => undefined);
  return text === undefined || text.length > 1024 * 1024 ? undefined : { base: folder, rules: ignore().add(text) };
}

/** The deepest file that says anything about a path decides. */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (let i = rules.length - 1; i >= 0; i--) {
    const { base, rules: own } = rules[i]!;
    const result = own.test(path.slice(base.length));
    if (result.ignored) return true;
    if (result.unignored) return false;
  }
  return false;
}

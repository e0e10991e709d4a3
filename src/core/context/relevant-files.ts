/**
 * Which files a task is about: those it names, those named like what it names, those that
 * hold the symbols it names, and their tests.
 */
import picomatch from 'picomatch';
import { naturalOrder } from '../../base/natural-order.js';

export interface RankedFile {
  path: string;
  score: number;
}

/** What a text names. */
export interface Mentions {
  paths: string[];
  folders: string[];
  globs: string[];
  /** Lower-case parts of names, four letters or more. */
  words: Set<string>;
  /** Symbols as written: camelCase, PascalCase, snake_case, or in backticks. */
  symbols: Set<string>;
}

/** Of the file alone, in lower case; of the whole path. Keys and passwords of the common tools. */
const SECRET_NAMES = [
  /\.(pem|key|p12|pfx|jks|keystore|kdbx)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)$/,
  /^\.(npmrc|pypirc|netrc|htpasswd)$/,
  /^credentials(\.json)?$/,
];
const SECRET_FOLDER = /(^|\/)\.(aws|ssh|gnupg)\//;

/** Never in a prompt, whatever a task names. `.env.example` and its like are fine. */
export const isSecretPath = (path: string): boolean => {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/^\.env(\..+)?$/.test(name)) return !/\.(example|sample|template|dist)$/.test(name);
  return SECRET_NAMES.some((names) => names.test(name)) || SECRET_FOLDER.test(path);
};

/** Lock files, what a machine made or only a machine reads, and the folders of such. */
const NOISE = [
  /(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/i,
  /(^|\/)(poetry\.lock|uv\.lock|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock)$/i,
  /\.(min\.(js|css)|map|snap|wasm|exe|dll|so|dylib|class|jar|sqlite|db|bin)$/i,
  /\.(svg|png|jpe?g|gif|webp|ico|pdf|zip|gz|tar|woff2?|ttf|otf|eot|mp[34])$/i,
  /(^|\/)(dist|build|out|vendor|coverage|node_modules|\.git)\//i,
];

/** Names that hold nothing a reader wants. */
export const isNoise = (path: string): boolean => NOISE.some((names) => names.test(path));

const commonWords = new Set([
  'with',
  'that',
  'this',
  'from',
  'into',
  'when',
  'then',
  'them',
  'each',
  'have',
  'must',
  'should',
  'which',
  'where',
  'there',
  'their',
  'using',
  'uses',
  'used',
  'make',
  'made',
  'adds',
  'also',
  'only',
  'same',
  'such',
  'than',
  'file',
  'files',
  'folder',
  'code',
  'task',
  'tasks',
  'test',
  'tests',
  'node',
  'type',
  'types',
  'name',
  'names',
  'value',
  'values',
  'function',
  'return',
  'returns',
  'create',
  'implement',
  'update',
  'write',
  'read',
  'index',
  'main',
  'true',
  'false',
  'null',
]);

export function mentionsIn(text: string): Mentions {
  const bounded = text.slice(0, 100_000);
  const paths = new Set<string>();
  const folders = new Set<string>();
  const globs = new Set<string>();
  for (const [token] of bounded.matchAll(/[\w@.*?[\]{}-]*[\w*](?:\/[\w@.*?[\]{}-]+)*\/?/g)) {
    const clean = token.replace(/^\.\//, '').replace(/[.,]+$/, '');
    if (clean.length < 3 || clean.length > 300) continue;
    if (/[*?{]/.test(clean) && clean.includes('/')) globs.add(clean);
    else if (clean.endsWith('/')) folders.add(clean.slice(0, -1));
    else if (/\.[A-Za-z]\w{0,9}$/.test(clean) || /^(Dockerfile|Makefile|Gemfile|Rakefile)$/.test(clean))
      paths.add(clean);
    else if (clean.includes('/')) folders.add(clean);
  }
  const symbols = new Set<string>();
  for (const [, quoted] of bounded.matchAll(/`([^`\n]{2,80})`/g))
    if (quoted && /^[A-Za-z_$][\w$]*(\(\))?$/.test(quoted)) symbols.add(quoted.replace('()', ''));
  for (const [symbol] of bounded.matchAll(/\b(?:[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[a-z][a-z0-9]*_[a-z0-9_]+)\b/g))
    if (symbol.length >= 5) symbols.add(symbol);
  const words = new Set<string>();
  for (const [word] of bounded.matchAll(/[A-Za-z][A-Za-z0-9]{3,}/g)) {
    const lower = word.toLowerCase();
    if (commonWords.has(lower)) continue;
    words.add(lower);
    words.add(singular(lower));
  }
  return { paths: [...paths], folders: [...folders], globs: [...globs], words, symbols };
}

/**
 * Best first, ties in natural order.
 * Scores: the path itself 100, its file name 60, a glob 30, a name's words 20 each, its folder 10.
 */
export function rankByName(paths: readonly string[], mentions: Mentions): RankedFile[] {
  const exact = new Set(mentions.paths);
  const suffixes = mentions.paths.filter((path) => path.includes('/'));
  const names = new Set(mentions.paths.map(baseName));
  const matchers = mentions.globs.slice(0, 20).map((glob) => picomatch(glob, { dot: true }));
  const scores = new Map<string, number>();
  for (const path of paths) {
    if (isSecretPath(path) || isNoise(path)) continue;
    let score = 0;
    if (exact.has(path)) score += 100;
    else if (suffixes.some((suffix) => path.endsWith(`/${suffix}`))) score += 80;
    else if (names.has(baseName(path))) score += 60;
    if (matchers.some((matches) => matches(path))) score += 30;
    if (mentions.folders.some((folder) => path.startsWith(`${folder}/`))) score += 10;
    const parts = nameParts(path).filter((part) => mentions.words.has(part) || mentions.words.has(singular(part)));
    score += Math.min(parts.length, 2) * 20;
    if (score > 0) scores.set(path, score);
  }
  // A test belongs to what it tests, and the other way round.
  const byStem = new Map<string, string[]>();
  for (const path of paths)
    if (!isNoise(path) && !isSecretPath(path))
      byStem.set(stem(path), [...(byStem.get(stem(path)) ?? []), path].slice(0, 8));
  for (const [path, score] of [...scores]) {
    if (score < 60) continue;
    for (const sibling of byStem.get(stem(path)) ?? [])
      if (sibling !== path && isTest(sibling) !== isTest(path))
        scores.set(sibling, Math.max(scores.get(sibling) ?? 0, Math.floor(score / 2)));
  }
  return [...scores].map(([path, score]) => ({ path, score })).sort(best);
}

/** Adds 8 for every symbol a file holds, at most 24. */
export function rankBySymbols(
  ranked: readonly RankedFile[],
  texts: ReadonlyMap<string, string>,
  symbols: ReadonlySet<string>,
): RankedFile[] {
  const scores = new Map(ranked.map(({ path, score }) => [path, score]));
  const wanted = [...symbols]
    .slice(0, 60)
    .map((symbol) => new RegExp(`(?<![\\w$])${symbol.replaceAll('$', '\\$')}(?![\\w$])`));
  for (const [path, text] of texts) {
    let found = 0;
    for (const symbol of wanted) if (found < 3 && symbol.test(text)) found += 1;
    if (found > 0) scores.set(path, (scores.get(path) ?? 0) + found * 8);
  }
  return [...scores].map(([path, score]) => ({ path, score })).sort(best);
}

const best = (a: RankedFile, b: RankedFile): number => b.score - a.score || naturalOrder(a.path, b.path);
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const singular = (word: string): string =>
  word.length > 4 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
const isTest = (path: string): boolean =>
  /(\.|_|-)(test|spec)\.\w+$|(^|\/)test_[^/]+$|(^|\/)(tests?|__tests__|spec)\//.test(path);
const stem = (path: string): string =>
  baseName(path)
    .replace(/^test_/, '')
    .replace(/([._-](test|spec))?\.\w+$/, '')
    .toLowerCase();
const nameParts = (path: string): string[] =>
  stem(path).length === 0
    ? []
    : baseName(path)
        .replace(/\.\w+$/, '')
        .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
        .toLowerCase()
        .split(/[^a-z0-9]+/)
        .filter((part) => part.length >= 4 && !commonWords.has(part));

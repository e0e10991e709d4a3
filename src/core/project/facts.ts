/** What can be known about a repository without a model: a bounded look at file names and at the manifests. */
import { z } from 'zod';
import { decodeUtf8 } from '../../base/bytes.js';
import { isOpenExecError } from '../errors.js';
import type { Root } from '../model/primitives.js';
import type { Workspace } from '../ports/ports.js';

export interface RepoFacts {
  files: number;
  /** There are more files than were looked at. */
  truncated: boolean;
  /** Most files first; only what is code. */
  languages: { name: string; files: number }[];
  packageManagers: string[];
  /** Of the package.json at the root. */
  scripts: Record<string, string>;
  /** Targets of the Makefile at the root. */
  makeTargets: string[];
  testRunners: string[];
  linters: string[];
  frameworks: string[];
  ci: string[];
  containers: string[];
  entryPoints: string[];
  /** Manifests that were read, and what stands at the root by name. */
  manifests: string[];
  /** Test files seen. */
  testFiles: number;
  /** Manifests that could not be read, with a sentence why. */
  unreadable: { path: string; reason: string }[];
}

export const MAX_FILES = 20_000;
const MAX_MANIFESTS = 40;
const MAX_MANIFEST_BYTES = 512 * 1024;

const languageOf: Readonly<Record<string, string>> = {
  ts: 'TypeScript',
  tsx: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  js: 'JavaScript',
  jsx: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  py: 'Python',
  go: 'Go',
  rs: 'Rust',
  java: 'Java',
  kt: 'Kotlin',
  kts: 'Kotlin',
  cs: 'C#',
  fs: 'F#',
  php: 'PHP',
  rb: 'Ruby',
  swift: 'Swift',
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  hpp: 'C++',
  scala: 'Scala',
  ex: 'Elixir',
  exs: 'Elixir',
  dart: 'Dart',
  lua: 'Lua',
  sh: 'Shell',
  sql: 'SQL',
  vue: 'Vue',
  svelte: 'Svelte',
  html: 'HTML',
  css: 'CSS',
  scss: 'CSS',
};

const MANIFESTS = [
  String.raw`package\.json`,
  String.raw`pyproject\.toml`,
  String.raw`requirements[\w.-]*\.txt`,
  String.raw`setup\.cfg`,
  'Pipfile',
  String.raw`go\.mod`,
  String.raw`Cargo\.toml`,
  String.raw`pom\.xml`,
  String.raw`build\.gradle(\.kts)?`,
  String.raw`composer\.json`,
  'Gemfile',
  'Makefile',
  String.raw`.*\.csproj`,
];
const manifestName = new RegExp(`^(${MANIFESTS.join('|')})$`);

const lockFiles: Readonly<Record<string, string>> = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'poetry.lock': 'poetry',
  'uv.lock': 'uv',
  Pipfile: 'pipenv',
  'requirements.txt': 'pip',
  'go.mod': 'go',
  'Cargo.toml': 'cargo',
  'pom.xml': 'maven',
  'build.gradle': 'gradle',
  'build.gradle.kts': 'gradle',
  'composer.json': 'composer',
  Gemfile: 'bundler',
};

/** By file name, anywhere. */
const byName: readonly [RegExp, 'testRunners' | 'linters' | 'frameworks' | 'ci' | 'containers', string][] = [
  [/^\.github\/workflows\/[^/]+\.ya?ml$/, 'ci', 'GitHub Actions'],
  [/^\.gitlab-ci\.yml$/, 'ci', 'GitLab CI'],
  [/^\.circleci\/config\.yml$/, 'ci', 'CircleCI'],
  [/^azure-pipelines\.ya?ml$/, 'ci', 'Azure Pipelines'],
  [/^Jenkinsfile$/, 'ci', 'Jenkins'],
  [/^bitbucket-pipelines\.yml$/, 'ci', 'Bitbucket Pipelines'],
  [/(^|\/)Dockerfile(\.[\w-]+)?$/, 'containers', 'Docker'],
  [/(^|\/)(docker-)?compose([\w.-]*)?\.ya?ml$/, 'containers', 'Docker Compose'],
  [/(^|\/)Chart\.yaml$/, 'containers', 'Helm'],
  [/^\.devcontainer(\/|\.json$)/, 'containers', 'Dev Container'],
  [/(^|\/)(\.eslintrc[\w.]*|eslint\.config\.[cm]?[jt]s)$/, 'linters', 'ESLint'],
  [/(^|\/)biome\.jsonc?$/, 'linters', 'Biome'],
  [/(^|\/)(\.prettierrc[\w.]*|prettier\.config\.[cm]?[jt]s)$/, 'linters', 'Prettier'],
  [/(^|\/)(ruff|\.ruff)\.toml$/, 'linters', 'Ruff'],
  [/(^|\/)\.flake8$/, 'linters', 'Flake8'],
  [/(^|\/)\.golangci\.ya?ml$/, 'linters', 'golangci-lint'],
  [/(^|\/)\.?clippy\.toml$/, 'linters', 'Clippy'],
  [/(^|\/)\.rubocop\.yml$/, 'linters', 'RuboCop'],
  [/(^|\/)phpcs\.xml(\.dist)?$/, 'linters', 'PHP_CodeSniffer'],
  [/(^|\/)checkstyle\.xml$/, 'linters', 'Checkstyle'],
  [/(^|\/)vitest\.config\.[cm]?[jt]s$/, 'testRunners', 'Vitest'],
  [/(^|\/)jest\.config\.[cm]?[jt]s(on)?$/, 'testRunners', 'Jest'],
  [/(^|\/)playwright\.config\.[cm]?[jt]s$/, 'testRunners', 'Playwright'],
  [/(^|\/)cypress\.config\.[cm]?[jt]s$/, 'testRunners', 'Cypress'],
  [/(^|\/)(pytest\.ini|conftest\.py)$/, 'testRunners', 'pytest'],
  [/(^|\/)phpunit\.xml(\.dist)?$/, 'testRunners', 'PHPUnit'],
  [/(^|\/)spec\/spec_helper\.rb$/, 'testRunners', 'RSpec'],
  [/_test\.go$/, 'testRunners', 'go test'],
  [/(^|\/)next\.config\.[cm]?[jt]s$/, 'frameworks', 'Next.js'],
  [/(^|\/)angular\.json$/, 'frameworks', 'Angular'],
  [/(^|\/)manage\.py$/, 'frameworks', 'Django'],
  [/(^|\/)supabase\/config\.toml$/, 'frameworks', 'Supabase'],
  [/(^|\/)schema\.prisma$/, 'frameworks', 'Prisma'],
];

/** By the name of a dependency, in whatever manifest. */
const byDependency: Readonly<Record<string, ['testRunners' | 'linters' | 'frameworks', string]>> = {
  vitest: ['testRunners', 'Vitest'],
  jest: ['testRunners', 'Jest'],
  mocha: ['testRunners', 'Mocha'],
  ava: ['testRunners', 'AVA'],
  '@playwright/test': ['testRunners', 'Playwright'],
  cypress: ['testRunners', 'Cypress'],
  pytest: ['testRunners', 'pytest'],
  rspec: ['testRunners', 'RSpec'],
  minitest: ['testRunners', 'Minitest'],
  'phpunit/phpunit': ['testRunners', 'PHPUnit'],
  'junit-jupiter': ['testRunners', 'JUnit'],
  junit: ['testRunners', 'JUnit'],
  xunit: ['testRunners', 'xUnit'],
  NUnit: ['testRunners', 'NUnit'],
  eslint: ['linters', 'ESLint'],
  '@biomejs/biome': ['linters', 'Biome'],
  prettier: ['linters', 'Prettier'],
  typescript: ['linters', 'TypeScript'],
  ruff: ['linters', 'Ruff'],
  flake8: ['linters', 'Flake8'],
  mypy: ['linters', 'mypy'],
  black: ['linters', 'Black'],
  rubocop: ['linters', 'RuboCop'],
  next: ['frameworks', 'Next.js'],
  react: ['frameworks', 'React'],
  vue: ['frameworks', 'Vue'],
  svelte: ['frameworks', 'Svelte'],
  '@angular/core': ['frameworks', 'Angular'],
  express: ['frameworks', 'Express'],
  fastify: ['frameworks', 'Fastify'],
  '@nestjs/core': ['frameworks', 'NestJS'],
  hono: ['frameworks', 'Hono'],
  electron: ['frameworks', 'Electron'],
  fastapi: ['frameworks', 'FastAPI'],
  django: ['frameworks', 'Django'],
  Django: ['frameworks', 'Django'],
  flask: ['frameworks', 'Flask'],
  Flask: ['frameworks', 'Flask'],
  rails: ['frameworks', 'Rails'],
  sinatra: ['frameworks', 'Sinatra'],
  'laravel/framework': ['frameworks', 'Laravel'],
  'symfony/framework-bundle': ['frameworks', 'Symfony'],
  'github.com/gin-gonic/gin': ['frameworks', 'Gin'],
  'github.com/labstack/echo': ['frameworks', 'Echo'],
  axum: ['frameworks', 'Axum'],
  'actix-web': ['frameworks', 'Actix'],
  'spring-boot': ['frameworks', 'Spring Boot'],
  'Microsoft.AspNetCore': ['frameworks', 'ASP.NET Core'],
};

const packageJsonSchema = z.object({
  main: z.string().optional().catch(undefined),
  bin: z
    .union([z.string(), z.record(z.string(), z.string())])
    .optional()
    .catch(undefined),
  packageManager: z.string().optional().catch(undefined),
  scripts: z.record(z.string(), z.string()).catch({}).default({}),
  dependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
  devDependencies: z.record(z.string(), z.unknown()).catch({}).default({}),
  require: z.record(z.string(), z.unknown()).catch({}).default({}),
  'require-dev': z.record(z.string(), z.unknown()).catch({}).default({}),
});

/** Same tree, same facts. Never fails for what a file holds; a workspace that cannot be listed at all rejects. */
export async function scanRepository(workspace: Workspace, root: Root, signal: AbortSignal): Promise<RepoFacts> {
  const { paths, truncated } = await workspace.files(root, MAX_FILES, signal);
  const found = {
    packageManagers: new Set<string>(),
    testRunners: new Set<string>(),
    linters: new Set<string>(),
    frameworks: new Set<string>(),
    ci: new Set<string>(),
    containers: new Set<string>(),
    entryPoints: new Set<string>(),
  };
  const languages = new Map<string, number>();
  const manifests: string[] = [];
  let testFiles = 0;
  const all = new Set(paths);
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const language = languageOf[name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : ''];
    if (language) languages.set(language, (languages.get(language) ?? 0) + 1);
    if (/(\.|_|-)(test|spec)\.\w+$|^test_\w+\.py$|_test\.(go|py|exs)$/.test(name)) testFiles += 1;
    const manager = Object.hasOwn(lockFiles, name) ? lockFiles[name] : undefined;
    if (manager) found.packageManagers.add(manager);
    for (const [pattern, kind, value] of byName) if (pattern.test(path)) found[kind].add(value);
    if (manifestName.test(name) && path.split('/').length <= 4) manifests.push(path);
    if (
      /^(src\/)?(main|index|server|app|cli|extension)\.([cm]?[jt]sx?|py|go|rs)$/.test(path) ||
      /^(src\/main\.rs|cmd\/[^/]+\/main\.go|manage\.py)$/.test(path)
    )
      found.entryPoints.add(path);
  }
  // The root's own first, then by depth: where there are too many, the near ones count.
  manifests.sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));

  const unreadable: RepoFacts['unreadable'] = [];
  let scripts: Record<string, string> = {};
  let makeTargets: string[] = [];
  const dependency = (name: string): void => {
    const known = Object.hasOwn(byDependency, name) ? byDependency[name] : undefined;
    if (known) found[known[0]].add(known[1]);
  };
  for (const path of manifests.slice(0, MAX_MANIFESTS)) {
    signal.throwIfAborted();
    const text = await readText(workspace, root, path, unreadable);
    if (text === undefined) continue;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === 'package.json' || name === 'composer.json') {
      const read = parsePackage(text);
      if (!read) {
        unreadable.push({ path, reason: 'it is not valid JSON' });
        continue;
      }
      for (const group of [read.dependencies, read.devDependencies, read.require, read['require-dev']])
        Object.keys(group).forEach(dependency);
      if (Object.values(read.scripts).some((script) => /\bnode\b[^&|;]*\s--test\b/.test(script)))
        found.testRunners.add('node --test');
      if (path === 'package.json') {
        scripts = read.scripts;
        const named = read.packageManager?.split('@')[0];
        if (named) found.packageManagers.add(named);
        else if (!['npm', 'pnpm', 'yarn', 'bun'].some((manager) => found.packageManagers.has(manager)))
          found.packageManagers.add('npm');
        for (const entry of [
          read.main,
          ...(typeof read.bin === 'string' ? [read.bin] : Object.values(read.bin ?? {})),
        ]) {
          const clean = entry?.replace(/^\.\//, '');
          if (clean && all.has(clean)) found.entryPoints.add(clean);
        }
      }
    } else if (name === 'Makefile') {
      if (path === name)
        makeTargets = [...text.matchAll(/^([a-zA-Z][\w-]*)\s*:(?!=)/gm)]
          .map((match) => match[1] ?? '')
          .filter((target, at, list) => list.indexOf(target) === at);
    } else for (const known of Object.keys(byDependency)) if (mentions(text, known)) dependency(known);
  }
  if (found.packageManagers.has('cargo')) found.testRunners.add('cargo test');

  return {
    files: paths.length,
    truncated,
    languages: [...languages]
      .map(([name, files]) => ({ name, files }))
      .sort((a, b) => b.files - a.files || (a.name < b.name ? -1 : 1)),
    packageManagers: [...found.packageManagers].sort(),
    scripts,
    makeTargets,
    testRunners: [...found.testRunners].sort(),
    linters: [...found.linters].sort(),
    frameworks: [...found.frameworks].sort(),
    ci: [...found.ci].sort(),
    containers: [...found.containers].sort(),
    entryPoints: [...found.entryPoints].sort(),
    manifests: [...manifests.slice(0, MAX_MANIFESTS), ...rootMarkers.filter((marker) => all.has(marker))],
    testFiles,
    unreadable,
  };
}

/** Files at the root that decide how a tool is called. */
const rootMarkers = ['gradlew', 'mvnw', 'Rakefile'];

async function readText(
  workspace: Workspace,
  root: Root,
  path: string,
  unreadable: RepoFacts['unreadable'],
): Promise<string | undefined> {
  try {
    const bytes = await workspace.read(root, path, MAX_MANIFEST_BYTES);
    const text = bytes && decodeUtf8(bytes);
    if (bytes && text === undefined) unreadable.push({ path, reason: 'it is not UTF-8 text' });
    return text;
  } catch (error) {
    if (!isOpenExecError(error)) throw error;
    unreadable.push({
      path,
      reason:
        error.code === 'file-too-large'
          ? 'it is too large'
          : error.code === 'path-outside'
            ? 'it leads outside the folder'
            : 'it cannot be read',
    });
    return undefined;
  }
}

function parsePackage(text: string): z.infer<typeof packageJsonSchema> | undefined {
  try {
    return packageJsonSchema.safeParse(JSON.parse(text.replace(/^\uFEFF/, ''))).data;
  } catch {
    return undefined; // reported by the caller as unreadable
  }
}

/** A dependency's name as a word of its own: `react` is not in `react-dom`. */
const mentions = (text: string, name: string): boolean => {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + name.length] ?? ' ';
    if (!/[\w@/.-]/.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
};

/** A few lines for a prompt or a context pack; the same facts give the same bytes. */
export function describeFacts(facts: RepoFacts): string {
  const lines: string[] = [];
  const add = (label: string, values: readonly string[]): void => {
    if (values.length > 0) lines.push(`${label}: ${values.slice(0, 30).join(', ')}`);
  };
  lines.push(`Files: ${facts.files}${facts.truncated ? ' or more' : ''}, of them tests: ${facts.testFiles}`);
  add(
    'Languages',
    facts.languages.slice(0, 6).map(({ name, files }) => `${name} (${files})`),
  );
  add('Package managers', facts.packageManagers);
  add('Frameworks', facts.frameworks);
  add('Test runners', facts.testRunners);
  add('Linters and type checkers', facts.linters);
  add(
    'Scripts of package.json',
    Object.entries(facts.scripts).map(
      ([name, script]) => `${name} = ${script.length > 100 ? `${script.slice(0, 100)}…` : script}`,
    ),
  );
  add('Make targets', facts.makeTargets);
  add('Entry points', facts.entryPoints);
  add('CI', facts.ci);
  add('Containers', facts.containers);
  return lines.join('\n');
}

/**
 * Where the tools of a project keep what they made before, for commands in the sandbox: there the person's own
 * caches are read-only, and many tools refuse to start without one they can write. Each is led to a folder of
 * ours. Nothing that a confined command left in a cache is ever read outside the sandbox.
 */

export interface ToolCachesGiven {
  /** Ours, for commands that stand under the same rules; absolute, without links. */
  folder: string;
  /** Filled by approved installations: read, never written. Absent where the command is one. */
  installed?: string;
  root: string;
  network: boolean;
  platform: 'linux' | 'darwin';
  env: Readonly<Record<string, string | undefined>>;
  /** What `go env -w` wrote down for the person; only asked where there is a network. */
  goProxy?: string | undefined;
  exists(path: string): boolean;
}

export interface ToolCaches {
  env: Record<string, string>;
  /** Links that must stand in the folder: what a tool looks for beside its cache, and only reads. */
  links: { at: string; to: string }[];
}

/** Variables that name nothing but a cache. A tool fills it anew when it is empty. */
const EMPTY: readonly (readonly [variable: string, folder: string])[] = [
  ['XDG_CACHE_HOME', 'xdg'],
  ['GOCACHE', 'go-build'],
  ['GOLANGCI_LINT_CACHE', 'golangci-lint'],
  ['STATICCHECK_CACHE', 'staticcheck'],
  ['npm_config_cache', 'npm'],
  ['BUN_INSTALL_CACHE_DIR', 'bun'],
  ['PIP_CACHE_DIR', 'pip'],
  ['UV_CACHE_DIR', 'uv'],
  ['POETRY_CACHE_DIR', 'pypoetry'],
  ['PIPENV_CACHE_DIR', 'pipenv'],
  ['COMPOSER_CACHE_DIR', 'composer'],
  ['BUNDLE_USER_CACHE', 'bundle'],
  ['CCACHE_DIR', 'ccache'],
  ['SCCACHE_DIR', 'sccache'],
];

/**
 * What lies among caches and cannot be made again without the network: programs, models, modules that were
 * downloaded. The person's stay in use, read-only, where they are there. Folders within the cache home of
 * Linux; macOS keeps some of them in ~/Library/Caches.
 */
const DOWNLOADED: readonly (readonly [variable: string, folder: string])[] = [
  ['PLAYWRIGHT_BROWSERS_PATH', 'ms-playwright'],
  ['CYPRESS_CACHE_FOLDER', 'Cypress'],
  ['HF_HOME', 'huggingface'],
  ['TORCH_HOME', 'torch'],
  ['PRE_COMMIT_HOME', 'pre-commit'],
  ['COREPACK_HOME', 'node/corepack'],
  ['COURSIER_CACHE', 'coursier/v1'],
  ['DENO_DIR', 'deno'],
  ['BAZELISK_HOME', 'bazelisk'],
  ['npm_config_devdir', 'node-gyp'],
  // Poetry keeps environments in its cache.
  ['POETRY_VIRTUALENVS_PATH', 'pypoetry/virtualenvs'],
];

export function toolCaches(given: ToolCachesGiven): ToolCaches {
  const { folder, root, env, exists } = given;
  const caches: ToolCaches = { env: {}, links: [] };
  const inRoot = (path: string | undefined): boolean => path?.startsWith(`${root}/`) ?? false;
  const empty = yarnKeepsItself(given) ? EMPTY : [...EMPTY, ['YARN_CACHE_FOLDER', 'yarn'] as const];
  // A cache that the person keeps in the project is written there, as the sandbox allows.
  for (const [variable, name] of empty) if (!inRoot(env[variable])) caches.env[variable] = `${folder}/${name}`;
  for (const [variable, name] of DOWNLOADED) {
    const found = cacheHomes(given)
      .map((home) => `${home}/${name}`)
      .find(exists);
    if (env[variable] === undefined && found !== undefined) caches.env[variable] = found;
  }
  goModules(given, caches);
  maven(given, caches);
  gradle(given, caches);
  return caches;
}

/**
 * Newer Yarn names the folder of its cache in files of the project (`.pnp.cjs`), where it would be read outside
 * the sandbox.
 */
const yarnKeepsItself = ({ root, exists }: ToolCachesGiven): boolean => exists(`${root}/.yarnrc.yml`);

function cacheHomes({ env, platform }: ToolCachesGiven): string[] {
  const home = env['HOME'];
  return [
    ...(env['XDG_CACHE_HOME']?.startsWith('/') ? [env['XDG_CACHE_HOME']] : []),
    ...(home === undefined ? [] : [`${home}/.cache`, ...(platform === 'darwin' ? [`${home}/Library/Caches`] : [])]),
  ];
}

/**
 * Modules are unpacked anew into a folder of ours; what was downloaded before is taken from where it lies, as from
 * a proxy, and compared with go.sum as always. Without the network nothing else is asked, also not for modules
 * that are private: they lie there, too.
 */
function goModules({ folder, installed, env, network, goProxy }: ToolCachesGiven, caches: ToolCaches): void {
  const theirs = env['GOMODCACHE'] ?? goPath(env);
  const sources = [
    ...(installed === undefined ? [] : [`${installed}/go-mod`]),
    ...(theirs === undefined ? [] : [theirs]),
  ];
  caches.env['GOMODCACHE'] = `${folder}/go-mod`;
  caches.env['GOPROXY'] = [
    ...sources.map((place) => `file://${encodeURI(place)}/cache/download`),
    network ? (goProxy ?? 'https://proxy.golang.org,direct') : 'off',
  ].join(',');
  if (!network) caches.env['GONOPROXY'] = 'none';
}

function goPath(env: ToolCachesGiven['env']): string | undefined {
  const first = env['GOPATH']?.split(':').find((folder) => folder.startsWith('/'));
  return first !== undefined ? `${first}/pkg/mod` : env['HOME'] === undefined ? undefined : `${env['HOME']}/go/pkg/mod`;
}

/** From Maven 3.9 on; older ones know no second repository and keep to the person's. Its script splits at blanks. */
function maven({ folder, env, exists }: ToolCachesGiven, caches: ToolCaches): void {
  const theirs = `${env['HOME'] ?? ''}/.m2/repository`;
  if (/\s/.test(folder + theirs)) return;
  const tail = exists(theirs) ? ` -Dmaven.repo.local.tail=${theirs}` : '';
  caches.env['MAVEN_ARGS'] = `-Dmaven.repo.local=${folder}/m2${tail}`;
}

/** Gradle's home holds settings of the person beside its caches; modules it may read from a second place. */
function gradle({ folder, env, exists }: ToolCachesGiven, caches: ToolCaches): void {
  const home = env['HOME'] ?? '';
  const theirs = env['GRADLE_USER_HOME'] ?? `${home}/.gradle`;
  caches.env['GRADLE_USER_HOME'] = `${folder}/gradle`;
  if (env['GRADLE_RO_DEP_CACHE'] === undefined && exists(`${theirs}/caches/modules-2`))
    caches.env['GRADLE_RO_DEP_CACHE'] = `${theirs}/caches`;
  for (const name of ['gradle.properties', 'init.gradle', 'init.d', 'jdks'])
    if (exists(`${theirs}/${name}`)) caches.links.push({ at: `gradle/${name}`, to: `${theirs}/${name}` });
}

/**
 * What commands leave behind that nobody commits, as data: it is named, never proposed. Only untracked files count;
 * a folder of build output counts only where git knows nothing below it, for a project may keep sources in `build`.
 */
const FOLDERS = new Set([
  '.cache',
  '.coverage-html',
  '.eggs',
  '.gradle',
  '.ipynb_checkpoints',
  '.jest',
  '.mypy_cache',
  '.next',
  '.nox',
  '.nuxt',
  '.nyc_output',
  '.parcel-cache',
  '.pytest_cache',
  '.ruff_cache',
  '.svelte-kit',
  '.tox',
  '.turbo',
  '.venv',
  '.vite',
  '__pycache__',
  'node_modules',
]);
const OUTPUT = new Set([
  'build',
  'cmake-build-debug',
  'coverage',
  'dist',
  'htmlcov',
  'obj',
  'out',
  'playwright-report',
  'target',
  'test-reports',
  'test-results',
  'venv',
]);
const FILES = [
  /^\.coverage(\..+)?$/,
  /^\.DS_Store$/,
  /^\.(eslint|stylelint|prettier)cache$/,
  /^coverage\.(xml|json|out)$/,
  /^(junit|test-results?|test-report)[\w.-]*\.xml$/,
  /^(npm|yarn|pnpm|lerna)-(debug|error)\.log/,
  /\.(log|pid|pyc|pyo|tsbuildinfo|gcda|gcno|profraw|tmp|swp)$/,
  /\.egg-info$/,
];

/** The folder (with `/`) or file to name for this untracked path; undefined = it may be work. */
export function leftoverOf(path: string, owned: (folder: string) => boolean): string | undefined {
  const parts = path.split('/');
  for (const [depth, name] of parts.slice(0, -1).entries()) {
    const folder = parts.slice(0, depth + 1).join('/');
    if (FOLDERS.has(name) || /\.egg-info$/.test(name) || (OUTPUT.has(name) && !owned(folder))) return `${folder}/`;
  }
  return FILES.some((pattern) => pattern.test(parts.at(-1) ?? '')) ? path : undefined;
}

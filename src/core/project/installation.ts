/**
 * Whether a command installs what a project depends on: it needs the network, a cache that outlives it, and to change
 * what the project brings. Said to the person who is asked; it changes nothing of what is asked.
 */
import type { ShellParse } from '../ports/shell.js';

/** Sub-commands that install, by program. `true`: the program does nothing else. '' = called without one. */
const INSTALLERS: Readonly<Record<string, readonly string[] | true>> = {
  npm: [
    'install',
    'i',
    'in',
    'add',
    'ci',
    'clean-install',
    'update',
    'up',
    'uninstall',
    'remove',
    'rm',
    'un',
    'dedupe',
    'rebuild',
  ],
  pnpm: ['install', 'i', 'add', 'update', 'up', 'remove', 'rm', 'rebuild', 'dedupe'],
  yarn: ['', 'install', 'add', 'up', 'upgrade', 'remove', 'dedupe', 'rebuild'],
  bun: ['install', 'i', 'add', 'update', 'remove', 'rm'],
  pip: ['install', 'uninstall', 'download', 'wheel'],
  uv: ['sync', 'add', 'remove', 'lock', 'venv', 'pip'],
  poetry: ['install', 'add', 'remove', 'update', 'lock', 'sync'],
  pipenv: ['install', 'uninstall', 'sync', 'update', 'lock'],
  pdm: ['install', 'add', 'remove', 'update', 'lock', 'sync'],
  conda: ['install', 'update', 'remove', 'create'],
  mamba: ['install', 'update', 'remove', 'create'],
  virtualenv: true,
  venv: true,
  cargo: ['add', 'remove', 'rm', 'update', 'fetch', 'install', 'vendor'],
  go: ['get', 'install'],
  'go mod': ['download', 'tidy', 'vendor'],
  composer: ['install', 'update', 'require', 'remove', 'upgrade', 'i', 'u', 'r'],
  bundle: ['', 'install', 'update', 'add', 'remove', 'lock'],
  gem: ['install', 'update', 'uninstall'],
  prisma: ['generate'],
  playwright: ['install'],
  'patch-package': true,
};
/** They run the program named after them. */
const CARRIERS = new Set(['npx', 'pnpx', 'bunx', 'corepack', 'command', 'exec', 'time', 'nice']);

export const installsByArgv = (argv: readonly string[]): boolean => installs(argv);

/** undefined words are known only at run time, and what cannot be taken apart is no installation. */
export const installsByScript = (parsed: ShellParse): boolean =>
  parsed.ok && parsed.commands.some(({ words }) => installs(words.map((word) => word.text ?? '')));

function installs(words: readonly string[]): boolean {
  const [first = '', ...rest] = words;
  const name = (first.split('/').at(-1) ?? '').toLowerCase().replace(/\.exe$/, '');
  if (CARRIERS.has(name)) return installs(rest.filter((word) => !word.startsWith('-')));
  if (/^python(?:\d(?:\.\d+)?)?$/.test(name)) return rest[0] === '-m' && installs(rest.slice(1));
  const program = name.replace(/^pip\d(?:\.\d+)?$/, 'pip');
  const plain = rest.filter((word) => !word.startsWith('-'));
  if (program === 'go' && plain[0] === 'mod') return installerOf('go mod').includes(plain[1] ?? '');
  if (!Object.hasOwn(INSTALLERS, program)) return false;
  // Asked about itself it installs nothing.
  if (plain.length === 0 && rest.some((word) => /^--?(?:v|version|h|help)$/i.test(word))) return false;
  return INSTALLERS[program] === true || installerOf(program).includes(plain[0] ?? '');
}

function installerOf(program: string): readonly string[] {
  const known = INSTALLERS[program];
  return known === undefined || known === true ? [] : known;
}

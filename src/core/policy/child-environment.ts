/**
 * The environment of child processes: the person's own, less what is secret and what makes programs load other code.
 */

/** Whole names and patterns, compared in upper case. Each group says why. */
export const REMOVED_VARIABLES: readonly { why: string; names: readonly string[]; patterns: readonly RegExp[] }[] = [
  {
    why: 'secret',
    names: [
      'DATABASE_URL',
      'REDIS_URL',
      'MONGODB_URI',
      'SENTRY_DSN',
      'PGPASSWORD',
      'MYSQL_PWD',
      'SSH_AUTH_SOCK',
      'SSH_AGENT_PID',
      'GPG_AGENT_INFO',
      'KUBECONFIG',
      'NETRC',
      'DOCKER_AUTH_CONFIG',
    ],
    patterns: [
      /(?:^|_)(?:API_?)?KEYS?$/,
      /KEY_?ID$/,
      /TOKENS?$/,
      /(?:^|_)PAT$/,
      /SECRETS?(?:_|$)/,
      /PASSW(?:OR)?D/,
      /PASSPHRASE/,
      /(?:^|_)PWD_?(?:HASH)?$/,
      /CREDENTIALS?/,
      /COOKIES?$/,
      /(?:^|_)AUTH(?:ORIZATION)?$/,
      /PRIVATE/,
      /_DSN$/,
      /CONNECTION_STRING$/,
      /APIKEY/,
      /^(?:ANTHROPIC|OPENAI|AZURE|AWS|GOOGLE|GCP|GEMINI)_/,
    ],
  },
  {
    why: 'loads code into programs',
    names: [
      'NODE_OPTIONS',
      'NODE_PATH',
      'NODE_REPL_EXTERNAL_MODULE',
      'NODE_EXTRA_CA_CERTS',
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'ELECTRON_RUN_AS_NODE',
      'BUN_OPTIONS',
      'BASH_ENV',
      'ENV',
      'ZDOTDIR',
      'PROMPT_COMMAND',
      'PS4',
      'SHELLOPTS',
      'BASHOPTS',
      'IFS',
      'CDPATH',
      'GLOBIGNORE',
      'PERL5LIB',
      'PERL5OPT',
      'PERL5DB',
      'PERLLIB',
      'RUBYOPT',
      'RUBYLIB',
      'PHPRC',
      'PHP_INI_SCAN_DIR',
      'JAVA_TOOL_OPTIONS',
      '_JAVA_OPTIONS',
      'JDK_JAVA_OPTIONS',
      'CLASSPATH',
      'MAVEN_OPTS',
      'MAVEN_ARGS',
      'GRADLE_OPTS',
      'JAVA_OPTS',
      'DOTNET_STARTUP_HOOKS',
      'DOTNET_ADDITIONAL_DEPS',
      'COMPLUS_PROFAPI_PROFILERCOMPATIBILITYSETTING',
      'RUSTC_WRAPPER',
      'RUSTC_WORKSPACE_WRAPPER',
      'RUSTC',
      'RUSTDOC',
      'RUSTFLAGS',
      'GOFLAGS',
      'GOTOOLCHAIN',
      'GOPROXY',
      'MAKEFLAGS',
      'MFLAGS',
      'MAKEFILES',
      'CC',
      'CXX',
      'LUA_INIT',
      'LUA_PATH',
      'R_PROFILE',
      'R_ENVIRON',
      'JULIA_LOAD_PATH',
      'ERL_AFLAGS',
      'ERL_FLAGS',
      'PYTEST_ADDOPTS',
      'PYTEST_PLUGINS',
      'ESLINT_USE_FLAT_CONFIG',
      'PAGER',
      'MANPAGER',
      'LESSOPEN',
      'LESSCLOSE',
      'EDITOR',
      'VISUAL',
      'BROWSER',
      'SUDO_ASKPASS',
      'SSH_ASKPASS',
      'RSYNC_RSH',
      'TAR_OPTIONS',
      'GZIP',
      'GREP_OPTIONS',
      'RIPGREP_CONFIG_PATH',
      'FZF_DEFAULT_COMMAND',
      'GCONV_PATH',
      'LOCPATH',
      'MALLOC_TRACE',
      'OPENSSL_CONF',
      'OPENSSL_MODULES',
    ],
    patterns: [
      /^LD_/,
      /^DYLD_/,
      /^GIT_/,
      /^PYTHON(?!UNBUFFERED$|DONTWRITEBYTECODE$|HASHSEED$|IOENCODING$|UTF8$|PYCACHEPREFIX$)/,
      /^NPM_CONFIG_(?:.*(?:AUTH|TOKEN|PASSWORD|SCRIPT_SHELL|NODE_OPTIONS|SHELL|USERCONFIG|GLOBALCONFIG|GIT).*)$/,
      /^YARN_(?:RC_FILENAME|IGNORE_PATH|PLUGINS)$/,
      /^BASH_FUNC_/,
      /^LUA_(?:INIT|PATH|CPATH)/,
      /^CARGO_(?:TARGET_.*_(?:RUNNER|LINKER)|BUILD_RUSTC.*)$/,
      /^CORECLR_/,
      /^COR_/,
      /^NODE_V8_COVERAGE$/,
    ],
  },
  {
    why: 'belongs to the editor',
    names: ['TERM_PROGRAM', 'TERM_PROGRAM_VERSION'],
    patterns: [/^VSCODE_/, /^ELECTRON_/, /^CHROME_/],
  },
  { why: 'redirects models', names: [], patterns: [/_BASE_URL$/, /^CLAUDE_/, /^OPENEXEC_/] },
];
/** Names that a pattern above would take but that are neither secret nor harmful. */
const KEPT = new Set(['PWD', 'OLDPWD', 'KEYBOARD', 'XAUTHORITY']);

/**
 * Git's own answers to a repository whose configuration is hostile: no monitor program, no prompt, no optional writes.
 */
const ADDED: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PAGER: 'cat',
  PAGER: 'cat',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'core.fsmonitor',
  GIT_CONFIG_VALUE_0: 'false',
  GIT_CONFIG_KEY_1: 'core.pager',
  GIT_CONFIG_VALUE_1: 'cat',
  // A folder of the workspace that looks like a bare repository is none.
  GIT_CONFIG_KEY_2: 'safe.bareRepository',
  GIT_CONFIG_VALUE_2: 'explicit',
};

export function removedBecause(name: string): string | undefined {
  const upper = name.toUpperCase();
  if (KEPT.has(upper)) return undefined;
  return REMOVED_VARIABLES.find(
    ({ names, patterns }) => names.includes(upper) || patterns.some((pattern) => pattern.test(upper)),
  )?.why;
}

/** Which modules and files of the project count, and how tests run: nothing that names a program or a place. */
const HARMLESS_GO_FLAG =
  /^--?(?:mod=(?:mod|vendor|readonly)|tags=[\w.,]*|count=\d+|buildvcs=(?:true|false|auto)|race|short|trimpath|v)$/;

/** Go splits at blanks and takes quotes, which no harmless flag needs; undefined where nothing is left. */
function harmlessGoFlags(value: string | undefined): string | undefined {
  const kept = (value ?? '').split(/[ \t\r\n]+/).filter((flag) => HARMLESS_GO_FLAG.test(flag));
  // A quote could begin in what is left out and end in what is kept.
  return kept.length === 0 || /["']/.test(value ?? '') ? undefined : kept.join(' ');
}

/**
 * What a child gets. Names are compared without regard to case on every platform: no secret is worth telling
 * `npm_token` from `NPM_TOKEN`. Shell functions that an environment can carry (`() { …`) go too.
 */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, given] of Object.entries(env)) {
    const value = name === 'GOFLAGS' ? harmlessGoFlags(given) : removedBecause(name) === undefined ? given : undefined;
    if (value !== undefined && !value.startsWith('() {') && !value.includes('\0')) kept[name] = value;
  }
  return { ...kept, ...ADDED };
}

/**
 * The floor for paths, as data. Names are compared after folding (fold-path.ts), segment by segment, so `monkey.env.ts` is no
 * `.env` and `secrets-manager.ts` no secret. `any` = a segment anywhere; `file` = the last segment; `path` = from the root.
 */
import { z } from 'zod';

const matcher = z.object({
  id: z.string(),
  reason: z.string(),
  /** Exact names of a segment, wherever it stands: the folder and all below it. */
  any: z.array(z.string()).default([]),
  /** Exact names of the file. */
  file: z.array(z.string()).default([]),
  /** Names of the file as regular expressions. */
  like: z.array(z.string()).default([]),
  /** Paths from the root: the file or folder and all below it. */
  path: z.array(z.string()).default([]),
  /** Names of the file that are meant for everyone. */
  except: z.array(z.string()).default([]),
  /** Reading is as bad as writing. */
  read: z.boolean().default(true),
});
export const protectedPathsSchema = z.object({ deny: z.array(matcher), ask: z.array(matcher) });
export type ProtectedPath = z.infer<typeof matcher>;

export const PROTECTED_PATHS = protectedPathsSchema.parse({
  deny: [
    { id: 'floor.git', reason: 'what is in .git runs programs and holds the history', any: ['.git'], file: ['.git-credentials', '.gitconfig'] },
    { id: 'floor.git-bare', reason: 'another version control system’s own folder runs programs too', any: ['.hg', '.svn', '.jj', '.sl'] },
    {
      id: 'floor.env', reason: 'environment files hold secrets', any: ['.env'], file: ['.env', '.envrc', '.netrc', '_netrc', '.pgpass', '.htpasswd'], like: ['^\\.env\\..+$', '^\\.env-.+$', '^.+\\.env$'],
      except: ['.env.example', '.env.sample', '.env.template', '.env.dist', '.env.defaults', 'example.env', 'sample.env', 'template.env'],
    },
    {
      id: 'floor.private-key', reason: 'it is a private key or holds keys', any: ['.ssh', '.gnupg', '.aws', '.azure', '.kube', '.gcloud', '.password-store'],
      path: ['.docker/config.json'], file: ['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519', 'id_ecdsa_sk', 'id_ed25519_sk', '.vault-token', 'credentials.json', 'service-account.json'],
      like: ['\\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg|age)$'], except: ['public.pem', 'cert.pem', 'ca.pem', 'public.key', 'public.asc'],
    },
  ],
  ask: [
    {
      id: 'floor.editor-config', reason: 'editors run what their settings say', read: false,
      any: ['.vscode', '.idea', '.vs', '.fleet', '.zed', '.devcontainer', '.vscode-test', '.theia'], like: ['\\.code-workspace$', '\\.sublime-project$'], file: ['.exrc', '.vimrc', '.nvimrc', '.nvim.lua', '.lvimrc', '.dir-locals.el', '.editorconfig', '.devcontainer.json'],
    },
    { id: 'floor.own-config', reason: 'it says what OpenExec itself may do', read: false, any: ['.openexec'], file: ['openexec.yaml', 'openexec.yml', 'openexec.json'] },
    {
      id: 'floor.agent-config', reason: 'coding agents obey it', read: false,
      any: ['.claude', '.cursor', '.codex', '.gemini', '.aider', '.continue', '.roo', '.cline', '.windsurf', '.amazonq', '.kiro', '.qodo', '.junie', '.agents', '.opencode', '.goose', '.augment', '.trae'],
      file: ['agents.md', 'claude.md', 'claude.local.md', 'gemini.md', 'codex.md', '.cursorrules', '.windsurfrules', '.clinerules', '.roorules', '.goosehints', '.mcp.json', 'mcp.json', '.aider.conf.yml', '.aiderignore', 'copilot-instructions.md'],
      path: ['.github/copilot-instructions.md', '.github/instructions', '.github/prompts', '.github/chatmodes', '.github/agents'],
    },
    {
      id: 'floor.ci', reason: 'a build server runs it', read: false, path: ['.github/workflows', '.github/actions', '.ci'], any: ['.circleci', '.buildkite', '.gitlab', '.azure-pipelines', '.teamcity', '.woodpecker', '.drone', '.forgejo', '.gitea'],
      file: ['.gitlab-ci.yml', '.gitlab-ci.yaml', '.travis.yml', 'azure-pipelines.yml', 'azure-pipelines.yaml', 'bitbucket-pipelines.yml', 'jenkinsfile', '.drone.yml', '.woodpecker.yml', 'appveyor.yml', '.appveyor.yml', 'cloudbuild.yaml', 'codeowners', '.cirrus.yml', 'dependabot.yml', 'renovate.json'],
    },
    {
      id: 'floor.package-manager', reason: 'package managers and tool runners run or fetch what it says', read: false, any: ['.yarn', '.cargo', '.bundle', '.mvn', '.pnpm', '.proto'],
      file: ['.npmrc', '.yarnrc', '.yarnrc.yml', '.pnpmfile.cjs', '.pnpmfile.mjs', 'pnpmfile.js', '.pypirc', 'pip.conf', 'pip.ini', '.condarc', 'bunfig.toml', '.gemrc', 'nuget.config', 'auth.json', '.tool-versions', 'mise.toml', '.mise.toml', '.nvmrc', '.node-version', '.python-version', '.ruby-version', 'gradle-wrapper.properties', 'gradle-wrapper.jar', 'rust-toolchain', 'rust-toolchain.toml', '.pythonrc', 'sitecustomize.py', 'usercustomize.py'],
    },
    {
      id: 'floor.hooks', reason: 'git runs it by itself', read: false, any: ['.husky', '.githooks', '.git-hooks', '.lefthook'],
      file: ['lefthook.yml', 'lefthook.yaml', '.lefthook.yml', '.lefthook.yaml', 'lefthook-local.yml', '.pre-commit-config.yaml', '.pre-commit-config.yml', '.overcommit.yml', '.gitattributes', '.gitmodules', '.lintstagedrc', '.lintstagedrc.json'],
    },
    {
      id: 'floor.shell-config', reason: 'shells run it when they start', read: false,
      file: ['.bashrc', '.bash_profile', '.bash_login', '.bash_logout', '.profile', '.zshrc', '.zshenv', '.zprofile', '.zlogin', '.inputrc', '.login', '.cshrc', 'config.fish', '.direnvrc'],
    },
  ],
});

/** Files whose change makes a known command another one: package scripts, tool configuration, lock files. Folded names. */
export const TOOL_FILES = {
  file: [
    'package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'bun.lock', 'bun.lockb', 'deno.json', 'deno.jsonc', 'deno.lock', 'makefile', 'gnumakefile', 'justfile', 'taskfile.yml', 'taskfile.yaml', 'rakefile', 'gemfile', 'gemfile.lock',
    'pyproject.toml', 'setup.py', 'setup.cfg', 'tox.ini', 'noxfile.py', 'pytest.ini', 'conftest.py', 'poetry.lock', 'uv.lock', 'pipfile', 'pipfile.lock', 'cargo.toml', 'cargo.lock', 'build.rs', 'go.mod', 'go.sum', 'go.work', 'pom.xml', 'build.gradle', 'build.gradle.kts', 'settings.gradle',
    'settings.gradle.kts', 'gradlew', 'mvnw', 'composer.json', 'composer.lock', 'cmakelists.txt', 'build.ninja', 'nx.json', 'turbo.json', 'lerna.json', 'directory.build.props', 'directory.build.targets', 'phpunit.xml', 'mix.exs', 'workspace', 'module.bazel', '.bazelrc', '.mocharc.js', 'karma.conf.js', 'gulpfile.js', 'gruntfile.js',
  ],
  like: ['^requirements.*\\.txt$', '^(?:tsconfig|jsconfig).*\\.json$', '^\\..+rc(?:\\.(?:js|cjs|mjs|ts|json|ya?ml))?$', '^.+\\.config\\.(?:js|cjs|mjs|ts|mts|cts|json)$', '\\.(?:csproj|fsproj|vbproj|sln|cabal|gemspec|mk)$'],
};

const compile = (list: readonly ProtectedPath[]) => list.map((rule) => ({ ...rule, like: rule.like.map((source) => new RegExp(source)), path: rule.path.map((path) => path.split('/')) }));
const compiled = { deny: compile(PROTECTED_PATHS.deny), ask: compile(PROTECTED_PATHS.ask) };
const toolLike = TOOL_FILES.like.map((source) => new RegExp(source));

/** The first rule of a list that covers these folded segments. */
export function protectedBy(effect: 'deny' | 'ask', segments: readonly string[]): ProtectedPath | undefined {
  const name = segments.at(-1) ?? '';
  const found = compiled[effect].find(
    (rule) =>
      segments.some((segment) => rule.any.includes(segment)) ||
      (!rule.except.includes(name) && (rule.file.includes(name) || rule.like.some((pattern) => pattern.test(name)))) ||
      rule.path.some((path) => path.every((segment, index) => segments[index] === segment)),
  );
  return found && PROTECTED_PATHS[effect].find((rule) => rule.id === found.id);
}

/** Whether a change of this file (folded) changes what known commands do. */
export function isToolFile(segments: readonly string[]): boolean {
  const name = segments.at(-1) ?? '';
  return TOOL_FILES.file.includes(name) || toolLike.some((pattern) => pattern.test(name)) || (segments.length > 1 && segments.some((segment) => segment === 'node_modules' || segment === '.venv' || segment === 'venv'));
}

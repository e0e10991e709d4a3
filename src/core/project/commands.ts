/** Which commands lint, test and build this repository: what its `openexec.yaml` says, else what its facts tell. */
import type { Problem } from '../model/plan.js';
import type { Root } from '../model/primitives.js';
import type { Commands, Gate, WorktreeConfig } from '../model/run.js';
import type { Workspace } from '../ports/ports.js';
import { DEFAULT_LINKS } from './config-file.js';
import { scanRepository, type RepoFacts } from './facts.js';
import { chosenEmpty, findConfig } from './read-config.js';

export interface FoundCommands {
  commands: Commands;
  /** As listed in the file; empty without one. */
  gates: Gate[];
  worktree: WorktreeConfig;
  /** The check also runs in a worktree of each commit. */
  verifyCommit: boolean;
  problems: Problem[];
  facts: RepoFacts;
  /** The file that was found, if any. */
  file?: string;
  /** What it says must not be run for: an empty list there. */
  empty: (keyof Commands)[];
}

/**
 * A kind the file does not state comes from the facts. A file with errors counts for nothing, and `problems` say why:
 * whoever runs something asks `configError` first.
 */
export async function commandsFor(workspace: Workspace, root: Root, signal: AbortSignal): Promise<FoundCommands> {
  const facts = await scanRepository(workspace, root, signal);
  const fromFacts = commandsFromFacts(facts);
  const { config, ...found } = await findConfig(workspace, root);
  if (!config)
    return {
      commands: fromFacts,
      gates: [],
      worktree: { link: DEFAULT_LINKS, setup: '' },
      verifyCommit: false,
      facts,
      empty: [],
      ...found,
    };
  const gateLines = (name: string): string[] | undefined => {
    const lines = config.gates
      .filter((gate) => gate.name === name && gate.mode === 'blocking')
      .map((gate) => gate.command);
    return lines.length > 0 ? lines : undefined;
  };
  return {
    commands: {
      lint: config.commands.lint ?? gateLines('lint') ?? fromFacts.lint,
      test: config.commands.test ?? gateLines('test') ?? fromFacts.test,
      build: config.commands.build ?? gateLines('build') ?? fromFacts.build,
    },
    gates: config.gates,
    worktree: { link: config.worktree.link ?? DEFAULT_LINKS, setup: config.worktree.setup },
    verifyCommit: config.verifyCommit,
    facts,
    empty: chosenEmpty(config),
    ...found,
  };
}

/** Commands for the root folder, each only where something stands that it would run. */
export function commandsFromFacts(facts: RepoFacts): Commands {
  const commands: Commands = { lint: [], test: [], build: [] };
  const at = (name: string): boolean => facts.manifests.includes(name);
  const has = (list: readonly string[], name: string): boolean => list.includes(name);

  if (at('package.json')) {
    const run =
      (['pnpm', 'yarn', 'bun'] as const).find(
        (manager) => has(facts.packageManagers, manager) && !has(facts.packageManagers, 'npm'),
      ) ?? 'npm';
    const script = (name: string): boolean =>
      Object.hasOwn(facts.scripts, name) && !/no test specified/.test(facts.scripts[name] ?? '');
    if (script('lint')) commands.lint.push(`${run} run lint`);
    if (script('test')) commands.test.push(run === 'bun' ? 'bun run test' : `${run} test`);
    if (script('build')) commands.build.push(`${run} run build`);
  }
  if (['pyproject.toml', 'requirements.txt', 'setup.cfg', 'Pipfile'].some(at)) {
    if (has(facts.testRunners, 'pytest')) commands.test.push('pytest');
    if (has(facts.linters, 'Ruff')) commands.lint.push('ruff check .');
    else if (has(facts.linters, 'Flake8')) commands.lint.push('flake8');
    if (has(facts.linters, 'mypy')) commands.lint.push('mypy .');
  }
  if (at('go.mod')) {
    commands.lint.push(has(facts.linters, 'golangci-lint') ? 'golangci-lint run' : 'go vet ./...');
    commands.test.push('go test ./...');
    commands.build.push('go build ./...');
  }
  if (at('Cargo.toml')) {
    if (has(facts.linters, 'Clippy')) commands.lint.push('cargo clippy --all-targets -- -D warnings');
    commands.test.push('cargo test');
    commands.build.push('cargo build');
  }
  if (at('pom.xml')) {
    const maven = at('mvnw') ? './mvnw' : 'mvn';
    commands.test.push(`${maven} -q test`);
    commands.build.push(`${maven} -q package -DskipTests`);
  } else if (at('build.gradle') || at('build.gradle.kts')) {
    const gradle = at('gradlew') ? './gradlew' : 'gradle';
    commands.test.push(`${gradle} test`);
    commands.build.push(`${gradle} assemble`);
  }
  if (facts.manifests.some((path) => path.endsWith('.csproj'))) {
    commands.test.push('dotnet test');
    commands.build.push('dotnet build');
  }
  if (at('composer.json') && has(facts.testRunners, 'PHPUnit')) commands.test.push('vendor/bin/phpunit');
  if (at('Gemfile')) {
    if (has(facts.linters, 'RuboCop')) commands.lint.push('bundle exec rubocop');
    if (has(facts.testRunners, 'RSpec')) commands.test.push('bundle exec rspec');
    else if (at('Rakefile')) commands.test.push('bundle exec rake test');
  }
  // A Makefile speaks only where nothing else did: its targets are often the same commands again.
  for (const kind of ['lint', 'test', 'build'] as const)
    if (commands[kind].length === 0 && facts.makeTargets.includes(kind)) commands[kind].push(`make ${kind}`);
  return commands;
}

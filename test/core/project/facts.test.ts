import { describe, expect, it } from 'vitest';
import { commandsFor, commandsFromFacts } from '../../../src/core/project/commands.js';
import { readConfigFile } from '../../../src/core/project/config-file.js';
import { describeFacts, scanRepository } from '../../../src/core/project/facts.js';
import { createFakeWorkspace, fakeRoot } from '../../fakes/workspace.js';

const signal = new AbortController().signal;
const scan = (files: Record<string, string | Uint8Array>) =>
  scanRepository(createFakeWorkspace(files), fakeRoot, signal);
const commands = async (files: Record<string, string>) => {
  const { lint, test, build } = commandsFromFacts(await scan(files));
  return [`lint: ${lint.join(' + ')}`, `test: ${test.join(' + ')}`, `build: ${build.join(' + ')}`].join('; ');
};

describe('facts of a repository', () => {
  it('tells a TypeScript service', async () => {
    const facts = await scan({
      'package.json': JSON.stringify({
        main: './src/server.ts',
        scripts: { test: 'node --test', lint: 'node lint.mjs' },
        dependencies: { express: '5', next: '15' },
        devDependencies: { typescript: '5', eslint: '9' },
      }),
      'package-lock.json': '{}',
      'src/server.ts': '',
      'src/quotes.ts': '',
      'test/quotes.test.ts': '',
      'lint.mjs': '',
      Dockerfile: '',
      'docker-compose.yml': '',
      '.github/workflows/ci.yml': '',
      'README.md': '',
    });
    expect(facts).toEqual({
      files: 10,
      truncated: false,
      languages: [
        { name: 'TypeScript', files: 3 },
        { name: 'JavaScript', files: 1 },
      ],
      packageManagers: ['npm'],
      scripts: { test: 'node --test', lint: 'node lint.mjs' },
      makeTargets: [],
      testRunners: ['node --test'],
      linters: ['ESLint', 'TypeScript'],
      frameworks: ['Express', 'Next.js'],
      ci: ['GitHub Actions'],
      containers: ['Docker', 'Docker Compose'],
      entryPoints: ['src/server.ts'],
      manifests: ['package.json'],
      testFiles: 1,
      unreadable: [],
    });
    expect(describeFacts(facts)).toBe(
      [
        'Files: 10, of them tests: 1',
        'Languages: TypeScript (3), JavaScript (1)',
        'Package managers: npm',
        'Frameworks: Express, Next.js',
        'Test runners: node --test',
        'Linters and type checkers: ESLint, TypeScript',
        'Scripts of package.json: test = node --test, lint = node lint.mjs',
        'Entry points: src/server.ts',
        'CI: GitHub Actions',
        'Containers: Docker, Docker Compose',
      ].join('\n'),
    );
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'npm, only the scripts that exist',
      { 'package.json': '{"scripts":{"test":"x","build":"y"}}' },
      'lint: ; test: npm test; build: npm run build',
    ],
    [
      "npm's own placeholder is no test",
      { 'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}' },
      'lint: ; test: ; build: ',
    ],
    [
      'pnpm',
      { 'package.json': '{"scripts":{"lint":"x","test":"y"}}', 'pnpm-lock.yaml': '' },
      'lint: pnpm run lint; test: pnpm test; build: ',
    ],
    [
      'Python',
      {
        'pyproject.toml': '[project]\ndependencies = ["fastapi>=0.1"]\n[dependency-groups]\ndev = ["pytest", "ruff"]',
        'app/main.py': '',
      },
      'lint: ruff check .; test: pytest; build: ',
    ],
    [
      'Python by its conftest',
      { 'requirements.txt': 'flask==3\nflake8\n', 'tests/conftest.py': '' },
      'lint: flake8; test: pytest; build: ',
    ],
    ['a name inside another is not it', { 'requirements.txt': 'pytest-cov-fake\n' }, 'lint: ; test: ; build: '],
    ['Go', { 'go.mod': 'module x', 'main.go': '' }, 'lint: go vet ./...; test: go test ./...; build: go build ./...'],
    ['Rust', { 'Cargo.toml': '[package]' }, 'lint: ; test: cargo test; build: cargo build'],
    [
      'Gradle with its wrapper',
      { 'build.gradle.kts': '', gradlew: '' },
      'lint: ; test: ./gradlew test; build: ./gradlew assemble',
    ],
    ['Maven', { 'pom.xml': '' }, 'lint: ; test: mvn -q test; build: mvn -q package -DskipTests'],
    ['.NET', { 'src/App.csproj': '' }, 'lint: ; test: dotnet test; build: dotnet build'],
    [
      'PHP',
      { 'composer.json': '{"require-dev":{"phpunit/phpunit":"11"}}' },
      'lint: ; test: vendor/bin/phpunit; build: ',
    ],
    ['Ruby', { Gemfile: "gem 'rspec'\ngem 'rubocop'" }, 'lint: bundle exec rubocop; test: bundle exec rspec; build: '],
    [
      'a Makefile alone',
      { Makefile: '.PHONY: test\ntest: a\n\tx\nCC := gcc\nbuild:\n' },
      'lint: ; test: make test; build: make build',
    ],
    [
      'a Makefile beside Go adds only what Go has not',
      { 'go.mod': '', Makefile: 'test:\nlint:\n' },
      'lint: go vet ./...; test: go test ./...; build: go build ./...',
    ],
    ['nothing', { 'README.md': '' }, 'lint: ; test: ; build: '],
    [
      'a manifest further down is not the root',
      { 'web/package.json': '{"scripts":{"test":"x"}}' },
      'lint: ; test: ; build: ',
    ],
  ])('commands of %s', async (_name, files, expected) => expect(await commands(files)).toBe(expected));

  it('says which manifests it could not read, and goes on', async () => {
    const facts = await scan({
      'package.json': '{ broken',
      'a/package.json': new Uint8Array([0xff, 0xfe, 0x00]),
      'b/package.json': `"${'x'.repeat(600_000)}"`,
      'go.mod': 'module x',
    });
    expect(facts.unreadable).toEqual([
      { path: 'package.json', reason: 'it is not valid JSON' },
      { path: 'a/package.json', reason: 'it is not UTF-8 text' },
      { path: 'b/package.json', reason: 'it is too large' },
    ]);
    expect(facts.packageManagers).toContain('go');
  });

  it('takes odd fields of a manifest as absent', async () =>
    expect(
      await scan({ 'package.json': '{"scripts":[1],"bin":7,"main":{},"dependencies":"no","__proto__":{"x":1}}' }),
    ).toMatchObject({ scripts: {}, unreadable: [], frameworks: [] }));
});

describe('openexec.yaml', () => {
  it('gives commands and gates', () =>
    expect(
      readConfigFile(
        'commands:\n  lint: npm run lint\n  test: [npm test, npm run e2e]\ngates:\n  - test\n  - { name: audit, command: npm audit, mode: warning, timeout: 2m, fix_hint: Update it. }\n',
      ),
    ).toEqual({
      config: {
        commands: { lint: ['npm run lint'], test: ['npm test', 'npm run e2e'] },
        gates: [
          { name: 'test', command: 'npm test && npm run e2e', mode: 'blocking', timeoutMs: 600_000, fixHint: '' },
          { name: 'audit', command: 'npm audit', mode: 'warning', timeoutMs: 120_000, fixHint: 'Update it.' },
        ],
        worktree: { link: undefined, setup: '' },
        verifyCommit: false,
      },
      problems: [],
    }));

  it('says whether the check also runs in a worktree of each commit', () => {
    expect(readConfigFile('verify: { commit: true }\n').config?.verifyCommit).toBe(true);
    expect(readConfigFile('verify: { comit: true }\n').problems[0]?.message).toContain('commit');
  });

  it('says how worktrees are made ready, else the usual packages are linked', async () => {
    expect(
      readConfigFile('worktree: { link: [node_modules, web/node_modules], setup: npm run codegen }\n').config?.worktree,
    ).toEqual({ link: ['node_modules', 'web/node_modules'], setup: 'npm run codegen' });
    const of = async (text?: string) =>
      (
        await commandsFor(
          createFakeWorkspace({ 'a.txt': '', ...(text !== undefined && { 'openexec.yaml': text }) }),
          fakeRoot,
          signal,
        )
      ).worktree;
    expect(await of()).toEqual({ link: ['node_modules', '.venv', 'venv'], setup: '' });
    expect(await of('worktree: { link: [] }')).toEqual({ link: [], setup: '' });
    expect(await of('worktree: { link: [../other] }')).toEqual({ link: ['node_modules', '.venv', 'venv'], setup: '' });
  });

  it.each<[string, string, string[]]>([
    [
      'an undefined gate',
      'commands: { test: x }\ngates:\n  - test\n  - lint\n',
      ['4:5 gate-undefined The gate “lint” has no command.'],
    ],
    [
      'a mode nobody knows',
      'gates:\n  - name: a\n    command: x\n    mode: soft\n',
      ['4:11 config-invalid “gates.0.mode” is one of blocking, warning.'],
    ],
    [
      'a time without a unit',
      'gates:\n  - { name: a, command: x, timeout: "10" }\n',
      ['2:37 config-invalid “gates.0.timeout” is no time with a unit, such as 30s or 5m.'],
    ],
    ['a gate without a name', 'gates: [{ command: x }]\n', ['1:9 config-invalid “gates.0.name” is missing.']],
    [
      'a field nobody knows',
      'comands: {}\n',
      ['1:1 config-invalid There is no “comands” here. Did you mean “commands”?'],
    ],
    [
      'a field nobody knows, deeper',
      'commands:\n  lint: x\n  tset: y\n  type-check: z\n',
      [
        '3:3 config-invalid There is no “tset” in “commands”. Did you mean “test”?',
        '4:3 config-invalid There is no “type-check” in “commands”. Known: lint, test, build.',
      ],
    ],
    [
      'a merge, which this format does not have',
      'commands:\n  <<: { lint: x }\n',
      ['2:3 config-invalid There is no “<<” in “commands”. Known: lint, test, build.'],
    ],
    [
      'a version to come',
      'version: 2\n',
      ['1:10 config-invalid “version” says a version that this OpenExec does not read: it reads version 1.'],
    ],
    ['a version as text', 'version: "1"\n', ['1:10 config-invalid']],
    [
      'a link that leads out',
      'worktree:\n  link: [../other]\n',
      ['2:10 config-invalid “worktree.link.0” is a list of paths inside the folder, with forward slashes.'],
    ],
    ['an empty command', 'commands:\n  test: ""\n', ['2:9 config-invalid “commands.test.0” is empty']],
    ['nothing where commands belong', 'commands:\n  test:\n', ['2:8 config-invalid “commands.test” is a command in a']],
    ['a number for a command', 'commands: { test: 5 }\n', ['1:19 config-invalid “commands.test” is a command in a']],
    [
      'a truth in a list of commands',
      'commands: { test: [true] }\n',
      ['1:20 config-invalid “commands.test.0” is text'],
    ],
    ['a list', '- a\n', ['1:1 config-invalid It holds keys such as version and commands.']],
    ['a word', 'npm test\n', ['1:1 config-invalid It holds keys such as version and commands.']],
    ['broken YAML', 'a: [1\nb: 2\n', ['config-syntax']],
    [
      'a colon in text without quotes',
      'commands:\n  test: echo "a: b"\n',
      ['2:9 config-syntax Nested mappings are not allowed in compact mappings. Put text that holds a colon'],
    ],
    ['a tab', 'commands:\n\tlint: x\n', ['2:1 config-syntax Tabs are not allowed as indentation. Indent with spaces.']],
    ['a key twice', 'commands:\n  lint: a\n  lint: b\n', ['3:3 config-syntax Map keys must be unique.']],
    ['a tag nobody knows', 'commands: !mine { lint: a }\n', ['1:11 config-syntax Unresolved tag']],
    ['a second document', 'version: 1\n---\nversion: 1\n', ['2:1 config-syntax A second document begins here']],
    ['sixty thousand brackets', '['.repeat(60_000), ['config-syntax It is nested too deep']],
    ['more than anybody writes', `#${'x'.repeat(70_000)}`, ['1:1 config-too-large It is larger than 64 KiB.']],
    [
      'a bomb of aliases',
      `a: &a [x,x]\n${Array.from(
        { length: 12 },
        (_, i) =>
          `${i}b: &b${i} [${Array(9)
            .fill(i ? `*b${i - 1}` : '*a')
            .join(',')}]`,
      ).join('\n')}\n`,
      ['config-syntax It has too many aliases'],
    ],
  ])('%s is a problem with its place, and the file counts for nothing', (_name, text, expected) => {
    const { config, problems } = readConfigFile(text);
    expect(config).toBeUndefined();
    expect(problems.length).toBeLessThanOrEqual(20);
    const { length } = problems;
    const places = problems.map((one) => `${one.params['line']}:${one.params['column']} ${one.code} ${one.message}`);
    for (const line of expected) expect(places).toContainEqual(expect.stringContaining(line));
    if (expected.length > 1) expect(length).toBe(expected.length);
  });

  it('comes before the facts, kind by kind, and also from .openexec', async () => {
    const files = { 'package.json': '{"scripts":{"lint":"a","test":"b","build":"c"}}' };
    const of = (more: Record<string, string>) =>
      commandsFor(createFakeWorkspace({ ...files, ...more }), fakeRoot, signal);
    expect((await of({})).commands).toEqual({ lint: ['npm run lint'], test: ['npm test'], build: ['npm run build'] });
    expect((await of({ 'openexec.yaml': 'commands: { lint: [], test: make check }' })).commands).toEqual({
      lint: [],
      test: ['make check'],
      build: ['npm run build'],
    });
    expect(
      (
        await of({
          '.openexec/openexec.yaml':
            'gates: [{ name: build, command: make all }, { name: lint, command: x, mode: warning }]',
        })
      ).commands,
    ).toEqual({ lint: ['npm run lint'], test: ['npm test'], build: ['make all'] });
    const broken = await of({ 'openexec.yaml': 'gates: [lint]' });
    expect([broken.problems.map((one) => one.code), broken.commands.lint]).toEqual([
      ['gate-undefined'],
      ['npm run lint'],
    ]);
    expect((await of({ 'openexec.yaml': '' })).problems).toEqual([]);
  });
});

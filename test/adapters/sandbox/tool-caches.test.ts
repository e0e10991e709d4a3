/**
 * Build tools in the sandbox, each by its own command, with a home in which they never ran. The home does not lie in /tmp,
 * which is writable in the sandbox; what a machine lacks is skipped, and the name of the test says so.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../../src/adapters/node/process/programs.js';
import { createSandbox } from '../../../src/adapters/sandbox/bubblewrap.js';
import { childEnvironment } from '../../../src/core/policy/child-environment.js';
import { createRunnerHarness } from '../node/harness.js';

const env = process.env;
const detected = await createSandbox({ path: env['PATH'], platform: process.platform }).detect();
const missing = (...programs: string[]) =>
  programs.filter((name) => findProgram(name, { env, platform: process.platform, root: '' }) === undefined);

let home: string;
let state: string;
let harness: ReturnType<typeof createRunnerHarness>;
beforeEach(() => {
  home = realpathSync(mkdtempSync('/var/tmp/home-'));
  state = join(home, 'state');
  mkdirSync(state);
  harness = createRunnerHarness({
    // Programs that stand in the real home find their toolchains there.
    env: { ...env, HOME: home, RUSTUP_HOME: env['RUSTUP_HOME'] ?? join(homedir(), '.rustup') },
    childEnvironment,
    caches: join(state, 'caches'),
    sandbox: createSandbox({ path: env['PATH'], platform: process.platform, hidden: [state] }),
  });
});
afterEach(() => {
  harness.dispose();
  execFileSync('chmod', ['-R', 'u+w', home]);
  rmSync(home, { recursive: true });
});

const write = (files: Record<string, string>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(harness.root, path)), { recursive: true });
    writeFileSync(join(harness.root, path), text);
  }
};
const green = async (script: string) => {
  const outcome = await harness.run(script, { timeoutMs: 100_000 });
  expect(outcome, outcome.head + outcome.tail).toMatchObject({ exitCode: 0, sandboxedBy: 'bubblewrap' });
  return outcome.head + outcome.tail;
};
const onlyOurs = () => expect(readdirSync(home)).toEqual(['state']);

describe.skipIf(!detected.works)(`build tools with bubblewrap${detected.works ? '' : `: ${detected.reason}`}`, () => {
  describe.skipIf(missing('go').length > 0)('go', () => {
    const module = {
      'go.mod': 'module example.com/x\n\ngo 1.19\n',
      'x.go': 'package x\n\nfunc Two() int { return 2 }\n',
      'x_test.go':
        'package x\n\nimport "testing"\n\nfunc TestTwo(t *testing.T) {\n\tif Two() != 2 {\n\t\tt.Fatal()\n\t}\n}\n',
    };

    it('tests, builds and looks for faults, and finds in its cache what it built before', {
      timeout: 120_000,
    }, async () => {
      write(module);
      expect(await green('go test ./...')).not.toContain('cached');
      expect(await green('go test ./... && go vet ./... && go build ./...')).toContain('(cached)');
      onlyOurs();
    });

    it.skipIf(missing('python3').length > 0)(
      'takes modules that the person downloaded from where they lie, private ones too',
      { timeout: 120_000 },
      async () => {
        const proxy = join(home, 'proxy/example.com/dep/@v');
        mkdirSync(proxy, { recursive: true });
        writeFileSync(join(proxy, 'v1.0.0.info'), '{"Version":"v1.0.0"}');
        writeFileSync(join(proxy, 'v1.0.0.mod'), 'module example.com/dep\n');
        execFileSync('python3', [
          '-c',
          `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.writestr('example.com/dep@v1.0.0/go.mod', 'module example.com/dep\\n')
    z.writestr('example.com/dep@v1.0.0/dep.go', 'package dep\\n\\nconst Two = 2\\n')`,
          join(proxy, 'v1.0.0.zip'),
        ]);
        write({
          ...module,
          'go.mod': `${module['go.mod']}\nrequire example.com/dep v1.0.0\n`,
          'x.go': 'package x\n\nimport "example.com/dep"\n\nfunc Two() int { return dep.Two }\n',
        });
        execFileSync('go', ['mod', 'tidy'], {
          cwd: harness.root,
          env: { ...env, HOME: home, GOPROXY: `file://${join(home, 'proxy')}`, GONOSUMDB: '*', GOFLAGS: '-mod=mod' },
        });
        mkdirSync(join(home, '.config/go'), { recursive: true });
        writeFileSync(join(home, '.config/go/env'), 'GOPRIVATE=example.com/*\n');
        await green('go test ./...');
      },
    );
  });

  it.skipIf(missing('cargo').length > 0)('cargo builds and tests', { timeout: 120_000 }, async () => {
    write({
      'Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n',
      'src/lib.rs': 'pub fn two() -> i32 { 2 }\n#[test]\nfn is_two() { assert_eq!(two(), 2) }\n',
    });
    await green('cargo test');
    expect(existsSync(join(harness.root, 'target'))).toBe(true);
    onlyOurs();
  });

  it('npm packs, runs and writes its log', { timeout: 60_000 }, async () => {
    write({ 'package.json': '{"name":"x","version":"1.0.0","scripts":{"test":"node -p 6*7"}}' });
    expect(await green('npm test && npm pack && npm install --offline --no-audit')).toContain('42');
    expect(readdirSync(join(state, 'caches/commands/npm'))).toContain('_logs');
    onlyOurs();
  });

  it.skipIf(missing('python3').length > 0)('pip finds a cache that it can write', { timeout: 60_000 }, async () => {
    const out = await green('python3 -m pip cache dir');
    expect(out.trim()).toBe(join(state, 'caches/commands/pip'));
  });

  it('has a temporary folder, wherever the person has theirs', async () => {
    const elsewhere = createRunnerHarness({
      env: { ...env, TMPDIR: '/nonexistent/tmp' },
      sandbox: createSandbox({ path: env['PATH'], platform: process.platform }),
    });
    const outcome = await elsewhere.run('echo x > "$(mktemp)" && echo "$TMPDIR"');
    expect(outcome).toMatchObject({ exitCode: 0, head: '/tmp\n' });
    elsewhere.dispose();
  });

  it('reads nothing outside the sandbox that a confined command left in a cache', async () => {
    await green('mkdir -p "$XDG_CACHE_HOME" "$GOCACHE" && echo planted > "$GOCACHE/x"');
    const outside = await harness.run('echo "$GOCACHE|$XDG_CACHE_HOME|$npm_config_cache"', { sandbox: 'full-access' });
    expect(outside.head).not.toContain('caches/commands');
  });

  it('keeps what the project brings as it is, but for caches of its tools, until an approved installation', async () => {
    write({ '.venv/bin/pytest': '', '.venv/pyvenv.cfg': '', 'node_modules/.bin/tsc': '', 'node_modules/x/i.js': '' });
    const protect = ['.venv/bin', 'node_modules/.bin'].map((path) => join(harness.root, path));
    const tries = [
      'echo evil > .venv/bin/pytest',
      'echo x > .venv/lib.py',
      'echo x >> node_modules/x/i.js',
      'ln -s /bin/sh node_modules/.bin/evil',
      'mv .venv old',
      'rm -r node_modules/x',
    ];
    for (const script of tries) expect((await harness.run(script, { protect })).exitCode, script).not.toBe(0);
    expect(existsSync(join(harness.root, 'node_modules/x/i.js'))).toBe(true);
    const cached = 'echo x > node_modules/.cache/a && echo x > node_modules/.vite-temp/b && echo x > src.js';
    expect((await harness.run(cached, { protect })).exitCode).toBe(0);
    const installed = await harness.run('echo new > .venv/bin/pytest && echo "$PIP_CACHE_DIR"', {
      protect,
      installation: true,
    });
    expect(installed).toMatchObject({ exitCode: 0, head: `${join(state, 'caches/installations/pip')}\n` });
  });

  it('keeps packages that bring no programs', async () => {
    write({ 'node_modules/x/i.js': 'x' });
    expect((await harness.run('echo evil > node_modules/x/i.js', { protect: [] })).exitCode).not.toBe(0);
  });

  it('lets a generator write where it generates, where its package is, and nowhere else', async () => {
    write({ 'node_modules/.bin/prisma': '', 'node_modules/@prisma/client/index.js': 'x' });
    const protect = [join(harness.root, 'node_modules/.bin')];
    const generate = 'mkdir -p node_modules/.prisma/client && echo x > node_modules/.prisma/client/index.js';
    expect((await harness.run(generate, { protect })).exitCode).toBe(0);
    expect((await harness.run('echo x > node_modules/@prisma/client/index.js', { protect })).exitCode).not.toBe(0);
    expect(existsSync(join(harness.root, 'node_modules/.astro'))).toBe(false);
  });

  it('takes a cache that is a link for none', async () => {
    mkdirSync(join(home, 'victim'));
    write({ 'node_modules/.bin/tsc': '' });
    symlinkSync(join(home, 'victim'), join(harness.root, 'node_modules/.cache'));
    const protect = [join(harness.root, 'node_modules/.bin')];
    expect((await harness.run('echo x > node_modules/.cache/a', { protect })).exitCode).not.toBe(0);
    expect(readdirSync(join(home, 'victim'))).toEqual([]);
  });

  it('reads nothing that a command without a yes left, when it installs', async () => {
    await green('mkdir -p "$PIP_CACHE_DIR" && echo planted > "$PIP_CACHE_DIR/wheel"');
    const outcome = await harness.run('cat "$PIP_CACHE_DIR/wheel"', { installation: true });
    expect(outcome.exitCode).not.toBe(0);
  });

  it('follows no link that a command put into its cache', async () => {
    mkdirSync(join(home, '.gradle/init.d'), { recursive: true });
    mkdirSync(join(home, 'victim'));
    writeFileSync(join(home, 'victim/gradle.properties'), 'theirs');
    writeFileSync(join(home, '.gradle/gradle.properties'), 'x=1');
    expect(await green('cat "$GRADLE_USER_HOME/gradle.properties"')).toBe('x=1');
    await green(`rm -r "$GRADLE_USER_HOME" && ln -s ${join(home, 'victim')} "$GRADLE_USER_HOME"`);
    await green('true');
    expect(readdirSync(join(home, 'victim'))).toEqual(['gradle.properties']);
  });
});

/** What is found in kept file layouts: files as the tools leave them, folders and links, no tool is run. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEnvironments } from '../../../../src/adapters/node/environments/find.js';
import { asRoot } from '../../../../src/core/model/primitives.js';
import { environmentName } from '../../../../src/core/view/environment-name.js';

let base: string;
beforeEach(() => void (base = realpathSync(mkdtempSync(join(tmpdir(), 'environments-')))));
afterEach(() => rmSync(base, { recursive: true }));

/** `a -> b` is a link; a name that ends in `/` is a folder. */
const lay = (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    const [path = '', target] = name.split(' -> ');
    mkdirSync(dirname(join(base, path)), { recursive: true });
    if (target !== undefined) symlinkSync(target, join(base, path));
    else if (path.endsWith('/')) mkdirSync(join(base, path), { recursive: true });
    else writeFileSync(join(base, path), text, { mode: 0o755 });
  }
};
const find = async (env: Record<string, string> = {}, root = 'app') =>
  await createEnvironments({ env: { HOME: join(base, 'home'), ...env } }).find(asRoot(join(base, root)));
const told = async (env: Record<string, string> = {}, root = 'app') =>
  (await find(env, root)).map((one) =>
    `${environmentName(one)}${one.missing ? ' (missing)' : ''}${one.asks ? ' (asks)' : ''}: ${one.folders.join(' ')}`.replaceAll(
      base,
      '',
    ),
  );

const venv = (folder: string, version = 'version = 3.11.2') => ({
  [`${folder}/pyvenv.cfg`]: `home = /usr/bin\ninclude-system-site-packages = false\n${version}\n`,
  [`${folder}/bin/pytest`]: '#!python',
  [`${folder}/bin/python -> /usr/bin/python3`]: '',
});

describe('Python', () => {
  it.each([
    ['.venv, as python -m venv makes it', venv('app/.venv'), 'Python 3.11 from .venv (asks): /app/.venv/bin'],
    [
      '.venv of uv',
      venv('app/.venv', 'uv = 0.5.1\nversion_info = 3.12.4'),
      'Python 3.12 from .venv (asks): /app/.venv/bin',
    ],
    ['venv', venv('app/venv'), 'Python 3.11 from venv (asks): /app/venv/bin'],
    ['one of the repository above', { ...venv('.venv'), '.git/': '' }, 'Python 3.11 from ../.venv (asks): /.venv/bin'],
  ])('%s', async (_what, files, line) => {
    lay({ 'app/': '', ...files });
    expect(await told()).toEqual([line]);
  });
  it('takes a folder for none that only has the name', async () => {
    lay({ 'app/venv/notes.txt': '', 'app/.venv/bin/python': '' });
    expect(await told()).toEqual([]);
  });
  it('does not look above a folder that belongs to no repository', async () => {
    lay({ 'app/': '', ...venv('.venv') });
    expect(await told()).toEqual([]);
  });
  it('prefers the one that is activated, in the project or outside it', async () => {
    lay({ ...venv('app/.venv'), ...venv('app/py', 'version = 3.9.1'), ...venv('home/envs/x', 'version = 3.10.1') });
    expect(await told({ VIRTUAL_ENV: join(base, 'app/py') })).toEqual(['Python 3.9 from py (asks): /app/py/bin']);
    expect(await told({ VIRTUAL_ENV: join(base, 'home/envs/x') })).toEqual([
      'Python 3.10 from /home/envs/x: /home/envs/x/bin',
    ]);
  });
  it('poetry', async () => {
    const name = `my_app-${createHash('sha256').update(join(base, 'app')).digest('base64url').slice(0, 8)}`;
    lay({
      'app/pyproject.toml': '[tool.poetry]\nname = "my app"\nversion = "1"\n',
      ...venv(`home/.cache/pypoetry/virtualenvs/${name}-py3.9`, 'version = 3.9.1'),
      ...venv(`home/.cache/pypoetry/virtualenvs/${name}-py3.11`),
      ...venv('home/.cache/pypoetry/virtualenvs/other-12345678-py3.12'),
    });
    const folder = `/home/.cache/pypoetry/virtualenvs/${name}-py3.11`;
    expect(await told()).toEqual([`Python 3.11 from ${folder}: ${folder}/bin`]);
  });
  it('pipenv', async () => {
    lay({
      'app/Pipfile': '',
      ...venv('home/.local/share/virtualenvs/app-x1'),
      'home/.local/share/virtualenvs/app-x1/.project': join(base, 'app'),
      ...venv('home/.local/share/virtualenvs/app-x2'),
      'home/.local/share/virtualenvs/app-x2/.project': '/another/app',
    });
    const folder = '/home/.local/share/virtualenvs/app-x1';
    expect(await told()).toEqual([`Python 3.11 from ${folder}: ${folder}/bin`]);
  });
  it('conda, also where it is not installed', async () => {
    lay({ 'app/environment.yml': 'name: science\ndependencies: [python]\n' });
    expect(await told()).toEqual(['Python from environment.yml (missing): ']);
    lay({
      'home/miniconda3/envs/science/conda-meta/python-3.11.5-h955ad1f_0.json': '{}',
      'home/miniconda3/envs/science/bin/': '',
    });
    const folder = '/home/miniconda3/envs/science';
    expect(await told()).toEqual([`Python 3.11 from ${folder}: ${folder}/bin`]);
  });
  it('pyenv, also where it is not installed', async () => {
    lay({
      'app/.python-version': '3.11\n',
      'home/.pyenv/versions/3.11.2/bin/': '',
      'home/.pyenv/versions/3.11.10/bin/': '',
    });
    expect(await told()).toEqual(['Python 3.11 from .python-version: /home/.pyenv/versions/3.11.10/bin']);
    expect((await find())[0]?.version).toBe('3.11.10');
    writeFileSync(join(base, 'app/.python-version'), '3.13.1\n');
    expect(await told()).toEqual(['Python 3.13 from .python-version (missing): ']);
  });
});

describe('Node.js', () => {
  it('programs of packages: of the package, then of the monorepo it is in', async () => {
    lay({
      '.git/': '',
      'app/node_modules/.bin/jest -> ../jest/cli.js': '',
      'node_modules/.bin/tsc -> ../typescript/tsc': '',
    });
    expect(await told()).toEqual([
      'the programs of node_modules/.bin (asks): /app/node_modules/.bin',
      'the programs of ../node_modules/.bin (asks): /node_modules/.bin',
    ]);
  });
  it.each([
    ['nvm', '.nvmrc', 'v20', 'home/.nvm/versions/node/v20.11.0/bin/', '20.11'],
    ['fnm', '.node-version', '20.11.0', 'home/.local/share/fnm/node-versions/v20.11.0/installation/bin/', '20.11'],
    ['volta', 'package.json', '{"volta":{"node":"20.11.0"}}', 'home/.volta/tools/image/node/20.11.0/bin/', '20.11'],
    ['asdf', '.tool-versions', 'python 3.11.2\nnodejs 20.11.0\n', 'home/.asdf/installs/nodejs/20.11.0/bin/', '20.11'],
    ['mise', 'mise.toml', '[tools]\nnode = "20"\n', 'home/.local/share/mise/installs/node/20.11.0/bin/', '20.11'],
  ])('%s', async (kind, file, text, folder, version) => {
    lay({ [`app/${file}`]: text, [folder]: '' });
    expect((await find())[0]?.kind).toBe(kind);
    expect(await told()).toEqual([`Node.js ${version} from ${file}: /${folder.slice(0, -1)}`]);
    rmSync(join(base, folder.replace(/[^/]+\/(installation\/)?bin\/$/, '')), { recursive: true });
    mkdirSync(join(base, folder.replace(/[^/]+\/(installation\/)?bin\/$/, '')));
    expect((await find())[0]).toMatchObject({ missing: true, folders: [] });
  });
  it('follows the names that nvm keeps', async () => {
    lay({
      'app/.nvmrc': 'lts/*',
      'home/.nvm/alias/lts/* -> ./iron': '',
      'home/.nvm/alias/lts/iron': 'v20.11.0\n',
      'home/.nvm/versions/node/v20.11.0/bin/': '',
    });
    expect((await find())[0]).toMatchObject({ version: '20.11.0' });
  });
});

it('names the wrappers of build tools', async () => {
  lay({
    'app/gradlew': '',
    'app/gradle/wrapper/gradle-wrapper.properties':
      'distributionUrl=https\\://services.gradle.org/distributions/gradle-8.5-bin.zip\n',
    'app/mvnw': '',
    'app/.mvn/wrapper/maven-wrapper.properties':
      'distributionUrl=https://repo.maven.apache.org/maven2/org/apache/maven/apache-maven/3.9.6/apache-maven-3.9.6-bin.zip\n',
  });
  expect(await told()).toEqual(['Gradle 8.5 from gradlew: ', 'Maven 3.9 from mvnw: ']);
});

describe('the hash', () => {
  const hash = async () => (await find())[0]?.hash;
  it('changes with a program, its size, its link, the version and the place; not with what Python compiles', async () => {
    lay(venv('app/.venv'));
    const seen = [await hash()];
    const differs = async () => {
      const now = await hash();
      expect(seen).not.toContain(now);
      seen.push(now);
    };
    lay({ 'app/.venv/bin/__pycache__/x.pyc': '' });
    expect(await hash()).toBe(seen[0]);
    lay({ 'app/.venv/bin/ruff': 'a' });
    await differs();
    lay({ 'app/.venv/bin/ruff': 'longer' });
    await differs();
    rmSync(join(base, 'app/.venv/bin/python'));
    symlinkSync('/usr/bin/python3.12', join(base, 'app/.venv/bin/python'));
    await differs();
    lay({ 'app/.venv/pyvenv.cfg': 'version = 3.12.0\n' });
    await differs();
    rmSync(join(base, 'app/.venv'), { recursive: true });
    lay({ ...venv('app/other'), 'app/.venv -> other': '' });
    await differs();
  });
});

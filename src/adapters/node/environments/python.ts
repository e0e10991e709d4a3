/**
 * Python's environments: one in the project, an activated one, those that poetry, pipenv and conda keep elsewhere for
 * it, and the version that pyenv is asked for. The first that is there counts.
 */
import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { ProjectEnvironment } from '../../../core/model/environment.js';
import { bestOf, environment, isFolder, namesIn, textOf } from './look.js';
import type { Place } from './find.js';

const NAMES = ['.venv', 'venv', 'env', '.env'];

export function pythonOf(place: Place): ProjectEnvironment | undefined {
  return activated(place) ?? inProject(place) ?? poetry(place) ?? pipenv(place) ?? conda(place) ?? pyenv(place);
}

/** Said by the person who started this, so it comes before what lies in the project. */
function activated({ env, root, repository }: Place): ProjectEnvironment | undefined {
  const folder = env['VIRTUAL_ENV'];
  if (folder === undefined || !path.isAbsolute(folder)) return undefined;
  const inside = `${path.normalize(folder)}${path.sep}`.startsWith(repository + path.sep);
  return virtual('venv', folder, inside ? path.relative(root, folder) : folder, inside);
}

function inProject({ root, chain }: Place): ProjectEnvironment | undefined {
  for (const folder of chain)
    for (const name of NAMES) {
      const found = virtual('venv', path.join(folder, name), path.relative(root, path.join(folder, name)), true);
      if (found) return found;
    }
  return undefined;
}

/** undefined where no environment is. Its own file tells the version: nothing is run. */
function virtual(
  kind: ProjectEnvironment['kind'],
  folder: string,
  place: string,
  asks: boolean,
): ProjectEnvironment | undefined {
  const settings = textOf(path.join(folder, 'pyvenv.cfg'));
  const programs = [path.join(folder, 'bin'), path.join(folder, 'Scripts')].find(isFolder);
  if (settings === undefined || programs === undefined) return undefined;
  return environment({
    kind,
    language: 'Python',
    version: /^version(?:_info)?\s*=\s*(\d+(?:\.\d+)*)/m.exec(settings)?.[1] ?? '',
    place,
    folders: [programs],
    variables: { VIRTUAL_ENV: folder },
    asks,
  });
}

/** Named by poetry after the project and a hash of its folder; one for each version of Python. */
function poetry({ root, env, home, caches }: Place): ProjectEnvironment | undefined {
  const project = textOf(path.join(root, 'pyproject.toml')) ?? '';
  if (!/^\[tool\.poetry\b/m.test(project) && textOf(path.join(root, 'poetry.lock')) === undefined) return undefined;
  const name =
    /^\[tool\.poetry\][^[]*?^name\s*=\s*["']([^"']+)/ms.exec(project)?.[1] ??
    /^\[project\][^[]*?^name\s*=\s*["']([^"']+)/ms.exec(project)?.[1] ??
    '';
  const hash = createHash('sha256').update(root).digest('base64url').slice(0, 8);
  const own = `${name
    .toLowerCase()
    .replace(/[ $`!*@"\\\r\n\t]/g, '_')
    .slice(0, 42)}-${hash}-py`;
  const homes = [
    env['POETRY_VIRTUALENVS_PATH'] ?? '',
    ...(env['POETRY_CACHE_DIR'] === undefined ? [] : [path.join(env['POETRY_CACHE_DIR'], 'virtualenvs')]),
    ...caches.map((folder) => path.join(folder, 'pypoetry', 'virtualenvs')),
    path.join(home, 'AppData', 'Local', 'pypoetry', 'Cache', 'virtualenvs'),
  ].filter((folder) => path.isAbsolute(folder));
  return newest('poetry', homes, (folder) => namesIn(folder).filter((entry) => entry.startsWith(own)));
}

/** Each says in a file of its own which project it is for. */
function pipenv({ root, env, home }: Place): ProjectEnvironment | undefined {
  if (textOf(path.join(root, 'Pipfile')) === undefined) return undefined;
  const homes = [env['WORKON_HOME'] ?? '', path.join(home, '.local', 'share', 'virtualenvs')];
  return newest(
    'pipenv',
    homes.filter((folder) => path.isAbsolute(folder)),
    (folder) => namesIn(folder).filter((entry) => textOf(path.join(folder, entry, '.project'))?.trim() === root),
  );
}

function newest(
  kind: ProjectEnvironment['kind'],
  homes: readonly string[],
  own: (folder: string) => string[],
): ProjectEnvironment | undefined {
  for (const folder of homes) {
    const [last] = own(folder)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .reverse();
    const found =
      last === undefined ? undefined : virtual(kind, path.join(folder, last), path.join(folder, last), false);
    if (found) return found;
  }
  return undefined;
}

/** The one that environment.yml names, else one that is activated. */
function conda({ root, env, home }: Place): ProjectEnvironment | undefined {
  const file = ['environment.yml', 'environment.yaml'].find((name) => textOf(path.join(root, name)) !== undefined);
  const name = file && /^name:\s*["']?([\w.-]+)/m.exec(textOf(path.join(root, file)) ?? '')?.[1];
  const installed = [
    ...(env['CONDA_EXE'] === undefined ? [] : [path.resolve(env['CONDA_EXE'], '..', '..')]),
    ...['miniconda3', 'anaconda3', 'miniforge3', 'mambaforge', '.conda'].map((folder) => path.join(home, folder)),
    '/opt/conda',
  ];
  const prefix = env['CONDA_PREFIX'];
  const places = [
    ...(name ? installed.map((folder) => path.join(folder, 'envs', name)) : []),
    ...(prefix !== undefined && path.isAbsolute(prefix) ? [prefix] : []),
  ];
  const found = places.find((folder) => isFolder(path.join(folder, 'conda-meta')));
  if (found === undefined)
    return file && name
      ? environment({
          kind: 'conda',
          language: 'Python',
          version: '',
          place: file,
          folders: [],
          asks: false,
          missing: true,
        })
      : undefined;
  const version = namesIn(path.join(found, 'conda-meta'))
    .map((entry) => /^python-(\d+(?:\.\d+)*)-/.exec(entry)?.[1])
    .find((one) => one !== undefined);
  return environment({
    kind: 'conda',
    language: 'Python',
    version: version ?? '',
    place: found,
    folders: [path.join(found, 'bin')].filter(isFolder),
    variables: { CONDA_PREFIX: found },
    asks: false,
  });
}

function pyenv({ chain, root, env, home }: Place): ProjectEnvironment | undefined {
  const folder = chain.find((one) => textOf(path.join(one, '.python-version')) !== undefined);
  if (folder === undefined) return undefined;
  const file = path.join(folder, '.python-version');
  const [wanted = ''] = (textOf(file) ?? '').split('\n').map((line) => line.trim());
  const versions = path.join(env['PYENV_ROOT'] ?? path.join(home, '.pyenv'), 'versions');
  if (!/^[\w.-]+$/.test(wanted) || wanted === 'system' || !isFolder(versions)) return undefined;
  const exact = namesIn(versions).includes(wanted) ? wanted : bestOf(namesIn(versions), wanted);
  return environment({
    kind: 'pyenv',
    language: 'Python',
    version: exact ?? wanted,
    place: path.relative(root, file),
    folders: exact === undefined ? [] : [path.join(versions, exact, 'bin')],
    asks: false,
    missing: exact === undefined,
  });
}

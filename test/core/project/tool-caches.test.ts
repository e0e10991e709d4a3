import { describe, expect, it } from 'vitest';
import { toolCaches, type ToolCachesGiven } from '../../../src/core/project/tool-caches.js';

const caches = (over: Partial<ToolCachesGiven> = {}, there: readonly string[] = []) =>
  toolCaches({
    folder: '/data/caches/commands',
    root: '/work/app',
    network: false,
    platform: 'linux',
    env: { HOME: '/home/me' },
    exists: (path) => there.includes(path),
    ...over,
  });

describe('the caches of build tools in the sandbox', () => {
  it('lie in the folder that is given, whatever the person set', () => {
    const { env } = caches({ env: { HOME: '/home/me', GOCACHE: '/home/me/go-build', XDG_CACHE_HOME: '/home/me/c' } });
    expect(env).toMatchObject({
      GOCACHE: '/data/caches/commands/go-build',
      XDG_CACHE_HOME: '/data/caches/commands/xdg',
      npm_config_cache: '/data/caches/commands/npm',
      PIP_CACHE_DIR: '/data/caches/commands/pip',
      UV_CACHE_DIR: '/data/caches/commands/uv',
    });
  });
  it('stay where the person keeps them in the project', () =>
    expect(caches({ env: { HOME: '/home/me', GOCACHE: '/work/app/.cache/go' } }).env).not.toHaveProperty('GOCACHE'));

  it.each([
    ['PLAYWRIGHT_BROWSERS_PATH', '/home/me/.cache/ms-playwright', {}],
    ['HF_HOME', '/home/me/c/huggingface', { XDG_CACHE_HOME: '/home/me/c' }],
    ['POETRY_VIRTUALENVS_PATH', '/home/me/.cache/pypoetry/virtualenvs', {}],
  ])('hide nothing that was downloaded: %s', (variable, place, env) => {
    expect(caches({ env: { HOME: '/home/me', ...env } }, [place]).env[variable]).toBe(place);
    expect(caches({ env: { HOME: '/home/me', ...env } }).env).not.toHaveProperty(variable);
    expect(caches({ env: { HOME: '/home/me', ...env, [variable]: '/own' } }, [place]).env).not.toHaveProperty(variable);
  });
  it('finds what macOS keeps in ~/Library/Caches', () =>
    expect(
      caches({ platform: 'darwin', env: { HOME: '/Users/me' } }, ['/Users/me/Library/Caches/Cypress']).env,
    ).toMatchObject({ CYPRESS_CACHE_FOLDER: '/Users/me/Library/Caches/Cypress' }));

  it('takes modules of Go from where they lie, and asks the network only where it is allowed', () => {
    expect(caches().env).toMatchObject({
      GOMODCACHE: '/data/caches/commands/go-mod',
      GOPROXY: 'file:///home/me/go/pkg/mod/cache/download,off',
      GONOPROXY: 'none',
    });
    const allowed = caches({ network: true, env: { GOPATH: '/opt/go:/x' }, goProxy: 'https://goproxy.example' });
    expect(allowed.env['GOPROXY']).toBe('file:///opt/go/pkg/mod/cache/download,https://goproxy.example');
    expect(allowed.env).not.toHaveProperty('GONOPROXY');
    expect(caches({ installed: '/data/caches/installations' }).env['GOPROXY']).toBe(
      'file:///data/caches/installations/go-mod/cache/download,file:///home/me/go/pkg/mod/cache/download,off',
    );
  });

  it('is not told to newer Yarn, which names it in files of the project', () => {
    expect(caches().env['YARN_CACHE_FOLDER']).toBe('/data/caches/commands/yarn');
    expect(caches({}, ['/work/app/.yarnrc.yml']).env).not.toHaveProperty('YARN_CACHE_FOLDER');
  });

  it('leaves Maven and Gradle what was downloaded and set before', () => {
    const { env, links } = caches({}, [
      '/home/me/.m2/repository',
      '/home/me/.gradle/caches/modules-2',
      '/home/me/.gradle/gradle.properties',
    ]);
    expect(env).toMatchObject({
      MAVEN_ARGS: '-Dmaven.repo.local=/data/caches/commands/m2 -Dmaven.repo.local.tail=/home/me/.m2/repository',
      GRADLE_USER_HOME: '/data/caches/commands/gradle',
      GRADLE_RO_DEP_CACHE: '/home/me/.gradle/caches',
    });
    expect(links).toEqual([{ at: 'gradle/gradle.properties', to: '/home/me/.gradle/gradle.properties' }]);
    expect(caches({ folder: '/Users/me/Application Support/c' }).env).not.toHaveProperty('MAVEN_ARGS');
  });
});

/**
 * Finds what a project brings of its own, by its files alone. Looks from the root up to the top of its repository: a
 * package of a monorepo finds what is installed above it. Nothing is run.
 */
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import type { ProjectEnvironment } from '../../../core/model/environment.js';
import type { Environments } from '../../../core/ports/ports.js';
import type { ProcessEnvironment } from '../process/programs.js';
import { environment, textOf } from './look.js';
import { nodeOf, packagePrograms } from './node.js';
import { pythonOf } from './python.js';

export interface Place {
  /** Real paths. */
  root: string;
  /** Top of the repository; the root where there is none. */
  repository: string;
  /** From the root to the top. */
  chain: readonly string[];
  env: ProcessEnvironment;
  home: string;
  /** Where caches of this platform lie. */
  caches: readonly string[];
}

export function createEnvironments({ env }: { env: ProcessEnvironment }): Environments {
  return {
    find: (root) => Promise.resolve(findEnvironments(placeOf(realpathSync(root), env))),
  };
}

function findEnvironments(place: Place): ProjectEnvironment[] {
  const python = pythonOf(place);
  const node = nodeOf(place);
  return [...packagePrograms(place), ...(python ? [python] : []), ...(node ? [node] : []), ...wrappers(place)];
}

const MAX_ABOVE = 20;

function placeOf(root: string, env: ProcessEnvironment): Place {
  const chain = [root];
  while (!existsSync(path.join(chain.at(-1)!, '.git')) && chain.length <= MAX_ABOVE) {
    const above = path.dirname(chain.at(-1)!);
    if (above === chain.at(-1)) break;
    chain.push(above);
  }
  const inRepository = existsSync(path.join(chain.at(-1)!, '.git'));
  const home = env['HOME'] ?? homedir();
  return {
    root,
    // What lies above a folder that belongs to no repository is no part of it.
    chain: inRepository ? chain : [root],
    repository: inRepository ? chain.at(-1)! : root,
    env,
    home,
    caches: [env['XDG_CACHE_HOME'] ?? path.join(home, '.cache'), path.join(home, 'Library', 'Caches')],
  };
}

/** Build tools that the project carries: run by their path, judged by the policy; here they are named. */
function wrappers({ root }: Place): ProjectEnvironment[] {
  const kinds = [
    { language: 'Gradle', script: 'gradlew', settings: 'gradle/wrapper/gradle-wrapper.properties' },
    { language: 'Maven', script: 'mvnw', settings: '.mvn/wrapper/maven-wrapper.properties' },
  ];
  return kinds
    .filter(({ script }) => textOf(path.join(root, script)) !== undefined)
    .map(({ language, script, settings }) =>
      environment({
        kind: 'wrapper',
        language,
        version: /(?:gradle|apache-maven)-(\d+(?:\.\d+)*)/.exec(textOf(path.join(root, settings)) ?? '')?.[1] ?? '',
        place: script,
        folders: [],
        asks: false,
      }),
    );
}

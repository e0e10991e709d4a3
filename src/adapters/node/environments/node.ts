/** Programs of npm packages, and the version of Node that a project asks a version manager for. */
import * as path from 'node:path';
import { z } from 'zod';
import type { EnvironmentKind, ProjectEnvironment } from '../../../core/model/environment.js';
import { bestOf, environment, isFolder, namesIn, textOf } from './look.js';
import type { Place } from './find.js';

/** Of the package, then of what it is a part of: the nearest comes first, as npm has it. */
export const packagePrograms = ({ root, chain }: Place): ProjectEnvironment[] =>
  chain
    .map((folder) => path.join(folder, 'node_modules', '.bin'))
    .filter(isFolder)
    .map((folder) =>
      environment({
        kind: 'node-modules',
        language: 'Node.js',
        version: '',
        place: path.relative(root, folder),
        folders: [folder],
        asks: true,
      }),
    );

interface Asked {
  file: string;
  version: string;
  /** Whose file it is; '' = one that several managers read. */
  by: EnvironmentKind | '';
}

export function nodeOf(place: Place): ProjectEnvironment | undefined {
  const asked = place.chain.map((folder) => askedIn(folder)).find((one) => one !== undefined);
  if (!asked) return undefined;
  const managers = Object.entries(MANAGERS).filter(([name]) => asked.by === '' || asked.by === name);
  for (const [name, { home, bin, alias }] of managers) {
    const folder = home(place);
    const wanted = alias?.(folder, asked.version) ?? asked.version;
    const installed = bestOf(namesIn(folder), wanted);
    if (installed !== undefined)
      return environment({
        kind: name as EnvironmentKind,
        language: 'Node.js',
        version: installed.replace(/^v/, ''),
        place: path.relative(place.root, asked.file),
        folders: [path.join(folder, installed, bin)].filter(isFolder),
        asks: false,
      });
  }
  const there = managers.find(([, { home }]) => isFolder(home(place)));
  // Without any manager the file speaks to nobody here.
  return there
    ? environment({
        kind: there[0] as EnvironmentKind,
        language: 'Node.js',
        version: asked.version.replace(/^v/, ''),
        place: path.relative(place.root, asked.file),
        folders: [],
        asks: false,
        missing: true,
      })
    : undefined;
}

const voltaSchema = z.object({ volta: z.object({ node: z.string() }) });

function askedIn(folder: string): Asked | undefined {
  for (const name of ['.nvmrc', '.node-version']) {
    const version = textOf(path.join(folder, name))?.trim().split(/\s/)[0];
    if (version) return { file: path.join(folder, name), version, by: '' };
  }
  const tools = /^node(?:js)?[ \t]+(\S+)/m.exec(textOf(path.join(folder, '.tool-versions')) ?? '')?.[1];
  if (tools) return { file: path.join(folder, '.tool-versions'), version: tools, by: '' };
  for (const name of ['mise.toml', '.mise.toml']) {
    const version = /^node\s*=\s*["']([^"']+)["']/m.exec(textOf(path.join(folder, name)) ?? '')?.[1];
    if (version) return { file: path.join(folder, name), version, by: 'mise' };
  }
  const manifest = voltaSchema.safeParse(json(textOf(path.join(folder, 'package.json')))).data;
  return manifest && { file: path.join(folder, 'package.json'), version: manifest.volta.node, by: 'volta' };
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined; // npm will say it
  }
}

interface Manager {
  /** Holds one folder a version. */
  home(place: Place): string;
  bin: string;
  /** What a name such as `lts/*` stands for. */
  alias?(folder: string, version: string): string | undefined;
}

const share = ({ env, home }: Place): string => env['XDG_DATA_HOME'] ?? path.join(home, '.local', 'share');

const MANAGERS: Readonly<Record<'nvm' | 'fnm' | 'volta' | 'asdf' | 'mise', Manager>> = {
  nvm: {
    home: ({ env, home }) => path.join(env['NVM_DIR'] ?? path.join(home, '.nvm'), 'versions', 'node'),
    bin: 'bin',
    alias: (folder, version) => nvmAlias(path.resolve(folder, '..', '..', 'alias'), version),
  },
  fnm: {
    home: (place) => path.join(place.env['FNM_DIR'] ?? path.join(share(place), 'fnm'), 'node-versions'),
    bin: path.join('installation', 'bin'),
  },
  volta: {
    home: ({ env, home }) => path.join(env['VOLTA_HOME'] ?? path.join(home, '.volta'), 'tools', 'image', 'node'),
    bin: 'bin',
  },
  asdf: {
    home: ({ env, home }) => path.join(env['ASDF_DATA_DIR'] ?? path.join(home, '.asdf'), 'installs', 'nodejs'),
    bin: 'bin',
  },
  mise: {
    home: (place) => path.join(place.env['MISE_DATA_DIR'] ?? path.join(share(place), 'mise'), 'installs', 'node'),
    bin: 'bin',
  },
};

/** nvm keeps a file for each name, which may hold another name. */
function nvmAlias(folder: string, version: string): string | undefined {
  let name = version;
  for (let hops = 0; hops < 5; hops += 1) {
    if (/^v?\d/.test(name)) return name;
    if (!/^[\w./*-]+$/.test(name) || name.includes('..')) return undefined;
    const next = textOf(path.join(folder, name))?.trim();
    if (!next) return undefined;
    name = next;
  }
  return undefined;
}

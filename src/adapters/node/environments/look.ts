/** Small looks at the disk for detection: what is not there, or cannot be read, is an answer. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProjectEnvironment } from '../../../core/model/environment.js';

const MAX_TEXT = 1_000_000;
/** Of a folder of programs: more than any tool installs. */
const MAX_PROGRAMS = 5000;

export const isFolder = (path: string): boolean => statOf(path)?.isDirectory() ?? false;

const statOf = (path: string) => orNothing(() => statSync(path, { throwIfNoEntry: false }));

/** undefined = no file, or one that is too large to be what is looked for. */
export function textOf(path: string): string | undefined {
  const stat = statOf(path);
  return stat?.isFile() && stat.size <= MAX_TEXT ? orNothing(() => readFileSync(path, 'utf8')) : undefined;
}

export const namesIn = (folder: string): string[] => orNothing(() => readdirSync(folder)) ?? [];

function orNothing<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined; // not there, not a folder, not readable
    throw error;
  }
}

type Seen = Pick<ProjectEnvironment, 'kind' | 'language' | 'version' | 'place' | 'asks'> & {
  folders: string[];
  variables?: Record<string, string>;
  missing?: boolean;
};

/** With its fingerprint: one listing and one lstat a program, no file is read. */
export function environment(seen: Seen): ProjectEnvironment {
  const programs: string[] = [];
  const print: unknown[] = [seen.kind, seen.version];
  for (const folder of seen.folders) {
    print.push(orNothing(() => realpathSync(folder)) ?? folder);
    for (const name of namesIn(folder).sort().slice(0, MAX_PROGRAMS)) {
      const path = join(folder, name);
      const stat = orNothing(() => lstatSync(path));
      if (!stat || stat.isDirectory()) continue; // gone since, or what Python compiled
      programs.push(name);
      print.push([name, stat.isSymbolicLink() ? readlinkSync(path) : stat.size]);
    }
  }
  return {
    ...seen,
    variables: seen.variables ?? {},
    missing: seen.missing ?? false,
    programs,
    hash: createHash('sha256').update(JSON.stringify(print)).digest('hex'),
  };
}

/** The highest of the installed versions that `wanted` (`20`, `v20.1`, `3.11`) is the beginning of. */
export function bestOf(installed: readonly string[], wanted: string): string | undefined {
  const parts = (version: string) => version.replace(/^v/, '').split('.');
  const want = parts(wanted);
  return installed
    .filter((version) => /^v?\d/.test(version) && want.every((part, at) => parts(version)[at] === part))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
}

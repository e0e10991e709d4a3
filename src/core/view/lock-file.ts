/** What changed in a lock file, by packages: its lines say little to a person, and are taken together or not at all. */
import type { Translate } from './translate.js';

/** A pair of groups: name and version. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  'package-lock.json': /"(?:[^"\n]*\/)?node_modules\/((?:@[^"/\n]+\/)?[^"/\n]+)": \{\s*"version": "([^"\n]+)"/g,
  'npm-shrinkwrap.json': /"(?:[^"\n]*\/)?node_modules\/((?:@[^"/\n]+\/)?[^"/\n]+)": \{\s*"version": "([^"\n]+)"/g,
  'yarn.lock': /^"?(@?[^@\s"]+)@[^\n]*:\n {2}version:? "?([^"\n]+)"?/gm,
  'pnpm-lock.yaml': /^ {2}'?\/?(@?[^@'\s(]+)@([^:'(\s]+)[^\n]*:/gm,
  'composer.lock': /"name": "([^"\n]+)",\s*"version": "([^"\n]+)"/g,
  'Cargo.lock': /^name = "([^"\n]+)"\nversion = "([^"\n]+)"/gm,
  'poetry.lock': /^name = "([^"\n]+)"\nversion = "([^"\n]+)"/gm,
  'pdm.lock': /^name = "([^"\n]+)"\nversion = "([^"\n]+)"/gm,
  'uv.lock': /^name = "([^"\n]+)"\nversion = "([^"\n]+)"/gm,
  'Gemfile.lock': /^ {4}(\S+) \(([^)\n]+)\)$/gm,
  'go.sum': /^(\S+) (v[^\s/]+) /gm,
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const isLockFile = (path: string): boolean => Object.hasOwn(PACKAGES, nameOf(path));

export interface LockChange {
  /** `name version`, in order of name. */
  added: string[];
  /** `name old → new`. */
  changed: string[];
  removed: string[];
  /** Hosts that the text before did not name. */
  hosts: string[];
}

/** undefined = no lock file, or no package of it changed. O(length of both texts). */
export function lockChange(path: string, before: string, after: string): LockChange | undefined {
  const pattern = Object.hasOwn(PACKAGES, nameOf(path)) ? PACKAGES[nameOf(path)] : undefined;
  if (!pattern) return undefined;
  const [old, fresh] = [packagesOf(before, pattern), packagesOf(after, pattern)];
  const found: LockChange = { added: [], changed: [], removed: [], hosts: [] };
  for (const name of [...new Set([...old.keys(), ...fresh.keys()])].sort()) {
    const [then, now] = [old.get(name), fresh.get(name)];
    if (then === undefined) found.added.push(`${name} ${now}`);
    else if (now === undefined) found.removed.push(`${name} ${then}`);
    else if (then !== now) found.changed.push(`${name} ${then} → ${now}`);
  }
  if (found.added.length + found.changed.length + found.removed.length === 0) return undefined;
  const known = hostsOf(before);
  found.hosts = [...hostsOf(after)].filter((host) => !known.has(host)).sort();
  return found;
}

/** Of a package that stands there in several versions all of them. */
function packagesOf(text: string, pattern: RegExp): Map<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const [, name = '', version = ''] of text.replaceAll('\r\n', '\n').matchAll(pattern))
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  return new Map([...versions].map(([name, all]) => [name, [...all].sort().join(', ')]));
}

const hostsOf = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/\b(?:https?|git\+ssh|git):\/\/(?:[^\s"'/@]*@)?([^\s"'/]+)/g)].map(([, host = '']) => host),
  );

const MAX_NAMED = 12;

/** A line each of what was added, changed and removed, and of hosts that are new. */
export function lockLines(change: LockChange, t: Translate): string[] {
  const some = (all: readonly string[]): string =>
    all.length > MAX_NAMED
      ? t('{paths} and {more} more', { paths: all.slice(0, MAX_NAMED).join('; '), more: all.length - MAX_NAMED })
      : all.join('; ');
  const { added, changed, removed, hosts } = change;
  return [
    added.length > 0 ? t('{n} added: {names}', { n: added.length, names: some(added) }) : '',
    changed.length > 0 ? t('{n} changed: {names}', { n: changed.length, names: some(changed) }) : '',
    removed.length > 0 ? t('{n} removed: {names}', { n: removed.length, names: some(removed) }) : '',
    hosts.length > 0 ? t('from hosts that it did not name before: {names}', { names: some(hosts) }) : '',
  ].filter(Boolean);
}

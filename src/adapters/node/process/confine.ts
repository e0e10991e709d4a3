/**
 * Where a path of a root really lies. Symbolic links are followed by hand, one component at a time, so
 * that a link to a place that does not exist yet is judged as well; comparing is done with the
 * separator, so `/p/app-evil` is not in `/p/app`.
 */
import type * as nodeFs from 'node:fs';
import * as posix from 'node:path/posix';
import * as win32 from 'node:path/win32';
import { OpenExecError } from '../../../core/errors.js';
import type { Root } from '../../../core/model/primitives.js';

export type ConfineFs = Pick<typeof nodeFs, 'lstatSync' | 'readlinkSync' | 'realpathSync'>;

export interface RealPlace {
  /** Absolute, without links, as far as it exists; the rest appended as written. */
  absolute: string;
  /** `/`-separated and relative to the real root ('' = the root); undefined outside. */
  relative: string | undefined;
  exists: boolean;
  viaLink: boolean;
}

const reservedOnWindows = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/** Errors: path-outside for what leaves by its text alone, path-invalid for what is no relative path. */
export function checkRelative(path: string, platform: NodeJS.Platform = process.platform): void {
  const parts = path.split(/[/\\]/);
  if (parts.includes('..') || path.startsWith('/') || /^[a-z]:/i.test(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(path))
    throw new OpenExecError('path-outside', { path: shown(path) });
  const invalid =
    path === '' ||
    path.length > 4096 ||
    /[\0-\x1f\x7f\\]/.test(path) ||
    parts.some((part) => part === '' || part === '.') ||
    // What Windows would take for another file: streams, trailing dots and spaces, devices.
    (platform === 'win32' && parts.some((part) => /[<>:"|?*]|[. ]$/.test(part) || reservedOnWindows.test(part)));
  if (invalid) throw new OpenExecError('path-invalid', { path: shown(path) });
}

/** Follows every link of `path` under `root`. Errors: path-invalid (too many links), root-not-found. */
export function realPlace(fs: ConfineFs, root: Root, path: string): RealPlace {
  let realRoot: string;
  try {
    realRoot = fs.realpathSync(root);
  } catch (error) {
    throw new OpenExecError('root-not-found', { path: root }, undefined, { cause: error });
  }
  const p = win32.isAbsolute(realRoot) && !posix.isAbsolute(realRoot) ? win32 : posix;
  let current = realRoot;
  let viaLink = false;
  let exists = true;
  let hops = 0;
  const pending = path.split('/').filter((part) => part !== '');
  while (pending.length > 0) {
    const part = pending.shift()!;
    if (part === '.') continue;
    if (part === '..') {
      current = p.dirname(current);
      continue;
    }
    const next = p.join(current, part);
    const stat = exists ? lstatOrMissing(fs, next) : undefined;
    if (!stat) {
      exists = false;
      current = next;
      continue;
    }
    if (!stat.isSymbolicLink()) {
      current = next;
      continue;
    }
    viaLink = true;
    if (++hops > 40) throw new OpenExecError('path-invalid', { path: shown(path) });
    const target = fs.readlinkSync(next);
    if (p.isAbsolute(target)) current = p.parse(target).root;
    pending.unshift(
      ...target
        .slice(p.isAbsolute(target) ? p.parse(target).root.length : 0)
        .split(p === win32 ? /[\\/]/ : '/')
        .filter((step) => step !== ''),
    );
  }
  return { absolute: current, relative: inside(realRoot, current, p), exists, viaLink };
}

/** The same, for what must not leave the root. Error: path-outside. */
export function confined(fs: ConfineFs, root: Root, path: string): RealPlace & { relative: string } {
  const place = realPlace(fs, root, path);
  if (place.relative === undefined) throw outside(path);
  return { ...place, relative: place.relative };
}

export const outside = (path: string): OpenExecError => new OpenExecError('path-outside', { path: shown(path) });

function inside(root: string, absolute: string, p: typeof posix): string | undefined {
  if (absolute === root) return '';
  const prefix = root.endsWith(p.sep) ? root : root + p.sep;
  return absolute.startsWith(prefix) ? absolute.slice(prefix.length).split(p.sep).join('/') : undefined;
}

function lstatOrMissing(fs: ConfineFs, path: string): nodeFs.Stats | undefined {
  try {
    return fs.lstatSync(path);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw error;
  }
}

export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** For messages: control characters of a hostile path must not reach a terminal. */
const shown = (path: string): string => JSON.stringify(path.slice(0, 200)).slice(1, -1).replaceAll('\\\\', '\\');

/** Paths: confined to the root, past the floor, as given and as the links lead. */
import { foldPath, lookupPathOf, type FoldedPath } from './fold-path.js';
import { protectedBy } from './protected-paths.js';
import {
  allow,
  ask,
  askFirmly,
  deny,
  strictest,
  type Facts,
  type PathOp,
  type Target,
  type Verdict,
  because,
  said,
} from './types.js';
import { showText } from '../text/harmless.js';
import { wordsOf } from './words.js';

const VERB: Record<PathOp, string> = { read: 'read', write: 'write', delete: 'delete' };

export interface PathOptions {
  folder?: string;
  /** `HEAD~1` is no short name. */
  revision?: boolean;
}

/** Links in them lead into the stores of package managers and build tools. */
const LINKING_FOLDERS = wordsOf('linkingFolders');

/** The floor and the links only: levels and rules of people come later. */
export function judgePath(op: PathOp, path: string, facts: Facts, options: PathOptions = {}): Verdict {
  const named = judgeName(op, path, facts, options);
  if (named.effect === 'deny') return named;
  const { key, ups } = lookupPathOf(path, options.folder, facts.root);
  for (const up of ups) {
    const passed = targetAt(up, facts);
    if (passed?.viaLink)
      return deny(
        'floor.outside',
        because`${showText(path)} goes up from ${showText(up)}, a link: where it leads cannot be told`,
      );
  }
  const target = key === '' ? undefined : targetAt(key, facts);
  if (!target) return named;
  const shown = showText(path);
  if (target.realPath === undefined) return deny('floor.outside', because`${shown} leads outside the workspace`);
  if (target.kind === 'other') return deny('floor.device', because`${shown} is a device, pipe or socket, not a file`);
  const verdicts = [named];
  if (target.viaLink) {
    const real = target.realPath === '' ? allow('path.inside', 'the root') : judgeName(op, target.realPath, facts, {});
    verdicts.push({
      ...real,
      reason: because`${shown} is a link to ${showText(target.realPath)}: ${said(real.reason)}`,
    });
    if (op !== 'read')
      verdicts.push(ask('path.link', because`${shown} is a link: what would change is ${showText(target.realPath)}`));
  }
  if ((target.links ?? 1) > 1 && target.kind !== 'directory') {
    // Package managers and build tools link files of their own stores;
    // elsewhere another name may lie anywhere on the disk.
    const ofTools = key.split('/').some((part) => LINKING_FOLDERS.has(part.toLowerCase()));
    if (op === 'write')
      verdicts.push(
        deny(
          'floor.hard-link',
          because`${shown} has other names on this disk: it may be a file from outside the workspace`,
        ),
      );
    else if (op === 'delete' || !ofTools)
      verdicts.push(
        ask(
          'path.hard-link',
          because`${shown} has other names on this disk: it may be a file from outside the workspace`,
        ),
      );
  }
  return strictest(named, ...verdicts.slice(1));
}

/** What stands there; undefined when nothing does, or nobody looked yet (then it is asked for). */
export function targetAt(key: string, { targets, missing }: Facts): Target | undefined {
  const found = targets?.get(key);
  if (found === undefined) missing?.targets.add(key);
  return found ?? undefined;
}

function judgeName(op: PathOp, path: string, facts: Facts, { folder = '', revision = false }: PathOptions): Verdict {
  const shown = showText(path);
  const folded = foldPath(path, folder, facts.root);
  if (folded.kind === 'invalid') return deny('floor.path-invalid', folded.problem);
  if (folded.kind === 'outside') return deny('floor.outside', because`${shown} lies outside the workspace`);
  const { segments } = folded;
  if (segments.length === 0)
    return op === 'read'
      ? allow('path.inside', 'it lies in the workspace')
      : deny('floor.root', 'the workspace’s own folder is never replaced or deleted');
  if (folded.short && !revision)
    return deny('floor.short-name', because`${shown} may be the short name of a protected file`);
  if (inDataHome(path, facts, segments)) return deny('floor.data-home', because`${shown} is OpenExec’s own data`);
  const denied = protectedBy('deny', segments);
  if (denied && (op !== 'read' || denied.read))
    return deny(denied.id, because`${shown} is protected: ${said(denied.reason)}`);
  const asked = protectedBy('ask', segments);
  if (asked && (op !== 'read' || asked.read))
    return askFirmly(asked.id, because`${shown} is always asked about: ${said(asked.reason)}`);
  if (op !== 'read' && /[:\p{Cf}]/u.test(path))
    return askFirmly('path.unusual', because`${shown} has characters that some systems hide or read as something else`);
  return allow('path.inside', because`it is a file of the workspace to ${VERB[op]}`);
}

function inDataHome(path: string, { dataHome, root }: Facts, segments: readonly string[]): boolean {
  if (!dataHome || !root) return false;
  const home: FoldedPath = foldPath(dataHome, '', root);
  return (
    home.kind === 'inside' &&
    home.segments.length > 0 &&
    home.segments.every((segment, index) => segments[index] === segment) &&
    path !== ''
  );
}

/** By its name alone: a program that walks a folder must not print it. */
export function isReadProtected(path: string): boolean {
  const folded = foldPath(path);
  return folded.kind === 'inside' && protectedBy('deny', folded.segments)?.read === true;
}

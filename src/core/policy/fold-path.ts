/**
 * Paths as the most forgiving file system would see them: whatever two names could mean the same file on macOS, Windows
 * or Linux folds to the same text. For comparing with what is protected, never for opening.
 */
import { because, type Because } from './types.js';

/** Characters that HFS+, NTFS or a reader pass over (CVE-2014-9390): format characters and other default ignorables. */
const IGNORABLE = /[\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}]/gu;
/**
 * NTFS short names of what is protected: `git~1`, `GI7EBA~1`.
 * Any tilde and digits at the end of a stem that short may be one.
 */
const SHORT_NAME = /^[^.]{1,6}~\d{1,6}(?:\.[^.]{0,3})?$/;
const DEVICE =
  /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\..*)?$/;

export type FoldedPath =
  /** Segments below the root; none is the root itself. `short`: some name could be the short form of another. */
  { kind: 'inside'; segments: string[]; short: boolean } | { kind: 'outside' } | { kind: 'invalid'; problem: Because };

/** One name: case, compatibility forms, ignorable characters, trailing dots and spaces, alternate streams. */
export function foldSegment(segment: string): string {
  const folded = segment.normalize('NFKC').replace(IGNORABLE, '').toLowerCase().normalize('NFKC');
  const stream = folded.indexOf(':');
  return (stream > 0 ? folded.slice(0, stream) : folded).replace(/(?!^)[. ]+$/, '').replace(/^ +/, '');
}

/**
 * `root`: absolute path of the root, for absolute paths inside it; without it every absolute path lies outside.
 * `folder`: what the path is relative to, below the root.
 */
export function foldPath(path: string, folder = '', root?: string): FoldedPath {
  if (path === '') return { kind: 'invalid', problem: 'the path is empty' };
  if (path.length > 4096) return { kind: 'invalid', problem: 'the path is longer than 4096 characters' };
  if (path.includes('\0')) return { kind: 'invalid', problem: 'the path has a null byte' };
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(path)) return { kind: 'invalid', problem: 'the path has control characters' };
  if (/\p{Cs}/u.test(path)) return { kind: 'invalid', problem: 'the path is not valid Unicode' };
  let rest = path.replaceAll('\\', '/');
  const scheme = /^[a-z][a-z0-9+.-]+:\/\//i.test(rest);
  if (scheme || rest === '~' || rest.startsWith('~/')) return { kind: 'outside' };
  const absolute = rest.startsWith('/') || /^[a-z]:/i.test(rest);
  if (absolute) {
    const top = root?.replaceAll('\\', '/').replace(/\/+$/, '');
    // Exactly the root's own spelling: another may be another folder.
    // The separator keeps `/p/app-evil` out of `/p/app`.
    if (!top || (rest !== top && !rest.startsWith(`${top}/`))) return { kind: 'outside' };
    rest = rest.slice(top.length + 1);
  } else rest = folder === '' ? rest : `${folder.replaceAll('\\', '/')}/${rest}`;
  const segments: string[] = [];
  let short = false;
  for (const raw of rest.split('/')) {
    if (raw === '' || raw === '.') continue;
    if (raw === '..') {
      if (segments.length === 0) return { kind: 'outside' };
      segments.pop();
      continue;
    }
    // Trailing dots and spaces vanish on Windows, ignorable characters elsewhere: `.. ` may mean the parent.
    if (/^[. ]*$/.test(raw.normalize('NFKC').replace(IGNORABLE, '')))
      return { kind: 'invalid', problem: 'a part of the path is nothing but dots and blanks' };
    const segment = foldSegment(raw);
    if (DEVICE.test(segment)) return { kind: 'invalid', problem: because`${segment} names a device on some systems` };
    // NFKC turns some characters into separators (U+2215 stays, U+FF0F becomes `/`).
    if (segment.includes('/') || segment.includes('\\') || segment === '')
      return { kind: 'invalid', problem: 'the path has a look-alike of a separator' };
    short ||= SHORT_NAME.test(segment);
    segments.push(segment);
  }
  return { kind: 'inside', segments, short };
}

/** Where a path that folds to `inside` is looked up on the disk. */
export interface LookupPath {
  /** From the root, `/`-separated, as it is spelled, `.` and `..` resolved; '' = the root. */
  key: string;
  /**
   * The folders it goes up from (`a/b` of `a/b/../c`):
   * were one of them a link, the text would say nothing about where it leads.
   */
  ups: string[];
}

export function lookupPathOf(path: string, folder = '', root?: string): LookupPath {
  const slashed = path.replaceAll('\\', '/');
  const top = root?.replaceAll('\\', '/').replace(/\/+$/, '');
  const absolute = top !== undefined && top !== '' && (slashed === top || slashed.startsWith(`${top}/`));
  const rest = absolute
    ? slashed.slice(top.length)
    : folder === ''
      ? slashed
      : `${folder.replaceAll('\\', '/')}/${slashed}`;
  const start = !absolute && top && (rest === top || rest.startsWith(`${top}/`)) ? rest.slice(top.length) : rest;
  const segments: string[] = [];
  const ups: string[] = [];
  for (const raw of start.split('/')) {
    if (raw === '' || raw === '.') continue;
    if (raw === '..') {
      if (segments.length > 0) ups.push(segments.join('/'));
      segments.pop();
    } else segments.push(raw);
  }
  return { key: segments.join('/'), ups };
}

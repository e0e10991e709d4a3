/** The one redaction sink: what reaches a prompt, row, log, export or view has passed it. */
import {
  ENVIRONMENT_SECRET,
  PERSONAL_PATTERNS,
  QUOTED_SECRET,
  SECRET_NAMES,
  SECRET_PATTERNS,
} from './secret-patterns.js';

export const SECRET_MARK = '[SECRET_REDACTED]';

export interface Redactor {
  redact(text: string): string;
  /** For text that comes in pieces: a secret split over two of them is still found. */
  stream(): RedactedStream;
}
export interface RedactedStream {
  /** What can be let out now: whole lines, as a rule. */
  push(chunk: string): string;
  /** The rest. */
  end(): string;
}
export interface RedactOptions {
  /** `all` also takes out personal data: e-mail, IP addresses, personal identity codes. */
  level?: 'secrets' | 'all';
}

interface Found {
  start: number;
  end: number;
  replacement: string;
}

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const PEM_MAX = 64 * 1024;
/** How much of a line without end is held back: longer than any token there is. */
const HOLD = 8 * 1024;
const LINE_MAX = 64 * 1024;

/**
 * `knownSecrets`: values that are secret whatever they look like (keys in use);
 * those under 6 characters are left out, as they would hit words.
 */
export function createRedactor(
  knownSecrets: readonly string[] = [],
  { level = 'secrets' }: RedactOptions = {},
): Redactor {
  const known = [...new Set(knownSecrets.filter((secret) => secret.length >= 6).flatMap(spellings))].sort(
    (a, b) => b.length - a.length,
  );
  const find = (text: string): Found[] =>
    merge([...findKnown(text, known), ...findSecrets(text), ...(level === 'all' ? findPersonal(text) : [])]);
  const redact = (text: string): string => replace(text, find(text));
  // A secret with line ends in it may lie across lines.
  const longest = known
    .filter((secret) => secret.includes('\n'))
    .reduce((max, secret) => Math.max(max, secret.length), 0);
  return { redact, stream: () => stream(redact, find, longest) };
}

function stream(redact: Redactor['redact'], find: (text: string) => Found[], longest: number): RedactedStream {
  let held = '';
  return {
    push(chunk) {
      held += chunk;
      let cut = held.lastIndexOf('\n', held.length - 1 - longest) + 1;
      if (cut === 0 && held.length > LINE_MAX + longest) cut = held.length - Math.max(HOLD, longest);
      if (cut <= 0) return '';
      const open = openPem(held);
      if (open !== undefined) cut = Math.min(cut, open);
      const found = find(held);
      const across = found.find((one) => one.start < cut && one.end > cut);
      if (across) cut = across.start > 0 || held.length < PEM_MAX + HOLD ? across.start : cut;
      if (cut === 0) return '';
      const out = replace(
        held.slice(0, cut),
        found.filter((one) => one.start < cut).map((one) => ({ ...one, end: Math.min(one.end, cut) })),
      );
      held = held.slice(cut);
      return out;
    },
    end() {
      const out = redact(held);
      held = '';
      return out;
    },
  };
}

/** Where a private key begins that has not ended yet and still may. */
function openPem(text: string): number | undefined {
  let open: number | undefined;
  for (const match of text.matchAll(PEM_BEGIN))
    if (pemEnd(text, match.index + match[0].length) === undefined && text.length - match.index < PEM_MAX)
      open ??= match.index;
  return open;
}

function pemEnd(text: string, from: number): number | undefined {
  const window = text.slice(from, from + PEM_MAX);
  const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(window);
  return end ? from + end.index + end[0].length : undefined;
}

/** The value itself, and as it stands in URLs, JSON and base64. */
function spellings(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const base64 = btoa(String.fromCharCode(...bytes.slice(0, 8192))).replace(/=+$/, '');
  return [
    secret,
    encodeURIComponent(secret.replace(/\p{Cs}/gu, '')),
    JSON.stringify(secret).slice(1, -1),
    ...(secret.length >= 12 ? [base64] : []),
  ];
}

function* findKnown(text: string, known: readonly string[]): Generator<Found> {
  for (const secret of known)
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + secret.length))
      yield { start: at, end: at + secret.length, replacement: SECRET_MARK };
}

function* findSecrets(text: string): Generator<Found> {
  for (const { hint, pattern, group } of SECRET_PATTERNS) {
    if (!text.includes(hint)) continue;
    for (const match of text.matchAll(pattern)) yield group === undefined ? whole(match) : part(match, group);
  }
  if (text.includes('-----BEGIN'))
    for (const match of text.matchAll(PEM_BEGIN)) {
      // Without an end, what looks like the body of a key is taken.
      const body = /^[A-Za-z0-9+/=\s:,-]{0,65536}/.exec(
        text.slice(match.index + match[0].length, match.index + match[0].length + PEM_MAX),
      );
      yield {
        start: match.index,
        end:
          pemEnd(text, match.index + match[0].length) ??
          match.index + match[0].length + (body?.[0].trimEnd().length ?? 0),
        replacement: SECRET_MARK,
      };
    }
  if (SECRET_NAMES.test(text)) {
    for (const match of text.matchAll(QUOTED_SECRET)) yield part(match, 2);
    for (const match of text.matchAll(ENVIRONMENT_SECRET)) yield part(match, 1);
  }
}

function* findPersonal(text: string): Generator<Found> {
  for (const { replacement, pattern } of PERSONAL_PATTERNS)
    for (const match of text.matchAll(pattern)) yield { ...whole(match), replacement };
}

const whole = (match: RegExpExecArray): Found => ({
  start: match.index,
  end: match.index + match[0].length,
  replacement: SECRET_MARK,
});

/** Groups of these patterns stand last but for closing characters. */
function part(match: RegExpExecArray, group: number): Found {
  const value = match[group] ?? '';
  const start = match.index + match[0].lastIndexOf(value);
  return { start, end: start + value.length, replacement: SECRET_MARK };
}

/** Overlapping finds become one. */
function merge(found: Found[]): Found[] {
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Found[] = [];
  for (const one of found) {
    const last = merged.at(-1);
    if (last && one.start < last.end) last.end = Math.max(last.end, one.end);
    else if (one.end > one.start) merged.push({ ...one });
  }
  return merged;
}

function replace(text: string, found: readonly Found[]): string {
  let out = '';
  let at = 0;
  for (const one of found) {
    out += text.slice(at, one.start) + one.replacement;
    at = one.end;
  }
  return at === 0 ? text : out + text.slice(at);
}

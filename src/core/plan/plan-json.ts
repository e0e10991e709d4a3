/**
 * Finds the JSON in what a model or a person wrote:
 * fences, prose, comments, trailing commas, a cut-off end. Deletes no line of it.
 */
import { jsonrepair } from 'jsonrepair';

export interface Extracted {
  value: unknown;
  /**
   * The text broke off or was no JSON at all; what is here is a best reading, and something may be missing at the end.
   */
  repaired: boolean;
}

interface Candidate {
  text: string;
  /** No closing bracket was found. */
  cut: boolean;
}

const MAX_CANDIDATES = 40;

/** undefined: there is nothing in it that could be read as an object or a list. Never throws. */
export function extractJson(text: string): Extracted | undefined {
  const source = text.replace(/^\uFEFF/, '').trim();
  const whole = strict(source);
  if (whole !== undefined) return { value: whole, repaired: false };

  const candidates = findCandidates(source);
  for (const candidate of candidates) {
    if (candidate.cut) continue;
    const value = strict(withoutComments(candidate.text));
    if (value !== undefined) return { value, repaired: false };
  }
  // The longest is the outermost; braces in prose are short.
  for (const candidate of [...candidates].sort((a, b) => b.text.length - a.text.length)) {
    const value = mended(withoutComments(candidate.text));
    if (value !== undefined) return { value, repaired: true };
  }
  return undefined;
}

/** Objects and lists only: a bare word or number in prose is no answer. */
function strict(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // not JSON is an answer here
  }
}

function mended(text: string): unknown {
  if (!text.includes(':') && !/^\[\s*[[{"]/.test(text)) return undefined;
  try {
    return strict(jsonrepair(text));
  } catch {
    return undefined; // beyond repair is an answer here
  }
}

function findCandidates(source: string): Candidate[] {
  const starts: number[] = [];
  for (const fence of source.matchAll(/^[ \t]*(?:```|~~~)[^\n`]*\n\s*(?=[{[])/gm))
    starts.push(fence.index + fence[0].length);
  for (let at = 0; at < source.length && starts.length < MAX_CANDIDATES; at++) {
    // A bracket in prose ("[1]", "[see below]") opens no document; one that holds objects or texts may.
    const opens = source[at] === '{' || (source[at] === '[' && /^\[\s*[[{"\]]/.test(source.slice(at, at + 200)));
    if (opens) {
      starts.push(at);
      const end = endOf(source, at);
      if (end.balanced)
        at = end.at - 1; // what is inside belongs to it
      // Cut off: the rest is its inside.
      else if (/^\{\s*"/.test(source.slice(at, at + 200)) || source[at] === '[') break;
    }
  }
  return [...new Set(starts)].slice(0, MAX_CANDIDATES).map((start) => {
    const end = endOf(source, start);
    return { text: source.slice(start, end.at), cut: !end.balanced };
  });
}

/** Where the value that starts here ends. Knows strings and comments. */
function endOf(source: string, start: number): { at: number; balanced: boolean } {
  let depth = 0;
  let fence = -1;
  for (let at = start; at < source.length; at++) {
    const char = source[at];
    if (char === '"') {
      const end = endOfString(source, at);
      if (end === source.length && fence < 0) fence = source.indexOf('\n```', at);
      at = end;
    } else if (char === '/' && (source[at + 1] === '/' || source[at + 1] === '*')) at = endOfComment(source, at) - 1;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return { at: at + 1, balanced: true };
    } else if (char === '\n' && fence < 0 && source.startsWith('```', at + 1)) fence = at;
  }
  return { at: fence < 0 ? source.length : fence, balanced: false };
}

/** Index of the closing quote, or the last character. */
function endOfString(source: string, open: number): number {
  for (let at = open + 1; at < source.length; at++) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '"') return at;
  }
  return source.length;
}

/** Index after the comment; a line comment leaves its line end. */
function endOfComment(source: string, open: number): number {
  const end = source[open + 1] === '/' ? source.indexOf('\n', open) : source.indexOf('*/', open + 2) + 2;
  return end < open + 2 ? source.length : end;
}

/** Drops comments and the comma before a closing bracket, outside strings. */
function withoutComments(source: string): string {
  const out: string[] = [];
  let comma = -1; // place in `out` of a comma that only white space has followed
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? '';
    if (char === '"') {
      const end = endOfString(source, at);
      out.push(source.slice(at, end + 1));
      at = end;
      comma = -1;
    } else if (char === '/' && (source[at + 1] === '/' || source[at + 1] === '*')) at = endOfComment(source, at) - 1;
    else {
      if ((char === '}' || char === ']') && comma >= 0) out[comma] = '';
      if (char === ',') comma = out.length;
      else if (!/\s/.test(char)) comma = -1;
      out.push(char);
    }
  }
  return out.join('');
}

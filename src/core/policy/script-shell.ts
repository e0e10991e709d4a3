/**
 * Which shell a script is written for. `sh` is dash on many systems, where a script for bash fails in ways that look
 * like a failed check. Decided by the text alone, so that an approval of the text is one of the shell, too.
 */
export type ScriptShell =
  | { name: 'sh' }
  /** `because`: what needs it, as it stands in the script. `flags`: those of its first line. */
  | { name: 'bash'; because: string; flags: readonly string[] };

const START = String.raw`(?:^|[;&|({\n]|\b(?:then|do|else|if|while|until|elif)\b|!)[ \t]*`;
const command = (words: string, after = String.raw`(?=[\s;&|)]|$)`): RegExp =>
  new RegExp(`${START}(?<what>${words})${after}`);

/** In what stands outside of quotes. */
const inCode: readonly RegExp[] = [
  command(String.raw`\[\[`, String.raw`(?=\s)`),
  command(String.raw`(?:declare|typeset|mapfile|readarray|shopt|source|pushd|popd|let|coproc|compgen|select|disown)`),
  command(String.raw`read[ \t]+(?:-r[ \t]+)?-r?[adnNptsui]+`),
  command(String.raw`printf[ \t]+-v`),
  command(String.raw`function[ \t]+[\w:.-]+`, ''),
  command(String.raw`\(\((?=[^();]*\)\))`, ''),
  command(String.raw`trap\b[^;\n]*[ \t](?:ERR|DEBUG|RETURN)`),
  command(String.raw`(?:\[|test)[ \t][^;&|\n]*?[ \t]==`, String.raw`(?=[ \t])`),
  /\b(?<what>set[ \t]+(?:-\w+[ \t]+)*-\w*o[ \t]+pipefail)\b/,
  /(?<what>\bfor[ \t]*\(\()/,
  /(?:^|[\s;&|(])(?<what>[A-Za-z_]\w*\+?=\()/,
  /\bin[ \t][^;\n]*?(?<what>\{-?\w+\.\.-?\w+\})/,
  /(?<what><<<|&>>?|\|&|(?<![\w$])[<>]\()/,
  /(?<what>\$')/,
];
/** In what is not between single quotes. */
const inExpansions: readonly RegExp[] = [
  /(?<what>\$\{[#!]?[A-Za-z_]\w*\[[^\]]*\])/,
  /(?<what>\$\{![A-Za-z_]\w*)/,
  /(?<what>\$\{(?:[A-Za-z_]\w*|[@*#?\d])(?:\^\^?|,,?|\/|@[A-Za-z]\}|:\d|: -\d))/,
  /(?<what>\$\{?(?:RANDOM|BASH_\w+|BASHPID|PIPESTATUS|FUNCNAME|EPOCHSECONDS)\b)/,
];

/** O(length of the script). */
export function shellOf(script: string): ScriptShell {
  const first = /^#![ \t]*(\S.*)/.exec(script)?.[1];
  if (first !== undefined) {
    const words = first.trim().split(/\s+/);
    const named = /(?:^|\/)env$/.test(words[0] ?? '') ? words.slice(words[1] === '-S' ? 2 : 1) : words;
    if (/(?:^|\/)bash$/.test(named[0] ?? ''))
      return { name: 'bash', because: `#!${first.trim()}`.slice(0, 80), flags: flagsOf(named.slice(1)) };
    if (/(?:^|\/)(?:sh|dash|ash)$/.test(named[0] ?? '')) return { name: 'sh' };
  }
  const { code, expansions } = withoutQuotes(script);
  for (const [text, signs] of [
    [code, inCode],
    [expansions, inExpansions],
  ] as const)
    for (const sign of signs) {
      const what = sign.exec(text)?.groups?.['what'];
      if (what !== undefined) return { name: 'bash', because: what.trim().slice(0, 80), flags: [] };
    }
  return { name: 'sh' };
}

/** Of the first line, what only makes it stricter or more talkative. */
const flagsOf = (words: readonly string[]): string[] => {
  const known = /^-[eufxC]+$/;
  const all = words.join(' ');
  return /^(?:-[eufxC]+ ?)*$/.test(all) ? words.filter((word) => known.test(word)) : [];
};

type Place = { in: 'code'; parens: number } | { in: 'double' };

/**
 * The script with blanks for what stands in quotes, comments and here-documents: `code`; the same with double quotes
 * kept, in which expansions count: `expansions`. A rough reading: what it gets wrong decides between two shells, and
 * nothing else.
 */
function withoutQuotes(script: string): { code: string; expansions: string } {
  const code = [...script.replace(/[^\n]/g, ' ')];
  const expansions = [...code];
  const places: Place[] = [{ in: 'code', parens: 0 }];
  const ends: { word: string; tabs: boolean }[] = [];
  let at = 0;
  const keep = (length: number, inQuotes: boolean): void => {
    for (let i = at; i < at + length; i += 1) {
      const char = script.charAt(i);
      expansions[i] = char;
      if (!inQuotes) code[i] = char;
    }
    at += length;
  };
  while (at < script.length) {
    const place = places.at(-1)!;
    const char = script.charAt(at);
    if (char === '\\') {
      at += 2;
      continue;
    }
    if (script.startsWith('$(', at)) {
      keep(2, place.in === 'double');
      places.push({ in: 'code', parens: 1 });
      continue;
    }
    if (place.in === 'double') {
      if (char === '"') {
        places.pop();
        at += 1;
      } else keep(1, true);
      continue;
    }
    const document =
      char !== '<' || script[at - 1] === '<'
        ? null
        : /^<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|([\w.-]+))/.exec(script.slice(at, at + 200));
    if (char === "'") {
      const end = script.indexOf("'", at + 1);
      if (script[at - 1] === '$') code[at] = "'";
      at = end < 0 ? script.length : end + 1;
    } else if (char === '"') {
      places.push({ in: 'double' });
      at += 1;
    } else if (char === '#' && (at === 0 || /[\s;&|()]/.test(script.charAt(at - 1)))) {
      const end = script.indexOf('\n', at);
      at = end < 0 ? script.length : end;
    } else if (document && script[at + 2] !== '<') {
      ends.push({ word: document[2] ?? document[3] ?? document[4] ?? '', tabs: document[1] === '-' });
      at += document[0].length;
    } else if (char === '\n' && ends.length > 0) {
      at += 1;
      for (const { word, tabs } of ends.splice(0)) at = afterDocument(script, at, word, tabs);
    } else {
      if (char === '(') place.parens += 1;
      if (char === ')' && places.length > 1 && (place.parens -= 1) === 0) places.pop();
      keep(script.startsWith('<<<', at) ? 3 : 1, false);
    }
  }
  return { code: code.join(''), expansions: expansions.join('') };
}

function afterDocument(script: string, from: number, word: string, tabs: boolean): number {
  let at = from;
  while (at < script.length) {
    const end = script.indexOf('\n', at);
    const line = script.slice(at, end < 0 ? script.length : end);
    at = end < 0 ? script.length : end;
    if ((tabs ? line.replace(/^\t+/, '') : line) === word) return at;
    at += 1;
  }
  return Math.min(at, script.length);
}

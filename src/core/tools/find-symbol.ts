/**
 * Where a text defines a name, and how far that definition reaches, without a language server: by the words that begin
 * a definition in the common languages, and by braces, indentation or `end` for its end. A guess that is told as one.
 */

export interface SymbolBlock {
  /** 1-based, inclusive; comments and decorators right above belong to it. */
  startLine: number;
  endLine: number;
  /** Columns before the definition: what stands further out is more likely to be meant. */
  indent: number;
}

type Shape = 'braces' | 'indent' | 'end';

/** By the ending of a file's name. */
const ENDINGS: Readonly<Record<Shape, readonly string[]>> = {
  braces: [
    'ts',
    'tsx',
    'mts',
    'cts',
    'js',
    'jsx',
    'mjs',
    'cjs',
    'vue',
    'svelte',
    'java',
    'kt',
    'kts',
    'scala',
    'groovy',
    'c',
    'h',
    'cc',
    'cpp',
    'cxx',
    'hpp',
    'hh',
    'm',
    'mm',
    'cs',
    'go',
    'rs',
    'swift',
    'php',
    'dart',
    'zig',
    'sh',
    'bash',
    'zsh',
    'pl',
    'pm',
    'proto',
    'graphql',
    'tf',
    'ps1',
    'css',
    'scss',
    'less',
  ],
  indent: ['py', 'pyi', 'pyx', 'nim', 'gd'],
  end: ['rb', 'lua', 'ex', 'exs', 'jl', 'cr'],
};
const SHAPES: Readonly<Record<string, Shape>> = Object.fromEntries(
  (Object.keys(ENDINGS) as Shape[]).flatMap((shape) => ENDINGS[shape].map((ending) => [ending, shape])),
);

/** Words right before the name it defines. */
const DEFINING = [
  'function\\*?',
  'class',
  'interface',
  'type',
  'enum',
  'namespace',
  'module',
  'struct',
  'trait',
  'union',
  'impl',
  'fn',
  'func',
  'fun',
  'def',
  'defp',
  'defmodule',
  'defmacro',
  'object',
  'record',
  'protocol',
  'extension',
  'const',
  'let',
  'var',
  'val',
  'static',
  'package',
  'actor',
  'mod',
  'macro_rules!',
  'message',
  'service',
  'input',
  'scalar',
  'sub',
  '#define',
  'local function',
].join('|');
/** What may stand before them. */
const MODIFIERS = [
  'export',
  'default',
  'declare',
  'public',
  'private',
  'protected',
  'internal',
  'static',
  'abstract',
  'final',
  'sealed',
  'open',
  'override',
  'async',
  'readonly',
  'pub(?:\\([a-z ]+\\))?',
  'unsafe',
  'extern(?: "C")?',
  'inline',
  'virtual',
  'data',
  'case',
  'partial',
  'const',
  'let',
  'mut',
  'local',
  'typedef',
  'inner',
  'suspend',
  'operator',
  '@\\w+',
];
const MODIFIER = `(?:${MODIFIERS.join('|')})`;
/** Statements that look like a function of C's family: `return foo(x) {`. */
const STATEMENT =
  /^\s*(?:return|else|new|throw|case|await|yield|delete|typeof|if|for|while|switch|catch|do|using|assert|echo|print)\b/;

/**
 * Between the parameters and the body:
 * each part begins in a way of its own and has a bound, as the text is anybody’s and may be made to be slow.
 */
const BEFORE_BODY =
  /^(?:(?:const|noexcept|override|final|async)\b\*?\s*)*(?:throws\b[\w, .]{0,300})?(?:where [\w\s:,<>]{1,300}|->[^;{]{1,200}|:[^;=]{1,300})?\{/;

/** Characters between the parentheses. */
const MAX_PARAMETERS = 5000;
const MAX_BLOCK = 600;
const MAX_ABOVE = 30;
const MAX_FOUND = 20;

export const mayDefine = (path: string): boolean => shapeOf(path) !== undefined;

const shapeOf = (path: string): Shape | undefined => SHAPES[/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''];

/** At most 20, in order of their lines. Linear in the text. */
export function findDefinitions(path: string, text: string, name: string): SymbolBlock[] {
  const shape = shapeOf(path);
  if (shape === undefined || name === '' || !text.includes(name)) return [];
  const lines = text.split(/\r\n|\n|\r/);
  const isDefinition = definitionOf(name, shape);
  const found: SymbolBlock[] = [];
  let after = -1;
  for (const [index, line] of lines.entries()) {
    if (found.length >= MAX_FOUND) break;
    if (index <= after || line.length > 2000 || !line.includes(name) || !isDefinition(lines, index)) continue;
    const end = endOf(lines, index, shape, path);
    // The same name inside its own definition (a recursive helper, a constructor) is part of it.
    after = end;
    found.push({ startLine: above(lines, index) + 1, endLine: end + 1, indent: indentOf(line) });
  }
  return found;
}

function definitionOf(name: string, shape: Shape): (lines: readonly string[], index: number) => boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const end = '(?![\\w$])';
  const worded = new RegExp(
    `^\\s*(?:${MODIFIER}\\s+)*(?:${DEFINING})\\s+(?:\\([^)]{0,200}\\)\\s*)?(?:[\\w$.]+(?:\\.|::|#))?${escaped}${end}`,
  );
  const assigned =
    shape === 'indent'
      ? new RegExp(`^${escaped}\\s*(?::[^=]{1,200})?=(?!=)`)
      : new RegExp(
          `^\\s*(?:${MODIFIER}\\s+)*(?:this\\.|exports\\.|module\\.exports\\.)?${escaped}\\s*(?::[^=]{1,200})?` +
            '(?:=\\s*(?:async\\s*)?(?:function\\b|\\(|[\\w$]+\\s*=>)' +
            '|:\\s*(?:async\\s+)?(?:function\\b|\\([^)]{0,200}\\)\\s*=>))',
        );
  // A method, or a function of C's family: types and qualifiers, the name, parameters, and a body.
  const called = new RegExp(
    '^\\s*(?:[\\w$<>,:*&\\[\\]?~.@]+\\s+){0,8}[*&]*(?:[\\w$<>]+::)*' +
      `(?:get\\s+|set\\s+|\\*\\s*|#)?${escaped}\\s*(?:<[^(]{0,200}>\\s*)?\\(`,
  );
  const selector = new RegExp(`^\\s*[.#]${escaped}${end}[^;{}]{0,200}\\{`);
  return (lines, index) => {
    const line = lines[index] ?? '';
    if (worded.test(line) || assigned.test(line)) return true;
    if (shape !== 'braces') return false;
    if (selector.test(line)) return true;
    return called.test(line) && !STATEMENT.test(line) && hasBody(lines, index, line.indexOf('(', line.search(escaped)));
  };
}

/** After the closing parenthesis comes a body, with types or qualifiers before it at most: `name(a, b): T {`. */
function hasBody(lines: readonly string[], index: number, column: number): boolean {
  let depth = 0;
  let left = MAX_PARAMETERS;
  for (let at = index; at < Math.min(lines.length, index + 40); at++) {
    const line = lines[at] ?? '';
    let arrow = false;
    for (let i = at === index ? column : 0; i < line.length; i++) {
      if (--left < 0) return false;
      if (depth === 1 && arrow && line[i] === '{') return false; // a call with a callback
      if (line[i] !== ' ' && line[i] !== '\t') arrow = line[i] === '>' && line[i - 1] === '=';
      if (line[i] === '(') depth++;
      else if (line[i] === ')' && --depth === 0) {
        const rest = line.slice(i + 1).trim() || (lines[at + 1] ?? '').trim();
        return BEFORE_BODY.test(rest);
      }
    }
  }
  return false;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === '';

/** The first line of the comment, decorators and attributes right above. */
function above(lines: readonly string[], index: number): number {
  let at = index;
  while (
    at > 0 &&
    index - at < MAX_ABOVE &&
    /^\s*(?:\/\*|\*|\/\/|#(?!include|define|if|endif)|@[\w.]+|\[\w|--)/.test(lines[at - 1] ?? '')
  )
    at--;
  return at;
}

function endOf(lines: readonly string[], index: number, shape: Shape, path: string): number {
  const end =
    shape === 'braces'
      ? endOfBraces(lines, index, path.endsWith('.rs'))
      : shape === 'indent'
        ? endOfIndent(lines, index)
        : endOfEnd(lines, index);
  return Math.min(end, index + MAX_BLOCK, lines.length - 1);
}

/**
 * Brackets outside strings and comments; the definition ends with the line that closes the last one, unless the line
 * goes on. Rust has names of lifetimes where others have a quote.
 */
function endOfBraces(lines: readonly string[], index: number, rust: boolean): number {
  let depth = 0;
  let opened = false;
  let quote = '';
  const last = Math.min(lines.length - 1, index + MAX_BLOCK);
  for (let at = index; at <= last; at++) {
    const line = (lines[at] ?? '').slice(0, 5000);
    if (quote === '"' || quote === "'") quote = ''; // neither goes over the end of a line
    let code = '';
    for (let i = 0; i < line.length; i++) {
      const char = line[i]!;
      if (quote !== '') {
        if (char === '\\') i++;
        else if (quote === '*/' ? line.startsWith('*/', i) : char === quote) {
          i += quote.length - 1;
          quote = '';
        }
        continue;
      }
      if (line.startsWith('//', i) && line[i - 1] !== ':') break;
      if (line.startsWith('/*', i)) {
        quote = '*/';
        i++;
      } else if (
        char === '"' ||
        char === '`' ||
        (char === "'" && (rust ? line[i + 2] === "'" || line[i + 1] === '\\' : line.indexOf("'", i + 1) > 0))
      )
        quote = char;
      else if ('{(['.includes(char)) {
        depth++;
        opened ||= char === '{';
      } else if ('})]'.includes(char)) depth--;
      if (char.trim()) code += char;
    }
    if (depth > 0 || quote !== '') continue;
    if (depth < 0) return Math.max(index, at - 1); // what encloses it ends here
    if (code.endsWith(';')) return at;
    const next = (lines[at + 1] ?? '').trim();
    if (opened && code.endsWith('}')) {
      if (!/^[|&.]/.test(next)) return at;
      continue;
    }
    if (
      !/(?:[=,|&?:+*(<]|=>|extends|implements|where)$/.test(code) &&
      !/^(?:[{.|&?:=]|where\b|extends\b|implements\b|throws\b)/.test(next)
    )
      return at;
  }
  return last;
}

/** Everything further in, after the head; the head may go over several lines of parameters. */
function endOfIndent(lines: readonly string[], index: number): number {
  const indent = indentOf(lines[index] ?? '');
  let open = 0;
  let end = index;
  for (let at = index; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (at > index && open <= 0 && !isBlank(line) && indentOf(line) <= indent) break;
    if (!isBlank(line)) end = at;
    for (const char of line.split('#', 1)[0] ?? '') open += '([{'.includes(char) ? 1 : ')]}'.includes(char) ? -1 : 0;
    if (at - index >= MAX_BLOCK) break;
  }
  return end;
}

/** Up to the `end` that stands as far in as the definition. */
function endOfEnd(lines: readonly string[], index: number): number {
  const first = lines[index] ?? '';
  const indent = indentOf(first);
  if (/\bend\s*$/.test(first) || /^\s*def\s[^#]*[^=!<>]=\s/.test(first)) return index;
  for (let at = index + 1; at < lines.length && at - index <= MAX_BLOCK; at++) {
    const line = lines[at] ?? '';
    if (isBlank(line) || indentOf(line) > indent) continue;
    return /^\s*(?:end\b|\})/.test(line) ? at : at - 1;
  }
  return Math.min(lines.length - 1, index + MAX_BLOCK);
}
